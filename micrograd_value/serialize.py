"""Weights to a file and back: JSON that a person can read, written whole or not at all.

    save_weights(model, "xor.json")
    load_weights(model, "xor.json")      into a network of the same shape
    model = load_model("xor.json")       or a new one; the file says which layers it had

A float is written with as many digits as it takes to read back the same float, so nothing is lost.
"""

from __future__ import annotations

import errno
import functools
import json
import math
import os
import secrets
import stat
from itertools import chain
from os import PathLike
from typing import Any, TypeAlias

from .nn import MLP, Activation

FORMAT = "micrograd_value weights"
VERSION = 1

Layers: TypeAlias = list[dict[str, Any]]


def save_weights(model: MLP, path: str | PathLike[str]) -> None:
    """Write the layers of an MLP: activation, weights w[neuron][input] and biases b[neuron].

    The file that was there stays until the new one is safely on the disk.

    Raises:
        TypeError: the model is not an MLP.
        ValueError: a parameter is nan or infinite.
    """
    layers = _layers("save_weights", model)
    for i, layer in enumerate(layers):
        if not all(map(math.isfinite, [*chain(*layer["w"]), *layer["b"]])):
            raise ValueError(
                f"save_weights: a parameter of layer {i} is nan or infinite; nothing was written. "
                "Train again with a smaller learning rate, or save earlier."
            )
    lines = ",\n".join(json.dumps(layer) for layer in layers)
    write_atomically(path, f'{{"format": "{FORMAT}", "version": {VERSION}, "layers": [\n{lines}\n]}}\n')


def load_weights(model: MLP, path: str | PathLike[str]) -> None:
    """Put the weights of a file into an MLP of the same layers.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no such file, is damaged, or has other layers. The model is then as it was.
    """
    here, there = _layers("load_weights", model), _read(path)
    if _describe(here) != _describe(there):
        raise ValueError(
            f"load_weights: {os.fspath(path)!r} has other layers than the model.\n"
            f"    file   {_describe(there)}\n"
            f"    model  {_describe(here)}\n"
            "Build the model with the layers of the file, or let load_model(path) do it."
        )
    _fill(model, there)


def load_model(path: str | PathLike[str]) -> MLP:
    """The MLP that was saved, built anew. Raises as `load_weights` does."""
    layers = _read(path)
    nin, nouts = len(layers[0]["w"][0]), [len(layer["b"]) for layer in layers]
    model = MLP(nin, nouts, activations=[layer["activation"] for layer in layers], seed=0)
    _fill(model, layers)
    return model


def write_atomically(path: str | PathLike[str], text: str) -> None:
    """Replace the file by one with this text; whatever happens on the way, one of the two is there, and whole.

    A new file beside it, all the way onto the disk, then renamed over the old one, then the folder's own entry. It may be
    read by those who might read the old one. What is no file, /dev/null say, is written to as it is.

    Raises:
        OSError: it cannot be written; the error names `path`, whichever call it came from.
    """
    path = os.path.realpath(path)  # through a link: what it points to is replaced, not the link
    folder, name = os.path.split(path)
    beside = os.path.join(folder, f".{name[:200]}.{secrets.token_hex(4)}.tmp")
    try:
        old = os.stat(path) if os.path.exists(path) else None
        if old is not None and not stat.S_ISREG(old.st_mode):
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            return
        private = functools.partial(os.open, mode=0o600)
        try:
            with open(beside, "x", encoding="utf-8", newline="\n", opener=private if old is not None else None) as file:
                if old is not None and hasattr(os, "fchmod"):
                    _protect(file.fileno(), old)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            if os.path.exists(beside):
                os.unlink(beside)
            raise
        _sync_folder(folder)
    except OSError as error:
        if error.errno is not None and error.filename in (None, beside):  # write, fsync and close know no names
            del error.filename2  # of a rename; None would be shown
            error.filename = path
        raise


def _protect(handle: int, old: os.stat_result) -> None:
    """Give an open file the owner, group and mode of another; without its group no rights for a group."""
    mode = stat.S_IMODE(old.st_mode) & 0o777
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.fchown(handle, old.st_uid, old.st_gid)
        except OSError:
            mode &= 0o707 if new.st_gid != old.st_gid else 0o777
    os.fchmod(handle, mode)


def _sync_folder(folder: str) -> None:
    """The folder's own entry onto the disk, where a folder can be opened."""
    if os.name != "posix" or not os.access(folder, os.R_OK):
        return
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that cannot do that to a folder
            raise
    finally:
        os.close(entry)


# ---- helpers ----------------------------------------------------------------------------------------------------


def _read(path: str | PathLike[str]) -> Layers:
    """The layers in a file, every number and every length checked."""
    name = os.fspath(path)
    with open(path, "rb") as file:
        try:
            raw = file.read()
        except OSError as error:  # which names no file once it is open
            error.filename = name
            raise
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, or brackets without end
        raise ValueError(
            f"{name!r} is not JSON, or only the beginning of it ({error}). "
            "Save the weights again, or take another copy."
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f'{name!r} is not a file of weights: save_weights writes "format": "{FORMAT}" into each.')
    if content.get("version") != VERSION:
        raise ValueError(
            f"{name!r} has version {content.get('version')!r} of the format, this library reads {VERSION}. Update it."
        )
    try:
        return _check_layers(content.get("layers"))
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name!r} is damaged: {error}. Save the weights again, or take another copy.") from None


def _check_layers(layers: Any) -> Layers:
    """The layers of a file, if there is nothing wrong with any number or length in them."""
    if not isinstance(layers, list) or not layers:
        raise ValueError("it has no layers")
    nin = None
    for i, layer in enumerate(layers):
        if not isinstance(layer, dict) or not {"activation", "w", "b"} <= layer.keys():
            raise ValueError(f"layer {i} needs the entries activation, w and b")
        Activation.of(layer["activation"])
        w, b = layer["w"], layer["b"]
        if not isinstance(w, list) or not isinstance(b, list) or not w or len(w) != len(b):
            raise ValueError(f"layer {i} needs one row of weights and one bias for each neuron")
        for row in [*w, b]:
            if not isinstance(row, list) or not all(type(x) in (int, float) and math.isfinite(x) for x in row):
                raise ValueError(f"layer {i} holds something that is not a finite number")
        nin = nin or len(w[0])
        if nin == 0 or any(len(row) != nin for row in w):
            raise ValueError(f"the neurons of layer {i} need one weight for each input")
        nin = len(b)
    return layers


def _layers(who: str, model: Any) -> Layers:
    """The layers of a model as they stand in a file."""
    if not isinstance(model, MLP):
        raise TypeError(f"{who}: the first argument is an MLP, got {type(model).__name__} {model!r}.")
    layers = []
    for i, layer in enumerate(model.layers):
        activations = {neuron.activation for neuron in layer.neurons}
        if len(activations) > 1:
            raise ValueError(f"{who}: neurons of layer {i} differ in their activation; a file has one for each layer.")
        w, b = [[w.data for w in neuron.w] for neuron in layer.neurons], [neuron.b.data for neuron in layer.neurons]
        layers.append({"activation": activations.pop().name.lower(), "w": w, "b": b})
    return layers


def _describe(layers: Layers) -> str:
    """3 inputs → 8 relu → 1 linear"""
    return " → ".join([f"{len(layers[0]['w'][0])} inputs", *(f"{len(x['b'])} {x['activation']}" for x in layers)])


def _fill(model: MLP, layers: Layers) -> None:
    for layer, saved in zip(model.layers, layers):
        for neuron, weights, bias in zip(layer.neurons, saved["w"], saved["b"]):
            for p, number in zip(neuron.parameters(), [*weights, bias]):
                p.data = float(number)
