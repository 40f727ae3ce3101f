"""GradScaler: scaled losses, unscaled gradients, skipped steps, and a scale that finds its size."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad.amp import GradScaler


def prepared(**settings: Any) -> tuple[Any, Any, Any]:
    p = tg.nn.Parameter(tg.ones(2))
    return p, tg.optim.SGD([p], lr=0.5), GradScaler("cpu", **{"init_scale": 4.0, **settings})


def iterate(scaler: Any, p: Any, optimizer: Any, factor: float = 1.0) -> Any:
    optimizer.zero_grad()
    scaler.scale((p * factor).sum()).backward()
    result = scaler.step(optimizer)
    scaler.update()
    return result


def test_an_iteration_is_that_without_a_scaler() -> None:
    p, optimizer, scaler = prepared()
    loss = scaler.scale((p * p).sum())
    assert loss.item() == 8.0
    loss.backward()
    assert p.grad.tolist() == [8.0, 8.0]
    scaler.step(optimizer)
    assert p.grad.tolist() == [2.0, 2.0] and p.tolist() == [0.0, 0.0]
    scaler.update()


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_step_with_infinite_gradients_is_skipped(bad: float) -> None:
    p, optimizer, scaler = prepared()
    assert iterate(scaler, p, optimizer, bad) is None
    assert p.tolist() == [1.0, 1.0] and scaler.get_scale() == 2.0
    iterate(scaler, p, optimizer)
    assert p.tolist() == [0.5, 0.5] and scaler.get_scale() == 2.0


def test_the_scale_grows_after_so_many_good_iterations_in_a_row() -> None:
    p, optimizer, scaler = prepared(growth_interval=2, growth_factor=3.0, backoff_factor=0.25)
    scales = []
    for factor in (1.0, math.inf, 1.0, 1.0, 1.0, math.nan, 1.0):
        iterate(scaler, p, optimizer, factor)
        scales.append(scaler.get_scale())
    assert scales == [4.0, 1.0, 1.0, 3.0, 3.0, 0.75, 0.75]


def test_the_scale_stays_finite() -> None:
    p, optimizer, scaler = prepared(init_scale=2.0**127, growth_interval=1)
    optimizer.param_groups[0]["lr"] = 0.0
    iterate(scaler, p, optimizer, 1e-3)
    assert scaler.get_scale() == 2.0**127


def test_gradients_unscaled_before_may_be_clipped() -> None:
    p, optimizer, scaler = prepared()
    scaler.scale((p * 3).sum()).backward()
    scaler.unscale_(optimizer)
    assert p.grad.tolist() == [3.0, 3.0]
    tg.nn.utils.clip_grad_value_([p], 1.0)
    scaler.step(optimizer)
    assert p.tolist() == [0.5, 0.5]
    scaler.update()


def test_one_of_two_optimizers_is_skipped() -> None:
    p, first, scaler = prepared()
    q = tg.nn.Parameter(tg.ones(1))
    unused = tg.nn.Parameter(tg.ones(1))
    second = tg.optim.SGD([q, unused], lr=0.5)
    losses = scaler.scale([p.sum(), (q * math.inf).sum()])
    assert type(losses) is list and type(scaler.scale((p.sum(),))) is tuple
    assert [x.item() for x in scaler.scale(iter([p.sum(), q.sum()]))] == [8.0, 4.0]
    for loss in losses:
        loss.backward()
    scaler.step(first)
    scaler.step(second)
    scaler.update()
    assert p.tolist() == [0.5, 0.5] and q.tolist() == [1.0] and scaler.get_scale() == 2.0


def test_a_half_times_a_scale_beyond_halves() -> None:
    scaler = GradScaler("cpu")
    losses = scaler.scale(tg.tensor([2.0**-10], dtype=tg.float16))
    assert losses.dtype is tg.float16 and losses.tolist() == [64.0]
    assert scaler.scale(tg.tensor(3.0, dtype=tg.float16)).item() == 3 * 2.0**16  # a number becomes float32, as the scale is


def test_a_new_scale() -> None:
    p, optimizer, scaler = prepared()
    iterate(scaler, p, optimizer)
    scaler.update(8.0)
    assert scaler.get_scale() == 8.0
    scaler.update(tg.tensor([16.0]))
    assert scaler.get_scale() == 16.0


def test_the_state_goes_on() -> None:
    p, optimizer, scaler = prepared(growth_interval=3)
    iterate(scaler, p, optimizer)
    iterate(scaler, p, optimizer)
    state = scaler.state_dict()
    assert state == {
        "scale": 4.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 3, "_growth_tracker": 2,
    }  # fmt: skip
    for other in (GradScaler("cpu"), copy.deepcopy(scaler)):
        other.load_state_dict(state)
        iterate(other, p, optimizer)
        assert other.get_scale() == 8.0 and other.state_dict()["_growth_tracker"] == 0


def test_settings_can_be_asked_for_and_changed() -> None:
    scaler = prepared()[2]
    assert scaler.is_enabled() and scaler.get_growth_factor() == 2.0 and scaler.get_backoff_factor() == 0.5
    scaler.set_growth_factor(4.0)
    scaler.set_backoff_factor(0.1)
    scaler.set_growth_interval(7)
    assert (scaler.get_growth_factor(), scaler.get_backoff_factor(), scaler.get_growth_interval()) == (4.0, 0.1, 7)


@pytest.mark.parametrize("kind", [tg.amp.GradScaler, tg.cuda.amp.GradScaler])
def test_on_cuda_it_is_disabled_with_a_warning(kind: Any) -> None:
    with pytest.warns(UserWarning, match="GradScaler: there is no CUDA here, so it is disabled"):
        scaler = kind(init_scale=8.0)
    p, optimizer, _ = prepared()
    assert not scaler.is_enabled() and scaler.get_scale() == 1.0 and scaler.state_dict() == {}
    scaler.load_state_dict({})
    scaler.unscale_(optimizer)
    assert scaler.scale(p) is p
    iterate(scaler, p, optimizer)
    assert p.tolist() == [0.5, 0.5]
    assert not kind(enabled=False).is_enabled()


def after(*done: str) -> Callable[[], Any]:
    """The last of some methods, called after the others."""

    def run() -> None:
        p, optimizer, scaler = prepared()
        scaler.scale(p.sum()).backward()
        for name in done:
            scaler.update() if name == "update" else getattr(scaler, name)(optimizer)

    return run


def halves() -> None:
    p = tg.nn.Parameter(tg.ones(2, dtype=tg.float16))
    scaler = GradScaler("cpu", init_scale=4.0)
    scaler.scale(p.sum()).backward()
    scaler.step(tg.optim.SGD([p], lr=0.5))


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: GradScaler("cpu", growth_factor=1.0), ValueError, "growth_factor must be above 1, got 1.0"),
        (lambda: GradScaler("cpu", backoff_factor=1.0), ValueError, "backoff_factor must be below 1, got 1.0"),
        (lambda: prepared()[2].scale(3), TypeError, "GradScaler.scale: takes a Tensor or several, got int"),
        (lambda: prepared()[2].step(prepared()[1]), RuntimeError, "GradScaler.step: no loss has been scaled."),
        (lambda: prepared()[2].unscale_(prepared()[1]), RuntimeError, "GradScaler.unscale_: no loss has been scaled."),
        (lambda: prepared()[2].update(), RuntimeError, "GradScaler.update: no loss has been scaled."),
        (after("update"), RuntimeError, "GradScaler.update: no step() or unscale_() since the last update()."),
        (after("step", "step"), RuntimeError, "this optimizer has stepped since the last update()."),
        (after("unscale_", "unscale_"), RuntimeError, "unscale_() has been called on this optimizer since the last update()"),
        (after("step", "unscale_"), RuntimeError, "step() has been called with this optimizer since the last update()"),
        (lambda: prepared()[2].step(prepared()[1], closure=len), RuntimeError, "step: a closure cannot be unscaled"),
        (lambda: prepared()[2].load_state_dict({}), RuntimeError, "load_state_dict: missing scale, growth_factor"),
        (halves, ValueError, "a gradient is float16, and would lose again what scaling has kept"),
    ],
)  # fmt: skip
def test_errors(call: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=re.escape(words)):
        call()


def test_a_scale_that_is_none_and_a_copy_in_between() -> None:
    p, optimizer, scaler = prepared()
    scaler.scale(p.sum()).backward()
    with pytest.raises(ValueError, match=re.escape("new_scale must be a number, or a tensor with one")):
        scaler.update(tg.ones(2))
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="it can be copied and saved between iterations"):
        copy.deepcopy(scaler)
    scaler.update()
    assert copy.deepcopy(scaler).get_scale() == 4.0


def test_a_state_that_lies_is_refused_and_nothing_has_changed() -> None:
    scaler = GradScaler("cpu", init_scale=8.0)
    good = scaler.state_dict()
    scaler.load_state_dict(good | {"scale": tg.tensor(4.0)})
    assert scaler.get_scale() == 4.0
    for key, value in (
        ("scale", "much"), ("scale", -1.0), ("scale", float("nan")), ("growth_factor", None), ("backoff_factor", [0.5]),
        ("growth_interval", 2.5), ("growth_interval", 0), ("_growth_tracker", True),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"GradScaler.load_state_dict: '{key}' must be .* from [01] on, got"):
            scaler.load_state_dict(good | {key: value})
    with pytest.raises(TypeError, match="GradScaler.load_state_dict: needs a dict, got int"):
        scaler.load_state_dict(3)  # type: ignore[arg-type]
    assert scaler.get_scale() == 4.0 and scaler.state_dict()["growth_interval"] == good["growth_interval"]
