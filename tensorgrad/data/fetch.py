"""Downloads: whole and right, or not there; what an interruption has left is gone on with."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from ..serialization.files import naming, sync_folder
from .files import DataError
from .transfer import Watch, bar

_CHUNK = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DownloadError(OSError):
    """Nobody could be reached who has the file, or nobody has the right one."""


def sha256_of(path: Any) -> str:
    """The SHA-256 of a file."""
    with naming(path), open(path, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    its name when it is whole and its hash is right, never before. A link or another's file under either name is not
    written through.

    Args:
        urls: where it is, the same file everywhere.
        sha256: of the file, 64 hexadecimal digits.
        size: its bytes; more are not taken.
        timeout: seconds without an answer, or in which less than 1000 bytes a second come.
        progress: a tqdm bar; None: only in a terminal.

    Raises:
        DownloadError: none of the places gave the file; what each of them said.
    """
    path = Path(path)
    urls = [urls] if isinstance(urls, str) else urls
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    wanted, said = sha256.lower(), []
    with _alone_in(path.parent):
        if path.is_file() and sha256_of(path) == wanted:
            return path
        for url in urls:
            try:
                found = _fetched(url, part, wanted, size, timeout, progress)
                if found == wanted:
                    os.replace(part, path)
                    sync_folder(path.parent)
                    return path
                said.append(f"another file, with SHA-256 {found}")
            except Exception as error:  # what a stranger sends may make urllib and http stumble in any way
                said.append(_shown(error))
    raise DownloadError(
        f"download: could not get {path.name} from any of {len(urls)} places.\n"
        + "".join(f"    {url}: {words}\n" for url, words in zip(urls, said))
        + f"Look at the network, or put the file into {path.parent} yourself."
    )


def _fetched(url: str, part: Path, sha256: str, size: int | None, timeout: float, progress: bool | None) -> str:
    """Bring `part` up to the whole file; its hash, and if that is wrong the part is gone."""
    with _opened(part) as file, naming(part):
        try:
            begun = os.fstat(file.fileno()).st_size > 0
            _fetch(url, file, part, size, timeout, progress)
            if begun and _digest(file) != sha256:  # what was there may be the beginning of something else
                file.truncate(0)
                _fetch(url, file, part, size, timeout, progress)
            found = _digest(file)
        except BaseException as error:
            full = isinstance(error, OSError) and error.errno in _FULL  # what fills the disk is not kept
            if full or not os.fstat(file.fileno()).st_size:
                part.unlink(missing_ok=True)
            raise
        if not os.path.samestat(os.lstat(part), os.fstat(file.fileno())):
            raise DataError(f"while it was fetched, somebody put another file in the place of {part}")
    if found != sha256:
        part.unlink()
    return found


def _opened(part: Path) -> BinaryIO:
    """The part, to go on with; a new one in place of what is no file, a link, or may be written to by others as well."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
    quiet = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe with nobody at its end would wait
    if part.is_symlink():
        part.unlink()
    file = os.fdopen(os.open(part, flags | quiet, 0o666), "r+b", buffering=0)
    found = os.fstat(file.fileno())
    ours = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and ours:
        return file
    file.close()
    part.unlink()
    return os.fdopen(os.open(part, flags | quiet | os.O_EXCL, 0o666), "r+b", buffering=0)


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _fetch(url: str, file: BinaryIO, part: Path, size: int | None, timeout: float, progress: bool | None) -> None:
    """Bring the part up to the whole file."""
    if not url.lower().startswith(("http://", "https://")):
        raise DataError("only http and https are fetched")
    have = os.fstat(file.fileno()).st_size
    if have and have == size:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "tensorgrad-learn"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with Watch(timeout) as watch:
        try:
            answer = watch.opener().open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 416 or not have:  # what is there is no beginning of this file
                raise
            answer = None
        if answer is not None:
            with answer:
                _receive(answer, watch, file, part, have, size, progress)
            return
    file.truncate(0)
    _fetch(url, file, part, size, timeout, progress)


def _receive(
    answer: Any, watch: Watch, file: BinaryIO, part: Path, have: int, size: int | None, progress: bool | None
) -> None:
    """Write down what an answer brings."""
    watch.restart()
    have = _start_of(answer, have)
    left = answer.headers.get("Content-Length")
    total = size if left is None else have + _number(left, "Content-Length")
    if size is not None and total != size:
        raise DataError(f"offers {total} bytes, expected {size}")
    if total is not None and total - have > (free := shutil.disk_usage(part.parent).free):
        raise DataError(f"offers {total} bytes, and {part.parent} has room for {free}")
    file.truncate(have)
    file.seek(have)
    with bar(part.stem, total, have, progress) as shown:
        while data := answer.read1(_CHUNK):  # what has come is kept, also if nothing more does
            have += len(data)
            if size is not None and have > size:
                file.truncate(0)
                raise DataError(f"sent more than the {size} bytes expected")
            write_all(file, data)
            watch.moved(len(data))
            shown.update(len(data))
    if total is None or have < total:
        watch.check()
    os.fsync(file.fileno())
    if total is not None and have < total:
        raise DataError(f"broke off after {have} of {total} bytes; calling again goes on from there")


def write_all(file: BinaryIO, data: bytes) -> None:
    """Write without a buffer, so that what has come is there whatever comes next."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _number(text: str, field: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,18}\s*", text, re.ASCII):
        raise DataError(f"sends a {field} of {_shown(text[:40])!r}, which is no number of bytes")
    return int(text)


def _start_of(answer: Any, have: int) -> int:
    """The byte with which an answer begins: that which was asked for, or, of a server that does not do so, another."""
    if answer.status != 206:
        return 0
    first = answer.headers.get("Content-Range", f"bytes {have}-").removeprefix("bytes ").partition("-")[0]
    first = _number(first or "nowhere", "Content-Range")
    if first > have:
        raise DataError(f"was asked for byte {have} and sends from {first} on")
    return first


def _shown(error: Any) -> str:
    """The words of an error, in which a stranger's may stand: short, and nothing that a terminal obeys."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(error)[:400]) or type(error).__name__
    return text if isinstance(error, (OSError, DataError, str)) else f"{type(error).__name__}: {text}"


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


__all__ = ["DownloadError", "download", "sha256_of"]
