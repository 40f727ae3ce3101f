"""`tensorgrad.jit.annotations`: names of types, which programs import from here."""

from typing import Any, Optional

from ...tensor import Tensor

List, Dict, Tuple = list, dict, tuple
Module = Any  # of compiled code, of which there is none
BroadcastingList1 = BroadcastingList2 = BroadcastingList3 = list

__all__ = ["BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "Dict", "List", "Module", "Optional", "Tensor", "Tuple"]
