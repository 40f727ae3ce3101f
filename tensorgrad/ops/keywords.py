"""Other ways to give the same arguments, as PyTorch takes them too: NumPy's `axis=` for `dim=`, `keepdims=` for `keepdim=`,
and factors in front, as PyTorch's first versions had them: `p.add_(-lr, grad)`."""

from __future__ import annotations

import re
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


def factors_last(names: tuple[str, ...], tensors: int) -> Callable[[Any, Any], tuple[Any, Any]]:
    """A function that makes keywords of factors among positional arguments, those after the input."""

    def reordered(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        n = len(args) - tensors
        return (args[n:], {**dict(zip(names, args[:n])), **kwargs}) if 0 < n <= len(names) else (args, kwargs)

    return reordered


def factors_first(*names: str, tensors: int) -> Callable[[F], F]:
    """Let a function be called with its factors as numbers before its tensors, and not as keywords only:
    `x.addcdiv(value, a, b)`; where there are two, `x.addmm(beta, alpha, a, b)`, `addmm(beta, x, alpha, a, b)`.

    Args:
        names: of the factors. tensors: how many follow, besides the input.
    """

    reordered = factors_last(names, tensors)

    def decorate(function: F) -> F:
        @wraps(function)
        def either(*args: Any, **kwargs: Any) -> Any:
            if len(args) > 1 + tensors:
                input, *rest = args
                if len(names) > 1 and isinstance(input, (int, float)):
                    input, rest[0] = rest[0], input
                args, kwargs = reordered(tuple(rest), kwargs)
                return function(input, *args, **kwargs)
            return function(*args, **kwargs)

        return either  # type: ignore[return-value]

    return decorate


def in_own_name(function: F) -> F:
    """Let the errors of the operations that a function is made of come under the function's own name."""

    @wraps(function)
    def named(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError, IndexError, RuntimeError) as error:
            raise renamed(function.__name__, error) from None

    return named  # type: ignore[return-value]


def renamed(op: str, error: Exception) -> Exception:
    """The same error, of another operation: what stands before its first colon is the name of the one that raised it."""
    words, known = re.subn(r"^[\w.]+(?=: )", op, str(error), count=1)
    return type(error)(words) if known else error
