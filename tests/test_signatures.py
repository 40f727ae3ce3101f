"""Names, order, kinds and defaults of arguments are PyTorch's, as tests.oracle.golden_signatures has written them down."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from tests.signatures import MODULES, parameters

GOLDEN = json.loads((Path(__file__).parent / "signatures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES)
def test_arguments_and_their_defaults(path: str) -> None:
    ours = importlib.import_module(f"tensorgrad.{path}")
    assert GOLDEN[path]
    different = {}
    for name, wanted in GOLDEN[path].items():
        found = [" ".join(one) for one in parameters(getattr(ours, name))]
        extra = found[len(wanted) :]  # of ours, which must have defaults
        if found[: len(wanted)] != wanted or any("inspect._empty" in one for one in extra):
            different[name] = (wanted, found)
    assert not different, different
