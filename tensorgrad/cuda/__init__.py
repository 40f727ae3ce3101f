"""`tensorgrad.cuda`: what programs ask before they choose a device. There is no CUDA device in this version."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import amp

_initialized = False  # whether CUDA is in use


def is_available() -> bool:
    """Whether tensors can live on a GPU: no."""
    return False


def device_count() -> int:
    """How many GPUs there are for tensors: none."""
    return 0


def is_initialized() -> bool:
    """Whether CUDA is in use: never here."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes in bfloat16: there is none."""
    return False


def get_arch_list() -> list[str]:
    """The kinds of GPU that can be used: none."""
    return []


# ---- what does not matter without a GPU ----------------------------------------------------------------------------


def manual_seed(seed: int) -> None:
    """Accepted: there is no GPU generator to seed."""


manual_seed_all = manual_seed


def get_rng_state_all() -> list[Tensor]:
    """Where the generators of the GPUs are: there are none."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Accepted: there is no GPU generator."""


def empty_cache() -> None:
    """Accepted: there is nothing to empty."""


init = ipc_collect = empty_cache


def synchronize(device: Any = None) -> None:
    """Accepted: CPU operations are done when they return."""


def memory_allocated(device: Any = None) -> int:
    """Bytes of tensors on the GPU: 0."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_cached = max_memory_cached = memory_allocated


def reset_peak_memory_stats(device: Any = None) -> None:
    """Accepted."""


reset_max_memory_allocated = reset_peak_memory_stats


# ---- what needs one --------------------------------------------------------------------------------------------------


def _absent(name: str) -> Any:
    def ask(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"cuda.{name}: no CUDA device can be used by this version of tensorgrad; ask cuda.is_available() first."
        )

    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = "An error, as there is no GPU."
    return ask


current_device, set_device = _absent("current_device"), _absent("set_device")
get_device_name, get_device_properties = _absent("get_device_name"), _absent("get_device_properties")
get_device_capability, current_stream = _absent("get_device_capability"), _absent("current_stream")
get_rng_state, set_rng_state = _absent("get_rng_state"), _absent("set_rng_state")
device, stream, mem_get_info = _absent("device"), _absent("stream"), _absent("mem_get_info")
memory_summary, memory_stats = _absent("memory_summary"), _absent("memory_stats")


class Event:
    """A moment on a GPU: there is none."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        _absent("Event")()


class Stream:
    """A queue of work on a GPU: there is none."""

    def __init__(self, device: Any = None, priority: int = 0) -> None:
        _absent("Stream")()


class _NoTensor(type):
    """The type of cuda.FloatTensor and its kind: no tensor is one of them."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return False

    def __call__(cls, *args: Any) -> Any:
        return _absent(cls.__name__)()


def _tensors(name: str) -> Any:
    return _NoTensor(name, (), {"__doc__": "A tensor on a GPU: there is none.", "__module__": __name__})


DoubleTensor, FloatTensor, HalfTensor = _tensors("DoubleTensor"), _tensors("FloatTensor"), _tensors("HalfTensor")
LongTensor, IntTensor, ShortTensor = _tensors("LongTensor"), _tensors("IntTensor"), _tensors("ShortTensor")
CharTensor, ByteTensor, BoolTensor = _tensors("CharTensor"), _tensors("ByteTensor"), _tensors("BoolTensor")
