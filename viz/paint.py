"""The built-in engine: scene → layout → shapes on a canvas → SVG, PNG or PDF."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from .canvas import Canvas, Curve, Point, Rectangle, Shape, Text, Triangle, text_width
from .layout import FRAME, MARGIN, ROW, SIZE, SMALL, TINY, TITLE, Layout, Spot, arrange, box_size, row_width
from .scene import FRAMES, INK, LINE, MUTED, PAPER, Arrow, Box, Scene, clean

HEAD = 6.0  # length of an arrow's head
Bounds = tuple[float, float, float, float]  # left, top, right, bottom
Turn = Callable[[float, float], Point]


def draw(scene: Scene, format: str, dpi: float) -> bytes:
    """The scene as "svg", "png" or "pdf"."""
    return paint(scene, arrange(scene)).to_bytes(format, dpi)


def paint(scene: Scene, layout: Layout) -> Canvas:
    """Put a layout on a canvas: frames, arrows, boxes, and on top the numbers on arrows."""
    upright, mirrored = scene.direction in ("TB", "BT"), scene.direction in ("RL", "BT")
    canvas = Canvas(*((layout.wide, layout.long) if upright else (layout.long, layout.wide)))
    head = _add_heading(canvas, scene)

    def turn(u: float, v: float) -> Point:
        u = layout.long - u if mirrored else u
        return (v, u + head) if upright else (u, v + head)

    def bounds(u0: float, v0: float, u1: float, v1: float) -> Bounds:
        (xa, ya), (xb, yb) = turn(u0, v0), turn(u1, v1)
        return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)

    room = Room()
    for frame in scene.frames:
        block = layout.blocks[frame.path]
        x0, y0, x1, y1 = bounds(block.u0, block.top, block.u1, block.top + block.wide)
        fill = FRAMES[(frame.depth - 1) % 2]
        canvas.shapes.append(Rectangle(x0, y0, x1 - x0, y1 - y0, fill, LINE, 0.6, 6.0))
        canvas.shapes.append(Text(x0 + FRAME, y0 + TITLE - 2.0, clean(frame.name), SMALL, MUTED))
        for side in (x0, y0, x0, y1), (x1, y0, x1, y1), (x0, y0, x1, y0), (x0, y1, x1, y1):
            room.take(side)

    boxes = []
    for spot in layout.spots.values():
        box = bounds(spot.u - spot.long / 2, spot.top, spot.u + spot.long / 2, spot.top + spot.wide)
        room.take(box)
        boxes.append((spot, box))
    words: list[Shape] = []
    for (arrow, route), ports in zip(layout.routes, _ports(layout, 26.0 if upright else 10.0)):
        points = [turn(u, v) for u, v in _curve(route, *ports)]
        if route[0].box is not None and route[0].box.id != arrow.tail:
            points.reverse()  # it was turned round to keep the ranks in order
        if arrow.text:
            words += _word(arrow.text, points, room)
        _add_arrow(canvas, arrow, points)
    for spot, (x0, y0, x1, y1) in boxes:
        if spot.box is not None:
            _add_box(canvas, spot.box, x0, y0, x1 - x0, y1 - y0)
    canvas.shapes += words
    return canvas


def _add_heading(canvas: Canvas, scene: Scene) -> float:
    """The key to the boxes and the captions above the picture; returns how far the picture moves down."""
    x = y = MARGIN
    tallest = max((box_size(box)[1] for box in scene.key), default=0.0)
    for box in scene.key:
        width, height = box_size(box)
        _add_box(canvas, box, x, y + (tallest - height) / 2, width, height)
        x += width + 8.0
        canvas.width = max(canvas.width, x + MARGIN)
    y += tallest + 4.0 if scene.key else 0.0
    for line in scene.captions:
        y += ROW
        canvas.shapes.append(Text(MARGIN, y - 3.0, line, SMALL, MUTED))
        canvas.width = max(canvas.width, text_width(line, SMALL) + 2 * MARGIN)
    height = y - MARGIN + 10.0 if y > MARGIN else 0.0
    canvas.height += height
    return height


# ---- arrows -----------------------------------------------------------------------------------------------------


def _ports(layout: Layout, apart: float) -> list[tuple[float, float]]:
    """Where along v each route leaves its tail and enters its head: side by side, in the order of where they go."""
    leaving: dict[int, list[tuple[float, int]]] = {}
    entering: dict[int, list[tuple[float, int]]] = {}
    for i, (_, route) in enumerate(layout.routes):
        leaving.setdefault(id(route[0]), []).append((route[1].v, i))
        entering.setdefault(id(route[-1]), []).append((route[-2].v, i))
    ports = [[route[0].v, route[-1].v] for _, route in layout.routes]
    for end, sides in enumerate((leaving, entering)):
        for side in sides.values():
            spot = layout.routes[side[0][1]][1][-end]
            step = min(apart, spot.wide * 0.6 / max(len(side) - 1, 1))
            for k, (_, i) in enumerate(sorted(side)):
                ports[i][end] = spot.v + (k - (len(side) - 1) / 2) * step
    return [(leave, enter) for leave, enter in ports]


def _curve(route: list[Spot], leave: float, enter: float) -> list[Point]:
    """Béziers from box to box that keep to their lane across each rank between, along u at every end."""
    start = route[0].u + _reach(route[0], leave), leave
    stops = [start]
    for spot in route[1:-1]:
        stops += [(spot.u - spot.long / 2, spot.v), (spot.u + spot.long / 2, spot.v)]
    stops.append((route[-1].u - _reach(route[-1], enter), enter))
    points = [start]
    for (u0, v0), (u1, v1) in zip(stops, stops[1:]):
        half = (u1 - u0) / 2
        points += [(u0 + half, v0), (u1 - half, v1), (u1, v1)]
    return points


def _reach(spot: Spot, v: float) -> float:
    """From a box's centre to its edge at the height v: circles are narrower towards their ends."""
    if spot.box is not None and spot.box.shape == "pill" and spot.long == spot.wide:
        return math.sqrt(max((spot.long / 2) ** 2 - (v - spot.v) ** 2, 0.0))
    return spot.long / 2


def _add_arrow(canvas: Canvas, arrow: Arrow, points: list[Point]) -> None:
    if not arrow.short:
        (x0, y0), (x, y) = points[-2], points[-1]
        length = math.hypot(x - x0, y - y0) or 1.0
        dx, dy = (x - x0) / length, (y - y0) / length
        long, half = HEAD + arrow.width, 2.0 + arrow.width * 0.7
        bx, by = x - long * dx, y - long * dy
        points = [*points[:-1], (bx, by)]
        corners = (x, y), (bx - half * dy, by + half * dx), (bx + half * dy, by - half * dx)
        canvas.shapes.append(Triangle(corners, arrow.colour))
    canvas.shapes.append(Curve(points, arrow.colour, arrow.width, arrow.style == "dotted"))


def _word(text: str, points: list[Point], room: Room) -> list[Shape]:
    """A text on the curve, as near its middle as there is room, on a slip of paper."""
    width, height = text_width(text, SMALL) + 3.0, SMALL + 2.0
    choices = []
    for x, y in _along(points):
        box = x - width / 2, y - height / 2, x + width / 2, y + height / 2
        choices.append((room.crowd(box), box))
        if not choices[-1][0]:
            break
    _, (x0, y0, x1, y1) = min(choices, key=lambda choice: choice[0])
    room.take((x0, y0, x1, y1))
    return [
        Rectangle(x0, y0, width, height, PAPER, "none", 0.0, 3.0),
        Text((x0 + x1) / 2, y1 - height * 0.24, text, SMALL, INK, anchor="middle"),
    ]


def _along(points: list[Point]) -> Iterator[Point]:
    """Points on the curve, from the middle piece outwards and in each piece from its middle."""
    pieces = [points[i : i + 4] for i in range(0, len(points) - 1, 3)][::2]  # the others run under boxes' columns
    middle = (len(pieces) - 1) // 2
    for piece in sorted(range(len(pieces)), key=lambda i: abs(i - middle)):
        for t in (0.45, 0.35, 0.55, 0.25, 0.65, 0.15):
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            p, q, r, s = pieces[piece]
            yield a * p[0] + b * q[0] + c * r[0] + d * s[0], a * p[1] + b * q[1] + c * r[1] + d * s[1]


class Room:
    """What is taken on the page, in a grid of cells so that asking is quick."""

    CELL = 48.0

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[Bounds]] = {}

    def _around(self, box: Bounds) -> Iterator[tuple[int, int]]:
        x0, y0, x1, y1 = (int(side // self.CELL) for side in box)
        return ((x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1))

    def take(self, box: Bounds) -> None:
        for cell in self._around(box):
            self._cells.setdefault(cell, []).append(box)

    def crowd(self, box: Bounds) -> int:
        """How many others it would overlap."""
        x0, y0, x1, y1 = box
        near = {other for cell in self._around(box) for other in self._cells.get(cell, ())}
        return sum(x0 < right and left < x1 and y0 < bottom and top < y1 for left, top, right, bottom in near)


# ---- boxes ------------------------------------------------------------------------------------------------------


def _add_box(canvas: Canvas, box: Box, x: float, y: float, width: float, height: float) -> None:
    radius = min(height / 2, 11.0) if box.shape == "pill" else 6.0 if box.rounded else 0.0
    dashed = box.shape == "note"
    if box.double:
        canvas.shapes.append(Rectangle(x, y, width, height, box.fill, box.line, box.width, radius + 3.0))
        x, y, width, height = x + 3.0, y + 3.0, width - 6.0, height - 6.0
    if box.shape == "stack":
        canvas.shapes.append(Rectangle(x + 3.0, y + 3.0, width, height, box.fill, box.line, box.width, radius))
    canvas.shapes.append(Rectangle(x, y, width, height, box.fill, box.line, box.width, radius, dashed))

    space = width - 16.0
    baseline = y + (height - len(box.rows) * ROW) / 2 + ROW * 0.74
    for row in box.rows:
        if row.name:
            left = x + (width - max(space, row_width(row))) / 2
            canvas.shapes.append(Text(left, baseline, row.name, TINY, MUTED))
            canvas.shapes.append(Text(x + width - (left - x), baseline, row.text, SIZE, row.colour, row.bold, "end"))
        else:
            canvas.shapes.append(Text(x + width / 2, baseline, row.text, SIZE, row.colour, row.bold, "middle"))
        baseline += ROW
