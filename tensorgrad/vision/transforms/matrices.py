"""Maps of the plane: from where in the input does a pixel of the output come?  x goes to the right, y downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import cos, radians, sin, tan
from typing import Any

import numpy as np


def affine(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> Any:
    """The map back, (2, 3), of: shear around the center, then scale, turn by an angle (clockwise) and move."""
    a, sx, sy = radians(angle), radians(shear[0]), radians(shear[1])
    turn = np.array([[cos(a), -sin(a)], [sin(a), cos(a)]])
    shear_y, shear_x = np.array([[1, 0], [-tan(sy), 1]]), np.array([[1, -tan(sx)], [0, 1]])
    there = np.eye(3)
    there[:2, :2] = scale * turn @ shear_y @ shear_x
    middle = np.asarray(center, float)
    there[:2, 2] = middle + np.asarray(translate, float) - there[:2, :2] @ middle
    return np.linalg.inv(there)[:2]


def perspective(startpoints: Any, endpoints: Any) -> Any:
    """The map back, (3, 3), of one that moves four points: (u, v, s) = m · (x, y, 1), and the place is (u/s, v/s)."""
    rows, right = [], []
    for (x, y), (u, v) in zip(endpoints, startpoints):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    found = np.linalg.lstsq(np.array(rows, float), np.array(right, float), rcond=None)[0]
    return np.append(found, 1.0).reshape(3, 3)


def room_for(back: Any, h: int, w: int) -> tuple[int, int]:
    """(height, width) of what a turn makes of an (h, w) picture, all of it, in whole pixels. As Pillow has it they are
    counted where the corners come from: around another center than the middle that may be a pixel more.

    Args:
        back: the map back, measured from the middle.
    """
    middle = np.array([[w], [h]]) / 2
    corners = np.array([[0, w, w, 0], [0, 0, h, h]]) - middle
    x, y = back[:, :2] @ corners + back[:, 2:] + middle
    return _pixels(y), _pixels(x)


def _pixels(places: Any) -> int:
    """How many whole pixels these places spread over; a trace of rounding error does not count."""
    return math.ceil(places.max() - 1e-4) - math.floor(places.min() + 1e-4)


__all__ = ["affine", "perspective", "room_for"]
