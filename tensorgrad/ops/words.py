"""NumPy's words beside PyTorch's: `axis=` for `dim=`, `keepdims=` for `keepdim=`, as PyTorch takes them too."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_WORDS = {"axis": "dim", "keepdims": "keepdim"}


def numpy_words(function: F) -> F:
    """Let a function of `dim` and `keepdim` be called with `axis` and `keepdims` as well."""

    @wraps(function)
    def either(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            kwargs = {_WORDS.get(word, word): value for word, value in kwargs.items()}
        return function(*args, **kwargs)

    return either  # type: ignore[return-value]
