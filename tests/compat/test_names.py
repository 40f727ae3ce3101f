"""Names that packages written for PyTorch read when they are imported."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import nn
from tensorgrad.nn.parallel.scatter_gather import gather, scatter, scatter_kwargs


def test_dtypes_of_which_there_are_no_tensors() -> None:
    assert tg.complex64.is_complex and not tg.float32.is_complex and tg.complex64 != tg.float32 and tg.cfloat is tg.complex64
    assert tg.uint16.itemsize == 2 and not tg.uint16.is_signed and tg.float8_e5m2.is_floating_point
    assert isinstance(tg.complex64, tg.dtype) and {tg.complex64: 1}[tg.complex64] == 1 and repr(tg.qint8) == "tensorgrad.qint8"
    x = tg.ones(2)
    for make in (lambda: tg.zeros(2, dtype=tg.complex64), lambda: x.to(tg.complex64), lambda: x.new_ones(2, dtype=tg.uint16)):
        with pytest.raises(TypeError, match="there are no tensors of .* here. Choose a real dtype such as float32"):
            make()


def test_future() -> None:
    from tensorgrad.futures import collect_all, wait_all

    first: Any = tg.Future()
    later = first.then(lambda f: f.value() + 1).then(lambda f: f.wait() * 2)
    seen: list[int] = []
    first.add_done_callback(lambda f: seen.append(f.value()))
    with pytest.raises(RuntimeError, match=r"Future.value: the value is not there yet; wait\(\) waits for it"):
        first.value()
    threading.Timer(0.01, first.set_result, [2]).start()
    assert later.wait() == 6 and first.done() and seen == [2]
    with pytest.raises(RuntimeError, match="its value is set already"):
        first.set_result(3)
    failed = first.then(lambda f: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        failed.wait()
    wrong: Any = tg.Future()
    with pytest.raises(TypeError, match="must be an exception, got int"):
        wrong.set_exception(3)
    assert wait_all([first, later]) == [2, 6] and collect_all([first, later]).wait() == [first, later]
    assert collect_all([]).wait() == []


def test_scatter_and_gather() -> None:
    x = tg.arange(6.0).reshape(6, 1)
    pieces = scatter({"x": x, "k": (x, 3)}, [0, 1])
    assert [p["x"].shape[0] for p in pieces] == [3, 3] and [p["k"][1] for p in pieces] == [3, 3]
    assert tg.equal(gather([p["x"] for p in pieces], "cpu"), x)
    assert gather([p["k"] for p in scatter({"k": (x, x)}, [0, 1])], 0)[1].shape == (6, 1)
    assert scatter_kwargs((x,), {"scale": 2}, [0, 1]) [1] == ({"scale": 2}, {"scale": 2})
    assert scatter_kwargs((), None, [0]) == ((), ())
    assert gather([tg.tensor(1.0), tg.tensor(2.0)], 0).tolist() == [1.0, 2.0]
    assert nn.parallel.DataParallel is nn.DataParallel


def test_small_names(tmp_path: Path) -> None:
    import tensorgrad.distributed.optim
    import tensorgrad.functional
    import tensorgrad.fx
    import tensorgrad.jit.annotations
    import tensorgrad.types
    import tensorgrad.utils.checkpoint as checkpoint

    assert tensorgrad.functional.einsum is tg.einsum and isinstance(2, tensorgrad.types.Number)
    assert tensorgrad.fx.wrap(len) is len and tensorgrad.fx.wrap("len") == "len"
    with pytest.raises(RuntimeError, match="symbolic_trace: models are not traced and rewritten here"):
        tensorgrad.fx.symbolic_trace(nn.ReLU())
    assert tensorgrad.jit.annotations.List[int] == list[int]
    assert tg._C._log_api_usage_once("x") is None and tg._C._get_tracing_state() is None
    sgd = tensorgrad.distributed.optim.ZeroRedundancyOptimizer(
        [tg.ones(1, requires_grad=True)], optimizer_class=tg.optim.SGD, lr=0.5, overlap_with_ddp=False
    )
    assert type(sgd) is tg.optim.SGD and sgd.param_groups[0]["lr"] == 0.5
    assert tg.distributed.Backend("NCCL") == tg.distributed.Backend.NCCL == "nccl"
    assert checkpoint.get_device_states(tg.ones(2)) == ([], [])
    with pytest.raises(RuntimeError, match="there are no generators of GPUs here"):
        checkpoint.set_device_states([0], [1])
    assert tg.equal(tg.spmm(tg.eye(2), tg.ones(2, 3)), tg.ones(2, 3))
    with pytest.raises(ValueError, match="spmm: "):
        tg.spmm(tg.eye(2), tg.ones(3))


def test_download_url_to_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import functools
    import http.server

    data = b"weights"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "net.bin").write_bytes(data)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *a: None)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/net.bin"
        start = hashlib.sha256(data).hexdigest()[:8]
        for hash_prefix in (None, start):
            tg.hub.download_url_to_file(url, tmp_path / "net.bin", hash_prefix, progress=False)
            assert (tmp_path / "net.bin").read_bytes() == data
            (tmp_path / "net.bin").unlink()
        with pytest.raises(OSError, match="another file, with SHA-256"):
            tg.hub.download_url_to_file(url, tmp_path / "net.bin", "0" * 8, progress=False)
        server.shutdown()
    assert tg.hub.HASH_REGEX.search("net-0123abcd.pth").group(1) == "0123abcd"


def test_former_paths_of_serialization() -> None:
    from tensorgrad.serialization.skeleton import TakenApart

    assert TakenApart([1]).skeleton == {"list": [1]}
