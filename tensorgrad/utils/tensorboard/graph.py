"""A model as TensorBoard's graph: its operations, in boxes of the modules they run in."""

from __future__ import annotations

from typing import Any

from ...autograd.modes import enable_grad, watched
from ...tensor import Tensor
from ..running import as_it_was, running


class GraphOf:
    """The operations of one forward pass, as they are recorded.

    Attributes:
        nodes: (name, operation, names of what it takes, shapes of what it gives), in the order of the pass. A name
            starts with the path of the module, by which TensorBoard draws its boxes.
    """

    def __init__(self, model: Any, inputs: Any) -> None:
        self.nodes: list[tuple[str, str, list[str], list[tuple[int, ...]]]] = []
        self._kept: list[Any] = []  # or others would get the places, and the names, of those that are gone
        self._names: dict[int, str] = {}
        self._used: dict[str, int] = {}
        args = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
        args = tuple(
            a.detach().requires_grad_() if isinstance(a, Tensor) and a.is_floating_point() else a for a in args
        )
        for i, a in enumerate(args):
            self._add(a, f"input/{i}", "input", [])
        self._modules = dict(model.named_modules())
        for name, p in [*model.named_parameters(), *model.named_buffers()]:
            path, _, own = name.rpartition(".")
            self._add(p, f"{self._box(path)}/{own}", "parameter", [])
        with as_it_was(model), enable_grad(), running(model) as self._stack, watched(self):
            out = model(*args)
        for i, y in enumerate(out if isinstance(out, (tuple, list)) else (out,)):
            if isinstance(y, Tensor):
                self._add(y, f"output/{i}", "output", [self._name_of(y)])

    def __call__(self, node: Any, args: tuple[Any, ...], out: Any) -> None:
        path = self._box(self._stack[-1][0]) if self._stack else ""
        results = [y for y in (out if isinstance(out, tuple) else (out,)) if isinstance(y, Tensor)]
        taken = [self._name_of(a) for a in args if isinstance(a, Tensor)]
        self._add([*results, node], f"{path}/{node.name}" if path else node.name, node.name, taken)

    def _box(self, path: str) -> str:
        """The boxes around what happens in a module: Net/Sequential[body]/Linear[0]."""
        module = type(self._modules[path]).__name__
        above, _, name = path.rpartition(".")
        return f"{self._box(above)}/{module}[{name}]" if path else module

    def _name_of(self, t: Tensor) -> str:
        node = t.node  # several results of one operation have nodes of their own above it
        for source in (t, node, *(node.inputs if node is not None and node.name == "output" else ())):
            if id(source) in self._names:
                return self._names[id(source)]
        self._add(t, "constant", "constant", [])
        return self._names[id(t)]

    def _add(self, made: Any, name: str, operation: str, taken: list[str]) -> None:
        tensors = made if isinstance(made, list) else [made]
        n = self._used[name] = self._used.get(name, -1) + 1
        name = f"{name}_{n}" if n else name
        for t in tensors:
            self._names[id(t)] = name
        self._kept.append(made)
        self.nodes.append((name, operation, taken, [tuple(t.shape) for t in tensors if isinstance(t, Tensor)]))

    def proto(self, proto: Any) -> Any:
        """As TensorFlow's GraphDef."""
        graph = proto.GraphDef(versions=proto.VersionDef(producer=22))
        for name, operation, taken, shapes in self.nodes:
            node = graph.node.add(name=name, op=operation, input=taken)
            listed = [
                proto.TensorShapeProto(dim=[proto.TensorShapeProto.Dim(size=n) for n in shape]) for shape in shapes
            ]
            node.attr["_output_shapes"].list.shape.extend(listed)
        return graph


__all__ = ["GraphOf"]
