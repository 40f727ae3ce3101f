"""The folder of weights, and state dicts from it. Nothing is fetched: a file that is not there is asked for in words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from . import load

_chosen: Path | None = None


def get_dir() -> str:
    """The folder of weights: what `set_dir` said, else $TENSORGRAD_HOME/hub, else ~/.cache/tensorgrad/hub."""
    if _chosen is not None:
        return str(_chosen)
    cache = os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")
    return str(Path(os.environ.get("TENSORGRAD_HOME", Path(cache) / "tensorgrad")) / "hub")


def set_dir(d: Any) -> None:
    """Choose the folder of weights."""
    global _chosen
    _chosen = Path(d).expanduser()


def load_state_dict_from_url(
    url: str,
    model_dir: Any = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = True,
) -> dict[str, Any]:
    """The state dict in the file of this name, in `model_dir` or in `get_dir()`/checkpoints: saved by `tensorgrad.save`
    or as safetensors, with the url's file name or that with the ending .safetensors.

    Raises:
        FileNotFoundError: it is not there.
        SaveError: the file is a pickle, as PyTorch's hub has them.
    """
    folder = Path(model_dir) if model_dir is not None else Path(get_dir()) / "checkpoints"
    path = folder / (file_name or Path(urlparse(url).path).name)
    for candidate in (path, path.with_suffix(".safetensors")):
        if candidate.is_file():
            return load(candidate, map_location)
    raise FileNotFoundError(
        f"load_state_dict_from_url: {path.name} is not in {folder}, and weights are not fetched here. Put them there as a "
        f"safetensors file: in PyTorch, safetensors.torch.save_file(state_dict, '{path.stem}.safetensors')."
    )


__all__ = ["get_dir", "load_state_dict_from_url", "set_dir"]
