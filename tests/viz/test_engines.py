"""Which engine draws, and what happens when one cannot."""

import struct
import xml.etree.ElementTree as ET

import pytest

import viz
from micrograd_value import Value
from viz import engines
from viz.from_value import graph_of
from viz.scene import scene_of


def png_size(content):
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def svg_texts(content):
    root = ET.fromstring(content)
    return {"".join(t.itertext()).replace("\xa0", " ").strip() for t in root.iter("{http://www.w3.org/2000/svg}text")}


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a `dot` on PATH that runs a line of shell, and nothing else."""

    def make(line):
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "dot").write_text(f"#!/bin/sh\n{line}\n")
        (folder / "dot").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return make


@pytest.fixture
def no_pygraphviz(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)


class TestEngines:
    def test_pygraphviz_comes_first_then_dot_then_our_own(self, monkeypatch, expression):
        scene = scene_of(graph_of(expression))
        here = {"pygraphviz", "dot", "builtin"}
        monkeypatch.setattr(engines, "_present", lambda engine: engine in here)
        assert engines._by_preference(scene) == ["pygraphviz", "dot", "builtin"]
        here = {"dot", "builtin"}
        assert engines._by_preference(scene) == ["dot", "builtin"]
        here = {"builtin"}
        assert engines._by_preference(scene) == ["builtin"]

    def test_what_would_take_graphviz_minutes_is_ours(self, monkeypatch):
        y = x = Value(1.0)
        for _ in range(60):
            y = y + x
        monkeypatch.setattr(engines, "_present", lambda engine: True)
        assert engines._by_preference(scene_of(graph_of(y)))[0] == "builtin"

    def test_the_environment_may_choose(self, tmp_path, expression, monkeypatch):
        monkeypatch.setenv("TENSORGRAD_VIZ_ENGINE", "builtin")
        chosen = viz.render(expression, tmp_path / "a.svg").read_bytes()
        assert chosen == viz.render(expression, tmp_path / "b.svg", engine="builtin").read_bytes()
        assert chosen != viz.render(expression, tmp_path / "c.svg", engine="pygraphviz").read_bytes()
        monkeypatch.setenv("TENSORGRAD_VIZ_ENGINE", "nothing")
        with pytest.raises(ValueError, match="engine: 'nothing' is none of"):
            viz.render(expression, tmp_path / "a.svg")

    def test_a_dot_program_is_given_the_text(self, tmp_path, expression, program):
        program('echo "$@"; exec /bin/cat')
        lines = viz.render(expression, tmp_path / "a.png", engine="dot", dpi=200).read_text().split("\n", 1)
        assert lines == ["-Tpng -Gdpi=200", viz.graph(expression).source]

    def test_a_forced_engine_that_is_missing(self, tmp_path, expression, monkeypatch, no_pygraphviz):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(RuntimeError, match=r"'pygraphviz' was asked for and is not here. Run: pip install"):
            viz.render(expression, tmp_path / "a.svg", engine="pygraphviz")
        with pytest.raises(RuntimeError, match="'dot' was asked for and is not here. Install Graphviz"):
            viz.render(expression, tmp_path / "a.svg", engine="dot")

    def test_when_one_fails_the_next_draws(self, tmp_path, expression, program, no_pygraphviz):
        program('echo "Error: out of luck" >&2; exit 3')
        with pytest.warns(UserWarning, match=r"dot could not draw this graph \(Error: out of luck\); the next engine"):
            path = viz.render(expression, tmp_path / "a.svg")
        assert "L" in svg_texts(path.read_bytes())

    def test_an_engine_that_fails_in_silence(self, tmp_path, expression, program):
        program("exit 4")
        with pytest.raises(RuntimeError, match="exit status 4"):
            viz.render(expression, tmp_path / "a.svg", engine="dot")

    def test_a_layout_that_takes_too_long_is_stopped(self, tmp_path, expression, program, no_pygraphviz, monkeypatch):
        program("exec /bin/sleep 60")
        monkeypatch.setattr(engines, "SECONDS", 0.2)
        with pytest.warns(UserWarning, match=r"layout took more than 0.2 s"):
            path = viz.render(expression, tmp_path / "a.svg")
        assert "L" in svg_texts(path.read_bytes())

    def test_a_forced_engine_that_takes_too_long(self, tmp_path, expression, program, monkeypatch):
        program("exec /bin/sleep 60")
        monkeypatch.setattr(engines, "SECONDS", 0.2)
        with pytest.raises(RuntimeError, match=r"layout took more than 0.2 s"):
            viz.render(expression, tmp_path / "a.svg", engine="dot")

    def test_a_huge_picture_stays_within_what_png_can_hold(self, tmp_path):
        y = Value(1.0)
        for _ in range(120):
            y = y.tanh()
        width, _ = png_size(viz.render(y, tmp_path / "a.png", engine="builtin", dpi=300).read_bytes())
        assert width <= 30_000
