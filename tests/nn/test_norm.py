"""Batch norms of a network replaced by those of several processes."""

from __future__ import annotations

import copy

import tensorgrad as tg
from tensorgrad import nn


def test_convert_sync_batchnorm() -> None:
    net = nn.Sequential(
        nn.Conv1d(2, 3, 1),
        nn.BatchNorm1d(3, 0.1, 0.3),
        nn.Sequential(nn.BatchNorm1d(3, affine=False), nn.ReLU(), nn.BatchNorm1d(3, track_running_stats=False, bias=False)),
        nn.InstanceNorm1d(3),
    ).double()
    x = tg.randn(4, 2, 5, dtype=tg.float64, generator=tg.Generator().manual_seed(0))
    net(x)
    net[2][0].eval()
    twin = copy.deepcopy(net)
    parameters, state = list(net.parameters()), net.state_dict()
    made = nn.SyncBatchNorm.convert_sync_batchnorm(net)
    assert made is net and type(net[0]) is nn.Conv1d and type(net[3]) is nn.InstanceNorm1d
    for new, old in ((net[1], twin[1]), (net[2][0], twin[2][0]), (net[2][2], twin[2][2])):
        assert type(new) is nn.SyncBatchNorm and repr(new).replace("Sync", "").replace("Norm(", "Norm1d(") == repr(old)
        assert new.training is old.training and (new.eps, new.momentum) == (old.eps, old.momentum)
    assert [id(p) for p in net.parameters()] == [id(p) for p in parameters], "an optimizer still knows them"
    assert list(net.state_dict()) == list(state)
    for _ in range(2):
        assert net(x).tolist() == twin(x).tolist()
    for a, b in zip(net.buffers(), twin.buffers()):
        assert a.tolist() == b.tolist() and a.dtype is b.dtype


def test_a_batch_norm_by_itself() -> None:
    norm = nn.BatchNorm2d(3)
    made = nn.SyncBatchNorm.convert_sync_batchnorm(norm)
    assert type(made) is nn.SyncBatchNorm and made.weight is norm.weight and made.running_var is norm.running_var
    other = nn.Linear(1, 1)
    assert nn.SyncBatchNorm.convert_sync_batchnorm(other) is other
