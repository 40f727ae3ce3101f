"""Words, letter by letter: a recurrent network reads those of Python's own help, and then spells words of its own.

    python -m examples.char_rnn
    python -m examples.char_rnn --cell LSTM --words names.txt --temperature 1

Expect 2.4 bits a letter on the tenth of the words that it has not read (4.75 is guessing) after some 20 epochs, half a
minute on one core. Of what it then spells four in ten are words that it has read, and the others mostly look as if they
could be: specificant, undiffersing, nomesponded, purformanced. Two pictures in out/: the loss, and what surprises it in words
that it has not read.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import time
from pathlib import Path

import tensorgrad as tg
from tensorgrad import nn, optim
from tensorgrad.nn import functional as F
from tensorgrad.nn.utils.rnn import pad_sequence
from tensorgrad.text import CharTokenizer, corpus
from tensorgrad.training import Trainer
from tensorgrad.utils.data import DataLoader

# ---- settings -------------------------------------------------------------------------------------------------------

WIDTH, DROPOUT = 256, 0.4
BATCH, EPOCHS, PATIENCE, LR = 32, 40, 3, 2e-3
END = "."  # stands before and behind every word
LONGEST = 20  # letters of a word that it spells
IGNORED = -100  # the target of places behind the end of a word, as cross_entropy has it

# ---- data -----------------------------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """The different words of three letters or more, in small letters; not those that are part of a name with signs or
    digits in it, as Python's are."""
    found = re.findall(r"(?<![\w.'\"])[^\W\d_]{3,}(?![\w('\"])", text)
    return sorted({word.lower() for word in found})


def split(words: list[str], seed: int) -> tuple[list[str], list[str]]:
    """Nine tenths to learn from, one tenth to try."""
    mixed = random.Random(seed).sample(words, len(words))
    border = len(words) * 9 // 10
    return mixed[:border], mixed[border:]


def examples(words: list[str], letters: CharTokenizer, batch_size: int, seed: int | None = None) -> DataLoader:
    """Batches (x, y) of words side by side, each (B, T): the letters, and what comes after each of them."""

    def side_by_side(words: list[str]) -> tuple[tg.Tensor, tg.Tensor]:
        numbers = [letters.encode(END + word + END) for word in words]
        x = pad_sequence([n[:-1] for n in numbers], batch_first=True)
        y = pad_sequence([n[1:] for n in numbers], batch_first=True, padding_value=IGNORED)
        return x, y

    generator = None if seed is None else tg.Generator().manual_seed(seed)
    return DataLoader(words, batch_size, shuffle=seed is not None, collate_fn=side_by_side, generator=generator)


# ---- model ----------------------------------------------------------------------------------------------------------


class Speller(nn.Module):
    """Numbers of letters (B, T) → scores of the letter after each of them (B, T, letters).

    A cell of WIDTH numbers goes along the word and changes with each letter; what comes next is read off it.
    """

    def __init__(self, letters: int, cell: str = "GRU") -> None:
        super().__init__()
        self.letter = nn.Embedding(letters, WIDTH)
        self.cell = getattr(nn, cell)(WIDTH, WIDTH, batch_first=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.score = nn.Linear(WIDTH, letters)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.step(x)[0]

    def step(self, x: tg.Tensor, state: object = None) -> tuple[tg.Tensor, object]:
        """The scores, and the state of the cell after the last letter."""
        y, state = self.cell(self.dropout(self.letter(x)), state)
        return self.score(self.dropout(y)), state


def loss_of(scores: tg.Tensor, targets: tg.Tensor) -> tg.Tensor:
    """The mean surprise per letter, −ln p, in nats; the end of a word is a letter too."""
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


@tg.no_grad()
def spell(model: Speller, letters: CharTokenizer, n: int, temperature: float = 1.0, seed: int = 1) -> list[str]:
    """n words, each letter drawn from what the model expects after those before it."""
    model.eval()
    generator = tg.Generator().manual_seed(seed)
    end = letters.encode(END)
    x, state, columns = end.expand(n, 1), None, []
    for _ in range(LONGEST):
        scores, state = model.step(x, state)
        x = tg.multinomial((scores[:, -1] / temperature).softmax(-1), 1, generator=generator)
        columns.append(x)
    rows = [letters.decode(row) for row in tg.cat(columns, 1)]
    return [row.split(END)[0] for row in rows]


@tg.no_grad()
def surprise(model: Speller, letters: CharTokenizer, word: str) -> list[float]:
    """How little the model expected each letter of a word, and its end, −log₂ p, in bits."""
    model.eval()
    numbers = letters.encode(END + word + END)
    scores = model(numbers[:-1].unsqueeze(0))[0]
    return (F.cross_entropy(scores, numbers[1:], reduction="none") / math.log(2)).tolist()


# ---- training -------------------------------------------------------------------------------------------------------


def fit(
    words: list[str],
    *,
    cell: str = "GRU",
    epochs: int = EPOCHS,
    seed: int = 1,
    progress: bool | str = False,
) -> tuple[Trainer, CharTokenizer]:
    """A trainer whose model spells like nine tenths of the words, the best at the other tenth of all epochs."""
    tg.manual_seed(seed)
    learnt, held_out = split(words, seed)
    letters = CharTokenizer(END + "".join(words))
    model = Speller(len(letters), cell)
    optimizer = optim.AdamW(model.parameters(), lr=LR)
    trainer = Trainer(model, optimizer, loss_of, clip_norm=1.0)
    trainer.train(
        examples(learnt, letters, BATCH, seed),
        epochs=epochs,
        validation=examples(held_out, letters, 256),
        patience=PATIENCE,
        progress=progress,
    )
    return trainer, letters


# ---- from the command line ------------------------------------------------------------------------------------------


def in_columns(words: list[str], bits: list[list[float]], columns: int = 4) -> tuple[str, list[float]]:
    """Words with their ends, so many on a line, and a number for each letter of that text."""
    width, text, values = max(map(len, words)) + 3, "", []
    for i, (word, found) in enumerate(zip(words, bits), 1):
        behind = "\n" if i % columns == 0 else " " * (width - len(word) - 1)
        text += word + END + behind
        values += [*found, *[math.nan] * len(behind)]
    return text, values


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Train a recurrent network on words, and let it spell new ones.")
    parser.add_argument("--words", type=Path, help="a text file with words (default: the topics of Python's help)")
    parser.add_argument("--cell", choices=["GRU", "LSTM"], default="GRU", help="(default: GRU)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"at most (default: {EPOCHS})")
    parser.add_argument("--temperature", type=float, default=0.8, help="below 1 tamer, above 1 wilder (default: 0.8)")
    parser.add_argument("--seed", type=int, default=1, help="of weights, order and spelling (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    settings = parser.parse_args(arguments)
    for name in ("epochs", "temperature"):
        if not getattr(settings, name) > 0:
            parser.error(f"--{name} must be above 0, got {getattr(settings, name)}")
    try:
        from viz import plot_history, plot_letters

        words = words_of(corpus(settings.words))
    except (ImportError, OSError, ValueError) as error:  # no matplotlib, no such file, not text
        parser.error(str(error))
    if len(words) < 50:
        parser.error(f"found {len(words)} different words of three letters or more; 50 are needed, and 1000 are better")
    settings.out.mkdir(parents=True, exist_ok=True)

    begin = time.perf_counter()
    trainer, letters = fit(
        words, cell=settings.cell, epochs=settings.epochs, seed=settings.seed, progress=settings.cell
    )
    seconds, history, model = time.perf_counter() - begin, trainer.history, trainer.model
    best = min(history.validation_losses)
    print(f"\n{len(words)} words; {len(history)} epochs in {seconds:.0f} s: {history.stopped}")
    print(
        f"{best / math.log(2):.2f} bits a letter on words it has not read; guessing is {math.log2(len(letters)):.2f}\n"
    )

    learnt, held_out = split(words, settings.seed)
    spelt = spell(model, letters, 1000, settings.temperature, settings.seed)
    known, new = set(learnt), set(held_out)
    invented = list(dict.fromkeys(word for word in spelt if word not in known | new and len(word) > 2))
    print(f"of 1000 words that it spells {sum(word in known for word in spelt)} are among those it has read,")
    print(f"{sum(word in new for word in spelt)} among those it has not, and the others are its own:\n")
    for i in range(0, 48, 6):
        print("    " + "".join(f"{word:17}" for word in invented[i : i + 6]).rstrip())
    print()

    loss, surprises = settings.out / "char_rnn_loss.png", settings.out / "char_rnn_surprise.png"
    plot_history(history, title="Learning to spell").savefig(loss)
    shown = held_out[:40]
    text, values = in_columns(shown, [surprise(model, letters, word) for word in shown])
    plot_letters(
        text,
        values,
        columns=99,
        label="surprise in bits",
        title="Words that the network has not read: what surprises it",
    ).savefig(surprises)
    return [loss, surprises]


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
