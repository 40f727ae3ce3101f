"""The record: exact through JSON, true to its schema, and refused when its parts do not fit."""

import json
import math
from pathlib import Path

import pytest

import viz
from micrograd_value import Value, no_grad
from viz.record import SCHEMA, Record, record_of

SCHEMA_FILE = json.loads((Path(viz.__file__).parent / "record.schema.json").read_text())
TYPES = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None),
}  # fmt: skip


def violations(value, schema, path="$"):
    """Where a document breaks a schema, for the keywords that ours uses."""
    if "$ref" in schema:
        schema = SCHEMA_FILE["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema and all(list(violations(value, one, path)) for one in schema["anyOf"]):
        yield f"{path}: {value!r} is none of them"
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r}"
    if "type" in schema:
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        if isinstance(value, bool) or not any(isinstance(value, TYPES[kind]) for kind in kinds):
            yield f"{path}: {value!r} is no {kinds}"
            return
    if "minimum" in schema and isinstance(value, int) and value < schema["minimum"]:
        yield f"{path}: {value!r}"
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}.{name} is missing"
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            yield from violations(value[name], inner, f"{path}.{name}")
    for i, item in enumerate(value if "items" in schema else ()):
        yield from violations(item, schema["items"], f"{path}[{i}]")


class TestJson:
    def test_the_schema_holds(self, expression, network, batch):
        for x in expression, network, batch, Value(1.0), Value(math.inf) * math.nan:
            document = json.loads(record_of(x).to_json())
            assert list(violations(document, SCHEMA_FILE)) == []

    def test_the_schema_can_fail(self, expression):
        document = record_of(expression).to_dict()
        document["nodes"]["role"][0] = "king"
        document["edges"]["source"][1] = -1
        del document["steps"]["seed"]
        assert len(list(violations(document, SCHEMA_FILE))) == 3

    def test_exact(self, network, tmp_path):
        record = record_of(network, title="loss")
        again = Record.load(record.save(tmp_path / "sub" / "loss.json"))
        assert again == record and again.to_json() == record.to_json()

    def test_numbers_that_json_has_not(self):
        x = Value(math.inf, label="x")
        y = x * math.nan - math.inf
        y.backward()
        again = Record.from_json(record_of(y).to_json())
        assert [n.data for n in again.graph.nodes][0] == math.inf
        assert math.isnan(again.graph.nodes[again.output].data)

    def test_unknown_fields_are_kept(self, expression):
        document = record_of(expression).to_dict() | {"check": [1, 2], "meta": {"seed": 3}}
        assert Record.from_dict(document).to_dict() == document

    def test_golden(self):
        a, b = Value(2.0, label="a"), Value(-0.5, label="b")
        p = a * b
        p.label = "p"
        p.backward()
        text = (Path(viz.__file__).parents[1] / "docs" / "record.md").read_text()
        shown = json.loads(text.partition("```json")[2].partition("```")[0])
        assert record_of(p, title="a·b").to_dict() == shown

    def test_bytes_per_node(self, batch):
        record = record_of(batch)
        assert len(record.to_json().encode()) <= 120 * len(record.graph.nodes)

    def test_hostile_labels(self):
        label = "\"}</script>\n\u202e\ud800" + "x" * 10_000
        x = Value(1.0, label=label)
        again = Record.from_json(record_of(x * 2.0).to_json())
        assert again.graph.nodes[0].label == label
        assert len(again.name(0)) <= 60 and "\n" not in again.name(0)


class TestRecordOf:
    def test_names(self, network):
        x, y = Value(1.0, label="x"), Value(2.0, label="y")
        record = record_of(x * y + Value(3.0, label="x"))
        assert [record.name(i) for i in range(5)] == ["x#0", "y", "v2", "x#3", "v4"]

    def test_no_backward_yet(self):
        record = record_of(Value(2.0) * 3.0)
        assert not record.has_gradients and "no gradients" in repr(record)

    def test_a_record_passes_through(self, expression):
        record = record_of(expression)
        assert record_of(record) is record

    def test_the_seed_is_what_came_from_above(self):
        x = Value(3.0)
        p = x * 2.0
        (p * 0.25).backward()
        assert record_of(p).seed == 0.25

    def test_without_history(self):
        with no_grad():
            y = Value(2.0) * 3.0
        assert len(record_of(y).graph.nodes) == 1

    def test_deep(self):
        x = y = Value(1.0)
        for _ in range(20_000):
            y = y + x
        assert len(record_of(y).backward) == 40_000

    def test_several_outputs_are_refused(self, expression):
        with pytest.raises(TypeError, match="backward starts from one value, got a list. Pass one Value"):
            record_of([expression, expression])

    def test_a_backward_of_its_own_is_refused(self):
        x = Value(2.0)
        y = Value(8.0, (x,), "cube")
        y._backward = lambda: None
        with pytest.raises(TypeError, match="operation 'cube' does not say its local derivatives.*Give its Value _local_grads"):
            record_of(y + 1.0)


class TestDamaged:
    @pytest.mark.parametrize(
        "change, words",
        [
            (lambda d: d.update(schema="tensorgrad.viz/9"), "needs the schema 'tensorgrad.viz/1', got 'tensorgrad.viz/9'"),
            (lambda d: d["nodes"]["data"].pop(), "columns of nodes differ in length"),
            (lambda d: d["edges"]["slot"].append(0), "columns of edges differ in length"),
            (lambda d: d["nodes"]["data"].__setitem__(0, "two"), "nodes.data holds 'two', which is no number"),
            (lambda d: d["nodes"]["data"].__setitem__(0, None), "nodes.data holds None"),
            (lambda d: d["nodes"]["rule"].__setitem__(2, 99), "nodes.rule holds 99, which is no index"),
            (lambda d: d["nodes"]["role"].__setitem__(2, "king"), "nodes.role holds 'king'"),
            (lambda d: d["nodes"]["label"].__setitem__(2, 5), "nodes.label holds 5"),
            (lambda d: d["edges"]["source"].__setitem__(0, 8), "an edge runs from node 8 to 2; a result stands after"),
            (lambda d: d["steps"]["backward"].__setitem__(0, 1), "does not name every edge once"),
            (lambda d: d["steps"]["backward"].reverse(), "speaks before the gradient it passes on is complete"),
            (lambda d: d["steps"].update(output=True), "steps.output holds True"),
            (lambda d: d["rules"][0].update(value_code=[None]), r"a rule's code is \[None\]"),
            (lambda d: d.pop("rules"), "incomplete or of the wrong form: KeyError: 'rules'"),
            (lambda d: d.update(nodes=3), "incomplete or of the wrong form: TypeError"),
        ],
    )
    def test_said(self, expression, change, words):
        document = json.loads(record_of(expression).to_json())
        change(document)
        with pytest.raises(ValueError, match=words):
            Record.from_dict(document)

    def test_no_json(self):
        with pytest.raises(ValueError, match="record: not JSON: Expecting value"):
            Record.from_json("<html>")
        with pytest.raises(ValueError, match=f"needs the schema '{SCHEMA}', got 'list'"):
            Record.from_json("[]")
