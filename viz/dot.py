"""Scene → DOT, the language of Graphviz.

All text of the user's goes through `_escape` into an HTML-like label; node names are ours (n0, op3). So no label,
whatever it holds, can end a string, open a tag or name a port.
"""

from __future__ import annotations

import html

from .scene import FRAMES, INK, LINE, MUTED, PAPER, Arrow, Box, Row, Scene

FONT = "DejaVu Sans,Verdana,Helvetica,Arial,sans-serif"  # relatives in width, for whoever opens the SVG


def source(scene: Scene) -> str:
    """The whole DOT text."""
    return "\n".join(["digraph {", *("\t" + line for line in body(scene)), "}", ""])


def body(scene: Scene) -> list[str]:
    """The lines between the outer braces: settings, frames with their boxes, arrows."""
    vertical = scene.direction in ("TB", "BT")
    lines = [
        f'graph [rankdir={scene.direction} bgcolor="{PAPER}" fontname="{FONT}" fontsize=10 pad=0.2 '
        f"nodesep={0.3 if vertical else 0.15} ranksep={0.25 if vertical else 0.3} nslimit=4 nslimit1=4 charset=utf8]",
        f'node [fontname="{FONT}" fontsize=10 margin="0.06,0.03" shape=box]',
        f'edge [fontname="{FONT}" fontsize=9 fontcolor="{INK}" color="{LINE}" arrowsize=0.6]',
    ]
    if scene.notice:
        lines.append(f"graph [label=<{_escape(scene.notice)}> labelloc=t labeljust=l]")
    lines += _framed(scene)
    lines += [_arrow(arrow) for arrow in scene.arrows]
    return lines


def _framed(scene: Scene) -> list[str]:
    """Boxes inside clusters inside clusters. Scopes come outer before inner, so a stack of open ones is enough."""
    inside: dict[str, list[str]] = {"": []}
    for frame in scene.frames:
        inside[frame.path] = []
    for box in scene.boxes:
        inside[box.scope].append(_box(box))
    for i, frame in reversed(list(enumerate(scene.frames))):
        fill = FRAMES[(frame.depth - 1) % 2]
        inside[frame.parent] += [
            f"subgraph cluster_{i} {{",
            f'\tgraph [label=<{_escape(frame.name)}> fontcolor="{MUTED}" labeljust=l style="rounded,filled" '
            f'fillcolor="{fill}" color="{LINE}" penwidth=0.6 margin=8]',
            *("\t" + line for line in inside[frame.path]),
            "}",
        ]
    return inside[""]


def _box(box: Box) -> str:
    settings = {
        "label": _label(box),
        "style": '"filled,rounded"' if box.rounded else "filled",
        "fillcolor": f'"{box.fill}"',
        "color": f'"{box.line}"',
        "penwidth": f"{box.width:g}",
    }
    if box.double:
        settings["peripheries"] = "2"
    if box.shape == "pill":
        settings |= {"height": "0.3", "width": "0.3"}
        if len(box.rows[0].text) <= 2:
            settings |= {"shape": "circle", "style": "filled", "fixedsize": "true"}
        else:
            settings |= {"margin": '"0.08,0.03"'}
    elif box.shape == "note":
        settings |= {"shape": "note", "style": '"filled,dashed"', "margin": '"0.1,0.05"'}
    return f"{box.id} [{' '.join(f'{name}={value}' for name, value in settings.items())}]"


def _label(box: Box) -> str:
    if box.shape in ("pill", "note"):
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
    return f'<font color="{row.colour}">{f"<b>{text}</b>" if row.bold else text}</font>'


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
    """Safe inside an HTML-like label: & < > " as entities, and the backslash, which Graphviz would read even there."""
    return html.escape(text).replace("\\", "&#92;")
