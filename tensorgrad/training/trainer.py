"""The training loop over tensors, with the words of the one over single numbers (`micrograd_value.Trainer`).

    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    trainer = Trainer(model, optim.Adam(model.parameters(), lr=0.1), nn.BCEWithLogitsLoss())
    history = trainer.train(inputs, targets, epochs=200)
    trainer.predict_single([0.0, 1.0])

At its heart stand the same four lines; see `Trainer._run_epoch`:

    loss = loss_of(model(x), y)     forward: the graph is built
    optimizer.zero_grad()           gradients add, so yesterday's have to go
    loss.backward()                 backward: every parameter learns its share
    optimizer.step()                and moves against it
"""

from __future__ import annotations

import math
import reprlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import nn, random
from ..autograd.modes import no_grad, quiet
from ..metrics import Metric
from ..nn.mistakes import without_parameters
from ..ops.join import cat
from ..optim import LBFGS, Optimizer
from ..optim.lr_scheduler import ReduceLROnPlateau
from ..tensor import Tensor
from ..utils.data import DataLoader, Dataset, IterableDataset, TensorDataset
from .batches import (
    Parts,
    examples_in,
    inputs_as_examples,
    inputs_of,
    is_batches,
    is_column,
    is_examples_and_targets,
    is_pair,
    parts_of,
    targets_as_examples,
)
from .diagnosis import where_from
from .history import Evaluation, History
from .interruption import Interruption, interruption
from .measuring import Measuring, default_metrics
from .progress import Progress
from .run import Run


class Trainer:
    """Fits a model to examples.

    Args:
        model: a Module, or anything callable with `parameters()`.
        optimizer: of the model's parameters, or some of them.
        loss: a function of (prediction, target) that returns one number, the mean over the batch.
        metrics: measured on the training and validation data, by their names. None: the accuracy, if the loss is one
            of classes (cross entropy, NLL, binary cross entropy).
        scheduler: of the learning rate; its step is taken after each epoch, or after each optimizer step if
            `schedule_by` is "step".
        clip_norm: gradients together are made no longer than this; clip_value: nor any number larger.
        accumulate: so many batches make one step, of their mean gradient over examples: 4 batches of 8 are one of 32.
        writer: what happens is told to `writer.add_scalar(name, value, step)`; see `utils.tensorboard`.

    A batch is (input, target), or (input, …, target) for a model of several inputs; or a dict with an entry "target" (or
    targets, label, labels, y), whose other entries the model gets by name (a single one by position); or one tensor that
    is its own target. For anything else override `forward`. Targets (N,) go with predictions (N, 1).

    Attributes:
        history: of the latest `train`, also after it was interrupted.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Optimizer,
        loss: Callable[[Any, Any], Tensor],
        *,
        metrics: Metric | Iterable[Metric] | None = None,
        scheduler: Any = None,
        schedule_by: str = "epoch",
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int = 1,
        writer: Any = None,
    ) -> None:
        _check_parts(model, optimizer, loss)
        if metrics is None:
            metrics, by_default = default_metrics(loss), True
        else:
            metrics, by_default = [metrics] if isinstance(metrics, Metric) else list(metrics), False
        for m in metrics:
            if not isinstance(m, Metric):
                raise TypeError(f"Trainer: metrics are objects such as Accuracy() of tensorgrad.metrics, got {m!r}.")
        if len({m.name for m in metrics}) < len(metrics):
            names = ", ".join(m.name for m in metrics)
            raise ValueError(f"Trainer: two metrics have one name: {names}. Set the name of one: metric.name = …")
        if schedule_by not in ("epoch", "step"):
            raise ValueError(f"Trainer: schedule_by must be 'epoch' or 'step', got {schedule_by!r}.")
        if scheduler is not None and not (hasattr(scheduler, "step") and hasattr(scheduler, "get_last_lr")):
            raise TypeError(f"Trainer: scheduler must be one of optim.lr_scheduler, got {type(scheduler).__name__}.")
        if getattr(scheduler, "optimizer", optimizer) is not optimizer:
            raise ValueError("Trainer: the scheduler belongs to another optimizer. Make it with the one given here.")
        if isinstance(scheduler, ReduceLROnPlateau) and schedule_by == "step":
            raise ValueError("Trainer: ReduceLROnPlateau looks at the loss of an epoch; leave schedule_by at 'epoch'.")
        for name, limit in (("clip_norm", clip_norm), ("clip_value", clip_value)):
            if limit is not None and not limit > 0:
                raise ValueError(f"Trainer: {name} must be above 0, got {limit}.")
        self.model, self.optimizer, self.loss, self.metrics = model, optimizer, loss, metrics
        self.scheduler, self.schedule_by = scheduler, schedule_by
        self.clip_norm, self.clip_value, self.writer = clip_norm, clip_value, writer
        self.accumulate = _whole("Trainer", "accumulate", accumulate)
        if isinstance(optimizer, LBFGS) and accumulate > 1:
            raise ValueError("Trainer: LBFGS computes the loss of a batch several times a step; it needs accumulate=1.")
        self.history = History()
        self._metrics_are_optional = by_default

    # ---- training ---------------------------------------------------------------------------------------------------

    def train(
        self,
        inputs: Any,
        targets: Any = None,
        epochs: int | None = None,
        *,
        batch_size: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        validation: Any = None,
        patience: int | None = None,
        callbacks: Callable[[History], Any] | Iterable[Callable[[History], Any]] = (),
        progress: bool | str | None = None,
        checkpoint: Any = None,
        save_every: int | None = None,
        keep: int = 2,
    ) -> History:
        """Go through the examples `epochs` times and learn from each batch.

        Args:
            inputs: the examples along the first dimension, a tensor or array; or, without targets, (inputs, targets), a
                Dataset of such pairs, or a DataLoader or another iterable of batches, which `batch_size`, `shuffle` and
                `seed` have nothing to say to.
            targets: for each example what the model should answer, as the loss wants it.
            epochs: how many times.
            batch_size: examples per step; None: all of them. The last batch of an epoch may be smaller.
            shuffle: a new order each epoch, when there is more than one batch.
            seed: of that order.
            validation: (inputs, targets), a Dataset or a DataLoader: never learnt from, evaluated after each epoch.
            patience: stop when so many epochs in a row brought no lower loss. With validation data it is their loss
                that counts, and the parameters of the best epoch are put back at the end.
            callbacks: a function, or several, called with the history after each epoch; True ends the training.
            progress: a tqdm bar, or plain lines without tqdm; a text is shown in front. None: only in a terminal.
            checkpoint: a folder. The run is saved there after each epoch, and after every `save_every` steps; called
                again with the same folder, it goes on where it stopped and ends bit for bit as if it had not: with the
                learning rate it had, a warning says so where the optimizer has been made with another.
            keep: how many of the last checkpoints stay.

        Ctrl-C ends the run after the step it is in, saved if there is a folder for it; a second one at once.

        Raises:
            ValueError: no examples, more of one than of the other.
            RuntimeError: loss or gradient became nan or infinite; the message names the operation that made it, and the
                parameters are those before that step.
        """
        if epochs is None:
            raise TypeError("Trainer.train: how many epochs? train(inputs, targets, epochs), train(loader, epochs=…).")
        epochs = _whole("Trainer.train", "epochs", epochs)
        patience = None if patience is None else _whole("Trainer.train", "patience", patience)
        save_every = None if save_every is None else _whole("Trainer.train", "save_every", save_every)
        if save_every and checkpoint is None:
            raise ValueError("Trainer.train: save_every is for checkpoints; give checkpoint, a folder, as well.")
        callbacks = [callbacks] if callable(callbacks) else list(callbacks)
        loader = self._loader(inputs, targets, batch_size, shuffle, seed)
        held_out = None if validation is None else self._validation(validation, batch_size)

        self.history = History()
        run = Run(self, loader, held_out, epochs, patience, save_every)
        if checkpoint is not None:
            run.saved_in(checkpoint, keep)
        best_is_kept = patience is not None and held_out is not None
        if best_is_kept and not hasattr(self.model, "load_state_dict"):
            raise TypeError(
                "Trainer.train: patience puts the parameters of the best epoch back at the end; for that the model "
                "needs state_dict() and load_state_dict(). Make it an nn.Module."
            )
        with run.bar(progress) as bar, interruption() as wish:
            while not run.finished():
                if not self._run_epoch(run, bar, wish):
                    self.history.stopped = f"interrupted in epoch {run.epoch + 1}, after batch {run.batch}"
                    break
                run.end_epoch(best_is_kept)
                bar.epoch(run.epoch, self.history.summary())
                self._report(run)
                with bar.aside():
                    ended = [callback(self.history) is True for callback in callbacks]  # a list: each of them is called
                if any(ended):
                    self.history.stopped = f"a callback asked for it after epoch {run.epoch}"
                if wish.asked and not self.history.stopped:
                    self.history.stopped = f"interrupted after epoch {run.epoch}"
                run.save()
                if self.history.stopped:
                    break
        if run.best_parameters is not None:
            self.model.load_state_dict(run.best_parameters)
        return self.history

    def _run_epoch(self, run: Run, bar: Progress, wish: Interruption) -> bool:
        """The rest of an epoch; False if it was interrupted."""
        started = time.perf_counter()
        waiting = batches = 0
        self._set_mode(True)
        for batch in run.batches():
            before = random.get_rng_state()
            loss, prediction, target = self.forward(batch)
            value, n = _value(loss), examples_in(batch)
            if not math.isfinite(value):
                raise self._not_finite(f"loss is {value}", run.epoch, run.batch + 1, batch, before)
            if not loss.requires_grad:
                raise RuntimeError(_NO_GRAPH)
            if not waiting:
                self.optimizer.zero_grad()
            (loss if self.accumulate == 1 else loss * n).backward()
            run.take(value, n, prediction, target)
            waiting, batches = waiting + n, batches + 1
            bar.step(run.epoch + 1, run.loss, self.rate, n)
            if batches == self.accumulate:
                self._step(waiting, run, batch, before)
                waiting = batches = 0
                if wish.asked:
                    run.seconds += time.perf_counter() - started
                    run.save()
                    return False
                if run.save_every and run.step % run.save_every == 0:
                    run.seconds += time.perf_counter() - started
                    started = time.perf_counter()
                    run.save()
        if waiting:
            self._step(waiting, run, batch, before)
        run.seconds += time.perf_counter() - started
        return True

    def _step(self, n: int, run: Run, batch: Any, rng: Tensor) -> None:
        """One step of the optimizer, on the gradient of n examples."""
        parameters = [p for group in self.optimizer.param_groups for p in group["params"] if p.grad is not None]
        with no_grad(), quiet():
            if self.accumulate > 1:
                for p in parameters:
                    p.grad.div_(n)
            if self.clip_norm is not None:
                nn.utils.clip_grad_norm_(parameters, self.clip_norm)
            if self.clip_value is not None:
                nn.utils.clip_grad_value_(parameters, self.clip_value)
            bad = [p for p in parameters if not np.isfinite(p.grad.array.sum()) and not np.isfinite(p.grad.array).all()]
        if bad:
            kind = "nan" if np.isnan(bad[0].grad.array).any() else "inf"
            raise self._not_finite(f"gradient of {self._name(bad[0])} holds {kind}", run.epoch, run.batch, batch, rng)
        if isinstance(self.optimizer, LBFGS):
            self.optimizer.step(lambda: self._gradients(batch))
        else:
            self.optimizer.step()
        run.step += 1
        if self.scheduler is not None and self.schedule_by == "step":
            self.scheduler.step()
        if self.writer is not None:
            self.writer.add_scalar("loss/step", run.last_loss, run.step)

    def _gradients(self, batch: Any) -> Tensor:
        self.optimizer.zero_grad()
        loss = self.forward(batch)[0]
        loss.backward()
        return loss

    def forward(self, batch: Any) -> tuple[Tensor, Any, Any]:
        """(loss, prediction, target) of one batch. Override it for a model that is called in another way:

        class VAETrainer(Trainer):
            def forward(self, batch):
                x, _ = batch
                out, mean, log_var = self.model(x)
                return self.loss(out, x) + kl(mean, log_var), out, x
        """
        inputs, named, target = parts_of(batch)
        prediction = self.model(*inputs, **named)
        shaped = target
        if is_column(prediction, target):
            shaped = target.reshape(prediction.shape)
        return self.loss(prediction, shaped), prediction, shaped

    # ---- asking the model -------------------------------------------------------------------------------------------

    def predict(self, inputs: Any, *, batch_size: int | None = None) -> Tensor:
        """The model's answers, (N, …), to examples along the first dimension or to the batches of a DataLoader, whose
        targets are left aside."""
        if isinstance(inputs, Dataset):
            inputs = self._batches_of(inputs, batch_size, False, 0)
        if is_batches(inputs):
            batches: Iterable[Parts] = map(inputs_of, inputs)
        else:
            x = inputs_as_examples("inputs", inputs, self.model)
            batches = map(inputs_of, x.split(batch_size or len(x)))
        with self._asked(), no_grad():
            answers = [self.model(*batch.inputs, **batch.named) for batch in batches]
        if not answers:
            raise ValueError("Trainer: inputs is empty. Give at least one example.")
        return answers[0] if len(answers) == 1 else cat(answers)

    def predict_single(self, x: Any) -> Tensor:
        """The answer to one example."""
        one = x.unsqueeze(0) if isinstance(x, Tensor) else x[None] if isinstance(x, np.ndarray) else [x]
        return self.predict(inputs_as_examples("x", one, self.model))[0]

    def evaluate(self, inputs: Any, targets: Any = None, *, batch_size: int | None = None) -> Evaluation:
        """Loss and metrics on these examples: inputs and targets, a Dataset or a DataLoader. Nothing is learnt."""
        total, examples, metrics = 0.0, 0, self.measuring()
        with self._asked(), no_grad():
            for batch in self._loader(inputs, targets, batch_size, False, 0):
                loss, prediction, target = self.forward(batch)
                n = examples_in(batch)
                total, examples = total + _value(loss) * n, examples + n
                metrics.update(prediction, target)
        if not examples:
            raise ValueError("Trainer: there are no examples to evaluate. Give at least one.")
        return Evaluation(total / examples, metrics.compute())

    def measuring(self) -> Measuring:
        """The metrics, for one pass over some data."""
        return Measuring(self.metrics, self._metrics_are_optional)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Inside, the model is in evaluation mode."""
        training = getattr(self.model, "training", None)
        self._set_mode(False)
        try:
            yield
        finally:
            if training is not None:
                self._set_mode(training)

    def _set_mode(self, training: bool) -> None:
        if hasattr(self.model, "train") and hasattr(self.model, "eval"):
            self.model.train(training)

    # ---- examples ---------------------------------------------------------------------------------------------------

    def _loader(self, inputs: Any, targets: Any, batch_size: int | None, shuffle: bool, seed: int) -> Any:
        if targets is None and isinstance(inputs, tuple) and is_examples_and_targets(inputs):
            inputs, targets = inputs
        if targets is not None and (isinstance(inputs, (Dataset, DataLoader))):
            raise TypeError(
                f"Trainer: a {type(inputs).__name__} holds its targets already. Leave targets away: "
                "train(data, epochs=…), evaluate(data)."
            )
        if isinstance(inputs, Dataset):
            return self._batches_of(inputs, batch_size, shuffle, seed)
        if targets is None and is_batches(inputs):
            if batch_size is not None:
                raise ValueError("Trainer: a DataLoader has batches already; batch_size is for inputs and targets.")
            return inputs
        x = inputs_as_examples("inputs", inputs, self.model)
        tensors = [x]
        if targets is not None:
            t = targets_as_examples("targets", targets, self.model, self.loss)
            if len(x) != len(t):
                raise ValueError(f"Trainer: {len(x)} inputs but {len(t)} targets. Give one target for each input.")
            tensors.append(t)
        return self._batches_of(TensorDataset(*tensors), batch_size, shuffle, seed)

    def _batches_of(self, dataset: Any, batch_size: int | None, shuffle: bool, seed: int) -> DataLoader:
        """A loader over a dataset; all of it is one batch where no size is given."""
        size = None if batch_size is None else _whole("Trainer.train", "batch_size", batch_size)
        if isinstance(dataset, IterableDataset):
            if size is None:
                raise ValueError(f"Trainer: a {type(dataset).__name__} has no length. Give batch_size, or a DataLoader.")
            return DataLoader(dataset, size)
        if not (n := len(dataset)):
            raise ValueError(f"Trainer: the {type(dataset).__name__} is empty. Give at least one example.")
        size = n if size is None else min(size, n)
        generator = random.Generator().manual_seed(seed)
        return DataLoader(dataset, size, shuffle=shuffle and size < n, generator=generator)

    def _validation(self, validation: Any, batch_size: int | None) -> Any:
        if is_pair(validation):
            x, y = validation
            return self._loader(x, y, batch_size, False, 0)
        if isinstance(validation, Dataset):
            return self._batches_of(validation, batch_size, False, 0)
        if is_batches(validation):
            return validation
        raise TypeError(
            "Trainer: validation is a pair (inputs, targets), a Dataset or a DataLoader, got "
            f"{reprlib.repr(validation)}."
        )

    # ---- reports ----------------------------------------------------------------------------------------------------

    @property
    def rate(self) -> float:
        """The learning rate of the first parameter group."""
        return float(self.optimizer.param_groups[0]["lr"])

    def _name(self, p: Any) -> str:
        named: Any = getattr(self.model, "named_parameters", tuple)()
        return next((name for name, q in named if q is p), "a parameter")

    def _report(self, run: Run) -> None:
        if self.writer is None:
            return
        for name, values in self.history.columns.items():
            if not isinstance(values[-1], (int, float)):
                continue
            plain = name.removeprefix("validation_")
            tag = {"losses": "loss", "accuracies": "accuracy", "learning_rates": "learning_rate"}.get(plain, plain)
            kind = "/validation" if plain != name else "/training" if plain not in ("learning_rates", "seconds") else ""
            self.writer.add_scalar(tag + kind, values[-1], run.epoch)

    def _not_finite(self, what: str, epoch: int, number: int, batch: Any, rng: Tensor) -> RuntimeError:
        lines = where_from(self.model, lambda b: self.forward(b)[0], batch, rng)
        return RuntimeError(
            f"Trainer: the {what} in epoch {epoch + 1}, batch {number}.\n{lines}"
            f"The parameters are those before this step. Likely cures: a smaller learning rate (it is {self.rate:g}), "
            "clip_norm, inputs and targets scaled to about [-1, 1], a loss on logits (BCEWithLogitsLoss, "
            "CrossEntropyLoss) in place of log or exp at the end of the model."
        )


# ---- helpers --------------------------------------------------------------------------------------------------------


def _check_parts(model: Any, optimizer: Any, loss: Any) -> None:
    if isinstance(model, type) or not callable(model) or not hasattr(model, "parameters"):
        raise TypeError(f"Trainer: a model is callable and has parameters(), got {type(model).__name__} {model!r}.")
    own = set(model.parameters())
    if not own:
        cure = without_parameters(model) if isinstance(model, nn.Module) else ""
        raise ValueError(f"Trainer: {type(model).__name__} has no parameters, so there is nothing to train. {cure}".rstrip())
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "Trainer: the second argument is an optimizer such as optim.Adam(model.parameters(), lr=0.01), got "
            f"{optimizer!r}."
        )
    if not own & {p for group in optimizer.param_groups for p in group["params"]}:
        raise ValueError(
            "Trainer: the optimizer moves none of this model's parameters. Make it with model.parameters(), after the "
            "model has been built."
        )
    if not callable(loss) or isinstance(loss, type):
        name = loss.__name__ if isinstance(loss, type) else "nn.MSELoss"
        raise TypeError(f"Trainer: the third argument is a loss such as {name}(), got {loss!r}.")


_NO_GRAPH = (
    "Trainer: the loss does not depend on any parameter that requires grad, so there is nothing to learn. Are all of them "
    "frozen (requires_grad=False), or was the graph cut on the way: detach(), argmax(), a comparison, no_grad()?"
)


def _value(loss: Any) -> float:
    if not isinstance(loss, Tensor):
        raise TypeError(
            f"Trainer: the loss returned {type(loss).__name__} {loss!r} and not a Tensor. "
            "Compute it from the predictions as they come, without item() or numpy(): they carry the graph."
        )
    if loss.array.size != 1:
        raise ValueError(
            f"Trainer: the loss has shape {tuple(loss.shape)} and must be one number. Use reduction='mean', or .mean()."
        )
    return float(loss.array)


def _whole(who: str, name: str, n: Any) -> int:
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool):
        raise TypeError(f"{who}: {name} must be a whole number, got {type(n).__name__} {n!r}.")
    if n < 1:
        raise ValueError(f"{who}: {name} must be at least 1, got {n}.")
    return int(n)


__all__ = ["Trainer"]
