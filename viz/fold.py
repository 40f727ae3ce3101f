"""Fewer nodes: a record with scopes folded into one node each, or cut down to what a reader can take in.

Nothing here recurses: a million chained operations are folded as easily as five.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from .graph import Edge, Graph, Node, Scope, with_article

MOST = 2000  # values: a layout of more takes minutes, so nobody is told to ask for them

Collapse: TypeAlias = str | int | Iterable[str]


def collapse_scopes(graph: Graph, by: Collapse) -> Graph:
    """Fold scopes into one node each.

    Args:
        by: "neuron" or "layer" (or any other word before the dot in a scope's name), a path such as "layers.0", a list
            of either, or a depth: 1 folds the outermost scopes.

    Raises:
        ValueError: no scope of the graph is meant by it.
    """
    chosen = _chosen_scopes(graph, by)
    return _contract(graph, lambda node: _enclosing(node.scope, chosen))


def _chosen_scopes(graph: Graph, by: Collapse) -> set[str]:
    scopes = graph.scopes
    if isinstance(by, bool) or not isinstance(by, (str, int, Iterable)):
        raise TypeError(f"collapse: needs a word, a depth or a list of words, got {with_article(type(by).__name__)}.")
    if isinstance(by, int):
        if by < 1:
            raise ValueError(f"collapse: depth {by} is below 1, the depth of the outermost scopes.")
        return {scope.path for scope in scopes if scope.depth == by}
    chosen: set[str] = set()
    for word in [by] if isinstance(by, str) else by:
        found = {s.path for s in scopes if word == s.path or s.name.partition(".")[0] in (word, f"{word}s")}
        if not found:
            there = ", ".join(dict.fromkeys(scope.name for scope in scopes)) or "none"
            raise ValueError(f"collapse: nothing is called {word!r}. Scopes in this graph: {_shortened(there, 120)}.")
        chosen |= found
    return chosen


def _enclosing(path: str, chosen: set[str]) -> str | None:
    """The outermost chosen scope around `path`."""
    parts = path.split("/")
    return next((p for i in range(len(parts)) if (p := "/".join(parts[: i + 1])) in chosen), None)


def fit(graph: Graph, max_nodes: int, readable: Callable[[Graph], bool] | None = None) -> Graph:
    """The graph itself if it has at most `max_nodes` nodes and is `readable`, else one that is, and a notice that says so.

    Innermost scopes (neurons) are folded first, then the scopes around them (layers), and at each step the inputs into
    one node if that is still too much. Then values outside all scopes are folded as well; a graph without scopes is
    cut to the values nearest the output.
    """

    def fits(graph: Graph) -> bool:
        return len(graph.nodes) <= max_nodes and (readable is None or readable(graph))

    if fits(graph):
        return graph
    total = sum(node.count for node in graph.nodes)
    most = min(total, max(MOST, 2 * max_nodes))
    many = f"more than max_nodes = {max_nodes}" if len(graph.nodes) > max_nodes else "more than fits a page"
    for smaller, how, other in _coarser(graph):
        if fits(smaller):
            smaller.notice = f"{total:,} values, {many}: drawn {how}. For another view: {other}max_nodes={most}."
            return smaller
    n = max_nodes
    smaller = _nearest(graph, n)
    while n > 1 and readable is not None and not readable(smaller):
        n = n * 3 // 4
        smaller = _nearest(graph, n)
    more = "every value" if most == total else "more"
    smaller.notice = f"{total:,} values, {many}: drawn are those nearest the output. max_nodes={most} draws {more}."
    return smaller


def _coarser(graph: Graph) -> Iterator[tuple[Graph, str, str]]:
    """Smaller and smaller graphs, in words what was done to each, and which `collapse=` gives others."""
    words = _words_by_depth(graph)
    if any(node.kind == "group" for node in graph.nodes):  # folded as was asked for: then the inputs alone
        small = _fold_inputs(graph)
        if len(small.nodes) < len(graph.nodes):
            yield small, "with inputs in one node", ""
    for depth in range(len(words), 0, -1):
        smaller, how = collapse_scopes(graph, depth), f"by {' and '.join(words[depth])}"
        others = "".join(f'collapse="{words[d][0].removesuffix("s")}", ' for d in words if d != depth)
        yield smaller, how, others
        small = _fold_inputs(smaller)
        if len(small.nodes) < len(smaller.nodes):
            yield small, f"{how}, inputs in one node", others
        if depth == 1:
            yield _fold_the_rest(small), "in groups", others


def _words_by_depth(graph: Graph) -> dict[int, list[str]]:
    """What scopes are called at each depth: {1: ["layers"], 2: ["neurons"]}."""
    words: dict[int, list[str]] = {}
    for scope in graph.scopes:
        there = words.setdefault(scope.depth, [])
        word = scope.name.partition(".")[0]
        if word not in there:
            there.append(word)
    return words


def _contract(graph: Graph, group_of: Callable[[Node], Hashable | None]) -> Graph:
    """Nodes with the same key become one; edges inside disappear, edges between two groups are counted."""
    members: dict[Hashable, list[Node]] = {}
    keys: list[Hashable] = []
    for node in graph.nodes:
        key = group_of(node)
        keys.append(("node", node.id) if key is None else key)
        members.setdefault(keys[-1], []).append(node)
    # A group stands where its last result stood, after what it was computed from; leaves stand where the first stood.
    computed = {key: any(node.op or node.kind == "group" for node in nodes) for key, nodes in members.items()}
    members = dict(sorted(members.items(), key=lambda item: item[1][-1 if computed[item[0]] else 0].id))
    place = {key: i for i, key in enumerate(members)}
    where = [place[key] for key in keys]

    leaving = {e.source for e in graph.edges if where[e.source] != where[e.target]}
    small = Graph(notice=graph.notice)
    for key, nodes in members.items():
        i = place[key]
        small.nodes.append(replace(nodes[0], id=i) if len(nodes) == 1 else _group(i, key, nodes, leaving))

    between: dict[tuple[int, int], Edge] = {}
    for edge in graph.edges:
        pair = where[edge.source], where[edge.target]
        if pair[0] == pair[1]:
            continue
        if all(small.nodes[end].kind == "value" for end in pair):
            small.edges.append(replace(edge, source=pair[0], target=pair[1]))
        elif pair in between:
            _add(between[pair], edge)
        else:
            between[pair] = replace(edge, source=pair[0], target=pair[1], slot=0)
            small.edges.append(between[pair])
    return small


def _add(edge: Edge, other: Edge) -> None:
    """Let `edge` stand for `other` too."""
    edge.count += other.count
    edge.local = None
    edge.flow = None if edge.flow is None or other.flow is None else edge.flow + other.flow


def _group(i: int, key: Hashable, nodes: list[Node], leaving: set[int]) -> Node:
    """One node for many. The key is a scope's path, or a tuple that begins with a title for what is in no scope."""
    scope = Scope(key) if isinstance(key, str) else Scope("")
    seen_outside = [node for node in nodes if node.id in leaving or node.role == "output"]
    only = seen_outside[0] if len(seen_outside) == 1 else None
    roles = {node.role for node in nodes}
    role = next(iter(roles)) if roles in ({"leaf"}, {"parameter"}) else "output" if "output" in roles else "inner"
    return Node(
        i,
        label=key[0] if isinstance(key, tuple) else scope.name,
        data=only.data if only else None,
        grad=only.grad if only else None,
        role=role,
        scope=scope.parent,
        kind="group",
        count=sum(node.count for node in nodes),
        parameters=sum(node.parameters or node.role == "parameter" for node in nodes),
    )


def _fold_inputs(graph: Graph) -> Graph:
    """Fold what no scope holds and nothing computed: inputs that scopes use into one node, other constants into another."""
    inside = {
        edge.source
        for edge in graph.edges
        if graph.nodes[edge.target].kind == "group" or graph.nodes[edge.target].scope
    }

    def title(node: Node) -> str:
        if node.kind != "value" or node.role not in ("leaf", "parameter") or node.scope:
            return ""
        return "parameters" if node.role == "parameter" else "inputs" if node.id in inside else "constants"

    many = Counter(map(title, graph.nodes))
    return _contract(graph, lambda node: (title(node),) if title(node) and many[title(node)] > 2 else None)


def _fold_the_rest(graph: Graph) -> Graph:
    """Fold the values that are computed outside all scopes, piece by piece."""
    piece = list(range(len(graph.nodes)))

    def root(i: int) -> int:
        while piece[i] != i:
            piece[i] = piece[piece[i]]
            i = piece[i]
        return i

    def inner(i: int) -> bool:
        return graph.nodes[i].kind == "value" and graph.nodes[i].role == "inner"

    for edge in graph.edges:
        if inner(edge.source) and inner(edge.target):
            piece[root(edge.target)] = root(edge.source)
    sizes: dict[int, int] = {}
    for node in graph.nodes:
        if inner(node.id):
            sizes[root(node.id)] = sizes.get(root(node.id), 0) + 1

    def group_of(node: Node) -> Hashable | None:
        return ("…", root(node.id)) if inner(node.id) and sizes[root(node.id)] > 1 else None

    return _contract(graph, group_of)


def _nearest(graph: Graph, n: int) -> Graph:
    """The `n` nodes nearest the outputs, breadth first, and one node that stands for all the others."""
    children: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        children[edge.target].append(edge.source)
    used = {edge.source for edge in graph.edges}
    queue = [node.id for node in graph.nodes if node.role == "output" or node.id not in used]
    seen = set(queue)
    for i in queue:
        if len(queue) >= n:
            break
        for child in children[i]:
            if child not in seen:
                seen.add(child)
                queue.append(child)
    kept = sorted(queue[:n])

    place = {old: new + 1 for new, old in enumerate(kept)}
    left_out = sum(node.count for node in graph.nodes) - sum(graph.nodes[i].count for i in kept)
    small = Graph([Node(0, label=f"… {left_out:,} more", kind="more", count=left_out)])
    small.nodes += [replace(graph.nodes[i], id=place[i]) for i in kept]
    cut: dict[int, Edge] = {}
    for edge in graph.edges:
        if edge.target not in place:
            continue
        target = place[edge.target]
        if edge.source in place:
            small.edges.append(replace(edge, source=place[edge.source], target=target))
        elif target in cut:
            _add(cut[target], edge)
        else:
            cut[target] = replace(edge, source=0, target=target, slot=0)
            small.edges.append(cut[target])
    return small


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
