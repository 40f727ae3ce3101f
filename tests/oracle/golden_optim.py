"""What PyTorch's optimizers and schedules make of tests/optim/problem.py, every row of tests/optim/table.py.

    python -m tests.oracle.golden_optim        writes tests/optim/golden.json
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from torch.optim.lbfgs import _strong_wolfe

from tests.optim.problem import LINES, METRICS, SEARCHES, flat, plateau, rates, train
from tests.optim.table import ALL_SCHEDULES, MUON, OPTIMIZERS, PLATEAUS

HERE = Path(__file__).parent.parent / "optim" / "golden.json"


def short(numbers: list[float]) -> list[float]:
    """To the digits that are compared."""
    return [float(f"{x:.13g}") for x in numbers]


def optimizers() -> dict[str, Any]:
    found = {}
    for i, (name, options) in enumerate([*OPTIMIZERS, *(("Muon", m) for m in MUON)]):
        p, _, losses = train(torch, name, options)
        found[f"{name}-{i}"] = {"losses": short(losses), "end": short([v for t in p for v in t.detach().reshape(-1).tolist()])}
    return found


def schedules() -> dict[str, Any]:
    found = {}
    for i, (name, options) in enumerate(ALL_SCHEDULES):
        found[f"{name}-{i}"] = {o: short(flat(rates(torch, name, options, o, 20))) for o in ("SGD", "Adam")}
    return found


def search(line: str, t: float, c2: float) -> list[float]:
    """Where PyTorch's line search looks, and where it ends."""
    f, slope = LINES[line]
    seen = []

    def asked(x: Any, t: Any, d: Any) -> Any:
        seen.append(float(t))
        return f(float(t)), torch.tensor([slope(float(t))], dtype=torch.float64)

    start = torch.tensor([slope(0.0)], dtype=torch.float64)
    d = torch.ones(1, dtype=torch.float64)
    _, _, end, calls = _strong_wolfe(asked, None, t, d, f(0.0), start, slope(0.0), c2=c2)
    assert calls == len(seen)
    return [*seen, float(end)]


def main() -> None:
    plateaus = [short(flat(plateau(torch, options, METRICS))) for options in PLATEAUS]
    searches = [short(search(*s)) for s in SEARCHES]
    found = {"optimizers": optimizers(), "schedules": schedules(), "plateaus": plateaus, "searches": searches}
    lines = json.dumps(found, indent=1)
    # a list of numbers on one line
    HERE.write_text(lines.replace(",\n    ", ", ").replace("[\n    ", "[").replace("\n   ]", "]") + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
