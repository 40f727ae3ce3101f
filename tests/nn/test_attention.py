"""Asking for one of PyTorch's ways to compute attention."""

from __future__ import annotations

import pytest

import tensorgrad as tg
from tensorgrad.nn.attention import SDPBackend, sdpa_kernel


def test_the_ways_have_pytorchs_numbers() -> None:
    names = "ERROR MATH FLASH_ATTENTION EFFICIENT_ATTENTION CUDNN_ATTENTION OVERRIDEABLE"
    assert [(way.name, way.value) for way in SDPBackend] == list(zip(names.split(), range(-1, 5)))


@pytest.mark.parametrize("ways", [SDPBackend.MATH, [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]])
def test_inside_attention_is_what_it_is_anywhere(ways: object) -> None:
    q = tg.randn(1, 2, 3, 4, generator=tg.Generator().manual_seed(0))
    plain = tg.nn.functional.scaled_dot_product_attention(q, q, q)
    with sdpa_kernel(ways, set_priority=True):
        assert tg.equal(tg.nn.functional.scaled_dot_product_attention(q, q, q), plain)
