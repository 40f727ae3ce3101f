"""The two things a Trainer asks of its model, gradients and predictions, as native functions.

`Trainer(…, compiled=True)` calls these in place of `Trainer._gradients` and the model itself: the numbers are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import chain
from typing import Any

from .compile import Compiled, compile
from .engine import Value, no_grad
from .losses import as_row

Rows = list[list[float]]


class CompiledTraining:
    """The graphs of a training run, each recorded once, compiled, and run from then on.

    Args:
        model: what the trainer fits.
        parameters: the model's; gradients are written into their `grad`.

    Attributes:
        steps: the native gradient for each batch size.
        forward: the native prediction for each length of an example.
    """

    def __init__(self, model: Any, parameters: list[Value]) -> None:
        self.steps: dict[int, Compiled] = {}
        self.forward: dict[int, Compiled] = {}
        self._model = model
        self._parameters = parameters

    def prepare(self, total_loss: Callable[[list[Any], Any], Value], n: int, xs: Rows, ts: Rows) -> None:
        """Compile the graph of a batch of n, recorded on the first examples; once for every n.

        Args:
            total_loss: a function of (predictions, targets) that returns the loss with its penalty.
            n: examples in a batch.
            xs, ts: inputs and targets of all examples.

        Raises:
            RuntimeError: model or loss compute something else for other examples.
        """
        if n in self.steps:
            return
        inputs = [[Value(number) for number in row] for row in xs[:n]]
        targets = [[Value(number) for number in row] for row in ts[:n]]
        loss = total_loss([self._model(x) for x in inputs], targets)
        native = compile(loss, self._parameters, [inputs, targets])

        # The last examples, computed by the graph of the first: an `if` on the data, or a random number, shows here.
        xs, ts = xs[::-1][:n], ts[::-1][:n]
        with no_grad():
            expected = total_loss([self._model(x) for x in xs], ts).data
        got = native.forward(_flat(xs, ts))
        if not (math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-12) or got != got and expected != expected):
            raise RuntimeError(
                f"Trainer: compiled, a batch has the loss {got}, computed step by step {expected}: model or loss do "
                "other operations for other data (an if on a target, a random number). Use Value's max, min, relu and "
                "abs in place of the if, or compiled=False."
            )
        self.steps[n] = native

    def gradients(self, xs: Rows, ts: Rows) -> float:
        """Give every parameter its gradient on this batch, and return the loss."""
        loss, grads = self.steps[len(xs)](_flat(xs, ts))
        for p, grad in zip(self._parameters, grads.tolist()):
            p.grad = grad
        return float(loss)

    def predictions(self, xs: Rows) -> Rows:
        """The model's answer to each example."""
        import numpy as np  # needed by compiled graphs alone: the package itself lives on the standard library

        length = len(xs[0])
        if length not in self.forward:
            inputs = [Value(number) for number in xs[0]]
            self.forward[length] = compile(as_row(self._model(inputs)), self._parameters, inputs)
        forward, parameters = self.forward[length].forward, np.array([p.data for p in self._parameters])
        return [[float(y) for y in as_row(forward(x, parameters))] for x in xs]


def _flat(xs: Rows, ts: Rows) -> list[float]:
    return [number for row in chain(xs, ts) for number in row]
