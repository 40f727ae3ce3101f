"""Record → picture: what a user calls to see a computation graph.

From the record of `from_value.py`, made smaller by `fold.py`, comes a scene, and `engines.py` draws it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .engines import DPI, check_engine, check_format, to_bytes, write
from .fold import Collapse, collapse_scopes, fit
from .from_value import graph_of
from .graph import Graph
from .layout import extent
from .page import step
from .scene import PARTS, Direction, Scene, scene_of

if TYPE_CHECKING:
    from .digraph import Digraph

MAX_NODES = 400  # Graphviz lays out this many in a second; a person reads fewer
# Nobody looks at more than this, in points: letters are 10 of them. A sheet of A0 is 3370 long and 2384 wide.
LONGEST, WIDEST, AREA = 7200.0, 2400.0, 5e6
ARROWS = 120  # between folded scopes: more hide each other
MOST_ARROWS = 2000  # also where folding was asked for: a layout of more takes minutes


def graph(
    x: Any,
    *,
    direction: Direction = "LR",
    precision: int = 4,
    show: Iterable[str] = PARTS,
    max_nodes: int | None = None,
    collapse: Collapse | None = None,
    parameters: Any = None,
    legend: bool = True,
    engine: str | None = None,
) -> Digraph:
    """The computation graph of `x` as a `graphviz.Digraph` that shows itself in a notebook.

    Boxes are values: label, data, gradient ("–" where no backward has been). Round nodes are operations. The number
    on an arrow is the local derivative; its width and colour are the gradient that flowed back along it. Frames are
    layers and neurons.

    Args:
        x: a Value, or a list of Values.
        direction: "LR" from left to right, "TB" from top to bottom, or their reverses "RL" and "BT".
        precision: significant digits, 1 to 17.
        show: any of "label", "data", "grad", "op", "local".
        max_nodes: above this many values the picture is folded by neuron, then by layer, or cut, and says so. By
            default what fits a page, and 400 at most.
        collapse: fold on purpose: "neuron", "layer", a scope such as "layers.0", a list of these, or a depth.
        parameters: a model, or a list of parameters, to be drawn as such. Those of an MLP are known without it.
        legend: say above the picture what its boxes, arrows and numbers are.
        engine: who lays it out: "pygraphviz", "dot" or "builtin". By default what the environment variable
            TENSORGRAD_VIZ_ENGINE says; or else "builtin", and for a plain expression Graphviz, where it is installed and
            its arrows cross less often. They draw alike.

    Returns:
        A `graphviz.Digraph`: `.source`, `.render(…)`, `.pipe(…)`, `.node(…)` as usual, but no `dot` program is needed.

    Raises:
        TypeError, ValueError: for what cannot be drawn, or an option that does not exist.
        ImportError: the package `graphviz` is missing; `render` does without it.
    """
    check_engine(engine)
    looks = dict(direction=direction, precision=precision, show=show, legend=legend)
    drawn = _scene(x, max_nodes, collapse, parameters, **looks)
    try:
        from .digraph import Digraph  # here, because `render` does without the package graphviz
    except ImportError as error:
        raise ImportError(
            "viz.graph: needs the package graphviz, which is not installed. Run: pip install graphviz, "
            "or use viz.render, which does without it."
        ) from error
    return Digraph.of(drawn, engine)


def render(
    x: Any,
    path: str | os.PathLike[str],
    *,
    direction: Direction = "LR",
    precision: int = 4,
    show: Iterable[str] = PARTS,
    max_nodes: int | None = None,
    collapse: Collapse | None = None,
    parameters: Any = None,
    legend: bool = True,
    engine: str | None = None,
    dpi: int = DPI,
) -> Path:
    """Draw the computation graph of `x` into a file and return its path.

    The ending chooses the format: .png, .svg, .pdf or .dot; or .html, the page that `viz.step` makes, which knows
    `direction`, `precision` and `parameters`. Folders are made as needed, and the file appears whole or not at all. `dpi`
    is the resolution of a PNG; the other options are those of `graph`.
    """
    target = Path(path)
    if target.suffix.lower() == ".html":
        if (max_nodes, collapse, engine) != (None, None, None):
            raise ValueError("render: a page shows every value; max_nodes, collapse and engine are for pictures. Leave them out.")
        return step(x, direction=direction, precision=precision, parameters=parameters).save(target)
    format = check_format(target.suffix[1:].lower(), f"render: {str(target)!r}", also=("html",))
    check_engine(engine)
    if isinstance(dpi, bool) or not isinstance(dpi, (int, float)) or not 1 <= dpi <= 2400:
        raise ValueError(f"dpi: needs a number from 1 to 2400, got {dpi!r}.")
    looks = dict(direction=direction, precision=precision, show=show, legend=legend)
    drawn = _scene(x, max_nodes, collapse, parameters, **looks)
    write(target, to_bytes(drawn, format, engine=engine, dpi=dpi))
    return target


def _scene(x: Any, max_nodes: int | None, collapse: Collapse | None, parameters: Any, **looks: Any) -> Scene:
    """The record of `x`, folded on request and down to what fits, with its looks. Warns if it did not fit."""
    if max_nodes is not None and (isinstance(max_nodes, bool) or not isinstance(max_nodes, int) or max_nodes < 1):
        raise ValueError(f"max_nodes: needs a whole number of at least 1, got {max_nodes!r}.")
    record = graph_of(x, parameters=parameters)
    if collapse is not None:
        record = collapse_scopes(record, collapse)

    def readable(graph: Graph) -> bool:
        between = sum("group" in (graph.nodes[e.source].kind, graph.nodes[e.target].kind) for e in graph.edges)
        if max_nodes is not None:
            return between <= MOST_ARROWS
        long, wide = extent(scene_of(graph, **looks))
        few = between <= (ARROWS if collapse is None else MOST_ARROWS)
        return few and long <= LONGEST and wide <= WIDEST and long * wide <= AREA

    scene_of(Graph(), **looks)  # complains of options before anything is computed
    smaller = fit(record, max_nodes or MAX_NODES, readable)
    if smaller is not record:
        warnings.warn(f"viz: {smaller.notice}", stacklevel=3)
    return scene_of(smaller, **looks)
