"""Record → file: PNG, SVG, PDF or DOT, on any machine.

Three engines are tried in turn: the Graphviz inside pygraphviz's wheel, a `dot` program on PATH, and the small layout
of `layout.py`, which needs nothing (SVG) or matplotlib alone (PNG, PDF). So something is always drawn.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import dot, paint
from .graph import Collapse, Graph, collapse, fit, graph_of
from .scene import PARTS, Direction, Scene, scene_of

if TYPE_CHECKING:
    from .digraph import Digraph

FORMATS = ("png", "svg", "pdf", "dot")
ENGINES = ("pygraphviz", "dot", "builtin")
ENGINE_VARIABLE = "TENSORGRAD_VIZ_ENGINE"

MAX_NODES = 400  # Graphviz lays out this many in a second; a person reads fewer
IN_PROCESS = 200  # boxes. Layout holds the interpreter and cannot be stopped: more are laid out in a process of their own
SECONDS = 30.0  # and that one is given this long
DPI = 144


def scene(
    x: Any,
    *,
    direction: Direction = "LR",
    precision: int = 4,
    show: Iterable[str] = PARTS,
    max_nodes: int = MAX_NODES,
    collapse_by: Collapse | None = None,
    parameters: Any = None,
) -> Scene:
    """The record of `x`, folded on request and down to the budget, with its looks; warns if it was over the budget."""
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, int) or max_nodes < 1:
        raise ValueError(f"max_nodes: needs a whole number of at least 1, got {max_nodes!r}.")
    record = graph_of(x, parameters=parameters)
    if collapse_by is not None:
        record = collapse(record, collapse_by)
    smaller = fit(record, max_nodes)
    if smaller is not record:
        warnings.warn(f"viz: {smaller.notice}", stacklevel=3)
    return scene_of(smaller, direction=direction, precision=precision, show=show)


def graph(
    x: Any,
    *,
    direction: Direction = "LR",
    precision: int = 4,
    show: Iterable[str] = PARTS,
    max_nodes: int = MAX_NODES,
    collapse: Collapse | None = None,
    parameters: Any = None,
    engine: str | None = None,
) -> Digraph:
    """The computation graph of `x` as a `graphviz.Digraph` that shows itself in a notebook.

    Boxes are values: label, data, gradient ("–" where no backward has been). Round nodes are operations. The number
    on an edge is the local derivative; its width and colour are the gradient that flowed back along it. Frames are
    layers and neurons.

    Args:
        x: a Value, or a list of Values.
        direction: "LR", "TB", "RL" or "BT".
        precision: significant digits.
        show: any of "label", "data", "grad", "op", "local".
        max_nodes: above this many values the picture is folded by neuron, then by layer, or cut, and says so.
        collapse: fold on purpose: "neuron", "layer", a scope such as "layers.0", a list of these, or a depth.
        parameters: a model, or a list of parameters, to be drawn as such.
        engine: "pygraphviz", "dot" or "builtin"; by default the first of them that works here.

    Returns:
        A `graphviz.Digraph`: `.source`, `.render(…)`, `.pipe(…)`, `.node(…)` as usual, but no `dot` program is needed.
    """
    drawn = scene(
        x,
        direction=direction,
        precision=precision,
        show=show,
        max_nodes=max_nodes,
        collapse_by=collapse,
        parameters=parameters,
    )
    check_engine(engine)
    try:
        from .digraph import Digraph
    except ImportError as error:
        raise missing("graph", "graphviz") from error
    return Digraph(drawn, draw_with=engine)


def render(
    x: Any,
    path: str | os.PathLike[str],
    *,
    direction: Direction = "LR",
    precision: int = 4,
    show: Iterable[str] = PARTS,
    max_nodes: int = MAX_NODES,
    collapse: Collapse | None = None,
    parameters: Any = None,
    engine: str | None = None,
    dpi: int = DPI,
) -> Path:
    """Draw the computation graph of `x` into a file and return its path.

    The ending chooses the format: .png, .svg, .pdf or .dot. Folders are made as needed, and the file appears whole or
    not at all. `dpi` is the resolution of a PNG; the other options are those of `graph`.
    """
    target = Path(path)
    format = check_format(target.suffix[1:].lower(), f"render: {str(target)!r}")
    check_engine(engine)
    drawn = scene(
        x,
        direction=direction,
        precision=precision,
        show=show,
        max_nodes=max_nodes,
        collapse_by=collapse,
        parameters=parameters,
    )
    write(target, to_bytes(drawn, format, engine=engine, dpi=dpi))
    return target


def check_format(format: str, where: str) -> str:
    if format not in FORMATS:
        got = f"the format {format!r}" if format else "no format"
        raise ValueError(f"{where} asks for {got}. Choose one of .{', .'.join(FORMATS)}.")
    return format


def check_engine(engine: str | None) -> None:
    if engine is not None and engine not in ENGINES:
        raise ValueError(f"engine: {engine!r} is none of {', '.join(map(repr, ENGINES))}.")


def missing(what: str, package: str) -> ImportError:
    return ImportError(f'{what}: needs {package}, which is not installed. Run: pip install "tensorgrad-learn[viz]"')


def write(path: Path, content: bytes) -> None:
    """Whole or not at all: into a neighbour first, then renamed over the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


# ---- engines ----------------------------------------------------------------------------------------------------


def to_bytes(
    scene: Scene, format: str, *, source: str | None = None, engine: str | None = None, dpi: int = DPI
) -> bytes:
    """The picture in one of FORMATS. `source` is DOT text to draw in place of the scene's own, where Graphviz is used."""
    source = source or dot.source(scene)
    if format == "dot":
        return source.encode()
    engine = engine or os.environ.get(ENGINE_VARIABLE) or None
    check_engine(engine)
    size = len(scene.boxes)
    draw: dict[str, Callable[[], bytes]] = {
        "pygraphviz": lambda: _with_pygraphviz(source, format, dpi, size),
        "dot": lambda: _with_dot(source, format, dpi),
        "builtin": lambda: paint.draw(scene, format, dpi),
    }
    if engine:
        if not _present(engine):
            cure = {
                "pygraphviz": 'Run: pip install "tensorgrad-learn[viz]"',
                "dot": "Install Graphviz, so that `dot` is on PATH",
            }[engine]
            raise RuntimeError(f"engine: {engine!r} was asked for and is not here. {cure}, or leave the choice open.")
        return draw[engine]()
    for name in ENGINES[:-1]:
        if _present(name):
            try:
                return draw[name]()
            except Exception as error:  # whatever goes wrong inside a program of others, a picture is still drawn
                warnings.warn(f"viz: {name} could not draw this graph ({error}); trying the next engine.", stacklevel=2)
    return draw["builtin"]()


def _present(engine: str) -> bool:
    if engine == "pygraphviz":
        return find_spec("pygraphviz") is not None
    return engine == "builtin" or shutil.which("dot") is not None


def _with_pygraphviz(source: str, format: str, dpi: int, size: int) -> bytes:
    if size > IN_PROCESS and sys.executable:
        command = [sys.executable, "-c", _CHILD, format, str(dpi)]
        return _run(command, source)
    _provide_fonts(os.environ)
    import pygraphviz

    return pygraphviz.AGraph(string=source).draw(format=format, prog="dot", args=_arguments(format, dpi))


# The whole program of the process that lays out big graphs: DOT in, picture out.
_CHILD = """
import sys, pygraphviz
format, dpi = sys.argv[1:]
source = sys.stdin.buffer.read().decode()
args = "-Gdpi=" + dpi if format == "png" else ""
sys.stdout.buffer.write(pygraphviz.AGraph(string=source).draw(format=format, prog="dot", args=args))
"""


def _with_dot(source: str, format: str, dpi: int) -> bytes:
    return _run([shutil.which("dot") or "dot", f"-T{format}", *_arguments(format, dpi).split()], source)


def _arguments(format: str, dpi: int) -> str:
    return f"-Gdpi={dpi}" if format == "png" else ""  # in SVG and PDF a dpi would only change the scale


def _run(command: list[str], source: str) -> bytes:
    environment = dict(os.environ)
    _provide_fonts(environment)
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=SECONDS, env=environment)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"layout took more than {SECONDS:g} s") from None
    if done.returncode or not done.stdout:
        raise RuntimeError(done.stderr.decode(errors="replace").strip()[-500:] or f"exit status {done.returncode}")
    return done.stdout


# ---- fonts ------------------------------------------------------------------------------------------------------

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


def _provide_fonts(environment: Any) -> None:
    """On a machine without fonts Graphviz draws boxes for letters; matplotlib brings DejaVu along: show it the way.

    Must happen before Graphviz first sets text, since fontconfig reads its settings once.
    """
    if not sys.platform.startswith("linux") or "FONTCONFIG_FILE" in environment or _has_fonts():
        return
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return
    folder = Path(tempfile.mkdtemp(prefix="viz-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    config = folder / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n'
        f"<fontconfig><dir>{fonts}</dir><cachedir>{folder}</cachedir></fontconfig>\n"
    )
    environment["FONTCONFIG_FILE"] = str(config)


def _has_fonts() -> bool:
    for folder in FONT_FOLDERS:
        for _, _, files in os.walk(os.path.expanduser(folder)):
            if any(name.lower().endswith((".ttf", ".otf", ".ttc", ".pfb")) for name in files):
                return True
    return False
