"""Checkpoint: everything a training run needs to go on as if it had never stopped."""

from __future__ import annotations

import copy
import random as python_random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .. import random
from ..autograd.frames import warn
from ..serialization import SaveError, load, save
from ..utils.interrupts import Held

_NAME = re.compile(r"checkpoint-(\d+)\.safetensors")
_REMAINS = re.compile(r"\.checkpoint-\d+\.safetensors\.[0-9a-f]+\.tmp")  # of a save that was killed


class Checkpoint:
    """Model, optimizer, schedule, data position, random numbers and step, saved together in a folder.

        checkpoint = Checkpoint("runs/a", model=model, optimizer=optimizer, scheduler=scheduler, loader=loader)
        start = checkpoint.resume()              # 0 when there is nothing yet
        for step in range(start, 1000):
            ...
            if step % 100 == 99:
                checkpoint.save(step + 1, epoch=epoch)

    A run that was killed at any moment and resumed ends bit for bit where an uninterrupted one does, as long as
    everything that changes is given here: each file is written whole or not at all, and carries a hash. The default
    generators of tensorgrad, NumPy and Python are saved by themselves; nothing is ever unpickled.

    Args:
        folder: where the files are; made if needed.
        keep: how many of the last files stay.
        **parts: anything with `state_dict()` and `load_state_dict(state)`.

    Attributes:
        extra: what the file that was resumed from had been given to keep.
    """

    def __init__(self, folder: Any, *, keep: int = 2, **parts: Any) -> None:
        if keep < 1:
            raise ValueError(f"Checkpoint: keep must be at least 1, got {keep}; the last file must stay.")
        for name, part in parts.items():
            if not (hasattr(part, "state_dict") and hasattr(part, "load_state_dict")):
                raise TypeError(
                    f"Checkpoint: {name} is a {type(part).__name__} without state_dict() and load_state_dict(). "
                    "Give plain numbers to save(step, name=value) instead."
                )
        self.folder, self.keep, self.parts = Path(folder), keep, parts
        self.extra: dict[str, Any] = {}
        self._damaged: set[Path] = set()

    def files(self) -> list[tuple[int, Path]]:
        """(step, path) of the files in the folder, the latest last."""
        if not self.folder.is_dir():
            return []
        found = ((_NAME.fullmatch(p.name), p) for p in self.folder.iterdir())
        return sorted((int(m[1]), p) for m, p in found if m)

    def save(self, step: int, **extra: Any) -> Path:
        """Write the state after `step` steps, with numbers and text of your own; then remove the oldest files.

        Raises:
            ValueError: the folder holds later steps, which are another run's: they would be taken for the latest.
        """
        later = [n for n, path in self.files() if n > step and path not in self._damaged]
        if later:
            raise ValueError(
                f"Checkpoint: {self.folder} holds step {later[-1]} already, and this is step {step}. Call resume() "
                "first to go on from there, or choose another folder."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "step": int(step),
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "random": _random_state(),
            "extra": extra,
        }
        path = self.folder / f"checkpoint-{int(step):09d}.safetensors"
        if path.is_symlink():  # somebody else's: `save` would replace what it points to
            path.unlink()
        save(state, path)
        self._damaged.discard(path)
        self._tidy()
        whole = [p for _, p in self.files() if p not in self._damaged]
        for old in (*self._damaged, *whole[: -self.keep]):
            _remove(old)
        return path

    def resume(self) -> int:
        """Load the latest whole file into the parts; its step, or 0 if there is none.

        A damaged file is passed over with a warning, and the one before it taken.

        Raises:
            SaveError: there are files, and none is whole.
            ValueError, RuntimeError: the file was saved from other parts than those here, or makes no sense to one of them;
                the message names file and part. Every part, and all random numbers, are then where they were, as they are
                if Ctrl-C interrupts it.
        """
        files = self.files()
        for step, path in reversed(files):
            try:
                state = load(path)
                if not _is_state(state) or state["step"] != step:
                    raise SaveError(f"load: {path} is not the checkpoint of step {step}.")
            except FileNotFoundError:
                if path in [p for _, p in self.files()]:
                    raise
                return self.resume()  # a run that is saving here has just removed it, after a newer one
            except (SaveError, OSError) as error:
                warn(f"Checkpoint: {error} Trying the one before it.")
                self._damaged.add(path)
                continue
            self._restore(state, path)
            return step
        if files:
            raise SaveError(
                f"Checkpoint: none of the {len(files)} files in {self.folder} is whole. Remove them to start anew."
            )
        return 0

    def _tidy(self) -> None:
        """Remove what a killed save left behind."""
        for path in self.folder.iterdir():
            if _REMAINS.fullmatch(path.name):
                _remove(path)

    def _restore(self, state: dict[str, Any], path: Path) -> None:
        saved = state["parts"]
        if saved.keys() != self.parts.keys():
            raise ValueError(
                f"Checkpoint: {path.name} holds {', '.join(sorted(map(str, saved))) or 'nothing'}; this Checkpoint was made with "
                f"{', '.join(sorted(self.parts)) or 'nothing'}. Give the same parts as when it was saved."
            )
        with _about(path, "the random numbers"):
            _check_random_state(state["random"])
        before = {name: copy.deepcopy(part.state_dict()) for name, part in self.parts.items()}
        numbers = _random_state()
        try:
            for name, part in self.parts.items():
                with _about(path, name):
                    part.load_state_dict(saved[name])
            _set_random_state(state["random"])
            self.extra = state["extra"]
        except BaseException:
            with Held():
                for name, part in self.parts.items():
                    with _about(path, f"{name}, put back,"):
                        part.load_state_dict(before[name])
                _set_random_state(numbers)
            raise


@contextmanager
def _about(path: Path, part: str) -> Iterator[None]:
    """Inside, whatever goes wrong is said of this part of this file, as one of the errors that `resume` documents."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        kind = RuntimeError if isinstance(error, RuntimeError) else ValueError
        words = str(error) if isinstance(error, (ValueError, RuntimeError)) else repr(error)
        raise kind(f"Checkpoint: {path}: what was saved of {part} cannot be loaded; nothing has been. {words}") from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # the new file is safe, and that is what counts
        warn(f"Checkpoint: cannot remove {path}: {error}.")


def _random_state() -> dict[str, Any]:
    return {
        "tensorgrad": random.get_rng_state(),
        "numpy": np.random.get_state(legacy=False),
        "python": python_random.getstate(),
    }


def _is_state(state: Any) -> bool:
    """Whether this is what `save` writes, from the outside."""
    kinds = {"step": int, "parts": dict, "random": dict, "extra": dict}
    return isinstance(state, dict) and state.keys() == kinds.keys() and all(
        type(state[key]) is kind for key, kind in kinds.items()
    )  # fmt: skip


def _check_random_state(state: dict[str, Any]) -> None:
    """Try the states on generators that nobody uses.

    Raises:
        ValueError: one of them is none; the message says which.
    """
    generators: dict[str, Callable[[Any], Any]] = {
        "tensorgrad": random.Generator().set_state,
        "numpy": _check_numpy_state,
        "python": python_random.Random().setstate,
    }
    for name, try_on in generators.items():
        if name not in state:
            raise ValueError(f"random: the state of {name} is missing.")
        try:
            try_on(state[name])
        except Exception as error:
            raise ValueError(f"random: this is no state of {name}: {error}") from error


def _check_numpy_state(state: Any) -> None:
    """NumPy itself looks at the shape only, and with a place beyond the numbers it reads memory that is not its own."""
    np.random.RandomState().set_state(state)
    if not isinstance(state, dict) or state["bit_generator"] != "MT19937":
        raise ValueError("its bit_generator must be MT19937.")
    place = state["state"]["pos"]
    if type(place) is not int or not 0 <= place <= 624:
        raise ValueError(f"pos is {place!r}, expected a whole number from 0 to 624.")


def _set_random_state(state: dict[str, Any]) -> None:
    random.set_rng_state(state["tensorgrad"])
    np.random.set_state(state["numpy"])
    python_random.setstate(state["python"])


__all__ = ["Checkpoint"]
