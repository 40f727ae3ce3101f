"""What the tests of `linalg` share.

What the functions want of their input (symmetric, positive-definite) is made inside the function under test, so that the input
may be changed in any direction; and of results that are arbitrary in part (signs of eigenvectors) that part is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.optest import OpTest

two = tg.ones(2, 3)
square = tg.eye(2)
one = tg.ones(2)
whole = tg.ones(2, 2, dtype=tg.int64)
singular = tg.tensor([[1.0, 2.0], [2.0, 4.0]])
LOOSE = {"float64": 1e-8, "float32": 2e-3}


def around(name: str, prepare: Callable[..., Any]) -> tuple[Any, Any]:
    """`prepare(f, …)` with f the function of this name here, and in PyTorch."""

    def inside(library: Callable[[], Any]) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            found = library()
            for part in name.split("."):
                found = getattr(found, part)
            return prepare(found, *args, **kwargs)

        return staticmethod(run)

    return inside(lambda: tg), inside(lambda: __import__("torch"))


def t(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


class Decomposition(OpTest):
    rtol = atol = torch_rtol = torch_atol = LOOSE
    grad_rtol = 1e-4

    @classmethod
    def applies(cls, test: str, params: dict[str, Any]) -> bool:
        """The equal rows of an expanded matrix would make it singular; of a stack it is matrices that are equal."""
        if test == "test_layout" and params["layout"] == "expanded":
            return max(a.ndim for a in cls.arguments(params["case"])[0] if hasattr(a, "ndim")) > 2 and cls.layouts
        return super().applies(test, params)
