"""Runs an example as a program would be run, in this process and in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[str, str, list[Path]]]:
    """run(example, "--epochs", "1") → what it printed, what its progress was, and its pictures, none of them blank."""
    from matplotlib.image import imread

    monkeypatch.chdir(tmp_path)

    def run(example: ModuleType, *arguments: str) -> tuple[str, str, list[Path]]:
        written = example.main([*arguments, "--out", str(tmp_path / "made" / "here")])
        assert written and all(path.parent == tmp_path / "made" / "here" for path in written)
        for path in written:
            assert np.std(imread(path)) > 0.02, path
        return *capsys.readouterr(), written

    return run


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """without("matplotlib"): from now on as on a machine that does not have it."""
    import viz

    def without(package: str) -> None:
        for name in [package, *[name for name in sys.modules if name.startswith(package + ".")]]:
            monkeypatch.setitem(sys.modules, name, None)
        if package == "matplotlib":  # which the plots have imported, when another test asked for one
            for name in [name for name in sys.modules if name.startswith("viz.plots")]:
                monkeypatch.delitem(sys.modules, name)
            for name in [name for name in vars(viz) if name.startswith("plot")]:
                monkeypatch.delattr(viz, name)

    return without
