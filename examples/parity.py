"""Parity: is the number of ones among n bits odd? XOR of n bits, and harder with each of them.

    python -m examples.parity
    python -m examples.parity --bits 4 --seed 7

Expect all 2ⁿ answers right: 3 bits after 30 to 60 epochs, 0.2 s, 4 bits after 70 to 150, a second, from any seed (60 of
60 and 40 of 40 tried). Four hidden neurons for each bit are enough. Then three pictures in out/: the loss, and the
network's computation graph, one box for each neuron, as PNG and as SVG.
"""

from __future__ import annotations

import argparse
import time
from itertools import product
from pathlib import Path

from micrograd_value import Activation, Adam, BCELoss, MLPBuilder, Trainer, Value


def truth_table(bits: int) -> tuple[list[list[int]], list[int]]:
    inputs = [list(row) for row in product([0, 1], repeat=bits)]
    return inputs, [sum(row) % 2 for row in inputs]


def fit(bits: int = 3, seed: int = 1, progress: bool | str = False) -> Trainer:
    """A trainer whose model has learnt the parity of so many bits."""
    inputs, targets = truth_table(bits)
    model = MLPBuilder(bits).add_layer(4 * bits, Activation.TANH).add_layer(1, Activation.SIGMOID).build(seed=seed)
    trainer = Trainer(model, Adam(lr=0.1), BCELoss())
    trainer.train(inputs, targets, epochs=500, callbacks=lambda history: history.losses[-1] < 0.02, progress=progress)
    return trainer


def draw(trainer: Trainer, bits: int, out: Path) -> list[Path]:
    """The pictures; where they are."""
    import viz

    loss, png, svg = (out / f"parity_{name}" for name in ("loss.png", "graph.png", "graph.svg"))
    viz.plot_history(trainer.history, title=f"Learning {bits}-bit parity").savefig(loss)

    # The row of ones on its way through the network and back: a box is a neuron, wide arrows carry large gradients.
    prediction = trainer.model([1] * bits)
    prediction.label = "prediction"
    error = trainer.loss(prediction, Value(bits % 2, label="target"))
    error.label = "loss"
    trainer.model.zero_grad()
    error.backward()
    for path in (png, svg):
        viz.render(error, path, collapse="neuron")
    return [loss, png, svg]


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Train a small network on the parity of n bits.")
    parser.add_argument("--bits", type=int, default=3, help="how many bits (default: 3)")
    parser.add_argument("--seed", type=int, default=1, help="of the weights (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    settings = parser.parse_args(arguments)
    settings.out.mkdir(parents=True, exist_ok=True)

    begin = time.perf_counter()
    trainer = fit(settings.bits, settings.seed, progress=f"{settings.bits}-bit parity")
    seconds = time.perf_counter() - begin

    inputs, targets = truth_table(settings.bits)
    print(f"\n  {'bits':{3 * settings.bits}} odd   prediction")
    for row, target, prediction in zip(inputs, targets, trainer.predict(inputs)):
        verdict = "right" if round(prediction) == target else "wrong"
        print(f"  {'  '.join(map(str, row))}    {target}     {prediction:.3f}  {verdict}")
    print(f"\n{len(trainer.history)} epochs in {seconds:.2f} s, {trainer.history.summary()}\n")

    return draw(trainer, settings.bits, settings.out)


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
