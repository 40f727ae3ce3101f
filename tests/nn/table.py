"""Every module with its settings and inputs: read by the tests here and, beside PyTorch, by tests/oracle/test_nn.py.

    row("Conv2d(3, 4, 3, padding=1)", (2, 3, 5, 5))

A row is an expression over the names of `nn` (and `tensor`), which either library evaluates, and the inputs of a call:
a tuple is a random floating tensor of that shape, an array a tensor as it is, `Uniform` a range; a list holds several.
What PyTorch says to each row (repr, state, sizes of results) is in golden.json, written by
`python -m tests.oracle.golden`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np


class Uniform:
    """A random floating input within a range."""

    def __init__(self, shape: tuple[int, ...], low: float, high: float) -> None:
        self.shape, self.low, self.high = shape, low, high


def ints(shape: tuple[int, ...], high: int, low: int = 0) -> np.ndarray:
    """Whole numbers, the same every time."""
    return np.random.default_rng(5).integers(low, high, shape)


def mask(*rows: str) -> np.ndarray:
    """Truth values: x is True."""
    return np.array([[c == "x" for c in row] for row in rows])


class Row:
    """One module and one call.

    Attributes:
        noisy: its results in training are random, so they are not compared with PyTorch's; "always": in evaluation too.
        modes: its results differ between training and evaluation.
        smooth: False where the result has jumps or a gradient check makes no sense.
        grads: False where the result is not floating, or nothing has a gradient.
    """

    def __init__(
        self,
        build: str,
        *inputs: Any,
        noisy: bool | str = False,
        modes: bool = False,
        smooth: bool = True,
        grads: bool = True,
        low: float = -2.0,
        high: float = 2.0,
        call: str = "",
        **kwargs: Any,
    ) -> None:
        self.build, self.inputs, self.kwargs = build, inputs, kwargs
        self.noisy, self.modes, self.smooth, self.grads = noisy, modes or noisy is True, smooth, grads
        self.low, self.high, self.call = low, high, call

    @property
    def id(self) -> str:
        def show(x: Any) -> str:
            if isinstance(x, list):
                return f"[{','.join(map(show, x))}]"
            return str(getattr(x, "shape", x))

        kwargs = "".join(f",{k}={show(v)}" for k, v in self.kwargs.items())
        return f"{self.build}-{','.join(map(show, self.inputs))}{kwargs}{self.call}".replace(" ", "")

    @property
    def name(self) -> str:
        """The class's."""
        return self.build.partition("(")[0]

    def module(self, library: Any, double: bool = True) -> Any:
        """Built from scratch, in float64 unless asked not to."""
        helpers = {"tensor": lambda x: library.tensor(x, dtype=library.float64), "F": library.nn.functional}
        module = eval(self.build, {**vars(library.nn), **helpers})
        return module.double() if double else module

    def arguments(self, leaf: Callable[[np.ndarray], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of the call; `leaf` makes a tensor of an array."""
        rng = np.random.default_rng(zlib.crc32(self.build.encode()))

        def make(x: Any) -> Any:
            if isinstance(x, list):
                return tuple(make(e) for e in x)
            if isinstance(x, tuple):
                return leaf(np.asarray(rng.uniform(self.low, self.high, x)))
            if isinstance(x, Uniform):
                return leaf(np.asarray(rng.uniform(x.low, x.high, x.shape)))
            return leaf(x.copy()) if isinstance(x, np.ndarray) else x

        return tuple(make(x) for x in self.inputs), {k: make(v) for k, v in self.kwargs.items()}

    def run(self, module: Any, args: Any, kwargs: Any) -> Any:
        """The call."""
        return (getattr(module, self.call) if self.call else module)(*args, **kwargs)


def digest(row: Row, library: Any, leaf: Callable[[np.ndarray], Any]) -> list[list[float]]:
    """Two sums over each floating result of a call, in evaluation where training is random, for weights and statistics
    that are the same in either library. Nothing where the result is random in any case."""
    if row.noisy == "always" or "Lazy" in row.build:
        return []
    module = row.module(library)
    if row.noisy:
        module.eval()
    with library.no_grad():
        for x in [*module.parameters(), *module.buffers()]:
            if x.is_floating_point():
                wave = 0.6 + 0.3 * np.sin(np.arange(1.0, 1.0 + x.numel())).reshape(tuple(x.shape))
                x.copy_(library.tensor(wave, dtype=x.dtype))
    args, kwargs = row.arguments(leaf)
    found: list[list[float]] = []

    def look(out: Any) -> None:
        if isinstance(out, library.Tensor):
            if out.is_floating_point():
                a = out.detach().numpy().astype(np.float64).reshape(-1)
                found.append([float(a.sum()), float((a * np.cos(np.arange(a.size))).sum())])
        elif isinstance(out, (tuple, list)):
            for part in out:
                look(part)

    look(row.run(module, args, kwargs))
    return found


def row(*args: Any, **kwargs: Any) -> None:
    ROWS.append(Row(*args, **kwargs))


ROWS: list[Row] = []

# ---- linear, shapes -------------------------------------------------------------------------------------------------

row("Linear(3, 4)", (2, 3))
row("Linear(3, 4)", (3,))
row("Linear(3, 4, bias=False)", (2, 5, 3))
row("Linear(3, 1)", (0, 3))
row("Identity(54, unused=1)", (2, 3))
row("Bilinear(2, 3, 4)", (5, 2), (5, 3))
row("Bilinear(2, 3, 4, bias=False)", (5, 6, 2), (5, 6, 3))
row("LazyLinear(4)", (2, 3))
row("LazyLinear(4, bias=False)", (2, 5, 3))
row("Flatten()", (2, 3, 4))
row("Flatten(0, 1)", (2, 3, 4))
row("Unflatten(1, (2, 3))", (2, 6, 2))
row("Unflatten(-1, (2, -1))", (2, 6))

# ---- containers -----------------------------------------------------------------------------------------------------

row("Sequential(Linear(3, 4), ReLU(), Linear(4, 2))", (5, 3))
row("Sequential(Sequential(Linear(3, 3)), Sequential(Linear(3, 3), Tanh()))[1:]", (5, 3))
row("Sequential()", (5, 3))
row("ModuleList([Linear(3, 3), Linear(3, 3), Linear(3, 3), ReLU()])[1]", (2, 3))
row("ModuleDict({'a': Linear(3, 2), 'b': ReLU()})['a']", (2, 3))
row("DataParallel(Linear(3, 2))", (4, 3))
row("ModuleList([Linear(3, 3), Linear(3, 3), Sequential(ReLU()), Sequential(ReLU())])", call="__len__", grads=False)
row("ModuleDict({'a': Linear(3, 2), 'b': ReLU()})", call="__len__", grads=False)
row("ParameterList([tensor([[1.0, 2.0]]), tensor(3.0), 'x'])", call="__len__", grads=False)
row("ParameterDict({'a': tensor([1.0, 2.0]), 'b': 3})", call="__len__", grads=False)

# ---- activations ----------------------------------------------------------------------------------------------------

_curves = ("ELU", "SELU", "CELU", "SiLU", "Mish", "Hardtanh", "Hardsigmoid", "Hardswish")
for _act in ("ReLU", "ReLU6", "LeakyReLU", *_curves):
    row(f"{_act}()", (3, 4), low=-4.0, high=4.0)
    row(f"Sequential(Linear(4, 5), {_act}(inplace=True))", (3, 4), low=-4.0, high=4.0)
for _act in ("Sigmoid", "LogSigmoid", "Tanh", "Tanhshrink", "Softsign", "Softplus", "GELU", "Softshrink", "Hardshrink"):
    row(f"{_act}()", (3, 4), low=-4.0, high=4.0)
row("GELU(approximate='tanh')", (3, 4))
row("Softplus(beta=2.0, threshold=3.0)", (3, 4))
row("LeakyReLU(0.2)", (3, 4))
row("ELU(2.0)", (3, 4))
row("CELU(0.5)", (3, 4))
row("Hardtanh(-0.5, 1.5)", (3, 4))
row("Hardshrink(1.0)", (3, 4))
row("Softshrink(0.25)", (3, 4))
row("Threshold(0.5, 2.0)", (3, 4))
row("PReLU()", (2, 3, 4))
row("PReLU(3, init=0.1)", (2, 3, 4))
row("RReLU(0.1, 0.4)", (3, 4), noisy=True)
row("Softmax(dim=1)", (3, 4))
row("LogSoftmax(dim=0)", (3, 4))
row("Softmin(dim=-1)", (3, 4))
row("Softmax2d()", (2, 3, 2, 2))
row("Softmax2d()", (3, 2, 2))
row("GLU()", (3, 4))
row("GLU(dim=0)", (4, 3))

# ---- dropout --------------------------------------------------------------------------------------------------------

row("Dropout()", (4, 5), noisy=True)
row("Dropout(0.2)", (4, 5), noisy=True)
row("Dropout(0.0)", (4, 5))
row("Dropout1d(0.4)", (4, 5, 3), noisy=True)
row("Dropout2d(0.4)", (4, 5, 2, 2), noisy=True)
row("Dropout3d(0.4)", (4, 5, 2, 1, 2), noisy=True)
row("AlphaDropout(0.3)", (4, 5), noisy=True)
row("FeatureAlphaDropout(0.3)", (4, 5, 2), noisy=True)

# ---- convolution ----------------------------------------------------------------------------------------------------

row("Conv1d(3, 4, 3)", (2, 3, 8))
row("Conv1d(3, 4, 3, stride=2, padding=1, dilation=2)", (3, 8))
row("Conv1d(4, 6, 3, padding='same', groups=2, bias=False)", (2, 4, 7))
row("Conv1d(2, 2, 4, padding='same', padding_mode='circular')", (2, 2, 7))
row("Conv2d(3, 4, 3)", (2, 3, 5, 5))
row("Conv2d(3, 4, (3, 2), stride=(1, 2), padding=(2, 1), dilation=(1, 2))", (2, 3, 5, 6))
row("Conv2d(4, 4, 3, padding=1, groups=4, bias=False)", (2, 4, 5, 5))
row("Conv2d(2, 3, 3, padding='same')", (2, 5, 5))
row("Conv2d(2, 3, 3, padding='valid')", (2, 2, 5, 5))
row("Conv2d(2, 3, 3, padding=1, padding_mode='reflect')", (2, 2, 4, 5))
row("Conv2d(2, 3, 3, padding=(2, 1), padding_mode='replicate')", (2, 2, 4, 5))
row("Conv2d(2, 3, 3, padding=1, padding_mode='circular')", (2, 2, 4, 5))
row("Conv3d(2, 3, 2)", (2, 2, 3, 4, 3))
row("Conv3d(2, 2, (1, 2, 3), padding=1, groups=2)", (2, 2, 3, 4, 3))
row("ConvTranspose1d(3, 4, 3)", (2, 3, 5))
row("ConvTranspose1d(4, 2, 3, stride=2, padding=1, output_padding=1, groups=2)", (4, 5))
row("ConvTranspose2d(3, 4, 3, stride=2)", (2, 3, 4, 3))
row("ConvTranspose2d(3, 4, 3, stride=2, padding=1)", (2, 3, 4, 3), output_size=[8, 5])
row("ConvTranspose2d(2, 3, 3, dilation=2, bias=False)", (2, 2, 4, 3))
row("ConvTranspose3d(2, 3, 2, stride=2)", (2, 2, 2, 3, 2))
for _d, _in in ((1, (2, 3, 6)), (2, (2, 3, 5, 4)), (3, (2, 3, 3, 3, 3))):
    row(f"LazyConv{_d}d(4, 2)", _in)
    row(f"LazyConvTranspose{_d}d(4, 2, bias=False)", _in)

# ---- pooling --------------------------------------------------------------------------------------------------------

for _d, _in in ((1, (2, 3, 8)), (2, (2, 3, 6, 8)), (3, (1, 2, 4, 6, 4))):
    row(f"MaxPool{_d}d(2)", _in)
    row(f"MaxPool{_d}d(3, stride=2, padding=1, ceil_mode=True)", _in)
    row(f"MaxPool{_d}d(2, return_indices=True)", _in)
    row(f"AvgPool{_d}d(2)", _in)
    row(f"AvgPool{_d}d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)", _in)
    row(f"LPPool{_d}d(2, 2)", _in, low=0.1)
    _odd = tuple(n + 1 for n in _in)  # a remainder: what is cut off, or counted beside it, shows
    row(f"MaxPool{_d}d(2)", _odd)
    row(f"AvgPool{_d}d(2)", _odd)
    row(f"AvgPool{_d}d(3, padding=1)", _odd)
    row(f"LPPool{_d}d(2, 2)", _odd, low=0.1)
    row(f"AdaptiveAvgPool{_d}d(3)", _in)
    row(f"AdaptiveMaxPool{_d}d(3)", _in)
    row(f"AdaptiveMaxPool{_d}d(2, return_indices=True)", _in)
row("AvgPool2d((2, 3), divisor_override=5)", (2, 3, 6, 8))
row("MaxPool2d((2, 3), stride=(1, 2), dilation=(2, 1))", (3, 6, 8))
row("LPPool2d(3, (2, 1), stride=1, ceil_mode=True)", (2, 3, 4, 4), low=0.1)
row("AdaptiveAvgPool2d((None, 2))", (2, 3, 4, 5))
row("MaxUnpool1d(2)", (1, 2, 2), np.array([[[1, 2], [0, 3]]]))
row("MaxUnpool2d(2)", (1, 1, 2, 2), np.array([[[[5, 6], [13, 10]]]]))
row("MaxUnpool2d(2)", (1, 1, 2, 2), np.array([[[[5, 6], [13, 10]]]]), output_size=[4, 5])
row("MaxUnpool3d(2, stride=2)", (1, 1, 1, 1, 2), np.array([[[[[5, 2]]]]]))
row("FractionalMaxPool2d(2, output_size=(5, 4))", (1, 3, 12, 14), noisy="always")
row("FractionalMaxPool2d(2, output_ratio=0.5, _random_samples=tensor([[[0.2, 0.6], [0.9, 0.1]]]))", (1, 2, 6, 7))
row("FractionalMaxPool3d(2, output_size=3)", (1, 2, 7, 8, 7), noisy="always")

# ---- padding --------------------------------------------------------------------------------------------------------

for _d, _in in ((1, (2, 3, 4)), (2, (2, 3, 4, 5)), (3, (1, 2, 3, 4, 3))):
    row(f"ZeroPad{_d}d(1)", _in)
    row(f"ConstantPad{_d}d(2, 3.5)", _in)
    row(f"ReflectionPad{_d}d(1)", _in)
    row(f"ReplicationPad{_d}d(2)", _in)
    row(f"CircularPad{_d}d(1)", _in)
row("ZeroPad2d((1, -1, 2, 0))", (2, 3, 4, 5))
row("ReflectionPad2d((1, 2, 0, 1))", (3, 4, 5))

# ---- normalisation --------------------------------------------------------------------------------------------------

for _d, _in in ((1, (4, 3)), (1, (4, 3, 5)), (2, (4, 3, 2, 3)), (3, (3, 3, 2, 2, 2))):
    row(f"BatchNorm{_d}d(3)", _in, modes=True)
    row(f"LazyBatchNorm{_d}d()", _in, modes=True)
row("BatchNorm1d(3, eps=0.1, momentum=0.5, affine=False)", (4, 3), modes=True)
row("BatchNorm1d(3, momentum=None)", (4, 3), modes=True)
row("BatchNorm2d(3, track_running_stats=False)", (4, 3, 2, 3))
row("BatchNorm2d(3, bias=False)", (4, 3, 2, 3), modes=True)
row("LazyBatchNorm1d(affine=False, track_running_stats=False)", (4, 3))
row("SyncBatchNorm(3)", (4, 3, 2, 3), modes=True)
for _d, _in in ((1, (4, 3, 5)), (2, (4, 3, 2, 3)), (3, (2, 3, 2, 2, 2))):
    row(f"InstanceNorm{_d}d(3)", _in)
    row(f"InstanceNorm{_d}d(3, affine=True, track_running_stats=True)", _in, modes=True)
    row(f"LazyInstanceNorm{_d}d()", _in, modes=True)
row("InstanceNorm1d(3)", (3, 5))
row("LayerNorm(4)", (2, 3, 4))
row("LayerNorm((3, 4), eps=0.1)", (2, 3, 4))
row("LayerNorm(4, elementwise_affine=False)", (2, 3, 4))
row("LayerNorm(4, bias=False)", (2, 3, 4))
row("RMSNorm(4)", (2, 3, 4))
row("RMSNorm((3, 4), eps=0.1, elementwise_affine=False)", (2, 3, 4))
row("GroupNorm(2, 4)", (2, 4, 3))
row("GroupNorm(4, 4, eps=0.1, affine=False)", (2, 4, 3, 2))
row("GroupNorm(1, 4, bias=False)", (2, 4))
row("LocalResponseNorm(2)", (2, 4, 3))
row("LocalResponseNorm(3, alpha=0.1, beta=0.5, k=2.0)", (2, 4, 3, 2))

# ---- tables ---------------------------------------------------------------------------------------------------------

row("Embedding(7, 3)", ints((2, 4), 7))
row("Embedding(7, 3)", np.array(2))
row("Embedding(7, 3, padding_idx=-1)", np.array([[6, 1, 6], [0, 5, 6]]), smooth=False)
row("Embedding(7, 3, scale_grad_by_freq=True)", np.array([1, 1, 2]), smooth=False)
row("Embedding(7, 3, max_norm=1.0, norm_type=1.0)", ints((2, 4), 7), smooth=False)
row("EmbeddingBag(7, 3)", ints((2, 4), 7))
row("EmbeddingBag(7, 3, mode='sum')", ints((6,), 7), np.array([0, 2, 2]))
row("EmbeddingBag(7, 3, mode='sum')", ints((2, 4), 7), per_sample_weights=(2, 4))
row("EmbeddingBag(7, 3, mode='max', padding_idx=2)", ints((2, 4), 7))
row("EmbeddingBag(7, 3, mode='mean', include_last_offset=True)", ints((6,), 7), np.array([0, 2, 6]))

# ---- distances, images ----------------------------------------------------------------------------------------------

row("CosineSimilarity()", (4, 3), (4, 3))
row("CosineSimilarity(dim=0, eps=1e-3)", (4, 3), (4, 1))
row("PairwiseDistance()", (4, 3), (4, 3))
row("PairwiseDistance(p=1.0, keepdim=True)", (4, 3), (3,))
row("Upsample(scale_factor=2)", (2, 3, 4))
row("Upsample(size=(5, 7), mode='bilinear')", (2, 3, 4, 4))
row("Upsample(scale_factor=(1.5, 2.0), mode='bicubic', align_corners=True)", (2, 3, 4, 4))
row("Upsample(scale_factor=2, mode='trilinear')", (1, 2, 2, 3, 2))
row("UpsamplingNearest2d(scale_factor=2)", (2, 3, 2, 2))
row("UpsamplingBilinear2d(size=(4, 5))", (2, 3, 2, 2))
row("PixelShuffle(2)", (2, 8, 2, 3))
row("PixelUnshuffle(2)", (2, 2, 4, 6))
row("ChannelShuffle(2)", (2, 4, 3, 2))
row("Unfold(2, padding=1)", (2, 3, 4, 4))
row("Unfold((2, 3), dilation=2, stride=(1, 2))", (2, 3, 5, 6))
row("Fold((4, 5), (2, 3))", (2, 12, 9))
row("Fold(4, 2, stride=2)", (2, 12, 4))

# ---- losses ---------------------------------------------------------------------------------------------------------

for _reduction in ("mean", "sum", "none"):
    _r = f"reduction='{_reduction}'"
    row(f"L1Loss({_r})", (4, 3), (4, 3))
    row(f"MSELoss({_r})", (4, 3), (4, 3))
    row(f"SmoothL1Loss({_r}, beta=0.5)", (4, 3), (4, 3))
    row(f"HuberLoss({_r}, delta=0.7)", (4, 3), (4, 3))
    row(f"BCELoss({_r})", Uniform((4, 3), 0.05, 0.95), Uniform((4, 3), 0.1, 0.9))
    row(f"BCEWithLogitsLoss({_r}, pos_weight=tensor([1.0, 2.0, 3.0]))", (4, 3), Uniform((4, 3), 0.0, 1.0))
    row(f"KLDivLoss({_r})", (4, 3), Uniform((4, 3), 0.1, 1.0))
    row(f"NLLLoss({_r})", (4, 3), np.array([0, 2, 1, 1]))
    row(f"CrossEntropyLoss({_r})", (4, 3), np.array([0, 2, 1, 1]))
    row(f"PoissonNLLLoss({_r})", (4, 3), Uniform((4, 3), 0.0, 3.0))
    row(f"GaussianNLLLoss({_r})", (4, 3), (4, 3), Uniform((4, 3), 0.5, 2.0))
    row(f"SoftMarginLoss({_r})", (4, 3), np.array([[1.0, -1, 1], [-1, 1, 1], [1, 1, -1], [-1, -1, 1]]))
    row(f"HingeEmbeddingLoss({_r})", (3,), np.array([1.0, -1, -1]))
    row(f"CosineEmbeddingLoss({_r}, margin=0.1)", (3, 4), (3, 4), np.array([1, -1, 1]))
    row(f"MarginRankingLoss({_r}, margin=0.1)", (3,), (3,), np.array([1.0, -1, 1]))
    row(f"TripletMarginLoss({_r})", (3, 4), (3, 4), (3, 4))
    row(f"TripletMarginWithDistanceLoss({_r})", (3, 4), (3, 4), (3, 4))
    row(f"MultiLabelMarginLoss({_r})", (2, 4), np.array([[3, 0, -1, 1], [1, -1, 0, 0]]))
    row(f"MultiLabelSoftMarginLoss({_r})", (2, 3), np.array([[0.0, 1, 1], [1, 0, 1]]))
    row(f"MultiMarginLoss({_r})", (3, 4), np.array([0, 3, 1]))
    row(f"CTCLoss({_r})", (6, 2, 4), np.array([[1, 2], [3, 3]]), np.array([6, 5]), np.array([2, 2]), high=-0.5)
row("BCELoss(weight=tensor([1.0, 2.0, 0.5]))", Uniform((4, 3), 0.05, 0.95), Uniform((4, 3), 0.1, 0.9))
row("BCEWithLogitsLoss(weight=tensor([1.0, 2.0, 0.5]))", (4, 3), Uniform((4, 3), 0.0, 1.0))
row("KLDivLoss(reduction='batchmean', log_target=True)", (4, 3), (4, 3))
row("NLLLoss(weight=tensor([1.0, 2.0, 0.5]), ignore_index=1)", (2, 3, 4), ints((2, 4), 3))
row("CrossEntropyLoss(weight=tensor([1.0, 2.0, 0.5]), label_smoothing=0.1)", (2, 3, 4), ints((2, 4), 3))
row("CrossEntropyLoss(ignore_index=1)", (5, 3), np.array([1, 0, 2, 1, 1]))
row("CrossEntropyLoss(label_smoothing=0.2)", (4, 3), Uniform((4, 3), 0.1, 1.0))
row("CrossEntropyLoss()", (3,), np.array(1))
row("NLLLoss2d(ignore_index=1)", (2, 3, 4, 2), ints((2, 4, 2), 3))
row("LinearCrossEntropyLoss(5, 3)", (4, 5), np.array([0, 2, 1, 1]))
row("LinearCrossEntropyLoss(5, 3, bias=True, weight=tensor([1.0, 2.0, 0.5]), label_smoothing=0.1)", (4, 5),
    np.array([0, 2, 1, 1]))
row("LinearCrossEntropyLoss(5, 3, out_features=(2, 2), bias=True, reduction='none', ignore_index=1)", (4, 5),
    ints((4, 2, 2), 3))
row("PoissonNLLLoss(log_input=False, full=True)", Uniform((4, 3), 0.5, 2.0), Uniform((4, 3), 2.0, 5.0))
row("GaussianNLLLoss(full=True, eps=0.1)", (4, 3), (4, 3), Uniform((4, 1), 0.5, 2.0))
row("MSELoss(size_average=False)", (4, 3), (4, 3))
row("MSELoss(reduce=False)", (4, 3), (4, 3))
row("TripletMarginLoss(margin=0.5, p=1.0, swap=True)", (3, 4), (3, 4), (3, 4))
row("TripletMarginWithDistanceLoss(distance_function=CosineSimilarity(), swap=True)", (3, 4), (3, 4), (3, 4))
row("MultiMarginLoss(p=2, margin=0.5, weight=tensor([1.0, 2.0, 0.5, 1.5]))", (3, 4), np.array([0, 3, 1]))
row("MultiLabelSoftMarginLoss(weight=tensor([1.0, 2.0, 0.5]))", (2, 3), np.array([[0.0, 1, 1], [1, 0, 1]]))
row("CTCLoss(blank=3, zero_infinity=True)", (4, 2, 4), np.array([1, 2, 0, 0, 0]), [4, 3], [2, 3], low=-3.0, high=-0.5)
row("AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2.0)", (5, 8), np.array([0, 9, 4, 5, 2]))
row("AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2.0)", (6, 8), np.array([0, 1, 4, 2, 2, 1]))
row("AdaptiveLogSoftmaxWithLoss(8, 10, [4], div_value=1.5, head_bias=True)", (8,), np.array(7))
row("AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2.0)", (5, 8), call="log_prob")
row("AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2.0)", (9, 8), call="predict", grads=False)

# ---- recurrent ------------------------------------------------------------------------------------------------------

for _kind in ("RNN", "GRU", "LSTM"):
    _states: Any = (lambda *s: [s, s]) if _kind == "LSTM" else (lambda *s: s)
    row(f"{_kind}(3, 4)", (5, 2, 3))
    row(f"{_kind}(3, 4)", (5, 3))
    row(f"{_kind}(3, 4)", (5, 2, 3), _states(1, 2, 4))
    row(f"{_kind}(3, 4)", (5, 3), _states(1, 4))
    row(f"{_kind}(3, 4, num_layers=2, bidirectional=True, batch_first=True)", (2, 5, 3), _states(4, 2, 4))
    row(f"{_kind}(3, 4, num_layers=2, bias=False)", (5, 2, 3))
    row(f"{_kind}(3, 4, num_layers=2, dropout=0.5)", (5, 2, 3), noisy=True)
    row(f"{_kind}(3, 4, num_layers=3, batch_first=True)", (2, 1, 3))
    row(f"{_kind}Cell(3, 4)", (2, 3))
    row(f"{_kind}Cell(3, 4)", (3,), _states(4))
    row(f"{_kind}Cell(3, 4, bias=False)", (2, 3), _states(2, 4))
row("RNN(3, 4, nonlinearity='relu', num_layers=2)", (5, 2, 3))
row("RNNCell(3, 4, nonlinearity='relu')", (2, 3), (2, 4))
row("LSTM(3, 4, proj_size=2)", (5, 2, 3))
row("LSTM(3, 4, num_layers=2, proj_size=2, bidirectional=True)", (5, 2, 3), [(4, 2, 2), (4, 2, 4)])

# ---- attention ------------------------------------------------------------------------------------------------------

row("MultiheadAttention(4, 2)", (3, 2, 4), (5, 2, 4), (5, 2, 4))
row("MultiheadAttention(4, 2, batch_first=True)", (2, 3, 4), (2, 5, 4), (2, 5, 4), average_attn_weights=False)
row("MultiheadAttention(4, 2, bias=False)", (3, 4), (5, 4), (5, 4), need_weights=False)
row("MultiheadAttention(4, 2, kdim=3, vdim=5)", (3, 2, 4), (5, 2, 3), (5, 2, 5))
row("MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True)", (3, 2, 4), (5, 2, 4), (5, 2, 4),
    key_padding_mask=mask("...xx", "....x"))
row("MultiheadAttention(4, 2)", (3, 2, 4), (3, 2, 4), (3, 2, 4), attn_mask=mask(".xx", "..x", "..."),
    need_weights=False)
row("MultiheadAttention(4, 2)", (3, 2, 4), (3, 2, 4), (3, 2, 4), attn_mask=(3, 3), key_padding_mask=(2, 3))
row("MultiheadAttention(4, 2)", (2, 2, 4), (3, 2, 4), (3, 2, 4), attn_mask=(4, 2, 3), need_weights=False)
row("MultiheadAttention(4, 2)", (3, 2, 4), (3, 2, 4), (3, 2, 4), attn_mask=np.triu(np.full((3, 3), -np.inf), 1),
    is_causal=True, need_weights=False)
row("MultiheadAttention(4, 2, dropout=0.5)", (3, 2, 4), (5, 2, 4), (5, 2, 4), noisy=True)
_layer = "4, 2, dim_feedforward=8, dropout=0.0"
row(f"TransformerEncoderLayer({_layer})", (3, 2, 4))
row(f"TransformerEncoderLayer({_layer}, activation='gelu', norm_first=True, batch_first=True)", (2, 3, 4),
    src_key_padding_mask=mask("..x", "..."))
row(f"TransformerEncoderLayer({_layer}, activation=GELU(), bias=False, layer_norm_eps=0.1)", (3, 4),
    src_mask=mask(".xx", "..x", "..."))
row("TransformerEncoderLayer(4, 2, dim_feedforward=8, activation=F.gelu)", (3, 2, 4), noisy=True)
row(f"TransformerDecoderLayer({_layer})", (3, 2, 4), (5, 2, 4))
row(f"TransformerDecoderLayer({_layer}, norm_first=True, batch_first=True)", (2, 3, 4), (2, 5, 4),
    tgt_mask=mask(".xx", "..x", "..."), memory_key_padding_mask=mask("...xx", "....."))
row("TransformerDecoderLayer(4, 2, dim_feedforward=8)", (3, 2, 4), (5, 2, 4), noisy=True)
row(f"TransformerEncoder(TransformerEncoderLayer({_layer}), 2)", (3, 2, 4), mask=mask(".xx", "..x", "..."))
row(f"TransformerEncoder(TransformerEncoderLayer({_layer}), 2, LayerNorm(4), enable_nested_tensor=False)", (3, 2, 4))
row(f"TransformerDecoder(TransformerDecoderLayer({_layer}), 2, LayerNorm(4))", (3, 2, 4), (5, 2, 4))
row("Transformer(4, 2, 1, 2, 8, dropout=0.0)", (5, 2, 4), (3, 2, 4))
row("Transformer(4, 2, 1, 1, 8, dropout=0.0, batch_first=True, norm_first=True)", (2, 5, 4), (2, 3, 4),
    tgt_mask=np.triu(np.full((3, 3), -np.inf), 1), tgt_is_causal=True)

# Bases that are built only through what inherits from them, or are no modules.
NO_ROW = {"Module", "RNNBase", "RNNCellBase", "Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer"}
