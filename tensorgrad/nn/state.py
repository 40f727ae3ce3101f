"""State dicts: a module's parameters and buffers by their paths, out of it and into it again. What has been read is put
together by `loading.py`, so that nothing is loaded unless everything fits."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from ..autograd.hooks import Handle
from ..refusals import in_own_name
from .loading import Loading, _IncompatibleKeys
from .parameter import is_lazy


class State:
    """What a Module has for saving and loading."""

    _version: int
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _state_dict_hooks: dict[int, Any]
    _state_dict_pre_hooks: dict[int, Any]
    _load_state_dict_pre_hooks: dict[int, Any]
    _load_state_dict_post_hooks: dict[int, Any]
    _register: Callable[..., Handle]
    modules: Callable[..., Any]

    def get_extra_state(self) -> Any:
        """Whatever else belongs into the state dict; overridden together with `set_extra_state`."""
        raise RuntimeError("get_extra_state: override it in the module that has extra state.")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` returned."""
        raise RuntimeError("set_extra_state: override it in the module that has extra state.")

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """This module's own entries, without those of its children."""
        for name, p in self._parameters.items():
            if p is not None:
                destination[prefix + name] = p if keep_vars or is_lazy(p) else p.detach()
        for name, b in self._buffers.items():
            if b is not None and name not in self._non_persistent_buffers_set:
                destination[prefix + name] = b if keep_vars or is_lazy(b) else b.detach()
        if type(self).get_extra_state is not State.get_extra_state:
            destination[prefix + "_extra_state"] = self.get_extra_state()

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Any]:
        """Path → tensor of every parameter and persistent buffer. The tensors share memory with the module's."""
        if args:
            given = (*args, *(destination, prefix, keep_vars)[len(args) :])
            destination, prefix, keep_vars = given[0], given[1], given[2]
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook, may_replace in self._state_dict_hooks.values():
            changed = hook(self, destination, prefix, metadata)
            if changed is not None:
                if not may_replace:
                    raise RuntimeError("state_dict: a post-hook must return None; let it change the dict in place.")
                destination = changed
        return destination

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(module, prefix, keep_vars)` before `state_dict`."""
        return self._register("_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(module, state_dict, prefix, metadata)` after `state_dict`; it may change the dict."""
        return self._register("_state_dict_hooks", hook, False)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> Handle:
        """The same, and what the hook returns, if anything, replaces the dict."""
        return self._register("_state_dict_hooks", hook, True)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(module, state_dict, prefix, metadata, strict, missing_keys, unexpected_keys, error_msgs)` before a module
        looks for its own entries; it may rename keys. The dict is not the caller's, but a part of a copy."""
        return self._register("_load_state_dict_pre_hooks", hook, True)

    def _register_load_state_dict_pre_hook(self, hook: Callable[..., Any], with_module: bool = False) -> Handle:
        """The same, the hook called without the module, unless asked for."""
        return self._register("_load_state_dict_pre_hooks", hook, with_module)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(module, incompatible_keys)` after loading."""
        return self._register("_load_state_dict_post_hooks", hook)

    @in_own_name
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy tensors into the module's parameters and buffers of the same path. All or nothing.

        Args:
            strict: every key must fit. False loads what fits by name, and returns what did not; a wrong shape is an
                error all the same.
            assign: take the given tensors themselves instead of copying.

        Raises:
            RuntimeError: missing or unexpected keys, or other shapes, side by side; nothing has been loaded.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: needs a dict of names and tensors, got {type(state_dict).__name__}.")
        wrong = next((key for key in state_dict if not isinstance(key, str)), None)
        if wrong is not None:
            raise TypeError(f"load_state_dict: names of parameters are text, got {wrong!r}.")
        loading, metadata = Loading(), getattr(state_dict, "_metadata", {})
        self._plan(dict(state_dict), "", metadata, {"assign_to_params_buffers": True} if assign else {}, loading)
        result = loading.finish(type(self).__name__, strict, assign)
        for module in self.modules():
            for hook in module._load_state_dict_post_hooks.values():
                hook(module, result)
        return result

    def _plan(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        metadata: Mapping[str, Any],
        more: dict[str, Any],
        loading: Loading,
    ) -> None:
        """Let this module and those below say what of the dict is theirs."""
        own_metadata = {**metadata.get(prefix[:-1], {}), **more}
        missing, unexpected = loading.missing, loading.unexpected
        self._load_from_state_dict(state_dict, prefix, own_metadata, True, missing, unexpected, loading)
        below: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for key, value in state_dict.items():
            name, dot, _ = key.removeprefix(prefix).partition(".")
            if dot:
                below[name][key] = value
        for name, child in self._modules.items():
            if child is not None:
                child._plan(below[name], f"{prefix}{name}.", metadata, more, loading)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load this module's own entries, those of its children apart. A module that has changed its names overrides
        this, brings an older dict up to date (`local_metadata` has the "version" it is from) and calls super.

        Args:
            prefix: what the keys of this module begin with.
            missing_keys, unexpected_keys, error_msgs: to be added to; with an entry in the last nothing is loaded.
        """
        for hook, with_module in self._load_state_dict_pre_hooks.values():
            arguments = (state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
            hook(self, *arguments) if with_module else hook(*arguments)
        loading = error_msgs if isinstance(error_msgs, Loading) else Loading()
        places = [("_parameters", name) for name, p in self._parameters.items() if p is not None]
        places += [
            ("_buffers", name)
            for name, b in self._buffers.items()
            if b is not None and name not in self._non_persistent_buffers_set
        ]
        if type(self).set_extra_state is not State.set_extra_state:
            places.append(("", "_extra_state"))
        for home, name in places:
            if not loading.add(self, home, name, prefix + name, state_dict) and strict:
                missing_keys.append(prefix + name)
        if strict:
            own = {name for _, name in places}
            for key, value in state_dict.items():
                name, dot, _ = key.removeprefix(prefix).partition(".")
                known = self._modules.get(name) is not None if dot else name in own
                if key.startswith(prefix) and not known:
                    unexpected_keys.append(key)
                    loading.given[key] = value
        if loading is not error_msgs:  # called by itself, not by load_state_dict
            try:
                loading.finish(type(self).__name__, False, "assign_to_params_buffers" in local_metadata)
            except RuntimeError as error:
                error_msgs.append(str(error))
