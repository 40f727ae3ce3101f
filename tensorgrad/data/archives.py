"""Archives of strangers, unpacked one file at a time and never more of them than was expected."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ..serialization.files import naming
from .files import DataError

_MEMBERS = 1000
_CHUNK = tarfile.RECORDSIZE


def files_in_tar(path: Path, wanted: Collection[str], *, largest: int, total: int) -> Iterator[tuple[str, bytes]]:
    """(name, contents) of the first file of each of these names in a .tar.gz, whatever folder it is in there. Links,
    devices and folders are passed over, and nothing is written. The archive is read to its end, where gzip keeps a
    checksum: until the last one has come, none of the contents is known to be whole.

    Args:
        largest: bytes of a file in it, at most. total: of all that it unpacks to.

    Raises:
        DataError: damaged or cut short; a file is missing; or larger than that, a bomb say. No memory is taken beyond
            `largest`.
        OSError: the archive cannot be read.
    """
    left = set(wanted)
    try:
        with naming(path), gzip.open(path) as packed:
            stream: Any = _Bounded(packed, path, largest, total)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                for number, member in enumerate(archive):
                    if number >= _MEMBERS:
                        raise DataError(f"{path}: the archive holds more than {_MEMBERS} files.")
                    if member.size > largest:
                        shown = member.name if member.name.isprintable() else repr(member.name)
                        raise DataError(f"{path}: {shown} has {member.size} bytes, no file in it more than {largest}.")
                    name = member.name.rpartition("/")[2]
                    contents = archive.extractfile(member) if name in left and member.isfile() else None
                    if contents is not None:
                        left.discard(name)
                        yield name, contents.read()
            while stream.read(_CHUNK):
                pass
    except DataError:
        raise
    except OSError as error:
        if error.errno is not None:  # of the disk
            raise
        raise DataError(f"{path}: the archive is damaged or was cut short ({error}).") from error
    except (tarfile.TarError, EOFError, zlib.error, ValueError, LookupError, ArithmeticError, TypeError,
            RecursionError, MemoryError) as error:  # fmt: skip
        # A header of tar is numbers and text in a dozen dialects, and tarfile trusts them.
        raise DataError(f"{path}: the archive is damaged or was cut short ({error!r}).") from error
    if left:
        raise DataError(f"{path}: the archive does not hold {', '.join(sorted(left))}.")


class _Bounded:
    """A stream out of which so much may be read at once and in all: a header of tar can ask for any number of bytes."""

    def __init__(self, stream: Any, path: Path, at_once: int, total: int) -> None:
        self.stream, self.path, self.at_once, self.total = stream, path, at_once, total
        self.tell = stream.tell

    def read(self, n: int) -> bytes:
        if not 0 <= n <= self.at_once + tarfile.RECORDSIZE:
            raise DataError(f"{self.path}: the archive is damaged: a header of it asks for {n} bytes.")
        self._check(self.tell() + n)
        return self.stream.read(n)

    def seek(self, place: int) -> int:
        self._check(place)
        return self.stream.seek(place)

    def _check(self, place: int) -> None:
        if place > self.total:
            raise DataError(f"{self.path}: the archive unpacks to more than the {self.total} bytes expected.")


__all__ = ["files_in_tar"]
