"""PyTorch's functions of lists, `_foreach_add_(params, grads, alpha=-lr)`: what optimizers are written with there.

Each is the method of that name, of every tensor: `_foreach_mul_(xs, 2)` is x.mul_(2) for x in xs. They are loops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import linalg
from ..tensor import Tensor

PREFIX = "_foreach_"


def foreach(name: str) -> Callable[..., Any]:
    """The function of this name, which begins with "_foreach_".

    Raises:
        AttributeError: tensors have no such method.
    """
    word = name.removeprefix(PREFIX)
    method: Any = _OWN.get(word) or getattr(Tensor, word)

    def apply(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        results = []
        for i, x in enumerate(tensors):
            here = [a[i] if isinstance(a, (list, tuple)) else a for a in args]
            kw = {k: v[i] if isinstance(v, (list, tuple)) else v for k, v in kwargs.items()}
            if word in ("addcmul", "addcmul_", "addcdiv", "addcdiv_") and len(here) == 3:
                here, kw = here[:2], {"value": here[2]}
            results.append(method(x, *here, **kw))
        return None if word.endswith("_") else results

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"x.{word}(…) of each tensor of a list; the other arguments are lists of as many, or the same for all."
    return apply


# Those that are no methods of a tensor.
_OWN: dict[str, Callable[..., Any]] = {
    "norm": linalg.vector_norm,
    "maximum_": lambda x, other: x.clamp_(min=other),
    "minimum_": lambda x, other: x.clamp_(max=other),
    "maximum": lambda x, other: x.clamp(min=other),
    "minimum": lambda x, other: x.clamp(max=other),
}
