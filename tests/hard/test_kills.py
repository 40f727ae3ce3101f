"""SIGKILL at any moment, while files of every kind are written: each is the one of some step, whole, and no step is lost
that was said to be saved."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import micrograd_value
import tensorgrad as tg
from tensorgrad.training import Checkpoint

PROGRAM = """
import sys
from pathlib import Path
import micrograd_value
import tensorgrad as tg
from micrograd_value.train import History as ScalarHistory
from tensorgrad.training import Checkpoint, History
import viz

folder = Path(sys.argv[1])
model = tg.nn.Linear(100, 100)
run = Checkpoint(folder / "run", model=model)
step = run.resume()
while True:
    step += 1
    tg.nn.init.constant_(model.weight, float(step))
    run.save(step)
    tg.save({"w": tg.full((20_000,), float(step)), "step": step}, folder / "w.safetensors")
    history, scalar = History(), ScalarHistory()
    for i in range(300):
        history.append(losses=float(step))
        scalar.losses.append(float(step))
    history.to_csv(folder / "h.csv"), history.to_jsonl(folder / "h.jsonl"), scalar.to_csv(folder / "s.csv")
    mlp = micrograd_value.MLP(8, [8, 1], seed=0)
    for p in mlp.parameters():
        p.data = float(step)
    micrograd_value.save_weights(mlp, folder / "w.json")
    viz.render(micrograd_value.Value(float(step)) * 2.0, folder / "g.svg", engine="builtin")
    print(step, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of Unix")
@pytest.mark.rounds(1)
def test_killed_while_saving(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = int(process.stdout.readline() or -1)
    assert said > 0
    time.sleep(rng.uniform(0.0, 0.2))
    process.kill()
    said = max([said, *map(int, process.communicate()[0].split())])
    where = f"seed {seed}, step {said}"

    def of_one_step(numbers: list[float]) -> None:
        assert numbers and len(set(numbers)) == 1 and said <= numbers[0] <= said + 1, f"{where}: {set(numbers)}"

    saved = tg.load(tmp_path / "w.safetensors")
    of_one_step([*set(saved["w"].tolist()), float(saved["step"])])
    for name in ("h.csv", "s.csv"):
        with open(tmp_path / name) as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 300, where
        of_one_step([float(row["losses"]) for row in rows])
    lines = (tmp_path / "h.jsonl").read_text().splitlines()
    assert len(lines) == 300, where
    of_one_step([json.loads(line)["losses"] for line in lines])
    of_one_step([p.data for p in micrograd_value.load_model(tmp_path / "w.json").parameters()])
    assert (tmp_path / "g.svg").read_text().rstrip().endswith("</svg>"), where
    model = tg.nn.Linear(100, 100)
    step = Checkpoint(tmp_path / "run", model=model).resume()
    of_one_step([*set(model.weight.flatten().tolist()), float(step)])
    assert len(os.listdir(tmp_path)) <= 8, "at most one that was being written is left beside them"
