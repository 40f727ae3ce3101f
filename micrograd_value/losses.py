"""How wrong the predictions are, as one `Value`: the number that training makes small.

A loss is called with predictions and targets, one of each per example, and returns the mean over all of them:

    >>> MSELoss()([Value(0.5), Value(2.0)], [1.0, 2.0])
    Value(data=0.125, grad=0.0)

A prediction is what the model returned: a Value, or a list of them when it has several outputs. A target is a number
or a list of numbers. Targets may also be Values, and nothing here looks at their numbers to decide what to do: a graph
recorded for one batch is right for every other one, and that is what lets `compile` turn it into a native function.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, TypeAlias

from .checks import real
from .engine import Number, Value, scope

Target: TypeAlias = Value | Number
Row: TypeAlias = list[Any]  # of one example: its outputs, or its targets

SMALLEST_PROBABILITY = 1e-12  # ln of it is -27.6: the largest loss one certain and wrong prediction can cause


class Loss(ABC):
    """The mean of `terms` over all examples.

    Losses of classes also have `correct(prediction, target)`: is this example, given as two lists of numbers, right?
    """

    @abstractmethod
    def terms(self, prediction: Row, target: Row) -> list[Value]:
        """The losses of one example, from its outputs and its targets."""

    def encode(self, target: Any, outputs: int) -> Row:
        """The target of one example as a list of numbers, one for each output; ValueError if that cannot be."""
        row = as_row(target)
        if len(row) != outputs:
            raise ValueError(
                f"{type(self).__name__}: {outputs} output{'s' * (outputs != 1)} but {len(row)} "
                f"target{'s' * (len(row) != 1)} for one example. Give the model as many outputs as there are targets."
            )
        for t in row:
            if not hasattr(t, "__float__"):
                raise TypeError(f"{type(self).__name__}: a target is a number, got {type(t).__name__} {t!r}.")
        return row

    def __call__(self, predictions: Any, targets: Any) -> Value:
        if is_single(targets):
            predictions, targets = [predictions], [targets]
        predictions, targets = list(predictions), list(targets)
        if not predictions or len(predictions) != len(targets):
            raise ValueError(
                f"{type(self).__name__}: {len(predictions)} predictions for {len(targets)} targets. "
                "It needs one of each for every example, and at least one example."
            )
        with scope("loss"):
            terms = []
            for prediction, target in zip(predictions, targets):
                row = [p if isinstance(p, Value) else Value(p) for p in as_row(prediction)]
                terms += self.terms(row, self.encode(target, len(row)))
            return _add_up(terms) if len(terms) == 1 else _add_up(terms) / len(terms)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PairLoss(Loss):
    """A loss that compares each output with one number; it is complete with `one`."""

    @abstractmethod
    def one(self, prediction: Value, target: Target) -> Value:
        """The loss of one output."""

    def terms(self, prediction: Row, target: Row) -> list[Value]:
        return [self.one(p, t) for p, t in zip(prediction, target)]


class MSELoss(PairLoss):
    """mean (p - t)²."""

    def one(self, prediction: Value, target: Target) -> Value:
        return (prediction - target) ** 2


class MAELoss(PairLoss):
    """mean |p - t|, the L1 distance; its slope at p = t is 0."""

    def one(self, prediction: Value, target: Target) -> Value:
        return abs(prediction - target)


class HingeLoss(PairLoss):
    """mean max(0, 1 - t·p), t = ±1: the max-margin loss of a support vector machine (Cortes & Vapnik, 1995).

    It is zero once every prediction is on the right side of 0 by at least 1.
    """

    def one(self, prediction: Value, target: Target) -> Value:
        return (1.0 - target * prediction).relu()

    def encode(self, target: Any, outputs: int) -> Row:
        row = super().encode(target, outputs)
        for t in row:
            if not isinstance(t, Value) and t not in (-1, 1):
                raise ValueError(f"HingeLoss: a target is -1 or 1, got {t}. Labels 0 and 1 become such by 2·t - 1.")
        return row

    def correct(self, prediction: Sequence[float], target: Sequence[float]) -> bool:
        """Whether every prediction is on its target's side of 0."""
        return all((p > 0.0) == (t > 0.0) for p, t in zip(prediction, target))


class BCELoss(PairLoss):
    """mean -(t·ln p + (1 - t)·ln(1 - p)): binary cross-entropy of probabilities p, with t in [0, 1].

    Probabilities below 1e-12 count as 1e-12: a certain and wrong prediction costs 27.6 and not infinity, and its
    gradient is 0. A model learns more safely without the sigmoid at its end and with `BCEWithLogitsLoss`.
    """

    def one(self, prediction: Value, target: Target) -> Value:
        if prediction < 0.0 or prediction > 1.0:
            raise ValueError(
                f"BCELoss: a prediction is a probability in [0, 1], got {prediction.data}. "
                "End the model with Activation.SIGMOID, or use BCEWithLogitsLoss."
            )
        yes = prediction.max(SMALLEST_PROBABILITY).log()
        no = (1.0 - prediction).max(SMALLEST_PROBABILITY).log()
        return -(target * yes + (1.0 - target) * no)

    def encode(self, target: Any, outputs: int) -> Row:
        return _probabilities(self, super().encode(target, outputs))

    def correct(self, prediction: Sequence[float], target: Sequence[float]) -> bool:
        """Whether every probability is on its target's side of ½."""
        return all((p > 0.5) == (t > 0.5) for p, t in zip(prediction, target))


class BCEWithLogitsLoss(PairLoss):
    """mean -(t·ln σ(z) + (1 - t)·ln σ(-z)): binary cross-entropy of logits z, with t in [0, 1].

    -ln σ(z) is softplus(-z), which loses no digit at either end: no clamp is needed, and no gradient dies.
    """

    def one(self, prediction: Value, target: Target) -> Value:
        return target * (-prediction).softplus() + (1.0 - target) * prediction.softplus()

    def encode(self, target: Any, outputs: int) -> Row:
        return _probabilities(self, super().encode(target, outputs))

    def correct(self, prediction: Sequence[float], target: Sequence[float]) -> bool:
        """Whether every logit is on its target's side: above 0 for a target above ½."""
        return all((z > 0.0) == (t > 0.5) for z, t in zip(prediction, target))


class CrossEntropyLoss(Loss):
    """mean ln Σ eᶻ - z[t]: minus the log-probability that softmax(z) gives to the class t.

    A target is the number of a class, or one probability for each class. The mean is over examples.
    """

    def terms(self, prediction: Row, target: Row) -> list[Value]:
        # eᶻ overflows for a large z, e^(z - m) cannot. The shift changes nothing, so m gets no gradient; it is recorded
        # all the same: as a plain number it would be that of one batch, and a compiled graph would use it for all.
        m = reduce(Value.max, prediction)
        shifted = [z - m for z in prediction]
        log_sum_exp = _add_up([z.exp() for z in shifted]).log()
        # A class that is known not to be the answer is left out; one whose probability is a Value never is.
        answer = [z * t for z, t in zip(shifted, target) if isinstance(t, Value) or t != 0.0]
        return [log_sum_exp - _add_up(answer)]

    def encode(self, target: Any, outputs: int) -> Row:
        if outputs < 2:
            raise ValueError(
                f"CrossEntropyLoss: needs one logit for each of two or more classes, got {outputs} output. "
                "Widen the last layer, or use BCEWithLogitsLoss, which needs one output only."
            )
        if is_single(target) and hasattr(target, "__float__"):
            number = target.data if isinstance(target, Value) else float(target)
            if not 0 <= number < outputs or number != int(number):
                raise ValueError(
                    f"CrossEntropyLoss: a class is a whole number from 0 to {outputs - 1}, got {target}. "
                    "Give the model one output for each class."
                )
            return [1.0 if c == int(number) else 0.0 for c in range(outputs)]
        row = _probabilities(self, super().encode(target, outputs))
        total = 1.0 if any(isinstance(t, Value) for t in row) else sum(map(float, row))
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"CrossEntropyLoss: the probabilities of an example add up to 1, these to {total:.6g}.")
        return row

    def correct(self, prediction: Sequence[float], target: Sequence[float]) -> bool:
        """Whether the largest score is that of the target."""
        return prediction.index(max(prediction)) == target.index(max(target))


class L1:
    """strength · Σ |p| over the parameters: drives the useless ones to exactly 0."""

    def __init__(self, strength: float) -> None:
        self.strength = real(type(self).__name__, "strength", strength)

    def __call__(self, parameters: Iterable[Value]) -> Value:
        with scope("penalty"):
            return self.strength * _add_up([self.one(p) for p in parameters])

    def one(self, p: Value) -> Value:
        """|p|."""
        return abs(p)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.strength})"


class L2(L1):
    """strength · Σ p² over the parameters, as in micrograd's demo: keeps them all small."""

    def one(self, p: Value) -> Value:
        """p²."""
        return p * p


# ---- helpers ----------------------------------------------------------------------------------------------------


def is_single(x: Any) -> bool:
    """True for a number or a Value, or a text, False for a list of them."""
    return isinstance(x, (Value, int, float, str)) or not hasattr(x, "__iter__")


def as_row(x: Any) -> Row:
    """What belongs to one example, as a list: a lone number becomes a list of one."""
    return [x] if is_single(x) else list(x)


def _add_up(values: Sequence[Value]) -> Value:
    """Their sum, without the 0 that `sum` begins with."""
    return reduce(Value.__add__, values)


def _probabilities(loss: Loss, row: Row) -> Row:
    for t in row:
        if not isinstance(t, Value) and not 0.0 <= t <= 1.0:
            raise ValueError(
                f"{type(loss).__name__}: a target is a probability in [0, 1], got {t}. "
                "Labels -1 and 1 become such by (t + 1) / 2."
            )
    return row
