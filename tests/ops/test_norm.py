"""Norms against their formulas."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.autograd.engine import grad
from tensorgrad.nn import functional as nnf
from tests.ops.optest import OpTest, sample

cpu = importlib.import_module("tensorgrad.kernels.cpu.norm")


def zeros(*shape, dtype="float32"):
    return tg.tensor(np.zeros(shape, dtype))


def given(op, *shapes, **kwargs):
    """A call of op on zeros of these shapes, to be made later."""
    return lambda: op(*[zeros(*s) if isinstance(s, tuple) else s for s in shapes], **kwargs)


def standard(x, axes, eps):
    if x.size == 0:
        return x
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def affine(y, weight, bias, shape):
    y = y if weight is None else y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


class TestBatchNorm(OpTest):
    op = staticmethod(nnf.batch_norm)
    atol = {"float32": 3e-5}
    samples = [
        sample((5, 3), None, None, training=True),
        sample((4, 3, 5), None, None, (3,), (3,), training=True),
        sample((2, 3, 4, 3), None, None, (3,), training=True, eps=0.1),
        sample((2, 2, 3, 2, 2), None, None, None, (2,), training=True),
        sample((2, 2, 5, 7), None, None, (2,), (2,), training=True),
    ]
    torch = "nn.functional.batch_norm"
    errors = [
        (given(nnf.batch_norm, (3,), None, None), ValueError, "batch_norm: input has shape (3,); it needs a batch"),
        (
            given(nnf.batch_norm, (2, 3), None, None),
            ValueError,
            "running_mean and running_var are needed when training=False",
        ),
        (given(nnf.batch_norm, (2, 3), (3,), None), ValueError, "give both running_mean and running_var, or neither"),
        (given(nnf.batch_norm, (2, 3), (2,), (3,)), ValueError, "running_mean has shape (2,), needs (3,)"),
        (
            given(nnf.batch_norm, (2, 3), None, None, (2,), training=True),
            ValueError,
            "weight has shape (2,), needs (3,)",
        ),
        (given(nnf.batch_norm, (1, 3, 1), None, None, training=True), ValueError, "has one value per channel"),
        (
            given(nnf.batch_norm, (2, 3), None, None, training=True, eps=-1),
            ValueError,
            "eps must not be negative, got -1",
        ),
        (
            lambda: nnf.batch_norm(zeros(2, 3, dtype=int), None, None),
            TypeError,
            "batch_norm: input needs a floating dtype",
        ),
        (
            lambda: nnf.batch_norm(zeros(2, 3), None, None, zeros(3, dtype=float), training=True),
            TypeError,
            "input   tensorgrad.float32\n    weight  tensorgrad.float64\nConvert: input.double().",
        ),
    ]

    def expected(self, x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
        axes, shape = (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
        return affine(standard(x, axes, eps), weight, bias, shape)


class TestBatchNormWithRunningStatistics(OpTest):
    """With training=False the statistics are constants; they have no gradient."""

    op = staticmethod(lambda x, w, b, eps=1e-5: nnf.batch_norm(x, tg.tensor(MEAN), tg.tensor(VAR), w, b, eps=eps))
    layouts = False
    samples = [sample((5, 3), (3,), (3,)), sample((2, 3, 4, 2), None, (3,), eps=0.1), sample((2, 3, 4), (3,), None)]
    torch, torch_note = None, "the same function as TestBatchNorm"

    @classmethod
    def call(cls, args, kwargs, requires_grad=False):
        dtype = args[0].dtype
        global MEAN, VAR
        MEAN, VAR = np.array([0.1, -0.3, 2.0], dtype), np.array([1.5, 0.2, 0.9], dtype)
        return super().call(args, kwargs, requires_grad)

    def expected(self, x, weight, bias, eps=1e-5):
        shape = (1, -1, *[1] * (x.ndim - 2))
        y = (x - MEAN.astype(float).reshape(shape)) / np.sqrt(VAR.astype(float).reshape(shape) + eps)
        return affine(y, weight, bias, shape)


MEAN = VAR = np.zeros(3)


class TestInstanceNorm(OpTest):
    op = staticmethod(nnf.instance_norm)
    atol = {"float32": 3e-5}
    samples = [
        sample((2, 3, 5), None, None, (3,), (3,)),
        sample((2, 3, 4, 5), None, None, (3,)),
        sample((1, 2, 2, 3, 2), eps=0.1),
    ]
    torch = "nn.functional.instance_norm"
    errors = [
        (given(nnf.instance_norm, (2, 3)), ValueError, "instance_norm: input has shape (2, 3); it needs (N, C, …)"),
        (given(nnf.instance_norm, (2, 3, 1)), ValueError, "has one value per channel and image"),
        (
            given(nnf.instance_norm, (2, 3, 4), use_input_stats=False),
            ValueError,
            "are needed when use_input_stats=False",
        ),
    ]

    def expected(self, x, running_mean=None, running_var=None, weight=None, bias=None, eps=1e-5):
        return affine(standard(x, tuple(range(2, x.ndim)), eps), weight, bias, (1, -1, *[1] * (x.ndim - 2)))


class TestGroupNorm(OpTest):
    op = staticmethod(nnf.group_norm)
    atol = {"float32": 3e-5}
    samples = [
        sample((2, 6, 5), 3, (6,), (6,)),
        sample((3, 4, 3, 3), 1, (4,)),
        sample((2, 4, 7), 4, eps=0.1),
        sample((0, 4, 7), 2, (4,)),
    ]
    errors = [
        (
            given(nnf.group_norm, (2, 6, 5), 4),
            ValueError,
            "group_norm: 6 channels do not divide into 4 groups.\n    input (N, C, …)  (2, 6, 5)\n",
        ),
        (given(nnf.group_norm, (2, 6, 5), 0), ValueError, "6 channels do not divide into 0 groups"),
        (given(nnf.group_norm, (6,), 2), ValueError, "group_norm: input has shape (6,)"),
        (given(nnf.group_norm, (2, 6), 2, (3,)), ValueError, "group_norm: weight has shape (3,), needs (6,)"),
        (given(nnf.group_norm, (1, 3, 1), 3), ValueError, "one value per group"),
    ]

    def expected(self, x, num_groups, weight=None, bias=None, eps=1e-5):
        y = standard(x.reshape(x.shape[0], num_groups, np.prod(x.shape[1:]) // num_groups), (2,), eps).reshape(x.shape)
        return affine(y, weight, bias, (1, -1, *[1] * (x.ndim - 2)))


class TestLayerNorm(OpTest):
    op = staticmethod(nnf.layer_norm)
    atol = {"float32": 3e-5}
    samples = [
        sample((4, 5), [5], (5,), (5,)),
        sample((2, 3, 4), [3, 4], (3, 4)),
        sample((2, 3, 33), [33], None, (33,)),
        sample((2, 3, 4), [2, 3, 4], eps=0.1),
        sample((0, 4), [4], (4,)),
    ]
    errors = [
        (
            given(nnf.layer_norm, (2, 3, 4), [3]),
            ValueError,
            "layer_norm: the input's last axes are not normalized_shape.\n"
            "    input             (2, 3, 4)\n"
            "    normalized_shape  (3,)\n",
        ),
        (given(nnf.layer_norm, (2, 3), []), ValueError, "the input's last axes are not normalized_shape"),
        (given(nnf.layer_norm, (2, 3), [3], (2,)), ValueError, "layer_norm: weight has shape (2,), needs (3,)"),
        (given(nnf.layer_norm, (2, 3), [3], None, (2,)), ValueError, "layer_norm: bias has shape (2,), needs (3,)"),
        (lambda: nnf.layer_norm(zeros(2, 3, dtype=int), [3]), TypeError, "layer_norm: input needs a floating dtype"),
    ]

    def expected(self, x, normalized_shape, weight=None, bias=None, eps=1e-5):
        return affine(standard(x, tuple(range(-len(normalized_shape), 0)), eps), weight, bias, normalized_shape)


class TestRMSNorm(OpTest):
    op = staticmethod(nnf.rms_norm)
    atol = {"float32": 3e-5}
    samples = [
        sample((4, 5), [5], (5,), eps=1e-5),
        sample((2, 3, 4), [3, 4], eps=0.1),
        sample((2, 3, 33), [33], (33,)),
    ]
    errors = [
        (given(nnf.rms_norm, (2, 3), [2]), ValueError, "rms_norm: the input's last axes are not normalized_shape"),
        (given(nnf.rms_norm, (2, 3), [3], (2,)), ValueError, "rms_norm: weight has shape (2,), needs (3,)"),
    ]

    def expected(self, x, normalized_shape, weight=None, eps=None):
        axes = tuple(range(-len(normalized_shape), 0))
        eps = np.finfo(float).eps if eps is None else eps
        return affine(x / np.sqrt((x**2).mean(axes, keepdims=True) + eps), weight, None, normalized_shape)


class TestLocalResponseNorm(OpTest):
    op = staticmethod(nnf.local_response_norm)
    samples = [
        sample((2, 5, 4), 3, alpha=0.5),
        sample((2, 5, 2, 3), 2, alpha=0.5, beta=0.5, k=2.0),
        sample((1, 3, 2, 2, 2), 9, alpha=1.0),
    ]
    errors = [
        (
            given(nnf.local_response_norm, (2, 3), 2),
            ValueError,
            "local_response_norm: input has shape (2, 3); it needs",
        ),
        (given(nnf.local_response_norm, (2, 3, 4), 0), ValueError, "size must be at least 1, got 0"),
    ]

    def expected(self, x, size, alpha=1e-4, beta=0.75, k=1.0):
        y = np.empty_like(x)
        for c in range(x.shape[1]):
            around = x[:, max(c - size // 2, 0) : c + (size - 1) // 2 + 1]
            y[:, c] = x[:, c] / (k + alpha * (around**2).sum(1) / size) ** beta
        return y


def test_an_empty_batch_gives_an_empty_result_and_no_gradient():
    x, w, b = (tg.tensor(np.ones(s), requires_grad=True) for s in ((0, 3, 4), (3,), (3,)))
    mean, var = zeros(3), tg.tensor(np.ones(3, "float32"))
    y = nnf.batch_norm(x, None, None, w, b, training=True)
    gx, gw, gb = grad(y.sum(), (x, w, b))
    assert y.shape == gx.shape == (0, 3, 4)
    assert not gw.array.any() and not gb.array.any()
    nnf.batch_norm(x.float(), mean, var, training=True)
    assert not mean.array.any() and (var.array == 1).all()


def test_a_bias_without_a_weight():
    """PyTorch's group_norm fails to differentiate this."""
    x, b = np.random.default_rng(0).standard_normal((2, 4)), np.arange(4.0)
    inputs = tg.tensor(x, requires_grad=True), tg.tensor(b, requires_grad=True)
    y = nnf.group_norm(inputs[0], 2, None, inputs[1])
    np.testing.assert_allclose(y.array, standard(x.reshape(2, 2, 2), (2,), 1e-5).reshape(2, 4) + b)
    gx, gb = grad(y.sum(), inputs)
    np.testing.assert_allclose(gx.array, 0, atol=1e-12)
    assert gb.tolist() == [2, 2, 2, 2]


def test_running_statistics_move_towards_the_batch():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 3, 4)) * 2 + 1
    mean, var = rng.standard_normal(3), rng.random(3)
    running_mean, running_var = tg.tensor(mean), tg.tensor(var)
    nnf.batch_norm(tg.tensor(x), running_mean, running_var, training=True, momentum=0.25)
    np.testing.assert_allclose(running_mean.array, 0.75 * mean + 0.25 * x.mean((0, 2)))
    np.testing.assert_allclose(running_var.array, 0.75 * var + 0.25 * x.var((0, 2), ddof=1))
    before = running_mean.array.copy()
    nnf.batch_norm(tg.tensor(x), running_mean, running_var)
    np.testing.assert_array_equal(running_mean.array, before)

    running_mean, running_var = tg.tensor(mean), tg.tensor(var)
    nnf.instance_norm(tg.tensor(x), running_mean, running_var, momentum=0.25)
    np.testing.assert_allclose(running_mean.array, 0.75 * mean + 0.25 * x.mean((0, 2)))
    np.testing.assert_allclose(running_var.array, 0.75 * var + 0.25 * x.var(2, ddof=1).mean(0))


def test_nothing_moves_when_the_call_is_refused():
    mean, var = zeros(3), zeros(3)
    with pytest.raises(ValueError, match="one value per channel"):
        nnf.batch_norm(zeros(1, 3), mean, var, training=True)
    with pytest.raises(ValueError, match="weight has shape"):
        nnf.batch_norm(tg.tensor(np.ones((2, 3), "float32")), mean, var, zeros(2), training=True)
    assert not mean.array.any() and not var.array.any()


@pytest.mark.parametrize("weights", ["float16", "float32"])
def test_half_precision_is_computed_in_single(weights):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((8, 200)) + 60).astype("float16")
    w, b = rng.standard_normal(200).astype(weights), rng.standard_normal(200).astype(weights)
    inputs = [tg.tensor(a, requires_grad=True) for a in (x, w, b)]
    y = nnf.layer_norm(inputs[0], [200], inputs[1], inputs[2])
    assert y.array.dtype == np.float16
    want = affine(standard(x.astype(float), (1,), 1e-5), w.astype(float), b.astype(float), (200,))
    np.testing.assert_allclose(y.array, want, rtol=2e-3, atol=2e-3)
    seed = tg.tensor(np.ones(x.shape, "float16"))
    fused = grad(y, inputs, seed, retain_graph=True)
    recorded = grad(y, inputs, seed, create_graph=True)
    for a, c, x in zip(fused, recorded, inputs):
        assert a.array.dtype == c.array.dtype == x.array.dtype
        np.testing.assert_allclose(a.array, c.array, rtol=2e-3, atol=2e-2)


CASES = {
    "batch": lambda x, w, b: nnf.batch_norm(x, None, None, w, b, training=True),
    "instance": lambda x, w, b: nnf.instance_norm(x, None, None, w, b),
    "group": lambda x, w, b: nnf.group_norm(x, 2, w, b),
    "layer": lambda x, w, b: nnf.layer_norm(x.transpose(1, 2), [4], w, b),
    "rms": lambda x, w, b: nnf.rms_norm(x.transpose(1, 2), [4], w) + (0 if b is None else b),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("block", [1, 300])
@pytest.mark.parametrize("with_weights", [True, False])
def test_kernel_and_formula_agree_block_by_block(name, block, with_weights, monkeypatch):
    monkeypatch.setattr(cpu, "BLOCK", block)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((3, 4, 17)), rng.standard_normal(4), rng.standard_normal(4)]
    inputs = [tg.tensor(a, requires_grad=True) for a in (arrays if with_weights else arrays[:1])]
    y = CASES[name](*inputs, *[None] * (3 - len(inputs)))
    seed = tg.tensor(rng.standard_normal(y.shape))
    fused = grad(y, inputs, seed, retain_graph=True)
    formula = grad(y, inputs, seed, create_graph=True)
    for a, b in zip(fused, formula):
        np.testing.assert_allclose(a.array, b.array, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("learnt", ["x", "weight", "bias"])
def test_gradients_of_one_input_alone(name, learnt):
    """Frozen weights still weigh, and what nobody asks for is left out."""
    rng = np.random.default_rng(0)
    arrays = {"x": rng.standard_normal((3, 4, 5)), "weight": rng.standard_normal(4), "bias": rng.standard_normal(4)}
    every = {k: tg.tensor(a, requires_grad=True) for k, a in arrays.items()}
    one = {k: tg.tensor(a, requires_grad=k == learnt) for k, a in arrays.items()}
    y, z = CASES[name](*every.values()), CASES[name](*one.values())
    seed = tg.tensor(rng.standard_normal(y.shape))
    y.backward(seed)
    z.backward(seed)
    np.testing.assert_allclose(one[learnt].grad.array, every[learnt].grad.array, rtol=1e-12, atol=1e-12)
    assert all(t.grad is None for k, t in one.items() if k != learnt)


def test_large_mean_small_deviation():
    """Two passes: the variance is that of the centred numbers, not a difference of two large sums."""
    x = (np.random.default_rng(0).standard_normal((4, 1000)) + 1e4).astype("float32")
    y = nnf.layer_norm(tg.tensor(x), [1000])
    np.testing.assert_allclose(y.array, standard(x.astype(float), (1,), 1e-5), atol=2e-3)


def test_the_node_is_named_after_the_norm():
    x = tg.tensor(np.ones((2, 4, 3)), requires_grad=True)
    assert nnf.group_norm(x, 2).grad_fn.name == "group_norm"
    assert nnf.rms_norm(x, [3]).grad_fn.name == "rms_norm"


def test_sums_over_many_rows_keep_their_digits() -> None:
    """The gradients of weight and bias in float32, over 20 011 rows of numbers of one sign."""
    x = np.random.default_rng(0).random((20_011, 3)).astype(np.float32)
    found = []
    for dtype in (tg.float32, tg.float64):
        layer = tg.nn.LayerNorm(3, dtype=dtype)
        layer(tg.tensor(x, dtype=dtype)).backward(tg.tensor(x, dtype=dtype))
        found.append([layer.weight.grad.numpy(), layer.bias.grad.numpy()])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_weights_learn_from_an_input_that_does_not() -> None:
    """What the data themselves would get is not computed."""
    x, seed = tg.randn(4, 6, dtype=tg.float64), tg.randn(4, 6, dtype=tg.float64)
    for norm in (tg.nn.LayerNorm(6), tg.nn.BatchNorm1d(6), tg.nn.GroupNorm(2, 6), tg.nn.RMSNorm(6)):
        norm.double()
        grads = []
        for given in (x, x.clone().requires_grad_()):
            norm.zero_grad()
            (norm(given) * seed).sum().backward()
            grads.append([p.grad.numpy() for p in norm.parameters()])
        for a, b in zip(*grads):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("norm", ["layer_norm", "rms_norm", "group_norm", "batch_norm"])
def test_numbers_whose_squares_are_too_large(norm: str) -> None:
    """float32: what is normalised does not depend on its size; PyTorch gives nan or 0."""
    plain, found = np.array([[1.0, -1.0, 2.0, 0.5], [0.5, 3.0, 0.25, -2.0]], np.float32), []
    for size in (1.0, 2.0**100):
        x = tg.tensor(plain * np.float32(size))
        found.append(
            {
                "layer_norm": lambda x: nnf.layer_norm(x, (4,), eps=0.0),
                "rms_norm": lambda x: nnf.rms_norm(x, (4,), eps=0.0),
                "group_norm": lambda x: nnf.group_norm(x, 2, eps=0.0),
                "batch_norm": lambda x: nnf.batch_norm(x, None, None, training=True, eps=0.0),
            }[norm](x).numpy()
        )
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)
