"""XOR: are two bits different? The smallest question that one neuron cannot answer, and a layer of them can.

    python -m examples.xor
    python -m examples.xor --seed 7 --out pictures

Expect all four answers right after 20 to 330 epochs, at most 0.2 s, from any seed (300 of 300 tried). Then four
pictures in out/: the loss, the boundary that the network has found, and its computation graph as PNG and as SVG; and a page,
xor_step.html, which steps through that graph forward and backward in any browser.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from micrograd_value import Activation, Adam, MLPBuilder, MSELoss, Trainer, Value

INPUTS = [[0, 0], [0, 1], [1, 0], [1, 1]]
TARGETS = [0, 1, 1, 0]


def fit(seed: int = 1, progress: bool | str = False) -> Trainer:
    """A trainer whose model has learnt XOR."""
    model = MLPBuilder(2).add_layer(4, Activation.TANH).add_layer(1, Activation.LINEAR).build(seed=seed)
    trainer = Trainer(model, Adam(lr=0.1), MSELoss(), correct=lambda y, t: abs(y[0] - t[0]) < 0.5)
    trainer.train(INPUTS, TARGETS, epochs=500, callbacks=lambda history: history.losses[-1] < 0.001, progress=progress)
    return trainer


def draw(trainer: Trainer, out: Path) -> list[Path]:
    """The pictures and the page; where they are."""
    import viz

    loss, boundary, png, svg = (out / f"xor_{name}" for name in ("loss.png", "boundary.png", "graph.png", "graph.svg"))
    viz.plot_history(trainer.history, title="Learning XOR").savefig(loss)
    viz.plot_decision_boundary(trainer, INPUTS, TARGETS, title="XOR").savefig(boundary)

    # One example's way through the network and back, with every value, gradient and local derivative.
    prediction = trainer.model(INPUTS[3])
    prediction.label = "prediction"
    error = trainer.loss(prediction, Value(TARGETS[3], label="target"))
    error.label = "loss"
    trainer.model.zero_grad()
    error.backward()
    viz.render(error, png)
    viz.render(error, svg)
    page = viz.step(error, title="XOR: the gradient of one loss, step by step").save(out / "xor_step.html")
    return [loss, boundary, png, svg, page]


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Train a small network on XOR and draw it.")
    parser.add_argument("--seed", type=int, default=1, help="of the weights (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    settings = parser.parse_args(arguments)
    settings.out.mkdir(parents=True, exist_ok=True)

    begin = time.perf_counter()
    trainer = fit(settings.seed, progress="XOR")
    seconds = time.perf_counter() - begin

    print("\n  a  b   XOR   prediction")
    for (a, b), target, prediction in zip(INPUTS, TARGETS, trainer.predict(INPUTS)):
        print(f"  {a}  {b}    {target}     {prediction:6.3f}  {'right' if round(prediction) == target else 'wrong'}")
    print(f"\n{len(trainer.history)} epochs in {seconds:.2f} s, {trainer.history.summary()}\n")
    return draw(trainer, settings.out)


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
