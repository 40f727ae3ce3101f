"""Errors on their way out of a public function, in that function's words.

A check that knows what is wrong says so where it stands: `conv2d: input has 3 channels, weight expects 4.` What no check has
foreseen comes from NumPy or Python, in their words: "'float' object has no attribute 'array'", "Python int too large to
convert to C long". On its way out it becomes a TypeError, ValueError, IndexError or RuntimeError that begins with the
function's name and says which argument does not fit what the function declares. Nothing is looked at before something has
gone wrong, so a call that succeeds pays nothing.
"""

from __future__ import annotations

import inspect
import linecache
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ClassVar, NoReturn, TypeVar

import numpy as np

C = TypeVar("C", bound=Callable[..., Any])

# What comes from Python or NumPy, and the class it leaves in. Anything else (OSError, StopIteration …) is left alone.
_LEAVES_AS: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (UnicodeError, ValueError),
    (RecursionError, RuntimeError),
    (np.linalg.LinAlgError, ValueError),
    (AttributeError, TypeError),
    (KeyError, ValueError),
    (ArithmeticError, ValueError),
    (MemoryError, RuntimeError),
    (BufferError, TypeError),
)
_RIGHT: tuple[type[Exception], ...] = (TypeError, ValueError, IndexError, RuntimeError)
CAUGHT: tuple[type[Exception], ...] = (*_RIGHT, *[c for c, _ in _LEAVES_AS])

_PACKAGE = __name__.partition(".")[0]
_OURS = os.path.dirname(__file__) + os.sep
_NUMPY = os.path.dirname(np.__file__)
_HERE = (_OURS, _NUMPY + os.sep, os.path.join(os.path.dirname(_NUMPY), "scipy") + os.sep)
_PYTHON = os.path.dirname(os.__file__) + os.sep
_SUBJECT = re.compile(r"([A-Za-z_][\w.]*)(?:\(\))?(?=: )")
_ARGUMENTS = frozenset("dtype device bool float int complex index len iter size grad requires_grad kernels in hook".split())
_MISCALLED = re.compile(r"([\w.<>]+)\(\) (missing|takes|got an unexpected|got multiple|got some)")
_AROUND = frozenset({"vmap"})  # what runs around an operation and refuses it
_TOO_LARGE = re.compile("Unable to allocate|too big|[Mm]aximum allowed dimension|too large|Too large|maximum supported")


def worded(
    error: Exception, function: Any, args: Any, kwargs: Any, name: str = "", renames: bool = True
) -> Exception:
    """The error as a public function lets it out; itself where it is in that function's words already, or not ours: a
    callback of the user's may raise what it likes.

    Args:
        function: whose declarations say what the arguments should have been. name: its public one.
        renames: whether what operations inside have said goes on under this name; not where their name is news.
    """
    name = name or function.__name__
    if name == "__init__" and args:
        name = type(args[0]).__name__
    if not isinstance(error, CAUGHT) or isinstance(error, NotImplementedError) or _foreign(error):
        return error
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    if isinstance(error, (KeyError, AttributeError)) and _SUBJECT.match(text):
        return error  # a check of ours that raises what PyTorch raises
    raw = next((to for c, to in _LEAVES_AS if isinstance(error, c)), None)
    subject = _SUBJECT.match(text)
    if raw is None and subject is not None:
        known = subject.group(1)
        if name in (known, known + "_", known + "_copy", known.replace(".", "_"), *known.split(".")) or known in _AROUND:
            return error
        if not renames and known not in _ARGUMENTS:
            return error
        if known in _ARGUMENTS:
            return _again(error, f"{name}: {text}")
        return _again(error, name + text[subject.end(1) :])
    if type(error).__module__.startswith(_PACKAGE):
        return error  # DataError, SaveError: about a file, which they name
    miscalled = _MISCALLED.match(text) if raw is None else None
    if miscalled is not None and name in miscalled.group(1).split("."):
        return error  # Python's own answer to a call with too many arguments, or too few
    if raw is None and _in_our_words(error):
        return error if text.startswith(name) else _again(error, f"{name}: {text}")
    return (raw or _plain(error))(f"{name}: {_reason(error, text, function, args, kwargs)}")


def _in_our_words(error: Exception) -> bool:
    """Whether a line of ours has raised it: `raise …`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not trace.tb_frame.f_code.co_filename.startswith(_OURS):
        return False
    return linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno).lstrip().startswith("raise ")


def _plain(error: Exception) -> type[Exception]:
    return next(c for c in _RIGHT if isinstance(error, c))


def _again(error: Exception, text: str) -> Exception:
    """The same error with another text; a class that takes more than a text gives way to the plain one."""
    try:
        return type(error)(text)
    except TypeError:
        return _plain(error)(text)


def _foreign(error: Exception) -> bool:
    """Whether the error was raised by code that is neither ours nor Python's: by a function of the user's."""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".pyx"):  # a compiled part of NumPy or SciPy, named without its folder
            break
        if not file.startswith(_HERE) and ("site-packages" in file or not file.startswith((_PYTHON, "<frozen"))):
            return True
        trace = trace.tb_next
    return False


# ---- the reason ------------------------------------------------------------------------------------------------------


def _reason(error: Exception, text: str, function: Any, args: Any, kwargs: Any) -> str:
    """What was wrong with the arguments, as far as their declarations tell; else what Python said."""
    given = list(_given(function, args, kwargs))
    for what, value, _ in given:
        for n in _whole_numbers(value):
            if not -(2**63) <= n < 2**64:
                return f"{what} has {shown(n)}, which does not fit into 64 bits. Give smaller numbers."
    for what, value, declared in given:
        wanted = misfit(value, declared)
        if wanted:
            return f"{what} must be {wanted}, got {shown(value)}."
    if isinstance(error, MemoryError) or _TOO_LARGE.search(text):
        large = [f"{what} = {shown(v)}" for what, v, _ in given if any(abs(n) > 2**20 for n in _whole_numbers(v))]
        because = f" with {', '.join(large)}" if large else ""
        return f"not enough memory for the result{because}: {text or 'the sizes are too large'}. Give smaller sizes."
    said = f"{type(error).__name__}: {text}" if isinstance(error, KeyError) or not text else text
    listed = ", ".join(f"{what} = {shown(v)}" for what, v, _ in given)
    return f"cannot work with {listed} ({said}). Compare the arguments with its docstring." if listed else said


def _given(function: Any, args: Any, kwargs: Any) -> Iterator[tuple[str, Any, str]]:
    """Name, value and declared type of every argument."""
    try:
        signature = inspect.signature(function)
        bound = signature.bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        for i, value in enumerate(args):
            yield f"argument {i + 1}", value, ""
        for what, value in kwargs.items():
            yield what, value, ""
        return
    for what, value in bound.items():
        if what == "self":
            continue
        p = signature.parameters[what]
        declared = p.annotation if isinstance(p.annotation, str) else getattr(p.annotation, "__name__", "")
        if p.kind is p.VAR_POSITIONAL:
            for v in value:
                yield what, v, declared
        elif p.kind is p.VAR_KEYWORD:
            for k, v in value.items():
                yield k, v, declared
        elif p.annotation is not p.empty:
            yield what, value, declared
        else:
            yield what, value, ""


def _whole_numbers(value: Any, depth: int = 0) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, (list, tuple)) and depth < 3:
        for v in value[:64]:
            yield from _whole_numbers(v, depth + 1)


def shown(value: Any) -> str:
    """A value, with its type where that does not show; no longer than a line."""
    if _is_tensor(value) or isinstance(value, np.ndarray):
        return f"{type(value).__name__} of shape {tuple(value.shape)}, {value.dtype}"
    if isinstance(value, int) and abs(value) >= 10**40:
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, (bool, int, float, complex)):
        return repr(value)
    try:
        text = ascii(value)
    except Exception:
        text = ""
    if isinstance(value, (str, bytes, list, tuple, dict, set)):
        return text if len(text) <= 60 else f"{text[:57]}…"
    return f"{type(value).__name__} {text}" if len(text) <= 40 else type(value).__name__


# ---- declarations ----------------------------------------------------------------------------------------------------


def _is_tensor(value: Any) -> bool:
    return any(c.__name__ == "Tensor" for c in type(value).__mro__)


def _is_whole(value: Any) -> bool:
    if isinstance(value, (int, np.integer)):
        return True
    return _is_tensor(value) and value.ndim == 0 and not value.is_floating_point()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number, np.bool_)) or (_is_tensor(value) and value.ndim == 0)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (_is_tensor(value) and value.ndim > 0)


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Tensor": (_is_tensor, "a Tensor"),
    "TensorLike": (
        lambda x: (
            _is_tensor(x)
            or isinstance(x, np.ndarray)
            and x.dtype.kind in "fiub"
            or isinstance(x, (int, float, np.number, np.bool_))
        ),
        "a Tensor",
    ),
    "int": (_is_whole, "an int"),
    "float": (_is_number, "a number"),
    "bool": (
        lambda x: isinstance(x, (bool, np.bool_)) or x in (0, 1) if not hasattr(x, "shape") else False,
        "True or False",
    ),
    "str": (lambda x: isinstance(x, str), "a string"),
    "None": (lambda x: x is None, "None"),
    "Sequence": (_is_sequence, "a sequence"),
    "Iterable": (lambda x: hasattr(x, "__iter__") and not isinstance(x, (str, bytes)), "an iterable"),
    "list": (_is_sequence, "a list"),
    "tuple": (_is_sequence, "a tuple"),
    "Callable": (callable, "a function"),
}
_ELEMENT = re.compile(r"^(Sequence|Iterable|list|tuple|builtins\.tuple)\[(.*)\]$")


def misfit(value: Any, declared: str) -> str:
    """What a value should have been, in words, where it is not what a declaration (`int | Sequence[int]`) allows."""
    wanted = []
    for kind in _alternatives(declared.strip("\"'")):
        element = _ELEMENT.match(kind)
        name = element.group(1).removeprefix("builtins.") if element else kind.partition("[")[0].rpartition(".")[2]
        if name not in _KINDS:
            return ""  # a kind that is not told apart here
        fits, words = _KINDS[name]
        if element and isinstance(value, (list, tuple)):
            parts = _alternatives(element.group(2), ",")
            inner = [next((w for v in value if (w := misfit(v, p))), "") for p in parts[:1] if p != "..."]
            if not any(inner):
                return ""
            words = f"{words} of {' or '.join(_plural(w) for w in inner if w)}"
        elif fits(value):
            return ""
        elif element and element.group(2) in ("int", "int, ..."):
            words += " of ints"
        if words not in wanted:
            wanted.append(words)
    return " or ".join(wanted)


def _plural(words: str) -> str:
    found = re.sub(r"^an? (\w+)", r"\1s", words)
    return found


def _alternatives(declared: str, mark: str = "|") -> list[str]:
    """The parts of a declaration, those within brackets together."""
    parts, depth = [""], 0
    for c in declared:
        depth += (c == "[") - (c == "]")
        if c == mark and not depth:
            parts.append("")
        else:
            parts[-1] += c
    return [p.strip() for p in parts if p.strip()]


# ---- where errors leave ----------------------------------------------------------------------------------------------


def leave_as(found: Exception, error: Exception) -> NoReturn:
    """Raise an error in the words that were found for it, or again if it is the same. Of a caller's frame, which the error
    knows, no name holds it: there is no cycle for the garbage collector."""
    try:
        if found is error:
            raise error
        raise found from None
    finally:
        del error, found


def in_own_name(function: C) -> C:
    """Let errors leave a function in its own words: for functions that are not called a million times a second."""

    @wraps(function)
    def named(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except CAUGHT as error:
            leave_as(worded(error, function, args, kwargs), error)

    return named  # type: ignore[return-value]


def in_words(function: C) -> C:
    """As `in_own_name`, for functions that run others: the words of the operations inside stay theirs."""

    @wraps(function)
    def named(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except CAUGHT as error:
            leave_as(worded(error, function, args, kwargs, renames=False), error)

    return named  # type: ignore[return-value]


class OwnName:
    """A base whose subclasses in this package let errors out of their constructors, and of the methods in `_worded`, under
    the class's name: `StepLR: step_size must be an int, got 'text'.`"""

    __slots__ = ()
    _worded: ClassVar[tuple[str, ...]] = ("__init__",)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith(_PACKAGE):
            for name in cls._worded:
                if inspect.isfunction(cls.__dict__.get(name)):
                    setattr(cls, name, in_class_name(cls.__dict__[name]))


def in_class_name(method: C) -> C:
    """Let errors leave a method under the name of its class."""

    @wraps(method)
    def named(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except CAUGHT as error:
            subject = _SUBJECT.match(str(error))
            if subject is not None and isinstance(error, _RIGHT) and method.__name__ in subject.group(1).split("."):
                raise
            leave_as(worded(error, method, (self, *args), kwargs, type(self).__name__.lstrip("_")), error)

    return named  # type: ignore[return-value]


def of_call(error: Exception, module: Any, args: Any, kwargs: Any) -> Exception:
    """What a call of a module lets out: the words of the operation that refused where there are any, else its own."""
    if isinstance(error, _RIGHT) and _SUBJECT.match(str(error)):
        return error
    return worded(error, module.forward, args, kwargs, type(module).__name__)


def _operation() -> tuple[Any, Any] | None:
    """The public operation that is running, the outermost where one calls another: its frame and function."""
    frame: Any = sys._getframe(2)
    found, public = None, f"{__name__.partition('.')[0]}.ops."
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        if frame.f_globals.get("__name__", "").startswith(public) and not frame.f_code.co_name.startswith(("_", "<")):
            function = frame.f_globals.get(frame.f_code.co_name)
            if inspect.isfunction(function) and inspect.unwrap(function).__code__ is frame.f_code:
                found = frame, inspect.unwrap(function)
        elif found is not None:
            break
        frame = frame.f_back
    return found


def running() -> str:
    """The name of the public operation that is running, and a colon; nothing outside of one."""
    found = _operation()
    return f"{found[1].__name__}: " if found is not None else ""


def of_operation(error: Exception, op: str) -> Exception:
    """What a kernel raised, in the words of the public function the user called, found among its callers."""
    if _SUBJECT.match(str(error)) and isinstance(error, _RIGHT) or _foreign(error):
        return error
    found = _operation()
    if found is None:
        return worded(error, of_operation, (), {}, op)
    frame, function = found
    code = frame.f_code
    values = frame.f_locals
    first = code.co_varnames[: code.co_argcount]
    kwargs = {n: values[n] for n in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if n in values}
    args = []
    if code.co_flags & inspect.CO_VARARGS:
        args = [kwargs.pop(n) for n in first if n in kwargs]
        args += list(values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount], ()))
    return worded(error, function, args, kwargs)


__all__ = [
    "CAUGHT", "OwnName", "in_class_name", "in_own_name", "in_words", "leave_as", "misfit", "of_call", "of_operation",
    "running", "shown", "worded",
]  # fmt: skip
