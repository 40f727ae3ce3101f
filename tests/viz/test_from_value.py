"""What is in the record of a result, and in which order."""

import math
import subprocess
import sys
import warnings
from pathlib import Path

import micrograd.engine
import pytest

import viz
from micrograd_value import MLP, Value, no_grad, scope
from viz.from_value import graph_of
from viz.graph import Edge, Node

ROOT = Path(viz.__file__).parent.parent


def by_label(graph):
    return {node.label: node for node in graph.nodes if node.label}


class TestFromValue:
    def test_nodes_and_edges(self, expression):
        graph = graph_of(expression)
        assert [node.id for node in graph.nodes] == list(range(len(graph.nodes)))
        assert [(node.label, node.op) for node in graph.nodes] == [
            ("a", ""), ("b", ""), ("", "*"), ("c", ""), ("", "+"), ("f", ""), ("", "*"), ("", "*"), ("L", "+"),
        ]  # fmt: skip
        assert all(edge.source < edge.target for edge in graph.edges)
        assert Edge(0, 2, 0, local=-3.0, flow=6.0) in graph.edges
        assert Edge(1, 2, 1, local=2.0, flow=-4.0) in graph.edges

    def test_data_and_gradients_are_the_values_own(self, expression):
        nodes = by_label(graph_of(expression))
        assert (nodes["a"].data, nodes["a"].grad) == (2.0, 10.0)
        assert (nodes["L"].data, nodes["L"].grad) == (-4.0, 1.0)

    def test_a_child_used_twice_has_two_edges(self):
        x = Value(3.0)
        assert graph_of(x * x).edges == [Edge(0, 1, 0, 3.0), Edge(0, 1, 1, 3.0)]

    def test_flows_into_a_node_add_up_to_its_gradient(self, network):
        graph = graph_of(network)
        for node in graph.nodes:
            leaving = [edge.flow for edge in graph.edges if edge.source == node.id]
            if leaving:
                assert math.isclose(sum(leaving), node.grad, rel_tol=1e-12, abs_tol=1e-300)

    def test_roles(self):
        x, w = Value(1.0, label="x"), Value(2.0, label="w")
        y = x * w
        roles = [node.role for node in graph_of(y + 1.0, parameters=[w]).nodes]
        assert roles == ["leaf", "parameter", "inner", "leaf", "output"]

    def test_parameters_of_a_model_are_known(self, network):
        graph = graph_of(network)
        assert {node.label for node in graph.nodes if node.role == "parameter"} == {"w[0]", "w[1]", "w[2]", "b"}
        assert {node.label for node in graph.nodes if node.role == "leaf"} == {"x[0]", "x[1]", ""}

    def test_a_model_can_be_given_as_parameters(self):
        from micrograd_value import Neuron

        neuron = Neuron(2)
        graph = graph_of(neuron([1.0, 2.0]), parameters=neuron)
        assert sum(node.role == "parameter" for node in graph.nodes) == 3

    def test_parameters_without_a_scope_come_home_to_the_scope_of_their_uses(self):
        w, shared = Value(1.0), Value(2.0)
        with scope("layers.0"):
            with scope("neurons.0"):
                a = w * shared
            with scope("neurons.1"):
                b = shared * 3.0
        graph = graph_of(a + b, parameters=[w, shared])
        assert [node.scope for node in graph.nodes[:2]] == ["layers.0/neurons.0", "layers.0"]

    def test_several_outputs(self):
        x = Value(1.0)
        y, z = x * 2.0, x.tanh()
        graph = graph_of([y, z])
        assert sum(node.role == "output" for node in graph.nodes) == 2
        assert graph_of((y, z)).edges == graph.edges

    def test_a_leaf_alone(self):
        graph = graph_of(Value(1.0, label="x"))
        assert (graph.nodes, graph.edges) == ([Node(0, label="x", data=1.0, role="leaf")], [])

    def test_no_grad_leaves_no_history(self):
        with no_grad():
            y = Value(1.0) * 2.0
        assert len(graph_of(y).nodes) == 1

    def test_an_operation_with_its_own_backward_has_no_local_derivative(self):
        x = Value(2.0)
        y = Value(8.0, (x,), "cube")
        y._backward = lambda: setattr(x, "grad", x.grad + 12.0 * y.grad)
        y.backward()
        graph = graph_of(y)
        assert graph.edges == [Edge(0, 1, 0, None, None)]
        assert graph.nodes[0].grad == 12.0

    def test_same_graph_same_record(self, network):
        assert graph_of(network) == graph_of(network)

    def test_a_record_passes_through(self, expression):
        graph = graph_of(expression)
        assert graph_of(graph) is graph

    def test_micrograds_own_values_are_drawn_too(self):
        x = micrograd.engine.Value(3.0)
        y = (x * 2.0).relu()
        y.backward()
        graph = graph_of(y)
        assert [node.op for node in graph.nodes if node.op] == ["*", "ReLU"]
        assert {(node.data, node.grad) for node in graph.nodes} == {(3.0, 2.0), (2.0, 3.0), (6.0, 1.0)}

    def test_neither_engine_is_imported(self):
        code = "import sys, viz; print([name for name in sys.modules if name in {'micrograd_value', 'tensorgrad'}])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
        assert done.stdout == "[]\n"

    def test_repr(self, expression):
        assert repr(graph_of(expression)) == "Graph(9 nodes, 5 operations, 10 edges)"

    @pytest.mark.parametrize(
        ("x", "words"),
        [
            (3.0, "cannot draw a float: it has no _prev, data and grad"),
            ([Value(1.0), "x"], "cannot draw a str"),
            ([], "got an empty list"),
            (None, "cannot draw a NoneType"),
        ],
    )
    def test_what_cannot_be_drawn(self, x, words):
        with pytest.raises(TypeError, match=words):
            graph_of(x)

    def test_a_tensor_is_told_what_is_so_and_nothing_else(self):
        """What the message names exists; the gradient of an inner tensor is not asked for, which would warn."""
        import tensorgrad as tg
        from tensorgrad.summary import summary

        y = (tg.ones(2, requires_grad=True) * 2.0).sum()
        for x in y, [y], (Value(1.0), y):
            with warnings.catch_warnings(), pytest.raises(TypeError) as error:
                warnings.simplefilter("error")
                graph_of(x)
            assert str(error.value).startswith(
                "viz: cannot draw a Tensor: the graphs drawn so far are those of numbers"
            )
            assert "y.grad_fn and its next_functions; tensorgrad.summary.summary lists a model" in str(error.value)
        assert y.grad_fn.next_functions and callable(summary)

    def test_a_model_is_told_to_be_called(self):
        with pytest.raises(TypeError, match="cannot draw an MLP, a model: call it, and pass what it computes"):
            graph_of(MLP(2, [1], seed=0))


class TestNoBackwardYet:
    """A gradient of 0 and no gradient are two things."""

    def test_before_backward(self):
        y = Value(2.0) * 3.0
        assert [node.grad for node in graph_of(y).nodes] == [None, None, None]

    def test_after_backward_zero_is_zero(self):
        x = Value(-1.0)
        y = x.relu()
        y.backward()
        assert [node.grad for node in graph_of(y).nodes] == [0.0, 1.0]

    def test_after_zero_grad(self, expression):
        expression.zero_grad()
        assert {node.grad for node in graph_of(expression).nodes} == {None}

    def test_only_what_backward_has_reached(self):
        x = Value(3.0)
        y = (x - 3.0) * x
        z = y + 1.0
        y.backward()
        graph = graph_of([z, y])
        grads = {node.op: node.grad for node in graph.nodes if node.op}
        assert grads == {"-": 3.0, "*": 1.0, "+": None}

    def test_gradients_from_earlier_graphs_are_shown_where_they_are(self):
        w = Value(2.0)
        (w * 3.0).backward()
        assert [node.grad for node in graph_of(w * 5.0).nodes] == [3.0, None, None]
