"""Where everything stands on the page: what each engine answers, and all that is painted besides the scene.

Graphviz and the built-in layout only find places. The picture itself is always drawn by `paint.py`, and so looks the
same whoever laid it out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from .layout import MARGIN, Layout, Spot, box_size
from .scene import Scene

Point: TypeAlias = tuple[float, float]
Bounds: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(slots=True)
class Plan:
    """Places in points, x to the right and y downwards.

    Attributes:
        width, height: of the page.
        boxes: where each box of the scene is, by its id.
        frames: where each frame is, by its path.
        curves: for each arrow of the scene a chain of cubic Béziers from its tail's edge to its head's: a start, then
            two control points and an end for each piece.
    """

    width: float
    height: float
    boxes: dict[str, Bounds]
    frames: dict[str, Bounds]
    curves: list[list[Point]]

    def crossings(self) -> int:
        """How many pairs of arrows cross, counted on polygons through their curves: what makes a graph hard to read."""
        pieces = sorted(
            (min(a[0], b[0]), max(a[0], b[0]), i, a, b)
            for i, curve in enumerate(self.curves)
            for a, b in pairwise(_polygon(curve))
        )
        found: set[tuple[int, int]] = set()
        passing: list[tuple[float, int, Point, Point]] = []  # those that the vertical line through `left` meets
        for left, right, i, a, b in pieces:
            passing = [piece for piece in passing if piece[0] > left]
            for _, j, c, d in passing:
                if i != j and _side(a, b, c) * _side(a, b, d) < 0.0 > _side(c, d, a) * _side(c, d, b):
                    found.add((min(i, j), max(i, j)))
            passing.append((right, i, a, b))
        return len(found)


def _polygon(curve: list[Point], pieces: int = 5) -> list[Point]:
    """An odd number of pieces, so that a crossing half-way is none of its corners."""
    found = curve[:1]
    for i in range(0, len(curve) - 1, 3):
        found += [on_curve(curve[i : i + 4], (k + 1) / pieces) for k in range(pieces)]
    return found


def on_curve(piece: list[Point], t: float) -> Point:
    """The point of a cubic Bézier at 0 ≤ t ≤ 1."""
    a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    (px, py), (qx, qy), (rx, ry), (sx, sy) = piece
    return a * px + b * qx + c * rx + d * sx, a * py + b * qy + c * ry + d * sy


def _side(a: Point, b: Point, c: Point) -> float:
    """On which side of the line from a to b the point c lies."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


# ---- from the built-in layout -----------------------------------------------------------------------------------


def plan_of(scene: Scene, layout: Layout) -> Plan:
    """Turn a layout, which runs along u, into the direction of the scene."""
    upright, mirrored = scene.direction in ("TB", "BT"), scene.direction in ("RL", "BT")

    def turn(u: float, v: float) -> Point:
        u = layout.long - u if mirrored else u
        return (v, u) if upright else (u, v)

    def bounds(u0: float, v0: float, u1: float, v1: float) -> Bounds:
        (xa, ya), (xb, yb) = turn(u0, v0), turn(u1, v1)
        return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)

    plan = Plan(*((layout.wide, layout.long) if upright else (layout.long, layout.wide)), {}, {}, [])
    for frame in scene.frames:
        block = layout.blocks[frame.path]
        plan.frames[frame.path] = bounds(block.u0, block.top, block.u1, block.top + block.wide)
    for name, spot in layout.spots.items():
        plan.boxes[name] = bounds(spot.u - spot.long / 2, spot.top, spot.u + spot.long / 2, spot.top + spot.wide)
    for (arrow, route), ports in zip(layout.routes, _ports(layout, 26.0 if upright else 10.0)):
        curve = [turn(u, v) for u, v in _curve(route, *ports)]
        if route[0].box is not None and route[0].box.id != arrow.tail:
            curve.reverse()  # it was turned round to keep the ranks in order
        plan.curves.append(curve)
    return plan


def _ports(layout: Layout, apart: float) -> list[Point]:
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


# ---- from Graphviz ----------------------------------------------------------------------------------------------


def plan_of_json(scene: Scene, text: str | bytes) -> Plan:
    """What Graphviz answers to `dot.skeleton(scene)` with `-Tjson0`. It measures y upwards.

    Raises:
        RuntimeError: that is not what it answered.
    """
    try:
        answer = json.loads(text)
        width, height = (float(x) for x in answer["bb"].split(",")[2:])
        found = {thing["name"]: thing for thing in answer.get("objects", ())}
        edges = {edge["id"]: edge["pos"] for edge in answer.get("edges", ())}
        turn = _turned(height)
        plan = Plan(width + 2 * MARGIN, height + 2 * MARGIN, {}, {}, [])
        for i, frame in enumerate(scene.frames):
            left, bottom, right, top = (float(x) for x in found[f"cluster_{i}"]["bb"].split(","))
            plan.frames[frame.path] = *turn(left, top), *turn(right, bottom)
        for box in scene.boxes:
            x, y = turn(*map(float, found[box.id]["pos"].split(",")))
            w, h = box_size(box)
            plan.boxes[box.id] = x - w / 2, y - h / 2, x + w / 2, y + h / 2
        for i, arrow in enumerate(scene.arrows):
            places = [place for place in edges[f"a{i}"].split() if place[0] not in "es"]
            plan.curves.append([turn(*map(float, place.split(","))) for place in places])
            if len(places) % 3 != 1:
                raise ValueError(f"a curve from {arrow.tail} to {arrow.head} with {len(places)} points")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise RuntimeError(f"its answer cannot be read: {type(error).__name__}: {error}") from None
    return plan


def _turned(height: float) -> Callable[[float, float], Point]:
    def turn(x: Any, y: Any) -> Point:
        return x + MARGIN, height - y + MARGIN

    return turn
