"""`tensorgrad.hub`: PyTorch's names for the folder of weights, `serialization/weights.py`, and for fetching a file."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlparse

from ..data.fetch import download
from ..serialization.weights import get_dir, load_state_dict_from_url, set_dir

HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")  # in a file's name, as in net-0123abcd.pth: how its SHA-256 begins
load_url = load_state_dict_from_url  # the name it has in utils.model_zoo


def download_url_to_file(url: str, dst: Any, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Fetch a file.

    Args:
        dst: its path here.
        hash_prefix: how its SHA-256 must begin, in hexadecimal digits.
        progress: a bar in the terminal.

    Raises:
        DownloadError: the file could not be had, or has another hash.
    """
    download([url], dst, hash_prefix or "", progress=progress or False)


__all__ = ["HASH_REGEX", "download_url_to_file", "get_dir", "load_state_dict_from_url", "set_dir", "urlparse"]
