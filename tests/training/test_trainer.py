"""The trainer of tensors: its steps against loops written out, its promises, its errors, and the proof that it learns."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import metrics, nn, optim
from tensorgrad.nn import functional as F
from tensorgrad.training import Evaluation, History, Trainer
from tensorgrad.training.progress import fitting
from tensorgrad.utils.data import ChainDataset, DataLoader, IterableDataset, TensorDataset

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]


def network(inputs: int = 2, outputs: int = 1, seed: int = 0) -> nn.Sequential:
    tg.manual_seed(seed)
    return nn.Sequential(nn.Linear(inputs, 5), nn.Tanh(), nn.Linear(5, outputs)).double()


def sgd(model: nn.Module, **options: Any) -> optim.SGD:
    return optim.SGD(model.parameters(), **{"lr": 0.1, **options})


def regression(n: int = 11, seed: int = 0) -> tuple[tg.Tensor, tg.Tensor]:
    g = tg.Generator().manual_seed(seed)
    x = tg.randn(n, 2, generator=g, dtype=tg.float64)
    return x, (x[:, 0] * x[:, 1]).unsqueeze(1)


def numbers(model: nn.Module) -> list[Any]:
    return [p.tolist() for p in model.parameters()]


def quiet_trainer(**options: Any) -> tuple[Trainer, nn.Sequential]:
    model = network()
    return Trainer(model, sgd(model), nn.MSELoss(), **options), model


# ---- it learns ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_xor(seed: int) -> None:
    tg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    trainer = Trainer(model, optim.Adam(model.parameters(), lr=0.1), nn.BCEWithLogitsLoss())
    history = trainer.train(*XOR, epochs=500, callbacks=lambda h: h.losses[-1] < 0.01)
    assert (trainer.predict(XOR[0])[:, 0] > 0).tolist() == [False, True, True, False]
    assert history.accuracies[-1] == 1.0 and history.stopped.startswith("a callback asked for it after epoch")
    assert trainer.evaluate(*XOR).accuracy == 1.0 and trainer.predict_single([1.0, 0.0]).item() > 0


def test_three_classes_in_float32_from_numpy() -> None:
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x, t = np.stack([np.cos(angle), np.sin(angle)], 1), np.arange(60) // 20
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3))
    trainer = Trainer(model, optim.Adam(model.parameters(), lr=0.05), nn.CrossEntropyLoss())
    history = trainer.train(x, t, 40, batch_size=16, validation=(x, t))
    assert history.validation_accuracies[-1] > 0.95 and trainer.predict(x).dtype is tg.float32


def test_lists_of_numbers_for_a_model_of_one_parameter() -> None:
    """They take the dtype of its only one."""
    for dtype in (tg.float64, tg.float32):
        model = nn.Linear(1, 1, bias=False).to(dtype)
        Trainer(model, sgd(model), nn.MSELoss()).train([[1.0], [2.0]], [[3.0], [6.0]], epochs=60)
        assert model.weight.item() == pytest.approx(3.0, abs=1e-3) and model.weight.dtype is dtype
        assert Trainer(model, sgd(model), nn.MSELoss()).predict([[2.0]]).dtype is dtype


# ---- its steps ------------------------------------------------------------------------------------------------------


def test_full_batch_is_the_loop_that_everybody_writes() -> None:
    x, y = regression()
    trainer, model = quiet_trainer()
    history = trainer.train(x, y, 5)
    twin = network()
    optimizer, losses = sgd(twin), []
    for _ in range(5):
        loss = F.mse_loss(twin(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert history.losses == losses and numbers(model) == numbers(twin)
    assert history is trainer.history and len(history) == 5 and history.stopped == "all epochs are done"


def test_a_smaller_last_batch_counts_for_less() -> None:
    """Five examples in batches of two: the last one counts for one example, not for a third of the epoch."""
    x, y = regression(5)
    trainer, model = quiet_trainer()
    history = trainer.train(x, y, 2, batch_size=2, shuffle=False)
    twin = network()
    optimizer = sgd(twin)
    for epoch in range(2):
        total = 0.0
        for first in (0, 2, 4):
            loss = F.mse_loss(twin(x[first : first + 2]), y[first : first + 2])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x[first : first + 2])
        assert history.losses[epoch] == pytest.approx(total / 5, rel=1e-14)
    assert numbers(model) == numbers(twin)


def orders(**options: Any) -> list[list[float]]:
    """The order of six examples in three epochs."""
    seen: list[float] = []

    def spy(prediction: Any, target: Any) -> Any:
        seen.extend(target[:, 0].tolist())
        return F.mse_loss(prediction, target)

    model = network()
    Trainer(model, sgd(model), spy).train(regression(6)[0], tg.arange(6.0).double().unsqueeze(1), 3, **options)
    return [seen[:6], seen[6:12], seen[12:]]


def test_shuffling() -> None:
    first = orders(batch_size=2, seed=1)
    assert all(sorted(epoch) == list(range(6)) for epoch in first) and first[0] != first[1]
    assert orders(batch_size=2, seed=1) == first != orders(batch_size=2, seed=2)
    assert orders(batch_size=2, shuffle=False) == orders() == orders(batch_size=100) == [list(range(6))] * 3


@pytest.mark.parametrize(("accumulate", "batch_size"), [(2, 3), (4, 2), (3, 4), (20, 1)])
def test_accumulated_batches_are_one(accumulate: int, batch_size: int) -> None:
    """Also where the last group has fewer batches and the last batch fewer examples."""
    x, y = regression(11)
    together, one = quiet_trainer(clip_norm=0.3)
    parts, many = quiet_trainer(clip_norm=0.3, accumulate=accumulate)
    together.train(x, y, 3, batch_size=accumulate * batch_size, shuffle=False)
    parts.train(x, y, 3, batch_size=batch_size, shuffle=False)
    for a, b in zip(one.parameters(), many.parameters()):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    "limits", [dict(clip_norm=0.01), dict(clip_value=0.003), dict(clip_norm=0.05, clip_value=0.01)]
)
def test_clipping(limits: dict[str, float]) -> None:
    x, y = regression()
    trainer, model = quiet_trainer(**limits)
    trainer.train(x, y, 1)
    twin = network()
    F.mse_loss(twin(x), y).backward()
    if "clip_norm" in limits:
        nn.utils.clip_grad_norm_(twin.parameters(), limits["clip_norm"])
    if "clip_value" in limits:
        nn.utils.clip_grad_value_(twin.parameters(), limits["clip_value"])
    sgd(twin).step()
    assert numbers(model) == numbers(twin) != numbers(network())


def test_schedules() -> None:
    x, y = regression(4)

    def rates(make: Callable[[Any], Any], by: str, epochs: int = 4, **options: Any) -> list[float]:
        model = network()
        optimizer = sgd(model)
        trainer = Trainer(model, optimizer, nn.MSELoss(), scheduler=make(optimizer), schedule_by=by)
        return trainer.train(x, y, epochs, batch_size=2, **options).learning_rates

    halved = [0.1, 0.05, 0.025, 0.0125]
    assert rates(lambda o: optim.lr_scheduler.ExponentialLR(o, 0.5), "epoch") == halved
    assert rates(lambda o: optim.lr_scheduler.StepLR(o, 2, 0.5), "step") == halved
    # a loss of 1 whatever is done: no improvement after the first epoch
    worse = rates(lambda o: optim.lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1), "epoch", 6)
    assert len(set(worse)) == 1
    model = network()
    optimizer = sgd(model, lr=0.4)
    plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    stuck = Trainer(model, optimizer, lambda p, t: 0 * p.sum() + 1, scheduler=plateau)
    assert stuck.train(x, y, 6).learning_rates == [0.4, 0.4, 0.4, 0.2, 0.2, 0.1]


def test_lbfgs() -> None:
    tg.manual_seed(0)
    x = tg.randn(20, 3, dtype=tg.float64)
    model = nn.Linear(3, 1).double()
    optimizer = optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    history = Trainer(model, optimizer, nn.MSELoss()).train(x, x @ tg.tensor([[1.0], [2.0], [3.0]]).double(), 3)
    assert history.losses[-1] < 1e-12
    with pytest.raises(
        ValueError, match="LBFGS computes the loss of a batch several times a step; it needs accumulate=1"
    ):
        Trainer(model, optimizer, nn.MSELoss(), accumulate=2)


def test_modes_of_the_model() -> None:
    seen = []

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            seen.append((self.training, tg.is_grad_enabled()))
            return self.layer(x.float())

    model = Net().eval()
    trainer = Trainer(model, sgd(model), nn.MSELoss())
    trainer.train(*XOR, 2, validation=XOR)
    assert seen == [(True, True), (False, False)] * 2 and model.training
    model.eval()
    trainer.predict(XOR[0])
    trainer.evaluate(*XOR)
    assert seen[-2:] == [(False, False)] * 2 and not model.training


# ---- its data -------------------------------------------------------------------------------------------------------


def test_the_same_from_everything_that_holds_examples() -> None:
    x, y = regression(6)
    expected = quiet_trainer()[0].train(x, y, 3, batch_size=2, shuffle=False).losses
    dataset = TensorDataset(x, y)
    batches = [(x[i : i + 2], y[i : i + 2]) for i in (0, 2, 4)]
    for given in (DataLoader(dataset, 2), DataLoader(dataset, 2, num_workers=2), batches, tuple(map(list, batches))):
        trainer, _ = quiet_trainer()
        assert trainer.train(given, epochs=3, validation=given).losses == expected
        assert trainer.history.validation_losses[-1] == pytest.approx(trainer.evaluate(x, y).loss, rel=1e-14)
        np.testing.assert_allclose(trainer.predict(given).numpy(), trainer.predict(x).numpy(), rtol=1e-14)
    for inputs, targets in ((x.numpy(), y.numpy()), (x.tolist(), y.tolist()), (list(x.numpy()), y), (x, y[:, 0])):
        losses = quiet_trainer()[0].train(inputs, targets, 3, batch_size=2, shuffle=False).losses
        assert losses == pytest.approx(expected, rel=1e-14)
    trainer, _ = quiet_trainer()
    assert trainer.predict(x, batch_size=4).shape == (6, 1)
    np.testing.assert_allclose(trainer.predict(x, batch_size=4).numpy(), trainer.predict(x).numpy(), rtol=1e-14)


def test_a_tensor_is_its_own_target_and_a_model_may_take_several() -> None:
    tg.manual_seed(0)
    x = tg.randn(8, 4)
    auto = nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 4))
    trainer = Trainer(auto, optim.Adam(auto.parameters(), lr=0.05), nn.MSELoss())
    for given in (x, DataLoader(TensorDataset(x), 8), [x]):
        history = trainer.train(given, epochs=30)
        assert history.losses[-1] < history.losses[0]
    assert trainer.predict([x]).shape == (8, 4)

    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Bilinear(2, 3, 1)

        def forward(self, x: Any, z: Any) -> Any:
            return self.a(x, z)

    model = Sum()
    loader = DataLoader(TensorDataset(tg.randn(6, 2), tg.randn(6, 3), tg.randn(6, 1)), 2)
    trainer = Trainer(model, sgd(model), nn.MSELoss())
    assert len(trainer.train(loader, epochs=2)) == 2 and trainer.predict(loader).shape == (6, 1)


class Sum(nn.Module):
    """A model of two inputs by name."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, first: Any, second: Any) -> Any:
        return self.layer(first - second)


def test_batches_that_are_dicts() -> None:
    x, y = regression(6)
    expected = quiet_trainer()[0].train(x, y, 3, batch_size=2, shuffle=False).losses
    for name in ("target", "targets", "label", "labels", "y"):
        examples = [{"whatever it is called": a, name: b} for a, b in zip(x, y)]
        loader = DataLoader(examples, 2)
        trainer, model = quiet_trainer()
        history = trainer.train(loader, epochs=3, validation=loader)
        assert history.losses == expected
        assert trainer.predict(loader).shape == trainer.predict([{"x": x}]).shape == (6, 1)
        assert trainer.evaluate(loader).loss == pytest.approx(history.validation_losses[-1])
    model = Sum().double()
    trainer = Trainer(model, sgd(model), nn.MSELoss())
    expected = [F.mse_loss(model(2 * x, x), y).item()]
    assert trainer.train([{"second": x, "y": y, "first": 2 * x}], epochs=1).losses == expected
    named = trainer.predict([{"second": x, "first": 3 * x}])
    assert tg.allclose(named, model(first=3 * x, second=x))


class Streamed(IterableDataset[Any]):
    def __init__(self, *tensors: Any) -> None:
        self.tensors = tensors

    def __iter__(self) -> Any:
        return iter(zip(*self.tensors))


def test_pairs_and_lists_of_two_batches() -> None:
    x, y = regression(6)
    batches = [(x[:3], y[:3]), (x[3:], y[3:])]
    losses = []
    for validation in (
        (x, y),
        [x, y],
        (x.tolist(), y.tolist()),
        batches,
        tuple(batches),
        DataLoader(TensorDataset(x, y), 3),
    ):
        trainer, _ = quiet_trainer()
        losses.append(trainer.train(batches, epochs=1, validation=validation).validation_losses[0])
    assert losses == pytest.approx(losses[:1] * 6)
    for data in ((x, y), (x.numpy(), y.numpy()), (x.tolist(), y[:, 0].tolist()), TensorDataset(x, y)):
        given, _ = quiet_trainer()
        expected = quiet_trainer()[0].train(x, y, 2, batch_size=3, validation=(x, y))
        history = given.train(data, epochs=2, batch_size=3, validation=data)
        assert history.losses == pytest.approx(expected.losses)
        assert history.validation_losses == pytest.approx(expected.validation_losses)
        assert given.evaluate(data).loss == pytest.approx(given.evaluate(x, y).loss)
    dataset = TensorDataset(x, y)
    assert quiet_trainer()[0].predict(dataset, batch_size=4).shape == (6, 1)
    whole, parts = quiet_trainer()[0].train(dataset, epochs=1), quiet_trainer()[0].train(x, y, 1)
    assert whole.losses == pytest.approx(parts.losses)
    assert len(quiet_trainer()[0].train(ChainDataset([Streamed(x, y)]), epochs=2, batch_size=4).losses) == 2
    two = tg.ones(2, 2).double(), tg.ones(2, 1).double()
    assert len(quiet_trainer()[0].train([two, two], epochs=1)) == 1  # two batches, and no pair
    dicts = [{"x": x, "y": y}] * 2
    assert len(quiet_trainer()[0].train(dicts, epochs=1, validation=dicts).validation_losses) == 1


def test_whole_numbers() -> None:
    """In a list they are numbers like others, as in the scalar trainer; targets are what the loss needs."""
    bits, answers = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]

    def losses(loss: Any, inputs: Any, targets: Any) -> list[float]:
        model = network()
        return Trainer(model, sgd(model), loss).train(inputs, targets, 2).losses

    for loss in (nn.MSELoss(), nn.BCEWithLogitsLoss(), F.l1_loss):
        expected = losses(loss, *XOR)
        for targets in (answers, np.array(answers), [bool(a) for a in answers], [[a] for a in answers]):
            assert losses(loss, bits, targets) == expected
    model = network(outputs=2)
    trainer = Trainer(model, sgd(model), nn.CrossEntropyLoss())
    assert len(trainer.train(bits, answers, 2).accuracies) == 2  # these stay classes
    assert trainer.predict_single([0, 1]).tolist() == trainer.predict_single(np.array([0.0, 1.0])).tolist()
    words = nn.Sequential(nn.Embedding(5, 2), nn.Flatten(), nn.Linear(4, 1))
    assert len(Trainer(words, sgd(words), nn.MSELoss()).train(bits, answers, 1)) == 1  # and these are looked up
    with pytest.raises(TypeError, match="int64"):
        Trainer(model, sgd(model), nn.CrossEntropyLoss()).train(np.array(bits), answers, 1)


def test_a_forward_of_ones_own() -> None:
    class Words(Trainer):
        """Batches are dicts, and the model computes the loss itself."""

        def forward(self, batch: Any) -> Any:
            logits = self.model(batch["x"])
            return self.loss(logits.transpose(1, 2), batch["y"]), logits.transpose(1, 2), batch["y"]

    tg.manual_seed(0)
    tokens = tg.randint(0, 5, (12, 4))
    data = [{"x": t, "y": (t + 1) % 5} for t in tokens]
    model = nn.Sequential(nn.Embedding(5, 8), nn.Linear(8, 5))
    trainer = Words(model, optim.Adam(model.parameters(), lr=0.1), nn.CrossEntropyLoss())
    history = trainer.train(DataLoader(data, 4, shuffle=True), epochs=30)
    assert history.accuracies[-1] == 1.0 and trainer.evaluate(DataLoader(data, 3)).loss < 0.1


# ---- metrics and history --------------------------------------------------------------------------------------------


def test_metrics() -> None:
    tg.manual_seed(0)
    x, t = tg.randn(30, 2), tg.randint(0, 3, (30,))
    model = nn.Linear(2, 3)
    trainer = Trainer(
        model, sgd(model, lr=0.0), nn.CrossEntropyLoss(), metrics=[metrics.F1(), metrics.ConfusionMatrix(3)]
    )
    history = trainer.train(x, t, 2, batch_size=7, validation=(x, t))
    f1, matrix = metrics.F1()(model(x), t), metrics.ConfusionMatrix(3)(model(x), t).tolist()
    assert history.f1 == history.validation_f1 == [f1, f1] and history.confusion_matrix == [matrix] * 2
    assert trainer.evaluate(x, t).metrics == {"f1": f1, "confusion_matrix": matrix}
    assert trainer.evaluate(x, t).accuracy is None and isinstance(trainer.evaluate(x, t), Evaluation)
    assert history.accuracies == [] and Trainer(model, sgd(model), nn.CrossEntropyLoss(), metrics=[]).metrics == []


@pytest.mark.parametrize(
    ("loss", "outputs", "target", "expected"),
    [
        (nn.CrossEntropyLoss(), 3, tg.tensor([0, 1, 2, -100]), True),
        (F.cross_entropy, 3, tg.tensor([0, 1, 2, 1]), True),
        (nn.CrossEntropyLoss(), 3, tg.full((4, 3), 1 / 3).double(), False),
        (nn.CrossEntropyLoss(), 2, tg.tensor([[0, 1], [1, 0], [1, 0], [1, 0]]).double(), False),
        (nn.BCEWithLogitsLoss(), 1, tg.tensor([0.0, 1, 1, 0]).double(), True),
        (F.binary_cross_entropy_with_logits, 1, tg.tensor([[0.0], [1], [1], [0]]).double(), True),
        (nn.BCEWithLogitsLoss(), 1, tg.tensor([0.2, 1, 1, 0]).double(), False),
        (nn.BCEWithLogitsLoss(), 3, tg.ones(4, 3).double(), False),
        (nn.MSELoss(), 1, tg.ones(4).double(), False),
    ],
)
def test_accuracy_comes_with_losses_of_classes(loss: Any, outputs: int, target: tg.Tensor, expected: bool) -> None:
    model = network(outputs=outputs)
    history = Trainer(model, sgd(model), loss).train(regression(4)[0], target, 2)
    assert (len(history.accuracies) == 2) is expected and set(history.as_dict()) - {"accuracies"} == {
        "losses", "learning_rates", "seconds",
    }  # fmt: skip


def test_history(tmp_path: Path) -> None:
    model = network(outputs=2)
    x, t = regression(6)[0], tg.arange(6) % 2
    trainer = Trainer(
        model, sgd(model), nn.CrossEntropyLoss(), metrics=[metrics.Accuracy(), metrics.ConfusionMatrix(2)]
    )
    history = trainer.train(x, t, 3, batch_size=6, validation=(x, t))
    assert history.validation_losses[:-1] == pytest.approx(history.losses[1:], rel=1e-14)
    assert history.validation_accuracies[:-1] == history.accuracies[1:] and all(s > 0 for s in history.seconds)
    history.to_csv(tmp_path / "h.csv")
    history.to_jsonl(tmp_path / "h.jsonl")
    with open(tmp_path / "h.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["epoch"] for row in table] == ["1", "2", "3"] and set(table[0]) == {"epoch", *history.as_dict()}
    assert [float(row["losses"]) for row in table] == history.losses
    lines = [json.loads(line) for line in (tmp_path / "h.jsonl").read_text().splitlines()]
    assert lines == history.rows() and lines[2]["confusion_matrix"] == history.confusion_matrix[2]

    head, *rows = history.table().splitlines()
    assert head.split()[:3] == ["epoch", "loss", "accuracy"] and len(rows) == 3
    assert rows[1].split()[:2] == ["2", f"{history.losses[1]:.4g}"] and len({len(row) for row in (head, *rows)}) == 1
    assert repr(history).startswith(f"History(3 epochs, loss {history.losses[-1]:.4g}, accuracy ")
    assert repr(History()) == "History(0 epochs)" and History().losses == History().validation_accuracies == []
    with pytest.raises(AttributeError, match="History has no column 'f1'; it has losses, accuracies,"):
        history.f1


def test_pictures_of_it() -> None:
    viz = pytest.importorskip("viz")
    trainer, _ = quiet_trainer()
    trainer.train(*XOR, 3, validation=XOR)
    assert len(viz.plot_history(trainer.history).axes) == 1
    viz.plot_decision_boundary(trainer, XOR[0], XOR[1], resolution=5)


def test_writer() -> None:
    told: dict[str, list[tuple[int, float]]] = {}

    class Writer:
        def add_scalar(self, name: str, value: float, step: int) -> None:
            told.setdefault(name, []).append((step, value))

    x, t = regression(6)[0], tg.arange(6) % 2
    model = network(outputs=2)
    trainer = Trainer(model, sgd(model), nn.CrossEntropyLoss(), writer=Writer())
    history = trainer.train(x, t, 2, batch_size=2, validation=(x, t))
    assert [step for step, _ in told["loss/step"]] == [1, 2, 3, 4, 5, 6]
    assert told["loss/training"] == list(zip((1, 2), history.losses))
    assert told["accuracy/validation"] == list(zip((1, 2), history.validation_accuracies))
    assert told["learning_rate"] == [(1, 0.1), (2, 0.1)]


# ---- stopping -------------------------------------------------------------------------------------------------------


def test_callbacks() -> None:
    seen: list[int] = []
    also: list[int] = []
    trainer, _ = quiet_trainer()
    callbacks = [lambda h: seen.append(len(h)) or len(h) == 3, lambda h: also.append(len(h))]
    history = trainer.train(*regression(), 10, callbacks=callbacks)  # type: ignore[misc]
    assert seen == also == [1, 2, 3] and history.stopped == "a callback asked for it after epoch 3"
    assert len(trainer.train(*regression(), 5, callbacks=lambda h: 1)) == 5  # not True


def test_patience_without_validation() -> None:
    model = network()
    optimizer = sgd(model)
    still = optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: float(epoch < 4))
    history = Trainer(model, optimizer, nn.MSELoss(), scheduler=still).train(*regression(), 100, patience=3)
    assert len(history) == 5 + 3 and history.stopped == "no lower loss since epoch 5"


def test_patience_with_validation_puts_the_best_back() -> None:
    """Trained on the opposite of what it is validated on: every step makes it worse, so the first epoch is best."""
    model = nn.Sequential(network(), nn.BatchNorm1d(1).double())
    trainer = Trainer(model, sgd(model), nn.MSELoss())
    x, best = regression(8)[0], []

    def note(history: History) -> None:
        best.append({k: v.tolist() for k, v in model.state_dict().items()})

    ones = tg.ones(8, 1).double()
    history = trainer.train(x, ones, 50, validation=(x, -ones), patience=4, callbacks=note)
    assert history.stopped == "no lower loss since epoch 1" and len(history) == 5
    assert {k: v.tolist() for k, v in model.state_dict().items()} == best[0] != best[-1]


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


class Pressing:
    """A loss during whose n-th computation somebody presses Ctrl-C, once or several times."""

    def __init__(self, n: int, times: int = 1) -> None:
        self.n, self.times, self.calls = n, times, 0

    def __call__(self, prediction: Any, target: Any) -> Any:
        self.calls += 1
        if self.calls == self.n:
            for _ in range(self.times):
                press_ctrl_c()
        return F.mse_loss(prediction, target)


@pytest.fixture
def pythons_own_handler() -> Iterator[None]:
    """Whatever the parent has done with SIGINT: a shell ignores it for what runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way on Windows")
@pytest.mark.usefixtures("pythons_own_handler")
def test_ctrl_c_ends_after_the_step() -> None:
    x, y = regression(8)
    model = network()
    trainer = Trainer(model, sgd(model), Pressing(6))
    history = trainer.train(x, y, 5, batch_size=2, shuffle=False)
    assert history.stopped == "interrupted in epoch 2, after batch 2" and len(history) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        Trainer(model, sgd(model), Pressing(3, times=2)).train(x, y, 5)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    trainer = Trainer(model, sgd(model), Pressing(2))  # during validation: the epoch is finished first
    assert trainer.train(x, y, 5, validation=(x, y)).stopped == "interrupted after epoch 1"


def test_a_program_with_a_handler_of_its_own_keeps_it() -> None:
    got = []
    before = signal.signal(signal.SIGINT, lambda *_: got.append(1))
    try:
        model = network()
        history = Trainer(model, sgd(model), Pressing(2)).train(*regression(), 4)
    finally:
        signal.signal(signal.SIGINT, before)
    assert got == [1] and len(history) == 4
    threads = threading.Thread(target=lambda: got.append(len(quiet_trainer()[0].train(*regression(), 2))))
    threads.start()
    threads.join()
    assert got == [1, 2]


# ---- nan and inf ----------------------------------------------------------------------------------------------------


class Logs(nn.Module):
    """log of something that training makes negative."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(tg.tensor([1.0]))

    def forward(self, x: Any) -> Any:
        return (self.w * x).log()  # of a negative number


class Roots(nn.Module):
    """sqrt(0): the value is fine, the gradient is not."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(tg.tensor([0.0]))

    def forward(self, x: Any) -> Any:
        return (self.w * x).sqrt()


def failure(model: nn.Module, x: Any, loss: Any = None, lr: float = 0.1, **options: Any) -> str:
    trainer = Trainer(model, sgd(model, lr=lr), loss or nn.MSELoss())
    before = numbers(model)
    with pytest.raises(RuntimeError) as caught:
        trainer.train(x, x, **{"epochs": 1, **options})
    if options.get("epochs", 1) == 1:
        assert numbers(model) == before
    return str(caught.value)


def test_nan_names_the_operation_its_module_and_its_line() -> None:
    message = failure(nn.Sequential(nn.Identity(), Logs()), tg.tensor([[1.0], [-2.0]]))
    first, made, place, at, rest = message.split("\n")
    assert first == "Trainer: the loss is nan in epoch 1, batch 1."
    assert made == "    made by  log, (2, 1) → (2, 1): the first nan" and place == "    in       1 (Logs)"
    assert at.startswith("    at       ") and at.endswith("return (self.w * x).log()  # of a negative number")
    assert rest.startswith(
        "The parameters are those before this step. Likely cures: a smaller learning rate (it is 0.1)"
    )


def test_nan_out_of_an_inf_names_both() -> None:
    model = nn.Sequential(nn.Linear(1, 1, bias=False))
    model[0].weight.data.fill_(1e30)
    message = failure(model, tg.tensor([[1e30]]), loss=lambda p, t: (p - p + t).sum())
    assert "made by  matmul, (1, 1), (1, 1) → (1, 1): the first inf" in message and "in       0 (Linear)" in message
    assert "made by  sub, (1, 1), (1, 1) → (1, 1): the first nan\n             out of an inf" in message


def test_the_gradient_alone() -> None:
    message = failure(Roots(), tg.tensor([[1.0]]))
    assert message.startswith("Trainer: the gradient of w holds inf in epoch 1, batch 1.")
    assert "the backward of sqrt made the first inf" in message and "return (self.w * x).sqrt()" in message


def test_the_model_itself() -> None:
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    model[1].weight.data.fill_(math.nan)
    with pytest.raises(RuntimeError, match="made by  the model itself: before this batch its 1.weight holds nan or inf"):
        Trainer(model, sgd(model), nn.MSELoss()).train(tg.ones(2, 1), tg.ones(2, 1), epochs=1)


def test_the_batch_itself() -> None:
    message = failure(nn.Linear(1, 1), tg.tensor([[1.0], [math.nan]]))
    assert "made by  the batch itself: its tensor number 1 holds nan or inf" in message


def test_dropout_drops_the_same_when_it_is_looked_at_again() -> None:
    class Rare(nn.Module):
        """nan only where dropout leaves the number alone."""

        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(tg.ones(1))
            self.dropout = nn.Dropout(0.99)

        def forward(self, x: Any) -> Any:
            return (self.dropout(self.w * x) - 1).neg().log()

    tg.manual_seed(3)
    state = tg.get_rng_state()
    message = failure(Rare(), tg.ones(64, 1), epochs=50)
    assert "made by  log" in message and tg.get_rng_state().tolist() != state.tolist()


def test_a_mask_of_infinities_is_no_suspect() -> None:
    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(tg.ones(1))

        def forward(self, x: Any) -> Any:
            scores = (self.w * x).masked_fill(tg.tensor([[True, False]]), -math.inf).softmax(-1)
            return scores / (scores.sum() - scores.sum())

    message = failure(Masked(), tg.tensor([[1.0, 2.0]]))
    assert "masked_fill" not in message and "made by  div" in message


def test_something_that_does_not_happen_again() -> None:
    class Once(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(tg.ones(1))
            self.bad = [math.nan]

        def forward(self, x: Any) -> Any:
            return self.w * x * (self.bad.pop() if self.bad else 1.0)

    assert "made by  something that is not repeated when the batch is computed again" in failure(Once(), tg.ones(2, 1))


def test_it_overflows_later() -> None:
    message = failure(nn.Linear(1, 1), tg.ones(4, 1) * 100, lr=1e30, epochs=3)
    assert message.startswith("Trainer: the loss is inf in epoch 2, batch 1.") and "(it is 1e+30)" in message


# ---- progress -------------------------------------------------------------------------------------------------------


def test_tqdm(capsys: Any) -> None:
    quiet_trainer()[0].train(*regression(), 20, batch_size=4, progress="XOR", validation=regression())
    out, err = capsys.readouterr()
    assert out == "" and "XOR: 100%" in err and "60/60" in err and "20/20, loss 0." in err and "val loss 0." in err


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("total", [4000, None])
def test_the_bar_fits_into_the_line(width: int, total: int | None) -> None:
    """At 80 columns, the usual terminal, accuracy and validation are there; lr and speed are what may go."""
    words = ["epoch 51/100", "loss 0.07957", "accuracy 97.3%", "validation loss 0.06008", "validation accuracy 98.0%"]
    form, line = fitting([*words, "lr 0.01", "12.5k examples/s"], width, "training", total)
    whole = form.format(
        desc="training", percentage=99, bar="", n_fmt=1500, total_fmt=total, elapsed="00:10", remaining="00:10",
        postfix=", " + line,
    )  # fmt: skip
    assert len(whole) <= width
    if width == 80:
        assert line.startswith("51/100, loss 0.07957, acc 97.3%, val") and "98.0%" in line
    if width == 200:
        assert line == ", ".join([*words, "lr 0.01", "12.5k examples/s"]) and "{desc}: " in form


def test_a_bar_that_stops_early_is_full(capsys: Any) -> None:
    quiet_trainer()[0].train(*regression(), 20, progress=True, callbacks=lambda h: len(h) == 7)
    assert "training: 100%" in (err := capsys.readouterr().err) and "7/7" in err


def test_plain_lines_without_tqdm(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    history = quiet_trainer()[0].train(*regression(), 20, progress="XOR")
    first, *lines = capsys.readouterr().err.splitlines()
    assert first == 'XOR: no bar, as tqdm is not installed. Run: pip install "tensorgrad-learn[train]"'
    assert len(lines) == 10 and lines[-1] == f"XOR: epoch 20 of 20, loss {history.losses[-1]:.4g}"


def test_callbacks_print_above_the_bar(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, both streams are one: the bar's line is wiped before, and drawn again after."""
    monkeypatch.setattr(sys, "stderr", sys.stdout)
    quiet_trainer()[0].train(*regression(), 2, progress="XOR", callbacks=lambda h: print(f"<{len(h)}>"))
    out = capsys.readouterr().out
    before, after = out.split("<2>\n")
    assert before.endswith(" \r") and after.startswith("\rXOR:")


def test_off_unless_in_a_terminal(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, _ = quiet_trainer()
    trainer.train(*regression(), 3)
    trainer.train(*regression(), 3, progress=False)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    trainer.train(*regression(), 3)
    assert "3/3" in capsys.readouterr().err


def test_the_figures_of_a_bar() -> None:
    from tensorgrad.training.progress import _short

    assert [_short(x) for x in (0.5, 12.345, 999.0, 12345.0, 3.2e7)] == ["0.5", "12.3", "999", "12.3k", "32M"]


# ---- errors ---------------------------------------------------------------------------------------------------------


def test_parts() -> None:
    model = network()
    with pytest.raises(TypeError, match=r"a model is callable and has parameters\(\), got int 3"):
        Trainer(3, sgd(model), nn.MSELoss())
    with pytest.raises(TypeError, match=r"a model is callable and has parameters\(\), got type <class"):
        Trainer(nn.Linear, sgd(model), nn.MSELoss())
    with pytest.raises(ValueError, match="ReLU has no parameters, so there is nothing to train"):
        Trainer(nn.ReLU(), sgd(model), nn.MSELoss())
    with pytest.raises(TypeError, match=r"the second argument is an optimizer such as optim.Adam\(model.parameters"):
        Trainer(model, optim.Adam, nn.MSELoss())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the optimizer moves none of this model's parameters"):
        Trainer(model, sgd(network()), nn.MSELoss())
    with pytest.raises(TypeError, match=r"the third argument is a loss such as BCELoss\(\), got <class"):
        Trainer(model, sgd(model), nn.BCELoss)
    with pytest.raises(TypeError, match=r"the third argument is a loss such as nn.MSELoss\(\), got 'mse'"):
        Trainer(model, sgd(model), "mse")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        (dict(metrics=["accuracy"]), TypeError, r"metrics are objects such as Accuracy\(\) of .*, got 'accuracy'"),
        (
            dict(metrics=[metrics.F1(), metrics.F1("micro")]),
            ValueError,
            "two metrics have one name: f1, f1. Set the name of one",
        ),
        (dict(schedule_by="batch"), ValueError, "schedule_by must be 'epoch' or 'step', got 'batch'"),
        (dict(scheduler=3), TypeError, "scheduler must be one of optim.lr_scheduler, got int"),
        (dict(clip_norm=0), ValueError, "clip_norm must be above 0, got 0"),
        (dict(clip_value=-1.0), ValueError, "clip_value must be above 0, got -1"),
        (dict(accumulate=0), ValueError, "accumulate must be at least 1, got 0"),
        (dict(accumulate=1.5), TypeError, "accumulate must be a whole number, got float 1.5"),
    ],
)
def test_settings(options: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match="Trainer: " + words):
        quiet_trainer(**options)


def test_plateau_by_steps() -> None:
    model = network()
    optimizer = sgd(model)
    plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    with pytest.raises(
        ValueError, match="ReduceLROnPlateau looks at the loss of an epoch; leave schedule_by at 'epoch'"
    ):
        Trainer(model, optimizer, nn.MSELoss(), scheduler=plateau, schedule_by="step")


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ((([[1.0, 2.0]]), [1.0]), TypeError, r"how many epochs\? train\(inputs, targets, epochs\)"),
        (([[1.0, 2.0]], [1.0], 0), ValueError, "epochs must be at least 1, got 0"),
        (([[1.0, 2.0]], [1.0], 2.5), TypeError, "epochs must be a whole number, got float 2.5"),
        (([[1.0, 2.0]], [1.0], 1, dict(batch_size=0)), ValueError, "batch_size must be at least 1, got 0"),
        (([[1.0, 2.0]], [1.0], 1, dict(patience=0)), ValueError, "patience must be at least 1, got 0"),
        (([[1.0, 2.0]], [1.0], 1, dict(save_every=2)), ValueError, "save_every is for checkpoints; give checkpoint"),
        (
            ([[1.0, 2.0]], [1.0], 1, dict(validation=3)),
            TypeError,
            r"validation is a pair \(inputs, targets\), a Dataset or a DataLoader, got 3",
        ),
        (([], [], 1), ValueError, r"inputs has shape \(0,\). Give at least one example"),
        (([[1.0, 2.0]], [1.0, 2.0], 1), ValueError, "1 inputs but 2 targets. Give one target for each input"),
        (([[1.0, 2.0], [3.0]], [1.0, 2.0], 1), TypeError, "inputs must be a tensor or an array of numbers"),
        ((["ab"], [1.0], 1), TypeError, "inputs must be a tensor or an array of numbers"),
        ((3.0, None, 1), ValueError, r"inputs has shape \(\). Give at least one example"),
        ((DataLoader(range(3)), None, 1, dict(batch_size=2)), ValueError, "a DataLoader has batches already"),
        ((DataLoader([]), [1.0], 1), TypeError, r"a DataLoader holds its targets already.*train\(data, epochs=…\)"),
        ((TensorDataset(tg.ones(2)), [1.0], 1), TypeError, "a TensorDataset holds its targets already. Leave targets"),
        ((TensorDataset(tg.ones(0)), None, 1), ValueError, "the TensorDataset is empty. Give at least one example"),
        ((Streamed(tg.ones(2)), None, 1), ValueError, "a Streamed has no length. Give batch_size, or a DataLoader"),
        (((tg.ones(2, 2), tg.ones(3)), None, 1), ValueError, "2 inputs but 3 targets"),
        ((DataLoader([]), None, 1), ValueError, "there are no batches to learn from"),
        (
            (iter([(tg.ones(1, 2).double(), tg.ones(1, 1).double())]), None, 2),
            ValueError,
            "no batches .* in epoch 2.*a list",
        ),
        (
            ([{"x": tg.ones(2)}], None, 1),
            TypeError,
            "a dict has inputs and one target, named .*; this one has 'x'.*subclass",
        ),
        (([{"y": tg.ones(2)}], None, 1), TypeError, "a dict has inputs and one target, .*; this one has 'y'"),
        (
            ([{"x": tg.ones(2), "y": tg.ones(2), "label": tg.ones(2)}], None, 1),
            TypeError,
            "a dict has inputs and one target, .*; this one has 'x', 'y', 'label'",
        ),
        ((["text"], None, 1), TypeError, r"a batch is \(input, target\), a dict, or one tensor, got str.*subclass"),
    ],
)
def test_calls(arguments: Any, kind: type[Exception], words: str) -> None:
    trainer, model = quiet_trainer()
    *positional, options = arguments if isinstance(arguments[-1], dict) else (*arguments, {})
    with pytest.raises(kind, match=words):
        trainer.train(*positional, **options)


def test_answers_and_losses_of_the_wrong_kind() -> None:
    model = network()
    for loss, kind, words in (
        (
            lambda p, t: (p - t).square().mean().item(),
            TypeError,
            r"the loss returned float .* not a Tensor. Compute it",
        ),
        (lambda p, t: (p - t).square(), ValueError, r"the loss has shape \(11, 1\) and must be one number"),
    ):
        with pytest.raises(kind, match=words):
            Trainer(model, sgd(model), loss).train(*regression(), 1)
    with pytest.raises(ValueError, match="inputs is empty"):
        quiet_trainer()[0].predict(DataLoader([]))
    with pytest.raises(ValueError, match="no examples to evaluate"):
        quiet_trainer()[0].evaluate(DataLoader([]))


@pytest.mark.parametrize(
    "loss",
    [
        lambda p, t: tg.tensor(1.0),
        lambda p, t: F.mse_loss(p.detach(), t),
        lambda p, t: (p.argmax(1) == 0).double().mean(),
    ],
)
def test_a_loss_without_a_graph(loss: Any) -> None:
    model = network()
    with pytest.raises(
        RuntimeError, match=r"the loss does not depend on any parameter that requires grad.*detach\(\), argm"
    ):
        Trainer(model, sgd(model), loss).train(*regression(), 1)


def test_a_model_that_is_frozen() -> None:
    trainer, model = quiet_trainer()
    model.requires_grad_(False)
    with pytest.raises(RuntimeError, match=r"Are all of them frozen \(requires_grad=False\)"):
        trainer.train(*regression(), 1)


def test_a_schedule_of_another_optimizer() -> None:
    model = network()
    other = optim.lr_scheduler.StepLR(sgd(model), 1)
    with pytest.raises(ValueError, match="the scheduler belongs to another optimizer. Make it with the one given here"):
        Trainer(model, sgd(model), nn.MSELoss(), scheduler=other)


def test_patience_needs_a_model_that_can_be_put_back() -> None:
    class Bare:
        def __init__(self) -> None:
            self.w = tg.ones(2, 1, dtype=tg.float64, requires_grad=True)

        def parameters(self) -> list[tg.Tensor]:
            return [self.w]

        def __call__(self, x: Any) -> Any:
            return x @ self.w

    model = Bare()
    trainer = Trainer(model, sgd(model), nn.MSELoss())  # type: ignore[arg-type]
    assert len(trainer.train(*regression(), 3, patience=1)) > 0
    with pytest.raises(TypeError, match=r"patience puts the parameters of the best epoch back .* Make it an nn.Module"):
        trainer.train(*regression(), 3, patience=1, validation=regression())
