"""The examples on pictures of digits, in small: they learn, and MNIST is taken where it is."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from examples import dcgan, mnist_cnn, vae
from tensorgrad.nn import functional as F


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """A folder with files in MNIST's format, of 64 pictures each: scikit-learn's digits, three times as large."""
    pictures, digits = (t[:64] for t in vae.load(None)[1])
    large = np.zeros((64, 28, 28), np.uint8)
    large[:, 2:26, 2:26] = np.round(pictures.numpy()[:, 0].repeat(3, 1).repeat(3, 2) * 255)
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("train", "t10k"):
        (folder / f"{name}-images-idx3-ubyte").write_bytes(
            struct.pack(">4B3I", 0, 0, 8, 3, 64, 28, 28) + large.tobytes()
        )
        labels = digits.numpy().astype(np.uint8).tobytes()
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 64) + labels)
    return folder


class TestCNN:
    def test_it_reads_digits(self) -> None:
        name, (pictures, digits), test = mnist_cnn.load(None)
        trainer = mnist_cnn.fit((pictures[:800], digits[:800]), test, epochs=6)
        history = trainer.history
        assert name == "Digits" and history.losses[-1] < 0.5 * history.losses[0]
        assert history.validation_accuracies[-1] > 0.6

    def test_the_pictures_are_scaled(self) -> None:
        pictures = mnist_cnn.load(None)[1][0]
        assert abs(pictures.mean().item()) < 1e-5 and pictures.std().item() == pytest.approx(1, abs=1e-4)

    def test_the_program(self, run: Any) -> None:
        out, _, written = run(mnist_cnn, "--epochs", "2", "--seed", "1")
        assert "Digits: 1437 pictures of 8 × 8 to learn from, 360 to test with" in out and "parameters 21,386" in out
        assert "of 360 test pictures read correctly" in out
        names = ["mnist_cnn_history.png", "mnist_cnn_confusion.png", "mnist_cnn_hardest.png"]
        assert [path.name for path in written] == names

    def test_mnist(self, run: Any, mnist: Path) -> None:
        named, *_ = run(mnist_cnn, "--epochs", "1", "--data", str(mnist))
        found, *_ = run(mnist_cnn, "--epochs", "1")  # in data/, where nobody named it
        assert "MNIST: 64 pictures of 28 × 28 to learn from" in named and "MNIST: 64 pictures of 28 × 28" in found


class TestVAE:
    def test_it_learns(self) -> None:
        _, (train, _), (test, _) = vae.load(None)
        history = vae.fit(train[:400], test[:100], epochs=5).history
        assert history.losses[-1] < 0.75 * history.losses[0]
        assert history.validation_losses[-1] < 0.8 * history.validation_losses[0]

    def test_the_loss(self) -> None:
        """A code like the prior costs nothing; moved by (3, 4) it costs 5²/2 nats; spread by e² it costs (e² − 1)/2 − 1."""
        x, logits = tg.rand(2, 1, 3, 3), tg.randn(2, 1, 3, 3)
        drawn = F.binary_cross_entropy_with_logits(logits, x, reduction="sum").item() / 2
        zero, moved, spread = tg.zeros(2, 2), tg.tensor([[3.0, 4.0]] * 2), tg.tensor([[2.0, 0.0]] * 2)
        assert vae.negative_elbo((logits, zero, zero), x).item() == pytest.approx(drawn)
        assert vae.negative_elbo((logits, moved, zero), x).item() == pytest.approx(drawn + 12.5)
        assert vae.negative_elbo((logits, zero, spread), x).item() == pytest.approx(drawn + (math.e**2 - 1) / 2 - 1)

    def test_the_plane_is_cut_into_squares_of_equal_probability(self) -> None:
        model = vae.VAE(8, latent=2)
        model.decode = lambda z: z  # type: ignore[method-assign]
        z = vae.plane(model, 3)
        third = 0.9674215661
        assert z[:, 0].tolist() == pytest.approx([-third, 0, third] * 3, abs=1e-4)
        assert z[:, 1].tolist() == pytest.approx([third] * 3 + [0] * 3 + [-third] * 3, abs=1e-4)  # up is up

    def test_the_program(self, run: Any) -> None:
        out, _, written = run(vae, "--epochs", "2")
        assert "2 epochs in" in out and "validation loss" in out
        assert [path.name for path in written] == [
            f"vae_{name}.png" for name in ("history", "samples", "plane", "codes")
        ]

    def test_more_than_two_numbers_are_no_plane(self, run: Any, mnist: Path) -> None:
        out, _, written = run(vae, "--epochs", "1", "--latent", "3", "--data", str(mnist))
        assert "MNIST: 64 pictures" in out and [path.name for path in written] == ["vae_history.png", "vae_samples.png"]


class TestDCGAN:
    @pytest.mark.parametrize("side", [8, 28])
    def test_the_two_models_are_each_others_way_back(self, side: int) -> None:
        pictures = dcgan.generator(side)(tg.randn(3, dcgan.NOISE, 1, 1))
        assert pictures.shape == (3, 1, side, side) and pictures.abs().max() <= 1
        assert dcgan.discriminator(side)(pictures).shape == (3,)

    def test_it_learns(self) -> None:
        """Its pictures come closer to the mean of the real ones, and the discriminator was not fooled all the time."""
        _, real = dcgan.load(None)
        g, losses, on_the_way = dcgan.fit(real[:320], epochs=8)
        first, last = (pictures.mean(0) for pictures in (list(on_the_way.values())[0], list(on_the_way.values())[-1]))
        mean = real.mean(0)
        assert (last - mean).abs().mean() < 0.5 * (first - mean).abs().mean()
        assert losses["discriminator_loss"][0] < 2 * math.log(2) and all(map(math.isfinite, losses["generator_loss"]))
        assert g.training and list(on_the_way)[-1].endswith("after step 80")

    def test_the_program(self, run: Any, mnist: Path, monkeypatch: Any) -> None:
        monkeypatch.setattr(dcgan, "WIDTH", 4)
        out, _, written = run(dcgan, "--epochs", "2", "--data", str(mnist))
        assert "MNIST: 64 pictures of 28 × 28" in out and "2 epochs in" in out
        assert [path.name for path in written] == ["dcgan_samples.png", "dcgan_history.png"]
