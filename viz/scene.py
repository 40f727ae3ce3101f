"""What a picture shows, before anything has a position: boxes, arrows and frames with their words, colours and widths.

What lays it out (`engines.py`) and what draws it (`paint.py`, and `dot.py` as text) add no words and no colours.

The colours are Okabe and Ito's, which readers with any kind of colour vision tell apart; and nothing is said by colour
alone. What a box is shows in its outline, the sign of a gradient in its +/-, its size in the width of the arrow it
flows back along. A gradient of 0 is written; where no backward has been there is a dash.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .graph import Graph, Node, Scope

INK, MUTED, LINE, PAPER = "#1f2933", "#6b7785", "#9aa5b1", "#ffffff"
BLUE, VERMILLION, GREEN, ORANGE, SKY, PURPLE = "#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7"
POSITIVE, NEGATIVE = "#0067a3", "#b34700"  # blue and vermillion, dark enough for small letters
FRAMES = ("#f4f6f8", "#e9edf2")  # outer and inner frames take turns

Direction: TypeAlias = Literal["LR", "TB", "RL", "BT"]
PARTS = ("label", "data", "grad", "op", "local")

SYMBOLS = {"*": "×", "-": "−", "/": "÷", "neg": "−x", "sqrt": "√", "**": "xᶻ"}
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(slots=True)
class Row:
    """A line of a box: a small name on the left, a value on the right. Without a name the value is centred."""

    name: str
    text: str
    colour: str = INK
    bold: bool = False


@dataclass(slots=True)
class Box:
    """A card (a value), a pill (an operation), a stack (a folded scope) or a note."""

    id: str
    shape: Literal["card", "pill", "stack", "note"]
    rows: list[Row]
    fill: str = PAPER
    line: str = LINE
    width: float = 1.0
    rounded: bool = True
    double: bool = False
    scope: str = ""


@dataclass(slots=True)
class Arrow:
    """From `tail` to `head`; `text` stands beside it."""

    tail: str
    head: str
    text: str = ""
    colour: str = LINE
    width: float = 1.0
    style: Literal["solid", "dotted"] = "solid"
    short: bool = False  # from an operation to its own result
    ranks: int = 1  # at least this far: into a frame 2, so that the frame begins after its inputs


@dataclass(slots=True)
class Scene:
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    frames: list[Scope] = field(default_factory=list)
    direction: Direction = "LR"
    crowded: bool = False  # so many arrows between folded scopes that they need space more than words
    key: list[Box] = field(default_factory=list)  # what kinds of boxes there are
    captions: list[str] = field(default_factory=list)  # lines above the picture


def scene_of(
    graph: Graph,
    *,
    direction: Direction = "LR",
    precision: int = 4,
    show: Iterable[str] = PARTS,
    legend: bool = True,
) -> Scene:
    """Choose words, colours and widths for a record.

    Args:
        direction: "LR" from left to right, "TB" from top to bottom, and their reverses "RL", "BT".
        precision: significant digits of numbers, 1 to 17.
        show: any of "label", "data", "grad", "op", "local".
        legend: say above the picture what its boxes, arrows and numbers are.
    """
    if direction not in ("LR", "TB", "RL", "BT"):
        raise ValueError(f"direction: {direction!r} is none of 'LR', 'TB', 'RL', 'BT'.")
    if isinstance(precision, bool) or not isinstance(precision, int) or not 1 <= precision <= 17:
        raise ValueError(f"precision: needs a number of significant digits from 1 to 17, got {precision!r}.")
    parts = {show} if isinstance(show, str) else set(show)
    if unknown := parts - set(PARTS):
        raise ValueError(f"show: {', '.join(map(repr, sorted(unknown)))} is none of {', '.join(map(repr, PARTS))}.")

    scene = Scene(frames=graph.scopes, direction=direction)
    if graph.notice:
        scene.captions.append(graph.notice)
    entry: dict[int, str] = {}  # where arrows into a node end: at its operation if that is drawn
    for node in graph.nodes:
        entry[node.id] = f"n{node.id}"
        if "op" in parts and node.op and node.kind == "value":
            entry[node.id] = f"op{node.id}"
            scene.boxes.append(_pill(node))
            scene.arrows.append(Arrow(entry[node.id], f"n{node.id}", short=True))
        scene.boxes.append(_box(node, parts, precision))

    flows = [abs(edge.flow) for edge in graph.edges if edge.flow is not None and math.isfinite(edge.flow)]
    largest = max(flows, default=0.0)
    scene.crowded = sum("group" in (graph.nodes[e.source].kind, graph.nodes[e.target].kind) for e in graph.edges) > 24
    for edge in graph.edges:
        source, target = graph.nodes[edge.source], graph.nodes[edge.target]
        arrow = Arrow(f"n{source.id}", entry[target.id])
        if target.kind == "value" and not f"{source.scope}/".startswith(f"{target.scope}/".lstrip("/")):
            arrow.ranks = 2
        if scene.crowded and "group" in (source.kind, target.kind):
            pass
        elif edge.count > 1:
            arrow.text = f"×{edge.count:,}"
        elif edge.local is not None and "local" in parts:
            arrow.text = number(edge.local, precision)
        if edge.flow is not None:
            _style(arrow, edge.flow, largest)
        scene.arrows.append(arrow)
    if legend:
        _explain(scene, graph, parts)
    return scene


def _explain(scene: Scene, graph: Graph, parts: set[str]) -> None:
    roles = {node.role for node in graph.nodes if node.kind == "value" or node.role in ("leaf", "parameter")}
    for role, word in ("leaf", "input"), ("parameter", "parameter"), ("inner", "between"), ("output", "output"):
        if role in roles:
            scene.key.append(_outlined(Box("", "card", [Row("", word)]), role))
    if any(node.kind == "group" for node in graph.nodes):
        scene.key.append(Box("", "stack", [Row("", "folded")], FRAMES[1], MUTED))
    if any(edge.local is not None for edge in graph.edges) and "local" in parts and not scene.crowded:
        scene.captions.append("number on an arrow: local derivative")
    if any(edge.count > 1 for edge in graph.edges) and not scene.crowded:
        scene.captions.append("×3 on an arrow: it stands for 3")
    if any(edge.flow is not None for edge in graph.edges):
        scene.captions.append("width of an arrow: gradient flowing back along it (blue +, orange -, dotted 0)")
    if any(node.grad is None and node.kind == "value" for node in graph.nodes) and "grad" in parts:
        scene.captions.append("grad –: no backward yet")


def _style(arrow: Arrow, flow: float, largest: float) -> None:
    if flow == 0.0:
        arrow.style = "dotted"
    elif math.isfinite(flow):
        # The area a stroke covers grows with its width: a square root keeps small gradients visible.
        arrow.width = 1.0 + 2.5 * math.sqrt(abs(flow) / largest)
        arrow.colour = BLUE if flow > 0.0 else VERMILLION
    else:
        arrow.width, arrow.colour = 3.5, PURPLE


def _pill(node: Node) -> Box:
    return Box(f"op{node.id}", "pill", [Row("", op_symbol(node.op), PAPER, bold=True)], INK, INK, scope=node.scope)


def _box(node: Node, parts: set[str], precision: int) -> Box:
    if node.kind == "more":
        return Box(f"n{node.id}", "note", [Row("", clean(node.label), MUTED)], "#f7f7f7")
    box = Box(f"n{node.id}", "card", [], scope=node.scope)
    if node.kind == "group":
        box.shape, box.fill, box.line = "stack", FRAMES[1], MUTED
        box.rows.append(Row("", clean(node.label), bold=True))
        box.rows.append(Row("values", f"{node.count:,}"))
        if node.parameters:
            box.rows.append(Row("parameters", f"{node.parameters:,}"))
    elif node.label and "label" in parts:
        box.rows.append(Row("", clean(node.label), bold=True))
    if "data" in parts and node.data is not None:
        box.rows.append(Row("data", number(node.data, precision)))
    if "grad" in parts and (node.kind == "value" or node.data is not None):
        box.rows.append(Row("grad", *_signed(node.grad, precision)))

    _outlined(box, node.role)
    if any(x is not None and not math.isfinite(x) for x in (node.data, node.grad)):
        box.fill, box.line, box.width = "#fbeaf3", PURPLE, 2.5
    return box


def _outlined(box: Box, role: str) -> Box:
    if role == "leaf":
        box.fill, box.line, box.width = "#eaf5fd", SKY, 1.6
    elif role == "parameter":
        box.fill, box.line, box.width, box.rounded = "#fdf3dc", ORANGE, 1.6, False
    elif role == "output":
        box.fill, box.line, box.width, box.double = "#e2f5ee", GREEN, 1.6, True
    return box


def _signed(grad: float | None, precision: int) -> tuple[str, str]:
    """A gradient with its sign, and the colour of the sign."""
    if grad is None:
        return "–", MUTED
    if grad == 0.0:
        return "0", INK
    text = number(grad, precision)
    return (f"+{text}", POSITIVE) if grad > 0.0 else (text, NEGATIVE if grad < 0.0 else INK)


# ---- words ------------------------------------------------------------------------------------------------------


def number(x: float, precision: int = 4) -> str:
    """`precision` significant digits: 2.0, -0.7071, 1.5e-07, inf."""
    text = format(float(x), f".{precision}g")
    return text + ".0" if text.lstrip("-").isdigit() else text


def op_symbol(op: str) -> str:
    """The operation as it is written by hand: ×, √, x²."""
    if op.startswith("**") and len(op) > 2:
        power = op[2:].removesuffix(".0")
        return "x" + power.translate(SUPERSCRIPTS) if power.lstrip("-").isdecimal() else clean(f"x^{power}")
    return SYMBOLS.get(op) or clean(op)


def clean(text: object, length: int = 40) -> str:
    """One line of printable text: what cannot be printed as its escape (\\n), long text cut with an ellipsis."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text)[: length + 1])
    return line if len(line) <= length else line[: length - 1] + "…"
