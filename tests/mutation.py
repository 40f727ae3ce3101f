"""Would a test notice? One small change to the code at a time, and the tests that mirror the changed file.

    python -m tests.mutation                                        thirty changes, anywhere
    python -m tests.mutation --files 'tensorgrad/optim/*' --count 10 --seed 3

A change turns a sign, a comparison, a truth or a constant, or drops a statement or a keyword. It is made in a copy of the
project in a temporary folder, never in the working tree. The tests tried are those named after the file, or where there
are none, all of their folder, which --around tries in any case; with a time limit. A change is

    caught      a test fails with it and passes without it, or the tests no longer come to an end
    survived    all pass: a test is missing, or the change makes no difference that anybody sees

What survives is printed with its diff. The same seed, count and files choose the same changes of the same code.
"""

from __future__ import annotations

import argparse
import ast
import copy
import difflib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("micrograd_value", "tensorgrad", "viz")
COPIED = (*PACKAGES, *"tests examples benchmarks docs README.md CHANGELOG.md CONTRIBUTING.md pyproject.toml Makefile".split())

SIGNS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.And: ast.Or, ast.Or: ast.And,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
# Of words for people, of types and of what only imports: another kind of test.
NOT_INTO = (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.AnnAssign)


class Change(NamedTuple):
    """A piece of a file and what stands there instead."""

    path: Path  # from the root
    start: int  # offsets in bytes
    end: int
    text: str
    kind: str


# ---- where a change can be made -----------------------------------------------------------------------------------------


def changed(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Each way to change one node, as (kind, the node instead)."""
    twin: Any = copy.deepcopy(node)
    if isinstance(node, (ast.BinOp, ast.BoolOp)) and type(node.op) in SIGNS:
        if not any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in ast.iter_child_nodes(node)):
            twin.op = SIGNS[type(node.op)]()
            yield "sign", twin
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield "sign", twin.operand
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            twin = copy.deepcopy(node)
            twin.ops[i] = SIGNS[type(op)]()
            yield "comparison", twin
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        value = node.value
        twin.value = not value if isinstance(value, bool) else value + 1 if isinstance(value, int) or not value else value * 1.5
        yield "constant", twin
    elif isinstance(node, ast.Call):
        for i, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                twin = copy.deepcopy(node)
                del twin.keywords[i]
                yield "keyword", twin
    elif (
        isinstance(node, ast.AugAssign)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        or (isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Attribute, ast.Subscript)))
    ):
        yield "statement", ast.Pass()


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes whose change is of interest: no decorators, annotations and messages."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, NOT_INTO):
                continue
            called = child.func if isinstance(child, ast.Call) else None
            if isinstance(called, (ast.Name, ast.Attribute)) and re.search("warn|mismatch|Error", ast.unparse(called)):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            yield from walk(child)


def changes_of(path: Path) -> list[Change]:
    """Every change that can be made in a file."""
    source = (ROOT / path).read_bytes()
    begin = [0]
    for line in source.splitlines(keepends=True):
        begin.append(begin[-1] + len(line))
    found = []
    for node in walk(ast.parse(source)):
        if not hasattr(node, "lineno"):
            continue
        n: Any = node
        start, end = begin[n.lineno - 1] + n.col_offset, begin[n.end_lineno - 1] + n.end_col_offset
        for kind, instead in changed(node):
            text = ast.unparse(instead)
            found.append(Change(path, start, end, f"({text})" if isinstance(instead, ast.expr) else text, kind))
    return found


def files(patterns: list[str]) -> list[Path]:
    chosen = [p.relative_to(ROOT) for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))]
    return [p for p in chosen if p.name != "__init__.py" and (not patterns or any(p.match(x) for x in patterns))]


# ---- which tests mirror a file ------------------------------------------------------------------------------------------

# Tables that ask every module and every optimizer the same, whatever file they are in.
ABOUT_ALL = {"nn": "tests/nn/test_modules.py", "optim": "tests/optim"}


def rings(path: Path) -> list[list[str]]:
    """The tests of a file, nearest first: those of its name, then those of the folder its tests are in."""
    package, *folders = path.parts[:-1]
    homes = [Path("tests", package) if package != "tensorgrad" else Path("tests", *folders)]
    if "kernels" in folders:
        homes = [Path("tests/ops"), Path("tests/kernels"), Path("tests/optim")]
    while not (ROOT / homes[0]).is_dir():
        homes[0] = homes[0].parent
    named = [*homes, Path("tests"), *sorted(p.relative_to(ROOT) for p in (ROOT / "tests").iterdir() if p.is_dir())]
    names = [(home, path.stem.strip("_")) for home in named if home.name != "oracle"]
    names += [(home, path.parent.name) for home in [*homes, *(home.parent for home in homes)]]
    near = {p for home, name in names if (ROOT / (p := home / f"test_{name}.py")).is_file()}
    near |= {Path(p) for folder, p in ABOUT_ALL.items() if folder in path.parts}
    found = [sorted(map(str, near))] if near else []
    around = [home for home in homes if home != Path("tests")]
    if around:
        found.append([str(home) for home in around])
    elif not near:  # a file of the top floor without a test of its name
        found.append(sorted(str(p.relative_to(ROOT)) for p in (ROOT / "tests").glob("test_*.py")))
    return found


# ---- trying one ---------------------------------------------------------------------------------------------------------


class Copy:
    """The project in a temporary folder."""

    def __init__(self, folder: Path, limit: float, around: bool) -> None:
        self.folder, self.limit, self.around = folder, limit, around
        self.broken: list[str] = []  # tests that fail without any change
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*", "out"))
            elif (ROOT / name).exists():
                shutil.copy2(ROOT / name, folder / name)

    def passes(self, *tests: str) -> tuple[bool | None, str]:
        """Whether tests pass, None if they do not come to an end in time; and the name of one that fails."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", "-rfE", *tests]
        command += [f"--deselect={test}" for test in self.broken if test not in tests]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
        with tempfile.TemporaryFile("w+") as out:
            run = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                code: int | None = run.wait(self.limit)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, 9)  # with the processes it has started: they are in its session
                run.wait()
                code = None
            out.seek(0)
            failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", out.read(), re.M)
        return None if code is None else code == 0, failed[1] if failed else ""

    def tried(self, change: Change) -> str:
        """What becomes of a change: "caught …", "survived", or why nothing can be said."""
        here = self.folder / change.path
        source = here.read_bytes()
        for tests in rings(change.path)[: None if self.around else 1]:
            here.write_bytes(source[: change.start] + change.text.encode() + source[change.end :])
            try:
                good, failed = self.passes(*tests)
            finally:
                here.write_bytes(source)
            if good:
                continue
            if good is None:
                return "caught: no end" if self.passes(*tests)[0] else "unknown: these tests need longer"
            # without the change the test must pass; where nothing could even be collected, all of them
            ids = [failed] if "::" in failed else tests
            if self.passes(*ids)[0]:
                return f"caught by {failed or 'the import'}"
            if "::" not in failed or failed in self.broken:
                return f"unknown: {failed} fails anyway"
            self.broken.append(failed)
            return self.tried(change)  # once more, without that one
        return "survived"


def diff(change: Change) -> str:
    source = (ROOT / change.path).read_bytes()
    new = (source[: change.start] + change.text.encode() + source[change.end :]).decode()
    lines = difflib.unified_diff(source.decode().splitlines(), new.splitlines(), str(change.path), "changed", "", "", 0, "")
    return "\n".join(f"      {line}" for line in list(lines)[3:])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.split("\n\n")[0])
    parser.add_argument("--files", nargs="*", default=[], help="patterns of paths, such as 'tensorgrad/optim/*'")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--around", action="store_true", help="try the folder too, where the tests nearest to the file pass")
    parser.add_argument("--limit", type=float, default=300, help="seconds for the tests of one change")
    settings = parser.parse_args()
    # Files first, then a place in one: a long table is no more likely than a short rule.
    rng, homes = random.Random(settings.seed), files(settings.files)
    known = {path: changes for path in homes if (changes := changes_of(path))}
    if not known:
        parser.error(f"no file matches {settings.files}")
    picked = [rng.choice(known[rng.choice(list(known))]) for _ in range(settings.count)]
    tally: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copied = Copy(Path(folder), settings.limit, settings.around)
        for i, change in enumerate(picked, 1):
            began = time.monotonic()
            end = copied.tried(change)
            word = end.split()[0].rstrip(":")
            tally[word] = tally.get(word, 0) + 1
            line = (ROOT / change.path).read_bytes()[: change.start].count(b"\n") + 1
            print(f"{i:3} {change.path}:{line}  {change.kind}, {time.monotonic() - began:.0f} s: {end}")
            print(diff(change), flush=True)
    decided = tally.get("caught", 0) + tally.get("survived", 0)
    print(f"seed {settings.seed}: {tally.get('caught', 0)} of {decided} caught, {tally.get('unknown', 0)} undecided")


if __name__ == "__main__":
    main()
