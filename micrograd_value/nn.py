"""Neurons, layers and networks made of `Value`s.

    a neuron     activation(w₁·x₁ + … + wₙ·xₙ + b)
    a layer      neurons that look at the same inputs
    an MLP       layers, one after the other

`Neuron`, `Layer`, `MLP` and `Module` are micrograd's: same signatures, attributes, reprs, and the same weights after
the same `random.seed`. `MLPBuilder` says more: which activation where, how weights start, from which seed.

    >>> model = MLPBuilder(2).add_layer(4, Activation.TANH).add_layer(1, Activation.SIGMOID).build(seed=0)
    >>> model([0.0, 1.0])
    Value(data=0.4309455628417954, grad=0.0)
"""

from __future__ import annotations

import math
import random
import reprlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .checks import few_enough, whole
from .choice import Choice
from .engine import Number, Value, scope
from .init import Generator, Init


class Activation(Choice):
    """What a neuron does with its sum. Each is a method of `Value`."""

    #            shown in reprs, function,         gain for Kaiming weights
    LINEAR = "Linear", Value.__pos__, 1.0
    RELU = "ReLU", Value.relu, math.sqrt(2.0)
    LEAKY_RELU = "LeakyReLU", Value.leaky_relu, math.sqrt(2.0 / (1.0 + 0.01**2))
    TANH = "Tanh", Value.tanh, 1.0
    SIGMOID = "Sigmoid", Value.sigmoid, 1.0
    SOFTPLUS = "Softplus", Value.softplus, math.sqrt(2.0)
    GELU = "GELU", Value.gelu, math.sqrt(2.0)

    def __init__(self, title: str, function: Callable[[Value], Value], gain: float) -> None:
        self.title = title
        self.function = function
        self.gain = gain

    def __call__(self, x: Value) -> Value:
        return self.function(x)

    @property
    def default_init(self) -> Init:
        """Kaiming for relu and its relatives, which pass half the signal; Xavier for the rest."""
        return Init.KAIMING_UNIFORM if self.gain > 1.0 else Init.XAVIER_UNIFORM


class Module:
    """Anything with parameters."""

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0

    def parameters(self) -> list[Value]:
        """The Values that training changes, in order."""
        return []


class Neuron(Module):
    """activation(Σ wᵢ·xᵢ + b).

    Args:
        nin: number of inputs.
        nonlin: ReLU if True, none if False (micrograd's way to say it).
        activation: any other, or its name; it overrides `nonlin`.
        draw: called once for each weight; by default uniform in [-1, 1) from the module `random`.
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: Activation | str | None = None,
        draw: Callable[[], float] | None = None,
    ) -> None:
        nin = whole("Neuron", "nin", nin)
        few_enough("Neuron", nin)
        if activation is None:
            activation = Activation.RELU if nonlin else Activation.LINEAR
        draw = draw or Init.MICROGRAD.draws(nin, 1)
        self.activation = Activation.of(activation)
        self.w = [Value(draw(), label=f"w[{i}]") for i in range(nin)]
        self.b = Value(0.0, label="b")

    @property
    def nonlin(self) -> bool:
        return self.activation is not Activation.LINEAR

    def __call__(self, x: Iterable[Value | Number]) -> Value:
        x = _inputs(x, len(self.w), self)
        return self.activation(sum((wi * xi for wi, xi in zip(self.w, x)), self.b))

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{self.activation.title}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons with the same `nin` inputs. A layer of one returns its number, not a list of one."""

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,
        *,
        activation: Activation | str | None = None,
        draw: Callable[[], float] | None = None,
    ) -> None:
        nin, nout = whole("Layer", "nin", nin), whole("Layer", "nout", nout)
        few_enough("Layer", nin * nout)
        self.neurons = []
        for i in range(nout):
            with scope(f"neurons.{i}"):
                self.neurons.append(Neuron(nin, nonlin, activation=activation, draw=draw))

    def __call__(self, x: Iterable[Value | Number]) -> Any:
        x = _inputs(x, len(self.neurons[0].w), self)
        out = []
        for i, neuron in enumerate(self.neurons):
            with scope(f"neurons.{i}"):
                out.append(neuron(x))
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(neuron) for neuron in self.neurons)}]"


class MLP(Module):
    """A multi-layer perceptron: `MLP(2, [16, 16, 1])` has two inputs, two hidden layers of 16 and one output.

    As in micrograd, every layer but the last is ReLU and weights are uniform in [-1, 1), unless told otherwise.

    Args:
        nin: number of inputs.
        nouts: width of each layer; the last is the number of outputs.
        activations: one for each layer.
        inits: one for each layer.
        seed: a generator of the network's own; None draws from the module `random`, which `random.seed` governs.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activations: Sequence[Activation | str] | None = None,
        inits: Sequence[Init | str] | None = None,
        seed: int | None = None,
    ) -> None:
        if not hasattr(nouts, "__iter__") or getattr(nouts, "ndim", 1) == 0 or isinstance(nouts, (str, type)):
            raise TypeError(f"MLP: nouts must be the widths of the layers, as in MLP(2, [4, 1]); got {nouts!r}.")
        sizes = [whole("MLP", "nin", nin), *(whole("MLP", "nouts", n) for n in nouts)]
        few_enough("MLP", sum(a * b for a, b in zip(sizes, sizes[1:])))
        depth = len(sizes) - 1
        if depth == 0:
            raise ValueError("MLP: nouts is empty. Give the width of each layer, as in MLP(2, [4, 1]).")
        if activations is None:
            activations = [Activation.RELU] * (depth - 1) + [Activation.LINEAR]
        if inits is None:
            inits = [Init.MICROGRAD] * depth
        for name, given in ("activations", activations), ("inits", inits):
            if len(given) != depth:
                raise ValueError(f"MLP: {len(given)} {name} for {depth} layers. Give one for each.")

        generator: Generator = random if seed is None else random.Random(seed)
        self.layers = []
        for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
            activation, init = Activation.of(activations[i]), Init.of(inits[i])
            draw = init.draws(fan_in, fan_out, activation.gain, generator)
            with scope(f"layers.{i}"):
                self.layers.append(Layer(fan_in, fan_out, activation=activation, draw=draw))

    def __call__(self, x: Iterable[Value | Number]) -> Any:
        out: Any = _inputs(x, len(self.layers[0].neurons[0].w), self)
        for i, layer in enumerate(self.layers):
            with scope(f"layers.{i}"):
                out = layer(out)
        return out

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"


class MLPBuilder:
    """The plan of an MLP, one layer at a time.

    >>> builder = MLPBuilder(3).add_layer(8, Activation.RELU).add_layer(1, Activation.LINEAR)
    >>> len(builder.build(seed=1).parameters())
    41
    """

    def __init__(self, nin: int) -> None:
        self.nin = whole("MLPBuilder", "nin", nin)
        self._layers: list[tuple[int, Activation, Init]] = []

    def add_layer(
        self, nout: int, activation: Activation | str = Activation.RELU, init: Init | str | None = None
    ) -> MLPBuilder:
        """One more layer on top. Without `init` the activation chooses: Kaiming for relu's family, else Xavier."""
        activation = Activation.of(activation)
        init = activation.default_init if init is None else Init.of(init)
        self._layers.append((whole("add_layer", "nout", nout), activation, init))
        return self

    def build(self, seed: int | None = None) -> MLP:
        """A new network each time; the same one for the same seed."""
        if not self._layers:
            raise RuntimeError(
                f"MLPBuilder({self.nin}): there is no layer to build. Add at least one first: "
                f"MLPBuilder({self.nin}).add_layer(1, Activation.LINEAR).build()."
            )
        nouts, activations, inits = zip(*self._layers)
        return MLP(self.nin, nouts, activations=activations, inits=inits, seed=seed)

    def __repr__(self) -> str:
        layers = "".join(f".add_layer({n}, {a}, {i})" for n, a, i in self._layers)
        return f"MLPBuilder({self.nin}){layers}"


def _inputs(x: Any, nin: int, who: Module) -> list[Value]:
    """The inputs as Values, so that all neurons share one node for each, after a look at how many there are."""
    if isinstance(x, (Value, int, float)):
        x = [x]
    kind = type(who).__name__
    try:
        values = [xi if isinstance(xi, Value) else Value(xi, label=f"x[{i}]") for i, xi in enumerate(x)]
    except TypeError as error:
        raise TypeError(
            f"{kind}: needs one example, a list of {nin} numbers, got {reprlib.repr(x)}. "
            f"For many examples: [model(x) for x in examples]."
        ) from error
    if len(values) != nin:
        raise ValueError(
            f"{kind}: got {len(values)} input{'s' * (len(values) != 1)}, expected {nin}. "
            f"Call it with one example, a list of {nin} number{'s' * (nin != 1)}, at a time."
        )
    return values
