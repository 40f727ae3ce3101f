"""compile: a recorded graph of Values becomes one native function, value and gradients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .engine import Value

if TYPE_CHECKING:
    import numpy as np


def compile(
    outputs: Value | Sequence[Value], parameters: Iterable[Value], inputs: Iterable[Any] = (), straight_line: int = 100
) -> Compiled:
    """The graph below `outputs` as a native function of new inputs and parameters: values and gradients.

    Build the graph once, eagerly, with a Value for every number that will change; then call what comes back.

        xs = [Value(0.5), Value(-1.0)]
        loss = (model(xs) - 1.0) ** 2
        fast = compile(loss, model.parameters(), inputs=xs)
        value, grads = fast([0.1, 0.2])         # new inputs, the parameters' current .data
        value, grads = fast([0.1, 0.2], [...])  # new inputs, new parameters

    Every op is computed afresh, relu, max and abs included: no choice made while recording is kept. What is fixed is
    the graph itself, and every leaf that is neither input nor parameter: it is a constant with the number it has now.

    Args:
        outputs: the loss, or a sequence of M Values.
        parameters: P leaves (Values computed from nothing), towards which gradients are wanted.
        inputs: leaves that change from call to call but need no gradient, in lists nested as you like: the numbers
            are given in the same order, nested or flat.
        straight_line: graphs of up to this many operations become straight-line code, one line per operation (see
            `.source`), larger ones a tape run by one kernel. 0: always a tape.

    Raises:
        ImportError: Numba is not installed.
        ValueError: a parameter or input is itself the result of an operation, or is named twice.
        TypeError: an operation in the graph has no rule (your own op, or one with a `_backward` of its own).
    """
    raise NotImplementedError


class Compiled:
    """A graph as a native function. Made by `compile`; the arrays it returns are its own, overwritten by the next call.

    Attributes:
        source: the Python text that Numba compiled.
        operations: how many operations one call runs forward.
    """

    source: str
    operations: int

    def __call__(self, inputs: Any = None, parameters: Any = None) -> tuple[float | np.ndarray, np.ndarray]:
        """Values and gradients at these numbers; what is left out (None) is read from the Values' `.data`.

        Returns:
            (value, grads): for a single output a float and ∂output/∂parameters, shape (P,);
            for a sequence of outputs their values, shape (M,), and the Jacobian, shape (M, P).
        """
        raise NotImplementedError

    def forward(self, inputs: Any = None, parameters: Any = None) -> float | np.ndarray:
        """The values alone, as `__call__` returns them."""
        raise NotImplementedError

    def backward(self, inputs: Any = None) -> float | np.ndarray:
        """In place of building the graph and `loss.backward()`: adds to every parameter Value's `.grad`; returns the value.

        Numbers are read from `.data` of the parameters and, unless given, of the inputs. For a sequence of outputs the
        gradients of all of them add up, as calling `backward()` on each would do.
        """
        raise NotImplementedError
