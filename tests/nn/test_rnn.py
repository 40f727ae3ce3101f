"""Recurrent layers: kernels against their formulas, packed sequences against one sequence at a time, cells against
layers."""

from __future__ import annotations

import gc
import re
import weakref
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor, nn
from tensorgrad.autograd.engine import grad as gradient_of
from tensorgrad.nn.utils.rnn import (
    PackedSequence,
    invert_permutation,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
    unpad_sequence,
)
from tensorgrad.ops.rnn import Gru, Lstm, Rnn

rng = np.random.default_rng(0)


def leaf(*shape: int) -> Tensor:
    return tg.tensor(np.asarray(rng.standard_normal(shape)), requires_grad=True)


KINDS = ["tanh", "relu", "lstm", "lstm-projected", "gru", "gru-without-bias", "lstm-without-bias"]
SIZES = [(3, 3, 3), (4, 2, 1), (1,), (2, 2, 1, 1)]


def layer(kind: str, sizes: tuple[int, ...], reverse: bool) -> tuple[Any, list[Any]]:
    """An operation and its inputs."""
    rows, batch, features, hidden = sum(sizes), sizes[0], 3, 4
    gates = {"t": 1, "r": 1, "l": 4, "g": 3}[kind[0]]
    out = 2 if "projected" in kind else hidden
    biases = [None, None] if "without" in kind else [leaf(gates * hidden), leaf(gates * hidden)]
    weights = [leaf(gates * hidden, features), leaf(gates * hidden, out), *biases]
    if kind[0] == "l":
        states = [leaf(batch, out), leaf(batch, hidden)]
        return Lstm(sizes, reverse), [leaf(rows, features), *states, *weights, leaf(out, hidden) if out == 2 else None]
    op = Gru(sizes, reverse) if kind[0] == "g" else Rnn(sizes, reverse, kind == "relu")
    return op, [leaf(rows, features), leaf(batch, hidden), *weights]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_kernel_and_formula(kind: str, sizes: tuple[int, ...], reverse: bool) -> None:
    op, inputs = layer(kind, sizes, reverse)
    before = [None if x is None else x.array.copy() for x in inputs]
    outs, defined = op(*inputs), op.formula(*inputs)
    leaves = [x for x in inputs if x is not None]
    seeds = [tg.tensor(np.asarray(rng.standard_normal(y.shape))) for y in outs]
    for y, want in zip(outs, defined):
        np.testing.assert_allclose(y.array, want.array, rtol=1e-11, atol=1e-12)
    fused = gradient_of(list(outs), leaves, seeds, retain_graph=True)
    recorded = gradient_of(list(outs), leaves, seeds, create_graph=True)
    wanted = gradient_of(list(defined), leaves, seeds, allow_unused=True)
    for a, b, c in zip(fused, recorded, wanted):
        c = tg.zeros_like(a) if c is None else c
        np.testing.assert_allclose(a.array, c.array, rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(b.array, c.array, rtol=1e-10, atol=1e-11)
    for x, old in zip(inputs, before):
        assert x is None or np.array_equal(x.array, old), "an input was changed"


@pytest.mark.parametrize("kind", KINDS)
def test_second_order(kind: str) -> None:
    op, inputs = layer(kind, (2, 2, 1), True)
    leaves = [x for x in inputs if x is not None]
    assert tg.autograd.gradgradcheck(lambda *xs: _call(op.again(), inputs, xs), leaves, fast_mode=True)


def _call(op: Any, inputs: list[Any], given: Any) -> Any:
    given = iter(given)
    return op(*[None if x is None else next(given) for x in inputs])


def test_results_changed_in_place_are_noticed() -> None:
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        out, _ = kind(3, 4)(tg.ones(5, 2, 3))
        out.mul_(2)
        with pytest.raises(RuntimeError, match="has been changed in place by mul_"):
            out.sum().backward()


def test_buffers_go_after_backward() -> None:
    model = nn.LSTM(3, 4)
    out, _ = model(tg.ones(5, 2, 3))
    node = out.sum().node
    while type(node).__name__ != "Lstm":
        node = next(s for s in getattr(node, "inputs", ()) if s is not None and s.is_op)
    assert node.kept is not None
    out.sum().backward()
    assert node.kept is None
    with pytest.raises(RuntimeError, match="a second time"):
        out.sum().backward()


def test_graphs_die_by_reference_count() -> None:
    gc.disable()
    try:
        out, _ = nn.GRU(3, 4, num_layers=2)(tg.ones(5, 2, 3))
        gone = weakref.ref(out.node)
        del out
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_layers_take_the_cells_steps(kind: str) -> None:
    model = getattr(nn, kind)(3, 4).double()
    cell = getattr(nn, kind + "Cell")(3, 4).double()
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in model.state_dict().items()})
    x, state = leaf(5, 2, 3), None
    out, last = model(x)
    for t in range(5):
        state = cell(x[t], state)
        h = state[0] if kind == "LSTM" else state
        np.testing.assert_allclose(h.detach().numpy(), out[t].detach().numpy(), rtol=1e-12)
    for a, b in zip(last if kind == "LSTM" else [last], state if kind == "LSTM" else [state]):
        np.testing.assert_allclose(a[0].detach().numpy(), b.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_packed_sequences_are_their_parts(kind: str, bidirectional: bool) -> None:
    model = getattr(nn, kind)(3, 4, num_layers=2, bidirectional=bidirectional).double()
    parts = [leaf(n, 3) for n in (2, 5, 1, 5)]
    packed, last = model(pack_sequence(parts, enforce_sorted=False))
    single = [model(p) for p in parts]
    for a, (b, _) in zip(unpack_sequence(packed), single):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-11)
    for i, (_, ends) in enumerate(single):
        for a, b in zip(last if kind == "LSTM" else [last], ends if kind == "LSTM" else [ends]):
            np.testing.assert_allclose(a[:, i].detach().numpy(), b.detach().numpy(), rtol=1e-11)
    loss = sum(out.square().sum() for out in unpack_sequence(packed))
    wanted = sum(out.square().sum() for out, _ in single)
    variables = [*parts, *model.parameters()]
    for a, b in zip(gradient_of(loss, variables), gradient_of(wanted, variables)):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-9, atol=1e-11)


def test_a_batch_of_none() -> None:
    out, h = nn.GRU(3, 4)(tg.zeros(5, 0, 3))
    assert out.shape == (5, 0, 4) and h.shape == (1, 0, 4)


def test_dropout_between_layers() -> None:
    tg.manual_seed(0)
    model = nn.GRU(3, 4, num_layers=2, dropout=1.0)
    out, h = model(tg.ones(5, 2, 3))
    other = model(tg.zeros(5, 2, 3))[0]
    assert out.tolist() == other.tolist(), "nothing reaches the second layer"
    assert model.eval()(tg.ones(5, 2, 3))[0].tolist() != out.tolist()


def test_weights() -> None:
    model = nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2)
    assert [len(w) for w in model.all_weights] == [5] * 4
    assert model.all_weights[1][0] is model.weight_ih_l0_reverse and model.flatten_parameters() is None
    assert abs(model.weight_hh_l1).max().item() <= 0.5


# ---- packing --------------------------------------------------------------------------------------------------------


def test_packing() -> None:
    x = tg.tensor(np.arange(12.0).reshape(4, 3))  # four steps of three sequences
    pack = pack_padded_sequence(x, [4, 2, 1])
    assert pack.data.tolist() == [0, 1, 2, 3, 4, 6, 9] and pack.batch_sizes.tolist() == [3, 2, 1, 1]
    assert pack.sorted_indices is None and pack.unsorted_indices is None
    padded, lengths = pad_packed_sequence(pack, padding_value=-1)
    assert padded.tolist() == [[0, 1, 2], [3, 4, -1], [6, -1, -1], [9, -1, -1]] and lengths.tolist() == [4, 2, 1]
    mixed = pack_padded_sequence(x, tg.tensor([1, 4, 2]), enforce_sorted=False)
    assert mixed.data.tolist() == [1, 2, 0, 4, 5, 7, 10]
    assert mixed.sorted_indices.tolist() == [1, 2, 0] and mixed.unsorted_indices.tolist() == [2, 0, 1]
    assert pad_packed_sequence(mixed, batch_first=True, total_length=5)[0].shape == (3, 5)
    assert invert_permutation(tg.tensor([2, 0, 1])).tolist() == [1, 2, 0] and invert_permutation(None) is None
    assert isinstance(pack, tuple) and len(pack) == 4
    again = PackedSequence((pack.data, pack.batch_sizes))
    assert again.data is pack.data and again.float().data.dtype is tg.float32 and again.double() is again
    assert again.to(tg.float32).batch_sizes is pack.batch_sizes and again.cpu().pin_memory().is_cuda is False


def test_padding() -> None:
    parts = [tg.tensor([1.0, 2.0]), tg.tensor([3.0])]
    assert pad_sequence(parts).tolist() == [[1, 3], [2, 0]]
    assert pad_sequence(parts, batch_first=True, padding_value=9).tolist() == [[1, 2], [3, 9]]
    assert pad_sequence(parts, batch_first=True, padding_side="left").tolist() == [[1, 2], [0, 3]]
    assert [p.tolist() for p in unpad_sequence(pad_sequence(parts), [2, 1])] == [[1, 2], [3]]
    assert [p.tolist() for p in unpack_sequence(pack_sequence(parts))] == [[1, 2], [3]]


def test_packing_is_differentiable() -> None:
    x = leaf(4, 3, 2)

    def there_and_back(x: Tensor) -> Tensor:
        return pad_packed_sequence(pack_padded_sequence(x, [2, 4, 1], enforce_sorted=False))[0].square()

    assert tg.autograd.gradcheck(there_and_back, x) and tg.autograd.gradgradcheck(there_and_back, x)
    parts = [leaf(2), leaf(3)]
    assert tg.autograd.gradcheck(lambda *p: pad_sequence(p).square(), parts)


ERRORS = [
    (lambda: pack_padded_sequence(tg.zeros(4, 3), [1, 2, 3]), ValueError,
     "pack_padded_sequence: lengths [1, 2, 3] must not rise. Sort the sequences, or pass enforce_sorted=False."),
    (lambda: pack_padded_sequence(tg.zeros(4, 3), [5, 2, 1]), ValueError,
     "pack_padded_sequence: each length must be from 1 to 4, the padded length, got [5, 2, 1]."),
    (lambda: pack_padded_sequence(tg.zeros(4, 3), [2, 0, 0]), ValueError, "each length must be from 1 to 4"),
    (lambda: pack_padded_sequence(tg.zeros(4, 3), [2, 1]), ValueError,
     "pack_padded_sequence: lengths must be one number per sequence, (3,), got (2,)."),
    (lambda: pad_packed_sequence(pack_padded_sequence(tg.zeros(4, 1), [3]), total_length=2), ValueError,
     "pad_packed_sequence: total_length 2 is shorter than a sequence of 3."),
    (lambda: pad_sequence([]), ValueError, "pad_sequence: needs a list of at least one sequence."),
    (lambda: pad_sequence([tg.zeros(2), 3]), TypeError, "pad_sequence: sequence 1 must be a Tensor with a length, got 3."),
    (lambda: pad_sequence([tg.zeros(2, 3), tg.zeros(2, 4)]), ValueError,
     "pad_sequence: sequences may differ in length only; sequence 1 has shape (2, 4), the first (2, 3)."),
    (lambda: pad_sequence([tg.zeros(2)], padding_side="top"), ValueError,
     "pad_sequence: padding_side must be 'left' or 'right', got 'top'."),
    (lambda: PackedSequence(tg.zeros(2)), TypeError, "PackedSequence: needs data and batch_sizes"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case: int) -> None:
    call, error, text = ERRORS[case]
    with pytest.raises(error, match=re.escape(text)):
        call()
