"""The house, as docs/house.md draws it: which rooms there are, who may know whom, how long a file may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("micrograd_value", "tensorgrad", "viz")
FILES = [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))]
LONGEST = 500
REASON = "# long because:"

# Layers of tensorgrad from the ground up; a room may import its own layer and what lies below, and nothing above.
LAYERS = (
    "kernels dtypes device layout printing refusals",
    "tensor protocols random autograd utils",
    "ops",
    "linalg special nn optim serialization amp cuda func summary distributed profiler",
    "data training metrics testing",
    "vision text distributions",
)
LAYER = {room: i for i, rooms in enumerate(LAYERS) for room in rooms.split()}
# Rooms that hold things of several layers: `utils.data` stands with `data`, and its pages are above everything.
HIGHER = {"utils.data": 4, "utils.tensorboard": 4, "utils.running": 3}

# The one circle: a tensor knows the node it came from, a node makes tensors. tensor.py asks the engine inside functions.
CORE_ASKS = {"tensorgrad.tensor", "tensorgrad.protocols", "tensorgrad.autograd.views"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(p): p for p in FILES}


def imports(path: Path, everywhere: bool) -> Iterator[tuple[str, ast.ImportFrom | ast.Import, bool]]:
    """Modules of ours that a file imports: name, statement, whether inside a function. TYPE_CHECKING blocks do not count."""
    module = name_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def walk(body: list[ast.stmt], inside: bool) -> Iterator[tuple[ast.ImportFrom | ast.Import, bool]]:
        for n in body:
            if isinstance(n, (ast.Import, ast.ImportFrom)):
                yield n, inside
            elif isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test):
                yield from walk(n.orelse, inside)
            else:
                within = inside or isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
                for field in ("body", "orelse", "finalbody"):
                    yield from walk(getattr(n, field, []), within)
                for handler in getattr(n, "handlers", []):
                    yield from walk(handler.body, within)

    for n, inside in walk(ast.parse(path.read_text()).body, False):
        if inside and not everywhere:
            continue
        if isinstance(n, ast.Import):
            found = [a.name for a in n.names]
        else:
            base = package.split(".")[: len(package.split(".")) - n.level + 1] if n.level else []
            start = ".".join([*base, *([n.module] if n.module else [])])
            found = [f"{start}.{a.name}" if f"{start}.{a.name}" in MODULES else start for a in n.names]
        for name in found:
            if name.partition(".")[0] in PACKAGES:
                yield name, n, inside


def layer(module: str) -> int | None:
    """The layer of a module of tensorgrad; None for the top page and `compat`, which know everybody."""
    rest = module.removeprefix("tensorgrad.")
    for room, number in HIGHER.items():
        if rest == room or rest.startswith(f"{room}."):
            return number
    return LAYER.get(rest.partition(".")[0])


def test_every_room_has_its_layer() -> None:
    top = {name.split(".")[1] for name in MODULES if name.startswith("tensorgrad.")}
    assert top == set(LAYER) | {"compat"}


def test_the_top_floor_is_small() -> None:
    doors = [p for p in (ROOT / "tensorgrad").iterdir() if p.name != "__pycache__"]
    assert len(doors) <= 34, sorted(p.name for p in doors)


def test_imports_point_one_way() -> None:
    wrong = []
    for module, path in MODULES.items():
        here = layer(module) if module.startswith("tensorgrad.") else None
        for name, n, _ in imports(path, everywhere=True):
            there = layer(name)
            if name.startswith("tensorgrad") and not module.startswith("tensorgrad"):
                wrong.append(f"{module}:{n.lineno} imports {name}")
            if module.startswith("tensorgrad") and not name.startswith("tensorgrad"):
                wrong.append(f"{module}:{n.lineno} imports {name}")
            if module.startswith("micrograd_value") != name.startswith("micrograd_value"):
                wrong.append(f"{module}:{n.lineno} imports {name}")
            if here is not None and there is not None and there > here:
                wrong.append(f"{module}:{n.lineno} imports {name}, which lies above it")
    assert not wrong, "\n".join(wrong)


def test_nobody_knows_compat_but_the_top_page() -> None:
    knowing = {
        module
        for module, path in MODULES.items()
        if module != "tensorgrad" and not module.startswith("tensorgrad.compat")
        for name, _, _ in imports(path, everywhere=True)
        if name.startswith("tensorgrad.compat")
    }
    assert not knowing


def test_nothing_is_imported_inside_a_function_of_ops_and_below() -> None:
    found = [
        f"{module}:{n.lineno} {ast.unparse(n)}"
        for module, path in MODULES.items()
        if module.startswith("tensorgrad.") and (layer(module) or 0) <= 2 and module not in CORE_ASKS
        and not module.startswith("tensorgrad.compat")
        for _, n, inside in imports(path, everywhere=True)
        if inside
    ]  # fmt: skip
    assert not found, "\n".join(found)


def circles() -> list[list[str]]:
    """Modules that import one another at the top of their files, in rings (Tarjan, 1972)."""
    graph = {m: {n for n, _, _ in imports(p, everywhere=False) if n != m and n in MODULES} for m, p in MODULES.items()}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    rings: list[list[str]] = []

    def visit(m: str) -> None:
        index[m] = low[m] = len(index)
        stack.append(m)
        for n in graph[m]:
            if n not in index:
                visit(n)
                low[m] = min(low[m], low[n])
            elif n in stack:
                low[m] = min(low[m], index[n])
        if low[m] == index[m]:
            ring = stack[stack.index(m) :]
            del stack[stack.index(m) :]
            if len(ring) > 1:
                rings.append(sorted(ring))

    for m in graph:
        if m not in index:
            visit(m)
    return rings


def test_no_circles() -> None:
    # A package's page imports its parts, and a part may import a neighbour by the package's name: not a circle of pages.
    rings = [[m for m in ring if MODULES[m].name != "__init__.py"] for ring in circles()]
    assert not [ring for ring in rings if len(ring) > 1], rings


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_is_longer_than_it_says_why(package: str) -> None:
    long = {
        name_of(p): lines
        for p in FILES
        if p.is_relative_to(ROOT / package) and (lines := p.read_text().count("\n")) > LONGEST
        and not any(line.startswith(REASON) for line in p.read_text().splitlines())
    }  # fmt: skip
    assert not long, f"longer than {LONGEST} lines, and no line says '{REASON} …': {long}"


@cache
def house() -> str:
    return (ROOT / "docs" / "house.md").read_text()


def test_the_map_is_true() -> None:
    """Every path on the map is there, and every room of the top floor and file of the two rooms people read is on it."""
    roots = "micrograd_value|tensorgrad|viz|tests|docs|benchmarks|examples"
    paths = set(re.findall(rf"(?m)(?:^|[`( ])((?:{roots})/[\w/.]+\w)", house()))
    assert len(paths) > 12
    missing = sorted(p for p in paths if not (ROOT / p).exists())
    assert not missing, f"on the map, not in the house: {missing}"
    for room in ("autograd", "ops"):
        for p in sorted((ROOT / "tensorgrad" / room).glob("*.py")):
            if p.stem != "__init__":
                assert re.search(rf"\b{p.stem}\b", house()), f"tensorgrad/{room}/{p.name} is not on the map"
    for p in sorted((ROOT / "tensorgrad").iterdir()):
        if p.suffix == ".py" or p.is_dir():
            assert p.stem.startswith("__") or re.search(rf"\b{p.stem}\b", house()), f"tensorgrad/{p.name} is not on the map"
    assert house().count("\n") <= 120, "a map is one screen"


def test_the_walk_of_conv2d_is_true() -> None:
    """The names in the walk are those of the code."""
    import tensorgrad as tg
    from tensorgrad.autograd.engine import sweep
    from tensorgrad.kernels import on
    from tensorgrad.ops.conv import Conv, ConvTranspose, ConvWeight

    for name in ("Conv.forward", "Conv.backward", "ConvTranspose", "ConvWeight", "sweep", "on(x).conv"):
        assert name in house(), name
    assert all(map(callable, (Conv.forward, Conv.backward, ConvTranspose, ConvWeight, sweep, on(tg.ones(1).array).conv)))
    x, w = tg.ones(1, 1, 3, 3, requires_grad=True), tg.ones(1, 1, 2, 2)
    assert tg.Tensor.conv2d is tg.conv2d and type(x.conv2d(w).grad_fn) is Conv
