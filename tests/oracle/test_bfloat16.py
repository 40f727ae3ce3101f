"""bfloat16 beside PyTorch: the usual operations, value and gradient, to the last digits that bfloat16 has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg

pytest.importorskip("ml_dtypes")

LINES = """
x + y; x - y; x * y; x / y; x + 1; x * 2.5; x / 3; 1 - x; x ** 2; x ** 3; y ** 2.5; y ** x; x.exp(); y.log(); y.sqrt(); x.tanh()
x.sigmoid(); x.relu(); x.abs(); x.neg(); x.clamp(-0.5, 0.5); x.clamp(min=0.25); x.sum(); x.sum(0); x.mean(1); x.max(); x.amax(0)
x.softmax(1); x.log_softmax(1); x.logsumexp(1); x @ y.t(); x.t(); x[0]; x[:, 1:]; x.reshape(-1); torch.cat([x, y]); x.cumsum(1)
torch.where(x > 0, x, y); torch.lerp(x, y, 0.3); torch.addcmul(x, x, y, value=0.5); torch.addcdiv(x, x, y, value=2)
F.leaky_relu(x, 0.2); F.elu(x); F.gelu(x); F.silu(x); F.softplus(x); F.hardtanh(x); F.hardsigmoid(x); F.hardswish(x)
F.softshrink(x, 0.3); F.relu6(x); F.mse_loss(x, y); F.smooth_l1_loss(x, y); F.huber_loss(x, y); F.linear(x, y)
F.layer_norm(x, (4,)); F.cosine_similarity(x, y); x + i; x.float() + x; x.half() + x; torch.maximum(x, y); x.std(1); x.norm()
""".replace("\n", ";").split(";")


@pytest.mark.parametrize("line", [line.strip() for line in LINES if line.strip()])
def test_line(line: str) -> None:
    rng = np.random.default_rng(0)
    numbers = [rng.standard_normal((3, 4)), rng.uniform(0.5, 2, (3, 4))]

    def run(lib: Any) -> tuple[Any, list[Any]]:
        leaves = [lib.tensor(a.tolist()).to(lib.bfloat16).requires_grad_() for a in numbers]
        names = {"torch": lib, "F": lib.nn.functional, "x": leaves[0], "y": leaves[1], "i": lib.arange(4)}
        out = eval(line, names)
        out.float().sum().backward()
        return out, [leaf.grad for leaf in leaves]

    (theirs, want), (ours, got) = run(torch), run(tg)
    for a, b in zip([ours, *got], [theirs, *want], strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert repr(a.dtype) == str(b.dtype).replace("torch", "tensorgrad") and tuple(a.shape) == tuple(b.shape)
            close = {"rtol": 2e-2, "atol": 2e-2}
            np.testing.assert_allclose(a.detach().float().numpy(), b.detach().float().numpy(), **close)
