"""Every operation: value, derivative, the table of rules, the edges of arithmetic, ties, mixed operands, errors."""

from __future__ import annotations

import inspect
import itertools
import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import micrograd.engine
import numpy as np
import pytest

from micrograd_value import Value, functions, no_grad
from micrograd_value.rules import RULES, as_function, rule_of
from tests.micrograd_value.table import EDGES, OPS, Row, arity, central_difference, complex_step, leaves, same

inf, nan = math.inf, math.nan
every_op = pytest.mark.parametrize("row", OPS, ids=lambda row: row.id)


# ---- the table ----------------------------------------------------------------------------------------------------


def test_every_public_operation_has_a_row() -> None:
    not_operations = {"backward", "zero_grad", "detach", "data", "grad", "label"}
    public = {name for name in vars(Value) if not name.startswith("_")} - not_operations
    operators = {name for name in dir(int) if "Value" in annotation(vars(Value).get(name))} - {"__pos__"}
    assert "__truediv__" in operators
    assert public | operators == {row.methods.split()[0] for row in OPS if row.methods}


def annotation(method: object) -> str:
    return str(inspect.signature(method).return_annotation) if inspect.isfunction(method) else ""


def test_every_rule_has_a_row() -> None:
    assert set(RULES) == {row.name for row in OPS}


@every_op
def test_a_row_is_what_it_says(row: Row) -> None:
    assert rule_of(row.record(*leaves(row.points[0])), "test")[0] == row.name


@every_op
def test_value(row: Row) -> None:
    for point in row.points:
        assert row.record(*leaves(point)).data == pytest.approx(complex(row.exact(*point)).real, rel=1e-14, abs=1e-16)


@every_op
def test_derivative_by_complex_step(row: Row) -> None:
    for point in row.points:
        xs = leaves(point)
        row.record(*xs).backward()
        for i, x in enumerate(xs):
            assert x.grad == pytest.approx(complex_step(row.exact, point, i), rel=1e-13, abs=1e-15)


@every_op
def test_derivative_by_central_differences_of_the_engine_itself(row: Row) -> None:
    for point in row.points:
        xs = leaves(point)
        row.record(*xs).backward()
        for i, x in enumerate(xs):
            numeric = central_difference(lambda *p: row.record(*leaves(p)).data, point, i)
            assert x.grad == pytest.approx(numeric, rel=1e-7, abs=1e-8)


@every_op
def test_rules_and_engine_compute_the_same_numbers(row: Row) -> None:
    """Bit for bit, at ordinary points and wherever arithmetic breaks."""
    for point in (*row.points, *itertools.product(EDGES, repeat=arity(row))):
        y = row.record(*leaves(point))
        _, rule, k = rule_of(y, "test")
        x, z = y._prev[0].data, y._prev[-1].data
        value = as_function(rule.value, vars(functions))(x, z, None, k)
        assert same(y.data, value), point
        for engine, text in zip(y._local_grads, rule.local):
            assert same(engine, as_function(text, vars(functions))(x, z, y.data, k)), (point, text)


# ---- the edges of arithmetic --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record, x, value, grad",
    [
        (Value.sigmoid, 1000.0, 1.0, 0.0),
        (Value.sigmoid, -1000.0, 0.0, 0.0),
        (Value.sigmoid, 40.0, 1.0, math.exp(-40.0)),  # σ(1 - σ) would say 0
        (Value.sigmoid, -700.0, math.exp(-700.0), math.exp(-700.0)),
        (Value.sigmoid, inf, 1.0, 0.0),
        (Value.sigmoid, -inf, 0.0, 0.0),
        (Value.softplus, 1000.0, 1000.0, 1.0),
        (Value.softplus, -1000.0, 0.0, 0.0),
        (Value.softplus, -40.0, math.exp(-40.0), math.exp(-40.0)),
        (Value.softplus, inf, inf, 1.0),
        (Value.softplus, -inf, 0.0, 0.0),
        (Value.tanh, 1000.0, 1.0, 0.0),
        (Value.tanh, -inf, -1.0, 0.0),
        (Value.exp, 1000.0, inf, inf),
        (Value.exp, -1000.0, 0.0, 0.0),
        (Value.exp, functions.LARGEST_EXPONENT, math.exp(709.782712893384), math.exp(709.782712893384)),
        (Value.exp, math.nextafter(functions.LARGEST_EXPONENT, inf), inf, inf),
        (Value.log, 0.0, -inf, inf),
        (Value.log, -0.0, -inf, -inf),
        (Value.log, -1.0, nan, -1.0),
        (Value.log, 5e-324, math.log(5e-324), inf),
        (Value.log, inf, inf, 0.0),
        (Value.sqrt, 0.0, 0.0, inf),
        (Value.sqrt, -1.0, nan, nan),
        (Value.sqrt, inf, inf, 0.0),
        (Value.sin, inf, nan, nan),
        (Value.cos, -inf, nan, nan),
        (Value.erf, 30.0, 1.0, 0.0),
        (Value.erf, -inf, -1.0, 0.0),
        (Value.erf, 1e200, 1.0, 0.0),  # x² overflows
        (Value.gelu, 1e200, 1e200, 1.0),
        (Value.gelu, -1e200, -0.0, 0.0),
        (Value.gelu, -10.0, -7.619853024160527e-23, -7.694598626706419e-22 + 7.619853024160527e-24),
        (Value.relu, -0.0, 0.0, 0.0),
        (Value.relu, inf, inf, 1.0),
        (Value.relu, -inf, 0.0, 0.0),
        (Value.leaky_relu, -inf, -inf, 0.01),
        (Value.abs, -inf, inf, -1.0),
        (Value.abs, -0.0, 0.0, 0.0),
        (lambda x: 1 / x, 0.0, inf, -inf),
        (lambda x: 1 / x, -0.0, -inf, -inf),
        (lambda x: -1 / x, 0.0, -inf, inf),
        (lambda x: 0 / x, 0.0, nan, nan),
        (lambda x: x / 0, 2.0, inf, inf),
        (lambda x: x**-1, 0.0, inf, -inf),
        (lambda x: x**-1, -0.0, -inf, -inf),
        (lambda x: x**-2, -0.0, inf, inf),
        (lambda x: x**-0.5, 0.0, inf, -inf),
        (lambda x: x**0, 0.0, 1.0, 0.0),
        (lambda x: x**0, nan, 1.0, 0.0),
        (lambda x: x**1, 0.0, 0.0, 1.0),
        (lambda x: x**0.5, 0.0, 0.0, inf),
        (lambda x: x ** (1 / 3), -8.0, nan, nan),
        (lambda x: x**3, 1e200, inf, inf),
        (lambda x: x**3, -1e200, -inf, inf),
        (lambda x: x**2, -1e200, inf, -2e200),
        (lambda x: x**-3, 1e-200, inf, -inf),
        (lambda x: x**3, -inf, -inf, inf),
        (lambda x: 2**x, 2000.0, inf, inf),
        (lambda x: 2**x, -2000.0, 0.0, 0.0),
        (lambda x: 0**x, 2.0, 0.0, 0.0),
        (lambda x: 0**x, 0.0, 1.0, 0.0),
        (lambda x: (-2) ** x, 2.0, 4.0, nan),
        (lambda x: x * x, 1e200, inf, 2e200),
        (lambda x: x - x, inf, nan, 0.0),
        *[(record, nan, nan, nan) for record in (Value.exp, Value.tanh, Value.sigmoid, Value.sin, Value.cos)],
        *[(record, nan, nan, nan) for record in (Value.abs, Value.erf, Value.softplus, Value.log, Value.gelu)],
        (Value.relu, nan, nan, 0.0),
        (lambda x: x.max(0), nan, nan, 0.5),
        (lambda x: x.min(0), nan, nan, 0.5),
    ],
)
def test_edges(record: Callable[[Value], Value], x: float, value: float, grad: float) -> None:
    leaf = Value(x)
    y = record(leaf)
    y.backward()
    assert y.data == pytest.approx(value, rel=2e-14, abs=0.0, nan_ok=True)
    assert leaf.grad == pytest.approx(grad, rel=1e-13, abs=0.0, nan_ok=True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numpys_conventions() -> None:
    """Division and powers at the edges are what NumPy computes, signs of zero included."""
    for a, b in itertools.product(EDGES, repeat=2):
        for ours, theirs in (
            (Value(a) / Value(b), np.float64(a) / np.float64(b)),
            (Value(a) ** Value(b), np.float64(a) ** np.float64(b)),
            (Value(a) ** b, np.float64(a) ** np.float64(b)),
            (Value(a) * Value(b), np.float64(a) * np.float64(b)),
        ):
            assert same(ours.data, float(theirs)), (a, b, ours)
            if ours.data == 0.0:
                assert math.copysign(1.0, ours.data) == math.copysign(1.0, theirs), (a, b, ours)
    for x in EDGES:
        for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "abs"):
            expected = float(getattr(np, name)(x))
            assert getattr(Value(x), name)().data == pytest.approx(expected, rel=1e-13, nan_ok=True), (name, x)


# ---- ties and kinks -----------------------------------------------------------------------------------------------


def gradients(record: Callable[..., Value], *at: float) -> list[float]:
    xs = leaves(at)
    record(*xs).backward()
    return [x.grad for x in xs]


def test_at_a_kink_the_slope_is_the_conventional_one() -> None:
    assert gradients(Value.relu, 0.0) == [0.0]
    assert gradients(Value.leaky_relu, 0.0) == [0.01]
    assert gradients(Value.abs, 0.0) == [0.0]


def test_a_tie_is_shared() -> None:
    assert gradients(lambda x, z: x.max(z), 2.0, 2.0) == [0.5, 0.5]
    assert gradients(lambda x, z: x.min(z), 2.0, 2.0) == [0.5, 0.5]
    assert gradients(lambda x: x.max(x), 2.0) == [1.0]
    assert gradients(lambda x, z: x.max(z), 0.0, -0.0) == [0.5, 0.5]


def test_max_and_min_take_numbers_and_pass_nan_on() -> None:
    assert Value(2.0).max(3).data == 3.0
    assert Value(2.0).min(3.5).data == 2.0
    for a, b in ((nan, 1.0), (1.0, nan)):
        assert math.isnan(Value(a).max(b).data)
        assert math.isnan(Value(a).min(b).data)


def test_the_constant_of_a_power_can_be_read_back_whole() -> None:
    x = Value(1.5)
    for k in (3, -1, 0.1, 1 / 3, 1e300, True, Fraction(1, 3), np.float32(0.1), np.int64(2), inf):
        y = x**k
        assert rule_of(y, "test")[2] == float(k)
        assert y.data == functions.power(1.5, float(k))
    assert (x**3)._op == "**3"
    assert (x**2.5)._op == "**2.5"
    assert rule_of(x.leaky_relu(1 / 3), "test")[2] == 1 / 3


# ---- operands that are not Values ---------------------------------------------------------------------------------

BOTH_SIDES: list[Callable] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: a**b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
    lambda a, b: a == b,
    lambda a, b: a != b,
]


@pytest.mark.parametrize(
    "number",
    [3, 2.5, True, np.float64(2.5), np.float32(2.5), np.float16(2.5), np.int64(3), np.uint8(3), np.bool_(True)]
    + [Fraction(5, 2), Decimal("2.5")],
    ids=lambda number: type(number).__name__,
)
@pytest.mark.parametrize("op", BOTH_SIDES)
def test_numbers_of_all_kinds_on_both_sides(op: Callable, number: object) -> None:
    x, plain = Value(1.5), float(number)  # type: ignore[arg-type]
    for mixed, expected in ((op(x, number), op(1.5, plain)), (op(number, x), op(plain, 1.5))):
        assert type(mixed) is (Value if type(expected) is float else bool)
        assert (mixed.data if type(mixed) is Value else mixed) == pytest.approx(expected, rel=1e-15)
        if type(mixed) is Value:
            assert type(mixed.data) is float


def test_a_number_is_kept_as_a_float() -> None:
    for number in (2, True, np.float32(2.0), np.int64(2), Fraction(2), Decimal(2), np.array(2.0)):
        assert type(Value(number).data) is float


def test_arrays_are_taken_number_by_number() -> None:
    x, array = Value(2.0), np.array([1.0, 3.0])
    for product in (x * array, array * x):
        assert [type(y) for y in product] == [Value, Value]
        assert [y.data for y in product] == [2.0, 6.0]
    assert [y.data for y in array - x] == [-1.0, 1.0]
    assert [y.data for y in x**array] == [2.0, 8.0]
    assert (x < array).tolist() == [False, True]
    values = np.array([Value(1.0), Value(2.0)])
    total = (values * values).sum()
    total.backward()
    assert [v.grad for v in values] == [2.0, 4.0]
    assert np.tanh(values)[0].data == math.tanh(1.0)
    with no_grad():
        assert np.asarray([Value(1.0), Value(2.0)], dtype=float).tolist() == [1.0, 2.0]


def test_sum_and_built_ins() -> None:
    xs = leaves((1.0, -2.0, 3.0))
    assert sum(xs).data == 2.0
    assert abs(xs[1]).data == 2.0
    assert max(xs) is xs[2]
    assert min(xs) is xs[1]
    assert [x.data for x in sorted(xs)] == [-2.0, 1.0, 3.0]
    assert +xs[0] is xs[0]


# ---- comparisons and conversions ----------------------------------------------------------------------------------


def test_comparisons_compare_the_numbers() -> None:
    two, also_two, three = Value(2.0), Value(2.0), Value(3.0)
    assert two < three and two <= also_two and three > 2 and three >= 3.0
    assert 1 < two and 2 >= two  # noqa: SIM300
    assert sorted([three, two])[0] is two and max(two, three) is three


def test_a_value_equals_only_itself() -> None:
    """As in micrograd: whoever walks a graph asks `v in nodes`, and another node of the same number is not it."""
    two, also_two = Value(2.0), Value(2.0)
    theirs, also_theirs = micrograd.engine.Value(2.0), micrograd.engine.Value(2.0)
    for a, b in ((two, also_two), (theirs, also_theirs)):
        assert a == a and a != b and a != 2.0 and a != "2" and a is not None
        assert b not in [a] and [b, a].index(a) == 1 and len({a, b}) == 2
    assert two.data == also_two.data == 2.0


def test_what_takes_the_number_out_of_the_graph_says_so() -> None:
    x = Value(0.5)
    words = r"float: a Value became a plain number, .*x\.exp\(\) in place of math\.exp\(x\); for the number itself x\.data"
    for cut in (float, math.exp, math.floor, math.sqrt, lambda v: np.asarray([v, v], dtype=float)):
        with pytest.warns(UserWarning, match=words) as said:
            cut(x)
        assert {w.filename for w in said} == {__file__}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert x.data == 0.5 and int(x) == 0 and x.exp().data == math.exp(0.5) and np.exp(x)._op == "exp"
        with no_grad():
            assert float(x) == 0.5 and math.exp(x) == math.exp(0.5)


def test_conversions() -> None:
    with no_grad():
        assert float(Value(2.5)) == 2.5
    assert int(Value(2.5)) == 2
    assert bool(Value(0.5)) and not Value(0.0) and not Value(-0.0)
    assert repr(Value(2)) == "Value(data=2.0, grad=0.0)"
    assert f"{Value(2.0)}" == "Value(data=2.0, grad=0.0)"
    assert f"{Value(math.pi):.3f}" == "3.142"


# ---- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad, words",
    [
        (lambda: Value("2"), r"Value: needs a real number, got str '2'. Convert with float\(\) first."),
        (lambda: Value(2.0, "a"), "Value: the second argument is the values .* got 'a'. A name: label='a'."),
        (lambda: Value(2.0, 3), "Value: the second argument is the values .* got 3. A name: label='3'."),
        (lambda: Value(None), "Value: needs a real number, got NoneType None."),
        (lambda: Value(1j), "Value: needs a real number, got complex 1j."),
        (lambda: Value(np.complex64(1j)), "Value: needs a real number, got complex64"),
        (lambda: Value(np.str_("2")), "Value: needs a real number, got str_"),
        (lambda: Value([1.0]), r"Value: needs a real number, got list \[1.0\]."),
        (lambda: Value(np.array([1.0])), "Value: needs a real number, got ndarray"),
        (lambda: Value(Value(1.0)), r"Value: got a Value where a number is needed; .* or x.detach\(\).data to cut"),
        (lambda: Value(1.0) + "1", "unsupported operand"),
        (lambda: "1" + Value(1.0), "can only concatenate|unsupported operand"),
        (lambda: Value(1.0) - None, "unsupported operand"),
        (lambda: None - Value(1.0), "unsupported operand"),  # type: ignore[operator]
        (lambda: Value(1.0) * [1.0], "unsupported operand|can't multiply"),
        (lambda: Value(1.0) / "2", "unsupported operand"),
        (lambda: "2" / Value(1.0), "unsupported operand"),
        (lambda: Value(1.0) ** "2", "unsupported operand"),
        (lambda: "2" ** Value(1.0), "unsupported operand"),
        (lambda: Value(1.0) + 1j, "unsupported operand"),
        (lambda: Value(1.0) < "2", "not supported between"),
        (lambda: Value(1.0) >= None, "not supported between"),
        (lambda: Value(1.0).max("2"), "max: needs a Value or a number, got str '2'."),
        (lambda: Value(1.0).min(None), "min: needs a Value or a number, got NoneType None."),
        (lambda: Value(1.0).leaky_relu("steep"), "leaky_relu: needs a real number, got str 'steep'"),
        (lambda: Value(1.0).leaky_relu(Value(0.1)), "leaky_relu: got a Value where a number is needed"),
    ],
)
def test_errors(bad: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        bad()
