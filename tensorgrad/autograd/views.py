"""The call of an operation whose result looks at the memory of its input: reshape, transpose, x[1:], split …

The result shares the record of in-place writes (`storage`) and remembers what it looks at (`_base`) and through which
operation (`_view`). When the base is written to, the view takes its place in the base's new history: see `inplace.py`.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from ..kernels.layered import active
from ..refusals import CAUGHT, leave_as, of_operation
from ..tensor import Tensor
from .lifted import lifted
from .modes import TRACED, recording
from .node import births
from .outputs import stand_above

LONG = 50  # views of views of views …: beyond this a view looks at the beginning, so that the links between can go

_new = object.__new__
_recording_now = recording.get


def call_view(self: Any, x: Tensor) -> Tensor:
    """One input, and a result that looks at the same memory: it shares the version counter and knows its base."""
    mode = _recording_now()
    a = x.array
    y = _new(Tensor)
    try:
        y.array = out = lifted(self, x) if active else self.forward(a)
    except CAUGHT as error:
        leave_as(of_operation(error, self.name), error)
    if mode and x._base is not None:
        x._refresh()
    owner = out.base
    if owner is a or (owner is not None and owner is a.base):  # not so where a reshape had to copy
        y.storage = storage = x.storage or x._storage()
        if mode:
            y._base, y._view, y._rebased = x, self, storage.rebased
            if x._base is not None:
                y._depth = x._depth + 1
                if y._depth > LONG:
                    y._look_at_root()
        else:
            y._view = unrecorded_view_of(x)
    if mode and x._requires_grad:
        self.inputs = (x.node or x,)
        self.birth = next(births)
        self.shape = out.shape
        self.hooks = None
        if mode is TRACED:
            self._trace((x,), y)
        y.node = self
        y._requires_grad = True
    return y


def unrecorded_view_of(x: Tensor) -> Any:
    """The mark of a view of x made while nothing is recorded: it does not keep alive what it looks at."""
    while x._base is not None:
        x = x._base
    return x._view if type(x._view) is ref else ref(x)


def call_views(self: Any, x: Tensor) -> tuple[Tensor, ...]:
    """One input, and several results that look at its memory; `part(i)` is the operation that gives one alone."""
    mode = _recording_now()
    if mode and x._base is not None:
        x._refresh()
    storage = x.storage or x._storage()
    outs = []
    try:
        arrays = lifted(self, x) if active else self.forward(x.array)
    except CAUGHT as error:
        leave_as(of_operation(error, self.name), error)
    for i, array in enumerate(arrays):
        y = _new(Tensor)
        y.array, y.storage = array, storage
        if mode:
            y._base, y._view, y._rebased = x, self.part(i), storage.rebased
            y._depth = x._depth + 1
        else:
            y._view = unrecorded_view_of(x)
        outs.append(y)
    if mode and x._requires_grad and outs:
        self._record((x,), None, mode)
        stand_above(self, outs)
    return tuple(outs)
