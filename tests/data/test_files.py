"""Files from strangers, and from far away: read with suspicion, downloaded whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import struct
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorgrad.data import DataError, DownloadError, download, read_idx
from tensorgrad.data.files import sha256_of


def idx(array: Any, sizes: tuple[int, ...] | None = None, kind: int | None = None) -> bytes:
    kinds = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
    sizes = array.shape if sizes is None else sizes
    code = kinds[array.dtype.str[1:]] if kind is None else kind
    return bytes([0, 0, code, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + array.astype(
        array.dtype.newbyteorder(">")
    ).tobytes()  # fmt: skip


def written(folder: Path, data: bytes, packed: bool = False) -> Path:
    path = folder / "file"
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


SMALL = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_every_kind_of_number(tmp_path: Path, dtype: str, packed: bool) -> None:
    array = np.array([[1, -2 if dtype != "u1" else 2, 3], [100, 0, 7]], dtype)
    found = read_idx(written(tmp_path, idx(array), packed))
    assert found.dtype == np.dtype(dtype) and found.dtype.isnative
    np.testing.assert_array_equal(found, array)
    assert read_idx(written(tmp_path, idx(np.zeros((0, 4), dtype)), packed)).shape == (0, 4)


@pytest.mark.parametrize("packed", [False, True])
def test_cut_short_at_every_byte(tmp_path: Path, packed: bool) -> None:
    data = idx(SMALL)
    data = gzip.compress(data) if packed else data
    path = tmp_path / "file"
    for n in range(len(data)):
        path.write_bytes(data[:n])
        with pytest.raises(DataError):
            read_idx(path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (b"", {}, "this is no IDX file; it starts with (nothing|)"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), {}, "this is no IDX file; it starts with 89 50 4e 47"),
        (idx(SMALL, kind=0x0A), {}, "this is no IDX file; it starts with 00 00 0a 03"),
        (bytes([0, 0, 8, 200]) + bytes(900), {}, "this is no IDX file"),
        (idx(SMALL)[:9], {}, "cut short in its header"),
        (idx(SMALL)[:-1], {}, "(cut short, 23 of 24 bytes are there|says 40 bytes, .* but the file has 39 bytes)"),
        (idx(SMALL) + b"\0", {}, "(longer than its header says|says 40 bytes, .* but the file has 41 bytes)"),
        (idx(SMALL, (2, 3, 5)), {}, r"(cut short|says 46 bytes, of shape \(2, 3, 5\))"),
        (idx(SMALL), dict(shape=(None, 28, 28)), r"holds an array of shape \(2, 3, 4\), expected \(any, 28, 28\)"),
        (idx(SMALL), dict(shape=(None,)), r"expected \(any\)"),
        (idx(SMALL), dict(most=23), r"its header says 24 bytes, of shape \(2, 3, 4\); at most 23 are expected"),
    ],
)
def test_malformed(tmp_path: Path, data: bytes, options: Any, words: str, packed: bool) -> None:
    with pytest.raises(DataError, match=words):
        read_idx(written(tmp_path, data, packed), **options)


def test_no_memory_is_taken_for_a_lie(tmp_path: Path) -> None:
    """A header that announces more than its file can hold, packed or not; and one beyond what anybody expects."""
    lie = idx(SMALL, (2**31, 2, 2))
    tracemalloc.start()
    try:
        for data, packed, most, words in (
            (lie, False, 2**40, "but the file has 40 bytes"),
            (lie, True, 2**40, "but the file cannot hold more than"),
            (lie, True, 2**31, "at most 2147483648 are expected"),
            (idx(SMALL, (60_001, 28, 28)), True, 47_040_000, "at most 47040000 are expected"),
        ):
            path = written(tmp_path, data, packed)
            tracemalloc.reset_peak()
            with pytest.raises(DataError, match=words):
                read_idx(path, most=most)
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        # what unpacks to more than the header says is not unpacked further
        path = written(tmp_path, idx(SMALL) + bytes(50_000_000), True)
        tracemalloc.reset_peak()
        with pytest.raises(DataError, match="longer than its header says"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_a_damaged_gzip(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(idx(np.arange(200, dtype=np.uint8))))
    data[30] ^= 0xFF
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(DataError, match="the gzip file is damaged or was cut short|cut short|longer"):
        read_idx(path)


# ---- downloads ------------------------------------------------------------------------------------------------------

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT under several moods, and notes what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str | None]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        mood = self.path.strip("/")
        self.server.asked.append((mood, asked))
        if mood == "missing":
            self.send_error(404)
            return
        body = CONTENT if mood != "other" else b"x" * len(CONTENT)
        body = body + b"more" if mood == "longer" else body
        first = 0
        if asked is not None and mood != "stubborn":
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            if first >= len(body):
                self.send_error(416)
                return
        self.send_response(206 if first else 200)
        if mood != "silent":
            self.send_header("Content-Length", str(len(body) - first))
        self.end_headers()
        self.wfile.write(body[first:] if mood != "broken" else body[first : first + 100_000])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def left(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def test_a_download(tmp_path: Path, server: Server) -> None:
    path = tmp_path / "deep" / "file.gz"
    assert download([server.url + "/plain"], path, SHA256, size=len(CONTENT)) == path and path.read_bytes() == CONTENT
    assert left(path.parent) == {"file.gz"} and sha256_of(path) == SHA256
    download([server.url + "/plain"], path, SHA256)
    assert len(server.asked) == 1  # it was there
    path.write_bytes(b"another file")
    download([server.url + "/silent"], path, SHA256)  # without a length
    assert path.read_bytes() == CONTENT


def test_it_goes_on_after_an_interruption(tmp_path: Path, server: Server) -> None:
    path = tmp_path / "file"
    for have in (100_000, 200_000):
        with pytest.raises(DownloadError, match=rf"broke off after {have} of 300000 bytes; calling again goes on"):
            download([server.url + "/broken"], path, SHA256, size=len(CONTENT))
        assert left(tmp_path) == {"file.part"}
    download([server.url + "/plain"], path, SHA256, size=len(CONTENT))
    assert path.read_bytes() == CONTENT and left(tmp_path) == {"file"}
    assert [r for _, r in server.asked] == [None, "bytes=100000-", "bytes=200000-"]


def test_a_part_that_is_whole_or_of_another_file(tmp_path: Path, server: Server) -> None:
    path, part = tmp_path / "file", tmp_path / "file.part"
    part.write_bytes(CONTENT)
    download([server.url + "/plain"], path, SHA256, size=len(CONTENT))
    assert server.asked == []
    path.unlink()
    part.write_bytes(CONTENT + b"too long")
    download([server.url + "/plain"], path, SHA256, size=len(CONTENT))
    assert path.read_bytes() == CONTENT
    path.unlink()
    part.write_bytes(b"y" * 1000)  # the beginning of something else: noticed by the hash, and begun again
    with pytest.raises(DownloadError, match="another file, with SHA-256"):
        download([server.url + "/plain"], path, SHA256)
    assert left(tmp_path) == set()
    part.write_bytes(b"y" * 1000)
    download([server.url + "/stubborn"], path, SHA256)  # a server that does not know of parts
    assert path.read_bytes() == CONTENT


def test_mirrors(tmp_path: Path, server: Server) -> None:
    path = tmp_path / "file"
    urls = [f"{server.url}/{mood}" for mood in ("missing", "other", "longer", "broken", "plain")]
    download(urls, path, SHA256, size=len(CONTENT))
    assert path.read_bytes() == CONTENT and [m for m, _ in server.asked] == [
        "missing", "other", "longer", "broken", "plain",
    ]  # fmt: skip
    assert server.asked[-1] == ("plain", "bytes=100000-")  # what the one before had given is not fetched again


def test_nobody_has_it(tmp_path: Path, server: Server) -> None:
    closed = Server()
    closed.server_close()
    urls = [f"{server.url}/missing", f"{server.url}/other", f"{server.url}/longer", closed.url, "file:///etc/hosts"]
    with pytest.raises(DownloadError) as caught:
        download(urls, tmp_path / "file", SHA256, size=len(CONTENT), timeout=5)
    message = str(caught.value)
    assert message.startswith("download: could not get file from any of 5 places.")
    for words in (
        "/missing: HTTP Error 404", "/other: another file, with SHA-256", "offers 300004 bytes, expected 300000",
        "refused", "file:///etc/hosts: only http and https are fetched", "Look at the network, or put the file into",
    ):  # fmt: skip
        assert words in message
    assert left(tmp_path) <= {"file.part"}


def test_more_than_was_expected_is_not_taken(tmp_path: Path, server: Server) -> None:
    with pytest.raises(DownloadError, match="sent more than the 1000 bytes expected|offers"):
        download([server.url + "/silent"], tmp_path / "file", SHA256, size=1000)
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) == 0


def test_progress(tmp_path: Path, server: Server, capsys: Any) -> None:
    download([server.url + "/plain"], tmp_path / "file", SHA256, progress=True)
    assert "file" in (err := capsys.readouterr().err) and "300k" in err
    download([server.url + "/plain"], tmp_path / "other", SHA256)
    assert capsys.readouterr().err == ""
