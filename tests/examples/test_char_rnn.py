"""examples/char_rnn.py: words in, words out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from examples import char_rnn
from examples.char_rnn import END, IGNORED
from tensorgrad.nn import functional as F
from tensorgrad.text import CharTokenizer, corpus

WORDS = [
    first + middle + last
    for first in ("be", "re", "un")
    for middle in ("do", "tri", "sa", "ma")
    for last in ("ne", "l")
]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(char_rnn, "WIDTH", 24)
    monkeypatch.setattr(char_rnn, "LR", 0.02)


def test_words() -> None:
    text = 'The cat\'s "name" is f(x), snake_case, x2, Über-Maß; the DOG sat. ab'
    assert char_rnn.words_of(text) == ["dog", "maß", "sat", "the", "über"]
    words = char_rnn.words_of(corpus())
    assert len(words) > 1000 and {"and", "expression", "function"} <= set(words)
    assert all(len(word) > 2 and word.islower() for word in words)


def test_split() -> None:
    learnt, held_out = char_rnn.split(WORDS, seed=1)
    assert (len(learnt), len(held_out)) == (21, 3) and sorted(learnt + held_out) == sorted(WORDS)
    assert char_rnn.split(WORDS, seed=1) == (learnt, held_out) != char_rnn.split(WORDS, seed=2)


def test_batches() -> None:
    letters = CharTokenizer(END + "abc")
    (x, y), (rest, _) = char_rnn.examples(["abc", "a", "b"], letters, 2)
    assert x.tolist() == [[0, 1, 2, 3], [0, 1, 0, 0]] and rest.tolist() == [[0, 2]]
    assert y.tolist() == [[1, 2, 3, 0], [1, 0, IGNORED, IGNORED]]


@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
def test_it_learns_to_spell(cell: str) -> None:
    trainer, letters = char_rnn.fit(WORDS, cell=cell, epochs=60, seed=1)
    history = trainer.history
    assert min(history.validation_losses) < 0.5 * history.validation_losses[0]
    spelt = char_rnn.spell(trainer.model, letters, 100, temperature=0.5)
    assert sum(word in WORDS for word in spelt) > 80
    assert char_rnn.spell(trainer.model, letters, 100, temperature=0.5) == spelt


def test_step_by_step_is_all_at_once() -> None:
    """Letters one by one, with the state handed on, score as the whole word does."""
    tg.manual_seed(0)
    for cell in ("GRU", "LSTM"):
        model = char_rnn.Speller(5, cell).eval()
        x, state, scores = tg.tensor([[1, 2, 3, 4]]), None, []
        for i in range(4):
            y, state = model.step(x[:, i : i + 1], state)
            scores.append(y)
        assert tg.cat(scores, 1).allclose(model(x), atol=1e-6)


def test_surprise() -> None:
    tg.manual_seed(0)
    letters = CharTokenizer(END + "abc")
    model = char_rnn.Speller(len(letters)).eval()
    found = char_rnn.surprise(model, letters, "ab")
    p = F.softmax(model(letters.encode(END + "ab").unsqueeze(0))[0], 1)
    assert found == pytest.approx([-math.log2(p[i, j].item()) for i, j in enumerate([1, 2, 0])], rel=1e-4)


def test_columns() -> None:
    text, values = char_rnn.in_columns(["ab", "c", "d"], [[1.0, 2.0, 3.0], [4.0, 5.0], [6.0, 7.0]], columns=2)
    assert text == "ab.  c.\nd.   "
    assert [v for v in values if not math.isnan(v)] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert len(values) == len(text) and all(math.isnan(v) == (t in " \n") for t, v in zip(text, values))


def test_from_the_command_line(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "words.txt"
    path.write_text(" ".join(WORDS))
    command = ["--words", str(path), "--epochs", "2", "--out", str(tmp_path)]
    with pytest.raises(SystemExit):
        char_rnn.main(command)
    assert "found 24 different words of three letters or more; 50 are needed" in capsys.readouterr().err
    path.write_text(" ".join(WORDS + [word + "s" for word in WORDS] + [word + "ing" for word in WORDS]))
    pictures = char_rnn.main(command)
    out = capsys.readouterr().out
    assert "72 words; 2 epochs in " in out and "of 1000 words that it spells " in out
    assert [path.name for path in pictures] == ["char_rnn_loss.png", "char_rnn_surprise.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    with pytest.raises(SystemExit):
        char_rnn.main([*command, "--temperature", "0"])
    assert "--temperature must be above 0, got 0.0" in capsys.readouterr().err


def test_help(capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        char_rnn.main(["--help"])
    assert end.value.code == 0 and "--words" in capsys.readouterr().out
