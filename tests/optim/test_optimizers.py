"""Optimizers: what every one must do; the numbers, PyTorch's, are in test_golden.py."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import optim
from tests.optim.table import OPTIMIZERS

START = np.array([[1.5, -1.0], [0.5, 2.0]])


def make(name: str, options: dict[str, Any]) -> tuple[tg.Tensor, Any]:
    p = tg.tensor(START, requires_grad=True)
    return p, getattr(optim, name)([p], **options)


def step(p: tg.Tensor, optimizer: Any) -> float:
    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        loss = ((p - 0.3) * (p - 0.3)).sum()
        loss.backward()
        return loss

    return optimizer.step(closure).item()


ids = [f"{name}-{i}" for i, (name, _) in enumerate(OPTIMIZERS)]


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=ids)
class TestEvery:
    def test_goes_downhill_or_up_if_asked(self, name: str, options: dict[str, Any]) -> None:
        p, optimizer = make(name, options)
        losses = [step(p, optimizer) for _ in range(15)]
        assert (losses[-1] > losses[0]) == bool(options.get("maximize"))
        assert np.isfinite(losses).all()

    def test_saved_and_loaded_it_goes_on_bit_for_bit(self, name: str, options: dict[str, Any]) -> None:
        p, optimizer = make(name, options)
        for _ in range(4):
            step(p, optimizer)
        twin = tg.tensor(p.detach().numpy(), requires_grad=True)
        other = getattr(optim, name)([twin], **options)
        other.load_state_dict(optimizer.state_dict())
        for _ in range(4):
            step(p, optimizer)
            step(twin, other)
        np.testing.assert_array_equal(p.detach().numpy(), twin.detach().numpy())

    def test_gradients_and_dtype_stay(self, name: str, options: dict[str, Any]) -> None:
        if name == "LBFGS":
            options = {**options, "max_iter": 1}
        p = tg.tensor(START.astype(np.float32), requires_grad=True)
        optimizer = getattr(optim, name)([p], **options)
        (p * p).sum().backward()
        before = p.grad.array.copy()
        optimizer.step(lambda: tg.tensor(0.0))
        np.testing.assert_array_equal(p.grad.array, before)
        assert p.dtype is tg.float32 and p.is_leaf and p.requires_grad

    def test_a_single_number_is_a_parameter_too(self, name: str, options: dict[str, Any]) -> None:
        p = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
        optimizer = getattr(optim, name)([p], **options)
        before = p.item()
        step(p, optimizer)
        step(p, optimizer)
        assert p.shape == () and p.item() != before


def test_sgd_by_hand() -> None:
    p = tg.tensor([1.0], requires_grad=True, dtype=tg.float64)
    optimizer = optim.SGD([p], lr=0.1, momentum=0.9, weight_decay=0.5)
    b, x = 0.0, 1.0
    for t in range(5):
        p.grad = tg.tensor([2.0], dtype=tg.float64)
        optimizer.step()
        g = 2.0 + 0.5 * x
        b = g if t == 0 else 0.9 * b + g
        x -= 0.1 * b
        assert p.item() == pytest.approx(x, rel=1e-14)


def test_adam_by_hand() -> None:
    p = tg.tensor([1.0], requires_grad=True, dtype=tg.float64)
    optimizer = optim.Adam([p], lr=0.1, betas=(0.9, 0.99), eps=1e-8)
    m = v = 0.0
    x = 1.0
    for t in range(1, 6):
        p.grad = tg.tensor([float(t)], dtype=tg.float64)
        optimizer.step()
        m, v = 0.9 * m + 0.1 * t, 0.99 * v + 0.01 * t * t
        x -= 0.1 * (m / (1 - 0.9**t)) / ((v / (1 - 0.99**t)) ** 0.5 + 1e-8)
        assert p.item() == pytest.approx(x, rel=1e-12)


def test_muon_steps_have_singular_values_near_one() -> None:
    rng = np.random.default_rng(0)
    for shape in ((4, 7), (7, 4)):
        p = tg.tensor(np.zeros(shape), requires_grad=True)
        optimizer = optim.Muon([p], lr=1.0, weight_decay=0.0)
        p.grad = tg.tensor(rng.standard_normal(shape))
        optimizer.step()
        scale = max(1, shape[0] / shape[1]) ** 0.5
        s = np.linalg.svd(p.detach().numpy() / scale, compute_uv=False)
        assert (s > 0.6).all() and (s < 1.3).all()


def test_lbfgs_finds_the_minimum_of_rosenbrock() -> None:
    p = tg.tensor([-1.2, 1.0], dtype=tg.float64, requires_grad=True)
    optimizer = optim.LBFGS([p], max_iter=60, line_search_fn="strong_wolfe", tolerance_change=1e-16)

    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        x, y = p[0], p[1]
        loss = (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x)
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(p.detach().numpy(), [1.0, 1.0], atol=1e-5)


class TestGroups:
    def test_each_group_has_its_settings(self) -> None:
        a, b = tg.tensor([1.0], requires_grad=True), tg.tensor([1.0], requires_grad=True)
        optimizer = optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)
        for p in (a, b):
            p.grad = tg.tensor([1.0])
        optimizer.step()
        assert a.item() == pytest.approx(0.9) and b.item() == pytest.approx(0.5)
        c = tg.tensor([1.0], requires_grad=True)
        optimizer.add_param_group({"params": c, "lr": 1.0})
        assert len(optimizer.param_groups) == 3

    def test_names_are_kept(self) -> None:
        a = tg.tensor([1.0], requires_grad=True)
        optimizer = optim.SGD([("weight", a)], lr=0.1)
        assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight"]
        with pytest.raises(ValueError, match="name the parameters of all groups or of none of them"):
            optimizer.add_param_group({"params": [tg.tensor([1.0])]})
        plain = optim.SGD([a], lr=0.5)
        optimizer.load_state_dict(plain.state_dict())
        assert optimizer.param_groups[0]["param_names"] == ["weight"] and optimizer.param_groups[0]["lr"] == 0.5

    def test_a_parameter_given_twice_is_updated_twice(self) -> None:
        a = tg.tensor([1.0], requires_grad=True)
        with pytest.warns(UserWarning, match="stands twice in one group"):
            optimizer = optim.SGD([a, a], lr=0.25)
        a.grad = tg.tensor([1.0])
        optimizer.step()
        assert a.item() == 0.5

    def test_a_parameter_without_a_gradient_is_left_alone(self) -> None:
        a, b = tg.tensor([1.0], requires_grad=True), tg.tensor([1.0], requires_grad=True)
        optimizer = optim.Adam([a, b], lr=0.1)
        a.grad = tg.tensor([1.0])
        optimizer.step()
        assert b.item() == 1.0 and list(optimizer.state_dict()["state"]) == [0]

    def test_zero_grad(self) -> None:
        a = tg.tensor([1.0], requires_grad=True)
        optimizer = optim.SGD([a])
        a.grad = tg.tensor([1.0])
        g = a.grad
        optimizer.zero_grad(set_to_none=False)
        assert a.grad.tolist() == [0.0] and g.tolist() == [0.0], "in place"
        optimizer.zero_grad()
        assert a.grad is None

    def test_hooks_and_repr(self) -> None:
        a = tg.tensor([1.0], requires_grad=True)
        optimizer = optim.SGD([a], lr=0.25)
        seen: list[str] = []
        first = optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
        optimizer.register_step_post_hook(lambda *_: seen.append("after"))
        optimizer.step()
        first.remove()
        optimizer.step()
        assert seen == ["before", "after", "after"]
        optimizer.add_param_group({"params": tg.tensor([1.0]), "lr": 0.5})
        text = repr(optimizer)
        assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0") and "\n    lr: 0.25\n" in text
        assert "\n\nParameter Group 1\n" in text and text.endswith("weight_decay: 0\n)")

    def test_hooks_of_every_step(self) -> None:
        """Also of one that a subclass writes itself, and once where that calls its parent's."""

        class Own(optim.SGD):
            def step(self, closure: Any = None) -> Any:
                return super().step(closure)

        for make in (optim.SGD, optim.LBFGS, Own):
            a = tg.tensor([1.0], requires_grad=True)
            optimizer = make([a], lr=0.25)
            seen: list[Any] = []
            optimizer.register_step_pre_hook(lambda *given, seen=seen: seen.append(("before", *given)))
            optimizer.register_step_post_hook(lambda *given, seen=seen: seen.append(("after", *given)))

            def closure(a: tg.Tensor = a) -> tg.Tensor:
                a.grad = tg.ones(1)
                return a.sum()

            optimizer.step(closure)
            args = (optimizer, closure)
            assert seen == [("before", optimizer, args, {}), ("after", optimizer, args, {})]
            assert optimizer._steps_taken == 1

    def test_a_hook_changes_the_arguments(self) -> None:
        a = tg.tensor([1.0], requires_grad=True)
        optimizer = optim.SGD([a], lr=0.25)
        hook = optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: ((optimizer, lambda: 7), {}))
        assert optimizer.step() == 7
        hook.remove()
        optimizer.register_step_pre_hook(lambda *_: 3)
        with pytest.raises(RuntimeError, match=r"SGD.step: a hook before it returns None or a pair .*, got int"):
            optimizer.step()

    def test_lbfgs_overflows_quietly(self) -> None:
        a = tg.tensor([1e200], requires_grad=True, dtype=tg.float64)
        optimizer = optim.LBFGS([a], lr=1e10)

        def closure() -> tg.Tensor:
            optimizer.zero_grad()
            loss = (a * a).sum()
            loss.backward()
            return loss

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            optimizer.step(closure)
        assert not np.isfinite(a.item())

    def test_a_step_between_forward_and_backward_is_noticed(self) -> None:
        a = tg.tensor([1.0], requires_grad=True)
        optimizer = optim.SGD([a], lr=0.1)
        loss = (a * a).sum()
        a.grad = tg.tensor([1.0])
        optimizer.step()
        with pytest.raises(RuntimeError, match=r"changed in place by SGD.step"):
            loss.backward()


class Plain(optim.Optimizer):
    """As optimizers are written for PyTorch: a step() of its own."""

    def __init__(self, params: Any, lr: float = 0.5) -> None:
        super().__init__(params, {"lr": lr})

    @tg.no_grad()
    def step(self, closure: Any = None) -> Any:
        loss = None
        if closure is not None:
            with tg.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["step"] = state.get("step", 0) + 1
                p.add_(p.grad, alpha=-group["lr"])
        return loss

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("added", True)


class TestHooks:
    @pytest.mark.parametrize("kind", [Plain, optim.SGD, optim.LBFGS])
    def test_around_every_step(self, kind: Any) -> None:
        a = tg.tensor([1.0], requires_grad=True)
        optimizer, log = kind([a], lr=0.5), []
        every = [
            optim.optimizer.register_optimizer_step_pre_hook(lambda *_: log.append("all before")),
            optim.optimizer.register_optimizer_step_post_hook(lambda *_: log.append("all after")),
        ]
        optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append((len(args), sorted(kwargs))))
        optimizer.register_step_post_hook(lambda o, args, kwargs: log.append(o is optimizer))

        def closure() -> tg.Tensor:
            optimizer.zero_grad()
            loss = (a * a).sum()
            loss.backward()
            return loss

        a.grad = tg.tensor([1.0])
        try:
            assert optimizer.step(closure).item() <= 1.0
        finally:
            for handle in every:
                handle.remove()
        optimizer.step(closure=closure)
        assert log == ["all before", (2, []), True, "all after", (1, ["closure"]), True]

    def test_of_state_dicts(self) -> None:
        optimizer, log = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=0.5), []
        optimizer.register_state_dict_pre_hook(lambda o: log.append("saving"))
        optimizer.register_state_dict_post_hook(lambda o, d: {**d, "extra": 1})
        optimizer.register_state_dict_post_hook(lambda o, d: log.append(sorted(d)), prepend=True)
        optimizer.register_load_state_dict_pre_hook(lambda o, d: log.append(sorted(d)))
        optimizer.register_load_state_dict_post_hook(lambda o: log.append("loaded"))
        optimizer.load_state_dict(optimizer.state_dict())
        plain = ["param_groups", "state"]
        assert log == ["saving", plain, ["extra", *plain], "loaded"]

    def test_are_not_copied(self) -> None:
        optimizer = Plain([tg.tensor([1.0], requires_grad=True)])
        optimizer.register_step_pre_hook(lambda *_: 3)
        optimizer.param_groups[0]["params"][0].grad = tg.tensor([1.0])
        optimizer.mine = [1]
        for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
            p = twin.param_groups[0]["params"][0]
            p.grad = tg.tensor([1.0])
            twin.step()
            assert p.item() == 0.5 and twin.param_groups[0]["added"] and twin.mine == [1]
        optimizer.load_state_dict({"state": {}, "param_groups": [{"lr": 1.0, "params": [0]}]})
        assert optimizer.param_groups[0]["added"]


def test_large_parameters_in_any_layout() -> None:
    """In blocks, and where the memory does not lie in one order, at once: the same numbers."""
    rng = np.random.default_rng(0)
    start, g = rng.standard_normal((300, 401)), rng.standard_normal((300, 401))
    for name, options in OPTIMIZERS:
        if name == "LBFGS":
            continue
        found = []
        for layout in (np.ascontiguousarray, np.asfortranarray, lambda a: np.repeat(a, 2, 1)[:, ::2]):
            p = tg.tensor([0.0])
            p.data = tg.from_numpy(layout(start.copy()))
            p.requires_grad_()
            optimizer = getattr(optim, name)([p], **options)
            for _ in range(2):
                p.grad = tg.from_numpy(np.asfortranarray(g) if len(found) == 2 else layout(g))
                optimizer.step()
            found.append(p.detach().numpy())
        np.testing.assert_allclose(found[1], found[0], rtol=1e-11, atol=1e-14, err_msg=name)
        np.testing.assert_allclose(found[2], found[0], rtol=1e-11, atol=1e-14, err_msg=name)


P = tg.tensor([1.0], requires_grad=True)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: optim.SGD(P), TypeError, "params must be an iterable of Tensors or dicts, got one Tensor"),
        (lambda: optim.SGD([]), ValueError, "got an empty list of parameters"),
        (lambda: optim.SGD([P * 2]), ValueError, "can't optimize a non-leaf Tensor (the result of mul)"),
        (lambda: optim.SGD([1.0]), TypeError, "can optimize Tensors only, one of the params is float"),
        (lambda: optim.SGD([{"params": ("a", P)}, {"params": [P]}]), TypeError, "one of the params is str"),
        (lambda: optim.Adam([P], differentiable=True), ValueError, "Adam: differentiable=True is not supported"),
        (lambda: optim.SGD([{"params": [P]}, {"params": [P]}]), ValueError, "in more than one parameter group"),
        (lambda: optim.SGD([{"params": {P}}]), TypeError, "a set has no order"),
        (lambda: optim.SGD([P], lr=-1), ValueError, "SGD: lr must be at least 0, got -1"),
        (lambda: optim.SGD([P], nesterov=True), ValueError, "nesterov needs a momentum above 0"),
        (lambda: optim.Adam([P], betas=(1.0, 0.9)), ValueError, "Adam: betas[0] must be in [0, 1), got 1.0"),
        (lambda: optim.AdamW([P], eps=-1), ValueError, "AdamW: eps must be at least 0"),
        (lambda: optim.Adadelta([P], rho=2), ValueError, "Adadelta: rho must be in [0, 1], got 2"),
        (lambda: optim.Rprop([P], etas=(2, 3)), ValueError, "Rprop: etas must be"),
        (
            lambda: optim.Adafactor([P], beta2_decay=0.1),
            ValueError,
            "Adafactor: beta2_decay must be at most 0, got 0.1",
        ),
        (lambda: optim.Adafactor([P], d=0.5), ValueError, "Adafactor: d must be at least 1, got 0.5"),
        (lambda: optim.Adafactor([P], eps=(-1, 0)), ValueError, "Adafactor: eps[0] must be at least 0, got -1"),
        (lambda: optim.LBFGS([P]).step(), ValueError, "LBFGS: step() needs a closure"),
        (lambda: optim.LBFGS([P], line_search_fn="x"), ValueError, "line_search_fn must be None or 'strong_wolfe'"),
        (lambda: optim.LBFGS([{"params": [P]}, {"params": [tg.tensor([2.0])]}]), ValueError, "single parameter group"),
        (lambda: optim.Muon([P]), ValueError, "Muon: optimizes matrices only, one parameter has shape (1,)"),
        (
            lambda: optim.Muon([tg.ones(2, 2)], adjust_lr_fn="x"),
            ValueError,
            "Muon: adjust_lr_fn must be None, 'original' or 'match_rms_adamw', got 'x'",
        ),
        (lambda: optim.SGD([P]).add_param_group([tg.ones(2)]), TypeError, "add_param_group: needs a dict, got list."),
        (lambda: optim.SGD([("a", P), tg.tensor([1.0])]), ValueError, "name all parameters of a group or none"),
    ],
)
def test_errors(make: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as error:
        make()
    assert words in str(error.value)


def test_loading_into_another_shape_of_groups() -> None:
    a, b = tg.tensor([1.0], requires_grad=True), tg.tensor([1.0], requires_grad=True)
    one, two = optim.SGD([a], lr=0.1), optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.1)
    with pytest.raises(ValueError, match="the dict has 1 parameter groups, this optimizer 2"):
        two.load_state_dict(one.state_dict())
    with pytest.raises(ValueError, match="group 0 of the dict has 1 parameters, this optimizer's 2"):
        optim.SGD([a, b]).load_state_dict(one.state_dict())
