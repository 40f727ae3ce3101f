"""Exceptions and Ctrl-C at any moment: modes are put back, and the next backward pass is right."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import warnings
from collections.abc import Callable
from linecache import getline
from typing import Any

import numpy as np
import pytest
from tensorgrad.utils.checkpoint import checkpoint

import tensorgrad as tg
from tensorgrad.autograd import anomaly, attended, engine, function, hooks, modes, outputs, sums


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def interrupted_at_line(n: int, program: Callable[[], Any], *places: Any) -> bool:
    """Run a program with a KeyboardInterrupt at the n-th line that it runs in these modules; False: it had fewer."""
    files, left, hit = {place.__file__ for place in places}, n, False

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal left, hit
        if frame.f_code.co_filename not in files:
            return None
        # Between a body and the exit of its `with` only a debugger can come, no interrupt.
        if event == "line" and not getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with "):
            left -= 1
            if not left:
                hit = True
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    try:
        sys.settrace(trace)
        program()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return hit


def state() -> tuple[Any, ...]:
    return (
        tg.is_grad_enabled(),
        tg.is_inference_mode_enabled(),
        anomaly.is_anomaly_enabled(),
        anomaly.is_anomaly_check_nan_enabled(),
        modes.recording.get(),
        modes.visiting.get(),
        modes.silence_var.get() is modes.SILENT,
    )


def decorated() -> None:
    @tg.no_grad()
    def f() -> None:
        pass

    f()


def generator() -> None:
    @tg.no_grad()
    def f() -> Any:
        yield 1
        yield 2

    list(f())


def nested() -> None:
    with tg.no_grad(), tg.enable_grad(), tg.inference_mode():
        pass


def used_twice() -> None:
    mode = tg.no_grad()
    with mode, mode:
        pass


def within(mode: Callable[[], Any]) -> Callable[[], None]:
    def program() -> None:
        with mode():
            pass

    return program


MODES: dict[str, Callable[[], None]] = {
    "no_grad": within(tg.no_grad),
    "enable_grad": within(tg.enable_grad),
    "inference_mode": within(tg.inference_mode),
    "detect_anomaly": within(tg.autograd.detect_anomaly),
    "traced": within(modes.traced),
    "watched": within(lambda: modes.watched(lambda *seen: None)),
    "sweeping": within(lambda: modes.sweeping(False, {1})),
    "decorated": decorated,
    "generator": generator,
    "nested": nested,
    "used twice": used_twice,
}


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("around", [tg.enable_grad, tg.no_grad])
def test_an_interrupt_at_any_line_leaves_the_mode_as_before(name: str, around: Any) -> None:
    with around():
        before = state()
        n = 1
        while interrupted_at_line(n, MODES[name], modes, anomaly):
            assert state() == before, f"line {n}"
            n += 1
        assert n > 3 and state() == before


@pytest.mark.parametrize("mode", [tg.set_grad_enabled, tg.autograd.set_detect_anomaly])
def test_as_functions_they_act_at_once_and_within_they_are_undone(mode: Any) -> None:
    before, n = state(), 1
    while interrupted_at_line(n, within(lambda: mode(mode is not tg.set_grad_enabled)), modes, anomaly):
        assert state() == before
        n += 1
    assert n > 4
    mode(mode is not tg.set_grad_enabled)
    assert state() != before
    mode(mode is tg.set_grad_enabled)
    assert state() == before


def test_a_mode_that_is_let_go_of_does_not_touch_one_that_came_later() -> None:
    mode = tg.no_grad()
    mode.__enter__()
    mode.__exit__()
    with tg.no_grad():
        del mode
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()


# ---- backward passes ------------------------------------------------------------------------------------------------


class Cube(tg.autograd.Function):
    fails: Any = None

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        if Cube.fails is not None:
            raise Cube.fails
        (x,) = ctx.saved_tensors
        return 3 * x * x * g


def program(x: tg.Tensor) -> tg.Tensor:
    y = x * 2
    a, b = (y * y).split(1)
    y = y.clone()
    y[0] = a[0] + 1
    return (Cube.apply(y) * b).sum() + checkpoint(lambda z: z.exp(), y, use_reentrant=False).sum()


def all_is_well() -> None:
    x = leaf(0.5, -1.0)
    (got,) = tg.autograd.grad(program(x), x)
    assert tg.is_grad_enabled() and modes.visiting.get() is None
    eps = 1e-6
    for i in range(2):
        up, down = x.detach().clone(), x.detach().clone()
        up[i] += eps
        down[i] -= eps
        assert abs(got[i].item() - (program(up) - program(down)).item() / (2 * eps)) < 1e-6
    w = leaf(3.0)
    w.register_hook(lambda g: g * 2)
    (w * w).backward()
    assert w.grad.tolist() == [12]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning):
            np.ones(1) / np.zeros(1)  # NumPy has its own voice again


@pytest.mark.parametrize("hooked", [False, True])
def test_an_interrupt_at_any_line_of_a_backward_pass(hooked: bool) -> None:
    """Nothing of a broken pass stays: not in the modes, not in half of the gradients, not in a later pass."""

    def run() -> None:
        y = program(x)
        if hooked:
            y.register_hook(lambda g: g)
        y.backward()

    n = 1
    x = leaf(0.5, -1.0)
    while interrupted_at_line(n, run, engine, attended, function, hooks, sums, outputs, modes):
        assert tg.is_grad_enabled() and modes.visiting.get() is None, n
        n += 7 if hooked else 5
    assert n > 100
    all_is_well()


ERRORS = (KeyboardInterrupt, ValueError, RecursionError, MemoryError, SystemExit, GeneratorExit)


@pytest.mark.parametrize("error", ERRORS)
def test_exceptions_in_hooks_rules_and_closures(error: Any) -> None:
    def fail(*args: Any) -> Any:
        raise error("on purpose")

    def broken(where: str) -> None:
        x = leaf(1.0, 2.0)
        y = x * 2
        if where == "tensor hook":
            y.register_hook(fail)
        elif where == "leaf hook":
            x.register_hook(fail)
        elif where == "node hook":
            y.grad_fn.register_hook(fail)
        elif where == "node prehook":
            y.grad_fn.register_prehook(fail)
        elif where == "post accumulate":
            x.register_post_accumulate_grad_hook(fail)
        elif where == "custom backward":
            Cube.fails = error("on purpose")
        elif where == "checkpoint":
            calls = []

            def piece(z: Any) -> Any:
                calls.append(1)
                if len(calls) > 1:
                    fail()
                return z * 2

            y = checkpoint(piece, y, use_reentrant=False)
        elif where == "under no_grad":
            with tg.no_grad():
                fail()
        elif where == "inside anomaly mode":
            with tg.autograd.detect_anomaly():
                y.register_hook(fail)
                y.sum().backward()
        elif where == "optimizer":
            tg.optim.LBFGS([x]).step(fail)
        elif where == "a sweep in a sweep":

            def inside(g: Any) -> None:
                with tg.enable_grad():
                    z = program(x)
                    z.register_hook(fail)
                    z.backward()

            y.register_hook(inside)
        Cube.apply(y).sum().backward()

    places = (
        "tensor hook", "leaf hook", "node hook", "node prehook", "post accumulate", "custom backward", "checkpoint",
        "under no_grad", "inside anomaly mode", "optimizer", "a sweep in a sweep",
    )  # fmt: skip
    for where in places:
        try:
            with pytest.raises(error, match="on purpose"):
                broken(where)
        finally:
            Cube.fails = None
        assert state() == (True, False, False, False, modes.ON, None, False), where
        all_is_well()


def test_no_leaf_has_received_anything_where_a_hook_fails() -> None:
    x, w = leaf(1.0), leaf(2.0)
    y = x * 2

    def fail(g: Any) -> Any:
        raise ValueError("on purpose")

    handle = y.register_hook(fail)
    loss = (y * w).sum()
    with pytest.raises(ValueError):
        loss.backward(retain_graph=True)
    assert x.grad is None and w.grad is None
    handle.remove()
    loss = (x * 2 * w).sum()
    loss.backward()
    assert x.grad.tolist() == [4] and w.grad.tolist() == [2]


# ---- backward inside backward ---------------------------------------------------------------------------------------


def test_a_backward_pass_in_a_hook_and_in_a_rule() -> None:
    inner: list[Any] = []

    class Inside(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            with tg.enable_grad():
                z = x.detach().requires_grad_()
                (z * z).sum().backward()
            assert not tg.is_grad_enabled()
            return g * z.grad

    x, w = leaf(3.0), leaf(5.0)
    y = Inside.apply(x) * w

    def hook(g: Any) -> None:
        with tg.enable_grad():
            v = leaf(2.0)
            (v**3).sum().backward()
            inner.append(v.grad.item())

    y.register_hook(hook)
    y.backward()
    assert x.grad.tolist() == [30] and w.grad.tolist() == [9] and inner == [12]


def test_a_pass_over_the_same_graph_from_inside() -> None:
    x = leaf(2.0)
    y = x * 3
    z = y * y
    inside: list[int] = []

    def hook(g: Any) -> None:
        if not inside:
            inside.append(1)
            y.backward(retain_graph=True)

    y.register_hook(hook)
    z.backward(retain_graph=True)
    assert x.grad.tolist() == [3 + 36]


# ---- deep graphs ----------------------------------------------------------------------------------------------------


def test_deep_graphs_are_walked_and_freed_without_recursion() -> None:
    gc.collect()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        steps: list[Any] = [lambda y: y * 1.0, lambda y: y.view(1), lambda y: y[:], lambda y: y.sort()[0]]
        for step in [*steps, lambda y: y.clone().add_(0.0)]:
            x = leaf(1.0)
            y = x * 1
            for _ in range(10_000):
                y = step(y)
            assert tg.autograd.grad(y, x, retain_graph=True)[0].tolist() == [1]
            y.backward()
            assert x.grad.tolist() == [1]
            del y
    finally:
        sys.setrecursionlimit(limit)


def test_deep_graphs_of_gradients_and_of_functions_in_pytorchs_style() -> None:
    class Same(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x * 1
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 1

    x = leaf(1.0)
    y = x * 1
    for _ in range(3_000):
        y = Same.apply(y)
    (g,) = tg.autograd.grad(y * y, x, create_graph=True)
    assert g.tolist() == [2]
    assert tg.autograd.grad(g, x)[0].tolist() == [2]
    del y, g
    z = x
    for _ in range(500):
        z = checkpoint(lambda v: v * 1, z, use_reentrant=False)
    assert tg.autograd.grad(z, x)[0].tolist() == [1]


def test_modes_are_copied_and_pickled_with_what_holds_them() -> None:
    class Frozen(tg.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mode = tg.no_grad()

        def forward(self, x: Any) -> Any:
            with self.mode:
                return x * 2

    model = Frozen()
    for m in (model, copy.deepcopy(model)):
        assert not m(leaf(1.0)).requires_grad and tg.is_grad_enabled()
    for mode in (tg.no_grad(), tg.enable_grad(), tg.inference_mode()):
        with pickle.loads(pickle.dumps(mode)):
            assert tg.is_grad_enabled() == (type(mode) is tg.enable_grad)
