"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

_CANNOT_SYNC = {errno.EINVAL, errno.ENOTSUP}  # file systems that know no fsync of a folder


@contextmanager
def replacing(path: Any) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of `path` at the end of the block, or, if anything fails, leaves it alone.

    It is written under a temporary name in the same folder, flushed to the disk and renamed: whoever looks, at any
    moment, also after the power has failed, finds the old file whole or the new one whole.
    """
    path = Path(os.path.realpath(path))  # what a link points to is replaced, not the link
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder; give the path of a file", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}; make it first", str(path))
    temporary = path.with_name(f".{path.name[:200]}.{secrets.token_hex(6)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder last: the folder itself is written to the disk (where the system can do that)."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(fd)


__all__ = ["replacing", "sync_folder"]
