"""Digits that nobody wrote: a deep convolutional GAN (Radford et al., arXiv:1511.06434; Goodfellow et al., 2014).

    python -m examples.dcgan
    python -m examples.dcgan --data FOLDER          where the four original files of MNIST are; --download fetches them

Expect, without MNIST, digits of 8 × 8 pixels after 100 epochs, in half a minute on two cores: all ten occur, and 79 % are
clearly one of them (`mnist_cnn.py`, given them, is more than 90 % sure; of real ones it is of 96 %). With MNIST 59 % (real
ones: 91 %) after 3 epochs, in three minutes. Then two pictures in out/: how noise becomes digits, and the two losses.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import tensorgrad as tg
from tensorgrad import Tensor, nn, optim
from tensorgrad.data import DataError
from tensorgrad.nn import functional as F
from tensorgrad.training import track
from tensorgrad.utils.data import DataLoader, TensorDataset
from tensorgrad.vision.datasets import MNIST, Digits, VisionDataset

NOISE, WIDTH, BATCH, LR, BETAS = 32, 32, 32, 1e-3, (0.5, 0.999)
EPOCHS = {"MNIST": 3, "Digits": 100}

# ---- data -----------------------------------------------------------------------------------------------------------


def load(folder: Path | None, download: bool = False) -> tuple[str, Tensor]:
    """The name of the data and its training pictures, (N, 1, S, S) from -1 to 1 as the generator's tanh.

    MNIST from this folder, or from data/ if none is named; where it is not there, the digits of scikit-learn.
    """
    try:
        data: VisionDataset = MNIST(folder or "data", download=download)
    except FileNotFoundError:
        if folder is not None:
            raise
        data = Digits()
    return type(data).__name__, 2 * data.as_tensors().tensors[0] - 1


# ---- two models -----------------------------------------------------------------------------------------------------


def generator(side: int) -> nn.Sequential:
    """Noise (N, NOISE, 1, 1) → pictures (N, 1, side, side), over side/4 and side/2."""
    return nn.Sequential(
        nn.ConvTranspose2d(NOISE, 2 * WIDTH, side // 4, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, 1, 4, stride=2, padding=1), nn.Tanh(),
    )  # fmt: skip


def discriminator(side: int) -> nn.Sequential:
    """Pictures (N, 1, side, side) → (N,), the log odds that each is real: the way back."""
    return nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * WIDTH, 1, side // 4), nn.Flatten(0),
    )  # fmt: skip


def initialise(layer: nn.Module) -> None:
    """Small weights, as in the paper."""
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(layer.weight, 0.0, 0.02)


def draw(g: nn.Module, noise: Tensor) -> Tensor:
    """The generator's pictures of this noise."""
    g.eval()
    with tg.no_grad():
        pictures = g(noise)
    g.train()
    return pictures


# ---- training -------------------------------------------------------------------------------------------------------


def endless(loader: DataLoader) -> Iterator[Tensor]:
    """Its pictures, batch by batch, again and again in another order."""
    while True:
        for (pictures,) in loader:
            yield pictures


def fit(
    pictures: Tensor, epochs: int, seed: int = 0, progress: str = ""
) -> tuple[nn.Sequential, dict[str, list[float]], dict[str, Tensor]]:
    """The generator, both losses of each epoch, and what 16 vectors of noise became on the way."""
    tg.manual_seed(seed)
    side = pictures.shape[-1]
    g, d = generator(side).apply(initialise), discriminator(side).apply(initialise)
    g_optimizer, d_optimizer = (optim.Adam(model.parameters(), lr=LR, betas=BETAS) for model in (g, d))
    loader = DataLoader(TensorDataset(pictures), BATCH, shuffle=True, drop_last=True)
    batches, steps = endless(loader), epochs * len(loader)
    snapshots = {max(1, round(steps * share)) for share in (0.01, 0.03, 0.1, 0.3, 1.0)}
    noise, on_the_way = tg.randn(16, NOISE, 1, 1), {}
    losses: dict[str, list[float]] = {"generator_loss": [], "discriminator_loss": []}

    for step in (bar := track(range(1, steps + 1), progress, shown=bool(progress))):
        real, fake = next(batches), g(tg.randn(BATCH, NOISE, 1, 1))

        # The discriminator learns to tell them apart; detached, `fake` is a picture like any other, made by nobody.
        d_loss = F.softplus(-d(real)).mean() + F.softplus(d(fake.detach())).mean()  # −log σ(real) − log(1 − σ(fake))
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()

        # The generator learns to be taken for real: the gradient comes to it through the discriminator.
        g_loss = F.softplus(-d(fake)).mean()  # −log σ(fake)
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()

        losses["generator_loss"].append(g_loss.item())
        losses["discriminator_loss"].append(d_loss.item())
        bar.tell(generator=g_loss.item(), discriminator=d_loss.item())
        if step in snapshots:
            on_the_way[f"from the same noise after step {step}"] = draw(g, noise)

    per_epoch = {name: tg.tensor(values).reshape(epochs, -1).mean(1).tolist() for name, values in losses.items()}
    return g, per_epoch, on_the_way


# ---- the program ----------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Train a deep convolutional GAN on handwritten digits.")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="with MNIST's four files (default: data, if there)")
    parser.add_argument("--download", action="store_true", help="fetch MNIST to that folder first (11 MB)")
    parser.add_argument("--epochs", type=int, help="times through the pictures (default: 3 of MNIST, else 100)")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and noise (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    settings = parser.parse_args(arguments)
    if settings.epochs is not None and settings.epochs < 1:
        parser.error(f"--epochs must be at least 1, got {settings.epochs}")
    try:
        from viz import plot_history, plot_pictures

        name, pictures = load(settings.data, settings.download)
    except (ImportError, OSError, DataError) as error:  # a package or a file is missing, or damaged
        parser.error(str(error))
    settings.out.mkdir(parents=True, exist_ok=True)

    side, epochs = pictures.shape[-1], settings.epochs or EPOCHS[name]
    print(f"{name}: {len(pictures)} pictures of {side} × {side}")
    begin = time.perf_counter()
    g, losses, on_the_way = fit(pictures, epochs, settings.seed, progress=name)
    seconds = time.perf_counter() - begin
    print(f"\n{epochs} epochs in {seconds:.1f} s, loss of the generator {losses['generator_loss'][-1]:.3f}, of the "
          f"discriminator {losses['discriminator_loss'][-1]:.3f}\n")  # fmt: skip

    groups = {"real": pictures[:16], **on_the_way, "more": draw(g, tg.randn(48, NOISE, 1, 1))}
    charts = {
        "samples": plot_pictures(groups, limits=(-1, 1), title=f"{name}, real and made up"),
        "history": plot_history(losses, title="Generator against discriminator"),
    }
    paths = [settings.out / f"dcgan_{chart}.png" for chart in charts]
    for path, chart in zip(paths, charts.values()):
        chart.savefig(path)
    return paths


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
