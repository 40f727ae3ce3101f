"""Scene and plan → shapes on a canvas: how everything looks, whoever found its place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from .canvas import Canvas, Curve, Rectangle, Shape, Text, Triangle, text_width
from .layout import FRAME, MARGIN, ROW, SIZE, SMALL, TINY, TITLE, box_size, row_width
from .plan import Bounds, Plan, Point, on_curve
from .scene import FRAMES, INK, LINE, MUTED, PAPER, Arrow, Box, Scene, clean

HEAD = 6.0  # length of an arrow's head
STEP = 7.0  # between the points of a curve at which its number may stand


def paint(scene: Scene, plan: Plan) -> Canvas:
    """Put a scene on a canvas: frames, arrows, boxes, and on top the numbers on arrows."""
    canvas = Canvas(plan.width, plan.height)
    down = _add_heading(canvas, scene)

    boxes, lines = Room(), Room()  # what is taken: numbers keep off boxes, and if they can off other arrows
    for frame in scene.frames:
        x0, y0, x1, y1 = _lowered(plan.frames[frame.path], down)
        fill = FRAMES[(frame.depth - 1) % 2]
        canvas.shapes.append(Rectangle(x0, y0, x1 - x0, y1 - y0, fill, LINE, 0.6, 6.0))
        canvas.shapes.append(Text(x0 + FRAME, y0 + TITLE - 2.0, clean(frame.name), SMALL, MUTED))
        for side in (x0, y0, x0, y1), (x1, y0, x1, y1), (x0, y0, x1, y0), (x0, y1, x1, y1):
            boxes.take(side)
    for bounds in plan.boxes.values():
        boxes.take(_lowered(bounds, down))

    words = []
    for arrow, places in zip(scene.arrows, plan.curves):
        curve = [(x, y + down) for x, y in places]
        _add_arrow(canvas, arrow, curve)
        along = _along(curve)
        for x, y in along:
            lines.take((x, y, x, y))
        if arrow.text:
            words.append((arrow.text, along))
        if not arrow.short:
            (x, y), half = curve[-1], (HEAD + arrow.width) / 2
            boxes.take((x - half, y - half, x + half, y + half))
    for box in scene.boxes:
        x0, y0, x1, y1 = _lowered(plan.boxes[box.id], down)
        _add_box(canvas, box, x0, y0, x1 - x0, y1 - y0)
    for text, along in words:
        canvas.shapes += _word(text, along, boxes, lines)
    return canvas


def word_places(scene: Scene, plan: Plan) -> dict[int, Point]:
    """For each arrow with a text, by its index, where the middle of that text stands when the scene is painted."""
    bare = replace(scene, key=[], captions=[])
    slips = [shape for shape in paint(bare, plan).shapes if isinstance(shape, Rectangle)]
    worded = [i for i, arrow in enumerate(scene.arrows) if arrow.text]
    last = slips[len(slips) - len(worded) :]  # words are painted last, a slip of paper under each
    return {i: (slip.x + slip.width / 2, slip.y + slip.height / 2) for i, slip in zip(worded, last)}


def _lowered(bounds: Bounds, down: float) -> Bounds:
    x0, y0, x1, y1 = bounds
    return x0, y0 + down, x1, y1 + down


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


def _add_arrow(canvas: Canvas, arrow: Arrow, points: list[Point]) -> None:
    if not arrow.short:
        (x0, y0), (x, y) = next((p for p in reversed(points) if p != points[-1]), points[-1]), points[-1]
        length = math.hypot(x - x0, y - y0) or 1.0
        dx, dy = (x - x0) / length, (y - y0) / length
        long, half = HEAD + arrow.width, 2.0 + arrow.width * 0.7
        bx, by = x - long * dx, y - long * dy
        points = [*points[:-1], (bx, by)]
        corners = (x, y), (bx - half * dy, by + half * dx), (bx + half * dy, by - half * dx)
        canvas.shapes.append(Triangle(corners, arrow.colour))
    canvas.shapes.append(Curve(points, arrow.colour, arrow.width, arrow.style == "dotted"))


def _word(text: str, along: list[Point], boxes: Room, lines: Room) -> list[Shape]:
    """A text on the curve, as near its middle as there is room, on a slip of paper."""
    width, height = text_width(text, SMALL) + 3.0, SMALL + 2.0
    choices = []
    near = math.ceil(width / STEP)
    for i in _from_the_middle(len(along)):
        x, y = along[i]
        slip = x - width / 2, y - height / 2, x + width / 2, y + height / 2
        own = sum(slip[0] < a < slip[2] and slip[1] < b < slip[3] for a, b in along[max(i - near, 0) : i + near])
        choices.append((boxes.crowd(slip), lines.crowd(slip) - own, slip))
        if choices[-1][:2] == (0, 0):
            break
    _, _, (x0, y0, x1, y1) = min(choices, key=lambda choice: choice[:2])
    boxes.take((x0, y0, x1, y1))
    return [
        Rectangle(x0, y0, width, height, PAPER, "none", 0.0, 3.0),
        Text((x0 + x1) / 2, y1 - height * 0.24, text, SMALL, INK, anchor="middle"),
    ]


def _from_the_middle(n: int) -> list[int]:
    """Of 0 … n-1 the middle one, those beside it, and so on outwards, a few dozen at most."""
    return sorted(range(0, n, 1 + n // 50), key=lambda i: abs(i - (n - 1) / 2))


def _along(points: list[Point]) -> list[Point]:
    """Points on the curve, about STEP apart: without its ends, and at least one."""
    found: list[Point] = []
    for i in range(0, len(points) - 1, 3):
        p, q, r, s = points[i : i + 4]
        n = max(1, round((math.dist(p, q) + math.dist(q, r) + math.dist(r, s)) / STEP))
        found += [on_curve(points[i : i + 4], (k + 0.5) / n) for k in range(n)]
    return found


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
