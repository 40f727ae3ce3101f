"""Twenty steps of every optimizer and every schedule: the numbers are PyTorch's, written down by tests.oracle.golden_optim.

PyTorch itself is not needed here; tests/oracle compares with it as it is installed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.optim.lbfgs import strong_wolfe
from tests.optim.problem import LINES, METRICS, SEARCHES, flat, plateau, rates, train
from tests.optim.table import ALL_SCHEDULES, MUON, OPTIMIZERS, PLATEAUS

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
ROWS = [*OPTIMIZERS, *(("Muon", m) for m in MUON)]


def numbered(rows: list[Any]) -> list[Any]:
    return [pytest.param(f"{name}-{i}", name, options, id=f"{name}-{i}") for i, (name, options) in enumerate(rows)]


def test_every_row_is_there() -> None:
    assert list(GOLDEN["optimizers"]) == [p.id for p in numbered(ROWS)]
    assert list(GOLDEN["schedules"]) == [p.id for p in numbered(ALL_SCHEDULES)]
    assert len(GOLDEN["plateaus"]) == len(PLATEAUS) and len(GOLDEN["searches"]) == len(SEARCHES)


@pytest.mark.parametrize(("row", "name", "options"), numbered(ROWS))
def test_optimizers(row: str, name: str, options: dict[str, Any]) -> None:
    golden = GOLDEN["optimizers"][row]
    p, _, losses = train(tg, name, options)
    end = np.concatenate([t.detach().numpy().reshape(-1) for t in p])
    # L-BFGS divides by differences; PyTorch's Muon orthogonalizes in bfloat16
    rtol, atol = {"LBFGS": (1e-6, 1e-9), "Muon": (0.0, 0.05)}.get(name, (1e-9, 1e-11))
    np.testing.assert_allclose(losses, golden["losses"], rtol=rtol, atol=atol)
    np.testing.assert_allclose(end, golden["end"], rtol=rtol, atol=atol)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(("row", "name", "options"), numbered(ALL_SCHEDULES))
def test_schedules(row: str, name: str, options: dict[str, Any], optimizer: str) -> None:
    found = flat(rates(tg, name, options, optimizer, 20))
    np.testing.assert_allclose(found, GOLDEN["schedules"][row][optimizer], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("i", range(len(PLATEAUS)))
def test_plateaus(i: int) -> None:
    np.testing.assert_allclose(flat(plateau(tg, PLATEAUS[i], METRICS)), GOLDEN["plateaus"][i], rtol=1e-12)


@pytest.mark.parametrize("i", range(len(SEARCHES)), ids=[f"{line}-{t}-{c2}" for line, t, c2 in SEARCHES])
def test_where_a_line_search_looks(i: int) -> None:
    line, t, c2 = SEARCHES[i]
    f, slope = LINES[line]
    seen = []

    def asked(t: float) -> tuple[float, Any]:
        seen.append(t)
        return f(t), np.array([slope(t)])

    loss, g, end, calls = strong_wolfe(asked, t, np.ones(1), f(0.0), np.array([slope(0.0)]), slope(0.0), c2=c2)
    assert calls == len(seen) and loss == f(end) and g[0] == slope(end)
    np.testing.assert_allclose([*seen, end], GOLDEN["searches"][i], rtol=1e-8)
