"""A program written for PyTorch may run with `sys.modules["torch"] = tensorgrad`. Then `import torch.nn.functional` must
give the module that is here already, not load its file a second time under another name, with a second Tensor class.

The finder below answers for the submodules of whatever name stands for this package, or a part of it (torchvision for
`tensorgrad.vision`), in `sys.modules`; for every other import it says nothing, in half a microsecond.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PACKAGE = __name__.rpartition(".")[0]


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        head, dot, rest = fullname.partition(".")
        stands_for = getattr(sys.modules.get(head), "__name__", "")
        if not dot or head == PACKAGE or stands_for.partition(".")[0] != PACKAGE:
            return None
        try:
            module = importlib.import_module(f"{stands_for}.{rest}")
        except ModuleNotFoundError as error:
            if error.name and error.name.startswith(PACKAGE):
                return None
            raise
        return ModuleSpec(fullname, _Same(module), is_package=hasattr(module, "__path__"))


class _Same(Loader):
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
