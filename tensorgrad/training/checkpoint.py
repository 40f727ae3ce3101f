"""Checkpoint: everything a training run needs to go on as if it had never stopped."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from .. import random
from ..serialization import SaveError, load, save

_NAME = re.compile(r"checkpoint-(\d+)\.safetensors")


class Checkpoint:
    """Model, optimizer, schedule, random numbers, step and data position, saved together in a folder.

        checkpoint = Checkpoint("runs/a", model=model, optimizer=optimizer, scheduler=scheduler, keep=3)
        start = checkpoint.resume()              # 0 when there is nothing yet
        for step in range(start, 1000):
            ...
            if step % 100 == 99:
                checkpoint.save(step + 1, epoch=epoch)

    A run that was killed at any moment and resumed ends bit for bit where an uninterrupted one does, as long as
    everything that changes is given here: each file is written whole or not at all, and carries a hash.

    Args:
        folder: where the files are; made if needed.
        keep: how many of the last files stay.
        **parts: anything with `state_dict()` and `load_state_dict(state)`.
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

    def files(self) -> list[tuple[int, Path]]:
        """(step, path) of the files in the folder, the latest last."""
        if not self.folder.is_dir():
            return []
        found = ((_NAME.fullmatch(p.name), p) for p in self.folder.iterdir())
        return sorted((int(m[1]), p) for m, p in found if m)

    def save(self, step: int, **extra: Any) -> Path:
        """Write the state after `step` steps, with numbers and text of your own; then remove the oldest files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "step": int(step),
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "random": random.get_rng_state(),
            "extra": extra,
        }
        path = self.folder / f"checkpoint-{int(step):09d}.safetensors"
        save(state, path)
        for _, old in self.files()[: -self.keep]:
            old.unlink(missing_ok=True)
        return path

    def resume(self) -> int:
        """Load the latest whole file into the parts; its step, or 0 if there is none. `extra` has what `save` was given.

        A damaged file is passed over with a warning, and the one before it taken.
        """
        files = self.files()
        for step, path in reversed(files):
            try:
                state = load(path)
                if not isinstance(state, dict) or state.get("step") != step:
                    raise SaveError(f"load: {path} is not a checkpoint of step {step}.")
            except (SaveError, OSError) as error:
                warnings.warn(f"Checkpoint: {error} Trying the one before it.", UserWarning, stacklevel=2)
                continue
            self._restore(state, path)
            return step
        if files:
            raise SaveError(
                f"Checkpoint: none of the {len(files)} files in {self.folder} is whole. Remove them to start from nothing."
            )
        return 0

    def _restore(self, state: dict[str, Any], path: Path) -> None:
        saved = state["parts"]
        if saved.keys() != self.parts.keys():
            raise ValueError(
                f"Checkpoint: {path.name} holds {', '.join(sorted(saved)) or 'nothing'}; this Checkpoint was made with "
                f"{', '.join(sorted(self.parts)) or 'nothing'}. Give the same parts as when it was saved."
            )
        for name, part in self.parts.items():
            part.load_state_dict(saved[name])
        random.set_rng_state(state["random"])
        self.extra = state["extra"]
