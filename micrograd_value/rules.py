"""Every operation and its local derivatives, once more, as text: what `derivative` and `compile` read.

`engine.py` computes each local derivative as a number on the spot. To differentiate a derivative, or to hand the graph
to a compiler, the formula itself is needed. Here each row is an operation: its value, then its derivative towards each
child, in

    x, z    the first and the second child
    y       the result
    k       the operation's constant (the 3 of `**3`, the slope of a leaky relu)

and in the names of `functions.py`. The same text means numbers when evaluated over floats, a graph when evaluated over
Values, and machine code when pasted into a function that Numba compiles. The second half are operations that nobody
writes but derivatives need: with them the table is closed, every local derivative is made of operations in the table,
and so everything can be differentiated again. A test holds this table and the engine to the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .engine import Value


class Rule(NamedTuple):
    """An operation's value and its local derivatives, as expressions in x, z, y, k."""

    value: str
    local: tuple[str, ...]


RULES: dict[str, Rule] = {
    # op           value                      towards x, towards z
    "+": Rule("x + z", ("1.0", "1.0")),
    "-": Rule("x - z", ("1.0", "-1.0")),
    "*": Rule("x * z", ("z", "x")),
    "/": Rule("divide(x, z)", ("divide(1.0, z)", "-divide(y, z)")),
    "neg": Rule("-x", ("-1.0",)),
    "**k": Rule("power(x, k)", ("power_slope(x, k)",)),
    "**": Rule("power(x, z)", ("zero_times(z, power(x, z - 1.0))", "y * log_or_zero(x)")),
    "exp": Rule("exp(x)", ("y",)),
    "log": Rule("log(x)", ("divide(1.0, x)",)),
    "sqrt": Rule("sqrt(x)", ("divide(0.5, y)",)),
    "sin": Rule("sin(x)", ("cos(x)",)),
    "cos": Rule("cos(x)", ("-sin(x)",)),
    "tanh": Rule("tanh(x)", ("1.0 - y * y",)),
    "sigmoid": Rule("sigmoid(x)", ("y * sigmoid(-x)",)),
    "erf": Rule("erf(x)", ("TWO_OVER_SQRT_PI * exp(-x * x)",)),
    "ReLU": Rule("relu(x)", ("step(x)",)),
    "leaky_relu": Rule("leaky_relu(x, k)", ("leaky_step(x, k)",)),
    "softplus": Rule("softplus(x)", ("sigmoid(x)",)),
    "gelu": Rule("x * normal_cdf(x)", ("normal_cdf(x) + x * normal_pdf(x)",)),
    "abs": Rule("abs(x)", ("sign(x)",)),
    "max": Rule("maximum(x, z)", ("share(x, z)", "share(z, x)")),
    "min": Rule("minimum(x, z)", ("share(z, x)", "share(x, z)")),
    # ---- only in derivatives
    "step": Rule("step(x)", ("0.0",)),
    "leaky_step": Rule("leaky_step(x, k)", ("0.0",)),
    "sign": Rule("sign(x)", ("0.0",)),
    "share": Rule("share(x, z)", ("0.0", "0.0")),
    "normal_cdf": Rule("normal_cdf(x)", ("normal_pdf(x)",)),
    "normal_pdf": Rule("normal_pdf(x)", ("-x * y",)),
    "zero_times": Rule("zero_times(x, z)", ("z", "x")),
    "log_or_zero": Rule("log_or_zero(x)", ("divide(1.0, x)",)),
}


def rule_of(node: Value, asked_by: str) -> tuple[str, Rule, float]:
    """The row for a node: its name in the table, the rule, and its constant k (0 where the rule has none).

    "**3" → ("**k", …, 3.0) and "leaky_relu(0.01)" → ("leaky_relu", …, 0.01).
    """
    op, constant = node._op, "0.0"
    if op not in RULES:
        if op.startswith("**"):
            op, constant = "**k", op[2:]
        elif op.endswith(")"):
            op, _, constant = op[:-1].partition("(")
    rule = RULES.get(op)
    if rule is None or len(rule.local) != len(node._prev) or node._own_backward is not None:
        why = "has no rule" if node._own_backward is None else "has a _backward of its own, a procedure, not a formula"
        raise TypeError(
            f"{asked_by}: the operation '{node._op}' {why}. Build it from Value's own operations, or give it "
            "_local_grads and a row in micrograd_value.rules.RULES."
        )
    return op, rule, float(constant)


def as_function(text: str, vocabulary: Mapping[str, Any]) -> Callable[[Any, Any, Any, Any], Any]:
    """The expression as a function of (x, z, y, k), its names looked up in `vocabulary`."""
    return eval(f"lambda x, z, y, k: {text}", dict(vocabulary))
