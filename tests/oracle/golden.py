"""What PyTorch says to every row of tests/nn/table.py: its repr, its state, the shapes of its results and their numbers.

    python -m tests.oracle.golden        writes tests/nn/golden.json
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch

from tests.nn.table import ROWS, digest

HERE = Path(__file__).parent.parent / "nn" / "golden.json"


def shapes(out: Any) -> Any:
    """Nested results with shapes and dtypes in the place of tensors."""
    if isinstance(out, torch.Tensor):
        return [str(out.dtype).removeprefix("torch."), *out.shape]
    if isinstance(out, (tuple, list)):
        return {"tuple": [shapes(x) for x in out]}
    return repr(out)


def main() -> None:
    found = {}
    for row in ROWS:
        torch.manual_seed(0)
        module = row.module(torch)
        args, kwargs = row.arguments(torch.from_numpy)
        before = repr(module)
        out = row.run(module, args, kwargs)
        state = {k: list(v.shape) for k, v in module.state_dict().items()}
        found[row.id] = {"repr": before, "after": repr(module), "state": state, "out": shapes(out)}
        numbers = digest(row, torch, torch.from_numpy)
        if numbers:
            found[row.id]["numbers"] = [[float(f"{x:.12g}") for x in pair] for pair in numbers]
    HERE.write_text(json.dumps(found, indent=0, ensure_ascii=False).replace("torch.", "tensorgrad.") + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
