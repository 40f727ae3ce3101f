"""How PyTorch's modules, functions and optimizers are called.

    python -m tests.oracle.golden_signatures        writes tests/signatures.json
"""

from __future__ import annotations

import importlib
import json
import types
import warnings
from pathlib import Path

from tests.oracle.test_signatures import own_names
from tests.signatures import HIDDEN, MODULES, hides, parameters

HERE = Path(__file__).parent.parent / "signatures.json"


def main() -> None:
    found: dict[str, dict[str, list[str]]] = {}
    for path in MODULES:
        theirs, ours = (importlib.import_module(f"{library}.{path}") for library in ("torch", "tensorgrad"))
        here = found[path] = {}
        for name in own_names(theirs):
            x = getattr(theirs, name)
            if not callable(x) or isinstance(x, types.ModuleType) or HIDDEN.match(name) or not hasattr(ours, name):
                continue
            given = parameters(x)
            if not hides(given):
                here[name] = [" ".join(one) for one in given]
    HERE.write_text(json.dumps(found, indent=0) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
