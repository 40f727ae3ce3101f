"""A run of the trainer: where it stands, and how it is saved and found again."""

from __future__ import annotations

import math
import numbers
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Protocol

from ..autograd.frames import warn
from ..optim.lr_scheduler import ReduceLROnPlateau
from ..tensor import Tensor
from .checkpoint import Checkpoint
from .history import History, column
from .progress import Progress


class Training(Protocol):
    """What a run asks of its trainer."""

    model: Any
    optimizer: Any
    scheduler: Any
    schedule_by: str
    history: Any

    @property
    def rate(self) -> Any: ...

    def measuring(self) -> Any: ...

    def evaluate(self, inputs: Any) -> Any: ...


class Run:
    """Where a run stands: what its checkpoints hold beside model, optimizer, schedule and data position."""

    def __init__(
        self, trainer: Training, loader: Any, held_out: Any, epochs: int, patience: int | None, save_every: int | None
    ) -> None:
        self.trainer, self.loader, self.held_out = trainer, loader, held_out
        self.epochs, self.patience, self.save_every = epochs, patience, save_every
        self.metrics = trainer.measuring()
        self.epoch = self.step = 0  # epochs and steps that are done
        self.best, self.best_epoch = math.inf, 0
        self.best_parameters: dict[str, Any] | None = None
        self.given = self._settings()
        self.checkpoint: Checkpoint | None = None
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self.batch = self.examples = 0  # of this epoch
        self.total = self.seconds = self.last_loss = 0.0
        self.rate = self.trainer.rate
        self.metrics.reset()

    # ---- one epoch --------------------------------------------------------------------------------------------------

    def batches(self) -> Iterator[Any]:
        """The batches of this epoch that are still to come."""
        if hasattr(self.loader, "load_state_dict"):
            return iter(self.loader)  # it knows itself
        return islice(iter(self.loader), self.batch, None)

    @property
    def loss(self) -> float:
        return self.total / self.examples if self.examples else math.nan

    def take(self, loss: float, n: int, prediction: Any, target: Any) -> None:
        """A batch of n examples is done."""
        self.batch += 1
        self.examples += n
        self.total += loss * n
        self.last_loss = loss
        self.metrics.update(prediction, target)

    def end_epoch(self, keep_best: bool) -> None:
        """Validate, schedule, and write the epoch into the history."""
        trainer = self.trainer
        if not self.batch:
            again = " An iterator gives its batches once: give a list of them, or a DataLoader." if self.epoch else ""
            raise ValueError(
                f"Trainer: there are no batches to learn from in epoch {self.epoch + 1}. Give at least one example.{again}"
            )
        started = time.perf_counter()
        entries = {"losses": self.loss, **{column(k): v for k, v in self.metrics.compute().items()}}
        decisive = self.loss
        if self.held_out is not None:
            evaluation = trainer.evaluate(self.held_out)
            entries["validation_losses"] = decisive = evaluation.loss
            entries.update({f"validation_{column(k)}": v for k, v in evaluation.metrics.items()})
        seconds = self.seconds + time.perf_counter() - started
        trainer.history.append(**entries, learning_rates=self.rate, seconds=seconds)
        if decisive < self.best:
            self.best, self.best_epoch = decisive, self.epoch + 1
            if keep_best:
                self.best_parameters = {k: _copied(v) for k, v in trainer.model.state_dict().items()}
        if isinstance(trainer.scheduler, ReduceLROnPlateau):
            trainer.scheduler.step(decisive)
        elif trainer.scheduler is not None and trainer.schedule_by == "epoch":
            trainer.scheduler.step()
        self.epoch += 1
        self._begin_epoch()

    def finished(self) -> bool:
        """Whether there is nothing more to do; the history says why."""
        history = self.trainer.history
        if self.epoch and self.patience and self.epoch - self.best_epoch >= self.patience:
            history.stopped = f"no lower loss since epoch {self.best_epoch}"
        elif self.epoch >= self.epochs:
            history.stopped = "all epochs are done"
        return bool(history.stopped)

    @contextmanager
    def bar(self, shown: bool | str | None) -> Iterator[Progress]:
        try:
            batches = len(self.loader)
        except TypeError:
            batches = None
        bar = Progress(shown, self.epochs, batches, self.batch + self.epoch * (batches or 0))
        try:
            yield bar
        finally:
            bar.close()

    # ---- saving -----------------------------------------------------------------------------------------------------

    def saved_in(self, folder: Any, keep: int) -> None:
        """Save into this folder from now on, after going on with what is there."""
        trainer = self.trainer
        parts = {"model": trainer.model, "optimizer": trainer.optimizer, "run": self}
        if trainer.scheduler is not None:
            parts["scheduler"] = trainer.scheduler
        if hasattr(self.loader, "load_state_dict"):
            parts["data"] = self.loader
        self.checkpoint = Checkpoint(folder, keep=keep, **parts)
        given = self.given
        if not self.checkpoint.resume():
            return
        if self.finished():
            warn(
                f"Trainer.train: nothing is left to train: the run in {folder} ended after epoch {self.epoch}, "
                f"{trainer.history.stopped}. To go further give epochs above {self.epoch}, to start anew another folder."
            )
        elif changed := self._changed(given):
            warn(
                f"Trainer.train: the run in {folder} goes on with its own {' and '.join(changed)}. To change it on the "
                "way, set optimizer.param_groups[0][…] in a callback; to start anew, choose another folder."
            )

    def _settings(self) -> list[dict[str, Any]]:
        """What the optimizer is set to, group by group; of a schedule the rate that it starts from."""
        groups = []
        for group in self.trainer.optimizer.param_groups:
            plain = {k: v for k, v in group.items() if isinstance(v, (bool, int, float, tuple))}
            groups.append(plain | {"lr": plain.pop("initial_lr", group["lr"])})
        return groups

    def _changed(self, given: list[dict[str, Any]]) -> list[str]:
        """The settings given now that the checkpoint has replaced, though it was begun with others too."""
        found: dict[str, None] = {}
        then = self.given or [{}] * len(given)
        for now, before, resumed in zip(given, then, self._settings()):
            for name, value in now.items():
                if name in resumed and value != resumed[name] and value != before.get(name):
                    found[f"{name}={resumed[name]}, not with the new {name}={value}"] = None
        return list(found)

    def save(self) -> None:
        if self.checkpoint is not None:
            self.checkpoint.save(self.step)

    _NUMBERS = ("epoch", "step", "best", "best_epoch", "batch", "examples", "total", "seconds", "last_loss", "rate")

    def state_dict(self) -> dict[str, Any]:
        state: dict[str, Any] = {name: getattr(self, name) for name in self._NUMBERS}
        history = self.trainer.history.state_dict()
        state |= {"best_parameters": self.best_parameters, "metrics": self.metrics.state_dict(), "history": history}
        state["given"] = self.given
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._check(state)
        for name in self._NUMBERS:
            setattr(self, name, state[name])
        self.best_parameters = state["best_parameters"]
        self.given = state.get("given", [])  # of an older checkpoint nobody knows
        self.metrics.load_state_dict(state["metrics"])
        self.trainer.history.load_state_dict(state["history"])
        self.trainer.history.stopped = ""

    def _check(self, state: Any) -> None:
        """Raise ValueError, naming the entry, if this is no state of a run of this model."""
        wanted = (*self._NUMBERS, "best_parameters", "metrics", "history")
        missing = [name for name in wanted if name not in state] if isinstance(state, dict) else wanted
        if missing:
            raise ValueError(f"Trainer: the state of a run needs the entry {missing[0]!r}.")
        for name in self._NUMBERS:
            x, counts = state[name], type(getattr(self, name)) is int
            if not isinstance(x, numbers.Real) or counts and (type(x) is not int or x < 0):
                words = "a whole number from 0 on" if counts else "a number"
                raise ValueError(f"Trainer: the entry {name!r} of the state of a run is {x!r:.100}, expected {words}.")
        best = state["best_parameters"]
        if best is not None and (not isinstance(best, dict) or _shapes(best) != _shapes(self.trainer.model.state_dict())):
            raise ValueError("Trainer: the entry 'best_parameters' of the state of a run is not of this model.")
        self.metrics.check_state_dict(state["metrics"])
        History().load_state_dict(state["history"])


def _shapes(state: Any) -> dict[str, Any]:
    return {k: x.shape if isinstance(x, Tensor) else None for k, x in state.items()}


def _copied(x: Any) -> Any:
    return x.detach().clone() if isinstance(x, Tensor) else x


__all__ = ["Run"]
