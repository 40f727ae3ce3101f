"""Files of data: downloaded whole or not at all, and read with the suspicion that strangers' files deserve.

What a header says is checked before memory is taken for it, and nothing is ever unpickled.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..serialization import sync_folder

_CHUNK = 1 << 20
_DEFLATE = 1032  # no byte of a gzip file can stand for more than so many
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class DataError(ValueError):
    """A file that is not what it should be: damaged, cut short, or of another kind."""


class DownloadError(OSError):
    """Nobody could be reached who has the file, or nobody has the right one."""


# ---- IDX, the format of MNIST ----------------------------------------------------------------------------------------


def read_idx(path: Any, *, shape: Sequence[int | None] | None = None, most: int = 2**31) -> np.ndarray:
    """The array in an IDX file, packed with gzip or not.

        two zero bytes, the kind of number, how many dimensions; each of them as a 32-bit number; the numbers, high
        bytes first

    Args:
        shape: what the shape must be; None stands for any size.
        most: bytes of the array, at most.

    Raises:
        DataError: another format, another shape, larger than `most`, cut short, longer than its header says, or damaged.
    """
    path = Path(path)
    with open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        on_disk = path.stat().st_size
        try:
            with gzip.GzipFile(fileobj=raw) if packed else raw as stream:
                return _read_idx(stream, path, on_disk * _DEFLATE if packed else on_disk, packed, shape, most)  # type: ignore[arg-type]
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path}: the gzip file is damaged or was cut short ({error}).") from error


def _read_idx(
    stream: BinaryIO, path: Path, limit: int, packed: bool, shape: Sequence[int | None] | None, most: int
) -> np.ndarray:
    start = stream.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES or not 1 <= start[3] <= 8:
        raise DataError(f"{path}: this is no IDX file; it starts with {start.hex(' ') or 'nothing'}.")
    dtype, ndim = np.dtype(_TYPES[start[2]]), start[3]
    header = stream.read(4 * ndim)
    if len(header) < 4 * ndim:
        raise DataError(f"{path}: cut short in its header.")
    sizes = tuple(int(n) for n in np.frombuffer(header, ">u4"))
    if shape is not None and (len(shape) != ndim or any(s not in (None, n) for s, n in zip(shape, sizes))):
        wanted = ", ".join("any" if s is None else str(s) for s in shape)
        raise DataError(f"{path}: holds an array of shape {sizes}, expected ({wanted}).")
    size = prod(sizes) * dtype.itemsize
    if size > most:
        raise DataError(f"{path}: its header says {size} bytes, of shape {sizes}; at most {most} are expected.")
    whole = 4 + 4 * ndim + size
    if whole > limit or not packed and whole != limit:
        what = f"has {limit} bytes" if not packed else f"cannot hold more than {limit} bytes"
        raise DataError(f"{path}: its header says {whole} bytes, of shape {sizes}, but the file {what}.")
    array = np.empty(size, np.uint8)
    done = 0
    while done < size:
        part = stream.read(min(_CHUNK, size - done))
        if not part:
            raise DataError(f"{path}: cut short, {done} of {size} bytes are there.")
        array[done : done + len(part)] = np.frombuffer(part, np.uint8)
        done += len(part)
    if stream.read(1):
        raise DataError(f"{path}: longer than its header says ({whole} bytes, of shape {sizes}).")
    return array.view(dtype).reshape(sizes).astype(dtype.newbyteorder("="), copy=False)


# ---- downloads -------------------------------------------------------------------------------------------------------


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
        sha256: of the file, 64 hexadecimal digits.
        size: its bytes; more are not taken.
        timeout: seconds without an answer.
        progress: a tqdm bar; None: only in a terminal.

    Raises:
        DownloadError: none of the places gave the file; what each of them said.
    """
    path = Path(path)
    if path.exists() and sha256_of(path) == sha256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    said = []
    for url in urls:
        try:
            _fetch(url, part, size, timeout, progress)
            found = sha256_of(part)
            if found == sha256:
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
        goes_on = answer.status == 206
        have = have if goes_on else 0
        left = answer.headers.get("Content-Length")
        total = have + int(left) if left is not None and left.isdigit() else size
        if size is not None and total != size:
            raise DataError(f"offers {total} bytes, expected {size}")
        with open(part, "ab" if goes_on else "wb") as file, _bar(part.stem, total, have, progress) as bar:
            while data := answer.read(_CHUNK):
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


__all__ = ["DataError", "DownloadError", "download", "read_idx", "sha256_of"]
