"""Posing as PyTorch: `import torch`, in a program or a package nobody changes, gives tensorgrad.

    tensorgrad.compat.pose_as_torch()              from here on
    with tensorgrad.compat.pose_as_torch(): …      inside the block
    python -m tensorgrad.compat program.py …       for a whole program

`sys.modules` gets a `torch` and a `torchvision` whose contents are tensorgrad's and `tensorgrad.vision`'s, and which call
themselves by the versions whose names and semantics these follow: packages refuse what is older. `tensorgrad.__version__`
stays what it is. `importlib.metadata` is told of torch, too; not of torchvision, of which much is missing. What has been
imported with another torch before keeps it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .import_hook import PACKAGE

VERSIONS = {"torch": "2.13.0", "torch.version": "2.13.0", "torchvision": "0.28.0"}
_REAL = {
    "torch": PACKAGE,
    "torch.version": f"{PACKAGE}.compat.version",
    "torchvision": f"{PACKAGE}.vision",
    "torchvision.datasets": f"{PACKAGE}.vision.datasets",
    "torchvision.models": f"{PACKAGE}.vision.models",
}
# What packages import from torchvision whether they use it or not, and is not in `vision`.
_ABSENT = {"torchvision.datasets": ("CIFAR100", "KMNIST"), "torchvision.models": ("VGG16_Weights", "vgg16")}


class Facade(ModuleType):
    """A module that has everything another has, and a version of its own."""

    def __init__(self, name: str, real: ModuleType) -> None:
        super().__init__(name, real.__doc__)
        if name in VERSIONS:
            self.__dict__["__version__"] = VERSIONS[name]
        self.__dict__.update({absent: _refusal(name, absent) for absent in _ABSENT.get(name, ())})
        self.__dict__.update(
            __path__=list(getattr(real, "__path__", ())), __file__=real.__file__, __real__=real.__name__,
            __spec__=ModuleSpec(name, None, origin=real.__file__, is_package=True),
        )  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.modules[self.__real__], name)

    def __dir__(self) -> list[str]:
        return sorted({*dir(sys.modules[self.__real__]), *self.__dict__})


def _refusal(page: str, name: str) -> Any:
    """A class that can be named, and says on use that it is not there."""

    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"{page}.{name}: this is not in tensorgrad.vision; its name is there for packages that import it.")

    return type(name, (), {"__init__": refuse, "__module__": page, "__doc__": f"Not in `{PACKAGE}.vision`: refuses to be used."})


class pose_as_torch:
    """Let `import torch` and `import torchvision` give tensorgrad, from the call on; as a context manager, until the end of
    the block. Calls may be nested.

    Raises:
        RuntimeError: PyTorch itself is imported already: a program that has tensors of both would mix them up.
    """

    def __init__(self) -> None:
        present = sys.modules.get("torch")
        if present is not None and not isinstance(present, Facade) and getattr(present, "__name__", "") != PACKAGE:
            raise RuntimeError(
                "pose_as_torch: PyTorch is imported already, and tensors of both libraries would be mixed up. Call this "
                "before anything imports torch, or in a process of its own: python -m tensorgrad.compat program.py."
            )
        self._before = {name: module for name, module in sys.modules.items() if _is_posed(name)}
        for name, real in _REAL.items():
            sys.modules[name] = facade = Facade(name, importlib.import_module(real))
            parent, dot, last = name.rpartition(".")
            if dot:
                setattr(sys.modules[parent], last, facade)
        self._finder = _Metadata()
        sys.meta_path.insert(0, self._finder)

    def __enter__(self) -> pose_as_torch:
        return self

    def __exit__(self, *error: object) -> None:
        for name in [name for name in sys.modules if _is_posed(name)]:
            del sys.modules[name]
        sys.modules.update(self._before)
        sys.meta_path.remove(self._finder)


def _is_posed(name: str) -> bool:
    return name.partition(".")[0] in ("torch", "torchvision")


class _Metadata:
    """Answers `importlib.metadata.version("torch")`. It finds no module."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        return None

    def find_distributions(self, context: Any = None) -> Iterable[Any]:
        from importlib.metadata import Distribution

        class Posed(Distribution):
            def __init__(self, name: str) -> None:
                self._text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {VERSIONS[name]}\n"

            def read_text(self, filename: str) -> str | None:
                return self._text if filename == "METADATA" else None

            def locate_file(self, path: Any) -> Any:
                return path

        wanted = getattr(context, "name", None)
        return [Posed("torch")] if wanted in (None, "torch") else []


__all__ = ["pose_as_torch"]
