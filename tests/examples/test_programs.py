"""What all examples have in common: --help, and one sentence with the cure where something is missing."""

from __future__ import annotations

from typing import Any

import pytest

import tensorgrad as tg
from examples import dcgan, mnist_cnn, parity_tensor, vae, xor_tensor

EXAMPLES = [xor_tensor, parity_tensor, mnist_cnn, vae, dcgan]
OF_PICTURES = [mnist_cnn, vae, dcgan]


def said(example: Any, capsys: Any, *arguments: str) -> str:
    """The one line with which it ends, instead of training."""
    with pytest.raises(SystemExit) as info:
        example.main(list(arguments))
    assert info.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("example", EXAMPLES)
def test_help(example: Any, capsys: Any) -> None:
    with pytest.raises(SystemExit) as info:
        example.main(["--help"])
    out = capsys.readouterr().out
    assert info.value.code == 0 and all(option in out for option in ("--seed", "--epochs", "--out"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_without_matplotlib(example: Any, capsys: Any, without: Any) -> None:
    without("matplotlib")
    line = said(example, capsys)
    assert "needs matplotlib, which is not installed" in line and "pip install matplotlib" in line


@pytest.mark.parametrize("example", OF_PICTURES)
def test_without_scikit_learn(example: Any, capsys: Any, without: Any, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    without("sklearn")
    assert "needs the package scikit-learn: pip install" in said(example, capsys)


@pytest.mark.parametrize("example", [xor_tensor, dcgan])
def test_without_tqdm_there_are_lines(example: Any, run: Any, without: Any, monkeypatch: Any) -> None:
    without("tqdm")
    if example is dcgan:
        monkeypatch.setattr(dcgan, "load", lambda *_: ("Noise", tg.rand(64, 1, 8, 8)))
    lines = run(example, "--epochs", "20")[1].splitlines()
    assert 'Run: pip install "tensorgrad-learn[train]"' in lines[0] and len(lines) == 1 + 10, lines


@pytest.mark.parametrize("example", OF_PICTURES)
def test_a_folder_without_mnist(example: Any, capsys: Any, tmp_path: Any) -> None:
    line = said(example, capsys, "--data", str(tmp_path))
    assert "train-images-idx3-ubyte.gz is neither in" in line and line.endswith("or fetch them with download=True.")


@pytest.mark.parametrize("example", OF_PICTURES)
def test_a_damaged_file(example: Any, capsys: Any, tmp_path: Any) -> None:
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    assert "this is no IDX file" in said(example, capsys, "--data", str(tmp_path))


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_epochs(example: Any, capsys: Any) -> None:
    assert "--epochs must be at least 1, got 0" in said(example, capsys, "--epochs", "0")
