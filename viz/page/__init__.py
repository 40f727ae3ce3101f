"""The page that steps through backward: one HTML file that asks nothing of the network and nothing of a server.

Python lays the graph out (`layout.py`, as for a picture) and writes the record beside it; the scripts draw it, compute the
record again on load, and step. Text reaches the page through `textContent` and JSON alone, and the page's own policy
(CSP) allows no request at all.
"""

from __future__ import annotations

import base64
import json
import os
import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from ..engines import write
from ..graph import Graph
from ..layout import arrange
from ..paint import paint, word_places
from ..plan import plan_of
from ..record import Record, record_of
from ..replay import replay
from ..scene import Direction, clean, op_symbol, scene_of
from ..steps import check_mode

HERE = Path(__file__).parent
SCRIPTS = ("engine.js", "steps.js", "draw.js", "words.js", "keys.js")
MOST_VALUES = 400  # each has a box of its own
WIDEST = -1.2345678901234567e-05  # what a box has room for: numbers change while stepping


@dataclass(frozen=True, slots=True)
class Page:
    """What `viz.step` returns: it shows itself in a notebook, and `save` writes it to a file for a browser.

    Attributes:
        html: the whole page.
        record: what it shows.
    """

    html: str
    record: Record
    height: int = 640

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page, whole or not at all; open it in any browser, from the disk."""
        write(Path(path), self.html.encode())
        return Path(path)

    def _repr_html_(self) -> str:
        """For notebooks: a frame that may run its own scripts and do nothing else, and the still picture below it."""
        title = escape(f"Steps of {self.record.title or 'a computation'}", quote=True)
        frame = (
            f'<iframe srcdoc="{escape(self.html, quote=True)}" sandbox="allow-scripts" title="{title}" '
            f'style="width:100%;height:{self.height}px;border:1px solid #9aa5b1"></iframe>'
        )
        with suppress(ImportError):  # no matplotlib: the frame alone
            picture = base64.b64encode(_picture(self.record)).decode()
            frame += (
                "<details><summary>as a still picture</summary>"
                f'<img alt="computation graph" style="max-width:100%" src="data:image/png;base64,{picture}"></details>'
            )
        return frame

    def __repr__(self) -> str:
        return f"<viz page: {len(self.record.graph.nodes)} values, {len(self.html) // 1024} KB>"


def step(
    x: Any,
    *,
    title: str = "",
    mode: str = "true",
    direction: Direction = "LR",
    precision: int = 4,
    parameters: Any = None,
    height: int = 640,
) -> Page:
    """A page that steps through the computation of `x` and its backward, one edge's contribution at a time.

    In a notebook it shows itself; `.save("x.html")`, or `viz.render(x, "x.html")`, writes one file for any browser, which
    loads nothing. On load the page computes every value and gradient again and says whether they equal the engine's.

    Args:
        x: a Value, or a Record. No backward need have been run; then the page computes the gradients.
        title: the page's heading; by default the label of `x`.
        mode: what it opens with: "true" order, "naive" recursion, "overwrite" or "forgot" zero_grad.
        direction: "LR" from left to right, "TB" from top to bottom, or their reverses "RL" and "BT".
        precision: significant digits, 1 to 17.
        parameters: a model, or a list of parameters, to be drawn as such.
        height: of the frame in a notebook, in pixels.

    Raises:
        TypeError, ValueError: for what has no steps, more than 400 values, or an option that does not exist.
    """
    check_mode(mode)
    scene_of(Graph(), direction=direction, precision=precision)  # complains of options before anything is computed
    record = record_of(x, parameters=parameters, title=title)
    n = len(record.graph.nodes)
    if n > MOST_VALUES:
        raise ValueError(
            f"viz.step: {n:,} values, and a page shows at most {MOST_VALUES}, each in a box of its own. Step through a part: "
            "one example in place of a batch, one neuron in place of a layer; viz.graph draws the whole, folded."
        )
    found = replay(record)
    if not found:
        warnings.warn(f"viz.step: the page will be marked in red. {found}", stacklevel=2)
    return Page(_page(record, mode, direction, precision), record, height)


def _page(record: Record, mode: str, direction: Direction, precision: int) -> str:
    view = _view(record, direction, precision) | {"mode": mode}
    output = record.graph.nodes[record.output].label
    parts = {
        "TITLE": escape(clean(record.title or output or "backward, step by step", 200)),
        "STYLE": _file("page.css"),
        "SCRIPT": '"use strict";\n(() => {\n' + "\n".join(map(_file, SCRIPTS)) + "\n})();",
        "RECORD": _for_script(record.to_dict()),
        "VIEW": _for_script(view),
    }
    pieces = _file("page.html").split("@")  # once: what is put in may hold an @ itself
    return "".join(parts.get(piece, piece) for piece in pieces)


@cache
def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _for_script(document: Any) -> str:
    """JSON that no parser of HTML can see an end or a comment in."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _view(record: Record, direction: Direction, precision: int) -> dict[str, Any]:
    """Where everything stands, laid out with room for any number."""
    names = [record.name(node.id) for node in record.graph.nodes]
    roomy = Graph(
        [replace(node, label=names[node.id], data=WIDEST, grad=WIDEST) for node in record.graph.nodes],
        [replace(edge, local=-1.2345678901234567, flow=None) for edge in record.graph.edges],
    )
    scene = scene_of(roomy, direction=direction, precision=precision, legend=False)
    plan = plan_of(scene, arrange(scene))
    places = word_places(scene, plan)
    view: dict[str, Any] = {
        "width": round(plan.width), "height": round(plan.height), "digits": precision, "names": names,
        "frames": [], "boxes": [], "pills": [], "shorts": [], "curves": [], "labels": [],
    }  # fmt: skip
    for frame in scene.frames:
        box = _rounded(plan.frames[frame.path])
        view["frames"].append({"name": clean(frame.name), "depth": frame.depth, "box": box})
    for node in record.graph.nodes:
        view["boxes"].append(_rounded(plan.boxes[f"n{node.id}"]))
        pill = plan.boxes.get(f"op{node.id}")
        view["pills"].append({"box": _rounded(pill), "text": op_symbol(node.op)} if pill else None)
    for i, (arrow, curve) in enumerate(zip(scene.arrows, plan.curves)):
        points = [_rounded(point) for point in curve]
        if arrow.short:
            view["shorts"].append(points)
        else:
            view["curves"].append(points)
            view["labels"].append(_rounded(places[i]))
    return view


def _rounded(numbers: Any) -> list[float]:
    return [round(x, 1) for x in numbers]


def _picture(record: Record) -> bytes:
    scene = scene_of(record.graph)
    return paint(scene, plan_of(scene, arrange(scene))).to_bytes("png", 72)
