"""Canvas → PNG or PDF, by matplotlib's renderers. Imported when one is asked for.

A picture has thousands of shapes. As matplotlib's own patches and texts each would cost a millisecond; here one artist
hands them all to the renderer.
"""

from __future__ import annotations

import warnings
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from .canvas import Curve, Rectangle, Shape, Text, Triangle
from .scene import PAPER

if TYPE_CHECKING:
    from .canvas import Canvas

ROUND = 0.5523  # control points at this part of the radius: a Bézier nearest to a quarter of a circle


def drawn(canvas: Canvas, format: str, dpi: float) -> bytes:
    """The canvas as "png" or "pdf"."""
    settings: Any = {"pdf.fonttype": 42, "text.usetex": False, "path.simplify": False}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a label may be in any script; a box stands for it
        figure = Figure(figsize=(canvas.width / 72, canvas.height / 72), dpi=dpi, facecolor=PAPER)
        FigureCanvasAgg(figure)
        figure.add_artist(_Shapes(canvas.shapes))
        stream = BytesIO()
        options: dict[str, Any] = {"pil_kwargs": {"compress_level": 4}}  # level 6 takes three times as long for 5 %
        if format == "pdf":
            options = {"metadata": {"CreationDate": None}}  # one graph, one file
        figure.savefig(stream, format=format, dpi=dpi, **options)
    return stream.getvalue()


class _Shapes(Artist):
    def __init__(self, shapes: list[Shape]) -> None:
        super().__init__()
        self._shapes = shapes

    def draw(self, renderer: Any) -> None:
        figure: Any = self.figure
        height, scale = figure.bbox.height, renderer.points_to_pixels(1.0)
        page = Affine2D().scale(scale, -scale).translate(0.0, height)  # a canvas measures downwards
        for shape in self._shapes:
            gc = renderer.new_gc()
            if isinstance(shape, Text):
                _write(renderer, gc, shape, height, scale)
            else:
                _draw(renderer, gc, shape, page)
            gc.restore()


def _draw(renderer: Any, gc: Any, shape: Rectangle | Curve | Triangle, page: Affine2D) -> None:
    gc.set_linewidth(0.0)
    fill = None
    if isinstance(shape, Rectangle):
        path, fill = _rectangle(shape), to_rgba(shape.fill)
        if shape.line != "none":
            gc.set_linewidth(shape.stroke)
            gc.set_foreground(shape.line)
        if shape.dashed:
            gc.set_dashes(0.0, [4.0, 3.0])
    elif isinstance(shape, Curve):
        path = Path(shape.points, [Path.MOVETO] + [Path.CURVE4] * (len(shape.points) - 1))
        gc.set_linewidth(shape.stroke)
        gc.set_foreground(shape.line)
        gc.set_capstyle("butt")
        if shape.dotted:
            gc.set_dashes(0.0, [1.5, 3.0])
    else:
        path, fill = Path([*shape.points, shape.points[0]], closed=True), to_rgba(shape.fill)
    renderer.draw_path(gc, path, page, fill)


def _rectangle(shape: Rectangle) -> Path:
    x0, y0, x1, y1 = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    r = min(shape.radius, shape.width / 2, shape.height / 2)
    if not r:
        return Path([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], closed=True)
    c = r * (1.0 - ROUND)
    points = [
        (x0 + r, y0), (x1 - r, y0), (x1 - c, y0), (x1, y0 + c), (x1, y0 + r),
        (x1, y1 - r), (x1, y1 - c), (x1 - c, y1), (x1 - r, y1),
        (x0 + r, y1), (x0 + c, y1), (x0, y1 - c), (x0, y1 - r),
        (x0, y0 + r), (x0, y0 + c), (x0 + c, y0), (x0 + r, y0), (x0 + r, y0),
    ]  # fmt: skip
    corner = [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    return Path(points, [Path.MOVETO, *4 * corner, Path.CLOSEPOLY])


def _write(renderer: Any, gc: Any, shape: Text, height: float, scale: float) -> None:
    font = _font(shape.size, shape.bold)
    x, y = shape.x * scale, shape.y * scale
    if shape.anchor != "start":
        width, _, _ = renderer.get_text_width_height_descent(shape.text, font, False)
        x -= width if shape.anchor == "end" else width / 2
    gc.set_foreground(shape.colour)
    if shape.text:
        renderer.draw_text(gc, x, y if renderer.flipy() else height - y, shape.text, font, 0.0, ismath=False)


@cache
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(family=["DejaVu Sans"], size=size, weight="bold" if bold else "normal")
