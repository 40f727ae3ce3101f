"""derivative(y, x): the derivative not as a number but as a graph, which can be differentiated and drawn again.

The sweep is that of `Value.backward`, youngest node first, gradients adding up. The difference is what flows: where
`backward` multiplies numbers, here Values are multiplied, and what is left at x is the graph of ∂y/∂x. The local
derivatives come from the text in `rules.py`, evaluated over Values.

    >>> from micrograd_value import Value
    >>> x = Value(2.0, label="x")
    >>> slope = derivative(x**3, x)         # 3·x²
    >>> curvature = derivative(slope, x)    # 6·x
    >>> slope.data, curvature.data
    (12.0, 12.0)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any, overload

from . import functions as f
from .engine import Value, _result, topological_order
from .rules import RULES, as_function, rule_of


@overload
def derivative(y: Value, x: Value) -> Value: ...


@overload
def derivative(y: Value, x: Sequence[Value]) -> list[Value]: ...


def derivative(y: Value, x: Value | Sequence[Value]) -> Value | list[Value]:
    """∂y/∂x as a Value with a graph of its own; for a list of Values, a list of them.

    It is built from the nodes of y's graph: `derivative(a * x, x)` is `a` itself. A `y` that does not depend on x gives
    a Value 0. No `grad` is touched. Inside `no_grad()` the result is the number alone.

    Raises:
        TypeError: an operation between x and y has no rule: one of your own, or with a `_backward` of its own.
    """
    if not isinstance(y, Value):
        raise TypeError(f"derivative: y must be a Value, got {type(y).__name__} {y!r}.")
    targets: list[Any] = list(x) if isinstance(x, Iterable) and getattr(x, "ndim", None) != 0 else [x]
    for target in targets:
        if not isinstance(target, Value):
            raise TypeError(
                f"derivative: x must be a Value or a list of Values, got {type(target).__name__} {target!r}."
            )

    order = topological_order(y)
    on_the_way = set(targets)  # only nodes between x and y are worth a gradient
    on_the_way.update(node for node in order if not on_the_way.isdisjoint(node._prev))
    grads: dict[Value, Term] = {y: 1.0}
    for node in reversed(order):
        if node not in on_the_way or node not in grads:
            continue
        for child, local in zip(node._prev, _local_derivatives(node)):
            if child in on_the_way:
                through_here = _times(local, grads[node])
                grads[child] = _plus(grads[child], through_here) if child in grads else through_here

    results = [grads.get(target, 0.0) for target in targets]
    values = [result if isinstance(result, Value) else Value(result) for result in results]
    return values[0] if isinstance(x, Value) else values


Term = Value | float  # a number is a term known without a graph: the 1 of `x + z`, the 0 of a step


def _times(a: Term, b: Term) -> Term:
    """a · b, without a node for 1 · b, a · 1 or 0 · b."""
    number, value = (a, b) if isinstance(a, float) else (b, a)
    if isinstance(number, float) and isinstance(value, Value):
        if number == 0.0:
            return 0.0
        if abs(number) == 1.0:
            return value if number > 0.0 else -value
    return a * b


def _plus(a: Term, b: Term) -> Term:
    """a + b, without a node for + 0."""
    if isinstance(a, float) and a == 0.0:
        return b
    return a if isinstance(b, float) and b == 0.0 else a + b


def _local_derivatives(node: Value) -> list[Term]:
    """∂node/∂child for each child, as a graph: the rule's text, evaluated over Values."""
    _, rule, k = rule_of(node, asked_by="derivative")
    x, z = node._prev[0], node._prev[-1]
    return [_over_values(text)(x, z, node, k) for text in rule.local]


@cache
def _over_values(text: str) -> Callable[..., Term]:
    return as_function(text, VALUES)


@cache
def _over_floats(text: str) -> Callable[..., float]:
    return as_function(text, vars(f))


def _operation(op: str, x: Value, z: Any = None) -> Value:
    """One of the operations that only derivatives need: its number and its local derivatives by its row of the table.

    The second argument is another Value, or the constant of the operation.
    """
    rule = RULES[op]
    children: tuple[Value, ...]
    if isinstance(z, Value):
        children, name, second, k = (x, z), op, z.data, None
    else:
        children, name, second, k = (x,), op if z is None else f"{op}({z!r})", None, z
    y = _over_floats(rule.value)(x.data, second, None, k)
    return _result(y, children, name, tuple(_over_floats(text)(x.data, second, y, k) for text in rule.local))


def _power_slope(x: Value, k: float) -> Term:
    """k·xᵏ⁻¹, written as one would: 2·x rather than 2·x**1.0, x**2 rather than x**2.0."""
    if k == 0.0 or k == 1.0:
        return k
    exponent = k - 1.0
    return k * (x if exponent == 1.0 else x ** (int(exponent) if exponent.is_integer() else exponent))


# What the names in the table's local derivatives mean when x, y and z are Values.
VALUES: dict[str, Any] = {
    "divide": operator.truediv,
    "power": operator.pow,
    "power_slope": _power_slope,
    "exp": Value.exp,
    "sin": Value.sin,
    "cos": Value.cos,
    "sigmoid": Value.sigmoid,
    "TWO_OVER_SQRT_PI": f.TWO_OVER_SQRT_PI,
    **{
        name: partial(_operation, name)
        for name in ("zero_times", "log_or_zero", "step", "leaky_step", "sign", "share", "normal_cdf", "normal_pdf")
    },
}
