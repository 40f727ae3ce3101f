"""compile: the numbers of the engine, straight-line and as a tape; new inputs; errors; Numba's cache."""

from __future__ import annotations

import importlib
import itertools
import math
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_value import MLP, Value, derivative, no_grad
from micrograd_value import compile as compile_graph
from micrograd_value.rules import RULES, Rule
from tests.micrograd_value.table import BINARY, EDGES, KINKED, OPS, SMOOTH, Row, arity, is_tame, leaves, play, programs

native = importlib.import_module("micrograd_value.compile").native
STRAIGHT, TAPE = 10**9, 0
both_ways = pytest.mark.parametrize("straight_line", [STRAIGHT, TAPE], ids=["straight line", "tape"])


def eager(y: Value, parameters: list[Value]) -> list[float]:
    """The value, and the gradients of the engine."""
    y.zero_grad()
    for p in parameters:
        p.grad = 0.0
    y.backward()
    return [y.data, *(p.grad for p in parameters)]


# ---- the numbers of the engine ------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("row", OPS, ids=lambda row: row.id)
def test_every_operation_at_ordinary_points_and_at_the_edges(row: Row, straight_line: int) -> None:
    """Recorded once, called with other numbers: the other side of each kink, ties, zeros, infinities, nan."""
    recorded = leaves(row.points[0])
    compiled = compile_graph(row.record(*recorded), recorded, straight_line=straight_line)
    for point in (*row.points, *itertools.product(EDGES, repeat=arity(row))):
        xs = leaves(point)
        expected = eager(row.record(*xs), xs)
        value, grads = compiled(None, list(point))
        assert [value, *grads] == pytest.approx(expected, rel=1e-14, abs=0.0, nan_ok=True), point


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    program=programs(SMOOTH + KINKED, BINARY),
    start=st.lists(st.floats(0.2, 2.0), min_size=1, max_size=4),
    then=st.lists(st.floats(-2.0, 2.0), min_size=4, max_size=4),
)
def test_random_expressions_on_a_tape(program, start, then) -> None:
    xs = leaves(tuple(start))
    compiled = compile_graph(play(program, xs), xs, straight_line=TAPE)
    compare(compiled, program, start)
    compare(compiled, program, then[: len(start)])


@pytest.mark.parametrize("seed", range(4))
def test_random_expressions_in_straight_lines(seed: int) -> None:
    rng = random.Random(seed)
    program = [(rng.choice(SMOOTH + KINKED + BINARY), rng.randrange(20), rng.randrange(20)) for _ in range(12)]
    xs = leaves(tuple(rng.uniform(0.3, 1.5) for _ in range(3)))
    compiled = compile_graph(play(program, xs), xs, straight_line=STRAIGHT)
    compared = [compare(compiled, program, [rng.uniform(-1.5, 1.5) for _ in xs]) for _ in range(100)]
    assert any(compared)


def compare(compiled: Any, program: list[tuple[str, int, int]], numbers: list[float]) -> bool:
    """False if the numbers lead to where nothing can be compared."""
    xs = leaves(tuple(numbers))
    y = play(program, xs)
    expected = eager(y, xs)
    value, grads = compiled(None, numbers)
    if is_tame(y):
        assert [value, *grads] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    return is_tame(y)


def moons_loss(model: MLP, xs: list[list[Any]], ys: list[Any]) -> Value:
    losses = [(1 - y * model(x)).relu() for x, y in zip(xs, ys)]
    return sum(losses) / len(losses) + 1e-4 * sum(p * p for p in model.parameters())


@pytest.mark.parametrize("points", [2, 40])
def test_a_network_trains_as_it_does_eagerly(points: int) -> None:
    """Twenty steps of descent, batches changing: the same losses, to the last bits."""
    rng = random.Random(3)
    data = [([rng.gauss(0, 1), rng.gauss(0, 1)], rng.choice([-1.0, 1.0])) for _ in range(10 * points)]
    random.seed(1)
    model = MLP(2, [8, 8, 1])
    random.seed(1)
    twin = MLP(2, [8, 8, 1])
    xs, ys = [[Value(0.0), Value(0.0)] for _ in range(points)], leaves((0.0,) * points)
    compiled = compile_graph(moons_loss(model, xs, ys), model.parameters(), [xs, ys])
    for _ in range(20):
        batch = rng.sample(data, points)
        inputs, targets = [x for x, _ in batch], [y for _, y in batch]
        for p in model.parameters() + twin.parameters():
            p.grad = 0.0
        loss = moons_loss(twin, inputs, targets)
        loss.backward()
        assert compiled.backward([inputs, targets]) == pytest.approx(loss.data, rel=1e-12)
        for p, q in zip(model.parameters(), twin.parameters()):
            assert p.grad == pytest.approx(q.grad, rel=1e-10, abs=1e-13)
            p.data -= 0.1 * p.grad
            q.data -= 0.1 * q.grad


# ---- what can be asked of it ----------------------------------------------------------------------------------------


@both_ways
def test_new_inputs_and_new_parameters(straight_line: int) -> None:
    w, b, x = Value(2.0), Value(1.0), Value(3.0)
    compiled = compile_graph((w * x + b) ** 2, [w, b], inputs=[x], straight_line=straight_line)
    assert repr(compiled) == "Compiled(3 operations, 2 parameters, 1 inputs)"
    value, grads = compiled()
    assert type(value) is float and value == 49.0 and grads.tolist() == [42.0, 14.0]
    value, grads = compiled([-1.0])
    assert value == 1.0 and grads.tolist() == [2.0, -2.0]
    value, grads = compiled(np.array([1.0]), (0.5, 0.0))
    assert value == 0.25 and grads.tolist() == [1.0, 1.0]
    assert compiled(parameters=[1.0, 1.0])[0] == 16.0
    assert compiled.forward([0.0]) == 1.0 and compiled.forward([0.0], [5.0, 4.0]) == 16.0
    w.data, x.data = 3.0, 1.0  # left out: read from .data
    assert compiled()[0] == 16.0
    assert (w.grad, b.grad, x.grad) == (0.0, 0.0, 0.0)


@both_ways
def test_several_outputs_give_a_jacobian(straight_line: int) -> None:
    a, b, c = leaves((2.0, 3.0, 5.0))
    shared = a * b
    outputs = [shared + c, shared * shared, a, c * 2.0, Value(7.0) * 2.0]
    compiled = compile_graph(outputs, [a, b, c], straight_line=straight_line)
    values, jacobian = compiled()
    assert values.tolist() == [11.0, 36.0, 2.0, 10.0, 14.0]
    assert jacobian.tolist() == [[3.0, 2.0, 1.0], [36.0, 24.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]
    assert compiled.forward(None, [1.0, 1.0, 1.0]).tolist() == [2.0, 1.0, 1.0, 2.0, 14.0]
    values = compiled.backward()
    assert values.tolist() == [11.0, 36.0, 2.0, 10.0, 14.0]
    assert [a.grad, b.grad, c.grad] == [40.0, 26.0, 3.0]


@both_ways
def test_outputs_do_not_disturb_each_other(straight_line: int) -> None:
    """√w has an infinite slope at 0; the gradient of the other output must not meet it as 0·∞."""
    w, v = Value(0.0), Value(1.0)
    values, jacobian = compile_graph([w.sqrt(), w * v], [w], straight_line=straight_line)()
    assert values.tolist() == [0.0, 0.0]
    assert jacobian.tolist() == [[math.inf], [1.0]]


@both_ways
def test_backward_adds_to_grad(straight_line: int) -> None:
    w, x = Value(2.0), Value(3.0)
    compiled = compile_graph((w * x) ** 2, [w], [x], straight_line=straight_line)
    assert compiled.backward() == 36.0 and w.grad == 36.0
    assert compiled.backward([1.0]) == 4.0 and w.grad == 40.0
    assert x.grad == 0.0


@both_ways
def test_inputs_nested_flat_and_ragged(straight_line: int) -> None:
    rows, targets, w = [leaves((1.0, 2.0)), leaves((3.0, 4.0))], leaves((5.0, 6.0)), Value(1.0)
    y = sum(t * (10.0 * x[0] + x[1] * w) for x, t in zip(rows, targets))
    compiled = compile_graph(y, w, [rows, targets], straight_line=straight_line)
    expected = 5.0 * 12.0 + 6.0 * 34.0
    for numbers in (None, [1, 2, 3, 4, 5, 6], [[[1, 2], [3, 4]], [5, 6]], (np.array([[1, 2], [3, 4]]), [5.0, 6.0])):
        assert compiled(numbers)[0] == expected
    assert compiled(np.arange(1, 7))[0] == expected
    assert compiled([Value(1), 2, 3, 4, 5, 6])[0] == expected


@both_ways
def test_leaves_that_are_not_named_are_constants(straight_line: int) -> None:
    w, k = Value(2.0), Value(3.0)
    y = w * (k * k + 1.0)
    k.data = 1.0  # the number it has when compiled, not when recorded
    compiled = compile_graph(y, [w], straight_line=straight_line)
    assert compiled()[0] == 4.0
    k.data = 100.0
    assert compiled()[0] == 4.0


@both_ways
def test_infinite_constants(straight_line: int) -> None:
    w = Value(2.0)
    y = (w + math.inf) * -math.inf + (w * math.nan).max(1.0)
    assert math.isnan(compile_graph(y, [w], straight_line=straight_line)()[0])
    assert compile_graph(w.min(math.inf).max(-math.inf), [w], straight_line=straight_line)()[0] == 2.0


@both_ways
def test_unused_parameters_have_gradient_zero(straight_line: int) -> None:
    w, unused, x, unused_input = leaves((2.0, 1.0, 3.0, 1.0))
    value, grads = compile_graph(w * x, [unused, w], [unused_input, x], straight_line=straight_line)([9.0, 4.0])
    assert value == 8.0 and grads.tolist() == [0.0, 4.0]


@both_ways
def test_an_output_may_be_a_parameter(straight_line: int) -> None:
    w = Value(2.0)
    value, grads = compile_graph(w, [w], straight_line=straight_line)(None, [5.0])
    assert value == 5.0 and grads.tolist() == [1.0]


@both_ways
def test_derivatives_compile(straight_line: int) -> None:
    """Steps, signs and shares are operations: a derivative recorded on one side of a kink is right on the other."""
    x = Value(1.0)
    slope = derivative(x.relu() * x + abs(x) + x.max(0.5) + x.leaky_relu() + x.gelu(), x)
    compiled = compile_graph(slope, [x], straight_line=straight_line)
    for number in (-2.0, -0.3, 0.3, 0.7, 2.0):
        z = Value(number)
        (z.relu() * z + abs(z) + z.max(0.5) + z.leaky_relu() + z.gelu()).backward()
        assert compiled(None, [number])[0] == pytest.approx(z.grad, rel=1e-13)


@both_ways
def test_without_parameters_the_values_alone(straight_line: int) -> None:
    x = Value(3.0)
    value, grads = compile_graph(x * x, [], [x], straight_line=straight_line)([5.0])
    assert value == 25.0 and grads.shape == (0,)


def test_arrays_are_reused() -> None:
    w = Value(2.0)
    compiled = compile_graph(w * w, [w])
    first = compiled()[1]
    second = compiled(None, [5.0])[1]
    assert first.tolist() == second.tolist() == [10.0]


def test_small_graphs_become_a_text_to_read() -> None:
    a, x = Value(2.0, label="a"), Value(3.0)
    compiled = compile_graph((a * x - 1.5).tanh() + a, [a], [x])
    assert compiled.source == "\n".join(
        [
            "def graph(numbers, values, grads):",
            "    p0 = numbers[0]  # 'a'",
            "    x0 = numbers[1]",
            "    v1 = p0 * x0",
            "    v2 = v1 - 1.5",
            "    v3 = tanh(v2)",
            "    v4 = v3 + p0",
            "    values[0] = v4",
            "",
            "    d_v4 = 1.0",
            "    d_v3 = d_v4",
            "    d_p0 = d_v4",
            "    d_v2 = (1.0 - v3 * v3) * d_v3",
            "    d_v1 = d_v2",
            "    d_p0 += x0 * d_v1",
            "    grads[0, 0] = d_p0",
            "",
        ]
    )


def test_a_label_cannot_break_out_of_its_comment() -> None:
    a = Value(2.0, label="a\n    raise SystemExit\r\u2028'")
    assert compile_graph(a * a, [a])()[0] == 4.0


def test_the_kernel_of_the_tape_is_a_text_too() -> None:
    a = Value(2.0)
    source = compile_graph(a * a, [a], straight_line=TAPE).source
    assert all(f"# {op}\n" in source for op in RULES)
    assert "v[i] = x * z" in source and "d[a[i]] += (z) * dy" in source


def test_large_graphs_become_a_tape() -> None:
    x = Value(0.5)
    y = x
    for _ in range(201):
        y = y.sin()
    assert "code[n] == 0" in compile_graph(y, [x]).source
    assert "code[n] == 0" not in compile_graph(y._prev[0], [x]).source


def test_a_hundred_thousand_operations() -> None:
    x, w = Value(0.5), Value(0.1)
    y = x
    for _ in range(50_000):
        y = (y + w).sin()
    compiled = compile_graph(y, [w, x])
    assert compiled.operations == 100_000
    value, grads = compiled()
    assert [value, *grads] == pytest.approx(eager(y, [w, x]), rel=1e-12)
    assert compiled.forward() == value


def test_a_graph_of_ones_own_operation(monkeypatch) -> None:
    monkeypatch.setitem(RULES, "cube", Rule("x * x * x", ("3.0 * x * x",)))
    x = Value(2.0)
    cube = Value(8.0, (x,), "cube", "", (12.0,))
    value, grads = compile_graph(cube * 2.0, [x])(None, [3.0])
    assert value == 54.0 and grads.tolist() == [54.0]


# ---- errors -------------------------------------------------------------------------------------------------------


def test_operations_without_a_rule_are_named() -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match="compile: the operation 'cube' has no rule. Build it from Value's own"):
        compile_graph(Value(8.0, (x,), "cube", "", (12.0,)) * 2.0, [x])
    own = Value(8.0, (x,), "tanh")
    own._backward = lambda: None
    with pytest.raises(TypeError, match="compile: the operation 'tanh' has a _backward of its own, a procedure"):
        compile_graph(own, [x])


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        (lambda a, b, y: (3.0, [a]), TypeError, "compile: output 0 is not a Value but float 3.0."),
        (lambda a, b, y: ([y, "y"], [a]), TypeError, "compile: output 1 is not a Value but str 'y'."),
        (lambda a, b, y: (y, [a, 1.0]), TypeError, "compile: parameter 1 is not a Value but float 1.0."),
        (lambda a, b, y: (y, [a], [[b], [0.5]]), TypeError, "compile: input 1 is not a Value but float 0.5."),
        (lambda a, b, y: (y + 1, [a, y]), ValueError, r"compile: parameter 1 is the result of '\*', not a leaf. Name"),
        (lambda a, b, y: (y + 1, [a], [y]), ValueError, r"compile: input 0 is the result of '\*', not a leaf."),
        (lambda a, b, y: (y, [a, b, a]), ValueError, "compile: parameter 2 is also parameter 0; name each Value once."),
        (lambda a, b, y: (y, [a], [b, a]), ValueError, "compile: input 1 is also parameter 0; name each Value once."),
        (lambda a, b, y: (y, [Value(1.0)]), ValueError, "compile: no output depends on any of the parameters"),
        (lambda a, b, y: (y.detach(), [a, b]), ValueError, r"Was the graph recorded inside no_grad\(\), or from other"),
        (lambda a, b, y: (y, []), ValueError, "compile: no output depends on any of the parameters and inputs."),
        (lambda a, b, y: ([], [a]), ValueError, "compile: no output depends on any of the parameters and inputs."),
    ],
)
def test_errors(arguments, error, words) -> None:
    a, b = Value(2.0), Value(3.0)
    with pytest.raises(error, match=words):
        compile_graph(*arguments(a, b, a * b))


def test_a_wrong_number_of_numbers() -> None:
    a, b, x = leaves((2.0, 3.0, 5.0))
    compiled = compile_graph(a * b + x, [a, b], [x])
    with pytest.raises(ValueError, match="compiled graph: got 2 inputs, but was compiled with 1. Give one number"):
        compiled([1.0, 2.0])
    with pytest.raises(ValueError, match="compiled graph: got 1 parameters, but was compiled with 2. .*parameters=..."):
        compiled([1.0], [2.0])
    with pytest.raises(ValueError, match="got 0 inputs"):
        compiled.forward([])
    with pytest.raises(ValueError, match="could not convert string to float"):
        compiled(["five"])


def test_recorded_inside_no_grad() -> None:
    a = Value(2.0)
    with no_grad():
        y = a * a
    with pytest.raises(ValueError, match="inside no_grad"):
        compile_graph(y, [a])


def test_compile_inside_no_grad_is_no_matter() -> None:
    a = Value(2.0)
    y = a * a
    with no_grad():
        assert compile_graph(y, [a])()[1].tolist() == [4.0]


# ---- Numba --------------------------------------------------------------------------------------------------------


def python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_numba_a_sentence() -> None:
    code = """
import sys
sys.modules["numba"] = None
from micrograd_value import Value, compile
x = Value(1.0)
try:
    compile(x * x, [x])
except ImportError as error:
    print(error)
"""
    sentence = 'compile needs Numba, which is not installed: pip install "tensorgrad-learn[fast]".'
    assert python(code).startswith(sentence)


def test_with_the_jit_switched_off_the_same_numbers() -> None:
    """NUMBA_DISABLE_JIT=1: every line runs as Python, where coverage and a debugger see it."""
    code = """
import math
from micrograd_value import Value, compile
from tests.micrograd_value.table import EDGES, OPS, arity, leaves
for straight_line in (0, 10**9):
    for row in OPS:
        xs = leaves(row.points[0])
        compiled = compile(row.record(*xs), xs, straight_line=straight_line)
        for point in [*row.points, *[(edge,) * arity(row) for edge in EDGES]]:
            zs = leaves(point)
            y = row.record(*zs)
            y.backward()
            value, grads = compiled(None, list(point))
            for got, wanted in zip([value, *grads], [y.data, *[z.grad for z in zs]]):
                assert got == wanted or (got != got and wanted != wanted), (row.id, point, got, wanted)
print("equal")
"""
    assert python(code, NUMBA_DISABLE_JIT="1", PYTHONWARNINGS="ignore") == "equal\n"


KERNEL = "def double(v):\n    for i in range(len(v)):\n        v[i] = 2.0 * v[i]\n"


def doubled(kernel: Any) -> list[float]:
    v = np.array([1.0, 2.0])
    kernel(v)
    return v.tolist()


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def kept(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.rglob(f"*.{kind}"))


def test_a_kernel_is_kept_on_disk(cache_folder: Path) -> None:
    assert doubled(native(KERNEL, "double", "void(f8[::1])", on_disk=True)) == [2.0, 4.0]
    (file,) = kept(cache_folder, "nbc")
    written = file.stat().st_mtime_ns
    again = native(KERNEL, "double", "void(f8[::1])", on_disk=True)
    assert doubled(again) == [2.0, 4.0]
    assert again.stats.cache_hits.total() == 1
    assert [file.stat().st_mtime_ns for file in kept(cache_folder, "nbc")] == [written]


def test_another_text_is_another_kernel(cache_folder: Path) -> None:
    native(KERNEL, "double", "void(f8[::1])", on_disk=True)
    triple = native(KERNEL.replace("2.0", "3.0"), "double", "void(f8[::1])", on_disk=True)
    assert doubled(triple) == [3.0, 6.0]
    assert len(kept(cache_folder, "nbc")) == 2


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"\x80" + b[::-1]],
    ids=["half", "empty", "scrambled"],
)
def test_a_damaged_cache_heals(cache_folder: Path, kind: str, damage: Any) -> None:
    native(KERNEL, "double", "void(f8[::1])", on_disk=True)
    (file,) = kept(cache_folder, kind)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.warns(UserWarning, match=r"compile: the kernel on disk is unusable \(.*\); compiling it again."):
        assert doubled(native(KERNEL, "double", "void(f8[::1])", on_disk=True)) == [2.0, 4.0]
    native(KERNEL, "double", "void(f8[::1])", on_disk=True)
    assert native(KERNEL, "double", "void(f8[::1])", on_disk=True).stats.cache_hits.total() == 1


def test_where_nothing_can_be_written_it_works_uncached(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.caching.FunctionCache._impl_class._locator_classes", [])
    assert doubled(native(KERNEL, "double", "void(f8[::1])", on_disk=True)) == [2.0, 4.0]
    assert kept(cache_folder, "nbc") == []


def test_a_full_disk_does_not_stop_it(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._save_data", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        assert doubled(native(KERNEL, "double", "void(f8[::1])", on_disk=True)) == [2.0, 4.0]


def test_the_kernel_is_found_by_the_next_process(tmp_path: Path) -> None:
    code = """
import importlib
from micrograd_value import Value, compile
x = Value(3.0)
value, grads = compile(x * x, [x], straight_line=0)()
module = importlib.import_module("micrograd_value.compile")
forward, backward = module.tape_kernels(module.tape_source())
print(value, grads[0], forward.stats.cache_hits.total(), backward.stats.cache_hits.total())
"""
    assert python(code, NUMBA_CACHE_DIR=str(tmp_path)) == "9.0 6.0 0 0\n"
    assert python(code, NUMBA_CACHE_DIR=str(tmp_path)) == "9.0 6.0 1 1\n"
