"""DOT text: the whole of it for a small graph, and nothing of the user's in it unescaped."""

import re
import warnings
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import viz
from micrograd_value import Value, scope
from viz import dot
from viz.from_value import graph_of
from viz.scene import clean, scene_of

GOLDEN = """\
digraph {
	graph [rankdir=LR charset=utf8 bgcolor="#ffffff" fontname="DejaVu Sans,Verdana,Helvetica,Arial,sans-serif" \
fontsize=10 pad=0.2 nodesep=0.15 ranksep=0.3 nslimit=4 nslimit1=4]
	node [label="\\N" shape=box style="filled,rounded" fillcolor="#ffffff" color="#9aa5b1" margin="0.06,0.03" \
fontname="DejaVu Sans,Verdana,Helvetica,Arial,sans-serif" fontsize=10 fontcolor="#1f2933"]
	edge [color="#9aa5b1" arrowsize=0.6 fontname="DejaVu Sans,Verdana,Helvetica,Arial,sans-serif" fontsize=9 \
fontcolor="#1f2933"]
	n0 [label=<<table border="0" cellborder="0" cellspacing="0" cellpadding="2">\
<tr><td colspan="2"><b>x</b></td></tr>\
<tr><td align="left"><font color="#6b7785" point-size="8">data&#160;&#160;</font></td><td align="right">3.0</td></tr>\
<tr><td align="left"><font color="#6b7785" point-size="8">grad&#160;&#160;</font></td>\
<td align="right"><font color="#0067a3">+6.0</font></td></tr></table>> \
fillcolor="#eaf5fd" color="#56b4e9" penwidth=1.6]
	subgraph cluster_0 {
		graph [label=<square> fontcolor="#6b7785" labeljust=l style="rounded,filled" fillcolor="#f4f6f8" \
color="#9aa5b1" penwidth=0.6 margin=8]
		op1 [label=<<font color="#ffffff"><b>×</b></font>> shape=circle width=0.3 fixedsize=true \
fillcolor="#1f2933" color="#1f2933"]
		n1 [label=<<table border="0" cellborder="0" cellspacing="0" cellpadding="2">\
<tr><td align="left"><font color="#6b7785" point-size="8">data&#160;&#160;</font></td><td align="right">9.0</td></tr>\
<tr><td align="left"><font color="#6b7785" point-size="8">grad&#160;&#160;</font></td>\
<td align="right"><font color="#0067a3">+1.0</font></td></tr></table>> \
fillcolor="#e2f5ee" color="#009e73" penwidth=1.6 peripheries=2]
	}
	op1 -> n1 [weight=10 arrowhead=none]
	n0 -> op1 [label=< 3.0 > color="#0072b2" penwidth=3.50 minlen=2]
	n0 -> op1 [label=< 3.0 > color="#0072b2" penwidth=3.50 minlen=2]
}
"""

NASTY = [
    "<b>bold</b>", "a & b \"q\" 's'", "back\\slash \\N \\G \\E \\n \\l", "{rec|ord}", "two\nlines", "∂Σ 漢字 😀",
    "$x^2$", "&lt; &amp;#60;", "]]> <!-- -->", "\x00\x1b\x7f", "\ud800", 'n0 [label="x"]; n1 -> n2', "<<table>>",
    '%s \\"', "\\", "</svg><script>alert(1)</script>", "</text>", "x" * 200, "end>", "\u202e",
]  # fmt: skip


def test_golden():
    x = Value(3.0, label="x")
    with scope("square"):
        y = x * x
    y.backward()
    assert dot.source(scene_of(graph_of(y), legend=False)) == GOLDEN


def test_the_same_twice(network):
    assert dot.source(scene_of(graph_of(network))) == dot.source(scene_of(graph_of(network)))


def test_frames_lie_in_one_another(network):
    depth, deepest, frames = 0, 0, []
    for line in dot.body(scene_of(graph_of(network))):
        depth += line.strip().startswith("subgraph") - (line.strip() == "}")
        deepest = max(deepest, depth)
        frames += re.findall(r"graph \[label=<([^>]*)>", line) if depth else []
    assert (depth, deepest) == (0, 2)
    assert sorted(frames) == ["layers.0", "layers.1", "neurons.0", "neurons.0", "neurons.1", "neurons.2"]


def test_every_node_has_a_label_of_its_own(network):
    lines = dot.source(scene_of(graph_of(network))).splitlines()
    nodes = [line for line in lines if re.match(r"\s*(n|op)\d+ \[", line)]
    assert len(nodes) == 39 + 23
    assert all("[label=<" in line for line in nodes)


@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_direction(expression, direction):
    assert f"rankdir={direction} " in dot.source(scene_of(graph_of(expression), direction=direction))


def test_notice_and_legend_stand_above(network):
    with pytest.warns(UserWarning, match="drawn by layers"):
        source = viz.graph(network, max_nodes=8).source
    assert "39 values, more than max_nodes = 8: drawn by layers." in source
    assert "number on an arrow: local derivative" in source
    assert "labelloc=t" in source


@pytest.mark.parametrize("engine", ["pygraphviz", "builtin", "Graphviz alone"])
def test_users_text_is_only_text(tmp_path, engine):
    """As labels, operations and scopes: it comes out of the SVG as it went in, and adds no element."""
    ys = []
    for text in NASTY:
        with scope(text.replace("/", "|")):
            ys.append(Value(2.0, (Value(1.0, label=text),), text, label=text, _local_grads=(1.0,)))
    if engine == "Graphviz alone":  # it draws what has something added by hand
        graph = viz.graph(ys)
        graph.node("mine")
        root = ET.fromstring(graph.pipe("svg"))
    else:
        root = ET.parse(viz.render(ys, tmp_path / "x.svg", engine=engine)).getroot()
    found = Counter(
        "".join(node.itertext()).replace("\xa0", " ").strip() for node in root.iter("{http://www.w3.org/2000/svg}text")
    )
    for text in NASTY:
        title = clean(text.replace("/", "|"))
        assert found[clean(text)] == (4 if title == clean(text) else 3), text
        assert found[title] >= 1, text
    known = {"svg", "g", "title", "text", "path", "polygon", "polyline", "ellipse", "rect"}
    assert {node.tag.rpartition("}")[2] for node in root.iter()} <= known


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec=None), max_size=45), st.sampled_from(NASTY))
def test_any_text_is_only_text(text, more):
    """As SVG and as DOT: well-formed, as many elements as with a plain label, and the words themselves."""
    plain, odd = (
        Value(2.0, (Value(1.0, label=label),), label, label=label, _local_grads=(1.0,))
        for label in ("plain", text + more)
    )
    count = [len(list(ET.fromstring(viz.graph(y, engine="builtin").pipe("svg")).iter())) for y in (plain, odd)]
    assert count[0] - count[1] == 2 * (not clean(text + more).strip())  # without a label there is no row for it
    lines = [dot.source(scene_of(graph_of(y))).splitlines() for y in (plain, odd)]
    assert len(lines[0]) == len(lines[1])
    for line in lines[1]:
        assert line.isprintable() or line.replace("\t", "").isprintable()
        for label in re.findall(r"label=<(<table.*</table>)>", line):
            assert {e.tag for e in ET.fromstring(label).iter()} <= {"table", "tr", "td", "font", "b"}


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_users_text_breaks_no_picture(tmp_path, ending):
    """A $ is a $, and what no font has is a box: no formula, no error, no warning."""
    ys = [Value(2.0, (Value(1.0, label=text),), text, label=text, _local_grads=(1.0,)) for text in NASTY]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = viz.render(ys, tmp_path / f"a.{ending}", dpi=40)
    assert path.stat().st_size > 5000


def test_long_and_formula_like_text_takes_its_width(tmp_path):
    """Were `$x^2$` set as a formula, it would be narrower than its signs."""
    sizes = [
        Image.open(viz.render(Value(1.0, label=label * 6), tmp_path / "a.png", legend=False, dpi=72)).width
        for label in ("$x^2$", "|x^2|")
    ]
    assert sizes[0] >= sizes[1]
