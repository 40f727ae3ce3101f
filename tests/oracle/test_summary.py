"""Parameters and products counted as PyTorch counts them; its counter knows products alone, ours the rest too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import tensorgrad as tg
from tensorgrad.summary import summary

# name → (model, shapes of its inputs, whether everything it does is a product)
MODELS: dict[str, tuple[Callable[[Any], Any], list[tuple[int, ...]], bool]] = {
    "linear": (lambda nn: nn.Linear(30, 20), [(7, 30)], True),
    "conv1d in groups": (lambda nn: nn.Conv1d(4, 8, 3, groups=2), [(2, 4, 12)], True),
    "conv2d": (lambda nn: nn.Conv2d(3, 8, 5, stride=2, padding=1), [(2, 3, 12, 12)], True),
    "conv3d": (lambda nn: nn.Conv3d(3, 4, 2, dilation=2), [(1, 3, 5, 5, 5)], True),
    "conv_transpose2d": (lambda nn: nn.ConvTranspose2d(3, 8, 5, stride=2, padding=1), [(2, 3, 12, 12)], True),
    "gru": (lambda nn: nn.GRU(5, 7), [(4, 3, 5)], False),
    "rnn": (lambda nn: nn.RNN(5, 7, 2), [(4, 3, 5)], False),
    "lstm cell": (lambda nn: nn.LSTMCell(5, 7), [(3, 5)], False),
    "attention": (lambda nn: nn.MultiheadAttention(8, 2, batch_first=True), [(2, 5, 8)] * 3, False),
    "encoder": (lambda nn: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), [(2, 5, 8)], False),
    "decoder": (lambda nn: nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), [(2, 5, 8), (2, 6, 8)], False),
    "transformer": (lambda nn: nn.Transformer(8, 2, 1, 1, 16, batch_first=True), [(2, 5, 8), (2, 6, 8)], False),
}


@pytest.mark.parametrize("name", MODELS)
def test_counts(name: str) -> None:
    make, shapes, products_alone = MODELS[name]
    theirs = make(torch.nn).eval()
    with FlopCounterMode(display=False) as counter:
        theirs(*(torch.zeros(shape) for shape in shapes))
    ours = summary(make(tg.nn), shapes if len(shapes) > 1 else shapes[0])
    assert ours.parameters == sum(p.numel() for p in theirs.parameters())
    products = counter.get_total_flops()
    assert products == ours.flops if products_alone else products < ours.flops < 1.6 * products
