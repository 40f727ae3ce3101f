"""summary: numbers counted by hand."""

from __future__ import annotations

import doctest
import importlib
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn
from tensorgrad.nn import functional as F
from tensorgrad.summary import summary


class Calls(nn.Module):
    """Any function as a model."""

    def __init__(self, function: Any, **parameters: Any) -> None:
        super().__init__()
        self.function = function
        for name, value in parameters.items():
            setattr(self, name, nn.Parameter(value))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


def flops(function: Any, *inputs: Any, **parameters: Any) -> int:
    return summary(function if isinstance(function, nn.Module) else Calls(function, **parameters), inputs).flops


@pytest.mark.parametrize(
    ("model", "shape", "expected"),
    [
        (nn.Linear(30, 20), (7, 30), 2 * 7 * 30 * 20),
        (nn.Linear(30, 20, bias=False), (7, 3, 30), 2 * 7 * 3 * 30 * 20),
        (nn.Conv2d(3, 8, 5), (2, 3, 12, 12), 2 * (2 * 8 * 8 * 8) * (3 * 5 * 5)),
        (nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=4), (1, 4, 8, 8), 2 * (8 * 4 * 4) * (1 * 3 * 3)),
        (nn.Conv1d(2, 6, 3, dilation=2), (1, 2, 10), 2 * (6 * 6) * (2 * 3)),
        (nn.Conv3d(1, 2, 2), (1, 1, 3, 3, 3), 2 * (2 * 2 * 2 * 2) * 8),
        (nn.ConvTranspose2d(4, 6, 3, stride=2), (2, 4, 5, 5), 2 * (2 * 4 * 5 * 5) * (6 * 3 * 3)),
        (nn.ConvTranspose2d(4, 6, 3, groups=2), (1, 4, 5, 5), 2 * (4 * 5 * 5) * (3 * 3 * 3)),
        (nn.ReLU(), (3, 4), 12),
        (nn.Softmax(-1), (3, 4), 3 * 12),
        (nn.MaxPool2d(2), (1, 1, 8, 8), 64),
        (nn.Flatten(), (2, 3, 4), 0),
        (nn.Dropout(0.5), (3, 4), 0),
        (nn.Identity(), (3, 4), 0),
        (nn.Bilinear(3, 4, 5), None, None),
    ],
)  # fmt: skip
def test_flops_of_modules(model: nn.Module, shape: Any, expected: int | None) -> None:
    if shape is None:  # x·W·z: first x·W for every output, then its product with z, and the bias
        assert summary(model, (tg.ones(2, 3), tg.ones(2, 4))).flops >= 2 * 2 * 5 * 3 * 4
        return
    found = summary(model, shape)
    assert found.flops == found.layers[0].flops == expected


def test_flops_of_functions() -> None:
    a, b = tg.ones(2, 5, 6), tg.ones(2, 6, 7)
    assert flops(lambda x, z: x @ z, a, b) == 2 * 2 * 5 * 6 * 7
    assert flops(lambda x, z: tg.einsum("bij,bjk->bik", x, z), a, b) == 2 * 2 * 5 * 6 * 7
    assert flops(lambda x, z: tg.einsum("i,j->ij", x, z), tg.ones(3), tg.ones(4)) == 2 * 12
    assert flops(lambda x, z: x.dot(z), tg.ones(9), tg.ones(9)) == 18
    assert flops(lambda x, z: x.mv(z), tg.ones(4, 9), tg.ones(9)) == 2 * 4 * 9
    assert flops(lambda x: (x + 1) * x.exp(), tg.ones(3, 4)) == 3 * 12
    assert flops(lambda x, z: x + z, tg.ones(3, 1), tg.ones(1, 4)) == 12
    assert flops(lambda x: x.sum(0), tg.ones(3, 4)) == 12
    assert flops(lambda x: tg.cat([x.T, x.T]).reshape(-1)[2:5].clone(), tg.ones(3, 4)) == 0
    assert flops(lambda i, w: F.embedding(i, w), tg.tensor([1, 2]), tg.ones(5, 3)) == 0
    # weights that are not trained cost as much
    frozen = nn.Linear(3, 4).requires_grad_(False)
    assert flops(frozen, tg.ones(2, 3)) == 2 * 2 * 3 * 4


def test_fused_operations_count_as_their_definition() -> None:
    """Attention: q·kᵀ, times the scale, softmax, times v; an LSTM: its gates, step by step."""
    B, H, L, S, E = 2, 3, 4, 5, 6
    q, k, v = tg.ones(B, H, L, E), tg.ones(B, H, S, E), tg.ones(B, H, S, E)
    scores = B * H * L * S
    assert flops(F.scaled_dot_product_attention, q, k, v) == 2 * scores * E + scores + 3 * scores + 2 * scores * E
    T, N, D, K = 4, 2, 3, 5
    products = T * N * (2 * D * 4 * K + 2 * K * 4 * K)
    biases = T * N * 4 * K * 2  # two of them, added
    sums = T * N * 4 * K  # of what comes from x and from h
    gates = T * N * K * (3 + 1 + 1)  # σ, σ, σ, tanh, and tanh of the cell
    cells = T * N * K * (1 + 1 + 1 + 1)  # f·c, i·g, their sum, o·tanh(c)
    assert flops(nn.LSTM(D, K), tg.ones(T, N, D)) == products + biases + sums + gates + cells
    x = tg.ones(8, 10)
    assert 4 * 80 <= flops(nn.LayerNorm(10), x) <= 9 * 80


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8))
        self.head = nn.Linear(8, 2)
        self.spare = nn.Linear(3, 3)
        self.register_buffer("scale", tg.ones(8))

    def forward(self, x: Any) -> Any:
        for _ in range(2):
            y = self.body(x)
        return self.head(y * self.scale), y.sum()


def test_layers() -> None:
    found = summary(Net(), (5, 4))
    at = {layer.path: layer for layer in found.layers}
    assert list(at) == ["", "body", "body.0", "body.1", "body.2", "head", "spare"]
    assert at[""].output == [(5, 2), ()] and at["body"].output == (5, 8) and at["spare"].output is None
    assert [at[p].calls for p in at] == [1, 2, 2, 2, 2, 1, 0] and [at[p].depth for p in at] == [0, 1, 2, 2, 2, 1, 1]
    assert at["body"].parameters == (4 * 8 + 8) + (8 * 8 + 8) and at["head"].parameters == 18
    assert at["body.0"].flops == 2 * (2 * 5 * 4 * 8) and at["body.1"].flops == 2 * 40 and at["body.2"].flops == 2 * 640
    assert at["body"].flops == at["body.0"].flops + at["body.1"].flops + at["body.2"].flops
    assert found.flops == at["body"].flops + 40 + 2 * 5 * 8 * 2 + 40  # and y·scale, the head, y.sum()
    assert found.parameters == at[""].parameters == 112 + 18 + 12 and found.parameter_bytes == 4 * 142
    assert found.buffer_bytes == 32


def test_what_is_saved_for_backward() -> None:
    """Each relu its result, 5 × 8 floats; the last linear layer its input, which is a product. The input, the parameters
    and what two of them share are not counted twice."""
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    found = summary(model, (5, 4))
    assert [layer.saved for layer in found.layers] == [320, 0, 160, 0, 160, 0]
    assert summary(nn.Sequential(nn.Flatten(), nn.Identity()), (5, 2, 2)).saved == 0
    assert summary(nn.LSTM(3, 5), (4, 2, 3)).saved > 4 * 2 * 5 * 4


def test_shared_and_frozen_parameters() -> None:
    shared = nn.Linear(3, 3)
    tied = nn.Sequential(shared, nn.ReLU(), shared)
    found = summary(tied, (1, 3))
    assert found.parameters == 12 and found.flops == 2 * 18 + 3 and "×2" in str(found)
    shared.bias.requires_grad_(False)
    found = summary(tied, (1, 3))
    assert (found.parameters, found.trainable) == (12, 9) and "parameters 12, 9 of them trained: 48 B" in str(found)


def test_the_model_is_as_before() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    model[1].eval()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    rng = tg.get_rng_state()
    x = tg.ones(6, 4)
    for mode in ("eval", "train"):
        found = summary(model, x, mode=mode)
        assert (found.layers[3].flops > 0) is (mode == "train")
    assert [m.training for m in model.modules()] == [True, True, False, True] and not x.requires_grad
    assert all(tg.equal(v, state[k]) for k, v in model.state_dict().items())
    assert tg.equal(tg.get_rng_state(), rng) and all(p.grad is None for p in model.parameters())

    class Failing(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ArithmeticError("no")

    bad = nn.Sequential(nn.Linear(4, 4), Failing())
    with pytest.raises(ArithmeticError):
        summary(bad, x)
    assert bad.training and not bad._hooked


def test_inputs() -> None:
    double = nn.Linear(3, 2).double()
    assert summary(double, (4, 3)).layers[0].output == summary(double, [4, 3]).layers[0].output == (4, 2)
    assert summary(Calls(lambda x, z=0: x + z), {"x": tg.ones(2), "z": tg.ones(2)}).flops == 2
    assert summary(Calls(lambda: tg.ones(3))).layers[0].output == (3,)
    assert summary(nn.Embedding(10, 4), tg.tensor([[1, 2]])).layers[0].output == (1, 2, 4)
    assert summary(Calls(lambda x: {"a": x, "b": None}), tg.ones(2)).layers[0].output == {"a": (2,), "b": None}
    bilinear = summary(nn.Bilinear(3, 4, 5), (tg.ones(2, 3), tg.ones(2, 4)))
    for given in ([(2, 3), (2, 4)], ((2, 3), np.ones((2, 4), np.float32)), {"input1": [2, 3], "input2": tg.ones(2, 4)}):
        assert summary(nn.Bilinear(3, 4, 5), given).layers == bilinear.layers
    with tg.no_grad():
        assert summary(nn.Linear(3, 2), (4, 3)).flops == 2 * 4 * 3 * 2


def test_a_model_that_writes_to_its_input() -> None:
    x = tg.ones(2, 4)
    model = nn.Sequential(Calls(lambda x: x.sub_(3.0)), nn.ReLU(inplace=True), nn.Linear(4, 2))
    assert summary(model, x).flops == 8 + 8 + 2 * 2 * 4 * 2 and x.tolist() == [[1.0] * 4] * 2


def test_lazy_modules_take_their_shape() -> None:
    model = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d())
    found = summary(model, (2, 3))
    assert (
        found.parameters == 4 * 3 + 4 + 8 and model[0].in_features == 3 and model[1].running_mean.tolist() == [0.0] * 4
    )
    assert found.layers[1].kind == "Linear" and found.layers[1].saved == 0


def test_a_graph_inside_and_a_checkpoint() -> None:
    inner = nn.Linear(4, 1)
    slope = Calls(lambda x: tg.autograd.grad(inner(x).sum(), x, create_graph=True)[0])
    assert summary(slope, (2, 4)).layers[0].output == (2, 4)
    layer = nn.Linear(4, 4)
    model = Calls(lambda x: tg.utils.checkpoint.checkpoint(layer, x, use_reentrant=False))
    assert summary(model, (2, 4)).flops == 2 * 2 * 4 * 4


def test_tables() -> None:
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2))), nn.Linear(2, 2))
    rows = str(summary(model, (1, 2))).splitlines()
    titles = [row[: rows[0].index("output")].rstrip() for row in rows[2:-3]]
    assert titles == [
        "Sequential",
        "├─ 0: Sequential",
        "│  ├─ 0: Linear",
        "│  └─ 1: Sequential",
        "│     └─ 0: Linear",
        "└─ 1: Linear",
    ]
    assert len({len(row) for row in rows[:-2]}) == 1 and repr(summary(model, (1, 2))) == "\n".join(rows)
    flat = str(summary(model, (1, 2), depth=1)).splitlines()
    assert [row[: flat[0].index("output")].rstrip() for row in flat[2:-3]] == [
        "Sequential",
        "├─ 0: Sequential",
        "└─ 1: Linear",
    ]
    assert "not called" in str(summary(Net(), (5, 4))) and "2.24 k" in str(summary(Net(), (5, 4)))
    module = importlib.import_module("tensorgrad.summary")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: summary(3, (1, 2)), TypeError, "summary: needs an nn.Module, got int"),
        (lambda: summary(nn.Linear(2, 2), "x"), TypeError, "input must be a tensor, .* or a shape, got 'x'"),
        (lambda: summary(nn.Linear(2, 2), (1, 2), depth=-1), ValueError, "depth must be at least 0, got -1"),
        (
            lambda: summary(nn.Linear(2, 2), (1, 2), mode="test"),
            ValueError,
            "mode must be 'eval' or 'train', got 'test'",
        ),
    ],
)
def test_errors(call: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call()


def test_the_module_may_be_called() -> None:
    """`from tensorgrad import summary` gives the page of the function's name; the function is meant."""
    from tensorgrad import summary as page

    model = nn.Linear(3, 2)
    assert str(page(model, (1, 3))) == str(page.summary(model, (1, 3))) == str(summary(model, (1, 3)))


def test_a_model_too_large_for_this_machine() -> None:
    """On the device "meta" the figures are those of a small one, scaled."""
    found = summary(nn.Sequential(nn.Linear(100_000, 50_000, device="meta"), nn.ReLU()), (2, 100_000))
    assert found.layers[1].output == (2, 50_000) and found.layers[1].parameters == 5_000_050_000
    assert found.layers[1].flops == 2 * 2 * 100_000 * 50_000
