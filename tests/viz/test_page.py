"""The page as a file: whole, small, silent on the network, and harmless whatever it is told to show."""

import json
import re
from html.parser import HTMLParser

import pytest

import viz
from micrograd_value import MLP, Value
from viz.page import HERE, MOST_VALUES, SCRIPTS, step
from viz.record import Record, record_of

HOSTILE = [
    "</script><script>alert(1)</script>", "<!--<script>", "\"'`{}@TITLE@", "]]>", "&amp;&lt;", "\u202eabc\u2066", "語" * 30,
    "🎲👩‍👩‍👧", "x" * 10_000, "a\nb\r\tc", "\x00\x1b[31m", "\ud800", "<img src=x onerror=alert(1)>",
]  # fmt: skip


class Parser(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.parts, self._in = [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in ("script", "style", "title"):
            self._in = dict(attributes).get("id", tag)

    def handle_endtag(self, tag):
        self._in = None

    def handle_data(self, data):
        if self._in:
            self.parts[self._in] = self.parts.get(self._in, "") + data


def test_a_file_that_holds_its_record(expression, tmp_path):
    page = step(expression, title="an expression")
    path = page.save(tmp_path / "new" / "x.html")
    text = path.read_text(encoding="utf-8")
    parsed = Parser(text)
    assert Record.from_dict(json.loads(parsed.parts["record"])) == record_of(expression, title="an expression")
    assert parsed.parts["title"] == "an expression"
    assert text.startswith("<!doctype html>") and '<html lang="en">' in text
    assert "@RECORD@" not in text and "@SCRIPT@" not in text


def test_render_writes_it(expression, tmp_path):
    path = viz.render(expression, tmp_path / "x.html", direction="TB", precision=6)
    assert json.loads(Parser(path.read_text()).parts["view"])["digits"] == 6
    for option in ({"max_nodes": 10}, {"collapse": "layer"}, {"engine": "builtin"}):
        with pytest.raises(ValueError, match="a page shows every value; max_nodes, collapse and engine are for pictures"):
            viz.render(expression, tmp_path / "y.html", **option)
    assert not (tmp_path / "y.html").exists()


def test_nothing_is_loaded(expression):
    text = step(expression).html
    parsed = Parser(text)
    policy = next(a["content"] for tag, a in parsed.tags if tag == "meta" and a.get("http-equiv"))
    assert policy.startswith("default-src 'none'") and "http" not in policy and "eval" not in policy
    assert not [a for _, a in parsed.tags if {"src", "href", "onclick", "onload"} & set(a)]
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_scripts_keep_the_house_rules():
    for name in (*SCRIPTS, "page.css", "page.html"):
        text = (HERE / name).read_text(encoding="utf-8")
        assert text.count("\n") < 300, name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function|\bfetch\(", text), name


def test_sizes():
    script = sum(len((HERE / name).read_bytes()) for name in (*SCRIPTS, "page.css"))
    assert script <= 60_000
    a, b, c = Value(2.0, label="a"), Value(-0.5, label="b"), Value(0.3, label="c")
    y = (a * b + c).tanh()
    y.backward()
    assert len(step(y).html) <= 70_000


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_harmless(label):
    x, w = Value(2.0, label=label), Value(3.0, label="w")
    y = x * w
    y.label = label
    y.backward()
    page = step(y, title=label)
    parsed, plain = Parser(page.html), Parser(step(x * w, title="t").html)
    assert [tag for tag, _ in parsed.tags] == [tag for tag, _ in plain.tags]
    assert json.loads(parsed.parts["record"])["nodes"]["label"][0] == label
    assert len(json.loads(parsed.parts["view"])["names"][0]) < 60
    page.html.encode()


def test_in_a_notebook(expression):
    shown = step(expression, title='a "quoted" <title>', height=500)._repr_html_()
    tag, attributes = Parser(shown).tags[0]
    assert tag == "iframe" and attributes["sandbox"] == "allow-scripts"
    assert attributes["srcdoc"] == step(expression, title='a "quoted" <title>').html
    assert attributes["title"] == 'Steps of a "quoted" <title>' and "height:500px" in attributes["style"]
    assert 'src="data:image/png;base64,' in shown


def test_boxes_do_not_overlap_and_frames_hold_theirs(expression, network):
    for x in expression, network:
        for direction in "LR", "TB", "RL", "BT":
            view = json.loads(Parser(step(x, direction=direction).html).parts["view"])
            boxes = view["boxes"] + [pill["box"] for pill in view["pills"] if pill]
            for i, (a0, b0, a1, b1) in enumerate(boxes):
                assert min(a0, b0) >= 0 and a1 <= view["width"] and b1 <= view["height"]
                for c0, d0, c1, d1 in boxes[:i]:
                    assert a1 <= c0 or c1 <= a0 or b1 <= d0 or d1 <= b0
            assert len(view["labels"]) == len(view["curves"]) == len(record_of(x).graph.edges)


def test_too_large(batch):
    words = f"[0-9,]+ values, and a page shows at most {MOST_VALUES}.*one example in place of a batch"
    with pytest.raises(ValueError, match=words):
        step(batch)


def test_a_false_record_is_drawn_and_said(expression):
    record = Record.from_json(record_of(expression).to_json())
    record.graph.nodes[0].data = 99.0
    with pytest.warns(UserWarning, match="the page will be marked in red.*Changed: the value of a"):
        step(record)


def test_options_that_do_not_exist(expression):
    with pytest.raises(ValueError, match="mode: 'fast' is none of"):
        step(expression, mode="fast")
    with pytest.raises(ValueError, match="direction: 'up' is none of"):
        step(expression, direction="up")
    with pytest.raises(ValueError, match="precision: needs a number"):
        step(expression, precision=0)
    with pytest.raises(TypeError, match="backward starts from one value, got a list"):
        step([expression])


def test_parameters_are_drawn_as_such():
    model = MLP(2, [1], seed=0)
    page = step(model([1.0, 2.0]), parameters=model)
    assert [node.role for node in page.record.graph.nodes].count("parameter") == 3
    assert repr(page).startswith("<viz page: ")
