"""Files from strangers, read with suspicion."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorgrad.data import DataError, read_idx


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


@pytest.mark.parametrize("sizes", [(2**31, 0, 0, 2**31), (0, 2**32 - 1, 2**32 - 1), (2**32 - 1,) * 8])
def test_sizes_that_no_array_has(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    """Empty or not: NumPy cannot make it, and says so in words of its own."""
    path = written(tmp_path, b"\0\0\x0e" + bytes([len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes))
    with pytest.raises(DataError, match=r"file: its header says shape \(.*\) of 8 bytes each, more than any array has"):
        read_idx(path)
