"""Counts: of whole numbers, and of elements in bins."""

from __future__ import annotations

from typing import Any

import numpy as np


def bincount(x: Any, weights: Any, least: int) -> Any:
    """How often each whole number from 0 on stands there, or the sum of its weights."""
    return np.bincount(x, weights, least)


def histogram(x: Any, bins: Any, limits: Any = None, weights: Any = None) -> tuple[Any, Any]:
    """The number (or the weight) of elements from each edge up to the next, the last edge included, and the edges: those
    given, or as many equal bins between the limits."""
    counts, edges = np.histogram(x, bins, limits, weights=weights)
    return counts.astype(x.dtype), edges.astype(x.dtype)


def histogramdd(points: Any, edges: Any, weights: Any = None) -> Any:
    """The number (or the weight) of rows in each box between the edges of each column, the last edges included."""
    counts = np.histogramdd(points, edges, weights=weights)[0]
    return counts.astype(points.dtype)
