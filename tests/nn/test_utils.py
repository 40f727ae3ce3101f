"""Gradient clipping, vectors, reparametrizations, fusion, functional_call."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor, nn
from tensorgrad.func import functional_call
from tensorgrad.nn import utils
from tensorgrad.nn.utils import parametrizations, parametrize

rng = np.random.default_rng(0)


def words(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=re.escape(text))


def with_gradients() -> list[Tensor]:
    a, b, c = tg.zeros(2, requires_grad=True), tg.zeros(1, requires_grad=True), tg.zeros(1, requires_grad=True)
    a.grad, b.grad = tg.tensor([3.0, 0.0]), tg.tensor([-4.0])
    return [a, b, c]


# ---- clipping -------------------------------------------------------------------------------------------------------


def test_clip_grad_norm() -> None:
    ps = with_gradients()
    grads = [p.grad for p in ps[:2]]
    assert utils.clip_grad_norm_(iter(ps), 1.0).item() == 5.0
    assert [p.grad is g for p, g in zip(ps, grads)] == [True, True] and ps[2].grad is None
    np.testing.assert_allclose(np.concatenate([g.numpy() for g in grads]), [0.6, 0, -0.8], rtol=1e-5)
    assert utils.clip_grad_norm_(ps, 10.0, norm_type=float("inf")).item() == pytest.approx(0.8)
    np.testing.assert_allclose(ps[0].grad.numpy(), [0.6, 0], rtol=1e-5)
    assert utils.clip_grad_norm_(ps[1], 0.4, 1).item() == pytest.approx(0.8)
    assert ps[1].grad.item() == pytest.approx(-0.4, rel=1e-5)
    assert utils.clip_grad_norm_([], 1.0).item() == 0.0 and utils.get_total_norm(tg.tensor([3.0, 4.0])).item() == 5.0


def test_clip_grad_norm_of_nan() -> None:
    ps = with_gradients()
    ps[1].grad = tg.tensor([float("nan")])
    with words(RuntimeError, "clip_grad_norm_: the gradients' norm of order 2.0 is nan, so they cannot be scaled."):
        utils.clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    assert ps[0].grad.tolist() == [3.0, 0.0], "nothing has been scaled"
    assert np.isnan(utils.clip_grad_norm_(ps, 1.0).item()) and np.isnan(ps[0].grad.tolist()).all()


def test_clip_grad_value() -> None:
    ps = with_gradients()
    utils.clip_grad_value_(ps, 3.5)
    assert ps[0].grad.tolist() == [3.0, 0.0] and ps[1].grad.tolist() == [-3.5]
    utils.clip_grads_with_norm_(ps, 1.0, tg.tensor(2.0))
    assert ps[0].grad.tolist() == pytest.approx([1.5, 0.0], rel=1e-5)


# ---- vectors --------------------------------------------------------------------------------------------------------


def test_vectors() -> None:
    model = nn.Linear(2, 3)
    vector = utils.parameters_to_vector(model.parameters())
    assert vector.shape == (9,) and vector[:6].tolist() == model.weight.reshape(-1).tolist()
    (vector * vector).sum().backward()
    assert model.weight.grad.tolist() == (2 * model.weight).tolist()
    new = tg.arange(9.0)
    utils.vector_to_parameters(new, model.parameters())
    assert model.bias.tolist() == [6, 7, 8] and model.weight.requires_grad
    new[8] = -1
    assert model.bias.tolist() == [6, 7, -1], "they share memory"
    with words(ValueError, "vector_to_parameters: the parameters hold 9 numbers, vec is (8,)."):
        utils.vector_to_parameters(tg.zeros(8), model.parameters())
    with words(TypeError, "vector_to_parameters: needs a Tensor, got list."):
        utils.vector_to_parameters([1.0] * 9, model.parameters())
    with words(ValueError, "parameters_to_vector: needs at least one parameter."):
        utils.parameters_to_vector([])


# ---- weight norm, spectral norm -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("how", ["hook", "parametrization"])
def test_weight_norm(how: str, dim: int | None) -> None:
    model = nn.Linear(3, 4).double()
    before, x = copy.deepcopy(model), tg.tensor(rng.standard_normal((5, 3)))
    (utils if how == "hook" else parametrizations).weight_norm(model, dim=dim)
    names = ["weight_g", "weight_v"] if how == "hook" else [f"parametrizations.weight.original{i}" for i in (0, 1)]
    assert list(dict(model.named_parameters())) == ["bias", *names]
    g = model.get_parameter(names[0])
    assert tuple(g.shape) == {0: (4, 1), 1: (1, 3), None: ()}[dim]
    np.testing.assert_allclose(model(x).detach().numpy(), before(x).detach().numpy(), rtol=1e-12)
    with tg.no_grad():
        g.mul_(2)
    np.testing.assert_allclose((model(x) - model.bias).detach().numpy(), 2 * (before(x) - before.bias).detach().numpy())
    ps = list(model.parameters())
    assert tg.autograd.gradcheck(lambda *_: model(x), ps) and tg.autograd.gradgradcheck(lambda *_: model(x), ps)
    if how == "parametrization":  # the hook keeps a result on the module, and results cannot be copied
        twin = copy.deepcopy(model)
        twin.bias.data.fill_(0.0)
        assert type(twin).__name__ == "ParametrizedLinear" and model.bias.abs().sum().item() > 0
        np.testing.assert_allclose((model(x) - model.bias).detach().numpy(), twin(x).detach().numpy(), rtol=1e-12)
    want = model(x).detach().numpy()
    if how == "hook":
        utils.remove_weight_norm(model)
    else:
        parametrize.remove_parametrizations(model, "weight")
    assert type(model) is nn.Linear and sorted(dict(model.named_parameters())) == ["bias", "weight"]
    np.testing.assert_allclose(model(x).detach().numpy(), want, rtol=1e-12)


def test_weight_norm_errors() -> None:
    model = utils.weight_norm(nn.Linear(1, 1))
    with words(RuntimeError, "weight_norm: 'weight' of this Linear has it already."):
        utils.weight_norm(model)
    with words(ValueError, "remove_weight_norm: 'bias' of this Linear has no weight_norm."):
        utils.remove_weight_norm(model, "bias")


def test_weight_norm_loads_the_older_form() -> None:
    old, new = utils.weight_norm(nn.Linear(2, 3)), parametrizations.weight_norm(nn.Linear(2, 3))
    new.load_state_dict(old.state_dict())
    x = tg.ones(1, 2)
    assert new(x).tolist() == old(x).tolist()


@pytest.mark.parametrize("how", ["hook", "parametrization"])
def test_spectral_norm(how: str) -> None:
    tg.manual_seed(0)
    model = nn.Conv2d(3, 4, 2).double()
    weight = model.weight.detach().clone()
    largest = np.linalg.svd(weight.numpy().reshape(4, -1))[1][0]
    (utils if how == "hook" else parametrizations).spectral_norm(model, n_power_iterations=50)
    x = tg.tensor(rng.standard_normal((1, 3, 3, 3)))
    model(x)
    np.testing.assert_allclose(model.weight.detach().numpy(), weight.numpy() / largest, rtol=1e-6)
    u = [b.clone() for b in model.buffers()]
    model.eval()(x)
    assert all((a == b).all() for a, b in zip(u, model.buffers())), "evaluation does not move u and v"
    ps = list(model.parameters())
    assert tg.autograd.gradcheck(lambda *_: model(x), ps)
    first, second = model.train()(x).sum(), model(x).sum()
    (first + second).backward()
    want = model.eval()(x).detach().numpy()
    if how == "hook":
        utils.remove_spectral_norm(model)
    else:
        parametrize.remove_parametrizations(model, "weight")
    assert list(model.state_dict()) == ["weight", "bias"] or list(model.state_dict()) == ["bias", "weight"]
    np.testing.assert_allclose(model(x).detach().numpy(), want, rtol=1e-12)


def test_spectral_norm_corners() -> None:
    vector = parametrizations.spectral_norm(nn.Linear(3, 1), "bias")
    assert abs(vector.bias.item()) == pytest.approx(1.0)
    assert utils.spectral_norm(nn.ConvTranspose1d(2, 5, 3)).weight_u.shape == (5,)
    model = utils.spectral_norm(nn.Linear(2, 2))
    with words(RuntimeError, "spectral_norm: 'weight' of this Linear has it already."):
        utils.spectral_norm(model)
    with words(ValueError, "remove_spectral_norm: 'bias' of this Linear has no spectral_norm."):
        utils.remove_spectral_norm(model, "bias")
    for make in (utils.spectral_norm, parametrizations.spectral_norm):
        with words(ValueError, "spectral_norm: n_power_iterations must be above 0 and at most 10000, got 0."):
            make(nn.Linear(2, 2), n_power_iterations=0)
    with words(IndexError, "spectral_norm: dim 2 is out of range for a weight of 2 dimensions."):
        parametrizations.spectral_norm(nn.Linear(2, 2), dim=2)
    with words(ValueError, "spectral_norm: Linear has no parameter or buffer 'w'."):
        parametrizations.spectral_norm(nn.Linear(2, 2), "w")


@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("how", ["matrix_exp", "cayley"])
@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)])
def test_orthogonal(shape: tuple[int, int], how: str, trivial: bool) -> None:
    model = nn.Linear(shape[1], shape[0], bias=False).double()
    parametrizations.orthogonal(model, orthogonal_map=how, use_trivialization=trivial)
    original = model.parametrizations.weight.original
    with tg.no_grad():
        original.add_(tg.tensor(rng.standard_normal(shape)))
    w = model.weight.detach().numpy()
    product = w @ w.T if shape[0] <= shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)
    assert tg.autograd.gradcheck(lambda p: model.weight, original)
    if trivial:
        q = tg.tensor(np.linalg.qr(rng.standard_normal((5, 5)))[0][: shape[0], : shape[1]])
        if shape == (4, 4):
            q = tg.tensor(np.linalg.qr(rng.standard_normal(shape))[0])
        else:
            q = tg.tensor(np.linalg.qr(rng.standard_normal((5, 3)))[0])
            q = q if shape == (5, 3) else q.T
        model.weight = q
        np.testing.assert_allclose(model.weight.detach().numpy(), q.numpy(), atol=1e-12)
    else:
        with words(RuntimeError, "parametrize: _Orthogonal has no right_inverse, so it cannot be assigned."):
            model.weight = tg.eye(*shape)


def test_orthogonal_errors() -> None:
    for arguments, text in (
        (("bias",), "orthogonal: 'bias' must be a matrix or a batch of them, got (2,)."),
        (("w",), "orthogonal: Linear has no parameter or buffer 'w'."),
        (("weight", "givens"), "orthogonal: orthogonal_map must be 'matrix_exp' or 'cayley', got 'givens'."),
    ):
        with words(ValueError, text):
            parametrizations.orthogonal(nn.Linear(2, 2), *arguments)


# ---- parametrizations of one's own ----------------------------------------------------------------------------------


class Symmetric(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.triu() + x.triu(1).mT


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2

    def right_inverse(self, x: Tensor) -> Tensor:
        return x / 2


def test_parametrize() -> None:
    model = nn.Linear(3, 3)
    weight, value = model.weight, model.weight.detach().clone()
    assert parametrize.register_parametrization(model, "weight", Symmetric()) is model
    assert repr(model) == (
        "ParametrizedLinear(\n  in_features=3, out_features=3, bias=True\n  (parametrizations): ModuleDict(\n"
        "    (weight): ParametrizationList(\n      (0): Symmetric()\n    )\n  )\n)"
    )
    assert isinstance(model, nn.Linear) and parametrize.type_before_parametrizations(model) is nn.Linear
    assert model.parametrizations.weight.original is weight, "the optimizer still knows it"
    assert (model.weight == model.weight.mT).all() and list(model.state_dict()) == ["bias", "parametrizations.weight.original"]
    assert parametrize.is_parametrized(model) and parametrize.is_parametrized(model, "weight")
    assert not parametrize.is_parametrized(model, "bias") and not parametrize.is_parametrized(nn.Linear(1, 1))
    parametrize.register_parametrization(model, "weight", Doubled())
    assert len(model.parametrizations.weight) == 2 and model.weight[0, 0].item() == pytest.approx(2 * value[0, 0].item())
    model(tg.ones(1, 3)).sum().backward()
    assert weight.grad is not None
    with parametrize.cached():
        assert model.weight is model.weight
    assert model.weight is not model.weight
    with words(RuntimeError, "parametrize: Symmetric has no right_inverse, so it cannot be assigned."):
        model.weight = tg.zeros(3, 3)
    with words(RuntimeError, "pickle: Linear has parametrized parameters, and its class cannot be imported."):
        pickle.dumps(model)
    twin = copy.deepcopy(model)
    assert type(twin) is not type(model) and (twin.weight == model.weight).all()
    parametrize.remove_parametrizations(twin, "weight")
    assert type(twin) is nn.Linear and parametrize.is_parametrized(model) and (twin.weight == model.weight).all()
    parametrize.remove_parametrizations(model, "weight", leave_parametrized=False)
    assert model.weight is weight and (model.weight == value).all() and type(model) is nn.Linear


def test_parametrize_assignment_and_buffers() -> None:
    model = nn.Linear(2, 2)
    value = model.weight.detach().clone()
    parametrize.register_parametrization(model, "weight", Doubled())
    assert (model.weight == value).all()
    model.weight = tg.ones(2, 2)
    assert model.parametrizations.weight.original.tolist() == [[0.5, 0.5]] * 2
    norm = nn.BatchNorm1d(2)
    parametrize.register_parametrization(norm, "running_var", Doubled())
    assert norm.running_var.tolist() == [1, 1] and "parametrizations.running_var.original" in norm.state_dict()
    other = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Doubled())
    other.load_state_dict(model.state_dict())
    assert other.weight.tolist() == [[1, 1]] * 2


class Added(nn.Module):
    """x + 1."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 1

    def right_inverse(self, x: Tensor) -> Tensor:
        return x - 1


class TwoParts(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b

    def right_inverse(self, x: Tensor) -> Any:
        return x * 0.75, x * 0.25


class Halved(nn.Module):
    """Another dtype, which only unsafe=True allows."""

    def forward(self, x: Tensor) -> Tensor:
        return x.half()


def test_a_second_parametrization_of_the_same_parameter() -> None:
    register = parametrize.register_parametrization
    model = nn.Linear(2, 2)
    value = model.weight.detach().clone()
    register(register(model, "weight", Doubled()), "weight", Added())
    there = model.parametrizations.weight
    np.testing.assert_allclose(model.weight.detach().numpy(), value.numpy(), rtol=1e-6)  # both inverses keep the value
    np.testing.assert_allclose(there.original.detach().numpy(), (value.numpy() - 1) / 2, rtol=1e-6)
    model.weight = tg.full((2, 2), 7.0)
    assert there.original.tolist() == [[3, 3]] * 2 and model.weight.tolist() == [[7, 7]] * 2

    class Wrong(Added):
        def right_inverse(self, x: Tensor) -> Tensor:
            return x[:1]

    class WrongBack(Wrong):
        def forward(self, x: Tensor) -> Tensor:
            return x[:1]

    for wrong in (Wrong(), WrongBack(), Halved()):
        what = "dtype" if isinstance(wrong, Halved) else "shape"
        with words(ValueError, f"register_parametrization: the parameter has {what}"):
            register(model, "weight", wrong)
        assert len(there) == 2 and model.weight.tolist() == [[7, 7]] * 2, "nothing has changed"
    assert register(model, "weight", Halved(), unsafe=True).weight.dtype is tg.float16 and there.unsafe
    mixed = register(nn.Linear(2, 2), "weight", Symmetric())  # has no inverse: the value that is there changes
    before = mixed.weight.detach().clone()
    assert (register(mixed, "weight", Added()).weight == before + 1).all()


def test_removing_one_of_another_dtype_or_of_two_tensors() -> None:
    register, remove = parametrize.register_parametrization, parametrize.remove_parametrizations
    model = nn.Linear(2, 2)
    original, optimized = model.weight, model.weight.detach().clone()
    register(model, "weight", Halved(), unsafe=True)
    remove(model, "weight")
    assert type(model) is nn.Linear and isinstance(model.weight, nn.Parameter) and model.weight is not original
    assert model.weight.dtype is tg.float16 and original.dtype is tg.float32 and model.weight.requires_grad
    assert (model.weight == optimized.half()).all()
    for trained in (True, False):
        model = nn.Linear(2, 2)
        model.weight.requires_grad_(trained)
        value = model.weight.detach().clone()
        register(model, "weight", TwoParts())
        names = [n for n, _ in model.named_parameters()]
        assert names == ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]
        remove(model, "weight")
        assert isinstance(model.weight, nn.Parameter) and model.weight.requires_grad is trained
        np.testing.assert_allclose(model.weight.detach().numpy(), value.numpy(), rtol=1e-6)
        assert [n for n, _ in model.named_parameters()] == ["bias", "weight"]
    norm = nn.BatchNorm1d(2)
    register(norm, "running_var", Halved(), unsafe=True)
    remove(norm, "running_var")
    assert norm.running_var.dtype is tg.float16 and "running_var" in dict(norm.named_buffers())


def test_a_parametrized_bias_alone() -> None:
    model = nn.Linear(1, 1)
    parametrize.register_parametrization(model, "bias", Doubled())
    model.bias = tg.tensor([5.0])
    assert model(tg.zeros(1, 1)).item() == 5.0


def test_parametrize_errors() -> None:
    class Shrinks(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:1]

    class Narrow(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

        def right_inverse(self, x: Tensor) -> Any:
            return x.half()

    class Odd(Narrow):
        def right_inverse(self, x: Tensor) -> Any:
            return 3

    class OddParts(Narrow):
        def right_inverse(self, x: Tensor) -> Any:
            return (x, 3)

    class NoTensor(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return 3

    register = parametrize.register_parametrization
    for made, error, text in (
        (Shrinks(), ValueError, "register_parametrization: the parameter has shape tensorgrad.Size([2, 2]), the"),
        (Narrow(), ValueError, "register_parametrization: right_inverse gives tensorgrad.float16 for a parameter of"),
        (Odd(), TypeError, "register_parametrization: right_inverse must return a Tensor or a sequence of them, got int."),
        (OddParts(), TypeError, "register_parametrization: right_inverse must return tensors, entry 1 is int."),
        (NoTensor(), TypeError, "register_parametrization: must return a Tensor, got int."),
    ):
        model = nn.Linear(2, 2)
        with words(error, text):
            register(model, "weight", made)
        assert type(model) is nn.Linear and isinstance(model.weight, nn.Parameter), "nothing has changed"
    with words(ValueError, "register_parametrization: Linear has no parameter or buffer 'w'."):
        register(nn.Linear(1, 1), "w", Doubled())
    with words(ValueError, "remove_parametrizations: 'weight' of this Linear has none."):
        parametrize.remove_parametrizations(nn.Linear(1, 1), "weight")
    with words(ValueError, "remove_parametrizations: the parameter is made from several tensors"):
        parametrize.remove_parametrizations(parametrizations.weight_norm(nn.Linear(1, 1)), "weight", False)
    with words(ValueError, "ParametrizationList: needs at least one module."):
        parametrize.ParametrizationList([], tg.zeros(1))
    assert register(nn.Linear(2, 2), "weight", Shrinks(), unsafe=True).weight.shape == (1, 2)


# ---- fusion, functional_call, skip_init -----------------------------------------------------------------------------


@pytest.mark.parametrize("transpose", [False, True])
def test_fusion(transpose: bool) -> None:
    tg.manual_seed(0)
    conv = (nn.ConvTranspose2d if transpose else nn.Conv2d)(2, 3, 2, bias=transpose).double()
    norm, x = nn.BatchNorm2d(3).double(), tg.tensor(rng.standard_normal((4, 2, 3, 3)))
    norm(conv(x))
    with words(RuntimeError, "fuse_conv_bn_eval: "):
        utils.fuse_conv_bn_eval(conv, norm)
    fused = utils.fuse_conv_bn_eval(conv.eval(), norm.eval(), transpose)
    np.testing.assert_allclose(fused(x).detach().numpy(), norm(conv(x)).detach().numpy(), rtol=1e-10, atol=1e-12)
    linear, flat = nn.Linear(2, 3).double().eval(), nn.BatchNorm1d(3, affine=False).double().eval()
    flat.running_mean.fill_(0.5)
    y = tg.tensor(rng.standard_normal((4, 2)))
    fused = utils.fuse_linear_bn_eval(linear, flat)
    np.testing.assert_allclose(fused(y).detach().numpy(), flat(linear(y)).detach().numpy(), rtol=1e-10, atol=1e-12)
    with words(ValueError, "fuse_linear_bn_eval: the Linear has 3 features, the batch norm 4."):
        utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(4).eval())


def test_functional_call() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    weight, x = tg.eye(2).requires_grad_(), tg.tensor([[1.0, 2.0]])
    before = {k: v.clone() for k, v in model.state_dict().items()}
    state = {"0.weight": weight, "0.bias": tg.zeros(2), "1.running_mean": tg.ones(2)}
    y = functional_call(model.eval(), state, x)
    assert y[0].tolist() == pytest.approx([0, 1], abs=1e-4)
    y.sum().backward()
    assert weight.grad is not None and model[0].weight.grad is None
    assert all((v == before[k]).all() for k, v in model.state_dict().items())
    assert functional_call(model, ({"0.weight": weight}, {"0.bias": tg.zeros(2)}), (x,)).shape == (1, 2)
    with words(ValueError, "functional_call: Sequential has no 2.weight."):
        functional_call(model, {"2.weight": weight}, x)
    with words(ValueError, "functional_call: strict, and there is nothing for 0.bias"):
        functional_call(model, {"0.weight": weight}, x, strict=True)
    with pytest.raises(ValueError):
        functional_call(model, {"0.weight": weight}, tg.zeros(3, 3))
    assert isinstance(model[0].weight, nn.Parameter), "put back after an error too"


def test_functional_call_of_tied_weights() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(1, 1, bias=False)
            self.b = nn.Linear(1, 1, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.b(self.a(x))

    model, x = Tied(), tg.ones(1, 1)
    nn.init.ones_(model.a.weight)
    assert functional_call(model, {"a.weight": tg.full((1, 1), 3.0)}, x).item() == 9.0
    assert functional_call(model, {"a.weight": tg.full((1, 1), 3.0)}, x, tie_weights=False).item() == 3.0
    assert functional_call(model, {}, kwargs={"x": x}).item() == 1.0


def test_skip_init() -> None:
    assert utils.skip_init(nn.Linear, 2, 3, bias=False).weight.shape == (3, 2)


def test_pytorchs_paths() -> None:
    import tensorgrad.nn.modules.batchnorm as batchnorm
    from tensorgrad.nn.modules.conv import _ConvNd
    from tensorgrad.nn.modules.utils import _ntuple, _pair, _quadruple, _single, _triple

    assert issubclass(nn.BatchNorm2d, batchnorm._BatchNorm) and issubclass(nn.ConvTranspose1d, _ConvNd)
    assert _pair.__name__ == "_pair" and _single(3) == (3,) and _triple(0) == (0, 0, 0) and _quadruple(5) == (5, 5, 5, 5)
    assert _pair(2) == (2, 2) and _triple([1, 2, 3]) == (1, 2, 3) and _ntuple(4)("ab"[0]) == ("a",)
    assert nn.modules.Linear is nn.Linear and nn.modules.loss._Loss is nn.MSELoss.__mro__[1]
    with words(AttributeError, "module 'tensorgrad.nn.modules' has no attribute 'Quux'"):
        nn.modules.Quux
