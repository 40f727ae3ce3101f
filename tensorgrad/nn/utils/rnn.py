"""Sequences of different lengths: padded into one tensor, or packed without padding.

A packed sequence holds the first rows of all sequences, then their second rows, and so on, longest sequence first; so a
recurrent layer computes nothing for padding.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ...dtypes import int64
from ...ops import create, join, ranges
from ...refusals import in_own_name
from ...tensor import Tensor


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Fields):
    """Rows of sequences, step by step; made by `pack_padded_sequence` and `pack_sequence`.

    Attributes:
        data: (Σ lengths, …), the rows.
        batch_sizes: (longest,), how many sequences are that long; integers.
        sorted_indices: (B,), for each place in the pack the sequence that stands there; None if they were in order.
        unsorted_indices: (B,), for each sequence its place in the pack.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            if not isinstance(data, (tuple, list)) or len(data) != 2:
                raise TypeError("PackedSequence: needs data and batch_sizes; pack with pack_padded_sequence.")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same pack with its data in another dtype or on another device."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same on a CUDA device."""
        return self.to("cuda", *args, **kwargs)

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same in the computer's own memory."""
        return self.to("cpu", *args, **kwargs)

    def double(self) -> PackedSequence:
        """The same in float64."""
        return self.to(self.data.double().dtype)

    def float(self) -> PackedSequence:
        """The same in float32."""
        return self.to(self.data.float().dtype)

    def pin_memory(self) -> PackedSequence:
        """Itself: memory is pinned for the way to a GPU."""
        return self

    @property
    def is_cuda(self) -> bool:
        return self.data.is_cuda


@in_own_name
def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one: p⁻¹[p[i]] = i."""
    if permutation is None:
        return None
    return permutation.argsort()


def _lengths(op: str, lengths: Any, batch: int, most: int) -> Tensor:
    """Lengths as a tensor of integers, checked."""
    if not isinstance(lengths, Tensor):
        lengths = create.as_tensor(list(lengths), dtype=int64)
    if lengths.ndim != 1 or lengths.shape[0] != batch:
        raise ValueError(f"{op}: lengths must be one number per sequence, ({batch},), got {tuple(lengths.shape)}.")
    numbers = lengths.tolist()
    if not numbers or min(numbers) < 1 or max(numbers) > most:
        raise ValueError(f"{op}: each length must be from 1 to {most}, the padded length, got {numbers}.")
    return lengths


def _inside(lengths: Tensor, most: int) -> Any:
    """(most, B): where a step lies within a sequence."""
    return ranges.arange(most).unsqueeze(1) < lengths.unsqueeze(0)


@in_own_name
def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """The rows of padded sequences without the padding.

    Args:
        input: (T, B, …), or (B, T, …) with `batch_first`.
        lengths: B whole numbers from 1 to T.
        enforce_sorted: the sequences must come longest first; False sorts them, and remembers how.
    """
    x: Any = input.transpose(0, 1) if batch_first else input
    lengths = _lengths("pack_padded_sequence", lengths, x.shape[1], x.shape[0])
    order = None
    numbers = lengths.tolist()
    if not enforce_sorted:
        order = lengths.argsort(descending=True, stable=True)
        lengths, x = lengths[order], x.index_select(1, order)
    elif numbers != sorted(numbers, reverse=True):
        raise ValueError(
            f"pack_padded_sequence: lengths {numbers} must not rise. Sort the sequences, or pass enforce_sorted=False."
        )
    inside = _inside(lengths, int(lengths[0]))
    return PackedSequence(x[: inside.shape[0]][inside], inside.sum(1), order)


@in_own_name
def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The way back: padded sequences (T, B, …), or (B, T, …) with `batch_first`, and their lengths (B,).

    Args:
        total_length: T, if longer than the longest sequence.
    """
    sizes = sequence.batch_sizes
    longest = sizes.shape[0]
    if total_length is not None and total_length < longest:
        raise ValueError(f"pad_packed_sequence: total_length {total_length} is shorter than a sequence of {longest}.")
    steps, batch = total_length or longest, int(sizes[0])
    lengths = (sizes.unsqueeze(1) > ranges.arange(batch)).sum(0)
    data: Any = sequence.data
    padded = create.full((steps, batch, *data.shape[1:]), padding_value, dtype=data.dtype)
    padded[_inside(lengths, steps)] = data
    if sequence.unsorted_indices is not None:
        padded = padded.index_select(1, sequence.unsorted_indices)
        lengths = lengths[sequence.unsorted_indices]
    return padded.transpose(0, 1) if batch_first else padded, lengths


@in_own_name
def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences (length, …) of different lengths in one tensor, (T, B, …), or (B, T, …) with `batch_first`; the rest is
    `padding_value`, after them, or before them with padding_side='left'."""
    if padding_side not in ("left", "right"):
        raise ValueError(f"pad_sequence: padding_side must be 'left' or 'right', got {padding_side!r}.")
    if isinstance(sequences, Tensor):
        sequences = list(sequences)
    if not isinstance(sequences, Iterable) or not (sequences := list(sequences)):
        raise ValueError("pad_sequence: needs a list of at least one sequence.")
    for i, s in enumerate(sequences):
        if not isinstance(s, Tensor) or s.ndim < 1:
            raise TypeError(f"pad_sequence: sequence {i} must be a Tensor with a length, got {s!r}.")
        if tuple(s.shape[1:]) != tuple(sequences[0].shape[1:]):
            raise ValueError(
                f"pad_sequence: sequences may differ in length only; sequence {i} has shape {tuple(s.shape)}, "
                f"the first {tuple(sequences[0].shape)}."
            )
    longest = max(len(s) for s in sequences)
    filled = []
    for s in sequences:
        rest = create.full((longest - len(s), *s.shape[1:]), padding_value, dtype=s.dtype)
        filled.append(s if len(s) == longest else join.cat([s, rest] if padding_side == "right" else [rest, s]))
    return join.stack(filled, 0 if batch_first else 1)


@in_own_name
def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences without the padding after them: a list of (length, …)."""
    x: Any = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:n] for row, n in zip(x, lengths.tolist() if isinstance(lengths, Tensor) else lengths)]


@in_own_name
def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """A list of sequences (length, …) as a pack; see `pack_padded_sequence`."""
    lengths = [len(s) for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


@in_own_name
def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """A pack as a list of sequences (length, …)."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
