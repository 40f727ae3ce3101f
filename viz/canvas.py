"""Four shapes and two ways to put them on paper: SVG, which needs nothing, and matplotlib for PNG and PDF.

Units are points (1/72 inch), x to the right, y downwards.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from html import escape
from typing import TypeAlias

from .scene import PAPER

FAMILY = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"  # relatives in width, for whoever opens the SVG
SIDE = 30_000  # pixels along a side of a PNG: what libraries still take
PIXELS = 80_000_000  # in all: Pillow takes what has 89,478,486 for an attack

Point: TypeAlias = tuple[float, float]


@dataclass(slots=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    fill: str
    line: str
    stroke: float = 1.0
    radius: float = 0.0
    dashed: bool = False


@dataclass(slots=True)
class Curve:
    """A chain of cubic Béziers: a start, then two control points and an end for each piece."""

    points: list[Point]
    line: str
    stroke: float = 1.0
    dotted: bool = False


@dataclass(slots=True)
class Triangle:
    points: tuple[Point, Point, Point]
    fill: str


@dataclass(slots=True)
class Text:
    """`anchor` says which end of the text, or its middle, is at x; y is the baseline."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    anchor: str = "start"


Shape: TypeAlias = Rectangle | Curve | Triangle | Text


@dataclass(slots=True)
class Canvas:
    width: float = 0.0
    height: float = 0.0
    shapes: list[Shape] = field(default_factory=list)

    def to_bytes(self, format: str, dpi: float) -> bytes:
        """SVG, PNG or PDF. PNG and PDF raise ImportError where matplotlib is missing."""
        return self.svg().encode() if format == "svg" else self._matplotlib(format, dpi)

    # ---- SVG ----------------------------------------------------------------------------------------------------

    def svg(self) -> str:
        w, h = f"{self.width:.1f}", f"{self.height:.1f}"
        return "\n".join(
            [
                '<?xml version="1.0" encoding="UTF-8"?>',
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}pt" height="{h}pt" viewBox="0 0 {w} {h}" '
                f'font-family="{FAMILY}">',
                f'<rect width="100%" height="100%" fill="{PAPER}"/>',
                *map(_svg_shape, self.shapes),
                "</svg>",
                "",
            ]
        )

    # ---- matplotlib ---------------------------------------------------------------------------------------------

    def _matplotlib(self, format: str, dpi: float) -> bytes:
        try:
            from .ink import drawn
        except ImportError as error:
            raise ImportError(
                f"render: drawing a {format.upper()} needs matplotlib, which is not installed. "
                "Run: pip install matplotlib, or ask for .svg, which needs nothing."
            ) from error
        return drawn(self, format, self.sharpest(dpi))

    def sharpest(self, dpi: float) -> float:
        """The resolution asked for, or the highest with which programs still open the picture."""
        return min(dpi, 72 * SIDE / max(self.width, self.height), 72 * math.sqrt(PIXELS / (self.width * self.height)))


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, Rectangle):
        dash = ' stroke-dasharray="4 3"' if shape.dashed else ""
        return (
            f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" height="{shape.height:.1f}" '
            f'rx="{shape.radius:g}" fill="{shape.fill}" stroke="{shape.line}" stroke-width="{shape.stroke:g}"{dash}/>'
        )
    if isinstance(shape, Curve):
        start, *rest = (f"{x:.1f} {y:.1f}" for x, y in shape.points)
        dash = ' stroke-dasharray="1.5 3"' if shape.dotted else ""
        return (
            f'<path d="M{start} C{" ".join(rest)}" fill="none" stroke="{shape.line}" '
            f'stroke-width="{shape.stroke:.2f}"{dash}/>'
        )
    if isinstance(shape, Triangle):
        return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)}" fill="{shape.fill}"/>'
    weight = ' font-weight="bold"' if shape.bold else ""
    return (
        f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size:g}" fill="{shape.colour}" '
        f'text-anchor="{shape.anchor}"{weight} xml:space="preserve">{escape(shape.text)}</text>'
    )


# ---- the width of words -----------------------------------------------------------------------------------------

# Advance widths of DejaVu Sans from " " to "~", in hundredths of the font size. Measured here and not asked of a font,
# so that the layout needs no font and is the same on every machine.
_ADVANCES = (
    "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 "
    "100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 "
    "50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84"
)
ADVANCES = {chr(32 + i): int(advance) / 100 for i, advance in enumerate(_ADVANCES.split())}


def text_width(text: str, size: float, bold: bool = False) -> float:
    """How wide DejaVu Sans sets `text`; for signs beyond ASCII a safe guess."""
    ems = sum(ADVANCES.get(c) or (1.05 if unicodedata.east_asian_width(c) in "WF" else 0.84) for c in text)
    return ems * size * (1.16 if bold else 1.0)
