"""Optimizers: how parameters move once their gradients are known, and schedules: how far.

    g   the gradient of a parameter p, plus weight_decay · p
    lr  the learning rate, a number or a function of the step

    GradientDescent     p ← p - lr·g
    Momentum            v ← μ·v + g,  p ← p - lr·v
    Adam                m ← β₁·m + (1 - β₁)·g,  s ← β₂·s + (1 - β₂)·g²,  p ← p - lr·m̂ / (√ŝ + ε)

    >>> p = Value(3.0)
    >>> optimizer = GradientDescent([p], lr=0.1)
    >>> for _ in range(50):
    ...     optimizer.zero_grad()
    ...     (p * p).backward()
    ...     optimizer.step()
    >>> round(p.data, 6)
    4.3e-05

An optimizer made without parameters gets them from the `Trainer` it is given to.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from .checks import real, whole
from .engine import Value
from .interrupts import Held

Schedule: TypeAlias = Callable[[int], float]  # step → learning rate; the first step is 0


class Optimizer(ABC):
    """Moves parameters against their gradients.

    Args:
        parameters: the Values to move; None: those of the model, once a Trainer has both.
        lr: the learning rate, or a schedule: a function from the number of steps made so far to the learning rate.
        weight_decay: λ ≥ 0; λ·p joins the gradient of every p and pulls it towards 0.

    Attributes:
        steps: how many steps were made.
    """

    def __init__(
        self, parameters: Iterable[Value] | None = None, lr: float | Schedule = 0.01, weight_decay: float = 0.0
    ) -> None:
        self.lr = lr
        self.weight_decay = real(type(self).__name__, "weight_decay", weight_decay)
        self.steps = 0
        self.parameters: list[Value] = []
        if parameters is not None:
            self.attach(parameters)

    def attach(self, parameters: Iterable[Value]) -> None:
        """Take charge of these parameters; once only, for what was learnt about the old ones says nothing of others."""
        name = type(self).__name__
        if hasattr(parameters, "parameters"):
            raise TypeError(
                f"{name}: the first argument is the list of parameters, got the model itself, {type(parameters).__name__}. "
                f"Pass its parameters: {name}(model.parameters(), …)."
            )
        if isinstance(parameters, (int, float)) or callable(parameters):
            raise TypeError(
                f"{name}: the first argument is the list of parameters, got {parameters!r}. "
                f"Name the learning rate: {name}(lr=…)."
            )
        if self.parameters:
            raise RuntimeError(f"{name}: it has {len(self.parameters)} parameters already. Make a new {name}.")
        try:
            parameters = list(parameters)
        except TypeError:
            raise TypeError(f"{name}: parameters must be a list of Values, got {parameters!r}.") from None
        for p in parameters:
            if not isinstance(p, Value):
                raise TypeError(f"{name}: a parameter is a Value, got {type(p).__name__} {p!r}.")
        if not parameters or len(set(parameters)) < len(parameters):
            raise ValueError(
                f"{name}: {'a parameter is listed twice and would move twice' if parameters else 'no parameters'}. "
                "Pass model.parameters()."
            )
        self.parameters = parameters
        self._begin(len(parameters))

    @property
    def lr(self) -> float:
        """The learning rate of the coming step. Assign another, or another schedule, at any time."""
        if not callable(self._lr):
            return self._lr
        return real(type(self).__name__, f"what the schedule gives for step {self.steps}", self._lr(self.steps))

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        self._lr = lr if callable(lr) else real(type(self).__name__, "lr", lr, above=0.0)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters:
            p.grad = 0.0

    def step(self) -> None:
        """Move every parameter once. Ctrl-C waits until all have moved."""
        if not self.parameters:
            name = type(self).__name__
            raise RuntimeError(
                f"{name}: it has no parameters yet. Make it with {name}(model.parameters(), lr=…), "
                "or give it to a Trainer together with the model."
            )
        lr, decay = self.lr, self.weight_decay
        with Held():
            self.steps += 1
            for i, p in enumerate(self.parameters):
                if p.grad is None:  # as PyTorch has it: not reached, not moved
                    continue
                p.data -= self._change(i, p.grad + decay * p.data, lr)

    @abstractmethod
    def _begin(self, count: int) -> None:
        """Make room for what is remembered of each parameter."""

    @abstractmethod
    def _change(self, i: int, g: float, lr: float) -> float:
        """How far parameter i moves against its gradient g."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self._lr})"


class GradientDescent(Optimizer):
    """v ← μ·v + g,  p ← p - lr·v;  without momentum simply p ← p - lr·g.

    Momentum (Polyak, 1964) is a ball rolling downhill: v is a running sum of gradients in which each step counts μ
    times the next. Nesterov's variant (1983) looks ahead, p ← p - lr·(g + μ·v). Conventions as in PyTorch.

    Args:
        momentum: μ in [0, 1).
        nesterov: look ahead; needs momentum.
    """

    def __init__(
        self,
        parameters: Iterable[Value] | None = None,
        lr: float | Schedule = 0.01,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.momentum = real(type(self).__name__, "momentum", momentum, below=1.0)
        self.nesterov = nesterov
        if nesterov and momentum == 0.0:
            raise ValueError(f"{type(self).__name__}: nesterov looks ahead along the momentum, and it is 0. Try 0.9.")
        super().__init__(parameters, lr, weight_decay)

    def _begin(self, count: int) -> None:
        self._velocity = [0.0] * count

    def _change(self, i: int, g: float, lr: float) -> float:
        v = self._velocity[i] = self.momentum * self._velocity[i] + g
        return lr * (g + self.momentum * v) if self.nesterov else lr * v


class Momentum(GradientDescent):
    """`GradientDescent` with a momentum of 0.9 unless told otherwise."""

    def __init__(
        self,
        parameters: Iterable[Value] | None = None,
        lr: float | Schedule = 0.01,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(parameters, lr, momentum, weight_decay, nesterov)


class Adam(Optimizer):
    """m ← β₁·m + (1 - β₁)·g,  s ← β₂·s + (1 - β₂)·g²,  p ← p - lr·m̂ / (√ŝ + ε)  (Kingma & Ba, arXiv:1412.6980).

    m and s are running means of the gradient and of its square. Both start at 0 and are too small at first, which
    m̂ = m / (1 - β₁ᵗ) and ŝ = s / (1 - β₂ᵗ) put right at step t. Every parameter thus moves by about lr, however large
    its gradients are.

    Args:
        betas: (β₁, β₂), each in [0, 1).
        eps: ε, keeps the quotient finite where no gradient ever was.
    """

    def __init__(
        self,
        parameters: Iterable[Value] | None = None,
        lr: float | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        first, second = betas
        self.betas = (real("Adam", "β₁", first, below=1.0), real("Adam", "β₂", second, below=1.0))
        self.eps = real("Adam", "eps", eps, above=0.0)
        super().__init__(parameters, lr, weight_decay)

    def _begin(self, count: int) -> None:
        self._mean = [0.0] * count
        self._square = [0.0] * count

    def _change(self, i: int, g: float, lr: float) -> float:
        b1, b2 = self.betas
        m = self._mean[i] = b1 * self._mean[i] + (1.0 - b1) * g
        s = self._square[i] = b2 * self._square[i] + (1.0 - b2) * g * g
        m_hat = m / (1.0 - b1**self.steps)
        s_hat = s / (1.0 - b2**self.steps)
        return lr * m_hat / (math.sqrt(s_hat) + self.eps)


# ---- schedules: step → learning rate ----------------------------------------------------------------------------


class _Schedule:
    """What the schedules below have in common: their numbers are checked."""

    def __post_init__(self) -> None:
        for name, x in vars(self).items():
            if name in ("steps", "every"):
                whole(type(self).__name__, name, x)
            elif name != "then":
                real(type(self).__name__, name, x)


@dataclass(frozen=True)
class LinearDecay(_Schedule):
    """A straight line from lr to `final` over `steps`, then level. micrograd's demo is LinearDecay(1.0, 100, 0.1)."""

    lr: float
    steps: int
    final: float = 0.0

    def __call__(self, step: int) -> float:
        return self.lr + (self.final - self.lr) * min(step / self.steps, 1.0)


@dataclass(frozen=True)
class CosineDecay(_Schedule):
    """Half a cosine from lr to `final` over `steps`, then level (Loshchilov & Hutter, arXiv:1608.03983)."""

    lr: float
    steps: int
    final: float = 0.0

    def __call__(self, step: int) -> float:
        return self.final + (self.lr - self.final) * (1.0 + math.cos(math.pi * min(step / self.steps, 1.0))) / 2.0


@dataclass(frozen=True)
class StepDecay(_Schedule):
    """lr, multiplied by `factor` after every `every` steps."""

    lr: float
    every: int
    factor: float = 0.5

    def __call__(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)


@dataclass(frozen=True)
class Warmup(_Schedule):
    """From lr / steps up to lr in `steps` equal steps, then what `then` says, counted from there."""

    steps: int
    then: Schedule

    def __call__(self, step: int) -> float:
        return self.then(0) * (step + 1) / self.steps if step < self.steps else self.then(step - self.steps)
