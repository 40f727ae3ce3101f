"""Files made by hand, as a stranger may make them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

import tensorgrad as tg


def same(a: Any, b: Any) -> bool:
    """Whether two objects agree in every type, order and number; nan is nan."""
    if type(a) is not type(b):
        return False
    if isinstance(a, tg.Tensor):
        return (
            a.dtype is b.dtype and a.requires_grad == b.requires_grad and same(a.detach().numpy(), b.detach().numpy())
        )
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return same(list(a), list(b)) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or a != a and b != b


def forged(header: Any, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(first: int = 0, last: int = 4, shape: Any = (1,), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, last]}


def with_tree(tree: Any, header: dict[str, Any] | None = None, body: bytes = b"") -> bytes:
    """A file of ours around a tree (or its text), and around the numbers of one array, with a hash that is right."""
    text = tree if isinstance(tree, str) else json.dumps(tree)
    h = hashlib.sha256(text.encode())
    for name, (dtype, shape) in (header or {}).items():
        h.update(f"\0{name}\0{dtype}\0{shape}\0".encode() + body)
    codes = {"float32": "F32", "uint16": "U16"}
    entries = {k: entry(0, len(body), list(shape), codes[dtype]) for k, (dtype, shape) in (header or {}).items()}
    metadata = {"tensorgrad": "1", "tensorgrad.skeleton": text, "tensorgrad.sha256": h.hexdigest()}
    return forged({"__metadata__": metadata, **entries}, body)
