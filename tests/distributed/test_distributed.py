"""A group of one process: programs written for many run alone; several processes are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import tensorgrad as tg
from tensorgrad import distributed as dist
from tensorgrad.distributed import nn as collective
from tensorgrad.nn import DataParallel
from tensorgrad.nn.parallel import DistributedDataParallel, data_parallel


@pytest.fixture
def group() -> Iterator[None]:
    dist.init_process_group("gloo")
    yield
    dist.destroy_process_group()


def test_collective_operations_of_one(group: None) -> None:
    assert dist.is_available() and dist.is_initialized() and dist.get_backend() == "gloo"
    assert (dist.get_rank(), dist.get_world_size()) == (0, 1)
    x = tg.tensor([1.0, 2.0])
    dist.all_reduce(x, op=dist.ReduceOp.SUM)
    dist.broadcast(x, src=0)
    dist.reduce(x, 0)
    dist.barrier()
    assert x.tolist() == [1.0, 2.0]
    parts, things = [tg.zeros(2)], [None]
    dist.all_gather(parts, x)
    dist.all_gather_object(things, {"loss": 1.0})
    dist.broadcast_object_list(things)
    assert parts[0].tolist() == [1.0, 2.0] and things == [{"loss": 1.0}]
    with pytest.raises(ValueError, match="all_gather: tensor_list must have one tensor per process, 1, got 2"):
        dist.all_gather([x, x], x)
    with pytest.raises(TypeError, match="all_reduce: needs a Tensor, got float"):
        dist.all_reduce(1.0)
    with pytest.raises(RuntimeError, match="init_process_group: the group is made already"):
        dist.init_process_group()


def test_collective_operations_that_can_be_differentiated(group: None) -> None:
    x = tg.ones(2, requires_grad=True)
    y = collective.all_reduce(x) + collective.all_gather(x)[0] + collective.broadcast(x, 0)
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_without_a_group() -> None:
    assert not dist.is_initialized() and not dist.is_nccl_available()
    model = tg.nn.Linear(2, 1)
    for ask in (dist.get_rank, dist.barrier, lambda: collective.all_reduce(tg.ones(1)), lambda: DistributedDataParallel(model)):
        with pytest.raises(RuntimeError, match="there is no group of processes yet; call init_process_group"):
            ask()
    with pytest.raises(RuntimeError, match="this is process 1 of 2, but this version of tensorgrad trains in one process"):
        dist.init_process_group(world_size=2, rank=1)


def test_the_size_of_the_group_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "3")
    with pytest.raises(RuntimeError, match="this is process 3 of 4"):
        dist.init_process_group()
    assert not dist.is_initialized()


def test_parallel_wrappers(group: None) -> None:
    model, x = tg.nn.Linear(2, 1), tg.randn(5, 2)
    wrapped = DistributedDataParallel(model, device_ids=[0])
    assert tg.equal(wrapped(x), model(x)) and tg.equal(DataParallel(model)(x), model(x))
    assert tg.equal(data_parallel(model, x, range(2)), model(x)) and tg.equal(data_parallel(model, (x,)), model(x))
    assert list(wrapped.state_dict()) == ["module.weight", "module.bias"] and wrapped.module is model
    with wrapped.no_sync():
        assert not wrapped.require_backward_grad_sync
        wrapped(x).sum().backward()
    assert wrapped.require_backward_grad_sync and model.weight.grad is not None
