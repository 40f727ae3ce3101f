"""Editors and mypy know the methods that are attached to Tensor from a generated file, which must not fall behind."""

from __future__ import annotations

import tensorgrad as tg
from tests import stub


def test_the_stub_is_what_would_be_generated() -> None:
    assert stub.STUB.read_text() == stub.text(), "tensorgrad/methods.pyi is not up to date: run `make stub`."


def test_it_names_every_public_method_and_where_it_is() -> None:
    written = stub.STUB.read_text()
    known = stub.own_names()
    for name in vars(tg.Tensor):
        if not name.startswith("_") and name not in known:
            assert f" {name} = " in written or f" {name}: " in written or f"def {name}(" in written, name
    assert "    exp = _ops_elementwise.exp\n" in written and "    exp_ = _ops_elementwise.exp\n" in written
