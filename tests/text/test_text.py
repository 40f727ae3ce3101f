"""Text: the corpus of every machine, letters as numbers and back, examples one place further."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad.data import DataError
from tensorgrad.text import CharTokenizer, NextToken, corpus
from tensorgrad.utils.data import DataLoader


def test_the_english_of_python() -> None:
    text = corpus()
    assert len(text) > 200_000 and text == corpus() and "the" in text and "return" in text
    assert 60 < len(CharTokenizer(text)) < 400


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_text("Größe\n", "utf-8")
    assert corpus(path) == "Größe\n"
    path.write_bytes("Größe".encode("latin-1"))
    assert corpus(path, "latin-1") == "Größe"
    with pytest.raises(DataError, match=r"book.txt is not text in utf-8: byte 2 is 0xf6. Give its encoding"):
        corpus(path)
    path.write_text("")
    with pytest.raises(DataError, match="book.txt is empty"):
        corpus(path)
    with pytest.raises(FileNotFoundError):
        corpus(tmp_path / "none")


def test_letters() -> None:
    letters = CharTokenizer("hello world 🙂")
    assert letters.chars == " dehlorw🙂" and len(letters) == 9
    numbers = letters.encode("hold 🙂")
    assert numbers.tolist() == [3, 5, 4, 1, 0, 8] and numbers.dtype is tg.int64
    for given in (numbers, numbers.tolist(), iter(numbers.tolist())):
        assert letters.decode(given) == "hold 🙂"
    assert letters.decode(tg.tensor([[3], [5]])) == "ho" and letters.decode([]) == "" and len(letters.encode("")) == 0
    assert CharTokenizer(letters.chars).chars == letters.chars and repr(CharTokenizer("ba")) == "CharTokenizer('ab')"
    text = corpus()
    known = CharTokenizer(text)
    assert known.decode(known.encode(text)) == text


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: CharTokenizer(""), "the text is empty; there are no letters to number"),
        (lambda: CharTokenizer("abc").encode("abxa"), "'x', letter 2 of the text, is not among the 3 known ones"),
        (lambda: CharTokenizer("abc").encode("é"), "'é', letter 0 of the text"),
        (lambda: CharTokenizer("abc").decode([0, 3]), "3 is no letter; they are numbered from 0 to 2"),
        (lambda: CharTokenizer("abc").decode([-1]), "-1 is no letter"),
        (lambda: NextToken(tg.zeros(2, 3), 1), r"tokens must be a line, got shape \(2, 3\)"),
        (lambda: NextToken(tg.arange(5), 5), "5 tokens are too few for examples of 5 and the one after"),
        (lambda: NextToken(tg.arange(5), 0), "length must be a whole number above 0, got 0"),
        (lambda: NextToken(tg.arange(5), 2, 0.5), "step must be a whole number above 0, got 0.5"),
    ],
)
def test_errors(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_next_tokens() -> None:
    examples = NextToken(tg.arange(10), 3)
    assert len(examples) == 7 and [t.tolist() for t in examples[0]] == [[0, 1, 2], [1, 2, 3]]
    assert [t.tolist() for t in examples[-1]] == [t.tolist() for t in examples[6]] == [[6, 7, 8], [7, 8, 9]]
    for i in (7, -8):
        with pytest.raises(IndexError, match=f"NextToken: example {i} of 7"):
            examples[i]
    pieces = NextToken(tg.arange(10), 3, step=3)
    assert [x.tolist() for x, _ in (pieces[i] for i in range(len(pieces)))] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    (x, y), *_ = DataLoader(examples, 4)
    assert x.shape == (4, 3) and (y - x == 1).all()
