"""A `graphviz.Digraph` that draws itself without Graphviz being installed. Imported when a graph is asked for."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Any

import graphviz

from . import dot
from . import render as engines
from .scene import Scene


class Digraph(graphviz.Digraph):
    """What `viz.graph` returns. Everything of `graphviz.Digraph` works; drawing goes through this package's engines.

    Nodes and edges added to it by hand are drawn by Graphviz; the built-in layout knows only the computation graph.
    """

    def __init__(self, scene: Scene, *, draw_with: str | None = None) -> None:
        super().__init__(body=[f"\t{line}\n" for line in dot.body(scene)])
        self._scene, self._draw_with = scene, draw_with

    def pipe(self, format: str | None = None, *args: Any, encoding: str | None = None, **kwargs: Any) -> Any:
        """The picture as bytes, or as text if `encoding` is given (SVG and DOT are text)."""
        format = engines.check_format(format or self.format, "pipe")
        content = engines.to_bytes(self._scene, format, source=self.source, engine=self._draw_with)
        return content.decode(encoding) if encoding else content
