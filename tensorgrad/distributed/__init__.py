"""`tensorgrad.distributed`, for one process: what programs written for many ask and call when they run alone.

A group of one process can be made; every collective operation over it leaves the tensor as it is, which is right: the
sum over one process is its own number. A group of several processes is refused.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Callable
from typing import Any

from ..tensor import Tensor


class ReduceOp(enum.Enum):
    """How tensors of several processes become one."""

    SUM = "sum"
    AVG = "avg"
    PRODUCT = "product"
    MIN = "min"
    MAX = "max"
    BAND = "band"
    BOR = "bor"
    BXOR = "bxor"
    PREMUL_SUM = "premul_sum"


class Backend(str):
    """The name of what carries the messages. A group of one process sends none, so any will do."""

    UNDEFINED, GLOO, NCCL, MPI, UCC, XCCL = "undefined", "gloo", "nccl", "mpi", "ucc", "xccl"

    def __new__(cls, name: str) -> Backend:
        if not isinstance(name, str):
            raise TypeError(f"Backend: name must be a string, such as 'gloo', got {type(name).__name__}.")
        return super().__new__(cls, name.lower())


class ProcessGroup:
    """Some of the processes; there is but the whole group here, which functions take as None."""


_backend: str | None = None  # of the group, once it is made


def is_available() -> bool:
    """Whether a group can be made: yes, of one process."""
    return True


def is_initialized() -> bool:
    """Whether the group is made."""
    return _backend is not None


def is_nccl_available() -> bool:
    """Whether GPUs can talk to each other: no."""
    return False


is_mpi_available = is_gloo_available = is_torchelastic_launched = is_nccl_available


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    **options: Any,
) -> None:
    """Make the group, of this process alone.

    Args:
        backend, init_method, timeout, store: accepted.
        world_size: how many processes; the environment's WORLD_SIZE when not given. Must be 1.
        rank: the number of this process; the environment's RANK when not given. Must be 0.

    Raises:
        RuntimeError: the group is made already, or there are several processes.
    """
    global _backend
    if _backend is not None:
        raise RuntimeError("init_process_group: the group is made already; destroy_process_group() ends it.")
    size = world_size if world_size >= 0 else int(os.environ.get("WORLD_SIZE", 1))
    number = rank if rank >= 0 else int(os.environ.get("RANK", 0))
    if (size, number) != (1, 0):
        raise RuntimeError(
            f"init_process_group: this is process {number} of {size}, but this version of tensorgrad trains in one process. "
            "Start the program alone: WORLD_SIZE=1, RANK=0."
        )
    _backend = backend or "gloo"


def destroy_process_group(group: Any = None) -> None:
    """End the group."""
    global _backend
    _backend = None


def _group(caller: str) -> str:
    if _backend is None:
        raise RuntimeError(f"{caller}: there is no group of processes yet; call init_process_group() first.")
    return _backend


def get_backend(group: Any = None) -> str:
    """What `init_process_group` was told."""
    return _group("get_backend")


def get_rank(group: Any = None) -> int:
    """The number of this process: 0."""
    _group("get_rank")
    return 0


def get_world_size(group: Any = None) -> int:
    """How many processes there are: 1."""
    _group("get_world_size")
    return 1


# ---- collective operations -------------------------------------------------------------------------------------------


def _alone(name: str, first: str) -> Callable[..., None]:
    def operation(tensor: Tensor, *args: Any, **kwargs: Any) -> None:
        _group(name)
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name}: needs a Tensor, got {type(tensor).__name__}.")

    operation.__name__ = operation.__qualname__ = name
    operation.__doc__ = f"{first} Among one process the tensor stays as it is."
    return operation


all_reduce = _alone("all_reduce", "Every process gets the sum (op) over all.")
reduce = _alone("reduce", "One process gets the sum (op) over all.")
broadcast = _alone("broadcast", "Every process gets the tensor of one.")


def all_gather(tensor_list: list[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False) -> None:
    """Every process gets the tensors of all, in `tensor_list`."""
    _group("all_gather")
    if len(tensor_list) != 1:
        raise ValueError(f"all_gather: tensor_list must have one tensor per process, 1, got {len(tensor_list)}.")
    tensor_list[0].copy_(tensor.detach())


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """Every process gets the objects of all, in `object_list`."""
    _group("all_gather_object")
    object_list[0] = obj


def broadcast_object_list(object_list: list[Any], src: int = 0, group: Any = None, device: Any = None) -> None:
    """Every process gets the objects of one. Among one process they stay as they are."""
    _group("broadcast_object_list")


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> None:
    """Wait for all processes."""
    _group("barrier")


__all__ = [
    "Backend", "ProcessGroup", "ReduceOp", "all_gather", "all_gather_object", "all_reduce", "barrier", "broadcast",
    "broadcast_object_list",
    "destroy_process_group", "get_backend", "get_rank", "get_world_size", "init_process_group", "is_available",
    "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available", "is_torchelastic_launched", "reduce",
]  # fmt: skip
