"""The base of the transforms, and those that hold others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...nn import Module
from ...random import stream
from ...refusals import OwnName
from .common import InterpolationMode, probability_of, transforms_of


class Transform(Module):
    """A transform is a module without parameters: it may stand in an `nn.Sequential`, and shows its settings.

    Attributes:
        shown: the names of the settings in its repr.
    """

    shown: tuple[str, ...] = ()
    _worded = ("__init__", "forward")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={shown(getattr(self, name))}' for name in self.shown)})"


def shown(x: Any) -> Any:
    return x.value if isinstance(x, InterpolationMode) else x


def draws(transform: str) -> np.random.Generator:
    """Where random numbers come from: the default generator, which in a DataLoader is the batch's own."""
    return stream(transform, None)


def drawn(rng: np.random.Generator, span: Sequence[float]) -> float:
    """A number between two."""
    return float(rng.uniform(span[0], span[1]))


# ---- several ---------------------------------------------------------------------------------------------------------


class Compose(OwnName):
    """One transform after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms_of("Compose", transforms)

    def __call__(self, img: Any) -> Any:
        for t in self.transforms:
            img = t(img)
        return img

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_lines(self.transforms)})"


class RandomApply(Module):
    """All of the transforms with probability p, or none."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = transforms_of("RandomApply", transforms), probability_of("RandomApply", p)

    def forward(self, img: Any) -> Any:
        if draws("RandomApply").random() < self.p:
            for t in self.transforms:
                img = t(img)
        return img

    def __repr__(self) -> str:
        return f"RandomApply({_lines([f'p={self.p}', *self.transforms])})"


class RandomOrder(OwnName):
    """The transforms in random order."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms_of("RandomOrder", transforms)

    def __call__(self, img: Any) -> Any:
        for i in draws("RandomOrder").permutation(len(self.transforms)):
            img = self.transforms[i](img)
        return img

    def __repr__(self) -> str:
        return f"RandomOrder({_lines(self.transforms)})"


class RandomChoice(OwnName):
    """One of the transforms, each as likely, or as `p` weighs them."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None) -> None:
        self.transforms = transforms_of("RandomChoice", transforms)
        if not self.transforms or p is not None and len(p) != len(self.transforms):
            raise ValueError(f"RandomChoice: {len(self.transforms)} transforms, {len(p or ())} weights; one each.")
        self.p = p
        self._shares = None if p is None else [x / sum(p) for x in p]

    def __call__(self, img: Any) -> Any:
        return self.transforms[int(draws("RandomChoice").choice(len(self.transforms), p=self._shares))](img)

    def __repr__(self) -> str:
        return f"RandomChoice({_lines(self.transforms)})(p={self.p})"


class Lambda(OwnName):
    """A function as a transform."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: needs a function, got {type(lambd).__name__}.")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return "Lambda()"


def _lines(rows: Sequence[Any]) -> str:
    return "".join(f"\n    {row}" for row in rows) + "\n"


__all__ = ["Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"]
