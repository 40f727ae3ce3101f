"""derivative(y, x): values up to the fourth order, the graphs themselves, what it leaves alone, errors."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd_value import Value, derivative, no_grad
from micrograd_value.engine import topological_order
from micrograd_value.rules import RULES, Rule
from tests.micrograd_value.table import (
    BINARY,
    EDGES,
    KINKED,
    OPS,
    SMOOTH,
    Row,
    arity,
    cauchy,
    is_tame,
    leaves,
    play,
    programs,
    same,
)

every_op = pytest.mark.parametrize("row", OPS, ids=lambda row: row.id)


def text(y: Value) -> str:
    """A graph in one line: x**3 is **3(x), x + z is (x + z)."""
    if not y._prev:
        return y.label or f"{y.data:g}"
    if len(y._prev) == 2:
        return f"({text(y._prev[0])} {y._op} {text(y._prev[1])})"
    return f"{y._op}({text(y._prev[0])})"


# ---- values -------------------------------------------------------------------------------------------------------


@every_op
def test_derivatives_to_the_fourth_order(row: Row) -> None:
    for point in row.points:
        for i in range(arity(row)):
            xs = leaves(point)
            y = row.record(*xs)
            for n in range(1, 5):
                y = derivative(y, xs[i])
                expected = cauchy(row.exact, point, i, n)
                assert y.data == pytest.approx(expected, rel=1e-9, abs=1e-9 * math.factorial(n) / 0.15**n * 1e-4), n


@every_op
def test_mixed_second_derivatives_commute(row: Row) -> None:
    for point in row.points:
        xs = leaves(point)
        first = derivative(row.record(*xs), xs)
        for i, j in itertools.combinations(range(len(xs)), 2):
            one_way, other_way = derivative(first[i], xs[j]).data, derivative(first[j], xs[i]).data
            assert one_way == pytest.approx(other_way, rel=1e-12, abs=1e-15)


@every_op
def test_it_gives_the_engines_numbers(row: Row) -> None:
    """Bit for bit, also where arithmetic breaks."""
    for point in (*row.points, *itertools.product(EDGES, repeat=arity(row))):
        xs = leaves(point)
        y = row.record(*xs)
        y.backward()
        for x, d in zip(xs, derivative(y, xs)):
            assert same(d.data, x.grad), point


def test_of_a_derivative_backward_gives_the_second() -> None:
    x = Value(0.7)
    derivative((x * x).sin(), x).backward()
    assert x.grad == pytest.approx(2 * math.cos(0.49) - 4 * 0.49 * math.sin(0.49))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(program=programs(SMOOTH + KINKED, BINARY), start=st.lists(st.floats(0.2, 2.0), min_size=1, max_size=3))
def test_random_expressions_against_the_sweep(program, start) -> None:
    xs = leaves(tuple(start))
    y = play(program, xs)
    first = derivative(y, xs)
    y.backward()
    for d, x in zip(first, xs):
        if math.isfinite(x.grad):
            assert d.data == pytest.approx(x.grad, rel=1e-9, abs=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(program=programs(SMOOTH, ["+", "-", "*", "/"]), start=st.lists(st.floats(0.4, 1.6), min_size=1, max_size=3))
def test_random_second_derivatives_against_central_differences(program, start) -> None:
    xs = leaves(tuple(start))

    def slope(step: float) -> float:
        moved = leaves((start[0] + step, *start[1:]))
        y = play(program, moved)
        y.backward()
        return moved[0].grad

    second = derivative(derivative(play(program, xs), xs[0]), xs[0])
    second.backward()
    assume(is_tame(second))
    h = 1e-4
    coarse, fine = (slope(2 * h) - slope(-2 * h)) / (4 * h), (slope(h) - slope(-h)) / (2 * h)
    assume(abs(coarse - fine) <= 1e-5 * (1.0 + abs(fine)))
    assert second.data == pytest.approx(fine, rel=1e-3, abs=1e-3)


# ---- graphs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record, first, second",
    [
        (lambda x: x**3, "(**2(x) * 3)", "((x * 2) * 3)"),
        (lambda x: x**2, "(x * 2)", "2"),
        (lambda x: x * x, "(x + x)", "2"),
        (lambda x: x + 1, "1", "0"),
        (lambda x: 2 - x, "-1", "0"),
        (lambda x: 5 * x, "5", "0"),
        (lambda x: x**0, "0", "0"),
        (lambda x: x.exp(), "exp(x)", "exp(x)"),
        (lambda x: x.log(), "(1 / x)", "neg(((1 / x) / x))"),
        (lambda x: x.sin(), "cos(x)", "neg(sin(x))"),
        (lambda x: x.tanh(), "(1 - (tanh(x) * tanh(x)))", None),
        (lambda x: x.sigmoid(), "(sigmoid(x) * sigmoid(neg(x)))", None),
        (lambda x: x.softplus(), "sigmoid(x)", "(sigmoid(x) * sigmoid(neg(x)))"),
        (lambda x: x.relu(), "step(x)", "0"),
        (lambda x: x.leaky_relu(), "leaky_step(0.01)(x)", "0"),
        (lambda x: abs(x), "sign(x)", "0"),
        (lambda x: x.max(0), "(x share 0)", "0"),
        (lambda x: x.gelu(), "(normal_cdf(x) + (x * normal_pdf(x)))", None),
        (lambda x: 3 * x**2 + 2 * x, "(((x * 2) * 3) + 2)", "(2 * 3)"),
    ],
)
def test_the_graph_is_as_one_would_write_it(record, first, second) -> None:
    x = Value(1.5, label="x")
    slope = derivative(record(x), x)
    assert text(slope) == first
    if second is not None:
        assert text(derivative(slope, x)) == second


def test_it_is_built_on_the_nodes_of_the_graph() -> None:
    a, x = Value(2.0, label="a"), Value(3.0, label="x")
    e = (a * x).exp()
    slope = derivative(e, x)
    assert text(slope) == "(a * exp((a * x)))"
    assert e in topological_order(slope)
    assert derivative(a * x, x) is a


def test_towards_several_values_and_inner_nodes() -> None:
    a, b = Value(2.0), Value(5.0)
    c = a * b
    y = c * c
    da, dc, db = derivative(y, [a, c, b])
    assert (da.data, dc.data, db.data) == (100.0, 20.0, 40.0)
    assert isinstance(derivative(y, (a,)), list)
    assert derivative(y, []) == []
    assert derivative(y, y).data == 1.0
    assert derivative(a, a).data == 1.0


def test_the_same_value_twice() -> None:
    a = Value(2.0)
    assert [d.data for d in derivative(a**3, [a, a])] == [12.0, 12.0]


def test_what_y_does_not_depend_on_has_derivative_zero() -> None:
    a, b = Value(2.0), Value(5.0)
    zero = derivative(a * a, b)
    assert isinstance(zero, Value) and (zero.data, zero._prev) == (0.0, ())


def test_nothing_else_is_built() -> None:
    """Towards x only: the derivative towards w, an exp of an exp, is nobody's business."""
    x, w = Value(2.0), Value(1.0)
    assert len(topological_order(derivative(3 * x + w.exp().exp(), x))) == 0


def test_no_grad_of_the_graph_is_touched() -> None:
    a, b = Value(2.0), Value(5.0)
    y = (a * b).tanh()
    y.backward()
    before = [v.grad for v in topological_order(y, leaves=True)]
    derivative(y, [a, b])
    assert [v.grad for v in topological_order(y, leaves=True)] == before


def test_inside_no_grad_it_is_a_number() -> None:
    x = Value(2.0)
    y = x**3
    with no_grad():
        slope = derivative(y, x)
    assert (slope.data, slope._prev) == (12.0, ())


def test_a_hundred_thousand_operations() -> None:
    x = Value(1.0)
    y = x
    for _ in range(50_000):
        y = (y * 1.00001).sin()
    slope = derivative(y, x)
    y.backward()
    assert slope.data == pytest.approx(x.grad, rel=1e-9)
    x.grad = 0.0
    slope.backward()
    assert math.isfinite(x.grad) and x.grad != 0.0


def test_newtons_method() -> None:
    x = Value(2.0)
    for _ in range(6):
        y = x**3 - 2 * x - 5
        x = Value(x.data - y.data / derivative(y, x).data)
    assert x.data == pytest.approx(2.0945514815423265, rel=1e-15)


# ---- an operation of one's own, and errors --------------------------------------------------------------------------


def test_a_row_in_the_table_makes_an_operation_differentiable(monkeypatch) -> None:
    monkeypatch.setitem(RULES, "cube", Rule("x * x * x", ("3.0 * x * x",)))
    x = Value(2.0, label="x")
    cube = Value(8.0, (x,), "cube", "", (12.0,))
    assert derivative(derivative(cube, x), x).data == 12.0


def test_operations_without_a_rule_are_named() -> None:
    x = Value(2.0)
    unknown = Value(8.0, (x,), "cube", "", (12.0,))
    with pytest.raises(TypeError, match="derivative: the operation 'cube' has no rule. Build it from Value's own"):
        derivative(unknown * 2.0, x)
    own = Value(8.0, (x,), "tanh")
    own._backward = lambda: None
    with pytest.raises(TypeError, match="derivative: the operation 'tanh' has a _backward of its own, a procedure"):
        derivative(own, x)
    odd = Value(8.0, (x,), "+", "", (12.0,))
    with pytest.raises(TypeError, match="derivative: the operation '\\+' has no rule"):
        derivative(odd, x)
    z = Value(1.0)
    assert derivative(unknown + z * z, z).data == 2.0  # not between z and y: no matter


def test_other_things_than_values_are_refused() -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match="derivative: y must be a Value, got float 2.0."):
        derivative(2.0, x)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="derivative: x must be a Value or a list of Values, got float 2.0."):
        derivative(x, [x, 2.0])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="derivative: x must be a Value or a list of Values, got float 2.0."):
        derivative(x, 2.0)  # type: ignore[call-overload]
