"""The graph and the sweep: order, adding up, depth, copies, modes, threads."""

from __future__ import annotations

import asyncio
import copy
import doctest
import gc
import importlib
import math
import pickle
import random
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import micrograd.engine
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd_value import GradientDescent, Value, no_grad, scope
from micrograd_value.engine import topological_order
from tests.micrograd_value.table import BINARY, KINKED, SMOOTH, is_tame, leaves, play, programs

# ---- the sweep ----------------------------------------------------------------------------------------------------


def test_the_graph_is_there_to_be_read() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    y = a * b
    assert y._prev == (a, b) and y._prev[0] is a
    assert y._local_grads == (-3.0, 2.0)
    assert (y._op, a._op, a._prev, a.label) == ("*", "", (), "a")


def test_a_shared_child_shows_both_edges() -> None:
    x = Value(3.0)
    y = x * x
    assert len(y._prev) == 2 and y._prev[0] is y._prev[1] is x
    y.backward()
    assert x.grad == 6.0


def test_a_node_speaks_once_and_after_all_that_used_it() -> None:
    """The counterexample to pushing gradients as one walks: b would speak twice, 4 + 8 in place of 8."""
    a = Value(3.0)
    b = a + a
    c = b * b
    c.backward()
    assert (a.grad, b.grad, c.grad) == (24.0, 12.0, 1.0)


def test_paths_of_different_lengths_meet() -> None:
    a = Value(1.5)
    long = a
    for _ in range(5):
        long = long * 1.0
    (a * long + a).backward()
    assert a.grad == 2 * 1.5 + 1


def test_each_node_comes_after_its_children_and_once() -> None:
    rng = random.Random(0)
    nodes = leaves(tuple(rng.random() for _ in range(5)))
    for _ in range(300):
        nodes.append(rng.choice(nodes) + rng.choice(nodes[-20:]))
    order = topological_order(nodes[-1], leaves=True)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[child] < place[node] for node in order for child in node._prev)
    assert topological_order(nodes[-1]) == [node for node in order if node._prev]
    assert order[-1] is nodes[-1]


def test_gradients_add_over_calls_until_zero_grad() -> None:
    a, b = Value(2.0), Value(5.0)
    c = a * b
    d = c * c + c  # an inner node must push on only what this call brought
    d.backward()
    once = [v.grad for v in (a, b, c, d)]
    assert once == [5.0 * 21.0, 2.0 * 21.0, 21.0, 1.0]
    d.backward()
    assert [v.grad for v in (a, b, c, d)] == [2.0 * g for g in once]
    d.zero_grad()
    assert [v.grad for v in (a, b, c, d)] == [0.0] * 4
    d.backward()
    assert [v.grad for v in (a, b, c, d)] == once


def test_a_gradient_of_none_is_0() -> None:
    """Whoever comes from PyTorch clears gradients so."""
    a, b = Value(2.0), Value(3.0)
    inner = a * b
    y = inner + a * a
    y.backward()
    a.grad = b.grad = inner.grad = None  # type: ignore[assignment]
    y.backward()
    assert (a.grad, b.grad, inner.grad) == (7.0, 2.0, 1.0)
    optimizer = GradientDescent([a, b], lr=0.1)
    a.grad = None  # type: ignore[assignment]
    optimizer.step()  # not reached, not moved
    assert a.data == 2.0 and b.data == pytest.approx(2.8)


def test_two_results_add_their_gradients() -> None:
    a = Value(3.0)
    shared = a * a
    (shared * 2.0).backward()
    (shared * 5.0).backward()
    assert a.grad == 7.0 * 6.0
    assert shared.grad == 7.0


def test_backward_on_a_leaf_seeds_it() -> None:
    a = Value(3.0)
    a.backward()
    a.backward()
    assert a.grad == 2.0


def test_an_operation_without_any_derivative_is_refused_before_anything_is_changed() -> None:
    a = Value(2.0)
    b = Value(8.0, (a,), "cube")
    with pytest.raises(RuntimeError, match="backward: the operation 'cube' does not say how its result depends on its"):
        (b * 2.0).backward()
    assert (a.grad, b.grad) == (0.0, 0.0)


def test_an_operation_of_ones_own_with_local_derivatives() -> None:
    a = Value(2.0)
    cube = Value(a.data**3, (a,), "cube", _local_grads=(3.0 * a.data**2,))
    (cube * 2.0).backward()
    assert a.grad == 24.0


def test_detach_cuts() -> None:
    a = Value(2.0, label="a")
    y = a * a.detach()
    y.backward()
    assert a.grad == 2.0
    assert a.detach().label == "a" and a.detach()._prev == () and (a * a).detach()._prev == ()


# ---- depth --------------------------------------------------------------------------------------------------------


def test_a_million_operations_in_a_chain() -> None:
    """Forward, backward, repr, zero_grad and freeing, within the ordinary recursion limit."""
    x = Value(1.0)
    y = x
    for _ in range(500_000):
        y = (y + x) * 1.0
    y.backward()
    assert y.data == x.grad == 500_001.0
    assert repr(y) == f"Value(data={y.data}, grad=1.0)"
    y.zero_grad()
    assert x.grad == 0.0
    alive = weakref.ref(y._prev[0])
    del y
    assert alive() is None


def test_deep_graphs_are_copied_and_pickled() -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(50_000):
        y = y + x
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert twin.data == y.data
        twin.backward()
        assert x.grad == 0.0
        (leaf,) = (node for node in topological_order(twin, leaves=True) if not node._prev)
        assert (leaf.grad, leaf.label) == (50_001.0, "x")


# ---- copies -------------------------------------------------------------------------------------------------------


def a_graph() -> tuple[Value, Value, Value]:
    a = Value(0.5, label="a")
    with scope("layer"):
        b = (a * a).tanh()
    b.label = "b"
    c = b + a
    c.backward()
    return a, b, c


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_copies_are_whole_and_apart(way) -> None:
    original = topological_order(a_graph()[2], leaves=True)
    y = original[-1]
    twins = topological_order(copy.deepcopy(y) if way == "deepcopy" else pickle.loads(pickle.dumps(y)), leaves=True)
    for node, twin in zip(original, twins, strict=True):
        assert node is not twin
        for name in ("data", "grad", "label", "_op", "_scope", "_local_grads"):
            assert getattr(node, name) == getattr(twin, name)
        assert [original.index(child) for child in node._prev] == [twins.index(child) for child in twin._prev]


def test_deepcopy_keeps_what_is_shared_shared() -> None:
    a, b, c = a_graph()
    a2, b2, c2 = copy.deepcopy([a, b, c])
    assert b2 in c2._prev and a2 in topological_order(b2, leaves=True)
    assert c2._prev[0] is b2 and c2._prev[1] is a2


def test_pickling_keeps_shared_leaves_shared() -> None:
    a, b, c = a_graph()
    a2, b2, c2 = pickle.loads(pickle.dumps([a, b, c]))
    a2.grad = 0.0
    b2.backward()
    c2.backward()
    assert a2.grad == pytest.approx(b._prev[0].grad * 2 * 0.5 * 2 + 1.0)


def test_copies_are_made_inside_no_grad_too() -> None:
    _, _, c = a_graph()
    with no_grad():
        assert len(topological_order(copy.deepcopy(c), leaves=True)) == len(topological_order(c, leaves=True))


def test_a_shallow_copy_has_the_same_leaves() -> None:
    a, _, c = a_graph()
    a.grad = 0.0
    copy.copy(c).backward()
    assert a.grad == pytest.approx(1.0 + 2 * 0.5 * (1 - math.tanh(0.25) ** 2))


@pytest.mark.parametrize("doing, copier", [("deepcopy", copy.deepcopy), ("pickle", pickle.dumps)])
def test_a_closure_cannot_be_copied(doing, copier) -> None:
    a = Value(2.0)
    own = Value(4.0, (a,), "own")
    own._backward = lambda: None
    with pytest.raises(TypeError, match=f"{doing}: the node 'own' has a _backward of its own, a closure"):
        copier(own * 2.0)


# ---- modes --------------------------------------------------------------------------------------------------------


def test_no_grad_records_nothing() -> None:
    a = Value(2.0)
    with no_grad():
        y = (a * a).tanh()
        with no_grad():
            assert (a + a)._prev == ()
        assert (a + a)._prev == ()
    assert y._prev == () and y._local_grads == () and y.data == math.tanh(4.0)
    assert (a + a)._prev == (a, a)


def test_no_grad_ends_with_an_exception_too_and_decorates() -> None:
    a = Value(2.0)

    @no_grad()
    def predict(fail: bool) -> Value:
        if fail:
            raise KeyError
        return a * a

    assert predict(False)._prev == () and predict(False)._prev == ()
    with pytest.raises(KeyError):
        predict(True)
    assert (a * a)._prev != ()


def test_modes_belong_to_the_thread() -> None:
    a = Value(2.0)
    inside, outside = threading.Event(), threading.Event()

    def other() -> bool:
        inside.wait(10)
        recorded = bool((a * a)._prev)
        outside.set()
        return recorded

    with ThreadPoolExecutor(1) as pool, no_grad(), scope("here"):
        future = pool.submit(other)
        inside.set()
        outside.wait(10)
        assert future.result() is True
        assert (a * a)._prev == ()


def test_modes_belong_to_the_task() -> None:
    a = Value(2.0)

    async def quiet() -> None:
        with no_grad():
            await asyncio.sleep(0.01)
            assert (a * a)._prev == ()

    async def loud() -> None:
        await asyncio.sleep(0.005)
        assert (a * a)._prev != ()

    async def both() -> None:
        await asyncio.gather(quiet(), loud())

    asyncio.run(both())


def test_eight_threads_with_graphs_of_their_own() -> None:
    def work(seed: int) -> list[float]:
        rng = random.Random(seed)
        xs = leaves(tuple(rng.uniform(0.5, 1.5) for _ in range(4)))
        y = xs[0]
        for _ in range(2000):
            y = (y * rng.choice(xs)).tanh() + rng.choice(xs)
        y.backward()
        return [y.data, *(x.grad for x in xs)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [work(seed) for seed in range(8)]


def test_scopes_nest() -> None:
    assert Value(1.0)._scope == ""
    with scope("layers.0"):
        outer = Value(1.0)
        with scope("neurons.3"):
            inner = Value(1.0) * outer
        after = Value(1.0)
    assert (outer._scope, inner._scope, after._scope) == ("layers.0", "layers.0/neurons.3", "layers.0")


# ---- small and alone ----------------------------------------------------------------------------------------------


def test_graphs_die_by_reference_count() -> None:
    gc.collect()
    gc.disable()
    try:
        x = Value(0.5)
        y = (x * x + x.tanh()).exp()
        inner = [weakref.ref(node) for node in topological_order(y)]
        y.backward()
        del y
        assert [ref() for ref in inner] == [None] * len(inner)
    finally:
        gc.enable()


def test_a_node_has_no_dict() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).gard = 2.0  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", ["engine", "derivative"])
def test_examples_in_docstrings(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"micrograd_value.{module}"))
    assert result.attempted > 0 and result.failed == 0


def test_the_package_needs_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules); import micrograd_value; "
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before} - {'micrograd_value'}; "
        "print(loaded - sys.stdlib_module_names)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_million_fold_chain_survives_a_small_stack() -> None:
    """In a thread with the smallest stack that Python allows: nothing recurses, in Python or in C."""
    code = """
import pickle, threading
from micrograd_value import Value

def work():
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + x
    y.backward()
    assert x.grad == 1_000_001.0
    del y

threading.stack_size(256 * 1024)
thread = threading.Thread(target=work)
thread.start()
thread.join()
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "done\n", done.stderr


# ---- random expressions -------------------------------------------------------------------------------------------

numbers = st.floats(0.2, 2.0)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(program=programs(SMOOTH + KINKED, BINARY), start=st.lists(numbers, min_size=1, max_size=4))
def test_random_expressions_against_central_differences(program, start) -> None:
    xs = leaves(tuple(start))
    y = play(program, xs)
    y.backward()
    assume(is_tame(y))
    for i, x in enumerate(xs):

        def at(step: float, i: int = i) -> float:
            return play(program, leaves(tuple(v + step * (i == j) for j, v in enumerate(start)))).data

        h = 1e-5
        fine, coarse = (at(h) - at(-h)) / (2 * h), (at(2 * h) - at(-2 * h)) / (4 * h)
        left, right = (y.data - at(-h)) / h, (at(h) - y.data) / h
        assume(abs(coarse - fine) <= 1e-6 * (1.0 + abs(fine)))  # else a pole is near,
        assume(abs(left - right) <= 1e-3 * (1.0 + abs(fine)))  # or a kink
        assert x.grad == pytest.approx(fine, rel=1e-4, abs=1e-4)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(program=programs(["neg", "square", "cube", "relu"], ["+", "-", "*", "/"]), start=st.lists(numbers, min_size=1))
def test_random_expressions_against_micrograd(program, start) -> None:
    ours, theirs = leaves(tuple(start)), [micrograd.engine.Value(x) for x in start]
    try:
        expected = play(program, theirs)
        expected.backward()
    except (ZeroDivisionError, OverflowError):
        assume(False)
    y = play(program, ours)
    y.backward()
    assume(is_tame(y))
    assert y.data == pytest.approx(expected.data, rel=1e-12, abs=1e-12)
    for x, z in zip(ours, theirs):
        assert x.grad == pytest.approx(z.grad, rel=1e-9, abs=1e-9, nan_ok=True)
