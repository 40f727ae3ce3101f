"""What modules cost beside PyTorch's, in milliseconds of processor time: `python -m benchmarks.modules`.

Ours and PyTorch's run turn by turn in one process, with one thread each (set OPENBLAS_NUM_THREADS=1), so that a busy
machine slows both; a figure is the least of the rounds. The last lines compare a recurrent layer, one operation, with its
formula, the same arithmetic in plain operations.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import tensorgrad as tg
from tensorgrad.ops.rnn import Gru, Lstm

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

MLP = "Sequential(Linear(8, 16), ReLU(), Linear(16, 4))"
ROWS: list[tuple[str, tuple[int, ...]]] = [
    ("Linear(8, 8)", (8, 8)),
    (MLP, (8, 8)),
    ("Linear(784, 128)", (64, 784)),
    ("Sequential(Conv2d(3, 16, 3, padding=1), BatchNorm2d(16), ReLU(), MaxPool2d(2))", (16, 3, 32, 32)),
    ("BatchNorm2d(64)", (16, 64, 16, 16)),
    ("LayerNorm(256)", (64, 32, 256)),
    ("RMSNorm(256)", (64, 32, 256)),
    ("GroupNorm(8, 64)", (8, 64, 16, 16)),
    ("GELU()", (64, 1024)),
    ("Softmax(-1)", (64, 1024)),
    ("Dropout(0.5)", (64, 1024)),
    ("MaxPool2d(2)", (16, 32, 32, 32)),
    ("AvgPool2d(2)", (16, 32, 32, 32)),
    ("Upsample(scale_factor=2, mode='bilinear')", (4, 32, 16, 16)),
    ("ReflectionPad2d(2)", (4, 32, 16, 16)),
    ("RNN(64, 128)", (50, 32, 64)),
    ("GRU(8, 8)", (20, 1, 8)),
    ("GRU(64, 128)", (50, 32, 64)),
    ("LSTM(8, 8)", (20, 1, 8)),
    ("LSTM(64, 128)", (50, 32, 64)),
    ("LSTMCell(64, 128)", (32, 64)),
    ("TransformerEncoderLayer(64, 4, 256, batch_first=True)", (8, 64, 64)),
]


def least(tasks: list[Callable[[], Any]], rounds: int, times: int) -> list[float]:
    """Milliseconds of each task, run turn by turn."""
    best = [float("inf")] * len(tasks)
    for _ in range(rounds):
        for i, task in enumerate(tasks):
            start = time.process_time()
            for _ in range(times):
                task()
            best[i] = min(best[i], (time.process_time() - start) / times * 1e3)
    return best


def tasks(library: Any, build: str, shape: tuple[int, ...]) -> list[Callable[[], Any]]:
    """Forward, and forward + backward, of a module in one of the libraries."""
    module, x = eval(build, vars(library.nn).copy()), library.randn(shape, requires_grad=True)

    def result() -> Any:
        out = module(x)
        return out[0] if isinstance(out, tuple) else out

    def both() -> None:
        module.zero_grad()
        x.grad = None
        result().sum().backward()

    return [result, both]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    libraries = [tg] if torch is None else [tg, torch]
    if torch is not None:
        torch.set_num_threads(1)
    print(f"{'ms, forward and forward + backward':50}  tensorgrad{'':8}  PyTorch{'':11}  ours / PyTorch's")
    for build, shape in ROWS:
        found = least([t for library in libraries for t in tasks(library, build, shape)], rounds, 3)
        line = f"{build if build != MLP else 'MLP 8-16-4':50.50}" + "".join(f"  {ms:8.3f}" for ms in found)
        print(line + (f"  {found[0] / found[2]:6.2f} {found[1] / found[3]:6.2f}" if len(found) == 4 else ""))
    for kind, op in (("LSTM", Lstm), ("GRU", Gru)):
        module, x, h = getattr(tg.nn, kind)(64, 128), tg.randn(50 * 32, 64), tg.zeros(32, 128)
        states, last = ((h, h), (None,)) if kind == "LSTM" else ((h,), ())
        inputs = (x, *states, *module.all_weights[0], *last)

        def fused(op: Any = op, inputs: Any = inputs) -> None:
            op((32,) * 50, False)(*inputs)[0].sum().backward()

        def plain(op: Any = op, inputs: Any = inputs) -> None:
            op((32,) * 50, False).formula(*inputs)[0].sum().backward()

        a, b = least([fused, plain], rounds, 1)
        print(f"{kind + '(64, 128) as one operation, and its formula':50}  {a:8.3f}  {b:8.3f}  {a / b:6.2f}")


if __name__ == "__main__":
    main()
