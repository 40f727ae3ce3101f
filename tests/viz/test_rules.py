"""The table of operations that replay uses is a second one; here it is held to the engine's, text, numbers and bits."""

import math

import pytest

import micrograd_value.functions as engine
from micrograd_value.rules import RULES, as_function
from viz.rules import FUNCTIONS, TEXTS, postfix, rule_for, run

EDGES = [0.0, -0.0, 1.0, -1.0, 0.3, -0.7, 2.5, -3.0, 40.0, -40.0, 800.0, -800.0, 1e-300, math.inf, -math.inf, math.nan]


def same(a, b):
    return (a == b and math.copysign(1.0, a) == math.copysign(1.0, b)) or (a != a and b != b)


def test_the_rules_are_the_engines():
    assert {op: tuple(rule) for op, rule in RULES.items()} == TEXTS


@pytest.mark.parametrize("op", TEXTS)
def test_postfix_code_computes_what_the_text_says(op):
    vocabulary = {name: getattr(engine, name) for name in dir(engine)} | {"abs": abs}
    value, local = TEXTS[op]
    for text in (value, *local):
        code, function = postfix(text), as_function(text, vocabulary)
        for x in EDGES:
            for z in EDGES:
                y, k = x * 0.5, 3.0
                assert same(run(code, x, z, y, k), float(function(x, z, y, k))), (text, x, z)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if hasattr(engine, name)])
def test_functions_are_the_engines(name):
    arity, function = FUNCTIONS[name]
    for x in EDGES:
        for z in EDGES if arity == 2 else [0.0]:
            operands = (x, z)[:arity]
            assert same(function(*operands), getattr(engine, name)(*operands)), (name, operands)


def test_names_with_constants():
    assert [(rule.op, k) for rule, k in (rule_for("**3", 1), rule_for("leaky_relu(0.01)", 1))] == [
        ("**k", 3.0), ("leaky_relu", 0.01),
    ]  # fmt: skip
    assert rule_for("sign it", 1) is rule_for("**many", 1) is rule_for("+", 1) is rule_for("f(2)", 1) is None


@pytest.mark.parametrize(
    "code, words",
    [
        (["x", "shout"], "'shout' is none of x, z, y, k"),
        (["x", "*"], r"'\*' in \['x', '\*'\] lacks an operand"),
        (["x", "z"], "leaves 2 numbers where there should be one"),
        ([], "leaves 0 numbers"),
    ],
)
def test_what_is_no_code(code, words):
    with pytest.raises(ValueError, match=words):
        run(code, 1.0, 2.0, 3.0, 4.0)
