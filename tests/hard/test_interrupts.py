"""Ctrl-C at any moment of a step: every optimizer has taken it whole, or not begun, and goes on as if nothing had been."""

from __future__ import annotations

import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import micrograd_value
import tensorgrad as tg
from tensorgrad import optim
from tests.optim.table import MUON, OPTIMIZERS

NAMES = sorted({name for name, _ in OPTIMIZERS}) + ["Muon"]
OPTIONS = {name: options for name, options in OPTIMIZERS} | {"Muon": MUON[0]}  # the last of each


@pytest.fixture(autouse=True)
def pythons_own_handler() -> Iterator[None]:
    """Whatever the parent has done with SIGINT: some ignore it for their children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Run:
    """An optimizer of two groups and its losses."""

    def __init__(self, name: str) -> None:
        self.params = [tg.nn.Parameter(tg.rand(*s, generator=tg.Generator().manual_seed(3))) for s in ((3, 2), (2, 2), (2, 3))]
        groups = [self.params] if name == "LBFGS" else [self.params[:2], self.params[2:]]
        self.optimizer = getattr(optim, name)([{"params": g} for g in groups], **OPTIONS[name])
        self.closures = 0

    def closure(self) -> Any:
        self.closures += 1
        self.optimizer.zero_grad()
        loss = sum(((p - i) ** 4).sum() for i, p in enumerate(self.params))
        loss.backward()
        return loss

    def step(self) -> None:
        if isinstance(self.optimizer, optim.LBFGS):
            self.optimizer.step(self.closure)
        else:
            self.closure()
            self.optimizer.step()

    def state(self) -> str:
        return repr([p.tolist() for p in self.params]) + repr(self.optimizer.state_dict()) + str(self.optimizer._steps_taken)


def interrupted(step: Any, at: int) -> bool:
    """Press Ctrl-C at the `at`-th line of ours that a step runs; False if it has fewer."""
    left = at

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal left
        if "tensorgrad" not in frame.f_code.co_filename and "micrograd_value" not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if not left:
                sys.settrace(None)
                signal.raise_signal(signal.SIGINT)
        return trace

    sys.settrace(trace)
    try:
        step()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    assert left > 0, "Ctrl-C was swallowed"
    return False


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.rounds(1)
def test_a_step_is_whole_or_not_begun(name: str, seed: int) -> None:
    rng = random.Random(f"{seed}{name}")
    at, begun, whole = 1, 0, 0
    while True:
        run, twin = Run(name), Run(name)
        for r in (run, twin):
            r.step()
        run.closure(), twin.closure()
        before = twin.state()
        if isinstance(twin.optimizer, optim.LBFGS):
            twin.optimizer.step(twin.closure)
        else:
            twin.optimizer.step()
        with_closure = isinstance(run.optimizer, optim.LBFGS)
        if not interrupted(partial(run.optimizer.step, run.closure) if with_closure else run.optimizer.step, at):
            break
        after = run.state()
        assert after in (before, twin.state()), f"seed {seed}: half a step after line {at}"
        whole += after != before
        begun += after == before
        if after == before:
            run.step()
        else:
            assert run.optimizer._steps_taken == twin.optimizer._steps_taken
        assert not run.optimizer._stepping and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert tg.is_grad_enabled() and run.state() == twin.state(), f"seed {seed}: it goes on otherwise after line {at}"
        at += rng.choice([1, 2, 3] if at < 40 else [20, 50, 100] if name != "LBFGS" else [100, 300, 500])
    assert begun and (whole or name == "LBFGS"), "both were seen"


def test_a_failing_closure_leaves_lbfgs_as_it_was() -> None:
    """It has moved the parameters by then, and forgotten half of its memory."""
    for fatal in range(1, 4):
        run, twin = Run("LBFGS"), Run("LBFGS")
        for r in (run, twin):
            r.step()
        before, calls = run.state(), 0

        def failing(run: Run = run, fatal: int = fatal) -> Any:
            nonlocal calls
            calls += 1
            if calls == fatal:
                raise OverflowError("of the user's")
            return run.closure()

        with pytest.raises(OverflowError, match="of the user's"):
            run.optimizer.step(failing)
        assert run.state() == before
        run.step(), twin.step()
        assert run.state() == twin.state()


def test_a_handler_of_ones_own_is_called_after_the_step() -> None:
    run, seen = Run("Adam"), []
    before = run.state()
    signal.signal(signal.SIGINT, lambda *call: seen.append(run.state() != before))
    run.optimizer.register_step_pre_hook(lambda *_: signal.raise_signal(signal.SIGINT))
    update = run.optimizer.update

    def pressed(*args: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        update(*args)

    run.optimizer.update = pressed
    run.step()
    assert seen == [False, True], "hooks are not held; the step is, and tells of it once"


def test_in_another_thread_and_where_it_is_ignored() -> None:
    run, twin = Run("Adam"), Run("Adam")
    thread = threading.Thread(target=run.step)
    thread.start()
    thread.join()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    twin.step()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN and run.state() == twin.state()


def test_a_closure_may_be_interrupted() -> None:
    run = Run("SGD")
    before = run.state()

    def closure() -> Any:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("Ctrl-C was held")

    with pytest.raises(KeyboardInterrupt):
        run.optimizer.step(closure)
    assert run.state() == before and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _schedule(name: str) -> tuple[Callable[[], Any], Callable[[], str]]:
    p = tg.nn.Parameter(tg.ones(2))
    optimizer = optim.SGD([{"params": [p]}, {"params": [tg.nn.Parameter(tg.ones(1))], "lr": 0.5}], lr=0.1, momentum=0.9)
    optimizer.step()
    S = optim.lr_scheduler
    made: Any = {
        "StepLR": lambda: S.StepLR(optimizer, 1),
        "CyclicLR": lambda: S.CyclicLR(optimizer, 0.1, 0.5, step_size_up=3),
        "ChainedScheduler": lambda: S.ChainedScheduler([S.ExponentialLR(optimizer, 0.5), S.LinearLR(optimizer)]),
        "SequentialLR": lambda: S.SequentialLR(optimizer, [S.ConstantLR(optimizer), S.ExponentialLR(optimizer, 0.5)], [1]),
        "CosineAnnealingWarmRestarts": lambda: S.CosineAnnealingWarmRestarts(optimizer, 2),
        "ReduceLROnPlateau": lambda: S.ReduceLROnPlateau(optimizer, patience=0),
        "SWALR": lambda: optim.swa_utils.SWALR(optimizer, 0.05),
    }[name]()
    step = partial(made.step, 1.0) if name == "ReduceLROnPlateau" else made.step
    return step, lambda: repr(made.state_dict()) + repr(optimizer.state_dict())


def _averaging(name: str) -> tuple[Callable[[], Any], Callable[[], str]]:
    model = tg.nn.Linear(2, 2)
    tg.nn.init.ones_(model.weight), tg.nn.init.ones_(model.bias)
    average = optim.swa_utils.AveragedModel(model)
    tg.nn.init.zeros_(model.weight), tg.nn.init.zeros_(model.bias)
    return partial(average.update_parameters, model), lambda: repr(average.state_dict())


def _scalars(name: str) -> tuple[Callable[[], Any], Callable[[], str]]:
    params = [micrograd_value.Value(float(i)) for i in range(4)]
    optimizer = getattr(micrograd_value, name)(params, lr=0.1)
    for p in params:
        p.grad = 1.0
    return optimizer.step, lambda: repr([p.data for p in params]) + repr(sorted(vars(optimizer).items(), key=lambda x: x[0]))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        *((_schedule, name) for name in ("StepLR", "CyclicLR", "ChainedScheduler", "SequentialLR", "SWALR")),
        *((_schedule, name) for name in ("CosineAnnealingWarmRestarts", "ReduceLROnPlateau")),
        (_averaging, "AveragedModel"), (_scalars, "Adam"), (_scalars, "GradientDescent"),
    ],
)  # fmt: skip
def test_other_steps_are_whole_or_not_begun(make: Any, name: str) -> None:
    at, seen = 1, set()
    while True:
        (step, state), (twin, expected) = make(name), make(name)
        states = [state()]
        twin()
        states.append(expected())
        if not interrupted(step, at):
            break
        assert state() in states, f"half a step after line {at}"
        seen.add(states.index(state()))
        if state() == states[0]:
            step()
        assert state() == states[1], f"it goes on otherwise after line {at}"
        at += 1
    assert seen == {0, 1}, "both were seen"
