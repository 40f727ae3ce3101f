"""Modules with settings and inputs drawn at random, beside PyTorch's of the same weights: results, gradients, gradients of
gradients and running statistics, in training and in evaluation. What one refuses, the other must refuse."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import tensorgrad as tg
from tests.nn.table import Row

from .bridge import tensors
from .test_nn import call, pair

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
SAMPLES = 40  # of each family


class Draw:
    """A source of settings."""

    def __init__(self, seed: int) -> None:
        self.random, self.numpy = random.Random(seed), np.random.default_rng(seed)

    def of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def each(self, n: int, *choices: Any) -> Any:
        """One for all axes, or one for each."""
        return self.of(self.of(*choices), tuple(self.of(*choices) for _ in range(n)))

    def text(self, **choices: Any) -> str:
        """Keyword arguments, one choice of each."""
        return ", ".join(f"{k}={self.of(*v)!r}" for k, v in choices.items())

    def mask(self, *shape: int) -> np.ndarray:
        """True hides; never all of a row."""
        hidden = self.numpy.integers(0, 2, shape).astype(bool)
        hidden[..., 0] = False
        return hidden

    def ints(self, high: int, *shape: int) -> np.ndarray:
        return np.asarray(self.numpy.integers(0, high, shape))


def convolution(d: Draw) -> Row:
    n, groups = d.of(1, 2, 2, 3), d.of(1, 1, 2, 4)
    channels, shape = groups * d.of(1, 2), [d.of(5, 6, 7, 8) for _ in range(n)]
    padding = d.of("same", "valid", d.each(n, 0, 1, 2))
    stride = 1 if padding == "same" else d.each(n, 1, 1, 2, 3)
    settings = d.text(dilation=[d.each(n, 1, 1, 2)], bias=(True, False), groups=[groups])
    mode = d.of("zeros", "zeros", "reflect", "replicate", "circular")
    build = f"Conv{n}d({channels}, {groups * d.of(1, 2)}, {d.each(n, 1, 2, 3, 4)}, {stride}, {padding!r}, {settings}, "
    return Row(f"{build}padding_mode={mode!r})", (*d.of((), (2,)), channels, *shape))


def transposed(d: Draw) -> Row:
    n, groups = d.of(1, 2, 2, 3), d.of(1, 1, 2)
    channels = groups * d.of(1, 2)
    settings = d.text(
        stride=[d.each(n, 1, 2, 3)], padding=[d.each(n, 0, 1)], output_padding=[d.each(n, 0, 0, 1)], groups=[groups],
        bias=(True, False), dilation=[d.each(n, 1, 1, 2)],
    )  # fmt: skip
    build = f"ConvTranspose{n}d({channels}, {groups * d.of(1, 2)}, {d.each(n, 1, 2, 3)}, {settings})"
    return Row(build, (*d.of((), (2,)), channels, *[d.of(3, 4, 5) for _ in range(n)]))


def pooling(d: Draw) -> Row:
    n = d.of(1, 2, 2, 3)
    shape = (*d.of((), (2,)), d.of(1, 3), *[d.of(5, 6, 7, 8) for _ in range(n)])
    window, stride, ceil = d.each(n, 2, 3), d.of(None, d.each(n, 1, 2, 3)), d.of(True, False)
    kind = d.of("Max", "Avg", "LP", "AdaptiveMax", "AdaptiveAvg")
    if kind == "Max":
        settings = d.text(padding=(0, 1), dilation=(1, 1, 2), ceil_mode=[ceil], return_indices=(True, False))
        return Row(f"MaxPool{n}d({window}, {stride}, {settings})", shape)
    if kind == "Avg":
        more = d.text(padding=(0, 1), ceil_mode=[ceil], count_include_pad=(True, False))
        more += "" if n == 1 else ", " + d.text(divisor_override=(None, 1, 5))
        return Row(f"AvgPool{n}d({window}, {stride}, {more})", shape)
    if kind == "LP":
        window = window if n > 1 or isinstance(window, int) else window[0]
        return Row(f"LPPool{n}d({d.of(1, 2, 3)}, {window}, {stride}, {ceil})", shape, low=0.1)
    out = d.of(1, 2, 3, 7) if n == 1 else d.each(n, 1, 2, 5, None)
    return Row(f"{kind}Pool{n}d({out if out is not None else 3})", shape)


def norm(d: Draw) -> Row:
    n, c, batch = d.of(1, 2, 3), d.of(2, 4), d.of(1, 2, 3)
    shape, eps = (batch, c, *[d.of(1, 2, 3) for _ in range(n)]), d.of(1e-5, 0.1)
    kind = d.of("Batch", "Instance", "Group", "Layer", "RMS")
    if kind == "Batch":
        momentum = d.of(0.1, 0.5, None)
        settings = d.text(affine=(True, True, False), track_running_stats=(True, False), bias=(True, False))
        return Row(f"BatchNorm{n}d({c}, {eps}, {momentum}, {settings})", d.of(shape, shape[:2]) if n == 1 else shape)
    if kind == "Instance":
        settings = d.text(affine=(True, False), track_running_stats=(True, False))
        return Row(f"InstanceNorm{n}d({c}, {eps}, {settings})", d.of(shape, shape[1:]))
    if kind == "Group":
        return Row(f"GroupNorm({d.of(1, 2, c)}, {c}, {eps}, {d.of(True, False)})", shape)
    last = shape[-d.of(1, 2) :]
    return Row(f"{kind}Norm({last}, {eps}, {d.of(True, False)})", shape)


def loss(d: Draw) -> Row:
    n, c, more = d.of(1, 3), d.of(2, 4), d.of((), (2,), (2, 3))
    shape, weight = (n, c, *more), d.of("None", f"tensor({[0.5 + i for i in range(c)]})")
    r = f"reduction={d.of('mean', 'sum', 'none')!r}"
    kind = d.of("classes", "probabilities", "numbers", "logits", "margins", "distances")
    if kind == "classes":
        name, smoothing = d.of(("NLLLoss", ""), ("CrossEntropyLoss", f", label_smoothing={d.of(0.0, 0.1, 1.0)}"))
        settings = f"weight={weight}, ignore_index={d.of(-100, 0, 1)}, {r}{smoothing}"
        return Row(f"{name}({settings})", shape, d.ints(c, n, *more))
    if kind == "probabilities":
        target = d.numpy.uniform(0.1, 1, shape)
        return Row(f"CrossEntropyLoss({r}, weight={weight}, label_smoothing={d.of(0.0, 0.3)})", shape, target)
    if kind == "numbers":
        build = d.of("L1Loss({})", "MSELoss({})", "SmoothL1Loss({}, beta=0.3)", "HuberLoss({}, delta=0.3)")
        return Row(build.format(r), shape, shape)
    if kind == "logits":
        return Row(
            f"BCEWithLogitsLoss({r}, weight={weight}, pos_weight={weight})", (n, c), d.numpy.uniform(0, 1, (n, c))
        )
    signs = np.where(d.ints(2, n, c) == 0, -1, 1)
    if kind == "margins":
        if d.of(True, False):
            return Row(f"MultiMarginLoss({r}, p={d.of(1, 2)}, margin=0.4, weight={weight})", (n, c), d.ints(c, n))
        return Row(d.of(f"HingeEmbeddingLoss({r}, margin=0.5)", f"SoftMarginLoss({r})"), (n, c), signs)
    if d.of(True, False):
        return Row(f"CosineEmbeddingLoss({r}, margin=0.2)", (n, c), (n, c), signs[:, 0])
    return Row(f"TripletMarginLoss({r}, p={d.of(1.0, 2.0, 3.0)}, swap={d.of(True, False)})", (n, c), (n, c), (n, c))


def attention(d: Draw) -> Row:
    e, heads, length, source, batch = d.of(4, 6), d.of(1, 2), d.of(1, 3), d.of(2, 4), d.of(1, 2)
    single, first = d.of(False, False, True), d.of(True, False)
    kdim, vdim = d.of(None, None, 3), d.of(None, None, 5)
    kwargs: dict[str, Any] = dict(need_weights=d.of(True, False), average_attn_weights=d.of(True, False))
    forbidden = d.of(None, d.mask(length, source), d.mask((1 if single else batch) * heads, length, source))
    if forbidden is not None:
        kwargs["attn_mask"] = d.of(forbidden, np.where(forbidden, -np.inf, 0.5))
    if d.of(True, False):
        kwargs["key_padding_mask"] = d.mask(*(source,) if single else (batch, source))

    def sized(steps: int, features: int) -> tuple[int, ...]:
        return (steps, features) if single else (batch, steps, features) if first else (steps, batch, features)

    settings = d.text(
        bias=(True, False), add_bias_kv=(False, True), add_zero_attn=(False, True), kdim=[kdim], vdim=[vdim]
    )
    inputs = sized(length, e), sized(source, kdim or e), sized(source, vdim or e)
    return Row(f"MultiheadAttention({e}, {heads}, {settings}, batch_first={first})", *inputs, **kwargs)


def transformer(d: Draw) -> Row:
    first, length, source, batch = d.of(True, False), 3, 4, 2
    act = d.of("'relu'", "'gelu'", "F.silu")
    layer = f"4, 2, dim_feedforward=5, dropout=0.0, activation={act}, batch_first={first}, "
    layer += d.text(norm_first=(True, False), bias=(True, False))
    causal = np.triu(np.ones((length, length)), 1).astype(bool)

    def sized(steps: int) -> tuple[int, ...]:
        return (batch, steps, 4) if first else (steps, batch, 4)

    def some(**masks: Any) -> dict[str, Any]:
        return {k: v for k, v in masks.items() if d.of(True, False)}

    padding, memory = d.mask(batch, length), d.mask(batch, source)
    if d.of(True, False):
        masks = some(src_key_padding_mask=padding)
        if d.of(True, False):
            return Row(f"TransformerEncoderLayer({layer})", sized(length), **some(src_mask=causal), **masks)
        end = d.of("None", "LayerNorm(4)")
        build = f"TransformerEncoder(TransformerEncoderLayer({layer}), 2, {end})"
        return Row(build, sized(length), **some(mask=causal), **masks)
    build = f"TransformerDecoderLayer({layer})"
    build = d.of(build, f"TransformerDecoder({build}, 2, {d.of('None', 'LayerNorm(4)')})")
    masks = some(tgt_mask=causal, tgt_key_padding_mask=padding, memory_key_padding_mask=memory)
    return Row(build, sized(length), sized(source), **masks)


def recurrent(d: Draw) -> Row:
    kind, inputs, hidden, layers = d.of("RNN", "LSTM", "GRU"), d.of(1, 3), d.of(2, 4), d.of(1, 2)
    both, first, steps, batch = d.of(True, False), d.of(True, False), d.of(1, 4), d.of(1, 2)
    proj = d.of(0, 1) if kind == "LSTM" else 0
    more = {"RNN": d.text(nonlinearity=("tanh", "relu")), "LSTM": f"proj_size={proj}", "GRU": ""}[kind]
    single = d.of(False, False, True)
    lead = () if single else (batch,)
    x = (steps, inputs) if single else (batch, steps, inputs) if first else (steps, batch, inputs)
    given: list[Any] = [x]
    if d.of(True, False):
        rows = layers * (2 if both else 1)
        h, c = (rows, *lead, proj or hidden), (rows, *lead, hidden)
        given.append([h, c] if kind == "LSTM" else h)
    settings = d.text(num_layers=[layers], bias=(True, False), batch_first=[first], bidirectional=[both])
    return Row(f"{kind}({inputs}, {hidden}, {settings}, {more})", *given)


def lookup(d: Draw) -> Row:
    padding = d.of(None, 0, -1)
    if d.of(True, False):
        settings = d.text(
            padding_idx=[padding], max_norm=(None, 1.0), norm_type=(2.0, 1.0), scale_grad_by_freq=(True, False)
        )
        return Row(f"Embedding(7, 3, {settings})", d.ints(7, *d.of((), (3,), (2, 3), (0,))))
    mode, ends = d.of("sum", "mean", "max"), d.of(True, False)
    settings = d.text(mode=[mode], padding_idx=[padding], include_last_offset=[ends], max_norm=(None, 1.0))
    if d.of(True, False):
        given: list[Any] = [d.ints(7, 2, 4)]
    else:
        given = [d.ints(7, 6), np.array(d.of([0, 2, 6], [0, 0, 4] if not ends else [0, 0, 6]))]
    kwargs: dict[str, Any] = {"per_sample_weights": given[0].shape} if mode == "sum" and d.of(True, False) else {}
    return Row(f"EmbeddingBag(7, 3, {settings})", *given, **kwargs)


FAMILIES: list[Callable[[Draw], Row]] = [
    convolution, transposed, pooling, norm, loss, attention, transformer, recurrent, lookup
]  # fmt: skip


def outcome(row: Row, module: Any, library: Any, twice: bool = True) -> tuple[list[np.ndarray], ...]:
    """Results, gradients towards parameters and inputs, the gradients of a number made of these, and running statistics."""
    out, leaves = call(row, module, library)
    results, variables = list(tensors(out)), [*module.parameters(), *leaves]
    floating = [t for t in results if t.is_floating_point() and t.requires_grad]

    def seed(i: int, like: Any) -> Any:
        return library.tensor(np.asarray(np.random.default_rng(i).standard_normal(tuple(like.shape))))

    def plain(found: Any, like: list[Any]) -> list[np.ndarray]:
        """A gradient that is not there is as good as zero."""
        return [np.zeros(tuple(v.shape)) if t is None else t.numpy(force=True).copy() for t, v in zip(found, like)]

    nothing = [None] * len(variables)
    grads, second = nothing, nothing
    if floating and variables:
        seeds = [seed(i, t) for i, t in enumerate(floating)]
        grads = library.autograd.grad(floating, variables, seeds, create_graph=twice, allow_unused=True)
        curved = [(g * seed(i, g)).sum() for i, g in enumerate(grads) if g is not None and g.requires_grad]
        if twice and curved:
            second = library.autograd.grad(sum(curved), variables, allow_unused=True)
    state = [v.numpy().copy() for v in module.buffers()]
    return plain(results, results), plain(grads, variables), plain(second, variables), state


@pytest.mark.parametrize("seed", range(SAMPLES))
@pytest.mark.parametrize("family", FAMILIES, ids=[f.__name__ for f in FAMILIES])
def test_like_pytorch(family: Callable[[Draw], Row], seed: int) -> None:
    with sdpa_kernel(SDPBackend.MATH):  # PyTorch's other ways have no second gradient
        check(family(Draw(seed)))


def check(row: Row) -> None:
    try:
        theirs = pair(row)[1]
        call(row, theirs, torch)
    except (RuntimeError, ValueError, TypeError, AssertionError):
        with pytest.raises((RuntimeError, ValueError, TypeError, IndexError)):
            call(row, row.module(tg), tg)
        return
    for mode in ("train", "eval"):
        try:
            wanted = outcome(row, getattr(pair(row)[1], mode)(), torch)
            twice = True
        except RuntimeError as error:  # a loss without a second derivative there
            assert "not implemented" in str(error)
            wanted, twice = outcome(row, getattr(pair(row)[1], mode)(), torch, False), False
        found = outcome(row, getattr(pair(row)[0], mode)(), tg, twice)
        for what, a, b in zip(("results", "gradients", "second gradients", "state"), found, wanted):
            assert len(a) == len(b), (row.id, mode, what)
            for x, y in zip(a, b):
                scale = max(1.0, float(np.abs(y).max())) if y.size else 1.0
                np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-8 * scale, err_msg=f"{row.id} {mode} {what}")
