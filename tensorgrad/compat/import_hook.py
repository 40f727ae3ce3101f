"""Public paths that lead to another file than their name says.

1. What lives in `compat` is imported by PyTorch's path: `import tensorgrad.jit` gives `tensorgrad.compat.jit`, and
   `tensorgrad.backends.cudnn` gives `tensorgrad.compat.backends.cudnn`.
2. A program written for PyTorch may run with tensorgrad posing as torch (`pose.py`). Then `import torch.nn.functional` must
   give the module that is here already, not load its file a second time under another name, with a second Tensor class.

The finder below answers for the submodules of whatever name stands for this package, or a part of it (torchvision for
`tensorgrad.vision`), in `sys.modules`; for every other import it says nothing, in half a microsecond.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PACKAGE = __name__.partition(".")[0]

# Public paths, and all below them, whose files are in `compat` under the same name.
IN_COMPAT = frozenset(
    "_C accelerator backends compiler functional futures fx hub jit mps multiprocessing onnx return_types tensor_types types "
    "version xpu "
    "autograd.variable distributed.optim nn.common_types nn.modules serialization.skeleton "
    "utils._foreach_utils utils.checkpoint utils.dlpack utils.hooks utils.model_zoo".split()
)


def in_compat(path: str) -> bool:
    """Whether a path below the package ("nn.modules.conv") is one of `compat`."""
    first, _, rest = path.partition(".")
    return first in IN_COMPAT or f"{first}.{rest.partition('.')[0]}" in IN_COMPAT


class _Finder:  # by its methods a finder: importing importlib.abc to say so would take 10 ms
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        head, dot, rest = fullname.partition(".")
        if not dot:
            return None
        if head == PACKAGE:
            if not in_compat(rest):
                return None
            real = f"{PACKAGE}.compat.{rest}"
        else:
            posing = sys.modules.get(head)
            stands_for = getattr(posing, "__real__", getattr(posing, "__name__", ""))
            if stands_for.partition(".")[0] != PACKAGE:
                return None
            real = f"{stands_for}.{rest}"
        try:
            module = importlib.import_module(real)
        except ModuleNotFoundError as error:
            if error.name and error.name.startswith(PACKAGE):
                return None
            raise
        return ModuleSpec(fullname, _Same(module), is_package=hasattr(module, "__path__"))  # type: ignore[arg-type]


class _Same:
    """Gives a module that is loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # importing has put the other name there


def install() -> None:
    """Once per process."""
    if not any(isinstance(f, _Finder) for f in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
