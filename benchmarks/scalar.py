"""The scalar engine beside karpathy's micrograd: the same work, in one run.

    python -m benchmarks.scalar            a table, in about a minute
    python -m benchmarks.scalar --write    and into benchmarks/results/scalar.md and scalar.json

The work is micrograd's own demo: 100 points of two moons, a 2-16-16-1 network, hinge loss with L2, full batch; a step
is forward, backward and update. Before anything is timed the gradients of the contestants are compared. They take
turns; times are medians over all steps, of the processor, so that other programs on the machine do not count.

Eagerly they are timed twice. Each in a process of its own, turn by turn: as a program with one of them runs. And both in
one process: micrograd's graphs are cycles, which the garbage collector clears away, and it takes longer the more other
objects there are. Before a turn the garbage is collected, so that each pays for its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import machine

LEARNING_RATE = 0.05
ALPHA = 1e-4  # weight of the L2 term
RESULTS = Path(__file__).parent / "results"


def moons(n: int, rng: random.Random) -> tuple[list[list[float]], list[float]]:
    """n points on two interleaved half circles, with noise of deviation 0.1; labels -1 and 1."""
    points, labels = [], []
    for i in range(n):
        angle, lower = rng.uniform(0.0, math.pi), i % 2
        x = 1.0 - math.cos(angle) if lower else math.cos(angle)
        y = 0.5 - math.sin(angle) if lower else math.sin(angle)
        points.append([x + rng.gauss(0.0, 0.1), y + rng.gauss(0.0, 0.1)])
        labels.append(2.0 * lower - 1.0)
    return points, labels


def total_loss(model: Any, value: Any, points: list[list[float]], labels: list[float]) -> Any:
    """The cell of micrograd's demo notebook, for either Value."""
    inputs = [list(map(value, point)) for point in points]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(labels, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    reg_loss = ALPHA * sum(p * p for p in model.parameters())
    return data_loss + reg_loss


def update(parameters: list[Any]) -> None:
    for p in parameters:
        p.data -= LEARNING_RATE * p.grad


def take_turns(contestants: dict[str, Callable[[], Any]], calls: dict[str, int]) -> dict[str, float]:
    """Median seconds per call, over five turns of as many calls as `calls` says."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(5):
        for name, call in contestants.items():
            gc.collect()
            for _ in range(calls[name]):
                start = time.process_time()
                call()
                times[name].append(time.process_time() - start)
    return {name: statistics.median(samples) for name, samples in times.items()}


def check_equal(gradients: list[float], expected: list[float]) -> None:
    for got, wanted in zip(gradients, expected, strict=True):
        assert math.isclose(got, wanted, rel_tol=1e-10, abs_tol=1e-13), f"gradients differ: {got} and {wanted}"


def bytes_per_node(record: Callable[[], Any], count: Callable[[Any], int]) -> float:
    """What a recorded graph keeps alive, over its nodes."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    loss = record()
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return kept / count(loss)


def eager(model: Any, value: Any, data: tuple[Any, Any]) -> Callable[[], None]:
    """A training step, as everybody writes it."""

    def step() -> None:
        total = total_loss(model, value, *data)
        model.zero_grad()
        total.backward()
        update(model.parameters())

    return step


def alone(name: str) -> float:
    """Median seconds of a step in this process, which has seen nothing else."""
    if name == "micrograd":
        import micrograd.engine as engine
        import micrograd.nn as nn
    else:
        import micrograd_value as nn

        engine = nn
    random.seed(1337)
    step = eager(nn.MLP(2, [16, 16, 1]), engine.Value, moons(100, random.Random(0)))
    step()
    return take_turns({name: step}, {name: 2})[name]


def in_processes_of_their_own(names: tuple[str, ...], rounds: int = 3) -> dict[str, float]:
    """Median seconds of a step, each contestant in fresh processes, turn by turn."""
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            command = [sys.executable, "-m", "benchmarks.scalar", "--alone", name]
            seconds[name].append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    return {name: statistics.median(found) for name, found in seconds.items()}


def count_micrograd(root: Any) -> int:
    seen, stack = {root}, [root]
    while stack:
        for child in stack.pop()._prev:
            if child not in seen:
                seen.add(child)
                stack.append(child)
    return len(seen)


def first_compile_seconds() -> float:
    """compile() of a tape on a machine that has never compiled one, Numba's import included."""
    code = (
        "import time; from micrograd_value import Value, compile; x = Value(1.0); y = x * x; t = time.process_time(); "
        "compile(y, [x], straight_line=0); print(time.process_time() - t)"
    )
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "NUMBA_CACHE_DIR": empty}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/results/")
    parser.add_argument("--alone", choices=["micrograd", "ours"], help="only the seconds of one, in this process")
    arguments = parser.parse_args()
    if arguments.alone:
        print(alone(arguments.alone))
        return
    apart = in_processes_of_their_own(("micrograd", "ours"))

    import micrograd.engine
    import micrograd.nn

    import micrograd_value
    from micrograd_value.engine import topological_order

    points, labels = moons(100, random.Random(0))
    random.seed(1337)
    theirs = micrograd.nn.MLP(2, [16, 16, 1])
    random.seed(1337)
    ours = micrograd_value.MLP(2, [16, 16, 1])

    def their_loss() -> Any:
        return total_loss(theirs, micrograd.engine.Value, points, labels)

    def our_loss() -> Any:
        return total_loss(ours, micrograd_value.Value, points, labels)

    def native() -> None:
        ours.zero_grad()
        compiled.backward()
        update(ours.parameters())

    # ---- eagerly; Numba is not imported yet, its half a million objects would slow everybody's garbage collection ----
    their_loss().backward()
    our_loss().backward()
    check_equal([p.grad for p in ours.parameters()], [p.grad for p in theirs.parameters()])
    seconds = take_turns(
        {
            "micrograd": eager(theirs, micrograd.engine.Value, (points, labels)),
            "eager": eager(ours, micrograd_value.Value, (points, labels)),
        },
        {"micrograd": 5, "eager": 10},
    )
    their_bytes = bytes_per_node(their_loss, count_micrograd)
    our_bytes = bytes_per_node(our_loss, lambda loss: len(topological_order(loss, leaves=True)))

    # ---- compiled ----
    recorded = our_loss()
    compiled = micrograd_value.compile(recorded, ours.parameters())
    ours.zero_grad()
    recorded.backward()
    check_equal(compiled()[1].tolist(), [p.grad for p in ours.parameters()])
    seconds |= take_turns({"compiled": native, "arrays": compiled}, {"compiled": 50, "arrays": 50})

    many_points, many_labels = moons(155, random.Random(1))
    large = total_loss(ours, micrograd_value.Value, many_points, many_labels)
    compile_times = []
    for _ in range(5):
        start = time.process_time()
        operations = micrograd_value.compile(large, ours.parameters()).operations
        compile_times.append(time.process_time() - start)

    print(f"gradients agree: {len(ours.parameters())} parameters, {compiled.operations} operations\n")

    def row(what: str, unit: str, theirs: float, here: float, aim: int) -> dict[str, Any]:
        return dict(what=what, unit=unit, micrograd=theirs, here=here, ratio=theirs / here, aim=aim)

    rows = [
        row("moons step, eager, a process each", "ms", 1e3 * apart["micrograd"], 1e3 * apart["ours"], 3),
        row("moons step, eager, in one process", "ms", 1e3 * seconds["micrograd"], 1e3 * seconds["eager"], 3),
        row("moons step, compiled", "ms", 1e3 * apart["micrograd"], 1e3 * seconds["compiled"], 300),
        row("value and gradients, compiled", "ms", 1e3 * apart["micrograd"], 1e3 * seconds["arrays"], 300),
        row("memory per node", "bytes", their_bytes, our_bytes, 2),
    ]
    lines = [
        "| | micrograd | here | ratio | aim |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {r['what']} | {r['micrograd']:.4g} {r['unit']} | {r['here']:.3g} {r['unit']} | "
            f"{r['ratio']:,.{1 if r['ratio'] < 100 else 0}f}× | {r['aim']}× |"
            for r in rows
        ),
    ]
    compile_seconds, first_seconds = statistics.median(compile_times), first_compile_seconds()
    measured_with = machine("NumPy", "Numba")
    lines += [
        "",
        f"compile() of {operations} operations takes {compile_seconds:.2f} s; the first tape on a machine, with Numba "
        f"to import and the kernel to compile, {first_seconds:.1f} s.",
        "",
        measured_with + ".",
    ]
    print("\n".join(lines))

    if arguments.write:
        RESULTS.mkdir(exist_ok=True)
        head = "# The scalar engine beside micrograd\n\n`python -m benchmarks.scalar --write`: 100 points, 2-16-16-1, "
        head += "forward + backward + update, medians.\n\n"
        (RESULTS / "scalar.md").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
        figures = dict(
            rows=rows,
            compile=dict(operations=operations, seconds=compile_seconds, first_seconds=first_seconds),
            machine=measured_with,
        )
        (RESULTS / "scalar.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
