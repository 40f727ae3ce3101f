"""Random numbers: generators and their seeds.

A generator's numbers are those of NumPy's PCG64: `Generator().manual_seed(0)` and `numpy.random.default_rng(0)` run
through the same stream, on every platform. There is one default generator per process; all generators may be used from
several threads at once (each draw is whole, their order is the threads'). `drawing_from(g)` makes `g` the default one
for one thread or task.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from .device import CPU, chosen
from .device import device as _device
from .kernels.layered import innermost
from .refusals import in_class_name, in_own_name
from .tensor import Tensor

_STATE = struct.Struct("<16s16sIIQ")  # PCG64's state and increment, whether it has 32 spare bits and these; the seed
_MANUAL = 67280421310721  # the seed of a new Generator, PyTorch's


class Generator:
    """A stream of random numbers with a seed: `tensorgrad.rand(3, generator=g)`. A new one starts from a fixed seed."""

    @in_class_name
    def __init__(self, device: Any = "cpu") -> None:
        chosen(device, "Generator")
        self.manual_seed(_MANUAL)

    @property
    def device(self) -> _device:
        return CPU

    @in_own_name
    def manual_seed(self, seed: int) -> Generator:
        """Start again from a seed, a whole number from −2⁶³ to 2⁶⁴ − 1 (−1 is the same as 2⁶⁴ − 1)."""
        try:
            number = seed.__index__()
        except AttributeError:
            raise TypeError(f"manual_seed: the seed must be an int, got {type(seed).__name__} {seed!r}.") from None
        if not -(2**63) <= number < 2**64:
            raise ValueError(f"manual_seed: the seed must be from -2**63 to 2**64 - 1, got {number}.")
        # The seed belongs to the stream, so that one assignment, which threads cannot see half done, changes both.
        self._stream = Stream(number % 2**64)
        return self

    def seed(self) -> int:
        """Start again from a random seed of the operating system, and return it."""
        number = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(number)
        return number

    def initial_seed(self) -> int:
        """The seed it last started from."""
        return self._stream.seed

    def get_state(self) -> Tensor:
        """Where the stream is, as a tensor of bytes (uint8)."""
        return Tensor._of(np.frombuffer(self._stream.state(), np.uint8).copy())

    def set_state(self, new_state: Tensor) -> None:
        """Go to a place of the stream that `get_state` has noted."""
        if not isinstance(new_state, Tensor) or new_state.array.dtype != np.uint8:
            kind = new_state.dtype if isinstance(new_state, Tensor) else type(new_state).__name__
            raise TypeError(f"set_state: needs the uint8 tensor that get_state() gave, got {kind}.")
        if new_state.array.shape != (_STATE.size,):
            raise ValueError(f"set_state: a state has {_STATE.size} bytes, got shape {tuple(new_state.array.shape)}.")
        self._stream = Stream.at(new_state.array.tobytes())

    def clone_state(self) -> Generator:
        """Another generator at the same place of the same stream."""
        twin = Generator()
        twin._stream = Stream.at(self._stream.state())
        return twin

    @property
    def numpy(self) -> np.random.Generator:
        """The stream itself, for kernels."""
        return self._stream.numpy

    def __repr__(self) -> str:
        return f"Generator(device='cpu', seed={self.initial_seed()})"

    def __getstate__(self) -> bytes:
        return self._stream.state()

    def __setstate__(self, state: bytes) -> None:
        self._stream = Stream.at(state)


class Seeded(Generator):
    """A generator that starts when the first number is drawn: cheap to make where often none is."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __getattr__(self, name: str) -> Any:
        if name != "_stream":
            raise AttributeError(f"Generator has no attribute {name!r}")
        self.manual_seed(self._seed)
        return self._stream


class Stream:
    """A NumPy generator and the seed it started from."""

    __slots__ = ("numpy", "seed")

    def __init__(self, seed: int) -> None:
        self.numpy = np.random.Generator(np.random.PCG64(seed))
        self.seed = seed

    def state(self) -> bytes:
        bits = self.numpy.bit_generator
        with bits.lock:  # other threads draw without holding the interpreter's lock
            now: Any = bits.state
        numbers = now["state"]
        halves = [numbers[k].to_bytes(16, "little") for k in ("state", "inc")]
        return _STATE.pack(*halves, now["has_uint32"], now["uinteger"], self.seed)

    @classmethod
    def at(cls, state: bytes) -> Stream:
        place, step, has, spare, seed = _STATE.unpack(state)
        stream = cls(seed)
        stream.numpy.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": int.from_bytes(place, "little"), "inc": int.from_bytes(step, "little")},
            "has_uint32": has,
            "uinteger": spare,
        }
        return stream


default_generator = Generator()
default_generator.seed()

_here: ContextVar[Generator | None] = ContextVar("tensorgrad.generator", default=None)


def current() -> Generator:
    """The default generator here and now: that of the process, or of the `drawing_from` block around."""
    return _here.get() or default_generator


@contextmanager
def drawing_from(generator: Generator) -> Iterator[None]:
    """Inside, in this thread or task alone, `generator` is the default one, also to `manual_seed` and its kind."""
    token = _here.set(generator)
    try:
        yield
    finally:
        _here.reset(token)


@in_own_name
def manual_seed(seed: int) -> Generator:
    """Start the default generator again from a seed, and return it."""
    return current().manual_seed(seed)


def seed() -> int:
    """Start the default generator again from a random seed, and return that."""
    return current().seed()


def initial_seed() -> int:
    """The seed the default generator last started from."""
    return current().initial_seed()


def get_rng_state() -> Tensor:
    """Where the default generator is, as a tensor of bytes (uint8)."""
    return current().get_state()


@in_own_name
def set_rng_state(new_state: Tensor) -> None:
    """Put the default generator where `get_rng_state` found it."""
    current().set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Inside, the default generator may be used and seeded; at the end it is put back where it was."""
    if not enabled:
        yield
        return
    generator = current()
    before = generator.get_state()
    try:
        yield
    finally:
        generator.set_state(before)


def stream(op: str, generator: Generator | None) -> np.random.Generator:
    """The stream to draw from: the given generator's or the default one's."""
    if generator is None:
        rng = current()._stream.numpy
        return rng if innermost.get() is None else innermost.get().stream(op, rng)
    if not isinstance(generator, Generator):
        raise TypeError(f"{op}: generator must be a tensorgrad.Generator, got {type(generator).__name__}.")
    return generator._stream.numpy


__all__ = [
    "Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed",
    "set_rng_state",
]  # fmt: skip
