"""Archives: what is wanted comes out, and bombs do not go off."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
import zlib
from pathlib import Path

import pytest

from tensorgrad.data import DataError
from tensorgrad.data.archives import files_in_tar


def packed(path: Path, data: bytes) -> Path:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    path.write_bytes(packer.compress(data) + packer.flush())
    return path


def header(name: str, kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.USTAR_FORMAT)


def member(name: str, data: bytes) -> bytes:
    return header(name, tarfile.REGTYPE, len(data)) + data + bytes(-len(data) % 512)


def test_what_is_wanted(tmp_path: Path) -> None:
    end = bytes(1024)
    data = member("f/a", b"1") + member("b", b"22" * 300) + member("c", b"") + member("../../a", b"later") + end
    path = packed(tmp_path / "x.tar.gz", data)
    found = files_in_tar(path, ["a", "b"], largest=1000, total=100_000)
    assert list(found) == [("a", b"1"), ("b", b"22" * 300)]
    buffer = io.BytesIO()
    long = "folder/" * 40 + "name"  # in headers of its own, GNU's or pax
    for kind in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(fileobj=buffer, mode="w", format=kind) as tar:
            info = tarfile.TarInfo(long)
            info.size = 3
            tar.addfile(info, io.BytesIO(b"abc"))
        path = packed(tmp_path / "x.tar.gz", buffer.getvalue())
        assert list(files_in_tar(path, ["name"], largest=1000, total=100_000)) == [("name", b"abc")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (header("x", tarfile.XHDTYPE, 1 << 30) + bytes(1 << 22), "a header of it asks for 1073741824 bytes"),
        (header("x", tarfile.XGLTYPE, 1 << 30) + bytes(1 << 22), "a header of it asks for 1073741824 bytes"),
        (header("x", tarfile.GNUTYPE_LONGNAME, 1 << 30) + bytes(1 << 22), "a header of it asks for 1073741824 bytes"),
        (b"".join(header(f"{i}", tarfile.REGTYPE, 0) for i in range(1001)), "the archive holds more than 1000 files"),
        (member("y", bytes(100_000)) * 11, "the archive unpacks to more than the 1000000 bytes expected"),
        (header("y", tarfile.REGTYPE, 100_001), "y has 100001 bytes, no file in it more than 100000"),
        (member("y", b"1") + bytes(1024), "the archive does not hold wanted"),
        (header("wanted", tarfile.SYMTYPE, 0) + bytes(1024), "the archive does not hold wanted"),
        (member("wanted", bytes(1000))[:900], "the archive is damaged or was cut short"),
        (b"rubbish" * 100, "the archive is damaged or was cut short"),
        (b"", "the archive is damaged or was cut short"),
    ],
)
def test_bombs_and_rubbish(tmp_path: Path, data: bytes, words: str) -> None:
    path = packed(tmp_path / "x.tar.gz", data)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=words):
            list(files_in_tar(path, ["wanted"], largest=100_000, total=1_000_000))
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_cut_short_at_every_byte(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.tar.gz", member("wanted", b"contents" * 99) + bytes(1024))
    data = path.read_bytes()
    for n in range(len(data) - 8):  # without its last eight bytes, the check, it is whole as far as tar reads
        path.write_bytes(data[:n])
        with pytest.raises(DataError):
            list(files_in_tar(path, ["wanted", "another"], largest=100_000, total=1_000_000))
