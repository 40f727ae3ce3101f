"""What a step of an optimizer costs beside PyTorch's, in milliseconds of processor time: `python -m benchmarks.optim`.

Three models: 150 small parameters, as of a deep network; 12 matrices of 256 × 1024; one of ten million numbers. Ours and
PyTorch's step turn by turn in one process, with one thread each (set OPENBLAS_NUM_THREADS=1), PyTorch's in its default
form (foreach); a figure is the least of the rounds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgrad as tg
from benchmarks.modules import least

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

ROWS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", dict(lr=0.01)),
    ("SGD", dict(lr=0.01, momentum=0.9)),
    ("SGD", dict(lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4)),
    ("Adam", {}),
    ("Adam", dict(amsgrad=True)),
    ("AdamW", {}),
    ("Adamax", {}),
    ("NAdam", {}),
    ("RAdam", {}),
    ("RMSprop", {}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("ASGD", {}),
    ("Rprop", {}),
]
MODELS: list[list[tuple[int, ...]]] = [[(64, 64), (64,)] * 75, [(256, 1024)] * 12, [(10_000_000,)]]


def step(library: Any, name: str, options: dict[str, Any], shapes: list[tuple[int, ...]]) -> Callable[[], Any]:
    """The step of an optimizer in one of the libraries, past its first."""
    rng = np.random.default_rng(0)
    params = [library.tensor(rng.standard_normal(shape, np.float32), requires_grad=True) for shape in shapes]
    for p in params:
        p.grad = library.full_like(p, 1e-3)
    optimizer = getattr(library.optim, name)(params, **options)
    optimizer.step()
    return optimizer.step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    libraries = [tg] if torch is None else [tg, torch]
    if torch is not None:
        torch.set_num_threads(1)
    titles = ("150 small", "12 of 256 × 1024", "one of 10 000 000")
    print(f"{'ms, tensorgrad / PyTorch = ratio':62}" + "".join(f"{title:>28}" for title in titles))
    for name, options in ROWS:
        line = f"{name + '(' + ', '.join(f'{k}={v}' for k, v in options.items()) + ')':62}"
        for shapes in MODELS:
            found = least([step(library, name, options, shapes) for library in libraries], rounds, 1)
            line += f"{found[0]:12.3f}" + (f" /{found[1]:7.3f} ={found[0] / found[1]:5.2f}" if torch else "")
        print(line, flush=True)


if __name__ == "__main__":
    main()
