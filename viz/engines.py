"""Scene → bytes of a PNG, SVG, PDF or DOT, on any machine, and bytes → file.

Three engines can lay a scene out: the Graphviz inside pygraphviz's wheel, a `dot` program on PATH, and the layout of
`layout.py`, which needs nothing. Whichever does, `paint.py` draws: one look for all. Graphviz often has fewer crossings in
a plain expression; where it has not, and with frames and folded scopes, where it leads arrows round in loops, ours is
smaller and clearer. So a machine with Graphviz gets the better of both, and one without it lacks little.
"""

from __future__ import annotations

import atexit
import math
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import cache, partial
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from . import dot
from .canvas import PIXELS
from .layout import arrange, waypoints
from .paint import paint
from .plan import Plan, plan_of, plan_of_json
from .scene import Scene

FORMATS = ("png", "svg", "pdf", "dot")
ENGINES = ("pygraphviz", "dot", "builtin")
ENGINE_VARIABLE = "TENSORGRAD_VIZ_ENGINE"

LARGE = 1000  # boxes, and ranks crossed by arrows: more take Graphviz seconds, and the built-in layout 0.3 s
SECONDS = 30.0  # what Graphviz is given for a layout
DPI = 144


def check_format(format: str, where: str, also: tuple[str, ...] = ()) -> str:
    if format not in FORMATS:
        got = f"the format {format!r}" if format else "no format"
        raise ValueError(f"{where} asks for {got}. Choose one of .{', .'.join(FORMATS + also)}.")
    return format


def check_engine(engine: str | None) -> None:
    if engine is not None and engine not in ENGINES:
        raise ValueError(f"engine: {engine!r} is none of {', '.join(map(repr, ENGINES))}.")


def to_bytes(
    scene: Scene, format: str, *, source: str | None = None, engine: str | None = None, dpi: float = DPI
) -> bytes:
    """The picture in one of FORMATS. `source`: the scene's DOT text with changes by hand, which Graphviz then draws."""
    own = dot.source(scene)
    source = source or own
    if format == "dot":
        return source.encode()
    engine = engine or os.environ.get(ENGINE_VARIABLE) or None
    check_engine(engine)
    if engine and not _present(engine):
        cure = {
            "pygraphviz": 'Run: pip install "tensorgrad-learn[viz]"',
            "dot": "Install Graphviz, so that its program dot is on PATH",
        }[engine]
        raise RuntimeError(f"engine: {engine!r} was asked for and is not here. {cure}, or leave the choice open.")
    engines = [engine] if engine else _by_preference(scene)
    if source != own:
        engines.sort(key="builtin".__eq__)
        if engines != ["builtin"]:
            return _first(engines, lambda name: _drawn(name, scene, source, format, dpi))
        warnings.warn("viz: the built-in engine does not draw what was added to the graph by hand.", stacklevel=2)
    plan = _first(engines, lambda name: _laid_out(name, scene))
    if not engine and engines[0] != "builtin":
        plan = min(plan, _laid_out("builtin", scene), key=lambda plan: (plan.crossings(), plan.width * plan.height))
    return paint(scene, plan).to_bytes(format, dpi)


T = TypeVar("T")


def _first(engines: list[str], result_of: Callable[[str], T]) -> T:
    """The result of the first engine that gives one; those that fail are named in a warning."""
    *others, last = engines
    for name in others:
        try:
            return result_of(name)
        except (OSError, RuntimeError) as error:
            warnings.warn(f"viz: {name} could not draw this graph ({error}); the next engine will.", stacklevel=4)
    return result_of(last)


def _by_preference(scene: Scene) -> list[str]:
    """The engines that are here. Graphviz is asked first for a plain expression, if no long arrows keep it busy."""
    engines = [name for name in ENGINES if _present(name)]
    folded = any(box.shape == "stack" for box in scene.boxes)
    plain = not scene.frames and not folded and len(scene.boxes) + waypoints(scene) <= LARGE
    return engines if plain else sorted(engines, key="builtin".__ne__)


def _laid_out(engine: str, scene: Scene) -> Plan:
    if engine == "builtin":
        return plan_of(scene, arrange(scene))
    return plan_of_json(scene, _graphviz(engine, dot.skeleton(scene), "json0"))


def _drawn(engine: str, scene: Scene, source: str, format: str, dpi: float) -> bytes:
    """By Graphviz from beginning to end; by ours without what `source` has more than the scene."""
    if engine == "builtin":
        return paint(scene, _laid_out(engine, scene)).to_bytes(format, dpi)
    if format != "png":
        return _graphviz(engine, source, format)
    return _graphviz(engine, source, format, f"-Gdpi={dpi:g}", f"-Gsize={math.sqrt(PIXELS) / dpi:g}")


def _graphviz(engine: str, source: str, format: str, *settings: str) -> bytes:
    command = [_dot_program() or "dot", f"-T{format}", *settings]
    if engine == "pygraphviz":
        command = [sys.executable, "-P", "-c", PYGRAPHVIZ, format, " ".join(settings)]
    return _run(command, source, fonts=format != "json0")  # a skeleton has no words to measure


def _present(engine: str) -> bool:
    if engine == "pygraphviz":
        return bool(sys.executable) and find_spec("pygraphviz") is not None
    return engine == "builtin" or _dot_program() is not None


def _dot_program() -> str | None:
    return shutil.which("dot")


# Graphviz runs in a process of its own, and this is its whole program: DOT in, picture out. In ours a layout would hold
# the interpreter without a way to stop it, settings for fonts would have to go into our environment, and whatever
# happens in C would happen to us. It costs a tenth of a second.
PYGRAPHVIZ = """
import sys, pygraphviz
_, format, settings = sys.argv
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=format, prog="dot", args=settings))
"""


def _run(command: list[str], source: str, fonts: bool) -> bytes:
    """Standard output of a program that is given the DOT text. RuntimeError when it fails or takes too long."""
    environment = os.environ | (_fonts() if fonts else {})
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, timeout=SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"its layout took more than {SECONDS:g} s") from None
    if done.returncode or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(reason[-1] if reason else f"exit status {done.returncode}")
    return done.stdout


# ---- fonts ------------------------------------------------------------------------------------------------------


def _fonts() -> dict[str, str]:
    """Settings for fontconfig: all that this machine has, and DejaVu from matplotlib.

    A machine may have no fonts at all, and Graphviz would draw boxes for letters. And with DejaVu always among them a
    graph has the same picture on every machine.
    """
    matplotlib = find_spec("matplotlib") if sys.platform.startswith("linux") else None
    if matplotlib is None or matplotlib.origin is None:
        return {}
    dejavu = Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf"
    return {"FONTCONFIG_FILE": _font_settings(os.environ.get("FONTCONFIG_FILE", "fonts.conf"), str(dejavu))}


@cache
def _font_settings(usual: str, more: str) -> str:
    """A file that says: as in the file `usual`, and look into the folder `more`. It is removed at exit."""
    folder = tempfile.mkdtemp(prefix="viz-fonts-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = Path(folder, "fonts.conf")
    settings.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f'<include ignore_missing="yes">{escape(usual)}</include>\n<dir>{escape(more)}</dir>\n'
        f'<cachedir prefix="xdg">fontconfig</cachedir><cachedir>{escape(folder)}</cachedir>\n</fontconfig>\n',
        encoding="utf-8",
    )
    return str(settings)


# ---- files ------------------------------------------------------------------------------------------------------


def write(path: Path, content: bytes) -> None:
    """Whole or not at all: into a neighbour first, on the disk, then renamed over the old file, whose mode it keeps.

    Raises:
        OSError: it cannot be written; the error names `path`, whichever call it came from.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path = Path(os.path.realpath(path))  # what a link points to is replaced, not the link
    part = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}")
    try:
        old = path.stat().st_mode if path.exists() else None
        if old is not None and not stat.S_ISREG(old):  # /dev/null, a pipe
            path.write_bytes(content)
            return
        try:
            with open(part, "xb", opener=partial(os.open, mode=0o666 if old is None else 0o600)) as file:
                if old is not None and hasattr(os, "fchmod"):
                    os.fchmod(file.fileno(), stat.S_IMODE(old) & 0o777)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(part)):  # write, fsync and close know no names
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
