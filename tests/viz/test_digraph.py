"""What `viz.graph` returns: a graphviz.Digraph that draws itself."""

import sys

import graphviz
import pytest

import viz
from viz.digraph import Digraph


@pytest.fixture
def drawn(expression):
    return viz.graph(expression, engine="builtin")


class TestDigraph:
    def test_it_is_one(self, drawn):
        assert isinstance(drawn, graphviz.Digraph)
        assert drawn.source.startswith("digraph {\n\tgraph [rankdir=LR ")
        assert str(drawn) == drawn.source

    def test_repr(self, drawn):
        assert repr(drawn) == "<viz graph: 9 values, 5 operations>"

    @pytest.mark.parametrize("engine", ["pygraphviz", "builtin"])
    @pytest.mark.parametrize("format", ["png", "svg", "pdf", "dot"])
    def test_pipe(self, expression, engine, format):
        start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "dot": b"digraph"}[format]
        assert viz.graph(expression, engine=engine).pipe(format).startswith(start)

    def test_pipe_gives_text_if_an_encoding_is_named(self, drawn):
        assert drawn.pipe(encoding="utf-8").startswith("<?xml")
        assert drawn.pipe("dot", encoding="utf-8") == drawn.source

    def test_pipe_refuses_what_nobody_draws(self, drawn):
        with pytest.raises(ValueError, match=r"graph asks for the format 'xyz'. Choose one of .png"):
            drawn.pipe("xyz")

    def test_render_as_in_the_lecture(self, drawn, tmp_path):
        drawn.format = "png"
        path = drawn.render(str(tmp_path / "gout"))
        assert path == str(tmp_path / "gout.png")
        assert (tmp_path / "gout.png").read_bytes().startswith(b"\x89PNG")
        assert (tmp_path / "gout").read_text(encoding="utf-8") == drawn.source

    def test_render_options(self, drawn, tmp_path):
        assert drawn.render("g", tmp_path, format="svg", cleanup=True) == str(tmp_path / "g.svg")
        assert [path.name for path in tmp_path.iterdir()] == ["g.svg"]

    def test_render_to_an_outfile(self, drawn, tmp_path):
        assert drawn.render(outfile=tmp_path / "x.pdf") == str(tmp_path / "x.pdf")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["x.gv", "x.pdf"]

    def test_view(self, drawn, tmp_path, monkeypatch):
        seen = []
        monkeypatch.setattr(graphviz, "view", seen.append)
        drawn.render("g", tmp_path, view=True)
        assert seen == [str(tmp_path / "g.svg")]

    def test_a_notebook_gets_svg_png_and_text(self, drawn):
        bundle = drawn._repr_mimebundle_()
        assert bundle["image/svg+xml"].startswith("<?xml")
        assert bundle["image/png"].startswith(b"\x89PNG")
        assert bundle["text/plain"] == repr(drawn)

    def test_a_notebook_may_ask_for_less(self, drawn):
        assert set(drawn._repr_mimebundle_(include=["image/png"])) == {"image/png"}
        assert set(drawn._repr_mimebundle_(exclude=["image/png"])) == {"image/svg+xml", "text/plain"}

    def test_without_matplotlib_a_notebook_gets_the_svg(self, drawn, monkeypatch):
        monkeypatch.setitem(sys.modules, "viz.ink", None)
        assert set(drawn._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}

    def test_a_copy_draws_itself_too(self, drawn):
        assert drawn.copy().pipe("svg") == drawn.pipe("svg")

    def test_what_is_added_by_hand_is_drawn_by_graphviz(self, expression):
        graph = viz.graph(expression, engine="pygraphviz")
        graph.node("extra")
        graph.edge("extra", "n0", label="mine")
        with graph.subgraph(name="cluster_x") as inner:
            assert isinstance(inner, Digraph)
            inner.node("deep")
        svg = graph.pipe("svg", encoding="utf-8")
        assert all(f">{word}</text>" in svg for word in ("extra", "mine", "deep"))

    def test_the_built_in_engine_says_that_it_cannot(self, drawn):
        drawn.node("extra")
        with pytest.warns(UserWarning, match="does not draw what was added to the graph by hand"):
            drawn.pipe("svg")

    @pytest.mark.parametrize("settings", [{"format": "gif"}, {"format": "svg", "engine": "neato"}])
    def test_what_only_the_program_can_is_its_business(self, drawn, tmp_path, monkeypatch, settings):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(graphviz.ExecutableNotFound):
            drawn.pipe(**settings)
        with pytest.raises(graphviz.ExecutableNotFound):
            drawn.render("g", tmp_path, **settings)
