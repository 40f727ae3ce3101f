"""Nested lists, tuples and dicts taken apart into leaves and a plan, and put together again, under PyTorch's private names,
which programs import.

    leaves, spec = tree_flatten({"x": [1, 2], "y": 3})      # [1, 2, 3] and the plan
    tree_unflatten([10, 20, 30], spec)                       # {"x": [10, 20], "y": 30}
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

PyTree = Any


class TreeSpec:
    """The plan of a tree: the type of its node (None for a leaf), what else that needs, and the plans of its children."""

    def __init__(self, type: Any, context: Any, children_specs: list[TreeSpec]) -> None:
        self.type, self.context, self.children_specs = type, context, children_specs
        self.num_leaves: int = 1 if type is None else sum(c.num_leaves for c in children_specs)

    def is_leaf(self) -> bool:
        return self.type is None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TreeSpec) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self.type is None:
            return "*"
        return f"TreeSpec({self.type.__name__}, {self.context}, {self.children_specs})"


LeafSpec = TreeSpec(None, None, [])


def _children(tree: Any) -> tuple[Any, list[Any]] | None:
    """What else a node needs, and its children; None for a leaf."""
    kind = type(tree)
    if kind in (dict, OrderedDict):
        return list(tree), list(tree.values())
    if kind is defaultdict:
        return [tree.default_factory, list(tree)], list(tree.values())
    if kind in (list, tuple) or isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return None, list(tree)
    return None


def _made(spec: TreeSpec, children: list[Any]) -> Any:
    if spec.type in (dict, OrderedDict):
        return spec.type(zip(spec.context, children))
    if spec.type is defaultdict:
        return defaultdict(spec.context[0], zip(spec.context[1], children))
    return spec.type(children) if spec.type in (list, tuple) else spec.type(*children)


def tree_flatten(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves of a tree, in order, and its plan. Where `is_leaf` says so, a node counts as a leaf."""
    found = None if is_leaf is not None and is_leaf(tree) else _children(tree)
    if found is None:
        return [tree], LeafSpec
    context, children = found
    parts = [tree_flatten(child, is_leaf) for child in children]
    return [x for leaves, _ in parts for x in leaves], TreeSpec(type(tree), context, [spec for _, spec in parts])


def tree_unflatten(leaves: Any, treespec: TreeSpec) -> PyTree:
    """The tree of this plan with these leaves."""
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(f"tree_unflatten: the plan has {treespec.num_leaves} leaves, got {len(leaves)}.")
    return _built(treespec, iter(leaves))


def _built(spec: TreeSpec, rest: Iterator[Any]) -> Any:
    # Not a function inside the other: one that calls itself is a cycle, and keeps the leaves until the collector comes by.
    return next(rest) if spec.type is None else _made(spec, [_built(child, rest) for child in spec.children_specs])


def tree_leaves(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves of a tree, in order."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> TreeSpec:
    """The plan of a tree."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(
    func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> PyTree:
    """A tree of `func(leaf, *leaves at the same place of the others)`."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = []
    for other in rests:
        found, plan = tree_flatten(other, is_leaf)
        if plan != spec:
            raise ValueError(f"tree_map: the trees differ.\n    first  {spec}\n    other  {plan}")
        others.append(found)
    return tree_unflatten(map(func, leaves, *others), spec)


def tree_map_only(
    kind: Any, func: Callable[[Any], Any], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> PyTree:
    """`tree_map` of the leaves of some types; the others stay as they are."""
    return tree_map(lambda x: func(x) if isinstance(x, kind) else x, tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> bool:
    """Whether a condition holds for every leaf."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> bool:
    """Whether a condition holds for some leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))
