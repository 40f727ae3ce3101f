"""What PyTorch's optimizers and schedules make of tests/optim/problem.py, every row of tests/optim/table.py.

    python -m tests.oracle.golden_optim        writes tests/optim/golden.json
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch

from tests.optim.problem import METRICS, flat, plateau, rates, train
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


def main() -> None:
    plateaus = [short(flat(plateau(torch, options, METRICS))) for options in PLATEAUS]
    found = {"optimizers": optimizers(), "schedules": schedules(), "plateaus": plateaus}
    lines = json.dumps(found, indent=1)
    # a list of numbers on one line
    HERE.write_text(lines.replace(",\n    ", ", ").replace("[\n    ", "[").replace("\n   ]", "]") + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
