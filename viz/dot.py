"""Scene → DOT, the language of Graphviz.

All text of the user's goes through `_escape` into an HTML-like label; node names are ours (n0, op3). So no label,
whatever it holds, can end a string, open a tag or name a port.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable

from .canvas import text_width
from .graph import Scope
from .layout import SMALL, TITLE, box_size
from .scene import FRAMES, INK, LINE, MUTED, PAPER, Arrow, Box, Row, Scene, clean

FONT = "DejaVu Sans,Verdana,Helvetica,Arial,sans-serif"  # relatives in width, for whoever opens the SVG


def source(scene: Scene) -> str:
    """The whole DOT text."""
    return "\n".join(["digraph {", *("\t" + line for line in body(scene)), "}", ""])


def body(scene: Scene) -> list[str]:
    """The lines between the outer braces: settings, frames with their boxes, arrows."""
    upright = scene.direction in ("TB", "BT")
    gap = 1.2 if scene.crowded else 0.25 if upright else 0.3
    lines = [
        f'graph [rankdir={scene.direction} charset=utf8 bgcolor="{PAPER}" fontname="{FONT}" fontsize=10 pad=0.2 '
        f"nodesep={0.3 if upright else 0.15} ranksep={gap} nslimit=4 nslimit1=4]",
        # The label is Graphviz's own default. pygraphviz forgets it, and boxes added by hand would be empty.
        f'node [label="\\N" shape=box style="filled,rounded" fillcolor="{PAPER}" color="{LINE}" margin="0.06,0.03" '
        f'fontname="{FONT}" fontsize=10 fontcolor="{INK}"]',
        f'edge [color="{LINE}" arrowsize=0.6 fontname="{FONT}" fontsize=9 fontcolor="{INK}"]',
    ]
    if scene.key or scene.captions:
        lines.append(f"graph [label={_heading(scene)} labelloc=t labeljust=l]")
    return lines + _nested(scene, _box, _framed) + [_arrow(arrow) for arrow in scene.arrows]


def skeleton(scene: Scene) -> str:
    """DOT of the same graph for Graphviz to lay out and not to draw: boxes of our sizes, without words."""
    upright = scene.direction in ("TB", "BT")
    lines = [
        f"graph [rankdir={scene.direction} nodesep={0.3 if upright else 0.15} ranksep=0.3 nslimit=4 nslimit1=4]",
        'node [shape=box fixedsize=true label=""]',
        "edge [dir=none]",
        *_nested(scene, _place, lambda frame: f"label={_blank(*_title(frame))} labeljust=l margin=8"),
    ]
    for i, arrow in enumerate(scene.arrows):
        settings = [f"id=a{i}", "weight=10" if arrow.short else f"minlen={arrow.ranks}"]
        if arrow.text:
            settings.append(f"label={_blank(text_width(arrow.text, SMALL) + 6.0, SMALL)}")
        lines.append(f"{arrow.tail} -> {arrow.head} [{' '.join(settings)}]")
    return "\n".join(["digraph {", *("\t" + line for line in lines), "}", ""])


def _place(box: Box) -> str:
    width, height = box_size(box)
    shape = " shape=circle" if box.shape == "pill" and width == height else ""
    return f"{box.id} [width={width / 72:.4f} height={height / 72:.4f}{shape}]"


def _title(frame: Scope) -> tuple[float, float]:
    return text_width(clean(frame.name), SMALL), TITLE - 6.0


def _blank(width: float, height: float) -> str:
    """A label that takes so much room and shows nothing."""
    size = f'fixedsize="true" width="{math.ceil(width)}" height="{math.ceil(height)}"'
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr><td {size}></td></tr></table>>'


def _heading(scene: Scene) -> str:
    """What stands above the picture: the key to its boxes, and lines of text."""
    rows = ['<table border="0" cellspacing="6" cellpadding="4"><tr>' + "".join(map(_key, scene.key)) + "</tr></table>"]
    rows = rows if scene.key else []
    rows += [f'<font color="{MUTED}">{_escape(line)}</font>' for line in scene.captions]
    body = "".join(f'<tr><td align="left">{row}</td></tr>' for row in [*rows, "&#160;"])
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{body}</table>>'


def _key(box: Box) -> str:
    style = ' style="rounded"' if box.rounded else ""
    looks = f'border="{max(1, round(box.width))}" color="{box.line}" bgcolor="{box.fill}"{style}'
    return f"<td {looks}>{_text(box.rows[0])}</td>"


def _framed(frame: Scope) -> str:
    return (
        f'label=<{_escape(clean(frame.name))}> fontcolor="{MUTED}" labeljust=l style="rounded,filled" '
        f'fillcolor="{FRAMES[(frame.depth - 1) % 2]}" color="{LINE}" penwidth=0.6 margin=8'
    )


def _nested(scene: Scene, line_of: Callable[[Box], str], settings_of: Callable[[Scope], str]) -> list[str]:
    """Boxes inside clusters inside clusters. Scopes come outer before inner, so a stack of open ones is enough."""
    inside: dict[str, list[str]] = {"": []}
    for frame in scene.frames:
        inside[frame.path] = []
    for box in scene.boxes:
        inside[box.scope].append(line_of(box))
    for i, frame in reversed(list(enumerate(scene.frames))):
        inside[frame.parent] += [
            f"subgraph cluster_{i} {{",
            f"\tgraph [{settings_of(frame)}]",
            *("\t" + line for line in inside[frame.path]),
            "}",
        ]
    return inside[""]


def _box(box: Box) -> str:
    settings = [f"label={_label(box)}"]  # always: a node without one loses its name on the way through pygraphviz
    if box.shape == "pill":
        small = len(box.rows[0].text) <= 2
        settings.append("shape=circle width=0.3 fixedsize=true" if small else 'height=0.3 margin="0.08,0.03"')
    elif box.shape == "note":
        settings.append('shape=note style="filled,dashed" margin="0.1,0.05"')
    elif not box.rounded:
        settings.append("style=filled")
    if box.fill != PAPER:
        settings.append(f'fillcolor="{box.fill}"')
    if box.line != LINE:
        settings.append(f'color="{box.line}"')
    if box.width != 1.0:
        settings.append(f"penwidth={box.width:g}")
    if box.double:
        settings.append("peripheries=2")
    return f"{box.id} [{' '.join(settings)}]"


def _label(box: Box) -> str:
    if box.shape == "pill":
        return f"<{_text(box.rows[0])}>"
    rows = "".join(_row(row) for row in box.rows)
    table = '<table border="0" cellborder="0" cellspacing="0" cellpadding="2">'
    return f"<{table}{rows or '<tr><td></td></tr>'}</table>>"


def _row(row: Row) -> str:
    if not row.name:
        return f'<tr><td colspan="2">{_text(row)}</td></tr>'
    name = f'<font color="{MUTED}" point-size="8">{_escape(row.name)}&#160;&#160;</font>'
    return f'<tr><td align="left">{name}</td><td align="right">{_text(row)}</td></tr>'


def _text(row: Row) -> str:
    text = _escape(row.text)
    text = f"<b>{text}</b>" if row.bold else text
    return text if row.colour == INK else f'<font color="{row.colour}">{text}</font>'


def _arrow(arrow: Arrow) -> str:
    settings = []
    if arrow.text:
        settings.append(f"label=<{_escape(' ' + arrow.text + ' ')}>")
    if arrow.short:
        settings.append("weight=10 arrowhead=none")
    else:
        settings.append(f'color="{arrow.colour}" penwidth={arrow.width:.2f}')
    if arrow.ranks > 1:
        settings.append(f"minlen={arrow.ranks}")
    if arrow.style != "solid":
        settings.append(f"style={arrow.style}")
    return f"{arrow.tail} -> {arrow.head} [{' '.join(settings)}]"


def _escape(text: str) -> str:
    r"""Safe inside an HTML-like label: & < > " as entities, and \ twice, since \N would become the node's name."""
    return html.escape(text).replace("\\", "&#92;&#92;")
