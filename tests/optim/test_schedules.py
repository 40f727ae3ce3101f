"""Schedules: step by step they must give what their closed form says; the numbers are PyTorch's in golden.json."""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import optim
from tensorgrad.optim import lr_scheduler as S
from tests.optim.table import ALL_SCHEDULES, make_schedule


def optimizer_of_two() -> Any:
    a, b = tg.tensor([1.0], requires_grad=True), tg.tensor([1.0], requires_grad=True)
    return optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.2}], lr=0.1, momentum=0.9)


def lrs(optimizer: Any) -> list[float]:
    return [g["lr"] for g in optimizer.param_groups]


def advance(optimizer: Any, schedule: Any) -> None:
    optimizer.step()
    schedule.step()


CASES = [pytest.param(n, o, id=f"{n}-{i}") for i, (n, o) in enumerate(ALL_SCHEDULES)]


def closed(name: str, options: dict[str, Any]) -> bool:
    """Whether a schedule has a formula for its rate at any epoch. The others have their numbers in golden.json only."""
    return make_schedule(tg, name, optimizer_of_two(), options)._get_closed_form_lr() is not None


@pytest.mark.parametrize(("name", "options"), [case for case in CASES if closed(*case.values)])
def test_steps_follow_the_closed_form(name: str, options: dict[str, Any]) -> None:
    optimizer = optimizer_of_two()
    schedule = make_schedule(tg, name, optimizer, options)
    for _ in range(18):
        assert lrs(optimizer) == pytest.approx(schedule._get_closed_form_lr(), rel=1e-9, abs=1e-12)
        advance(optimizer, schedule)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_saved_and_loaded_it_goes_on(name: str, options: dict[str, Any]) -> None:
    optimizer, other = optimizer_of_two(), optimizer_of_two()
    schedule, twin = make_schedule(tg, name, optimizer, options), make_schedule(tg, name, other, options)
    for _ in range(6):
        advance(optimizer, schedule)
    other.load_state_dict(optimizer.state_dict())
    twin.load_state_dict(schedule.state_dict())
    other.step()
    for _ in range(6):
        advance(optimizer, schedule)
        advance(other, twin)
        assert lrs(other) == lrs(optimizer)


def test_by_hand() -> None:
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=1.0)
    schedule = S.StepLR(optimizer, 2, 0.1)
    seen = []
    for _ in range(5):
        seen.append(lrs(optimizer)[0])
        advance(optimizer, schedule)
    assert seen == pytest.approx([1.0, 1.0, 0.1, 0.1, 0.01])


def test_warmup_then_cosine() -> None:
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=1.0)
    parts = [S.LinearLR(optimizer, 0.25, total_iters=3), S.CosineAnnealingLR(optimizer, 4)]
    schedule = S.SequentialLR(optimizer, parts, milestones=[3])
    seen = []
    for _ in range(8):
        seen.append(lrs(optimizer)[0])
        advance(optimizer, schedule)
    assert seen == pytest.approx([0.25, 0.5, 0.75, 1.0, 0.853553, 0.5, 0.146447, 0.0], abs=1e-6)


def test_stepping_in_the_wrong_order_warns() -> None:
    schedule = S.StepLR(optimizer_of_two(), 2)
    with pytest.warns(UserWarning, match="was called before the optimizer's step()"):
        schedule.step()


def test_step_to_an_epoch_uses_the_closed_form() -> None:
    optimizer = optimizer_of_two()
    schedule = S.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    schedule.step(3)
    assert lrs(optimizer) == pytest.approx([0.0125, 0.025])


def test_warm_restarts_by_fractions() -> None:
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=1.0)
    schedule = S.CosineAnnealingWarmRestarts(optimizer, 1, 3)
    optimizer.step()
    for epoch, length, within in ((0.25, 1, 0.25), (1, 3, 0), (3.5, 3, 2.5), (4, 9, 0), (13, 27, 0), (40, 81, 0)):
        schedule.step(epoch)
        assert (schedule.T_i, schedule.T_cur, schedule.last_epoch) == (length, within, int(epoch))
    with pytest.raises(ValueError, match="epoch must be at least 0, got -1"):
        schedule.step(-1)


def test_a_rate_that_is_a_tensor_stays_one() -> None:
    rate = tg.tensor(0.1, dtype=tg.float64)
    optimizer = optim.Adam([tg.tensor([1.0], requires_grad=True)], lr=rate)
    schedule = S.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    schedule.step()
    assert optimizer.param_groups[0]["lr"] is rate and rate.item() == pytest.approx(0.05)
    (last,) = schedule.get_last_lr()
    schedule.step()
    assert rate.item() == pytest.approx(0.025) and last.item() == pytest.approx(0.05), "a copy"
    plateau = S.ReduceLROnPlateau(optimizer, patience=0, factor=0.1)
    plateau.step(1.0)
    plateau.step(2.0)
    assert rate.item() == pytest.approx(0.0025)


class Warmup(S._LRScheduler):
    """As schedules are written for PyTorch: a step() and a closed form of their own, and a look at private flags."""

    def __init__(self, optimizer: Any, warm: int, after: Any = None, last_epoch: int = -1) -> None:
        self.warm, self.after = warm, after
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        assert self._get_lr_called_within_step
        if self.last_epoch > self.warm and self.after is not None:
            return self.after.get_last_lr()
        return [base * min(1.0, (self.last_epoch + 1) / self.warm) for base in self.base_lrs]

    def _get_closed_form_lr(self) -> list[float]:
        return [base * 7 for base in self.base_lrs]

    def step(self, epoch: int | None = None) -> None:
        if self.last_epoch > self.warm and self.after is not None:
            self.after.step()
        super().step(epoch)


def test_a_schedule_of_ones_own() -> None:
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=1.0)
    schedule = Warmup(optimizer, 4)
    seen = []
    for _ in range(5):
        seen.append(lrs(optimizer)[0])
        advance(optimizer, schedule)
    assert seen == [0.25, 0.5, 0.75, 1.0, 1.0]
    schedule.step(2)
    assert lrs(optimizer) == [7.0]
    with pytest.raises(NotImplementedError, match="LRScheduler: a scheduler defines get_lr()"):
        S.LRScheduler(optimizer)


def test_a_schedule_that_only_steps() -> None:
    class Counting(S.LRScheduler):
        """Its step() never calls super's."""

        def __init__(self, optimizer: Any) -> None:
            self.epoch = -1
            super().__init__(optimizer)

        def step(self, epoch: int | None = None) -> None:
            self.epoch += 1
            for group in self.optimizer.param_groups:
                group["lr"] = float(self.epoch)

    optimizer = optimizer_of_two()
    schedule = Counting(optimizer)
    assert schedule.epoch == 0 and lrs(optimizer) == [0.0, 0.0], "making it takes the first step"


def test_schedules_inside_schedules() -> None:
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=1.0)
    inner = S.SequentialLR(
        optimizer, [S.ConstantLR(optimizer, 0.5, 9), S.ExponentialLR(optimizer, 0.1)], milestones=[2]
    )
    both = S.ChainedScheduler([S.ConstantLR(optimizer, 0.25, 2), S.ExponentialLR(optimizer, 0.5)])
    schedule = S.SequentialLR(optimizer, [S.StepLR(optimizer, 1, 0.5), inner, both], milestones=[2, 6])
    seen = []
    for _ in range(10):
        seen.append(lrs(optimizer)[0])
        advance(optimizer, schedule)
        assert schedule.get_last_lr() == lrs(optimizer)
    assert seen == pytest.approx([1.0, 0.5, 0.5, 0.5, 1.0, 0.1, 0.25, 0.125, 0.25, 0.125])


def test_any_step_of_an_optimizer_counts() -> None:
    class Plain(optim.Optimizer):
        def step(self, closure: Any = None) -> None:
            pass

    optimizer = Plain([tg.tensor([1.0], requires_grad=True)], {"lr": 1.0})
    schedule = S.StepLR(optimizer, 1)
    optimizer.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schedule.step()


def test_resuming_needs_the_initial_rates() -> None:
    with pytest.raises(KeyError, match="to resume at epoch 3, group 0 of the optimizer must have an 'initial_lr'"):
        S.StepLR(optimizer_of_two(), 2, last_epoch=3)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda o: S.StepLR(3, 2), TypeError, "StepLR: needs an Optimizer, got int"),
        (lambda o: S.LambdaLR(o, [abs]), ValueError, "1 functions for 2 parameter groups"),
        (lambda o: S.ConstantLR(o, 2.0), ValueError, "factor must be in [0, 1], got 2.0"),
        (lambda o: S.LinearLR(o, 0.0), ValueError, "start_factor must be in (0, 1]"),
        (lambda o: S.LinearLR(o, 0.5, 2.0), ValueError, "end_factor must be in [0, 1]"),
        (lambda o: S.CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0 must be a whole number above 0"),
        (lambda o: S.CosineAnnealingWarmRestarts(o, 2, 0), ValueError, "T_mult must be a whole number of at least 1"),
        (lambda o: S.CyclicLR(o, 0.1, 1.0, mode="x"), ValueError, "mode must be 'triangular'"),
        (lambda o: S.CyclicLR(o, [0.1], 1.0), ValueError, "base_lr has 1 entries for 2 parameter groups"),
        (lambda o: S.OneCycleLR(o, 1.0), ValueError, "give total_steps, or epochs and steps_per_epoch"),
        (lambda o: S.OneCycleLR(o, 1.0, 5, pct_start=2.0), ValueError, "pct_start must be a float in [0, 1]"),
        (lambda o: S.OneCycleLR(o, 1.0, 5, anneal_strategy="x"), ValueError, "anneal_strategy must be"),
        (lambda o: S.SequentialLR(o, [S.StepLR(o, 1)], [3]), ValueError, "1 schedulers need 0 milestones, got 1"),
        (lambda o: S.ChainedScheduler([]), ValueError, "needs at least one scheduler"),
        (
            lambda o: S.ChainedScheduler([S.StepLR(o, 1), S.StepLR(optimizer_of_two(), 1)]),
            ValueError,
            "scheduler 1 belongs to another optimizer",
        ),
        (
            lambda o: S.SequentialLR(o, [S.StepLR(o, 1), S.ReduceLROnPlateau(o)], [3]),
            ValueError,
            "SequentialLR: ReduceLROnPlateau (number 1) needs a metric at each step; step it yourself.",
        ),
        (
            lambda o: S.ChainedScheduler([S.ReduceLROnPlateau(o)]),
            ValueError,
            "ChainedScheduler: ReduceLROnPlateau (number 0) needs a metric",
        ),
        (lambda o: S.ReduceLROnPlateau(o, factor=1.5), ValueError, "factor must be below 1"),
        (lambda o: S.ReduceLROnPlateau(o, mode="x"), ValueError, "mode must be 'min' or 'max'"),
        (
            lambda o: S.CyclicLR(optim.Adagrad([tg.tensor([1.0], requires_grad=True)]), 0.1, 1.0),
            ValueError,
            "cycle_momentum=False",
        ),
    ],
)
def test_errors(make: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as error:
        make(optimizer_of_two())
    assert words in str(error.value)


def test_one_cycle_ends() -> None:
    optimizer = optimizer_of_two()
    schedule = S.OneCycleLR(optimizer, 0.3, total_steps=3)
    with pytest.raises(ValueError, match="of a schedule of 3; it ends there"):
        for _ in range(5):
            advance(optimizer, schedule)


def test_plateau() -> None:
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=1.0)
    schedule = S.ReduceLROnPlateau(optimizer, patience=1, factor=0.5, cooldown=1)
    seen = []
    for metric in (1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9):
        schedule.step(metric)
        seen.append(lrs(optimizer)[0])
    assert seen == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25]
    assert not schedule.in_cooldown or schedule.cooldown_counter == 1


# ---- states that lie -------------------------------------------------------------------------------------------------


def one_after_the_other(optimizer: Any) -> Any:
    both_at_once = S.ChainedScheduler([S.StepLR(optimizer, 2), S.LinearLR(optimizer)])
    return S.SequentialLR(optimizer, [S.ConstantLR(optimizer), both_at_once], milestones=[2])


ALL = [
    *((name, lambda o, name=name, options=options: make_schedule(tg, name, o, options)) for name, options in ALL_SCHEDULES),
    ("SequentialLR", one_after_the_other),
    ("ReduceLROnPlateau", lambda o: S.ReduceLROnPlateau(o)),
]


@pytest.mark.parametrize(("name", "make"), ALL)
def test_states_that_lie(name: str, make: Any) -> None:
    schedule, optimizer = make(optimizer_of_two()), optimizer_of_two()
    twin = make(optimizer)
    before, good = repr(twin.state_dict()), schedule.state_dict()
    for key, value in good.items():
        if value is None or callable(value):
            continue
        for lie in ({}, [1.0] * 7, tg.ones(2), math.nan, ["x", "y"]):
            if isinstance(value, dict) and lie == {}:
                continue
            with pytest.raises(ValueError, match=f"{name}.load_state_dict: the entry '{key}' is .*, here it is .*nothing has"):
                twin.load_state_dict({**good, key: lie})
            assert repr(twin.state_dict()) == before, (key, lie)
    for key in ("optimizer", "step", "get_last_lr", 3):
        with pytest.raises(ValueError, match=f"{name}.load_state_dict: a schedule has no entry {key!r}"):
            twin.load_state_dict({**good, key: 3})
    for key in {"last_epoch", "_schedulers", "lr_lambdas"} & good.keys():
        with pytest.raises(ValueError, match=f"{name}.load_state_dict: the entry '{key}' is missing"):
            twin.load_state_dict({k: v for k, v in good.items() if k != key})
    with pytest.raises(TypeError, match=f"{name}.load_state_dict: needs a dict"):
        twin.load_state_dict([good])
    assert repr(twin.state_dict()) == before and twin.optimizer is optimizer
    twin.load_state_dict(good)
    assert repr(twin.state_dict()) == repr(good)


def test_a_lie_deep_inside_changes_nothing_above() -> None:
    twin = one_after_the_other(optimizer_of_two())
    before, state = repr(twin.state_dict()), copy.deepcopy(twin.state_dict())
    state["last_epoch"] = 5
    state["_schedulers"][1]["_schedulers"][0].pop("last_epoch")
    with pytest.raises(ValueError, match="StepLR.load_state_dict: the entry 'last_epoch' is missing"):
        twin.load_state_dict(state)
    assert repr(twin.state_dict()) == before


@pytest.mark.parametrize(("name", "make"), ALL)
def test_a_state_that_is_taken_can_be_gone_on_with(name: str, make: Any) -> None:
    """Numbers of the right kind and out of any range: refused when loading, or no step divides by zero."""
    refused = 0
    for key, value in make(optimizer_of_two()).state_dict().items():
        if type(value) not in (int, float):
            continue
        for lie in (0, -1, -(10**30), 10**30, 1e300, math.inf, 0.5):
            optimizer = optimizer_of_two()
            schedule = make(optimizer)
            state, before = schedule.state_dict(), repr(schedule.state_dict())
            try:
                schedule.load_state_dict({**state, key: lie})
            except ValueError as error:
                assert f"{name}.load_state_dict: such a schedule has no rates: " in str(error), (key, lie)
                assert repr(schedule.state_dict()) == before
                refused += 1
                continue
            for _ in range(3):
                optimizer.step()
                try:
                    schedule.step(1.0) if name == "ReduceLROnPlateau" else schedule.step()
                except ValueError as error:  # of OneCycleLR at its end
                    assert "OneCycleLR" in str(error), (key, lie)
    periods = ("StepLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR")
    assert refused or name not in periods
