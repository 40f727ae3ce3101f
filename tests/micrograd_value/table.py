"""The table of operations of `Value`: one row each, from which the tests of ops, derivatives and compile are made.

Every operation is known a second time as a function of complex numbers. Away from its kinks each is analytic, so that
complex analysis gives its derivatives to the last digits: the first by a complex step, the n-th by Cauchy's integral.
A function with a kink, relu say, continues to complex numbers as the branch that the real part is on.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from scipy import special

from micrograd_value import Value
from micrograd_value.derivative import VALUES
from micrograd_value.engine import topological_order


class Row(NamedTuple):
    """An operation: how to record it, what it is, and where it is tried."""

    name: str  # its row in micrograd_value.rules.RULES
    methods: str  # which methods of Value it stands for
    record: Callable[..., Value]
    exact: Callable[..., complex]
    points: tuple[tuple[float, ...], ...]

    @property
    def id(self) -> str:
        return f"{self.name}:{self.methods.replace(' ', ',')}"


def normal_cdf(x: complex) -> complex:
    return 0.5 * special.erfc(-x / math.sqrt(2.0))


def right(x: complex) -> bool:
    return complex(x).real > 0.0


def power_row(k: float, points: tuple[tuple[float, ...], ...]) -> Row:
    return Row("**k", f"__pow__ {k}", lambda x: x**k, lambda x: complex(x) ** k, points)


ANYWHERE = ((-2.5,), (-0.6,), (0.3,), (1.7,))
POSITIVE = ((0.4,), (1.0,), (3.2,))
PAIRS = ((1.5, -2.0), (-0.7, 0.9), (2.5, 2.0))

OPS = [
    Row("+", "__add__", lambda x, z: x + z, lambda x, z: x + z, PAIRS),
    Row("+", "__radd__", lambda x: 1.5 + x, lambda x: 1.5 + x, ANYWHERE),
    Row("-", "__sub__", lambda x, z: x - z, lambda x, z: x - z, PAIRS),
    Row("-", "__rsub__", lambda x: 1.5 - x, lambda x: 1.5 - x, ANYWHERE),
    Row("*", "__mul__", lambda x, z: x * z, lambda x, z: x * z, PAIRS),
    Row("*", "__rmul__", lambda x: 1.5 * x, lambda x: 1.5 * x, ANYWHERE),
    Row("*", "__mul__ itself", lambda x: x * x, lambda x: x * x, ANYWHERE),
    Row("/", "__truediv__", lambda x, z: x / z, lambda x, z: x / z, PAIRS),
    Row("/", "__rtruediv__", lambda x: 1.5 / x, lambda x: 1.5 / x, ANYWHERE),
    Row("neg", "__neg__", lambda x: -x, lambda x: -x, ANYWHERE),
    *[power_row(k, ANYWHERE) for k in (0, 1, 2, 3, -1, -2)],
    *[power_row(k, POSITIVE) for k in (2.0, 0.5, 2.5, -1.5)],
    Row("**", "__pow__", lambda x, z: x**z, lambda x, z: complex(x) ** z, ((1.3, 0.7), (0.6, -1.2), (2.0, 3.0))),
    Row("**", "__rpow__", lambda x: 1.5**x, lambda x: 1.5**x, ANYWHERE),
    Row("**", "__pow__ itself", lambda x: x**x, lambda x: complex(x) ** x, POSITIVE),
    Row("exp", "exp", Value.exp, cmath.exp, ANYWHERE),
    Row("log", "log", Value.log, cmath.log, POSITIVE),
    Row("sqrt", "sqrt", Value.sqrt, cmath.sqrt, POSITIVE),
    Row("sin", "sin", Value.sin, cmath.sin, ANYWHERE),
    Row("cos", "cos", Value.cos, cmath.cos, ANYWHERE),
    Row("tanh", "tanh", Value.tanh, cmath.tanh, ANYWHERE),
    Row("sigmoid", "sigmoid", Value.sigmoid, lambda x: 1.0 / (1.0 + cmath.exp(-x)), ANYWHERE),
    Row("erf", "erf", Value.erf, special.erf, ANYWHERE),
    Row("ReLU", "relu", Value.relu, lambda x: x if right(x) else 0.0 * x, ANYWHERE),
    Row("leaky_relu", "leaky_relu", Value.leaky_relu, lambda x: x if right(x) else 0.01 * x, ANYWHERE),
    Row("leaky_relu", "leaky_relu 0.3", lambda x: x.leaky_relu(0.3), lambda x: x if right(x) else 0.3 * x, ANYWHERE),
    Row("softplus", "softplus", Value.softplus, lambda x: cmath.log(1.0 + cmath.exp(x)), ANYWHERE),
    Row("gelu", "gelu", Value.gelu, lambda x: x * normal_cdf(x), ANYWHERE),
    Row("abs", "abs", Value.abs, lambda x: x if right(x) else -x, ANYWHERE),
    Row("abs", "__abs__", abs, lambda x: x if right(x) else -x, ANYWHERE),
    Row("max", "max", Value.max, lambda x, z: x if right(x - z) else z, PAIRS),
    Row("min", "min", Value.min, lambda x, z: z if right(x - z) else x, PAIRS),
    # ---- made by `derivative`, not by hand
    Row("step", "", VALUES["step"], lambda x: 1.0 if right(x) else 0.0, ANYWHERE),
    Row("leaky_step", "", lambda x: VALUES["leaky_step"](x, 0.3), lambda x: 1.0 if right(x) else 0.3, ANYWHERE),
    Row("sign", "", VALUES["sign"], lambda x: 1.0 if right(x) else -1.0, ANYWHERE),
    Row("share", "", VALUES["share"], lambda x, z: 1.0 if right(x - z) else 0.0, PAIRS),
    Row("normal_cdf", "", VALUES["normal_cdf"], normal_cdf, ANYWHERE),
    Row("normal_pdf", "", VALUES["normal_pdf"], lambda x: cmath.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi), ANYWHERE),
    Row("zero_times", "", VALUES["zero_times"], lambda x, z: x * z, PAIRS),
    Row("log_or_zero", "", VALUES["log_or_zero"], cmath.log, POSITIVE),
]

# Where arithmetic breaks: every operation is tried at all of these and at all pairs of them.
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -8.0, 3.0, 800.0, -800.0, 1e-320, 1e200, -1e200, math.inf, -math.inf, math.nan)


def arity(row: Row) -> int:
    return len(row.points[0])


def leaves(numbers: tuple[float, ...]) -> list[Value]:
    return [Value(number) for number in numbers]


def complex_step(f: Callable[..., complex], at: tuple[float, ...], i: int) -> float:
    """∂f/∂xᵢ = Im f(x + ih)/h: there is no difference of near numbers, so h can be as small as one likes."""
    h = 1e-20
    return complex(f(*[complex(x, h) if j == i else x for j, x in enumerate(at)])).imag / h


def central_difference(f: Callable[..., complex], at: tuple[float, ...], i: int) -> float:
    h = 1e-5
    up, down = ([x + s * h if j == i else x for j, x in enumerate(at)] for s in (1, -1))
    return (complex(f(*up)).real - complex(f(*down)).real) / (2.0 * h)


def cauchy(f: Callable[..., complex], at: tuple[float, ...], i: int, n: int, radius: float = 0.15) -> float:
    """∂ⁿf/∂xᵢⁿ = n!/(2πi) ∮ f(w)/(w − xᵢ)ⁿ⁺¹ dw over a circle around xᵢ; the trapezoidal rule is exact to rounding."""
    turns = np.exp(2j * np.pi * np.arange(64) / 64)
    values = [f(*[x + radius * w if j == i else x for j, x in enumerate(at)]) for w in turns]
    return math.factorial(n) / radius**n * complex(np.mean(np.array(values) * turns**-n)).real


def same(a: float, b: float) -> bool:
    """Equal, and nan equals nan."""
    return a == b or (a != a and b != b)


# ---- random expressions -----------------------------------------------------------------------------------------

SMOOTH = ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "erf", "softplus", "gelu", "neg", "square", "cube"]
KINKED = ["relu", "leaky_relu", "abs"]
BINARY = ["+", "-", "*", "/", "**", "max", "min"]


def programs(unary: list[str], binary: list[str]) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """Each step of a program is an operation on numbers made before it, so that paths part and meet again."""
    step = st.tuples(st.sampled_from(unary + binary), st.integers(0, 20), st.integers(0, 20))
    return st.lists(step, min_size=1, max_size=12)


def play(program: list[tuple[str, int, int]], start: list[Any]) -> Any:
    """The last number of a program, on Values of either engine."""
    found = list(start)
    for op, i, j in program:
        x, z = found[-1 - i % len(found)], found[-1 - j % len(found)]
        if op in ("+", "-", "*", "/", "**"):
            y = {"+": x.__add__, "-": x.__sub__, "*": x.__mul__, "/": x.__truediv__, "**": x.__pow__}[op](z)
        elif op in ("max", "min"):
            y = getattr(x, op)(z)
        else:
            y = -x if op == "neg" else x**2 if op == "square" else x**3 if op == "cube" else getattr(x, op)()
        found.append(y)
    return found[-1]


def is_tame(y: Value) -> bool:
    """After y.backward(): nothing infinite inside, and nothing so large that it would blow up a rounding error."""
    nodes = topological_order(y, leaves=True)
    return all(abs(x) < 1e4 for node in nodes for x in (node.data, node.grad, *node._local_grads))
