"""Other ways to give the same arguments, as PyTorch takes them too: NumPy's `axis=` for `dim=`, `keepdims=` for `keepdim=`,
factors in front, as PyTorch's first versions had them: `p.add_(-lr, grad)`, and a loss's flags before `reduction`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from ..refusals import CAUGHT, leave_as, worded

F = TypeVar("F", bound=Callable[..., Any])


def also(**words: str) -> Callable[[F], F]:
    """Let a function be called with other names of its arguments as well: `@also(axis="dim")`."""

    def decorate(function: F) -> F:
        @wraps(function)
        def either(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                for word in words.keys() & kwargs.keys():
                    if words[word] in kwargs:
                        raise TypeError(
                            f"{function.__name__}: {word} is another name of {words[word]}; give one of them."
                        )
                    kwargs[words[word]] = kwargs.pop(word)
            try:
                return function(*args, **kwargs)
            except CAUGHT as error:
                leave_as(worded(error, function, args, kwargs, either.__name__), error)

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
                args = (input, *args)
            try:
                return function(*args, **kwargs)
            except CAUGHT as error:
                leave_as(worded(error, function, args, kwargs), error)

        return either  # type: ignore[return-value]

    return decorate


def renamed(op: str, error: Exception) -> Exception:
    """The same error, of another operation: what stands before its first colon is the name of the one that raised it."""
    words, known = re.subn(r"^[\w.]+(?=: )", op, str(error), count=1)
    return type(error)(words) if known else error


def older_reduction(function: F) -> F:
    """Let a loss be called with `size_average` and `reduce` as well, the two flags that PyTorch had before `reduction`.

    They stand where PyTorch has them, also by position: `size_average` before the first argument that the function takes
    as a keyword only, and `reduce` before `reduction`. Callers, and `inspect.signature`, see that longer list.
    """
    own = inspect.unwrap(function)
    code = own.__code__
    first = code.co_argcount
    names = list(code.co_varnames[: first + code.co_kwonlyargcount])
    names.insert(names.index("reduction"), "reduce")
    names.insert(first, "size_average")
    required = first - len(own.__defaults__ or ())
    defaults = {**dict(zip(names[required:], own.__defaults__ or ())), **(own.__kwdefaults__ or {})}

    @wraps(function)
    def either(*args: Any, **kwargs: Any) -> Any:
        if len(args) > first or "size_average" in kwargs or "reduce" in kwargs:
            kwargs = _with_reduction(function.__qualname__, names[first:], args[first:], kwargs)
            args = args[:first]
        try:
            return function(*args, **kwargs)
        except CAUGHT as error:
            if function.__name__ == "__init__":  # a module's: its class names it
                raise
            leave_as(worded(error, function, args, kwargs), error)

    flags = dict.fromkeys(("size_average", "reduce"), "bool | None")
    either.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=inspect.Parameter.empty if i < required else defaults.get(name),
                annotation={**own.__annotations__, **flags}.get(name, inspect.Parameter.empty),
            )
            for i, name in enumerate(names)
        ],
        return_annotation=own.__annotations__.get("return", inspect.Signature.empty),
        __validate_parameters__=False,
    )
    return either  # type: ignore[return-value]


def _with_reduction(name: str, names: list[str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Keywords of all arguments, with the `reduction` that the flags stand for in place of them."""
    if len(args) > len(names):
        raise TypeError(f"{name}: {len(args) - len(names)} positional arguments too many.")
    for word in names[: len(args)]:
        if word in kwargs:
            raise TypeError(f"{name}: {word} is given twice, by position and by name.")
    kwargs = {**dict(zip(names, args)), **kwargs}
    average, reduce = kwargs.pop("size_average", None), kwargs.pop("reduce", None)
    if average is not None or reduce is not None:
        kwargs["reduction"] = "none" if reduce is False else "sum" if average is False else "mean"
    return kwargs
