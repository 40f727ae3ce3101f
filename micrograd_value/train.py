"""The training loop, with what every such loop needs sooner or later.

    model = MLPBuilder(2).add_layer(4, Activation.TANH).add_layer(1, Activation.SIGMOID).build(seed=1)
    trainer = Trainer(model, Adam(lr=0.1), BCELoss())
    history = trainer.train(inputs, targets, epochs=200)
    trainer.predict_single([0, 1])

At its heart stand the four lines of any micrograd program; see `Trainer._gradients`:

    loss = loss_of(model(x) for each x)     forward: the graph is built
    zero_grad()                             gradients add, so yesterday's have to go
    loss.backward()                         backward: every parameter learns its share
    optimizer.step()                        and moves against it
"""

from __future__ import annotations

import math
import random
import reprlib
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .checks import whole
from .compiled_training import CompiledTraining
from .engine import Value, no_grad
from .interruption import Interruption, interruption
from .losses import Loss, as_row
from .nn import MLPBuilder
from .optim import Optimizer
from .progress import progress_bar, title_of
from .serialize import write_atomically

if TYPE_CHECKING:
    from os import PathLike

Rows: TypeAlias = list[list[float]]


@dataclass
class History:
    """What happened, one entry per epoch; lists nobody asked for stay empty.

    Attributes:
        losses: mean loss of the training examples, each counted before the step it took part in.
        accuracies: share of right answers, in [0, 1], counted likewise; empty for losses that only measure a distance.
        validation_losses, validation_accuracies: at the end of the epoch, on the validation data.
        learning_rates: of the epoch's first step.
        seconds: how long the epoch took.
        stopped: why training ended.
    """

    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    validation_accuracies: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: str = ""

    def _append(self, column: str, x: float | None) -> None:
        if x is not None:
            getattr(self, column).append(x)

    def as_dict(self) -> dict[str, list[float]]:
        """The lists that are not empty, by name."""
        return {name: list(column) for name, column in vars(self).items() if isinstance(column, list) and column}

    def to_csv(self, path: str | PathLike[str]) -> None:
        """A table with one line per epoch. The file that was there stays until the new one is safely on the disk."""
        columns = self.as_dict()
        lines = [["epoch", *columns], *([str(i), *map(repr, row)] for i, row in enumerate(zip(*columns.values()), 1))]
        write_atomically(path, "".join(",".join(line) + "\n" for line in lines))

    def summary(self) -> str:
        """The latest epoch in a few words."""
        if not self.losses:
            return "no epoch is done"
        words = [f"loss {self.losses[-1]:.4g}"]
        if self.accuracies:
            words.append(f"accuracy {self.accuracies[-1]:.0%}")
        if self.validation_losses:
            words.append(f"validation loss {self.validation_losses[-1]:.4g}")
        if self.validation_accuracies:
            words.append(f"validation accuracy {self.validation_accuracies[-1]:.0%}")
        return ", ".join(words)

    def __len__(self) -> int:
        return len(self.losses)

    def __repr__(self) -> str:
        return f"History({len(self)} epochs{', ' + self.summary() if self.losses else ''})"


class Evaluation(NamedTuple):
    """The mean loss, and the share of right answers (None where the loss only measures a distance)."""

    loss: float
    accuracy: float | None


class Trainer:
    """Fits a model to examples.

    Args:
        model: an `MLP`, or anything callable with `parameters()`.
        optimizer: made without parameters it is given all of the model's; made with some, only those learn.
        loss: one of `losses`, or any function of (predictions, targets) that returns a Value.
        penalty: `L1(strength)` or `L2(strength)`, a function of the parameters that is added to the loss.
        correct: a function of (prediction, target), two lists of numbers, that says whether an example is right;
            None: the one the loss brings.
        compiled: turn the graph of a batch into a native function once, and run that from then on: the same numbers,
            over a hundred times faster. Needs Numba, and a model and a loss without an `if` on the data.

    Attributes:
        history: of the latest `train`, also after it was interrupted.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Optimizer,
        loss: Callable[[Any, Any], Value],
        *,
        penalty: Callable[[Iterable[Value]], Value] | None = None,
        correct: Callable[[Sequence[float], Sequence[float]], bool] | None = None,
        compiled: bool = False,
    ) -> None:
        _check_parts(model, optimizer, loss)
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.penalty = penalty
        self.correct = correct or getattr(loss, "correct", None)
        self.compiled = compiled
        self.history = History()
        self._parameters: list[Value] = list(model.parameters())
        self._native = CompiledTraining(model, self._parameters)  # idle unless `compiled`
        if not optimizer.parameters:
            optimizer.attach(self._parameters)
        elif not set(optimizer.parameters) <= set(self._parameters):
            raise ValueError(
                "Trainer: the optimizer moves parameters that are not this model's. Make a new optimizer; without "
                f"parameters, {type(optimizer).__name__}(lr=…), it gets those of the model."
            )

    # ---- training ---------------------------------------------------------------------------------------------

    def train(
        self,
        inputs: Iterable[Any],
        targets: Iterable[Any],
        epochs: int,
        *,
        batch_size: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        validation: tuple[Iterable[Any], Iterable[Any]] | None = None,
        patience: int | None = None,
        callbacks: Callable[[History], Any] | Iterable[Callable[[History], Any]] = (),
        progress: bool | str | None = None,
    ) -> History:
        """Go through the examples `epochs` times and learn from each batch.

        Args:
            inputs: the examples, each a list of numbers (a number alone, if the model takes one).
            targets: for each example what the model should answer, as the loss wants it.
            epochs: how many times.
            batch_size: examples per step; None: all of them. The last batch of an epoch may be smaller.
            shuffle: a new order each epoch, when there is more than one batch.
            seed: of that order.
            validation: (inputs, targets) that are never learnt from, evaluated after each epoch.
            patience: stop when so many epochs in a row brought no lower loss. With validation data it is their loss
                that counts, and the parameters of the best epoch are put back at the end.
            callbacks: a function, or several, called with the history after each epoch; True ends the training.
            progress: a tqdm bar, or plain lines without tqdm; a text is shown in front. None: only in a terminal.

        Ctrl-C ends the training after the step it is in, and the history is returned; a second one at once.

        Raises:
            ValueError: no examples, more of one than of the other, lengths that do not fit the model or the loss.
            RuntimeError: loss or gradient became nan or infinite; the parameters are those before that step.
        """
        epochs = whole("Trainer.train", "epochs", epochs)
        patience = None if patience is None else whole("Trainer.train", "patience", patience)
        callbacks = [callbacks] if callable(callbacks) else list(callbacks)
        xs, ts = self._examples(inputs, targets)
        held_out = None if validation is None else self._examples(*_pair(validation))
        size = len(xs) if batch_size is None else min(whole("Trainer.train", "batch_size", batch_size), len(xs))
        history = self.history = History(stopped="all epochs are done")
        order = list(range(len(xs)))
        shuffled = random.Random(seed).shuffle if shuffle and size < len(xs) else list
        best, best_epoch, best_parameters = math.inf, 0, None
        title = title_of(progress)
        with interruption() as wish, ExitStack() as stack:
            if self.compiled:
                new = {size, len(xs) % size} - {0} - self._native.steps.keys()
                if new and title:
                    print(f"{title}: compiling the graph of a batch, once; a large one takes seconds", file=sys.stderr)
                for n in new:
                    self._native.prepare(self._total_loss, n, xs, ts)
            show = stack.enter_context(progress_bar(title, epochs))
            for epoch in range(1, epochs + 1):
                if wish.asked:
                    history.stopped = f"interrupted after epoch {epoch - 1}" if history else "interrupted while compiling"
                    break
                begin = time.perf_counter()
                history.learning_rates.append(self.optimizer.lr)
                shuffled(order)
                batches = [order[first : first + size] for first in range(0, len(order), size)]
                result = self._epoch(epoch, [([xs[i] for i in b], [ts[i] for i in b]) for b in batches], wish)
                if result is None:
                    history.learning_rates.pop()
                    break
                history._append("losses", result.loss)
                history._append("accuracies", result.accuracy)
                if held_out:
                    result = self._evaluate(*held_out)
                    history._append("validation_losses", result.loss)
                    history._append("validation_accuracies", result.accuracy)
                history.seconds.append(time.perf_counter() - begin)
                show(history)

                if result.loss < best:
                    best, best_epoch = result.loss, epoch
                    if patience and held_out:
                        best_parameters = [p.data for p in self._parameters]
                if any([callback(history) is True for callback in callbacks]):  # a list, so that each of them is called
                    history.stopped = f"a callback asked for it after epoch {epoch}"
                    break
                if patience and epoch - best_epoch >= patience:
                    history.stopped = f"no lower loss since epoch {best_epoch}"
                    break
        if best_parameters:
            for p, data in zip(self._parameters, best_parameters):
                p.data = data
        return history

    def _epoch(self, epoch: int, batches: list[tuple[Rows, Rows]], wish: Interruption) -> Evaluation | None:
        """One step for each batch; None if it was interrupted. The means are over examples, so a smaller last batch
        counts for less."""
        examples, total, right = 0, 0.0, 0
        for number, (xs, ts) in enumerate(batches, 1):
            if self.compiled:
                predictions = self._predictions(xs) if self.correct else []
                loss = self._native.gradients(xs, ts)
            else:
                loss, predictions = self._gradients(xs, ts)
            self._check_finite(loss, f"epoch {epoch}, batch {number} of {len(batches)}")
            self.optimizer.step()
            examples += len(xs)
            total += loss * len(xs)
            right += self._count_right(predictions, ts)
            if wish.asked and number < len(batches):
                self.history.stopped = f"interrupted in epoch {epoch}, after batch {number} of {len(batches)}"
                return None
        return Evaluation(total / examples, right / examples if self.correct else None)

    def _gradients(self, xs: Rows, ts: Rows) -> tuple[float, Rows]:
        """Give every parameter its gradient on this batch; the loss and the predictions come along."""
        predictions = [self.model(x) for x in xs]
        loss = self._total_loss(predictions, ts)
        for p in self._parameters:
            p.grad = 0.0
        loss.backward()
        return loss.data, [_numbers(prediction) for prediction in predictions]

    def _total_loss(self, predictions: list[Any], ts: list[list[Any]]) -> Value:
        loss = self.loss(predictions, [t[0] if len(t) == 1 else t for t in ts])
        if not isinstance(loss, Value):
            raise TypeError(
                f"Trainer: the loss returned {type(loss).__name__} {loss!r} and not a Value. "
                "Compute it from the predictions as they come, without float() or .data: they carry the graph."
            )
        return loss if self.penalty is None else loss + self.penalty(self._parameters)

    def _check_finite(self, loss: float, where: str) -> None:
        bad = [p for p in self._parameters if not math.isfinite(p.grad)]
        if math.isfinite(loss) and not bad:
            return
        p = bad[0] if bad else None
        what = f"loss is {loss}" if p is None or not math.isfinite(loss) else f"gradient of {_name(p)} is {p.grad}"
        raise RuntimeError(
            f"Trainer: the {what} in {where}. The parameters are those before this step. Likely cures: a smaller "
            f"learning rate (it is {self.optimizer.lr:g}), inputs and targets scaled to about [-1, 1], a loss on "
            "logits (BCEWithLogitsLoss, CrossEntropyLoss) in place of log or exp at the end of the model."
        )

    # ---- asking the model -------------------------------------------------------------------------------------

    def predict(self, inputs: Iterable[Any]) -> list[Any]:
        """The model's answer to each example: a number, or a list of them if it has several outputs."""
        rows = _rows("inputs", inputs)
        return [_unwrapped(prediction) for prediction in self._predictions(rows)]

    def predict_single(self, x: Any) -> Any:
        """The answer to one example."""
        return self.predict([x])[0]

    def evaluate(self, inputs: Iterable[Any], targets: Iterable[Any]) -> Evaluation:
        """Loss, penalty included, and accuracy on these examples. Nothing is learnt."""
        return self._evaluate(*self._examples(inputs, targets))

    def _evaluate(self, xs: Rows, ts: Rows) -> Evaluation:
        predictions = self._predictions(xs)
        with no_grad():
            loss = self._total_loss([_unwrapped([Value(y) for y in row]) for row in predictions], ts)
        return Evaluation(loss.data, self._count_right(predictions, ts) / len(xs) if self.correct else None)

    def _predictions(self, xs: Rows) -> Rows:
        if self.compiled:
            return self._native.predictions(xs)
        with no_grad():
            return [_numbers(self.model(x)) for x in xs]

    def _count_right(self, predictions: Rows, ts: Rows) -> int:
        return sum(self.correct(p, t) for p, t in zip(predictions, ts)) if self.correct else 0

    # ---- examples ---------------------------------------------------------------------------------------------

    def _examples(self, inputs: Iterable[Any], targets: Iterable[Any]) -> tuple[Rows, Rows]:
        """Inputs and targets as rows of floats, after every check that needs no training."""
        xs, given = _rows("inputs", inputs), list(targets)
        if len(xs) != len(given):
            raise ValueError(f"Trainer: {len(xs)} inputs but {len(given)} targets. Give one target for each input.")
        with no_grad():
            outputs = len(as_row(self.model(xs[0])))
        if isinstance(self.loss, Loss):
            given = [self.loss.encode(target, outputs) for target in given]
        return xs, _rows("targets", given)


# ---- helpers ----------------------------------------------------------------------------------------------------


def _check_parts(model: Any, optimizer: Any, loss: Any) -> None:
    if isinstance(model, MLPBuilder):
        raise TypeError(f"Trainer: {model!r} is the plan of a model and not yet one. Give it {model!r}.build().")
    if isinstance(model, type) or not callable(model) or not hasattr(model, "parameters"):
        raise TypeError(f"Trainer: a model is callable and has parameters(), got {type(model).__name__} {model!r}.")
    if not model.parameters():
        raise ValueError(f"Trainer: {type(model).__name__} has no parameters, so there is nothing to train.")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"Trainer: the second argument is an optimizer such as Adam(lr=0.01), got {optimizer!r}.")
    if not callable(loss) or isinstance(loss, type):
        name = loss.__name__ if isinstance(loss, type) else "MSELoss"
        raise TypeError(f"Trainer: the third argument is a loss such as {name}(), got {loss!r}.")


def _pair(validation: Any) -> tuple[Any, Any]:
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(f"Trainer: validation is a pair (inputs, targets), got {reprlib.repr(validation)}.")
    return validation[0], validation[1]


def _rows(name: str, examples: Iterable[Any]) -> Rows:
    """Each example as a list of floats, all of one length and all finite."""
    rows: Rows = []
    for i, example in enumerate(examples):
        try:
            row = [x.data if isinstance(x, Value) else Value(x).data for x in as_row(example)]
        except TypeError:
            raise TypeError(
                f"Trainer: {name}[{i}] must be a number or a list of numbers, got {reprlib.repr(example)}."
            ) from None
        if not all(map(math.isfinite, row)):
            raise ValueError(f"Trainer: {name}[{i}] is {row}. Repair this example, or leave it out.")
        if rows and len(row) != len(rows[0]):
            raise ValueError(f"Trainer: {name}[{i}] has {len(row)} numbers, {name}[0] has {len(rows[0])}.")
        rows.append(row)
    if not rows:
        raise ValueError(f"Trainer: {name} is empty. Give at least one example.")
    return rows


def _numbers(prediction: Any) -> list[float]:
    return [y.data if isinstance(y, Value) else float(y) for y in as_row(prediction)]


def _unwrapped(row: list[Any]) -> Any:
    return row[0] if len(row) == 1 else row


def _name(p: Value) -> str:
    return f"{p._scope}/{p.label}".strip("/") or "a parameter"
