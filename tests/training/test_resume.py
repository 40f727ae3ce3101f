"""A training that is interrupted, in whatever way, and started again ends as if it had not been: bit for bit."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import metrics, nn, optim
from tensorgrad.nn import functional as F
from tensorgrad.training import Trainer
from tensorgrad.utils.data import DataLoader, TensorDataset


class Crash(Exception):
    pass


class Everything:
    """A training in which everything has a state: momenta, a schedule by steps, dropout, batch norm, shuffling, groups of
    batches, metrics that remember, the best parameters."""

    def __init__(self, data: str, crash_at: int = -1) -> None:
        tg.manual_seed(0)
        x = tg.randn(22, 3, generator=tg.Generator().manual_seed(1))
        y = (x.sum(1) > 0).float()
        self.given: dict[str, Any] = {"inputs": x, "targets": y, "batch_size": 4}
        if data == "loader":
            self.given = {"inputs": DataLoader(TensorDataset(x, y), 4, shuffle=True)}
        if data == "list":
            self.given = {"inputs": [(x[i : i + 4], y[i : i + 4]) for i in range(0, 22, 4)]}
        self.held_out = x[:7], y[:7]
        layers = nn.Linear(3, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.4), nn.Linear(6, 1)
        self.model = nn.Sequential(*layers)
        optimizer = optim.Adam(self.model.parameters(), lr=0.05)
        self.calls, self.crash_at = 0, crash_at
        self.trainer = Trainer(
            self.model, optimizer, self.loss, metrics=[metrics.Accuracy(threshold=0.0), metrics.ROCAUC()], clip_norm=1.0,
            accumulate=2, scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, 12), schedule_by="step",
        )  # fmt: skip

    def loss(self, prediction: Any, target: Any) -> Any:
        if self.model.training:
            self.calls += 1
            if self.calls == self.crash_at:
                raise Crash
        return F.binary_cross_entropy_with_logits(prediction, target)

    def go(self, folder: Path, epochs: int = 4) -> list[Any]:
        options = {**self.given, "patience": 3, "validation": self.held_out}
        history = self.trainer.train(**options, epochs=epochs, checkpoint=folder, save_every=2)
        columns = {k: v for k, v in history.as_dict().items() if k != "seconds"}
        drawn = tg.rand(3).tolist()
        return [columns, history.stopped, {k: v.tolist() for k, v in self.model.state_dict().items()}, drawn]


@pytest.mark.parametrize("data", ["tensors", "loader", "list"])
def test_a_run_that_crashed_anywhere_ends_as_if_it_had_not(tmp_path: Path, data: str) -> None:
    expected = Everything(data).go(tmp_path / "whole")
    for n in (1, 2, 3, 5, 6, 7, 9, 13, 17, 22):
        with pytest.raises(Crash):
            Everything(data, crash_at=n).go(tmp_path / str(n))
        assert Everything(data).go(tmp_path / str(n)) == expected, n
    # a run that is over stays as it is, and can be told to go further
    with pytest.warns(UserWarning, match="nothing is left to train: the run in .* ended after epoch 4, all epochs are done"):
        assert Everything(data).go(tmp_path / "whole")[:3] == expected[:3]
    longer = Everything(data).go(tmp_path / "whole", epochs=6)
    assert len(longer[0]["losses"]) == 6 and longer[0]["losses"][:4] == expected[0]["losses"]


def test_a_run_that_is_over_says_so_and_keeps_its_learning_rate_aloud(tmp_path: Path) -> None:
    x, y = tg.ones(4, 2), tg.ones(4, 1)

    def run(epochs: int, schedule: bool = False, **settings: Any) -> Trainer:
        model = nn.Linear(2, 1)
        optimizer = optim.SGD(model.parameters(), **settings)
        scheduler = optim.lr_scheduler.StepLR(optimizer, 1, 0.5) if schedule else None
        trainer = Trainer(model, optimizer, nn.MSELoss(), scheduler=scheduler)
        trainer.train(x, y, epochs, checkpoint=tmp_path / str(schedule))
        return trainer

    for schedule in (False, True):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run(2, schedule, lr=0.1, momentum=0.9)
            trainer = run(3, schedule, lr=0.1, momentum=0.9)  # the same settings: nothing to say
            trainer.train(x, y, 4, checkpoint=tmp_path / str(schedule))  # nor where they come out of the run itself
        with pytest.warns(UserWarning, match="nothing is left to train: .*ended after epoch 4, .*give epochs above 4") as said:
            history = run(4, schedule, lr=0.1, momentum=0.9).history
        assert [w.filename for w in said] == [__file__] and len(history) == 4
        with pytest.warns(UserWarning, match="goes on with its own lr=0.1, not with the new lr=0.03. To change it") as said:
            trainer = run(5, schedule, lr=0.03, momentum=0.9)
        assert [w.filename for w in said] == [__file__]
        assert trainer.optimizer.param_groups[0]["lr"] == (0.1 / 32 if schedule else 0.1)
        with pytest.warns(UserWarning, match="its own lr=0.1, not with the new lr=0.03 and momentum=0.9, not with the new mom"):
            run(6, schedule, lr=0.03, momentum=0.5)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way on Windows")
def test_ctrl_c_saves(tmp_path: Path) -> None:
    expected = Everything("loader").go(tmp_path / "whole")

    class Interrupted(Everything):
        def loss(self, prediction: Any, target: Any) -> Any:
            if self.calls == 8:
                os.kill(os.getpid(), signal.SIGINT)
            return super().loss(prediction, target)

    first = Interrupted("loader")
    assert first.go(tmp_path / "cut")[1] == "interrupted in epoch 2, after batch 4"
    assert Everything("loader").go(tmp_path / "cut") == expected


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way on Windows")
@pytest.mark.parametrize("at", [6, 12])
def test_ctrl_c_at_the_end_of_an_epoch(tmp_path: Path, at: int) -> None:
    """After its last batch nothing of the epoch is left but its end."""
    expected = Everything("loader").go(tmp_path / "whole")

    class Interrupted(Everything):
        def loss(self, prediction: Any, target: Any) -> Any:
            if self.calls == at - 1:
                os.kill(os.getpid(), signal.SIGINT)
            return super().loss(prediction, target)

    assert Interrupted("loader").go(tmp_path / "cut")[1] == f"interrupted in epoch {at // 6}, after batch 6"
    assert Everything("loader").go(tmp_path / "cut") == expected


# ---- as a program of its own ----------------------------------------------------------------------------------------

PROGRAM = """
import json, random, sys, time
import numpy as np
import tensorgrad as tg
from tensorgrad import nn, optim
from tensorgrad.training import Trainer
from tensorgrad.utils.data import DataLoader, Dataset

class Noisy(Dataset):
    "Each look at an example draws new noise, in whatever worker it happens."
    x = tg.randn(48, 6, generator=tg.Generator().manual_seed(1))
    def __len__(self): return 48
    def __getitem__(self, i): return self.x[i] + 0.1 * tg.randn(6), (self.x[i].sum() > 0).long()

class Net(nn.Module):
    "Uses random numbers of every kind, and some time."
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))
    def forward(self, x):
        time.sleep(0.01)
        return self.layers(x) * (1 + 0.01 * (np.random.rand() + random.random()) * self.training)

tg.manual_seed(5); np.random.seed(1); random.seed(2)
model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
trainer = Trainer(model, optimizer, nn.CrossEntropyLoss(), accumulate=2, clip_norm=1.0, scheduler=plateau)
train, held_out = DataLoader(Noisy(), 6, shuffle=True, num_workers=2), DataLoader(Noisy(), 24)
print("ready", flush=True)
history = trainer.train(train, epochs=4, validation=held_out, patience=3, checkpoint=sys.argv[1], save_every=1)
columns = {k: v for k, v in history.as_dict().items() if k != "seconds"}
weights = {k: v.tolist() for k, v in model.state_dict().items()}
print(json.dumps([history.stopped, columns, weights, tg.rand(1).item(), np.random.rand(), random.random()]))
"""


def program(folder: Path, sent: Any = None, after: float = 0.0) -> Any:
    """What the program said at its end; None if it was killed before."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    if sent is not None:
        time.sleep(after)
        process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert err == ""
    return json.loads(out) if out else None


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way on Windows")
def test_a_program_that_is_stopped_and_killed_ends_as_if_it_had_not(tmp_path: Path) -> None:
    """With noise from the workers, dropout, momentum, groups of batches, a plateau and early stopping."""
    expected = program(tmp_path / "whole")
    rng = random.Random(0)
    for sent in (signal.SIGINT, signal.SIGKILL):
        found = program(tmp_path / "cut", sent, rng.uniform(0.02, 0.12))
        assert (found is None) is (sent is signal.SIGKILL) or found == expected
        assert found is None or found == expected or found[0].startswith("interrupted ")
    assert program(tmp_path / "cut") == expected
