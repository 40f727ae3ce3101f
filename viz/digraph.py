"""A `graphviz.Digraph` that draws itself without Graphviz being installed. Imported when a graph is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import graphviz

from . import dot
from .engines import FORMATS, check_format, to_bytes, write
from .scene import Scene


class Digraph(graphviz.Digraph):
    """What `viz.graph` returns: all of `graphviz.Digraph`, drawn by this package's engines.

    What is added by hand (`.node`, `.edge`, `.attr`) is drawn by Graphviz; the built-in layout knows the computation
    graph alone and warns. Formats and settings that only the `dot` program has (`format="gif"`, `engine="neato"`) are
    passed on to it.
    """

    _scene: Scene | None = None
    _draw_with: str | None = None

    @classmethod
    def of(cls, scene: Scene, draw_with: str | None = None) -> Digraph:
        """The Digraph of a scene; `draw_with` names an engine as in `viz.graph`."""
        graph = cls(format="svg", body=[f"\t{line}\n" for line in dot.body(scene)])
        graph._scene, graph._draw_with = scene, draw_with
        return graph

    def copy(self) -> Digraph:
        twin = super().copy()
        twin._scene, twin._draw_with = self._scene, self._draw_with
        return twin

    def pipe(self, format: str | None = None, *, encoding: str | None = None, **settings: Any) -> Any:
        """The picture as bytes, or as text if an `encoding` is given (SVG and DOT are text)."""
        format = format or self.format
        if self._scene is None or not self._ours(format, settings):
            return super().pipe(format, encoding=encoding, **settings)
        content = to_bytes(self._scene, format, source=self.source, engine=self._draw_with)
        return content.decode(encoding) if encoding else content

    def save(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        *,
        skip_existing: bool | None = False,
    ) -> str:
        """Write the DOT text, whole or not at all, and return where it is."""
        if filename is not None:
            self.filename = filename
        if directory is not None:
            self.directory = directory
        path = Path(self.filepath)
        if not (skip_existing and path.exists()):
            write(path, "".join(self).encode(self.encoding or "utf-8"))
        return str(path)

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: str | os.PathLike[str] | None = None,
        **settings: Any,
    ) -> str:
        """Save the DOT text as `filename` and the picture beside it as "filename.format"; return the picture's path.

        With `outfile` its ending is the format and the DOT text goes beside it. `cleanup` removes the DOT text again.
        """
        format = format or (Path(outfile).suffix[1:].lower() if outfile else self.format)
        if not self._ours(format, settings):
            options: dict[str, Any] = dict(directory=directory, view=view, cleanup=cleanup, outfile=outfile, **settings)
            return super().render(filename, format=format, **options)
        if outfile:
            target = Path(directory if directory is not None else self.directory, outfile)
            text = Path(self.save(filename or target.with_suffix(".gv").name, directory=target.parent))
        else:
            text = Path(self.save(filename, directory=directory))
            target = text.with_name(f"{text.name}.{format}")
        write(target, self.pipe(format))
        if cleanup:
            text.unlink()
        if view:
            graphviz.view(str(target))
        return str(target)

    def _ours(self, format: str, settings: dict[str, Any]) -> bool:
        """Whether this package draws it, or the `dot` program with what it alone can do."""
        if self._scene is None or any(settings.values()):
            return False
        return format in FORMATS or format not in graphviz.FORMATS and bool(check_format(format, "graph"))

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **_: Any
    ) -> dict[str, Any]:
        """For notebooks: SVG, PNG for viewers that show no SVG, and a line of text."""
        wanted = {"image/svg+xml", "image/png", "text/plain"} if include is None else set(include)
        wanted -= set(exclude or ())
        bundle: dict[str, Any] = {"text/plain": repr(self)} if "text/plain" in wanted else {}
        if "image/svg+xml" in wanted:
            bundle["image/svg+xml"] = self.pipe("svg", encoding="utf-8")
        if "image/png" in wanted:
            with suppress(ImportError):  # no Graphviz and no matplotlib: the SVG alone then
                bundle["image/png"] = self.pipe("png")
        return bundle

    def __repr__(self) -> str:
        boxes = self._scene.boxes if self._scene else []
        operations = sum(box.shape == "pill" for box in boxes)
        return f"<viz graph: {len(boxes) - operations} values, {operations} operations>"
