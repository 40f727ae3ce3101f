"""What one small operation costs beside PyTorch eager, in microseconds: `python -m benchmarks.overhead`.

Every row is timed on 8 × 8 float32, forward alone and forward + backward, ours and PyTorch's turn by turn in one run, so
that a busy machine slows both; the figure is the median of the rounds. PyTorch runs with one thread.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tensorgrad as tg
from benchmarks import machine

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

Row = tuple[str, int, Callable[..., Any], tuple[int, ...]]

ROWS: list[Row] = [
    ("add", 2, lambda x, z: x + z, (8, 8)),
    ("mul", 2, lambda x, z: x * z, (8, 8)),
    ("matmul", 2, lambda x, z: x @ z, (8, 8)),
    ("sum", 1, lambda x: x.sum(), ()),
    ("relu", 1, lambda x: x.relu(), (8, 8)),
    ("getitem", 1, lambda x: x[1], (8,)),
    ("reshape", 1, lambda x: x.reshape(64), (64,)),
]


def seconds(run: Callable[[], Any], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - start) / times


def tasks(library: Any, row: Row) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The row's forward, and forward + backward, in one of the libraries."""
    _, arity, op, out_shape = row
    rng = np.random.default_rng(0)
    inputs = [library.from_numpy(rng.standard_normal((8, 8)).astype(np.float32)).requires_grad_() for _ in range(arity)]
    seed = library.ones(out_shape)

    def forward() -> Any:
        return op(*inputs)

    def both() -> None:
        op(*inputs).backward(seed)
        for x in inputs:
            x.grad = None

    return forward, both


def measure(rounds: int, times: int) -> list[dict[str, Any]]:
    libraries = {"tensorgrad": tg} | ({"torch": torch} if torch is not None else {})
    results = []
    for row in ROWS:
        found: dict[str, list[float]] = {}
        work = {name: tasks(library, row) for name, library in libraries.items()}
        for _ in range(rounds):
            for name, (forward, both) in work.items():
                found.setdefault(f"{name} forward", []).append(seconds(forward, times))
                found.setdefault(f"{name} both", []).append(seconds(both, times))
        results.append({"op": row[0]} | {k: round(statistics.median(v) * 1e6, 3) for k, v in found.items()})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="rounds per row, whose median is shown")
    parser.add_argument("--times", type=int, default=1500, help="calls per round")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    if torch is not None:
        torch.set_num_threads(1)
    results = measure(options.rounds, options.times)
    head = f"{'µs per op, 8×8 float32':<24}{'forward':>10}{'+backward':>11}"
    print(head + (f"{'torch':>10}{'torch':>11}{'ratio':>8}{'ratio':>7}" if torch is not None else ""))
    for r in results:
        line = f"{r['op']:<24}{r['tensorgrad forward']:>10.2f}{r['tensorgrad both']:>11.2f}"
        if torch is not None:
            a, b = r["torch forward"], r["torch both"]
            line += f"{a:>10.2f}{b:>11.2f}{r['tensorgrad forward'] / a:>8.2f}{r['tensorgrad both'] / b:>7.2f}"
        print(line)
    if options.json:
        options.json.write_text(json.dumps({"machine": machine("NumPy", "torch"), "ops": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
