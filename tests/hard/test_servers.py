"""Servers that lie, drip, or send anything at all: a download ends in DownloadError, in time, and the next mirror is asked."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tensorgrad.data import DownloadError, download

CONTENT = random.Random(0).randbytes(20_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 20000\r\n"
GOOD = OK + LENGTH + b"\r\n" + CONTENT


@contextmanager
def serving(*talks: Callable[[Any], Any] | bytes) -> Iterator[list[str]]:
    """A server for each talk: what it does with a connection, or the bytes it answers with. Yields their urls."""
    stop, listeners = threading.Event(), []

    def serve(listener: socket.socket, talk: Any) -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), connection:
                connection.recv(65536)
                if isinstance(talk, bytes):
                    connection.sendall(talk)
                    connection.shutdown(socket.SHUT_WR)
                    connection.settimeout(0.2)
                    connection.recv(1)
                else:
                    talk(connection)

    for talk in talks:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, talk), daemon=True).start()
    try:
        yield [f"http://127.0.0.1:{listener.getsockname()[1]}/f.bin" for listener in listeners]
    finally:
        stop.set()
        for listener in listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def dripping(begin: bytes, drop: bytes) -> Callable[[Any], None]:
    """Sends some bytes, and then a drop often enough for any timeout of a socket, for a minute."""

    def talk(connection: Any) -> None:
        connection.sendall(begin)
        for _ in range(600):
            time.sleep(0.1)
            connection.sendall(drop)

    return talk


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "talk",
    [
        dripping(OK + LENGTH + b"\r\n", b"x"),
        dripping(OK + LENGTH, b"X-More: 1\r\n"),
        dripping(OK + b"X-Long: ", b"x"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(b"HTTP/1.1 200", b" "),
        dripping(CHUNKED, b"1\r\nx\r\n"),
        dripping(CHUNKED + b"1;", b"x"),
        dripping(CHUNKED + b"0\r\n", b"X-Trailer: 1\r\n"),
        lambda connection: time.sleep(60),
    ],
    ids=["body", "headers", "header", "continue", "status", "chunks", "chunk size", "trailers", "silent"],
)
def test_one_that_drips(tmp_path: Path, talk: Any) -> None:
    with serving(talk, GOOD) as urls:
        started = time.monotonic()
        with pytest.raises(DownloadError, match=r"f.bin from any of 1 places.*\n.*http://127.0.0.1:\d+/f.bin: ") as caught:
            download(urls[:1], tmp_path / "f.bin", SHA256, timeout=0.3, progress=False)
        assert time.monotonic() - started < 10, "held for ever, or nearly so"
        assert "sends less than 1000 bytes a second, and was left after 0.3 seconds" in str(caught.value) or (
            "timed out" in str(caught.value) or "another file" in str(caught.value)
        )
        download(urls, tmp_path / "f.bin", SHA256, timeout=0.3, progress=False)
    assert (tmp_path / "f.bin").read_bytes() == CONTENT and os.listdir(tmp_path) == ["f.bin"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", "Content-Length of .*which is no number of bytes"),
        (OK + b"Content-Length: 999999999999999999\r\n\r\n", "offers 999999999999999999 bytes, and .* has room for"),
        (OK + b"Content-Length: -5\r\n\r\n", "Content-Length of '-5'"),
        (OK + "Content-Length: ²\r\n\r\n".encode("latin-1"), "Content-Length of '²'"),
        (OK + b"Content-Length: 1e4\r\n\r\n", "Content-Length of '1e4'"),
        (OK + b"Content-Length: 30000\r\n\r\n" + CONTENT, "broke off after 20000 of 30000 bytes"),
        (OK + b"Content-Length: 100\r\n\r\n" + CONTENT, "another file, with SHA-256"),
        (CHUNKED + b"zz\r\n", ""),
        (CHUNKED + b"-5\r\nxxxxx", ""),
        (CHUNKED + b"ffffffffffffffffffffffff\r\nxxxxx", ""),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hosts\r\n\r\n", "Redirection to url 'file:///etc/hosts' is not"),
        (b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/f\r\n\r\n", "Redirection to url 'ftp://127.0.0.1/f' is not"),
        (b"HTTP/1.1 302 Found\r\nLocation: data:,x\r\n\r\n", "Redirection to url 'data:,x' is not"),
        (b"HTTP/1.1 302 Found\r\nLocation: //[\r\n\r\n", ""),
        (b"HTTP/1.1 302 Found\r\nLocation: http://" + b"x" * 300 + b"/\r\n\r\n", ""),
        (b"HTTP/1.1 416 No\r\n\r\n", "416"),
        (b"HTTP/1.1 206 Partial\r\nContent-Range: bytes \xb2-5/9\r\n\r\nxx", "Content-Range"),
        (b"HTTP/1.1 404 \x1b[31mgone\r\n\r\n", r"404"),
        (OK + b"X: y\r\n" * 200 + b"\r\n", "HTTPException: got more than 100 headers"),
        (OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n", "LineTooLong"),
        (b"", "RemoteDisconnected|without response|reset"),
    ],
)
def test_one_that_lies(tmp_path: Path, answer: bytes, words: str) -> None:
    with serving(answer, GOOD) as urls:
        with pytest.raises(DownloadError, match=rf"could not get f.bin.*\n    http://127.0.0.1:\d+/f.bin: .*({words})") as caught:
            download(urls[:1], tmp_path / "f.bin", SHA256, timeout=2, progress=False)
        assert "\x1b" not in str(caught.value) and len(str(caught.value)) < 1500, "nothing that a terminal obeys"
        assert not (tmp_path / "f.bin").exists()
        download(urls, tmp_path / "f.bin", SHA256, timeout=2, progress=False)
    assert (tmp_path / "f.bin").read_bytes() == CONTENT


@pytest.mark.rounds(10)
def test_one_that_sends_anything(tmp_path: Path, seed: int) -> None:
    """A good answer, damaged at random: the right file comes out of it, or none."""
    rng = random.Random(seed)
    answer = bytearray(rng.choice([GOOD, CHUNKED + b"4e20\r\n" + CONTENT + b"\r\n0\r\n\r\n"]))
    for _ in range(rng.choice([1, 3, 10])):
        at = rng.randrange(min(len(answer), 80) if rng.random() < 0.8 else len(answer))
        if rng.random() < 0.5:
            answer[at] = rng.randrange(256)
        else:
            answer[at : at + rng.randrange(1, 9)] = rng.randbytes(rng.randrange(6))
    path = tmp_path / "f.bin"
    with serving(bytes(answer), GOOD) as urls:
        try:
            download(urls[:1], path, SHA256, timeout=1, progress=False)
        except DownloadError as error:
            assert "f.bin" in str(error) and urls[0] in str(error), f"seed {seed}: {error}"
            download(urls, path, SHA256, timeout=1, progress=False)
    assert path.read_bytes() == CONTENT, f"seed {seed}"


@pytest.mark.skipif(os.name == "nt", reason="links of Unix")
@pytest.mark.parametrize("planted", ["link", "dangling link", "hard link", "pipe"])
def test_what_is_planted_is_not_written_through(tmp_path: Path, planted: str) -> None:
    victim, part = tmp_path / "victim", tmp_path / "shared" / "f.bin.part"
    part.parent.mkdir()
    victim.write_bytes(b"mine")
    if planted == "pipe":
        os.mkfifo(part)
    elif planted == "hard link":
        os.link(victim, part)
    else:
        part.symlink_to(victim if planted == "link" else tmp_path / "new")
    with serving(GOOD) as urls:
        download(urls, part.parent / "f.bin", SHA256, size=len(CONTENT), timeout=2, progress=False)
    assert victim.read_bytes() == b"mine" and sorted(os.listdir(tmp_path)) == ["shared", "victim"]
    assert os.listdir(part.parent) == ["f.bin"] and (part.parent / "f.bin").read_bytes() == CONTENT


def test_a_disk_that_fills(tmp_path: Path, monkeypatch: Any) -> None:
    from tensorgrad.data import fetch

    def full(file: Any, data: bytes) -> None:
        file.write(data[:10])
        raise OSError(28, "No space left on device")

    with serving(OK + b"\r\n" + CONTENT) as urls, monkeypatch.context() as m:
        m.setattr(fetch, "write_all", full)
        with pytest.raises(DownloadError, match=r"No space left on device: '.*f.bin.part'"):
            download(urls, tmp_path / "f.bin", SHA256, timeout=2, progress=False)
    assert not os.listdir(tmp_path), "what fills the disk is not kept"
