"""Files: every format from every engine, on machines that lack this or that, whole or not at all."""

import ast
import errno
import os
import re
import struct
import subprocess
import sys
import tomllib
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

import viz
from micrograd_value import MLP, Value
from viz import engines
from viz.from_value import graph_of
from viz.scene import scene_of

ROOT = Path(viz.__file__).parent.parent


def png_size(content):
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def svg_texts(content):
    root = ET.fromstring(content)
    return {"".join(t.itertext()).replace("\xa0", " ").strip() for t in root.iter("{http://www.w3.org/2000/svg}text")}


def python(code, **environment):
    """Run a program in a fresh interpreter, its environment changed; its output."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestFormats:
    @pytest.mark.parametrize("engine", ["pygraphviz", "builtin"])
    def test_png(self, tmp_path, expression, engine):
        small = png_size(viz.render(expression, tmp_path / "a.png", engine=engine, dpi=72).read_bytes())
        large = png_size(viz.render(expression, tmp_path / "b.png", engine=engine, dpi=144).read_bytes())
        assert min(small) > 100
        assert large == pytest.approx([2 * n for n in small], abs=2)

    @pytest.mark.parametrize("engine", ["pygraphviz", "builtin"])
    def test_svg_holds_every_word(self, tmp_path, network, engine):
        texts = svg_texts(viz.render(network, tmp_path / "a.svg", engine=engine).read_bytes())
        scene = scene_of(graph_of(network))
        assert {row.text for box in scene.boxes for row in box.rows} <= texts
        assert {arrow.text for arrow in scene.arrows} - {""} <= texts
        assert {"layers.0", "neurons.2", "data", "grad"} <= texts

    @pytest.mark.parametrize("engine", ["pygraphviz", "builtin"])
    def test_pdf(self, tmp_path, expression, engine):
        content = viz.render(expression, tmp_path / "a.pdf", engine=engine).read_bytes()
        assert content.startswith(b"%PDF-")
        assert b"%%EOF" in content[-32:]

    def test_dot(self, tmp_path, expression):
        content = viz.render(expression, tmp_path / "a.dot").read_text(encoding="utf-8")
        assert content == viz.graph(expression).source

    def test_the_ending_may_be_in_capitals(self, tmp_path, expression):
        assert png_size(viz.render(expression, tmp_path / "A.PNG", engine="builtin").read_bytes())

    @pytest.mark.parametrize("engine", ["pygraphviz", "builtin"])
    @pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
    def test_the_same_file_twice(self, tmp_path, expression, engine, ending):
        a, b = (viz.render(expression, tmp_path / f"{k}.{ending}", engine=engine).read_bytes() for k in "ab")
        strip = re.compile(rb"/CreationDate \([^)]*\)|/ID \[[^]]*\]")
        assert strip.sub(b"", a) == strip.sub(b"", b)

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("graph.gif", r"render: '.*graph\.gif' asks for the format 'gif'\. Choose one of \.png, \.svg, \.pdf, "),
            ("graph", "asks for no format"),
            (".png", "asks for no format"),
        ],
    )
    def test_unknown_formats(self, tmp_path, expression, name, words):
        with pytest.raises(ValueError, match=words):
            viz.render(expression, tmp_path / name)
        assert not list(tmp_path.iterdir())

    def test_lists_and_records(self, tmp_path, expression):
        a = viz.render(expression, tmp_path / "a.dot").read_text()
        assert viz.render([expression], tmp_path / "b.dot").read_text() == a
        assert viz.render(graph_of(expression), tmp_path / "c.dot").read_text() == a


class TestWriting:
    def test_the_path_comes_back_and_folders_are_made(self, tmp_path, expression):
        path = viz.render(expression, str(tmp_path / "new" / "folder" / "a.dot"))
        assert path == tmp_path / "new" / "folder" / "a.dot"
        assert path.exists()

    def test_a_failing_layout_leaves_the_old_file(self, tmp_path, expression, monkeypatch):
        path = viz.render(expression, tmp_path / "a.svg", engine="builtin")
        before = path.read_bytes()
        monkeypatch.setattr(engines, "arrange", lambda scene: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            viz.render(expression, path, engine="builtin")
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("step", ["fsync", "replace"])
    def test_a_failing_disk_leaves_the_old_file(self, tmp_path, expression, monkeypatch, step):
        path = viz.render(expression, tmp_path / "a.dot")
        before = path.read_bytes()

        def fail(*_):
            raise OSError("disk full")

        monkeypatch.setattr(os, step, fail)
        with pytest.raises(OSError, match="disk full"):
            viz.render(expression * 2.0, path)
        monkeypatch.undo()
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]

    def test_permissions_are_those_of_any_new_file(self, tmp_path, expression):
        plain = tmp_path / "plain"
        plain.touch()
        assert viz.render(expression, tmp_path / "a.dot").stat().st_mode == plain.stat().st_mode

    @pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
    @pytest.mark.parametrize("writer", ["render", "Digraph", "savefig"])
    def test_a_file_that_was_private_stays_so_and_a_link_is_followed(self, tmp_path, expression, writer):
        target = tmp_path / "private.svg"
        target.touch(0o600)
        (tmp_path / "link.svg").symlink_to(target)
        write_with(writer, expression, tmp_path / "link.svg")
        assert target.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "link.svg").is_symlink() and target.read_bytes().startswith(b"<?xml")

    @pytest.mark.parametrize("writer", ["render", "Digraph", "savefig"])
    def test_an_error_names_the_file_and_leaves_nothing(self, tmp_path, expression, monkeypatch, writer):
        path = tmp_path / "a.svg"
        path.mkdir()
        with pytest.raises(OSError) as error:
            write_with(writer, expression, path)
        assert error.value.filename == str(path)
        path.rmdir()

        def full(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        write_with(writer, expression, path)
        before = path.read_bytes()
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"No space left on device: '.*/a(\.svg)?'$"):
            write_with(writer, expression * 2.0, path)
        assert path.read_bytes() == before
        assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def write_with(writer, x, path):
    if writer == "render":
        viz.render(x, path)
    elif writer == "Digraph":
        graph = viz.graph(x)
        graph.format = "svg"
        graph.render(path.with_suffix(""), cleanup=True)
    else:
        viz.plot_history([float(x), 1.0]).savefig(path)


class TestOptions:
    @pytest.mark.parametrize("draw", [viz.graph, lambda x, **options: viz.render(x, "never.svg", **options)])
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"engine": "neato"}, "engine: 'neato' is none of 'pygraphviz', 'dot', 'builtin'"),
            ({"max_nodes": 0}, "max_nodes: needs a whole number of at least 1, got 0"),
            ({"max_nodes": 2.5}, "got 2.5"),
            ({"max_nodes": True}, "got True"),
            ({"direction": "down"}, "direction: 'down'"),
            ({"precision": 99}, "precision: "),
            ({"show": ["everything"]}, "show: 'everything'"),
            ({"collapse": "block"}, "nothing is called 'block'"),
        ],
    )
    def test_errors(self, expression, draw, options, words):
        with pytest.raises(ValueError, match=words):
            draw(expression, **options)
        assert not Path("never.svg").exists()

    @pytest.mark.parametrize("dpi", [0, 1e6, "high", True])
    def test_dpi(self, expression, dpi):
        with pytest.raises(ValueError, match="dpi: needs a number from 1 to 2400, got"):
            viz.render(expression, "never.png", dpi=dpi)

    def test_collapse(self, tmp_path, network):
        texts = svg_texts(viz.render(network, tmp_path / "a.svg", collapse="layer", engine="builtin").read_bytes())
        assert {"layers.0", "layers.1", "parameters"} <= texts
        assert "neurons.0" not in texts

    def test_over_the_budget_the_warning_points_here(self, tmp_path, network):
        with pytest.warns(UserWarning, match="viz: 39 values, more than max_nodes = 20: drawn by neurons") as caught:
            texts = svg_texts(viz.render(network, tmp_path / "a.svg", max_nodes=20, engine="builtin").read_bytes())
        assert caught[0].filename == __file__
        assert any(text.startswith("39 values, more than max_nodes = 20: drawn by neurons.") for text in texts)

    @pytest.mark.parametrize("direction", ["LR", "TB"])
    @pytest.mark.parametrize("kind", ["wide", "deep", "micrograd", "batch"])
    def test_what_fits_a_page_is_drawn(self, tmp_path, batch, kind, direction):
        if kind == "wide":
            x = MLP(100, [100, 10], seed=0)([i / 100 for i in range(100)])
        elif kind == "deep":
            x = Value(1.0)
            for _ in range(2000):
                x = x + 1.0
        else:
            x = batch if kind == "batch" else MLP(2, [16, 16, 1], seed=0)([1.0, -2.0])
        with pytest.warns(UserWarning, match="values, more than .*max_nodes=") as caught:
            path = viz.render(x, tmp_path / "a.png", direction=direction)
        assert ('collapse="neuron"' in str(caught[0].message)) == (kind in ("wide", "micrograd"))
        with Image.open(path) as picture:
            assert max(picture.size) <= 15_000
            assert picture.size[0] * picture.size[1] < Image.MAX_IMAGE_PIXELS / 2

    def test_an_option_that_was_chosen_is_obeyed(self, network, tmp_path):
        """What is more than a page is drawn if asked for, up to what a layout can do in a minute."""
        xs = [Value(float(i)) for i in range(60)]
        ys = [[MLP(60, [60], seed=0)(xs)], MLP(2, [16, 16, 1], seed=0)([1.0, -2.0])]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert viz.graph(ys[1], collapse="neuron").source.count("neurons.") == 33
            assert viz.graph(ys[1], max_nodes=1000).source.count("ReLU") == 32
        with pytest.warns(
            UserWarning, match="10,920 values, more than fits a page: drawn by layers, inputs in one node"
        ):
            viz.graph(ys[0][0], collapse=["neuron"])
        with pytest.warns(UserWarning, match="10,920 values, more than fits a page: drawn with inputs in one node"):
            assert "<b>inputs</b>" in viz.graph(ys[0][0], collapse="layer").source

    def test_the_lectures_network_is_drawn_in_full(self, tmp_path):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            viz.render((MLP(3, [4, 4, 1], seed=0)([2.0, 3.0, -1.0]) - 1.0) ** 2, tmp_path / "a.svg")

    def test_a_deep_graph_is_cut_with_a_notice(self, tmp_path):
        y = Value(1.0, label="x")
        for _ in range(100_000):
            y = y.tanh()
        with pytest.warns(UserWarning, match="drawn are those nearest the output"):
            texts = svg_texts(viz.render(y, tmp_path / "a.svg", max_nodes=30).read_bytes())
        assert "… 99,971 more" in texts


DRAW = """
import sys
{first}
import viz
from micrograd_value import MLP, Value
x = Value(2.0, label="x"); y = x * 3.0; y.label = "y"
{then}
"""


class TestBareMachines:
    """Neither Graphviz, nor fonts, nor matplotlib: something is drawn all the same."""

    @pytest.mark.parametrize("ending", ["png", "svg", "pdf", "dot"])
    def test_without_graphviz(self, tmp_path, ending):
        block = "sys.modules['pygraphviz'] = sys.modules['graphviz'] = None"
        python(DRAW.format(first=block, then=f"viz.render(y, {str(tmp_path / f'a.{ending}')!r})"), PATH="")
        content = (tmp_path / f"a.{ending}").read_bytes()
        assert content.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "dot": b"digraph"}[ending])

    @pytest.mark.parametrize("ending", ["svg", "dot"])
    def test_with_nothing_at_all(self, tmp_path, ending):
        block = "for name in ('pygraphviz', 'graphviz', 'matplotlib', 'numpy'): sys.modules[name] = None"
        python(DRAW.format(first=block, then=f"viz.render(y, {str(tmp_path / f'a.{ending}')!r})"), PATH="")
        assert (tmp_path / f"a.{ending}").stat().st_size > 500

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            ("viz.render(y, 'a.png')", "drawing a PNG needs matplotlib"),
            ("viz.render(y, 'a.pdf')", "drawing a PDF needs matplotlib"),
            ("viz.graph(y)", "viz.graph: needs the package graphviz"),
            ("viz.plot_history([1.0])", "viz.plot_history: needs matplotlib"),
            ("viz.plot_decision_boundary", "viz.plot_decision_boundary: needs matplotlib"),
        ],
    )
    def test_what_is_missing_is_named_with_its_cure(self, tmp_path, call, words):
        block = "for name in ('pygraphviz', 'graphviz', 'matplotlib'): sys.modules[name] = None"
        then = f"try:\n    {call}\nexcept ImportError as error:\n    print(error)"
        output = python(DRAW.format(first=block, then=then), PATH="")
        assert words in output
        assert "Run: pip install " + ("graphviz" if "graphviz" in words else "matplotlib") in output

    def test_a_plain_install_has_all_that_png_and_svg_need(self):
        """What pip brings without any extra is what these files import."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        plain = {re.split(r"[<>=\[;]", need)[0] for need in project["dependencies"]}
        extras = {"pygraphviz"}
        used = set()
        for path in (ROOT / "viz").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
                used |= {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
        assert used - extras <= plain
        assert {"matplotlib", "graphviz"} <= used

    @pytest.mark.parametrize("cache", ["writable", "nowhere"])
    def test_without_fonts_letters_are_letters(self, tmp_path, cache):
        """Boxes for letters are all of one width; M and i are not."""
        nothing = tmp_path / "fonts.conf"
        nothing.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>')
        home = str(tmp_path) if cache == "writable" else "/nowhere"
        then = f"""
for name in "iM":
    graph = viz.graph(Value(1.0, label=name * 30), show="label", engine="pygraphviz", legend=False)
    graph.node("m")  # added by hand: Graphviz draws it, and not we
    open({str(tmp_path)!r} + "/" + name + ".png", "wb").write(graph.pipe("png"))
"""
        python(DRAW.format(first="", then=then), PATH="", FONTCONFIG_FILE=str(nothing), HOME=home, XDG_CACHE_HOME=home)
        narrow, wide = (png_size((tmp_path / f"{name}.png").read_bytes())[0] for name in "iM")
        assert wide > 2 * narrow

    def test_our_environment_is_left_alone(self, tmp_path, expression):
        before = dict(os.environ)
        graph = viz.graph(expression, engine="pygraphviz")
        graph.node("m")
        graph.pipe("png")
        assert dict(os.environ) == before

    def test_the_folder_for_fonts_is_removed_at_exit(self, tmp_path):
        then = f"g = viz.graph(y); g.node('m'); open({str(tmp_path / 'a.png')!r}, 'wb').write(g.pipe('png'))"
        python(DRAW.format(first="", then=then), TMPDIR=str(tmp_path))
        assert [path.name for path in tmp_path.iterdir()] == ["a.png"]

    def test_importing_viz_is_light(self):
        heavy = "{'matplotlib', 'graphviz', 'pygraphviz', 'numpy', 'micrograd_value', 'tensorgrad'}"
        assert python(f"import sys, viz; print(sorted(set(sys.modules) & {heavy}))") == "[]\n"

    def test_what_lies_in_the_working_folder_is_not_imported(self, tmp_path, expression, monkeypatch):
        (tmp_path / "pygraphviz.py").write_text("raise SystemExit('not me')")
        monkeypatch.chdir(tmp_path)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert png_size(viz.render(expression, tmp_path / "a.png", engine="pygraphviz").read_bytes())
