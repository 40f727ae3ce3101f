"""Every row of tests/nn/table.py beside PyTorch's module, from the same weights: what it prints, its state, its results
and gradients, in training and in evaluation; and the distributions of first weights."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.utils.prune

import tensorgrad as tg
from tests.nn.table import ROWS, Row

from .bridge import compare, compare_gradients

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
every = pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])


def state_of(module: Any) -> dict[str, np.ndarray]:
    return {k: v.detach().numpy().copy() for k, v in module.state_dict().items()}


def pair(row: Row) -> tuple[Any, Any]:
    """Both modules, of the same state; a lazy one past its first call."""
    torch.manual_seed(0)
    ours, theirs = row.module(tg), row.module(torch)
    if "Lazy" in row.build:
        call(row, theirs, torch)
        theirs.zero_grad()
    if hasattr(theirs, "reset_running_stats"):
        theirs.reset_running_stats()
    for p in theirs.parameters():  # biases and weights of 0 and 1 would hide mistakes
        with torch.no_grad():
            p += 0.3 * torch.randn_like(p)
    ours.load_state_dict({k: tg.tensor(v) for k, v in state_of(theirs).items()})
    return ours, theirs


def call(row: Row, module: Any, library: Any) -> tuple[Any, list[Any]]:
    """The result, and the floating inputs."""
    leaves: list[Any] = []

    def leaf(a: np.ndarray) -> Any:
        t = library.tensor(a)
        if a.dtype == np.float64 and not (row.name in TARGETS and leaves) and np.isfinite(a).all():
            t.requires_grad_()
            leaves.append(t)
        return t

    args, kwargs = row.arguments(leaf)
    return row.run(module, args, kwargs), leaves


# PyTorch differentiates these towards the input only.
TARGETS = ["BCELoss", "NLLLoss", "SoftMarginLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss"]


@every
def test_prints_the_same(row: Row) -> None:
    ours, theirs = row.module(tg), row.module(torch)
    assert repr(ours) == repr(theirs).replace("torch.", "tensorgrad.")
    if not row.call:
        call(row, ours, tg), call(row, theirs, torch)
    assert repr(ours) == repr(theirs).replace("torch.", "tensorgrad.")
    compare(list(ours.state_dict()), list(theirs.state_dict()), "keys")
    for (k, a), b in zip(ours.state_dict().items(), theirs.state_dict().values()):
        assert tuple(a.shape) == tuple(b.shape) and repr(a.dtype) == repr(b.dtype).replace("torch", "tensorgrad"), k
    for (k, a), (kk, b) in zip(ours.named_parameters(), theirs.named_parameters()):
        assert k == kk and a.requires_grad == b.requires_grad


PRIVATE = ("_version", "_reversed_padding_repeated_twice", "_flat_weights_names", "_all_weights", "_qkv_same_embed_dim")


@every
def test_attributes(row: Row) -> None:
    """What programs read: in_features, kernel_size as a tuple, bias None, …"""
    for (name, ours), theirs in zip(row.module(tg).named_modules(), row.module(torch).modules()):
        for key in {*vars(theirs), *PRIVATE, *getattr(theirs, "__constants__", ())}:
            if (key.startswith("_") and key not in PRIVATE) or not hasattr(theirs, key) or key in UNKNOWN:
                continue
            value, mine = getattr(theirs, key), getattr(ours, key)
            if isinstance(value, (tuple, list)) and key in PRIVATE:
                assert list(mine) == list(value), (name, key)
            elif isinstance(value, (bool, int, float, str, tuple, list, type(None))):
                assert mine == value and type(mine) is type(value), (name, key)
            elif isinstance(value, torch.Tensor):
                assert tuple(mine.shape) == tuple(value.shape), (name, key)


UNKNOWN = ("use_nested_tensor", "activation_relu_or_gelu")  # of PyTorch's inference kernels


@pytest.mark.parametrize("mode", ["train", "eval"])
@every
def test_results_and_gradients(row: Row, mode: str) -> None:
    if row.noisy and (mode == "train" or row.noisy == "always"):
        return
    ours, theirs = pair(row)
    for step in range(3 if row.modes and mode == "train" else 1):  # running statistics move
        getattr(ours, mode)(), getattr(theirs, mode)()
        ours_out, ours_in = call(row, ours, tg)
        theirs_out, theirs_in = call(row, theirs, torch)
        compare(ours_out, theirs_out, f"result {step}", 1e-9, 1e-10)
    if row.grads and row.name != "CTCLoss":
        a, b = [*ours.parameters(), *ours_in], [*theirs.parameters(), *theirs_in]
        rtol = 1e-7 if "Hardsigmoid" in row.build else 1e-8  # PyTorch's 1/6 is a float32 there
        compare_gradients(ours_out, a, theirs_out, b, "row", rtol=rtol, atol=1e-10)
    for k, v in state_of(theirs).items():
        np.testing.assert_allclose(ours.state_dict()[k].numpy(), v, rtol=1e-9, atol=1e-12, err_msg=k)


@every
def test_weights_travel_back(row: Row) -> None:
    ours, theirs = row.module(tg), row.module(torch)
    if "Lazy" in row.build:
        call(row, ours, tg)
    state = {k: torch.tensor(v) for k, v in state_of(ours).items()}
    theirs.load_state_dict(state)
    for k, v in state_of(theirs).items():
        np.testing.assert_array_equal(v, ours.state_dict()[k].numpy())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_ctc_behind_a_softmax(reduction: str) -> None:
    """PyTorch's gradient takes the input to be a log_softmax's result; behind one, both are the gradient."""
    x, found = np.random.default_rng(0).standard_normal((6, 3, 4)), []
    for library in (tg, torch):
        logits = library.tensor(x, requires_grad=True)
        loss = library.nn.CTCLoss(reduction=reduction, zero_infinity=True)
        targets = library.tensor([[1, 2], [3, 3], [2, 1]])
        lengths = library.tensor([6, 5, 1]), library.tensor([2, 2, 1])
        out = loss(library.nn.functional.log_softmax(logits, -1), targets, *lengths)
        out.sum().backward()
        found.append([out.detach(), logits.grad])
    compare(*found, "ctc", 1e-9, 1e-11)


LARGE = [
    "Linear(300, 400)",
    "Linear(2000, 50, bias=False)",
    "Bilinear(40, 50, 60)",
    "Conv1d(40, 60, 7)",
    "Conv2d(30, 40, (3, 5), groups=2)",
    "Conv3d(10, 40, 3)",
    "ConvTranspose2d(30, 50, 3)",
    "ConvTranspose1d(30, 50, 3, groups=5)",
    "Embedding(500, 60, padding_idx=3)",
    "EmbeddingBag(500, 60)",
    "RNN(100, 90, num_layers=2)",
    "LSTM(50, 100, proj_size=30, bidirectional=True)",
    "GRU(100, 90)",
    "LSTMCell(100, 90)",
    "GRUCell(100, 90)",
    "RNNCell(200, 190)",
    "MultiheadAttention(120, 4, add_bias_kv=True)",
    "MultiheadAttention(120, 4, kdim=60, vdim=300)",
    "TransformerEncoderLayer(80, 4, 300)",
    "TransformerDecoderLayer(80, 4, 300)",
    "Transformer(60, 4, 1, 1, 200)",
    "BatchNorm2d(64)",
    "LayerNorm((8, 9))",
    "GroupNorm(4, 64)",
    "PReLU(9, init=0.4)",
    "AdaptiveLogSoftmaxWithLoss(60, 300, [50, 100])",
]


def same_distribution(a: np.ndarray, b: np.ndarray, what: str) -> None:
    """Mean, deviation and limits agree as closely as so many random numbers can."""
    n = a.size
    if b.std() == 0:
        np.testing.assert_array_equal(a, b, err_msg=what)
        return
    sd = b.std()
    assert abs(a.mean() - b.mean()) < 6 * sd * (2 / n) ** 0.5, what
    assert abs(a.std() / sd - 1) < 6 * (1 / n) ** 0.5, what
    uniform = abs(b).max() < 1.9 * sd
    if uniform and n > 100:
        assert abs(abs(a).max() / abs(b).max() - 1) < 30 / n, what
        quarters = [np.quantile(x, [0.25, 0.5, 0.75]) / sd for x in (a, b)]
        np.testing.assert_allclose(*quarters, atol=8 / n**0.5, err_msg=what)


@pytest.mark.parametrize("build", LARGE)
def test_first_weights(build: str) -> None:
    tg.manual_seed(0)
    torch.manual_seed(0)
    row = Row(build)
    ours, theirs = row.module(tg, double=False), row.module(torch, double=False)
    for (k, a), b in zip(state_of(ours).items(), state_of(theirs).values()):
        assert a.dtype == b.dtype
        same_distribution(a, b, k)


INITS: list[tuple[str, tuple[int, ...], str]] = [
    ("uniform_", (200, 300), ""),
    ("uniform_", (200, 300), "-0.3, 0.7"),
    ("normal_", (200, 300), ""),
    ("normal_", (200, 300), "2.0, 0.1"),
    ("trunc_normal_", (200, 300), ""),
    ("trunc_normal_", (200, 300), "std=0.02"),
    ("trunc_normal_", (200, 300), "1.0, 2.0, 0.0, 1.5"),
    ("constant_", (3, 4), "0.3"),
    ("ones_", (3, 4), ""),
    ("zeros_", (3, 4), ""),
    ("eye_", (3, 5), ""),
    ("dirac_", (4, 3, 5), ""),
    ("dirac_", (6, 2, 3, 4), "2"),
    ("dirac_", (2, 4, 3, 2, 3), ""),
    ("xavier_uniform_", (200, 300), ""),
    ("xavier_uniform_", (50, 40, 3, 3), "gain=2.0"),
    ("xavier_normal_", (200, 300), ""),
    ("kaiming_uniform_", (200, 300), ""),
    ("kaiming_uniform_", (200, 300), "a=0.3, mode='fan_out'"),
    ("kaiming_uniform_", (50, 40, 3, 3), "nonlinearity='relu'"),
    ("kaiming_normal_", (200, 300), ""),
    ("kaiming_normal_", (50, 40, 3, 3), "mode='fan_out', nonlinearity='tanh'"),
]


@pytest.mark.parametrize(("name", "shape", "settings"), INITS, ids=[f"{n}-{s}-{a}" for n, s, a in INITS])
def test_init(name: str, shape: tuple[int, ...], settings: str) -> None:
    found = []
    for library in (tg, torch):
        library.manual_seed(1)
        t = library.empty(*shape)
        assert eval(f"f(t, {settings})", {"f": getattr(library.nn.init, name), "t": t}) is t
        found.append(t.numpy())
    if name in ("constant_", "ones_", "zeros_", "eye_", "dirac_"):
        np.testing.assert_array_equal(*found)
    else:
        same_distribution(*found, name)
        if name == "trunc_normal_":
            limits = [(x.min(), x.max()) for x in found]
            np.testing.assert_allclose(*limits, atol=0.05 * found[1].std(), rtol=0.1)


@pytest.mark.parametrize(
    ("nonlinearity", "param"),
    [("linear", None), ("conv2d", None), ("sigmoid", None), ("tanh", None), ("relu", None), ("leaky_relu", None),
     ("leaky_relu", 0.3), ("selu", None), ("conv_transpose3d", None)],
)  # fmt: skip
def test_gain(nonlinearity: str, param: float | None) -> None:
    assert tg.nn.init.calculate_gain(nonlinearity, param) == torch.nn.init.calculate_gain(nonlinearity, param)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    for library in (tg, torch):
        t = library.nn.init.orthogonal_(library.empty(*shape), gain=2.0).numpy().reshape(shape[0], -1)
        product = t @ t.T if t.shape[0] <= t.shape[1] else t.T @ t
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_sparse() -> None:
    for library in (tg, torch):
        t = library.nn.init.sparse_(library.empty(200, 50), 0.33, std=0.5).numpy()
        assert ((t == 0).sum(0) == 66).all()
        assert abs(t[t != 0].std() - 0.5) < 0.03


# ---- packed sequences -----------------------------------------------------------------------------------------------

rng = np.random.default_rng(0)


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("settings", ["", "num_layers=2, bidirectional=True", "bidirectional=True, bias=False"])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM", "LSTM_proj"])
def test_packed(kind: str, settings: str, batch_first: bool, enforce_sorted: bool) -> None:
    lengths = [5, 3, 3, 1] if enforce_sorted else [3, 1, 5, 3]
    name, _, proj = kind.partition("_")
    settings = ", ".join(filter(None, ["3, 4", settings, proj and "proj_size=2", f"batch_first={batch_first}"]))
    theirs = Row(f"{name}({settings})").module(torch)
    ours = Row(f"{name}({settings})").module(tg)
    ours.load_state_dict({k: tg.tensor(v) for k, v in state_of(theirs).items()})
    x = rng.standard_normal((4, 5, 3) if batch_first else (5, 4, 3))
    rows = (2 if "num_layers" in settings else 1) * (2 if "bidirectional" in settings else 1)
    h = rng.standard_normal((rows, 4, 2 if proj else 4))
    c = rng.standard_normal((rows, 4, 4))
    results = []
    for library, module in ((tg, ours), (torch, theirs)):
        leaves = [library.tensor(a, requires_grad=True) for a in ((x, h, c) if name == "LSTM" else (x, h))]
        packing = library.nn.utils.rnn
        packed = packing.pack_padded_sequence(leaves[0], lengths, batch_first, enforce_sorted)
        out, last = module(packed, tuple(leaves[1:]) if name == "LSTM" else leaves[1])
        assert type(out) is packing.PackedSequence
        padded, found = packing.pad_packed_sequence(out, batch_first, padding_value=-1.0, total_length=6)
        results.append(((packed, out, padded, found, last), [*module.parameters(), *leaves]))
    (ours_out, ours_in), (theirs_out, theirs_in) = results
    compare(list(map(list, ours_out[:2])), list(map(list, theirs_out[:2])), "packs", 1e-10, 1e-12)
    compare(ours_out[2:], theirs_out[2:], "results", 1e-10, 1e-12)
    compare_gradients(ours_out[2:], ours_in, theirs_out[2:], theirs_in, "packed", rtol=1e-9, atol=1e-11)


def test_pack_and_pad() -> None:
    parts = [rng.standard_normal((n, 2)) for n in (4, 2, 3)]
    results = []
    for library in (tg, torch):
        u = library.nn.utils.rnn
        tensors = [library.tensor(p) for p in parts]
        pack = u.pack_sequence(tensors, enforce_sorted=False)
        results.append(
            [
                u.pad_sequence(tensors),
                u.pad_sequence(tensors, batch_first=True, padding_value=7.0),
                u.pad_sequence(tensors, padding_side="left"),
                u.unpad_sequence(u.pad_sequence(tensors), library.tensor([4, 2, 3])),
                list(pack),
                u.unpack_sequence(pack),
                u.invert_permutation(library.tensor([2, 0, 1])),
            ]
        )
    compare(*results, "packs")


# ---- utilities ------------------------------------------------------------------------------------------------------


def gradients(library: Any, dtype: str = "float64") -> list[Any]:
    parameters = []
    for i, shape in enumerate([(3, 4), (5,), (), (2, 2)]):
        p = library.zeros(shape, dtype=getattr(library, dtype), requires_grad=True)
        if i != 3:
            array = np.asarray(np.random.default_rng(i).standard_normal(shape)).astype(dtype)
            p.grad = library.tensor(array)
        parameters.append(p)
    return parameters


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, float("inf")])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clip_grad(norm_type: float, max_norm: float) -> None:
    found = []
    for library in (tg, torch):
        u, parameters = library.nn.utils, gradients(library)
        total = u.clip_grad_norm_(parameters, max_norm, norm_type)
        again = u.get_total_norm([p.grad for p in parameters[:3]], norm_type)
        u.clip_grad_value_(parameters, 0.02)
        found.append([total, again, [p.grad for p in parameters[:3]], u.parameters_to_vector(parameters)])
    compare(*found, "clipped", 1e-12, 1e-14)


def test_vectors() -> None:
    for library in (tg, torch):
        module = Row("Linear(2, 3)").module(library)
        library.nn.utils.vector_to_parameters(library.arange(9.0), module.parameters())
        assert module.weight.tolist() == [[0, 1], [2, 3], [4, 5]] and module.bias.tolist() == [6, 7, 8]


REPARAMETRIZED = ["Linear(3, 4)", "Conv2d(2, 4, 3)", "ConvTranspose1d(2, 4, 3)"]
INPUTS: dict[str, tuple[int, ...]] = {"Linear": (5, 3), "Conv2d": (2, 2, 5, 4), "ConvTranspose1d": (2, 2, 5)}
HOW = [
    "utils.weight_norm(m)",
    "utils.weight_norm(m, dim=None)",
    "utils.weight_norm(m, dim=1)",
    "utils.spectral_norm(m)",
    "utils.spectral_norm(m, n_power_iterations=3, dim=1)",
    "utils.parametrizations.weight_norm(m)",
    "utils.parametrizations.weight_norm(m, dim=None)",
    "utils.parametrizations.spectral_norm(m, n_power_iterations=2)",
]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("build", REPARAMETRIZED)
def test_reparametrized(build: str, how: str) -> None:
    row = Row(build, INPUTS[build.partition("(")[0]])
    ours, theirs = (eval(how, {"utils": lib.nn.utils, "m": row.module(lib)}) for lib in (tg, torch))
    assert repr(ours) == repr(theirs).replace("torch.", "tensorgrad.")
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({k: tg.tensor(v) for k, v in state_of(theirs).items()})
    for mode in ("train", "train", "eval"):
        getattr(ours, mode)(), getattr(theirs, mode)()
        a, a_in = call(row, ours, tg)
        b, b_in = call(row, theirs, torch)
        compare(a, b, mode, 1e-9, 1e-11)
        compare_gradients(
            a, [*ours.parameters(), *a_in], b, [*theirs.parameters(), *b_in], mode, rtol=1e-8, atol=1e-10
        )
        compare(ours.weight, theirs.weight, "weight", 1e-9, 1e-11)
    for k, v in state_of(theirs).items():
        np.testing.assert_allclose(ours.state_dict()[k].numpy(), v, rtol=1e-9, atol=1e-11, err_msg=k)


@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("orthogonal_map", [None, "matrix_exp", "cayley"])
@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)])
def test_orthogonal_parametrization(shape: tuple[int, int], orthogonal_map: str | None, trivial: bool) -> None:
    start = np.linalg.qr(rng.standard_normal((5, 5)))[0][: shape[0], : shape[1]]
    modules = []
    for library in (tg, torch):
        module = Row(f"Linear({shape[1]}, {shape[0]}, bias=False)").module(library)
        made = library.nn.utils.parametrizations.orthogonal
        made(module, orthogonal_map=orthogonal_map, use_trivialization=trivial)
        w = module.weight.detach().numpy()
        product = w @ w.T if shape[0] <= shape[1] else w.T @ w
        np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)
        modules.append(module)
    assert start.shape == shape
    assert list(modules[0].state_dict()) == list(modules[1].state_dict())
    if orthogonal_map is None and shape[0] != shape[1]:
        return  # PyTorch's default for those is another map, of Householder reflections
    modules[0].load_state_dict({k: tg.tensor(v) for k, v in state_of(modules[1]).items()})
    compare(modules[0].weight, modules[1].weight, "weight", 1e-9, 1e-10)
    compare_gradients(
        modules[0].weight, [*modules[0].parameters()], modules[1].weight, [*modules[1].parameters()], "orthogonal",
        rtol=1e-7, atol=1e-9,
    )  # fmt: skip


PRUNED = [
    "p.l1_unstructured(c, 'weight', 0.3)",
    "p.l1_unstructured(c, 'weight', 5); p.l1_unstructured(c, 'weight', 0.5); p.ln_structured(c, 'weight', 0.5, n=2, dim=0)",
    "p.ln_structured(c, 'weight', 1, n=float('inf'), dim=1); p.ln_structured(l, 'weight', 0.34, n=1, dim=-1)",
    "p.identity(c, 'bias'); p.custom_from_mask(l, 'weight', tensor([[1, 0, 1, 0, 1], [0, 1, 1, 0, 1], [0, 0, 1, 1, 1]]))",
    "[p.global_unstructured([(c, 'weight'), (l, 'weight')], p.L1Unstructured, amount=a) for a in (0.4, 10)]",
    "p.l1_unstructured(l, 'weight', 0.4, importance_scores=l.weight.detach().sin())",
    "p.l1_unstructured(c, 'weight', 0.3); p.remove(c, 'weight')",
]


@pytest.mark.parametrize("how", PRUNED)
def test_pruned(how: str) -> None:
    found = []
    for library in (tg, torch):
        net = Row("Sequential(Conv2d(2, 4, 3), Linear(5, 3))").module(library)
        with library.no_grad():
            for i, x in enumerate(net.parameters()):
                x.copy_(library.tensor(np.random.default_rng(i).standard_normal(tuple(x.shape))))
        exec(how, {"p": library.nn.utils.prune, "c": net[0], "l": net[1], "tensor": library.tensor})
        net(library.tensor(np.random.default_rng(7).standard_normal((1, 2, 4, 7)))).sum().backward()
        grads = [x.grad for x in net.parameters()]
        found.append([list(net.state_dict()), list(net.state_dict().values()), net[0].weight.detach(), grads])
    compare(*found, "pruned", 1e-10, 1e-12)


def test_fused_batch_norm() -> None:
    for build, bn, fuse, shape in (
        ("Conv2d(2, 3, 2)", "BatchNorm2d(3)", "fuse_conv_bn_eval", (2, 2, 4, 4)),
        ("Conv1d(2, 3, 2, bias=False)", "BatchNorm1d(3, affine=False)", "fuse_conv_bn_eval", (2, 2, 4)),
        ("Linear(2, 3)", "BatchNorm1d(3)", "fuse_linear_bn_eval", (5, 2)),
    ):
        x, found = rng.standard_normal(shape), []
        first, second = Row(build).module(torch), Row(bn).module(torch)
        second(first(torch.tensor(x)))
        states = state_of(first), state_of(second)
        for library in (tg, torch):
            a, b = Row(build).module(library).eval(), Row(bn).module(library).eval()
            for module, state in zip((a, b), states):
                module.load_state_dict({k: library.tensor(v) for k, v in state.items()})
            fused = getattr(library.nn.utils, fuse)(a, b)
            np.testing.assert_allclose(
                fused(library.tensor(x)).detach().numpy(), b(a(library.tensor(x))).detach().numpy(), atol=1e-10
            )
            found.append([fused.weight, fused.bias])
        compare(*found, "fused", 1e-10, 1e-12)


def test_functional_call() -> None:
    found = []
    for library in (tg, torch):
        module = Row("Sequential(Linear(2, 3), Tanh(), Linear(3, 1))").module(library)
        w = library.tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
        state = {"0.weight": w, "0.bias": library.ones(3, dtype=library.float64)}
        with library.no_grad():
            for p in module[2].parameters():
                p.fill_(0.5)
        y = library.func.functional_call(module, state, (library.tensor([[0.1, -0.2]], dtype=library.float64),))
        y.sum().backward()
        found.append([y.detach(), w.grad])
    compare(*found, "functional_call", 1e-10, 1e-12)


warnings.filterwarnings("ignore", message="Initializing zero-element")
