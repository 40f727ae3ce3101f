"""Text: a corpus that is on every machine, a tokenizer of letters, and examples for a model of what comes next.

text = corpus()                                   # or corpus("book.txt")
letters = CharTokenizer(text)
examples = NextToken(letters.encode(text), 64)    # (x, y), y one place further
print(letters.decode(model.generate(…)))
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..data.files import DataError
from ..refusals import OwnName
from ..serialization.files import naming
from ..tensor import Tensor
from ..utils.data import Dataset


def corpus(path: Any = None, encoding: str = "utf-8") -> str:
    """The text of a file or, without one, the English of Python's own help: the topics of `help("topics")`, about half a
    million letters.

    Raises:
        DataError: the file is empty, or not text in this encoding.
    """
    if path is None:
        from pydoc_data.topics import topics

        return "\n\n".join(topics[name].strip() for name in sorted(topics)) + "\n"
    try:
        with naming(path):
            text = Path(path).read_text(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"corpus: {path} is not text in {encoding}: byte {error.start} is {error.object[error.start]:#04x}. "
            "Give its encoding."
        ) from error
    if not text:
        raise DataError(f"corpus: {path} is empty.")
    return text


class CharTokenizer(OwnName):
    """Each letter a number, in the order of the alphabet (of Unicode, that is).

    Args:
        text: what the letters are taken from; or the letters themselves, as `chars` of another tokenizer.

    Attributes:
        chars: the letters; letter i has the number i.
    """

    _worded = ("__init__", "encode", "decode")

    def __init__(self, text: str) -> None:
        if not text:
            raise ValueError("CharTokenizer: the text is empty; there are no letters to number.")
        self.chars = "".join(sorted(set(text)))
        self._points = _points(self.chars)

    def __len__(self) -> int:
        return len(self.chars)

    def encode(self, text: str) -> Tensor:
        """The numbers of a text's letters.  (n,), int64."""
        points = _points(text)
        numbers = np.searchsorted(self._points, points).clip(max=len(self) - 1)
        strange = np.flatnonzero(self._points[numbers] != points)
        if strange.size:
            i = int(strange[0])
            raise ValueError(
                f"CharTokenizer: {text[i]!r}, letter {i} of the text, is not among the {len(self)} known ones."
            )
        return Tensor._of(numbers.astype(np.int64))

    def decode(self, numbers: Tensor | Iterable[int]) -> str:
        """The text that numbers stand for."""
        if isinstance(numbers, Tensor) and numbers.is_floating_point():
            raise TypeError(f"CharTokenizer: numbers are whole, got {numbers.dtype}. Convert them: numbers.long().")
        found = np.asarray(
            numbers.detach().numpy() if isinstance(numbers, Tensor) else list(numbers), np.int64
        ).reshape(-1)
        if found.size and not (found.min() >= 0 and found.max() < len(self)):
            wrong = int(found.min() if found.min() < 0 else found.max())
            raise ValueError(f"CharTokenizer: {wrong} is no letter; they are numbered from 0 to {len(self) - 1}.")
        return "".join(map(self.chars.__getitem__, found.tolist()))

    def __repr__(self) -> str:
        return f"CharTokenizer({self.chars!r})"


class NextToken(Dataset[tuple[Tensor, Tensor]]):
    """Examples for a model of what comes next: dataset[i] is (x, y), `length` tokens each, y one place further than x.

    Args:
        tokens: (n,), n > length.
        step: how far apart examples start; `length` for pieces without overlap.
    """

    def __init__(self, tokens: Tensor, length: int, step: int = 1) -> None:
        if tokens.ndim != 1:
            raise ValueError(f"NextToken: tokens must be a line, got shape {tuple(tokens.shape)}.")
        for name, n in (("length", length), ("step", step)):
            if not isinstance(n, int) or n < 1:
                raise ValueError(f"NextToken: {name} must be a whole number above 0, got {n!r}.")
        if len(tokens) <= length:
            raise ValueError(f"NextToken: {len(tokens)} tokens are too few for examples of {length} and the one after.")
        self.tokens, self.length, self.step = tokens, length, step

    def __len__(self) -> int:
        return (len(self.tokens) - self.length - 1) // self.step + 1

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"NextToken: example {index} of {len(self)}.")
        first = index % len(self) * self.step
        piece = self.tokens.array[first : first + self.length + 1]
        return Tensor._of(piece[:-1]), Tensor._of(piece[1:])


def _points(text: str) -> Any:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


__all__ = ["CharTokenizer", "NextToken", "corpus"]
