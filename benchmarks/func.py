"""Functions of functions beside PyTorch's `torch.func`, in milliseconds: `OPENBLAS_NUM_THREADS=1 python -m benchmarks.func`.

Gradients of single samples, Jacobians, Hessians and ensembles of small models with the same weights in both libraries; what
they give is compared first. The figure is the smallest of the rounds, in CPU time, PyTorch's with one thread.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tensorgrad as tg
import tensorgrad.func
from benchmarks import machine

try:
    import torch
    import torch.func
except ImportError:
    torch = None  # type: ignore[assignment]

Task = Callable[[], Any]


def weights(library: Any, model: Any) -> dict[str, Any]:
    """The same numbers in both libraries."""
    rng = np.random.default_rng(0)
    return {
        name: library.from_numpy(
            (rng.standard_normal(tuple(p.shape)) / np.sqrt(max(p.shape[-1], 1))).astype(np.float32)
        )
        for name, p in model.named_parameters()
    }


def tasks(library: Any) -> dict[str, Task]:
    """What is timed, by name."""
    nn, func, functional = library.nn, library.func, library.nn.functional
    rng = np.random.default_rng(1)

    def draw(*shape: int) -> Any:
        return library.from_numpy(rng.standard_normal(shape).astype(np.float32))

    def per_sample(model: Any, loss: Callable[[Any, Any], Any], xs: Any, ys: Any) -> Task:
        values = weights(library, model)

        def of_one(values: Any, x: Any, y: Any) -> Any:
            return loss(func.functional_call(model, values, (x.unsqueeze(0),)), y.unsqueeze(0))

        gradients = func.vmap(func.grad(of_one), in_dims=(None, 0, 0))
        return lambda: gradients(values, xs, ys)

    mlp = nn.Sequential(nn.Linear(20, 64), nn.Tanh(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    cnn = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 13 * 13, 10))
    layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
    classes = library.from_numpy(rng.integers(0, 10, 200))
    values = weights(library, mlp)

    def output(x: Any) -> Any:
        return library.tanh(func.functional_call(mlp, values, (x,)))

    x, matrix = draw(20), draw(50, 50)
    stacked = {name: library.stack([v * (1 + 0.01 * i) for i in range(10)]) for name, v in values.items()}
    batch = draw(200, 20)
    ensemble = func.vmap(lambda v, xs: func.functional_call(mlp, v, (xs,)), in_dims=(0, None))
    jacrev, jacfwd = func.jacrev(output), func.jacfwd(output)
    hessian = func.hessian(lambda x: output(x).sum())
    hessian_50, x_50 = func.hessian(lambda x: ((matrix @ x).sin() ** 2).sum()), draw(50)
    square = lambda y, target: ((y - target) ** 2).mean()  # noqa: E731
    return {
        "vmap(grad), MLP, 200 samples": per_sample(mlp, functional.cross_entropy, batch, classes),
        "vmap(grad), CNN, 64 samples": per_sample(cnn, functional.cross_entropy, draw(64, 1, 28, 28), classes[:64]),
        "vmap(grad), transformer layer, 16": per_sample(layer, square, draw(16, 12, 32), draw(16, 12, 32)),
        "jacrev, MLP, 20 → 10": lambda: jacrev(x),
        "jacfwd, MLP, 20 → 10": lambda: jacfwd(x),
        "hessian, MLP, 20": lambda: hessian(x),
        "hessian, 50": lambda: hessian_50(x_50),
        "vmap(functional_call), 10 MLPs": lambda: ensemble(stacked, batch),
    }


def flat(result: Any) -> list[np.ndarray]:
    if isinstance(result, dict):
        return [a for value in result.values() for a in flat(value)]
    return [result.detach().numpy()]


def smallest(run: Task, times: int) -> float:
    """Milliseconds of CPU time."""
    found = float("inf")
    for _ in range(times):
        start = time.process_time()
        run()
        found = min(found, time.process_time() - start)
    return found * 1e3


def measure(rounds: int) -> list[dict[str, Any]]:
    ours = tasks(tg)
    theirs = tasks(torch) if torch is not None else {}
    results = []
    for name, run in ours.items():
        row: dict[str, Any] = {"task": name}
        if name in theirs:
            for a, b in zip(flat(run()), flat(theirs[name]())):
                np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4, err_msg=name)
        for library, task in (("tensorgrad", run), ("torch", theirs.get(name))):
            if task is not None:
                task()
                row[library] = round(smallest(task, rounds), 3)
        results.append(row)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="calls of each task, of which the fastest counts")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # PyTorch warns where it has no rule for a batch
    if torch is not None:
        torch.set_num_threads(1)
    results = measure(args.rounds)
    print(f"{'milliseconds':38}{'tensorgrad':>12}{'torch':>9}{'ratio':>8}")
    for row in results:
        line = f"{row['task']:38}{row['tensorgrad']:12.2f}"
        print(line + (f"{row['torch']:9.2f}{row['tensorgrad'] / row['torch']:8.2f}" if "torch" in row else ""))
    if args.json:
        args.json.write_text(json.dumps({"machine": machine("NumPy", "torch"), "rows": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
