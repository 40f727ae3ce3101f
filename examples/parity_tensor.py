"""Parity with tensors: the question of examples/parity.py about eight bits, all 256 rows of them at once.

    python -m examples.parity_tensor
    python -m examples.parity_tensor --bits 4 --seed 7

Expect all 256 answers right after 700 to 1800 epochs, in about half a second, from any seed (40 of 40 tried; 3 and 4
bits as well). One epoch takes 0.3 ms; of the same network in single numbers it takes 1.2 s. Then two pictures in out/:
the loss, which long seems to learn nothing, and the score of each row by how many of its bits are ones.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import tensorgrad as tg
from tensorgrad import nn, optim
from tensorgrad.data import parity
from tensorgrad.training import History, Trainer


def learnt(history: History) -> bool:
    """Whether every row is right, with something to spare."""
    return history.accuracies[-1] == 1.0 and history.losses[-1] < 0.02


def fit(bits: int = 8, seed: int = 1, epochs: int = 3000, progress: bool | str = False) -> Trainer:
    """A trainer whose model has learnt the parity of so many bits."""
    tg.manual_seed(seed)
    inputs, classes = parity(bits)
    model = nn.Sequential(nn.Linear(bits, 8 * bits), nn.Tanh(), nn.Linear(8 * bits, 1))
    trainer = Trainer(model, optim.Adam(model.parameters(), lr=0.05), nn.BCEWithLogitsLoss())
    trainer.train(inputs, classes.float(), epochs, callbacks=learnt, progress=progress)
    return trainer


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Train a small network of tensors on the parity of n bits.")
    parser.add_argument("--bits", type=int, default=8, help="how many bits (default: 8)")
    parser.add_argument("--epochs", type=int, default=3000, help="steps at most, each with all rows (default: 3000)")
    parser.add_argument("--seed", type=int, default=1, help="of the weights (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    settings = parser.parse_args(arguments)
    if settings.epochs < 1:
        parser.error(f"--epochs must be at least 1, got {settings.epochs}")
    try:
        from viz import plot_history, plot_points
    except ImportError as error:
        parser.error(str(error))
    settings.out.mkdir(parents=True, exist_ok=True)

    begin = time.perf_counter()
    trainer = fit(settings.bits, settings.seed, settings.epochs, progress=f"{settings.bits}-bit parity")
    seconds = time.perf_counter() - begin

    inputs, classes = parity(settings.bits)
    answers = trainer.predict(inputs).sigmoid().flatten()  # the probability that the number of ones is odd
    right = (answers > 0.5).long() == classes
    ones = inputs.sum(1)
    print("\n  ones  odd  rows  right   mean answer")
    for n in range(settings.bits + 1):
        chosen = ones == n
        print(f"  {n:4}  {n % 2:3}  {int(chosen.sum()):4}  {int(right[chosen].sum()):5}   {answers[chosen].mean():.3f}")
    print(f"\n{int(right.sum())} of {len(inputs)} rows right")
    print(f"{len(trainer.history)} epochs in {seconds:.2f} s, {trainer.history.summary()}\n")

    loss, answered = settings.out / "parity_tensor_loss.png", settings.out / "parity_tensor_answers.png"
    plot_history(trainer.history, title=f"Learning {settings.bits}-bit parity").savefig(loss)
    words = [("even", "odd")[c] for c in classes.tolist()]
    # Seventy rows have four ones: side by side, in the order of their scores, each is seen.
    scores, beside = trainer.predict(inputs).flatten(), ones.clone()
    for n in range(settings.bits + 1):
        chosen = (ones == n).nonzero().flatten()
        chosen = chosen[scores[chosen].argsort()]
        beside[chosen] += 0.8 * ((tg.arange(len(chosen)) + 0.5) / len(chosen) - 0.5)
    names = "ones among the bits", "score: above 0 it says odd"
    title = f"What the network says of all {len(inputs)} rows"
    plot_points(tg.stack([beside, scores], 1), words, names=names, title=title).savefig(answered)
    return [loss, answered]


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
