"""What a Transformer offers beside its layers."""

from __future__ import annotations

import inspect
from math import inf

import tensorgrad as tg
from tensorgrad import nn


def test_generate_square_subsequent_mask() -> None:
    make = nn.Transformer.generate_square_subsequent_mask
    assert make(3).tolist() == [[0, -inf, -inf], [0, 0, -inf], [0, 0, 0]] and make(3).dtype is tg.float32
    assert make(1).tolist() == [[0]] and make(0).shape == (0, 0)
    wide = make(2, device="meta", dtype=tg.float64)
    assert wide.dtype is tg.float64 and wide.device == tg.device("meta") and wide.shape == (2, 2)


def test_no_step_sees_what_comes_after_it() -> None:
    tg.manual_seed(0)
    net = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True).double()
    x = tg.randn(1, 5, 4, dtype=tg.float64, requires_grad=True)
    out = net(x, src_mask=nn.Transformer.generate_square_subsequent_mask(5, dtype=tg.float64), is_causal=True)
    out[0, 2, 0].backward()
    seen = x.grad.abs().sum(-1)[0]
    assert (seen[:3] > 0).all() and (seen[3:] == 0).all()


def test_defaults() -> None:
    """As in the paper; PyTorch's signature is compared in tests/oracle."""
    found = {k: p.default for k, p in inspect.signature(nn.Transformer).parameters.items()}
    del found["activation"]
    assert found == dict(
        d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1,
        custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-5, batch_first=False, norm_first=False, bias=True,
        device=None, dtype=None,
    )  # fmt: skip
    small = nn.Transformer(4, 2, 1, 1, 8)
    assert small.encoder.layers[0].activation is small.decoder.layers[0].activation is nn.functional.relu
