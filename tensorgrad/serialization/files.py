"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

_CANNOT_SYNC = {errno.EINVAL, errno.ENOTSUP}  # file systems that know no fsync of a folder
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@contextmanager
def replacing(path: Any, *, follow: bool = True) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of `path` at the end of the block, or, if anything fails, leaves it alone.

    It is written under a temporary name in the same folder, flushed to the disk and renamed: whoever looks, at any
    moment, also after the power has failed, finds the old file whole or the new one whole. It may be read by those who
    might read the old one; a new one by those whom the umask lets. What is no file, /dev/null say, is written to as it is.

    Args:
        follow: through a link, replace what it points to; False: the link, where the name was not the user's own choice.

    Raises:
        OSError: it cannot be written; the error names `path`, whichever call it came from.
    """
    path = Path(path)
    if not follow and path.is_symlink():
        path.unlink()
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder; give the path of a file", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}; make it first", str(path))
    temporary = path.with_name(f".{path.name[:200]}.{secrets.token_hex(6)}.tmp")
    with naming(path, temporary):
        old = path.stat() if path.exists() else None
        if old is not None and not stat.S_ISREG(old.st_mode):
            with open(path, "wb") as file:
                yield file
            return
        handle = os.open(temporary, _NEW, 0o666 if old is None else 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                if old is not None:
                    _protect(handle, old)
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def _protect(handle: int, old: os.stat_result) -> None:
    """Give an open file the owner, the group and the mode of another one; where the group cannot be given, its rights
    are not given either: they would be another group's."""
    if not hasattr(os, "fchown"):
        return
    mode, new = stat.S_IMODE(old.st_mode) & 0o777, os.fstat(handle)
    if new.st_uid != old.st_uid:
        with suppress(OSError):
            os.fchown(handle, old.st_uid, -1)
    if new.st_gid != old.st_gid:
        try:
            os.fchown(handle, -1, old.st_gid)
        except OSError:
            mode &= 0o707
    os.fchmod(handle, mode)


@contextmanager
def naming(path: Any, *others: Any) -> Iterator[None]:
    """Inside, an OSError that names no file, or one of `others`, names this one: read, write, fsync and close know no
    names. `path`: what is no path (a file without a name has the number of its handle there) is not named."""
    try:
        yield
    except OSError as error:
        known = isinstance(path, (str, os.PathLike))
        if known and (error.filename is None or str(error.filename) in map(str, others)):
            if error.errno is not None:
                del error.filename2  # of a rename; None would be shown
                error.filename = str(path)
            elif str(path) not in str(error):  # words without a number, as libraries raise it
                error.args = (f"{error}: {str(path)!r}",)
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder last: the folder itself is written to the disk (where the system can do that)."""
    if os.name == "nt":
        return
    try:
        fd = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one may write into a folder that one may not read
        return
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(fd)


__all__ = ["naming", "replacing", "sync_folder"]
