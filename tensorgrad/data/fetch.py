"""Downloads: whole and right, or not there; what an interruption has left is gone on with."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..serialization import sync_folder
from .files import DataError

_CHUNK = 1 << 20


class DownloadError(OSError):
    """Nobody could be reached who has the file, or nobody has the right one."""


def sha256_of(path: Any) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


def download(
    urls: Sequence[str],
    path: Any,
    sha256: str,
    *,
    size: int | None = None,
    timeout: float = 30.0,
    progress: bool | None = None,
) -> Path:
    """Fetch a file from the first of several places that has it.

    What was fetched before an interruption is kept beside, as `<name>.part`, and gone on with. The file appears under
    its name when it is whole and its hash is right, never before.

    Args:
        urls: where it is, the same file everywhere.
        sha256: of the file, 64 hexadecimal digits; fewer: how it begins. With none, whatever comes is taken.
        size: its bytes; more are not taken.
        timeout: seconds without an answer.
        progress: a tqdm bar; None: only in a terminal.

    Raises:
        DownloadError: none of the places gave the file; what each of them said.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    said = []
    with _alone_in(path.parent):
        if path.exists() and sha256 and sha256_of(path).startswith(sha256):
            return path
        for url in urls:
            try:
                begun = part.exists()
                _fetch(url, part, size, timeout, progress)
                if begun and not sha256_of(part).startswith(sha256):  # what was there may be the beginning of something else
                    part.unlink()
                    _fetch(url, part, size, timeout, progress)
                found = sha256_of(part)
                if found.startswith(sha256):
                    os.replace(part, path)
                    sync_folder(path.parent)
                    return path
                part.unlink()
                said.append(f"{url}: another file, with SHA-256 {found}")
            except (OSError, http.client.HTTPException, DataError) as error:
                said.append(f"{url}: {error}")
    raise DownloadError(
        f"download: could not get {path.name} from any of {len(urls)} places.\n    "
        + "\n    ".join(said)
        + f"\nLook at the network, or put the file into {path.parent} yourself."
    )


def _fetch(url: str, part: Path, size: int | None, timeout: float, progress: bool | None) -> None:
    """Bring `part` up to the whole file."""
    if not url.startswith(("http://", "https://")):
        raise DataError("only http and https are fetched")
    have = part.stat().st_size if part.exists() else 0
    if have and have == size:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "tensorgrad-learn"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # what is there is no beginning of this file
            raise
        part.unlink()
        return _fetch(url, part, size, timeout, progress)
    with answer:
        have = _start_of(answer, have)
        left = answer.headers.get("Content-Length")
        total = have + int(left) if left is not None and left.isdigit() else size
        if size is not None and total != size:
            raise DataError(f"offers {total} bytes, expected {size}")
        with open(part, "ab") as file, _bar(part.stem, total, have, progress) as bar:
            file.truncate(have)
            while data := answer.read1(_CHUNK):  # what has come is kept, also if nothing more does
                have += len(data)
                if size is not None and have > size:
                    file.truncate(0)
                    raise DataError(f"sent more than the {size} bytes expected")
                file.write(data)
                bar.update(len(data))
            file.flush()
            os.fsync(file.fileno())
        if total is not None and have < total:
            raise DataError(f"broke off after {have} of {total} bytes; calling again goes on from there")


def _start_of(answer: Any, have: int) -> int:
    """The byte with which an answer begins: that which was asked for, or, of a server that does not do so, another."""
    if answer.status != 206:
        return 0
    first = answer.headers.get("Content-Range", f"bytes {have}-").removeprefix("bytes ").partition("-")[0]
    if not first.isdigit() or int(first) > have:
        raise DataError(f"was asked for byte {have} and sends from {first or 'nowhere'} on")
    return int(first)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Inside, no other process and no other thread fetches into this folder; whoever comes second waits, and finds the
    file. Where folders cannot be locked (Windows, some network file systems) they do not wait."""
    try:
        import fcntl

        lock = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


class _bar:
    """A tqdm bar of bytes, or nothing."""

    def __init__(self, title: str, total: int | None, done: int, shown: bool | None) -> None:
        self.bar: Any = None
        if sys.stderr.isatty() if shown is None else shown:
            try:
                from tqdm import tqdm
            except ImportError:
                return
            self.bar = tqdm(total=total, initial=done, desc=title, unit="B", unit_scale=True)

    def update(self, n: int) -> None:
        if self.bar is not None:
            self.bar.update(n)

    def __enter__(self) -> _bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.close()


__all__ = ["DownloadError", "download", "sha256_of"]
