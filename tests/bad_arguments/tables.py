"""All rows, by family."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.bad_arguments import modules, ops, others, pictures
from tests.bad_arguments.probe import Row

FAMILIES: dict[str, Callable[[], Iterator[Row]]] = {
    "operations": ops.operations,
    "other forms": ops.other_forms,
    "modules": modules.constructors,
    "calls of modules": modules.calls,
    "methods of modules": modules.methods,
    "init": modules.init,
    "nn.utils": modules.utils,
    "optim": others.optimizers,
    "distributions": others.distributions,
    "around": others.around,
    "transforms": pictures.transforms,
    "made-up data": pictures.made_up,
    "scalar engine": pictures.scalar,
    "drawings": pictures.drawn,
}
