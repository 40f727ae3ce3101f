"""Trees of lists, tuples and dicts, taken apart and put together."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple
from typing import Any

import pytest

from tensorgrad.utils import _pytree as pytree

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "tree, leaves",
    [
        (3, [3]),
        ([1, (2, [3]), {"a": 4, "b": (5,)}], [1, 2, 3, 4, 5]),
        (OrderedDict(b=1, a=[2]), [1, 2]),
        (Point(1, [2, 3]), [1, 2, 3]),
        (defaultdict(list, a=[1]), [1]),
        ([], []),
        (None, [None]),
        ({"a": {}, "b": ()}, []),
    ],
)
def test_there_and_back(tree: Any, leaves: list[Any]) -> None:
    found, spec = pytree.tree_flatten(tree)
    again = pytree.tree_unflatten(found, spec)
    assert found == leaves == pytree.tree_leaves(tree) and spec.num_leaves == len(leaves)
    assert again == tree and type(again) is type(tree) and pytree.tree_structure(again) == spec
    assert pytree.tree_map(lambda x: x, tree) == tree


def test_functions_of_leaves() -> None:
    tree = {"a": 1, "b": [2, "x"]}
    assert pytree.tree_map(lambda x, y: (x, y), {"a": 1, "b": [2]}, {"a": 3, "b": [4]}) == {"a": (1, 3), "b": [(2, 4)]}
    assert pytree.tree_map_only(int, lambda x: -x, tree) == {"a": -1, "b": [-2, "x"]}
    assert pytree.tree_any(lambda x: x == "x", tree) and not pytree.tree_all(lambda x: x == "x", tree)
    assert pytree.tree_leaves(tree, is_leaf=lambda x: isinstance(x, list)) == [1, [2, "x"]]
    assert type(pytree.tree_map(lambda x: x, defaultdict(int, a=1))["new"]) is int
    assert repr(pytree.tree_structure([1, ()])) == "TreeSpec(list, None, [*, TreeSpec(tuple, None, [])])"
    assert pytree.LeafSpec.is_leaf() and pytree.tree_structure([1]) != pytree.tree_structure((1,))


def test_what_does_not_fit() -> None:
    spec = pytree.tree_structure([1, 2])
    with pytest.raises(ValueError, match="tree_unflatten: the plan has 2 leaves, got 3"):
        pytree.tree_unflatten([1, 2, 3], spec)
    with pytest.raises(ValueError, match="tree_map: the trees differ"):
        pytree.tree_map(max, [1, 2], (1, 2))
