"""How a record becomes smaller."""

import math

import pytest

from micrograd_value import MLP, Value, scope
from viz.fold import collapse_scopes, fit
from viz.from_value import from_value, graph_of
from viz.graph import Edge, Graph


def by_label(graph):
    return {node.label: node for node in graph.nodes if node.label}


class TestCollapse:
    def test_by_neuron(self, network):
        graph = collapse_scopes(graph_of(network), "neuron")
        groups = [node for node in graph.nodes if node.kind == "group"]
        assert [(g.scope, g.label, g.count, g.parameters) for g in groups] == [
            ("layers.0", "neurons.0", 8, 3),
            ("layers.0", "neurons.1", 8, 3),
            ("layers.0", "neurons.2", 8, 3),
            ("layers.1", "neurons.0", 10, 4),
        ]

    def test_a_group_shows_its_only_result(self, network):
        full, graph = graph_of(network), collapse_scopes(graph_of(network), "neuron")
        result = next(n for n in full.nodes if n.op == "ReLU")
        group = next(n for n in graph.nodes if n.label == "neurons.0")
        assert (group.data, group.grad) == (result.data, result.grad)

    def test_no_single_number_for_several_results(self, network):
        layer = next(n for n in collapse_scopes(graph_of(network), "layer").nodes if n.label == "layers.0")
        assert (layer.data, layer.grad, layer.count) == (None, None, 24)

    @pytest.mark.parametrize("by", ["layer", "layers", 1, ["layers.0", "layers.1"], ["layer", "neuron"]])
    def test_by_layer(self, network, by):
        graph = collapse_scopes(graph_of(network), by)
        assert [n.label for n in graph.nodes if n.kind == "group"] == ["layers.0", "layers.1"]
        assert graph.scopes == []

    def test_one_scope_by_its_path(self, network):
        graph = collapse_scopes(graph_of(network), "layers.0/neurons.1")
        assert [n.label for n in graph.nodes if n.kind == "group"] == ["neurons.1"]

    def test_edges_between_two_groups_become_one_that_counts(self, network):
        graph = collapse_scopes(graph_of(network), "layer")
        a, b = (n.id for n in graph.nodes if n.kind == "group")
        (edge,) = (e for e in graph.edges if (e.source, e.target) == (a, b))
        assert (edge.count, edge.local) == (3, None)

    def test_flow_is_kept(self, network):
        full, graph = graph_of(network), collapse_scopes(graph_of(network), "layer")
        x = next(n.id for n in full.nodes if n.label == "x[0]")
        flow = sum(e.flow for e in full.edges if e.source == x)
        x = next(n.id for n in graph.nodes if n.label == "x[0]")
        assert math.isclose(sum(e.flow for e in graph.edges if e.source == x), flow)

    def test_ids_are_places(self, network):
        graph = collapse_scopes(graph_of(network), "neuron")
        assert [node.id for node in graph.nodes] == list(range(len(graph.nodes)))
        assert all(0 <= e.source < len(graph.nodes) and 0 <= e.target < len(graph.nodes) for e in graph.edges)

    def test_the_record_itself_is_untouched(self, network):
        graph = graph_of(network)
        collapse_scopes(graph, 1)
        assert graph == graph_of(network)

    @pytest.mark.parametrize(
        ("by", "error", "words"),
        [
            ("block", ValueError, "nothing is called 'block'. Scopes in this graph: layers.0, neurons.0"),
            (0, ValueError, "depth 0 is below 1"),
            (True, TypeError, "needs a word, a depth or a list of words, got a bool"),
            (1.5, TypeError, "got a float"),
        ],
    )
    def test_errors(self, network, by, error, words):
        with pytest.raises(error, match=words):
            collapse_scopes(graph_of(network), by)


class TestFit:
    def test_within_the_budget_nothing_happens(self, network):
        graph = graph_of(network)
        assert fit(graph, len(graph.nodes)) is graph

    def test_neurons_first(self, network):
        graph = fit(graph_of(network), 20)
        assert [n.label for n in graph.nodes if n.kind == "group"].count("neurons.0") == 2
        assert graph.notice == (
            '39 values, more than max_nodes = 20: drawn by neurons. For another view: collapse="layer", max_nodes=39.'
        )

    def test_then_layers(self, network):
        graph = fit(graph_of(network), 8)
        assert [n.label for n in graph.nodes if n.kind == "group"] == ["layers.0", "layers.1"]
        assert graph.notice == (
            '39 values, more than max_nodes = 8: drawn by layers. For another view: collapse="neuron", max_nodes=39.'
        )

    def test_then_what_is_in_no_module(self, batch):
        graph = fit(graph_of(batch), 12)
        groups = [n for n in graph.nodes if n.kind == "group"]
        assert [(n.label, n.role) for n in groups] == [
            ("inputs", "leaf"), ("constants", "leaf"), ("layers.0", "inner"), ("layers.1", "inner"), ("…", "inner"),
        ]  # fmt: skip
        assert "drawn in groups" in graph.notice
        assert sum(node.count for node in graph.nodes) == len(graph_of(batch).nodes)

    def test_inputs_into_one_node_before_scopes_further_out(self):
        with_many_inputs = MLP(30, [2, 1], seed=0)([float(i) for i in range(30)])
        graph = fit(graph_of(with_many_inputs), 10)
        assert [(n.label, n.count) for n in graph.nodes] == [
            ("inputs", 30), ("neurons.0", 92), ("neurons.1", 92), ("neurons.0", 7),
        ]  # fmt: skip
        assert [(e.source, e.target, e.count) for e in graph.edges if e.source == 0] == [(0, 1, 30), (0, 2, 30)]
        assert "drawn by neurons, inputs in one node. For another view: collapse=" in graph.notice

    def test_arrows_count_as_well_as_nodes(self, network):
        seen = []

        def readable(graph):
            seen.append(len(graph.edges))
            return len(graph.edges) < 7

        graph = fit(graph_of(network), 400, readable)
        assert [n.label for n in graph.nodes if n.kind == "group"] == ["layers.0", "layers.1"]
        assert seen[0] == 42 and seen[-1] == len(graph.edges) == 6
        assert graph.notice.startswith("39 values, more than fits a page: drawn by layers.")

    def test_of_a_chain_as_much_as_is_readable(self):
        y = Value(1.0)
        for _ in range(50):
            y = y.tanh()
        graph = fit(graph_of(y), 40, lambda graph: len(graph.nodes) <= 21)
        assert 10 < len(graph.nodes) <= 21
        assert "more than max_nodes = 40: drawn are those nearest" in graph.notice
        assert fit(graph_of(y), 40, lambda graph: False).nodes[0].count == 50  # one value is always drawn

    def test_a_scope_may_have_any_name(self):
        """Also one of ours."""
        with scope("inputs"):
            a = sum(Value(float(i)) for i in range(9)).tanh()
        with scope("constants"):
            b = sum((Value(float(i)) for i in range(9)), a).tanh()
        out = sum((Value(float(i)) for i in range(30)), b)
        assert [(n.label, n.count, n.role) for n in fit(graph_of(out), 8).nodes] == [
            ("inputs", 20, "inner"), ("constants", 19, "inner"), ("constants", 30, "leaf"), ("…", 29, "inner"),
            ("", 1, "output"),
        ]  # fmt: skip

    def test_without_scopes_the_nearest_to_the_output_stay(self):
        y = x = Value(1.0)
        for _ in range(50):
            y = y.tanh()
        graph = fit(graph_of(y), 10)
        assert (graph.nodes[0].kind, graph.nodes[0].label, graph.nodes[0].count) == ("more", "… 41 more", 41)
        assert len(graph.nodes) == 11
        assert graph.nodes[-1].role == "output"
        assert graph.edges[0] == Edge(0, 1, 0, local=graph_of(y).edges[-10].local)
        assert graph.notice == (
            "51 values, more than max_nodes = 10: drawn are those nearest the output. max_nodes=51 draws every value."
        )
        assert x.grad == 0.0

    def test_many_outputs_are_cut_as_well(self):
        outputs = [Value(float(i)).tanh() for i in range(30)]
        assert len(fit(graph_of(outputs), 5).nodes) == 6

    def test_nobody_is_told_to_draw_what_takes_minutes(self):
        y = Value(1.0)
        for _ in range(3000):
            y = y.tanh()
        assert fit(graph_of(y), 30).notice.endswith("nearest the output. max_nodes=2000 draws more.")

    def test_a_chain_of_100_000_is_walked_without_recursion(self):
        y = Value(1.0, label="x")
        for _ in range(100_000):
            y = y + 1e-3
        graph = fit(from_value(y), 30)
        assert graph.nodes[0].count == 200_001 - 30

    def test_an_empty_record(self):
        assert fit(Graph(), 1).scopes == []
