"""The record itself: its scopes."""

import pytest

import viz
from micrograd_value import Value, scope
from viz.from_value import graph_of
from viz.graph import Scope


class TestScopes:
    def test_outer_before_inner(self, network):
        scopes = graph_of(network).scopes
        paths = [scope.path for scope in scopes]
        assert sorted(paths) == [
            "layers.0", "layers.0/neurons.0", "layers.0/neurons.1", "layers.0/neurons.2",
            "layers.1", "layers.1/neurons.0",
        ]  # fmt: skip
        assert all(not scope.parent or paths.index(scope.parent) < i for i, scope in enumerate(scopes))
        assert [path for path in paths if path.startswith("layers.0/")] == sorted(paths)[1:4]

    @pytest.mark.parametrize(
        ("name", "paths"), [("/", []), ("", []), ("//a", ["a"]), ("a//b/", ["a", "a/b"]), ("a/b", ["a", "a/b"])]
    )
    def test_no_frame_is_without_a_name(self, name, paths):
        with scope(name):
            y = Value(1.0).tanh()
        assert [scope.path for scope in graph_of(y).scopes] == paths

    def test_parts(self):
        inner = Scope("layers.0/neurons.3")
        assert (inner.name, inner.parent, inner.depth) == ("neurons.3", "layers.0", 2)
        assert (Scope("").name, Scope("").parent, Scope("").depth) == ("", "", 0)


def test_the_package_offers_what_it_says():
    for name in viz.__all__:
        assert getattr(viz, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'plot_nothing'"):
        viz.plot_nothing
