"""The operations on single numbers, once more and on their own: what `replay` and the page recompute a record with.

Neither engine is imported here, and that is the point: two programs that share no line and come to the same bits are a
proof, one that asks the other is none. Each row is an operation's value and its local derivative towards each operand, in

    x, z    the first and the second operand
    y       the result
    k       the operation's constant (the 3 of `**3`, the slope of a leaky relu)

A test holds the rows to those of `micrograd_value.rules`, and the functions below to those of its `functions`. In a record
a formula is postfix code, `["z", "x", "*"]`, which a page can run without `eval`, and so can we with a file from a stranger.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

Code: TypeAlias = list[str | float]

SQRT_TWO, SQRT_TAU = math.sqrt(2.0), math.sqrt(2.0 * math.pi)

TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    # op            value                towards x, towards z
    "+": ("x + z", ("1.0", "1.0")),
    "-": ("x - z", ("1.0", "-1.0")),
    "*": ("x * z", ("z", "x")),
    "/": ("divide(x, z)", ("divide(1.0, z)", "-divide(y, z)")),
    "neg": ("-x", ("-1.0",)),
    "**k": ("power(x, k)", ("power_slope(x, k)",)),
    "**": ("power(x, z)", ("zero_times(z, power(x, z - 1.0))", "y * log_or_zero(x)")),
    "exp": ("exp(x)", ("y",)),
    "log": ("log(x)", ("divide(1.0, x)",)),
    "sqrt": ("sqrt(x)", ("divide(0.5, y)",)),
    "sin": ("sin(x)", ("cos(x)",)),
    "cos": ("cos(x)", ("-sin(x)",)),
    "tanh": ("tanh(x)", ("1.0 - y * y",)),
    "sigmoid": ("sigmoid(x)", ("y * sigmoid(-x)",)),
    "erf": ("erf(x)", ("TWO_OVER_SQRT_PI * exp(-x * x)",)),
    "ReLU": ("relu(x)", ("step(x)",)),
    "leaky_relu": ("leaky_relu(x, k)", ("leaky_step(x, k)",)),
    "softplus": ("softplus(x)", ("sigmoid(x)",)),
    "gelu": ("x * normal_cdf(x)", ("normal_cdf(x) + x * normal_pdf(x)",)),
    "abs": ("abs(x)", ("sign(x)",)),
    "max": ("maximum(x, z)", ("share(x, z)", "share(z, x)")),
    "min": ("minimum(x, z)", ("share(z, x)", "share(x, z)")),
    # ---- only in derivatives
    "step": ("step(x)", ("0.0",)),
    "leaky_step": ("leaky_step(x, k)", ("0.0",)),
    "sign": ("sign(x)", ("0.0",)),
    "share": ("share(x, z)", ("0.0", "0.0")),
    "normal_cdf": ("normal_cdf(x)", ("normal_pdf(x)",)),
    "normal_pdf": ("normal_pdf(x)", ("-x * y",)),
    "zero_times": ("zero_times(x, z)", ("z", "x")),
    "log_or_zero": ("log_or_zero(x)", ("divide(1.0, x)",)),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """An operation: its value and, for each operand, its local derivative, as text for people and as code to run."""

    op: str
    value: str
    local: tuple[str, ...]
    value_code: Code
    local_code: tuple[Code, ...]


def rule_for(op: str, operands: int) -> tuple[Rule, float] | None:
    """The rule of an operation as a Value spells it, and its constant: "**3" → ("**k", 3.0). None if there is none."""
    name, constant = op, 0.0
    if op not in TEXTS:
        spelt = op[2:] if op.startswith("**") else op[:-1].partition("(")[2] if op.endswith(")") else ""
        name = "**k" if op.startswith("**") else op.partition("(")[0]
        try:
            constant = float(spelt)
        except ValueError:
            return None
    rule = _rule(name)
    return None if rule is None or len(rule.local) != operands else (rule, constant)


@cache
def _rule(name: str) -> Rule | None:
    if name not in TEXTS:
        return None
    value, local = TEXTS[name]
    return Rule(name, value, local, postfix(value), tuple(map(postfix, local)))


# ---- formulas as postfix code -----------------------------------------------------------------------------------


def postfix(text: str) -> Code:
    """ "x * z" → ["x", "z", "*"]."""
    return _flatten(ast.parse(text, mode="eval").body)


def _flatten(tree: ast.expr) -> Code:
    match tree:
        case ast.Constant(value):
            return [float(value)]  # type: ignore[arg-type]  # the table holds no other constants
        case ast.Name("TWO_OVER_SQRT_PI"):
            return [2.0 / math.sqrt(math.pi)]
        case ast.Name(name):
            return [name]
        case ast.UnaryOp(ast.USub(), ast.Constant(value)):
            return [-float(value)]  # type: ignore[arg-type]
        case ast.UnaryOp(ast.USub(), operand):
            return [*_flatten(operand), "neg"]
        case ast.BinOp(left, operator, right):
            return [*_flatten(left), *_flatten(right), {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}[type(operator)]]
        case ast.Call(ast.Name(name), arguments):
            return [*(word for argument in arguments for word in _flatten(argument)), name]
    raise TypeError(f"postfix: {ast.unparse(tree)} is not made of numbers, names, + - * and calls.")


def run(code: Sequence[str | float], x: float, z: float, y: float, k: float) -> float:
    """The number that the code stands for.

    Raises:
        ValueError: it is no code: an unknown word, too few operands, or some left over.
    """
    names = {"x": x, "z": z, "y": y, "k": k}
    stack: list[float] = []
    for word in code:
        if not isinstance(word, str):
            stack.append(word)
        elif word in names:
            stack.append(names[word])
        else:
            arity, function = FUNCTIONS.get(word, (0, None))
            if function is None:
                raise ValueError(f"rule: {word!r} is none of x, z, y, k, {', '.join(FUNCTIONS)}.")
            if len(stack) < arity:
                raise ValueError(f"rule: {word!r} in {list(code)} lacks an operand.")
            operands = stack[len(stack) - arity :]
            stack[len(stack) - arity :] = [function(*operands)]
    if len(stack) != 1:
        raise ValueError(f"rule: {list(code)} leaves {len(stack)} numbers where there should be one.")
    return stack[0]


# ---- functions that never raise: what is too large is inf, what is undefined nan, as in IEEE 754 ------------------


def _divide(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    return math.nan if a == 0.0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0.0 and math.fmod(b, 2.0) != 0.0 else math.inf
    except ValueError:  # zero to a negative power, or a negative number to a broken one
        if a != 0.0:
            return math.nan
        return math.copysign(math.inf, a) if abs(math.fmod(b, 2.0)) == 1.0 else math.inf


def _exp(x: float) -> float:
    return math.inf if x > 709.782712893384 else math.exp(x)


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else -math.inf if x == 0.0 else math.nan


def _sigmoid(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def _leaky_step(x: float, slope: float) -> float:
    return 1.0 if x > 0.0 else slope


def _zero_times(a: float, b: float) -> float:
    return 0.0 if a == 0.0 else a * b


FUNCTIONS: dict[str, tuple[int, Callable[..., float]]] = {
    "+": (2, lambda a, b: a + b),
    "-": (2, lambda a, b: a - b),
    "*": (2, lambda a, b: a * b),
    "neg": (1, lambda x: -x),
    "divide": (2, _divide),
    "power": (2, _power),
    "power_slope": (2, lambda x, k: _zero_times(k, _power(x, k - 1.0))),
    "exp": (1, _exp),
    "log": (1, _log),
    "log_or_zero": (1, lambda x: 0.0 if x == 0.0 else _log(x)),
    "sqrt": (1, lambda x: math.sqrt(x) if x >= 0.0 else math.nan),
    "sin": (1, lambda x: math.sin(x) if math.isfinite(x) else math.nan),
    "cos": (1, lambda x: math.cos(x) if math.isfinite(x) else math.nan),
    "tanh": (1, math.tanh),
    "erf": (1, math.erf),
    "sigmoid": (1, _sigmoid),
    "softplus": (1, lambda x: (x if x > 0.0 else 0.0) + math.log1p(math.exp(-abs(x)))),
    "relu": (1, lambda x: 0.0 if x <= 0.0 else x),
    "step": (1, lambda x: 1.0 if x > 0.0 else 0.0),
    "leaky_step": (2, _leaky_step),
    "leaky_relu": (2, lambda x, slope: x * _leaky_step(x, slope)),
    "abs": (1, abs),
    "sign": (1, lambda x: 1.0 if x > 0.0 else -1.0 if x < 0.0 else x),
    "maximum": (2, lambda a, b: b if b > a or b != b else a),
    "minimum": (2, lambda a, b: b if b < a or b != b else a),
    "share": (2, lambda a, b: 1.0 if a > b else 0.0 if b > a else 0.5),
    "normal_cdf": (1, lambda x: 0.5 * math.erfc(-x / SQRT_TWO)),
    "normal_pdf": (1, lambda x: math.exp(-0.5 * x * x) / SQRT_TAU),
    "zero_times": (2, _zero_times),
}
