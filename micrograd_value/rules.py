"""Every operation and its local derivatives, once more, as text: what `derivative` and `compile` read.

`engine.py` computes each local derivative as a number on the spot. To differentiate a derivative, or to hand the graph
to a compiler, the formula itself is needed. Here each row is an operation: its value, then its derivative towards each
child, in

    x, z    the first and the second child
    y       the result
    k       the operation's constant (the 3 of `**3`, the slope of a leaky relu)

The same text means numbers when evaluated over floats, a graph when evaluated over Values, and machine code when
pasted into a function that Numba compiles. A test holds this table and the engine to the same numbers.
"""

from __future__ import annotations

from typing import NamedTuple


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
    "**": Rule("power(x, z)", ("power_slope(x, z)", "power_log(x, z, y)")),
    "exp": Rule("exp(x)", ("y",)),
    "log": Rule("log(x)", ("divide(1.0, x)",)),
    "sqrt": Rule("sqrt(x)", ("divide(0.5, y)",)),
    "sin": Rule("sin(x)", ("cos(x)",)),
    "cos": Rule("cos(x)", ("-sin(x)",)),
    "tanh": Rule("tanh(x)", ("1.0 - y * y",)),
    "sigmoid": Rule("sigmoid(x)", ("y * sigmoid(-x)",)),
    "erf": Rule("erf(x)", ("TWO_OVER_SQRT_PI * exp(-x * x)",)),
    "ReLU": Rule("relu(x)", ("step(x)",)),
    "leaky_relu": Rule("leaky(x, k)", ("leaky_slope(x, k)",)),
    "softplus": Rule("softplus(x)", ("sigmoid(x)",)),
    "gelu": Rule("gelu(x)", ("gelu_slope(x)",)),
    "abs": Rule("abs(x)", ("sign(x)",)),
    "max": Rule("maximum(x, z)", ("share(x, z)", "share(z, x)")),
    "min": Rule("minimum(x, z)", ("share(z, x)", "share(x, z)")),
}


def split_op(op: str) -> tuple[str, float | None]:
    """A node's `_op` as the row of the table and the constant in it: "**3" → ("**k", 3.0), "+" → ("+", None)."""
    if op in RULES:
        return op, None
    if op.startswith("**"):
        return "**k", float(op[2:])
    name, _, constant = op.rstrip(")").partition("(")
    if name in RULES and constant:
        return name, float(constant)
    raise KeyError(op)
