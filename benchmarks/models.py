"""Whole training steps beside PyTorch's, in milliseconds: `python -m benchmarks.models`.

A step is zero_grad, forward, loss, backward and optimizer. Each model is written once and built in both libraries from the
same weights; before anything is timed, some steps must give the same losses. Then the two run turn by turn in one process,
so that a busy machine slows both; the figure is the median of the rounds. With one thread each,

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.models --threads 1

it is processor time, which a busy machine hardly changes.
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

Step = Callable[[], float]
rng = np.random.default_rng(0)


def mlp(lib: Any) -> Any:
    """XOR: 2-8-1, tanh, all four rows at once."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    return model, lib.optim.SGD(model.parameters(), lr=0.1), nn.MSELoss()


def digits(lib: Any) -> Any:
    """784-256-128-10 on 64 images, as in every first tutorial."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    return model, lib.optim.Adam(model.parameters(), lr=1e-3), nn.CrossEntropyLoss()


def lenet(lib: Any) -> Any:
    """LeNet-5 on 64 images of 28 × 28 (LeCun et al., 1998, with relu and max pooling)."""
    nn = lib.nn
    model = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    return model, lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9), nn.CrossEntropyLoss()


def vgg(lib: Any) -> Any:
    """Six 3 × 3 convolutions with batch norm, 32 to 128 channels, on 16 images of 32 × 32."""
    nn, layers, c = lib.nn, [], 3
    for k in (32, 32, "pool", 64, 64, "pool", 128, 128, "pool"):
        if k == "pool":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(c, k, 3, padding=1, bias=False), nn.BatchNorm2d(k), nn.ReLU()]
            c = k
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))
    return model, lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9), nn.CrossEntropyLoss()


def lstm(lib: Any) -> Any:
    """Letters: embedding 64, LSTM 128, 30 letters of 32 words."""
    nn = lib.nn

    class Letters(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.rnn = nn.Embedding(28, 64), nn.LSTM(64, 128, batch_first=True)
            self.head = nn.Linear(128, 28)

        def forward(self, x: Any) -> Any:
            return self.head(self.rnn(self.embed(x))[0]).transpose(1, 2)

    model = Letters()
    return model, lib.optim.Adam(model.parameters(), lr=1e-3), nn.CrossEntropyLoss()


def gpt(lib: Any) -> Any:
    """A GPT: 4 blocks, 4 heads, width 128, 16 rows of 64 letters (Radford et al., 2019)."""
    nn, F = lib.nn, lib.nn.functional

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, c: int, heads: int) -> None:
            super().__init__()
            self.heads = heads
            self.before, self.between = nn.LayerNorm(c), nn.LayerNorm(c)
            self.qkv, self.out = nn.Linear(c, 3 * c), nn.Linear(c, c)
            self.mlp = nn.Sequential(nn.Linear(c, 4 * c), nn.GELU(), nn.Linear(4 * c, c))

        def forward(self, x: Any) -> Any:
            b, t, c = x.shape
            q, k, v = self.qkv(self.before(x)).split(c, dim=2)
            q, k, v = (z.view(b, t, self.heads, c // self.heads).transpose(1, 2) for z in (q, k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(y.transpose(1, 2).contiguous().view(b, t, c))
            return x + self.mlp(self.between(x))

    class Gpt(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, letters: int = 65, t: int = 64, c: int = 128) -> None:
            super().__init__()
            self.token, self.place = nn.Embedding(letters, c), nn.Embedding(t, c)
            self.blocks = nn.Sequential(*[Block(c, 4) for _ in range(4)])
            self.norm, self.head = nn.LayerNorm(c), nn.Linear(c, letters, bias=False)

        def forward(self, x: Any) -> Any:
            x = self.token(x) + self.place(lib.arange(x.shape[1]))
            return self.head(self.norm(self.blocks(x))).transpose(1, 2)

    model = Gpt()
    return model, lib.optim.AdamW(model.parameters(), lr=1e-3), nn.CrossEntropyLoss()


def images(n: int, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((n, *shape)).astype(np.float32), rng.integers(0, 10, n)


def letters(kinds: int, n: int, t: int) -> tuple[np.ndarray, np.ndarray]:
    text = rng.integers(0, kinds, (n, t + 1))
    return text[:, :-1], text[:, 1:]


XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([[0], [1], [1], [0]], np.float32)

ROWS: list[tuple[str, Callable[[Any], Any], tuple[np.ndarray, np.ndarray]]] = [
    ("XOR 2-8-1", mlp, XOR),
    ("MLP 784-256-128-10", digits, images(64, 784)),
    ("LeNet", lenet, images(64, 1, 28, 28)),
    ("VGG, 6 layers", vgg, images(16, 3, 32, 32)),
    ("LSTM", lstm, letters(28, 32, 30)),
    ("GPT, 0.8 M", gpt, letters(65, 16, 64)),
]


def step_of(lib: Any, build: Callable[[Any], Any], data: tuple[np.ndarray, np.ndarray], weights: Any) -> tuple[Step, Any]:
    """A training step in one of the libraries, from these weights (None: its own), and the weights it starts from."""
    lib.manual_seed(0)
    model, optimizer, criterion = build(lib)
    if weights is not None:
        model.load_state_dict({name: lib.from_numpy(w.copy()) for name, w in weights.items()})
    x, t = (lib.from_numpy(np.ascontiguousarray(a)) for a in data)

    def step() -> float:
        optimizer.zero_grad()
        loss = criterion(model(x), t)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, {name: w.detach().numpy().copy() for name, w in model.state_dict().items()}


def measure(rounds: int, now: Callable[[], float]) -> list[dict[str, Any]]:
    results = []
    for name, build, data in ROWS:
        ours, weights = step_of(tg, build, data, None)
        steps = {"tensorgrad": ours}
        if torch is not None:
            steps["torch"], _ = step_of(torch, build, data, weights)
        losses = {library: [step() for _ in range(5)] for library, step in steps.items()}
        for found in losses.values():
            np.testing.assert_allclose(found, losses["tensorgrad"], rtol=1e-3, err_msg=name)
        times: dict[str, list[float]] = {library: [] for library in steps}
        begin = now()
        steps["tensorgrad"]()
        turns = max(1, int(0.02 / (now() - begin)))
        for _ in range(rounds):
            for library, step in steps.items():
                begin = now()
                for _ in range(turns):
                    step()
                times[library].append((now() - begin) / turns * 1e3)
        results.append({"model": name} | {library: round(statistics.median(t), 4) for library, t in times.items()})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25, help="rounds per model, whose median is shown")
    parser.add_argument("--threads", type=int, default=2, help="PyTorch's threads; ours: OPENBLAS_NUM_THREADS")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    if torch is not None:
        torch.set_num_threads(options.threads)
    results = measure(options.rounds, time.process_time if options.threads == 1 else time.perf_counter)
    print(f"{'ms per training step':<24}{'tensorgrad':>12}" + (f"{'PyTorch':>10}{'ratio':>8}" if torch is not None else ""))
    for r in results:
        line = f"{r['model']:<24}{r['tensorgrad']:>12.3f}"
        print(line + (f"{r['torch']:>10.3f}{r['tensorgrad'] / r['torch']:>8.2f}" if torch is not None else ""))
    if options.json:
        found = {"machine": machine("NumPy", "torch"), "threads": options.threads, "models": results}
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
