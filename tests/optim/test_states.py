"""States that lie are refused when they are loaded, by name, and nothing has changed then: every entry of every optimizer."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import optim
from tests.optim.table import MUON, OPTIMIZERS

CASES = [*OPTIMIZERS, *(("Muon", options) for options in MUON)]


def made(name: str, options: dict[str, Any], shapes: Any = ((2, 3), (3, 2)), steps: int = 3) -> Any:
    """An optimizer of two parameters after some steps."""
    params = [tg.nn.Parameter(tg.rand(*s, generator=tg.Generator().manual_seed(i))) for i, s in enumerate(shapes)]
    optimizer = getattr(optim, name)(params, **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = sum((p**2).sum() + (p**4).sum() for p in params)
        loss.backward()
        return loss

    for _ in range(steps):
        closure()
        optimizer.step(closure)
    return optimizer


def shown(optimizer: Any) -> str:
    return repr(optimizer.state_dict()) + repr([p.tolist() for g in optimizer.param_groups for p in g["params"]])


def lies(value: Any) -> list[Any]:
    """What may not stand in the place of a state."""
    if isinstance(value, tg.Tensor) and value.ndim:
        return [-1, 3.0, None, "x", [1.0], tg.ones(7), tg.tensor(1.0), value.reshape(-1)[:-1]]
    if isinstance(value, list):
        return [None, 3, [*value, "x"], [*value, None], {"a": 1}]
    if isinstance(value, (int, float, tg.Tensor)):
        return [None, "x", [1.0], tg.ones(2), tg.ones(0), {}]
    return [3.0, "x", tg.ones(7)]  # for None: nothing yet


@pytest.mark.parametrize(("name", "options"), CASES)
def test_every_entry_of_every_optimizer(name: str, options: dict[str, Any]) -> None:
    good = made(name, options).state_dict()
    other = made(name, options, steps=1)
    before = shown(other)
    for n, entries in good["state"].items():
        for key, value in entries.items():
            changes: list[Any] = [("is|has", lie) for lie in lies(value)]
            changes += [("missing", None)] * (len(entries) > 1)  # an empty state has not begun
            for how, lie in changes:
                if key == "momentum_buffer" and name == "SGD" and how != "missing" and lie is None:
                    continue  # nothing yet
                state = copy.deepcopy(good)
                if how == "missing":
                    del state["state"][n][key]
                else:
                    state["state"][n][key] = lie
                words = f"{name}.load_state_dict: .*'{key}' of parameter {n}.* ({how})[ ;].*nothing has"
                with pytest.raises(ValueError, match=words):
                    other.load_state_dict(state)
                assert shown(other) == before, (key, lie)
    other.load_state_dict(good)
    assert repr(other.state_dict()) == repr(good), "and what is right is taken"


@pytest.mark.parametrize(("name", "options"), CASES)
def test_settings_of_another_kind(name: str, options: dict[str, Any]) -> None:
    good = made(name, options).state_dict()
    other = made(name, options, steps=1)
    before = shown(other)
    for key in good["param_groups"][0]:
        if key == "params":
            continue
        for lie in ([], {}, [1, 2, 3, 4], math.nan, tg.ones(3)):
            state = copy.deepcopy(good)
            state["param_groups"][0][key] = lie
            with pytest.raises(ValueError, match=f"{name}.load_state_dict: the setting '{key}' of group 0 is .*, here it is"):
                other.load_state_dict(state)
            assert shown(other) == before, (key, lie)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("param_groups"), "the entry 'param_groups' is missing, expected a list"),
        (lambda s: s.pop("state"), "the entry 'state' is missing, expected a dict"),
        (lambda s: s.update(state=3), "the entry 'state' is a int, expected a dict"),
        (lambda s: s.update(param_groups={}), "the entry 'param_groups' is a dict, expected a list"),
        (lambda s: s.update(param_groups=[]), "the dict has 0 parameter groups, this optimizer 1"),
        (lambda s: s.update(param_groups=[3]), "group 0 is 3, expected a dict with a list 'params'"),
        (lambda s: s["param_groups"][0].pop("params"), "expected a dict with a list 'params'"),
        (lambda s: s["param_groups"][0].update(params=[0]), "group 0 of the dict has 1 parameters, this optimizer's 2"),
        (lambda s: s["param_groups"][0].update(params=[0, "x"]), r"the 'params' of group 0 are \[0, 'x'\], expected the numbers"),
        (lambda s: s["param_groups"][0].update(params=[0, 0]), "number 0 stands for two parameters in its groups"),
        (lambda s: s["param_groups"][0].update(param_names=["a"]), "the setting 'param_names' of group 0 is"),
        (lambda s: s["param_groups"][0].update(initial_lr="x"), "the setting 'initial_lr' of group 0 is 'x'"),
        (lambda s: s["state"].update({0: 3}), "the state of parameter 0 is 3, expected a dict"),
        (lambda s: s["state"].update({7: {}}), "it has a state of parameter 7, and its groups hold 2 parameters"),
        (lambda s: s["state"].update(x={}), "it has a state of parameter 'x', and its groups hold 2"),
        (lambda s: s["state"].update({"9" * 5000: {}}), "it has a state of parameter '999"),
        (lambda s: s["state"][0].update(step=-1), "the state 'step' of parameter 0 is -1, expected a number from 0 on"),
        (lambda s: s["state"][0].update(step=math.nan), "the state 'step' of parameter 0 is nan, expected"),
        (lambda s: s["state"][0].update(step=10**400), "the state 'step' of parameter 0 is 1000.*, expected"),
    ],
)  # fmt: skip
def test_what_stands_around(change: Any, words: str) -> None:
    good = made("Adam", {}).state_dict()
    state = copy.deepcopy(good)
    change(state)
    other = made("Adam", {}, steps=1)
    before = shown(other)
    with pytest.raises(ValueError, match=words):
        other.load_state_dict(state)
    assert shown(other) == before
    for nonsense in (3, None, [good], "state"):
        with pytest.raises(TypeError, match="Adam.load_state_dict: needs a dict as state_dict"):
            other.load_state_dict(nonsense)


@pytest.mark.parametrize(
    ("name", "options", "change", "words"),
    [
        ("Adam", {}, dict(betas=(1.0, 0.999)), r"betas\[0\] must be in \[0, 1\), got 1.0"),
        ("AdamW", {}, dict(betas=[0.9, -2.0]), r"betas\[1\] must be in"),
        ("Adam", {}, dict(eps=-1.0), "eps must be at least 0, got -1.0"),
        ("SGD", dict(momentum=0.9), dict(nesterov=True, dampening=0.5), "nesterov needs a momentum above 0 and no dampening"),
        ("Rprop", {}, dict(etas=(2.0, 0.5)), "etas must be"),
        ("Adafactor", {}, dict(d=0.0), "d must be at least 1, got 0.0"),
        ("LBFGS", {}, dict(line_search_fn="rm -rf"), "line_search_fn must be None or 'strong_wolfe', got 'rm -rf'"),
        ("Muon", {}, dict(adjust_lr_fn="x"), "adjust_lr_fn"),
        ("RMSprop", {}, dict(differentiable=True), "differentiable=True is not supported"),
    ],
)
def test_settings_out_of_their_range(name: str, options: dict[str, Any], change: dict[str, Any], words: str) -> None:
    """The next step would divide by zero, or do something else without a word."""
    state, other = made(name, options).state_dict(), made(name, options, steps=1)
    before = shown(other)
    state["param_groups"][0].update(change)
    with pytest.raises(ValueError, match=f"{name}.load_state_dict: the settings of group 0 cannot be: .*{words}.*nothing has"):
        other.load_state_dict(state)
    assert shown(other) == before


def test_a_rate_that_rounding_has_brought_below_zero() -> None:
    state = made("Adam", {}).state_dict()
    state["param_groups"][0]["lr"] = -1e-19
    other = made("Adam", {})
    other.load_state_dict(state)
    assert other.param_groups[0]["lr"] == -1e-19


def test_parameters_in_another_order() -> None:
    one, two = ((2, 3), (3,)), ((3,), (2, 3))
    state = made("Adam", {}, one).state_dict()
    with pytest.raises(ValueError, match=r"the state 'exp_avg' of parameter 0 has shape \(2, 3\), expected \(3,\). Make the"):
        made("Adam", {}, two).load_state_dict(state)
    named = optim.Adam([("weight", tg.nn.Parameter(tg.ones(4)))])
    named.param_groups[0]["params"][0].grad = tg.ones(4)
    named.step()
    other = optim.Adam([("weight", tg.nn.Parameter(tg.ones(5)))])
    with pytest.raises(ValueError, match=r"'exp_avg' of parameter 0 \(weight\) has shape \(4,\), expected \(5,\)"):
        other.load_state_dict(named.state_dict())


def test_of_another_optimizer() -> None:
    with pytest.raises(ValueError, match="Adam.load_state_dict: the state 'step' of parameter 0 is missing; there are 'mom"):
        made("Adam", {}).load_state_dict(made("SGD", dict(momentum=0.9)).state_dict())


def test_numbers_and_widths_of_older_files() -> None:
    """A count may be a plain number, and moments take the dtype of their parameter."""
    state = made("Adam", {}).state_dict()
    for entries in state["state"].values():
        entries["step"] = 3
        entries["exp_avg"] = entries["exp_avg"].double()
    state["state"] = {str(n): entries for n, entries in state["state"].items()}  # as JSON has them
    a, b = made("Adam", {}), made("Adam", {})
    a.load_state_dict(state)
    assert repr(a.state_dict()) == repr(b.state_dict())


def test_what_an_optimizer_of_ones_own_keeps_is_kept() -> None:
    class Mine(optim.SGD):
        def step(self, closure: Any = None) -> Any:
            for p in self.param_groups[0]["params"]:
                self.state[p]["seen"] = self.state[p].get("seen", 0) + 1
                self.state[p]["top"] = tg.tensor([1.0])
            return super().step(closure)

    p = tg.nn.Parameter(tg.ones(2))
    mine, twin = Mine([p]), Mine([p])
    p.grad = tg.ones(2)
    mine.step()
    twin.load_state_dict(mine.state_dict())
    assert twin.state[p]["seen"] == 1 and twin.state[p]["top"].tolist() == [1.0]
    assert twin.state[p]["top"] is not mine.state[p]["top"]
