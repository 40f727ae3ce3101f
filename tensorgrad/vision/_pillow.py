"""Pillow, imported when a picture is first needed."""

from __future__ import annotations

from typing import Any


def pillow(what: str) -> Any:
    """PIL.Image, or a sentence."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(f"{what}: needs the package Pillow: pip install 'tensorgrad-learn[data]'.") from error
    return Image


def is_picture(x: Any) -> bool:
    """Whether this is a PIL image; without Pillow nothing is."""
    try:
        from PIL import Image
    except ImportError:
        return False
    return isinstance(x, Image.Image)
