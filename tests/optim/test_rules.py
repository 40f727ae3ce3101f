"""Every optimizer's kernel against its `rule`, the update as the paper prints it; and the flags that are only accepted."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import optim
from tensorgrad.optim import Optimizer

# Settings beside the defaults, each of which takes another turn in a rule.
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {}, {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.1}, {"momentum": 0.8, "nesterov": True}, {"maximize": True},
    ],
    "Adam": [{}, {"amsgrad": True, "weight_decay": 0.1}, {"decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True}],
    "AdamW": [{}, {"amsgrad": True, "maximize": True}],
    "Adamax": [{}, {"weight_decay": 0.1, "maximize": True}],
    "NAdam": [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}],
    "RAdam": [{}, {"weight_decay": 0.1, "betas": (0.8, 0.9)}, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    "RMSprop": [
        {}, {"momentum": 0.9, "weight_decay": 0.1}, {"centered": True, "momentum": 0.5}, {"centered": True, "maximize": True},
    ],
    "Adagrad": [{}, {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "maximize": True}],
    "Adadelta": [{}, {"rho": 0.8, "weight_decay": 0.1, "maximize": True}],
    "ASGD": [{}, {"t0": 2, "lambd": 0.1, "weight_decay": 0.1}, {"maximize": True}],
    "Rprop": [{}, {"etas": (0.4, 1.5), "step_sizes": (1e-3, 0.02)}, {"maximize": True}],
    "Adafactor": [{}, {"weight_decay": 0.1, "d": 2.0}, {"eps": (1e-5, 1e-2), "maximize": True}],
    "Muon": [{}, {"nesterov": False, "weight_decay": 0.0}, {"adjust_lr_fn": "match_rms_adamw"}],
}  # fmt: skip
# It has no rule for one parameter: its step is a search along a line through all of them.
WITHOUT_RULE = {"LBFGS"}

KINDS = {name: c for name, c in vars(optim).items() if isinstance(c, type) and issubclass(c, Optimizer) and c is not Optimizer}


def test_every_optimizer_is_here() -> None:
    assert set(SETTINGS) | WITHOUT_RULE == set(KINDS)
    assert {name for name, c in KINDS.items() if c.rule is Optimizer.rule} == WITHOUT_RULE


def trained(kind: type, settings: dict[str, Any]) -> tuple[list[Any], list[dict[str, Any]]]:
    """Parameters and states after seven steps with gradients that turn now and then, in float64."""
    rng = np.random.default_rng(0)
    shapes = [(4, 3), (2, 5)] if kind.__name__.endswith("Muon") else [(4, 3), (5,), (), (2, 3, 2)]
    params = [tg.tensor(rng.standard_normal(s), dtype=tg.float64, requires_grad=True) for s in shapes]
    optimizer = kind(params, **settings)
    for _ in range(7):
        for p in params:
            p.grad = tg.tensor(rng.standard_normal(p.shape), dtype=tg.float64)
        optimizer.step()
    states = [{k: np.array(v) for k, v in optimizer.state[p].items() if v is not None} for p in params]
    return [p.detach().numpy() for p in params], states


@pytest.mark.parametrize("name, settings", [(n, s) for n, all_ in SETTINGS.items() for s in all_], ids=lambda x: str(x)[:60])
def test_the_kernel_computes_the_rule(name: str, settings: dict[str, Any]) -> None:
    kind = KINDS[name]
    by_rule = type(f"ByRule{name}", (kind,), {"update": Optimizer.update})
    params, states = trained(kind, settings)
    wanted, wanted_states = trained(by_rule, settings)
    for p, q, s, r in zip(params, wanted, states, wanted_states):
        np.testing.assert_allclose(p, q, rtol=1e-10, atol=1e-12)
        assert s.keys() == r.keys()
        for k in s:
            assert s[k].dtype == r[k].dtype and s[k].shape == r[k].shape
            np.testing.assert_allclose(s[k], r[k], rtol=1e-10, atol=1e-12, err_msg=k)


def test_an_optimizer_of_ones_own_needs_a_start_and_a_rule() -> None:
    class Lion(Optimizer):
        """u = sign(β₁·m + (1 − β₁)·g), p ← p − lr·u, m ← β₂·m + (1 − β₂)·g (Chen et al., arXiv:2302.06675)."""

        def __init__(self, params: Any, lr: float = 0.1) -> None:
            super().__init__(params, {"lr": lr})

        def start(self, p: Any, group: dict[str, Any]) -> dict[str, Any]:
            return {"m": tg.zeros_like(p)}

        def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
            u = np.sign(0.9 * state["m"] + 0.1 * g)
            state["m"] = 0.99 * state["m"] + 0.01 * g
            return p - group["lr"] * u

    p = tg.tensor([1.0, -1.0], requires_grad=True)
    optimizer = Lion([p])
    (p * tg.tensor([2.0, -3.0])).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(p.detach(), [0.9, -0.9])
    np.testing.assert_allclose(optimizer.state[p]["m"], [0.02, -0.03])
    with pytest.raises(RuntimeError, match="changed in place by Lion.step"):
        q = p.exp()
        p.grad = tg.ones(2)
        q2 = p * p
        optimizer.step()
        (q + q2).sum().backward()


def test_flags_are_kept_in_the_groups_and_taken_where_pytorch_takes_them() -> None:
    p = [tg.ones(2, requires_grad=True)]
    group = optim.AdamW(p, foreach=True, capturable=True).param_groups[0]
    assert group["foreach"] is True and group["capturable"] is True and group["fused"] is None
    assert group["differentiable"] is False and group["decoupled_weight_decay"] is True
    group = optim.RMSprop(p, 0.1, 0.9, 1e-8, 0, 0, False, True, True, True).param_groups[0]
    assert group["capturable"] is True and group["foreach"] is True and group["maximize"] is True
    assert list(inspect.signature(optim.RMSprop).parameters)[6:] == [
        "centered", "capturable", "foreach", "maximize", "differentiable",
    ]  # fmt: skip
    with pytest.raises(TypeError, match="Adadelta: foreach is given twice, by position and by keyword"):
        optim.Adadelta(p, 1.0, 0.9, 1e-6, 0, True, foreach=False)
    with pytest.raises(ValueError, match="SGD: differentiable=True is not supported"):
        optim.SGD(p, differentiable=True)
    with pytest.raises(TypeError, match="fused"):
        optim.Muon([tg.ones(2, 2, requires_grad=True)], fused=True)
    assert "_flags" not in vars(optim.SGD(p))
