"""Downloads: whole and right or not there, from servers of every mood, after interruptions, by several at once."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorgrad.data import DownloadError, download
from tensorgrad.data.fetch import sha256_of

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT under several moods, and notes what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str | None]] = []
        self.closing = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        mood = self.path.strip("/").replace("%20", " ")
        self.server.asked.append((mood, asked))
        if mood == "missing":
            self.send_error(404)
            return
        if mood in ("moved", "loop", "away"):
            self.send_response(302)
            self.send_header("Location", {"moved": "/plain", "loop": "/loop", "away": "file:///etc/hosts"}[mood])
            self.end_headers()
            return
        if mood == "garbage":
            self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
            return
        body = CONTENT if mood != "other" else b"x" * len(CONTENT)
        body = body + b"more" if mood == "longer" else body
        first = 0
        if asked is not None and mood not in ("stubborn", "from the start"):
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            if first >= len(body):
                self.send_error(416)
                return
        self.send_response(206 if asked and mood != "stubborn" else 200)
        if mood == "from the start":
            self.send_header("Content-Range", f"bytes 0-{len(body) - 1}/{len(body)}")
        if mood == "from afar":
            self.send_header("Content-Range", f"bytes {first + 7}-{len(body) - 1}/{len(body)}")
        if mood not in ("silent", "endless"):
            self.send_header("Content-Length", str(len(body) - first))
        self.end_headers()
        if mood in ("broken", "stalling"):
            self.wfile.write(body[first : first + 100_000])
            self.wfile.flush()
            if mood == "stalling":
                self.server.closing.wait(30)
        elif mood == "slow":
            for at in range(first, len(body), 30_000):
                self.wfile.write(body[at : at + 30_000])
                time.sleep(0.02)
        elif mood == "endless":
            try:
                while not self.server.closing.is_set():
                    self.wfile.write(b"x" * 10_000)
            except OSError:
                pass
        else:
            self.wfile.write(body[first:])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.closing.set()
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
    download([server.url + "/plain"], path, SHA256)
    assert path.read_bytes() == CONTENT and [r for _, r in server.asked[-2:]] == ["bytes=1000-", None]
    path.unlink()
    part.write_bytes(b"y" * 1000)
    download([server.url + "/stubborn"], path, SHA256)  # a server that does not know of parts
    assert path.read_bytes() == CONTENT


def test_servers_that_answer_something_else(tmp_path: Path, server: Server) -> None:
    path, part = tmp_path / "file", tmp_path / "file.part"
    part.write_bytes(CONTENT[:1000])  # asked for the rest, it sends all of it
    download([server.url + "/from the start".replace(" ", "%20")], path, SHA256, size=len(CONTENT))
    assert path.read_bytes() == CONTENT
    path.unlink()
    for mood, words in (
        ("from%20afar", "was asked for byte 1000 and sends from 1007 on"), ("loop", "redirect"), ("garbage", "file"),
        ("away", "Redirection to url 'file:///etc/hosts' is not allowed"),
    ):  # fmt: skip
        part.write_bytes(CONTENT[:1000])
        with pytest.raises(DownloadError, match=words):
            download([f"{server.url}/{mood}"], path, SHA256)
        assert not path.exists()
    download([server.url + "/moved"], path, SHA256)
    assert path.read_bytes() == CONTENT


def test_a_server_that_stalls(tmp_path: Path, server: Server) -> None:
    """What has come is kept, and gone on with elsewhere."""
    path = tmp_path / "file"
    download([server.url + "/stalling", server.url + "/plain"], path, SHA256, size=len(CONTENT), timeout=0.3)
    assert path.read_bytes() == CONTENT and server.asked == [("stalling", None), ("plain", "bytes=100000-")]


TWIN = """
import sys
from tensorgrad.data import download
download([sys.argv[1]], sys.argv[2], sys.argv[3])
"""


def test_several_at_once(tmp_path: Path, server: Server) -> None:
    """Two processes and two threads want the same file: it is fetched once."""
    path, url = tmp_path / "file", server.url + "/slow"
    twins = [subprocess.Popen([sys.executable, "-c", TWIN, url, str(path), SHA256]) for _ in range(2)]
    threads = [threading.Thread(target=download, args=([url], path, SHA256)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [twin.wait(60) for twin in twins] == [0, 0]
    assert path.read_bytes() == CONTENT and server.asked == [("slow", None)] and left(tmp_path) == {"file"}


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
    for mood in ("silent", "endless"):
        with pytest.raises(DownloadError, match="sent more than the 1000 bytes expected"):
            download([f"{server.url}/{mood}"], tmp_path / "file", SHA256, size=1000)
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) == 0


def test_progress(tmp_path: Path, server: Server, capsys: Any) -> None:
    download([server.url + "/plain"], tmp_path / "file", SHA256, progress=True)
    assert "file" in (err := capsys.readouterr().err) and "300k" in err
    download([server.url + "/plain"], tmp_path / "other", SHA256)
    assert capsys.readouterr().err == ""
