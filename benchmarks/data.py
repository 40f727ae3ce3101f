"""Loading 60 000 pictures of 28 × 28 in batches of 64, beside PyTorch's loader: `python -m benchmarks.data`.

Ours and PyTorch's take turns in one run, so that a busy machine slows both; the figure is the median of the rounds, in
seconds per epoch. PyTorch runs with one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad.utils import data

try:
    import torch
    import torch.utils.data
except ImportError:
    torch = None  # type: ignore[assignment]

N = 60_000


class Arrays:
    """A dataset of one's own: an array and a number for each example."""

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> Any:
        return self.x[i], int(self.y[i])


# name → the loader, from the library's loading, its tensors, and arrays
ROWS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "tensors": lambda d, t, a: d.DataLoader(d.TensorDataset(*t), 64),
    "tensors, shuffled": lambda d, t, a: d.DataLoader(d.TensorDataset(*t), 64, shuffle=True),
    "a part of them, shuffled": lambda d, t, a: d.DataLoader(
        d.Subset(d.TensorDataset(*t), range(N // 2)), 64, shuffle=True
    ),
    "arrays one by one": lambda d, t, a: d.DataLoader(Arrays(*a), 64, shuffle=True),
    "arrays, two workers": lambda d, t, a: d.DataLoader(Arrays(*a), 64, shuffle=True, num_workers=2),
}


def seconds(loader: Any) -> float:
    start = time.perf_counter()
    for _ in loader:
        pass
    return time.perf_counter() - start


def check(ours: Any, theirs: Any) -> None:
    """Both give the same batches, in order."""
    for here, there in zip(ROWS["tensors"](*ours), ROWS["tensors"](*theirs), strict=True):
        for a, b in zip(here, there):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    x, y = np.random.default_rng(0).random((N, 1, 28, 28), np.float32), np.arange(N) % 10
    ours = (data, (tg.from_numpy(x), tg.from_numpy(y)), (x, y))
    theirs = None
    if torch is not None:
        torch.set_num_threads(1)
        theirs = (torch.utils.data, (torch.from_numpy(x), torch.from_numpy(y)), (x, y))
        check(ours, theirs)
    print(f"{'':28}{'tensorgrad':>12}{'PyTorch':>12}{'ratio':>8}")
    for name, make in ROWS.items():
        pairs = [(seconds(make(*ours)), seconds(make(*theirs)) if theirs else float("nan")) for _ in range(rounds)]
        here, there = (statistics.median(times) for times in zip(*pairs))
        print(f"{name:28}{here:>12.3f}{there:>12.3f}{here / there:>8.2f}")


if __name__ == "__main__":
    main()
