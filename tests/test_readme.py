"""What the README and the pages in docs/ say is what happens: their Python blocks run, and print what stands below them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
BLOCKS = [
    pytest.param(code, expected, id=f"{path.name}:{i}")
    for path, text in PAGES.items()
    for i, (code, expected) in enumerate(re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.S))
]


@pytest.mark.parametrize("code, expected", BLOCKS)
def test_the_code_prints_what_it_says(code: str, expected: str, tmp_path: Path) -> None:
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(  # a process of its own: a block may let another name stand for the package
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", cwd=tmp_path, timeout=120,
        env=os.environ | {"PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pattern = re.escape(expected.strip()).replace(r"\.\.\.", ".*")
    assert re.fullmatch(pattern, done.stdout.strip()), done.stdout


def test_there_is_a_block_for_each_package() -> None:
    code = "".join(block.values[0] for block in BLOCKS)  # type: ignore[misc]
    assert all(f"{name}" in code for name in ("micrograd_value", "tensorgrad", "viz"))


def test_links_lead_somewhere() -> None:
    for path, text in PAGES.items():
        for target in re.findall(r"\]\((?!http)([^)]+)\)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_two_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
