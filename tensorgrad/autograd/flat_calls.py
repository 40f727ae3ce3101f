"""The same call once more, written out for one input and for two. Without this page everything works.

`Function.__call__` is the call for any number of inputs, and the one to read. Its loops and its `*args` cost more than the
arithmetic of a small tensor, so the two usual cases are repeated here without either, line by line.
`tests/autograd/test_flat_calls.py` runs the same programs with and without them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels.layered import active
from ..refusals import CAUGHT, leave_as, of_operation
from ..tensor import Storage, Tensor
from .lifted import lifted
from .modes import SILENT, TRACED, recording, silence_var
from .node import births
from .saving import BOTH, ONLY_OUT, ONLY_X

# Names of this module are found faster than attributes of others.
_ndarray = np.ndarray
_generic = np.generic
_asarray = np.asarray
_new = object.__new__
_recording_now = recording.get
_silence_now = silence_var.get
_silence_set = silence_var.set
_silence_reset = silence_var.reset
_UNTOUCHED, _UNTOUCHED_BOTH = (0,), (0, 0)  # versions of memory nobody has written to yet


def call_one(self: Any, x: Tensor) -> Any:
    """`Function.__call__` for one input."""
    mode = _recording_now()
    try:
        if active:
            out = lifted(self, x)
        elif self.never_warns or _silence_now(None) is SILENT:
            out = self.forward(x.array)
        else:
            token = _silence_set(SILENT)
            try:
                out = self.forward(x.array)
            finally:
                _silence_reset(token)
    except CAUGHT as error:
        leave_as(of_operation(error, self.name), error)
    if type(out) is not _ndarray:
        if isinstance(out, _generic):
            out = _asarray(out)
        elif type(out) is tuple:
            return self._many((x,), out, mode)
    y = _new(Tensor)
    y.array = out
    if mode:
        if x._base is not None:
            x._refresh()
        if x._requires_grad:
            self.inputs = (x.node or x,)
            self.birth = next(births)
            self.shape = out.shape
            self.hooks = None
            if self.borrowed:
                self._own()
            saves = self._saves
            if saves:
                if saves is ONLY_X:
                    storage = x.storage
                    self.saved, self.versions = (x,), _UNTOUCHED if storage is None else (storage.count,)
                elif saves is ONLY_OUT:
                    t = _new(Tensor)
                    t.array, t.storage = out, Storage()
                    y.storage = t.storage
                    self.saved, self.versions = (t,), _UNTOUCHED
                else:
                    self._save(saves, (x,), y)
            if mode is TRACED:
                self._trace((x,), y)
            y.node = self
            y._requires_grad = True
    return y


def call_two(self: Any, x: Any, z: Any) -> Any:
    """`Function.__call__` for two inputs, either of which may be a number."""
    mode = _recording_now()
    x_is, z_is = isinstance(x, Tensor), isinstance(z, Tensor)
    a = x.array if x_is else x
    b = z.array if z_is else z
    try:
        if active:
            out = lifted(self, x, z)
        elif self.never_warns or _silence_now(None) is SILENT:
            out = self.forward(a, b)
        else:
            token = _silence_set(SILENT)
            try:
                out = self.forward(a, b)
            finally:
                _silence_reset(token)
    except CAUGHT as error:
        leave_as(of_operation(error, self.name), error)
    if type(out) is not _ndarray:
        if isinstance(out, _generic):
            out = _asarray(out)
        elif type(out) is tuple:
            return self._many((x, z), out, mode)
    y = _new(Tensor)
    y.array = out
    if mode:
        if x_is and x._base is not None:
            x._refresh()
        if z_is and z._base is not None:
            z._refresh()
        x_source = (x.node or x) if x_is and x._requires_grad else None
        z_source = (z.node or z) if z_is and z._requires_grad else None
        if x_source is not None or z_source is not None:
            self.inputs = (x_source, z_source)
            self.birth = next(births)
            self.shape = out.shape
            self.hooks = None
            if self.borrowed:
                self._own()
            saves = self._saves
            if saves:
                x_writes = x.storage if x_is else None
                z_writes = z.storage if z_is else None
                a, b = x, z
                if self._crosswise:
                    a, b = x if z_source is not None else None, z if x_source is not None else None
                elif self._serves:
                    a, b = self._of_use((x, z), BOTH, (x_source is not None, z_source is not None))
                if saves is not BOTH:
                    self._save(saves, (a, b), y)
                elif x_writes is None is z_writes:
                    self.saved, self.versions = (a, b), _UNTOUCHED_BOTH
                else:
                    self.saved = (a, b)
                    self.versions = (x_writes.count if x_writes else 0, z_writes.count if z_writes else 0)
            if mode is TRACED:
                self._trace((x, z), y)
            y.node = self
            y._requires_grad = True
    return y
