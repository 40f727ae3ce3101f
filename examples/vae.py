"""A variational autoencoder (Kingma & Welling, arXiv:1312.6114): digits become points of a plane, and points digits.

    python -m examples.vae
    python -m examples.vae --latent 8               better pictures, but no plane to look at
    python -m examples.vae --data FOLDER            where the four original files of MNIST are; --download fetches them

Expect, without MNIST, 24.2 nats per picture on the 360 test digits of scikit-learn after 100 epochs, in 6 s on two cores;
with MNIST 146 after 10 epochs, in 45 s. Then four pictures in out/: the training; digits drawn again, and made up (three
of four are clearly one: `mnist_cnn.py`, given them, is more than 90 % sure); the plane; where the test digits lie in it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import tensorgrad as tg
from tensorgrad import Tensor, nn, optim
from tensorgrad.data import DataError
from tensorgrad.nn import functional as F
from tensorgrad.training import Trainer
from tensorgrad.vision.datasets import MNIST, Digits, VisionDataset

HIDDEN, BATCH, LR = 256, 32, 2e-3
EPOCHS = {"MNIST": 10, "Digits": 100}

Examples = tuple[Tensor, Tensor]  # pictures (N, 1, S, S) in [0, 1], digits (N,)

# ---- data -----------------------------------------------------------------------------------------------------------


def load(folder: Path | None, download: bool = False) -> tuple[str, Examples, Examples]:
    """The name of the data, what to learn from, and what to test with.

    MNIST from this folder, or from data/ if none is named; where it is not there, the digits of scikit-learn.
    """
    try:
        sets: list[VisionDataset] = [MNIST(folder or "data", train, download=download) for train in (True, False)]
    except FileNotFoundError:
        if folder is not None:
            raise
        sets = [Digits(train) for train in (True, False)]
    (train, digits), (test, test_digits) = (s.as_tensors().tensors for s in sets)
    return type(sets[0]).__name__, (train, digits), (test, test_digits)


# ---- model ----------------------------------------------------------------------------------------------------------


class VAE(nn.Module):
    """A picture → a normal distribution over codes → a code drawn from it → a picture."""

    def __init__(self, side: int, latent: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(side * side, HIDDEN), nn.ReLU())
        self.mean, self.log_var = nn.Linear(HIDDEN, latent), nn.Linear(HIDDEN, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, HIDDEN), nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN), nn.ReLU(),
            nn.Linear(HIDDEN, side * side), nn.Unflatten(1, (1, side, side)),
        )  # fmt: skip

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x).  (N, 1, S, S) → (N, latent) twice."""
        h = self.encoder(x)
        return self.mean(h), self.log_var(h)

    def decode(self, z: Tensor) -> Tensor:
        """How bright each pixel is at these codes.  (N, latent) → (N, 1, S, S) in [0, 1]."""
        return self.decoder(z).sigmoid()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_var = self.encode(x)
        noise = tg.randn_like(mean)
        z = mean + (log_var / 2).exp() * noise  # ~ N(mean, var), and differentiable in both: the chance is in the noise
        return self.decoder(z), mean, log_var


def negative_elbo(output: tuple[Tensor, Tensor, Tensor], x: Tensor) -> Tensor:
    """−log p(x|z) + KL(q(z|x) ‖ N(0, 1)), in nats per picture: how badly it is drawn, and what its code costs."""
    logits, mean, log_var = output
    drawn = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    code = (mean.square() + log_var.exp() - 1 - log_var).sum() / 2
    return (drawn + code) / len(x)


# ---- training -------------------------------------------------------------------------------------------------------


def fit(
    train: Tensor, test: Tensor, epochs: int, latent: int = 2, seed: int = 0, progress: bool | str = False
) -> Trainer:
    """A trainer whose model draws pictures like these, and has measured itself on the others."""
    tg.manual_seed(seed)
    model = VAE(train.shape[-1], latent)
    optimizer = optim.Adam(model.parameters(), lr=LR)
    steps = epochs * -(-len(train) // BATCH)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps)
    trainer = Trainer(model, optimizer, negative_elbo, scheduler=schedule, schedule_by="step")
    # A picture is its own target.
    trainer.train(train, None, epochs, batch_size=BATCH, seed=seed, validation=(test, test), progress=progress)
    return trainer


def plane(model: VAE, steps: int = 15) -> Tensor:
    """What the decoder draws across the plane of codes, which is cut into squares of equal probability."""
    shares = (tg.arange(steps) + 0.5) / steps
    quantiles = 2**0.5 * tg.erfinv(2 * shares - 1)  # of the normal distribution
    z0, z1 = tg.meshgrid(quantiles, quantiles.flip(0), indexing="xy")
    return model.decode(tg.stack([z0.flatten(), z1.flatten()], 1))


# ---- the program ----------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Train a variational autoencoder on handwritten digits.")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="with MNIST's four files (default: data, if there)")
    parser.add_argument("--download", action="store_true", help="fetch MNIST to that folder first (11 MB)")
    parser.add_argument("--latent", type=int, default=2, help="numbers in a code (default: 2)")
    parser.add_argument("--epochs", type=int, help="times through the pictures (default: 10 of MNIST, else 100)")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and noise (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    settings = parser.parse_args(arguments)
    if settings.epochs is not None and settings.epochs < 1:
        parser.error(f"--epochs must be at least 1, got {settings.epochs}")
    try:
        from viz import plot_history, plot_pictures, plot_points

        name, (train, _), (test, digits) = load(settings.data, settings.download)
    except (ImportError, OSError, DataError) as error:  # a package or a file is missing, or damaged
        parser.error(str(error))
    settings.out.mkdir(parents=True, exist_ok=True)

    side = test.shape[-1]
    print(f"{name}: {len(train)} pictures of {side} × {side} to learn from, {len(test)} to test with")
    begin = time.perf_counter()
    trainer = fit(train, test, settings.epochs or EPOCHS[name], settings.latent, settings.seed, progress=name)
    seconds = time.perf_counter() - begin
    print(f"\n{len(trainer.history)} epochs in {seconds:.1f} s, {trainer.history.summary()}\n")

    model: Any = trainer.model.eval()
    with tg.no_grad():
        codes, _ = model.encode(test)
        drawn = {
            "test digits": test[:16],
            f"drawn again from their codes of {settings.latent} numbers": model.decode(codes[:16]),
            "drawn from codes made up: z ~ N(0, 1)": model.decode(tg.randn(48, settings.latent)),
        }
        charts = {"history": plot_history(trainer.history, title=f"Learning {name}: nats per picture")}
        charts["samples"] = plot_pictures(drawn, limits=(0, 1), title="A variational autoencoder")
        if settings.latent == 2:
            title = "What lies where in the plane"
            charts["plane"] = plot_pictures(plane(model), columns=15, limits=(0, 1), title=title)
            names = "z₀", "z₁"
            charts["codes"] = plot_points(codes[:2000], digits[:2000], names=names, title="Where the test digits lie")
    paths = [settings.out / f"vae_{chart}.png" for chart in charts]
    for path, chart in zip(paths, charts.values()):
        chart.savefig(path)
    return paths


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
