"""Tables of embeddings made from given rows."""

from __future__ import annotations

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn

ROWS = [[1.0, 2.0], [3.0, 4.0], [30.0, 40.0]]


@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_from_pretrained_shares_the_rows_and_freezes_them(kind: type) -> None:
    rows = tg.tensor(ROWS)
    for freeze, trained in (({}, False), ({"freeze": True}, False), ({"freeze": False}, True)):
        table = kind.from_pretrained(rows, **freeze)
        assert type(table) is kind and isinstance(table.weight, nn.Parameter) and table.weight.requires_grad is trained
        assert np.shares_memory(table.weight.array, rows.array) and not rows.requires_grad
        assert repr(table) == repr(kind(3, 2))


def test_settings_of_an_embedding() -> None:
    table = nn.Embedding.from_pretrained(tg.tensor(ROWS), False, 1, 5.0, 1.0, True)
    assert repr(table) == "Embedding(3, 2, padding_idx=1, max_norm=5.0, norm_type=1.0, scale_grad_by_freq=True)"
    out = table(tg.tensor([0, 1, 2, 0]))
    np.testing.assert_allclose(out.detach().numpy()[2], [30 / 14, 40 / 14], rtol=1e-5)  # |30| + |40| becomes 5
    assert out[1].tolist() != [0, 0], "the given row of the padding stays"
    out.sum().backward()
    assert table.weight.grad.tolist() == [[1, 1], [0, 0], [1, 1]], "twice there, half each time; none to the padding"


def test_settings_of_a_bag() -> None:
    def bag(*settings: object, **named: object) -> nn.EmbeddingBag:
        return nn.EmbeddingBag.from_pretrained(tg.tensor(ROWS), *settings, **named)

    two = tg.tensor([[0, 1]])
    assert bag()(two).tolist() == [[2, 3]] and bag(mode="sum")(two).tolist() == [[4, 6]]
    assert bag(mode="max")(two).tolist() == [[3, 4]] and bag(mode="sum", padding_idx=0)(two).tolist() == [[3, 4]]
    ends = tg.tensor([0, 1, 2])
    assert bag(mode="sum", include_last_offset=True)(two[0], ends).tolist() == ROWS[:2]
    np.testing.assert_allclose(bag(True, 3.0, 1.0, mode="sum")(two).tolist(), [[1 + 9 / 7, 2 + 12 / 7]], rtol=1e-5)
    full = bag(False, 3.0, 1.0, True, "sum", False, True, 2)
    assert repr(full) == (
        "EmbeddingBag(3, 2, max_norm=3.0, norm_type=1.0, scale_grad_by_freq=True, mode='sum', padding_idx=2)"
    )
    assert full.include_last_offset and full.weight.requires_grad


def test_a_weight_that_is_given() -> None:
    rows = tg.tensor(ROWS)
    table = nn.Embedding(3, 2, _weight=rows)
    assert np.shares_memory(table.weight.array, rows.array) and table.weight.requires_grad
    assert table(tg.tensor(1)).tolist() == [3, 4]
    assert not nn.Embedding(3, 2, _weight=rows, _freeze=True).weight.requires_grad
