"""Other names of the same arguments, as PyTorch takes them too: NumPy's `axis=` for `dim=`, `keepdims=` for `keepdim=`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def also(**words: str) -> Callable[[F], F]:
    """Let a function be called with other names of its arguments as well: `@also(axis="dim")`."""

    def decorate(function: F) -> F:
        @wraps(function)
        def either(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                for word in words.keys() & kwargs.keys():
                    if words[word] in kwargs:
                        raise TypeError(f"{function.__name__}: {word} is another name of {words[word]}; give one of them.")
                    kwargs[words[word]] = kwargs.pop(word)
            return function(*args, **kwargs)

        return either  # type: ignore[return-value]

    return decorate


numpy_words = also(axis="dim", keepdims="keepdim")
