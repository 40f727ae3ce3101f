"""Module itself: attributes, walking, hooks, state dicts, copies, dtypes."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import weakref
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor, nn

META: dict[str, Any] = {"device": "meta", "dtype": tg.float16}


class Net(nn.Module):
    """Two layers, a buffer and a frozen number."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(2, 3)
        self.out = nn.Linear(3, 1)
        self.scale = nn.Parameter(tg.tensor(2.0), requires_grad=False)
        self.register_buffer("mean", tg.zeros(3))
        self.register_buffer("scratch", tg.ones(2), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.out((self.hidden(x) - self.mean).relu()) * self.scale


def words(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=re.escape(text))


# ---- attributes -----------------------------------------------------------------------------------------------------


def test_attributes_find_their_place() -> None:
    net = Net()
    assert [n for n, _ in net.named_parameters()] == [
        "scale", "hidden.weight", "hidden.bias", "out.weight", "out.bias"
    ]  # fmt: skip
    assert [n for n, _ in net.named_buffers()] == ["mean", "scratch"]
    assert list(net.state_dict()) == ["scale", "mean", "hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert [n for n, _ in net.named_children()] == ["hidden", "out"]
    assert [n for n, _ in net.named_modules()] == ["", "hidden", "out"]
    assert list(net.children()) == [net.hidden, net.out] and list(net.modules()) == [net, net.hidden, net.out]
    assert {"hidden", "mean", "scale", "forward"} <= set(dir(net))


def test_assigning_again_keeps_the_order() -> None:
    layer = nn.Linear(2, 3)
    layer.weight = nn.Parameter(tg.zeros(5, 2))
    assert list(layer.state_dict()) == ["weight", "bias"]
    layer.bias = None
    assert list(layer.state_dict()) == ["weight"] and layer.bias is None
    layer.bias = nn.Parameter(tg.ones(5))
    assert layer(tg.zeros(1, 2)).tolist() == [[1.0] * 5]


def test_an_attribute_changes_its_kind() -> None:
    net = nn.Module()
    net.x = 3
    net.x = nn.Linear(1, 1)
    assert "x" not in net.__dict__ and isinstance(net.x, nn.Linear)
    net.x = nn.Parameter(tg.zeros(1))
    assert list(net.named_children()) == [] and [n for n, _ in net.named_parameters()] == ["x"]
    del net.x
    assert not hasattr(net, "x")
    net.b = nn.Buffer(tg.zeros(2), persistent=False)
    assert [n for n, _ in net.named_buffers()] == ["b"] and not net.state_dict()
    net.b = tg.ones(3)
    assert net.get_buffer("b").shape == (3,)
    net.b = None
    assert list(net.buffers()) == []


def test_wrong_attributes() -> None:
    net = Net()
    with words(TypeError, "Net: cannot assign Tensor to 'scale', which holds a Parameter; assign a Parameter or None"):
        net.scale = tg.zeros(1)
    with words(TypeError, "Net: cannot assign int to 'hidden', which holds a Module"):
        net.hidden = 3
    with words(TypeError, "Net: cannot assign list to 'mean', which holds a Tensor"):
        net.mean = [1.0]
    with words(AttributeError, "'Net' object has no attribute 'hiden'. Did you mean 'hidden'?"):
        net.hiden
    with words(AttributeError, "'Net' object has no attribute 'quux'"):
        net.quux
    with pytest.raises(AttributeError):
        del net.quux


def test_before_init() -> None:
    class Early(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(1, 1)

    class EarlyRegister(nn.Module):
        def __init__(self) -> None:
            self.register_buffer("b", tg.zeros(1))

    with words(AttributeError, "Early: cannot assign 'layer' before super().__init__() has run."):
        Early()
    with words(AttributeError, "register_buffer: call super().__init__() first."):
        EarlyRegister()


def test_arguments_of_the_base() -> None:
    class Base:
        def __init__(self, size: int = 0) -> None:
            self.size = size

    class Both(nn.Module, Base):
        call_super_init = True

        def __init__(self) -> None:
            super().__init__(size=3)

    assert Both().size == 3
    with words(TypeError, "Module: Module.__init__() takes no argument 'size'; keep them in your own __init__."):
        nn.Module(size=3)
    with words(TypeError, "Module: Module.__init__() takes no arguments"):
        nn.Module(3)


def test_a_failing_property_says_why() -> None:
    class Broken(nn.Module):
        @property
        def size(self) -> int:
            return self.missing.size

    with words(AttributeError, "'Broken' object has no attribute 'missing'"):
        Broken().size


def test_registering() -> None:
    net = nn.Module()
    net.register_parameter("w", None)
    assert net.w is None and list(net.parameters()) == []
    with words(TypeError, "register_parameter: 'w' must be a Parameter or None, got Tensor."):
        net.register_parameter("w", tg.zeros(1))
    with words(TypeError, "register_buffer: 'b' must be a Tensor or None, got int."):
        net.register_buffer("b", 3)
    with words(TypeError, "add_module: 'm' must be a Module or None, got int."):
        net.add_module("m", 3)
    with words(KeyError, "add_module: 'a.b' cannot be a name; it must not be empty or have a dot in it."):
        net.add_module("a.b", nn.ReLU())
    with words(KeyError, "add_module: '' cannot be a name"):
        net.register_module("", nn.ReLU())
    with words(TypeError, "register_buffer: the name must be a string, got int."):
        net.register_buffer(3, tg.zeros(1))
    with words(KeyError, "register_parameter: this module has an attribute 'forward' already."):
        net.forward = nn.Parameter(tg.zeros(1))
    with words(KeyError, "register_buffer: this module has an attribute 'w' already."):
        net.register_buffer("w", tg.zeros(1))
    leaf = nn.Parameter(tg.zeros(1))
    leaf.node = (leaf.detach().requires_grad_() * 2).node
    with words(ValueError, "register_parameter: 'v' is the result of mul, and only a leaf can be learned."):
        net.register_parameter("v", leaf)


def test_paths() -> None:
    net = nn.Sequential(OrderedDict(a=Net(), b=nn.ReLU()))
    assert net.get_submodule("a.hidden") is net.a.hidden and net.get_submodule("") is net
    assert net.get_parameter("a.out.bias") is net.a.out.bias and net.get_buffer("a.mean") is net.a.mean
    net.set_submodule("a.out", nn.Identity())
    assert isinstance(net.a.out, nn.Identity)
    with words(AttributeError, "get_submodule: Net has no submodule 'middle' (of 'a.middle.x')."):
        net.get_submodule("a.middle.x")
    with words(AttributeError, "get_parameter: Linear has no parameter 'w' (of 'a.hidden.w')."):
        net.get_parameter("a.hidden.w")
    with words(AttributeError, "get_buffer: Net has no buffer 'hidden' (of 'a.hidden')."):
        net.get_buffer("a.hidden")
    with words(AttributeError, "set_submodule: Net has no submodule 'c' (of 'a.c')."):
        net.set_submodule("a.c", nn.ReLU(), strict=True)
    with words(TypeError, "set_submodule: 'a.c' must become a Module, got int."):
        net.set_submodule("a.c", 3)
    with words(ValueError, "set_submodule: the path is empty, and a module cannot replace itself."):
        net.set_submodule("", nn.ReLU())


def test_no_forward() -> None:
    with words(NotImplementedError, "Module: this module defines no forward(); write one, it is what a call runs."):
        nn.Module()(1)


# ---- the whole ------------------------------------------------------------------------------------------------------


def test_shared_modules_and_parameters_come_once() -> None:
    layer = nn.Linear(2, 2)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    assert len(list(net.parameters())) == 2
    assert [n for n, _ in net.named_parameters(remove_duplicate=False)] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert [n for n, _ in net.named_modules(remove_duplicate=False)] == ["", "0", "1", "2"]
    assert len(list(net.children())) == 2
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    tied = nn.Module()
    tied.embed, tied.head = nn.Embedding(4, 3), nn.Linear(3, 4, bias=False)
    tied.head.weight = tied.embed.weight
    assert len(list(tied.parameters())) == 1
    twin = copy.deepcopy(tied)
    assert twin.head.weight is twin.embed.weight and twin.head.weight is not tied.head.weight
    assert pickle.loads(pickle.dumps(tied)).head.weight.shape == (4, 3)
    tied.double()
    assert tied.head.weight is tied.embed.weight and tied.embed.weight.dtype is tg.float64
    tied.head(tied.embed(tg.tensor([1]))).sum().backward()
    assert tied.embed.weight.grad.shape == (4, 3)


def test_train_goes_through_the_childrens_own() -> None:
    class Frozen(nn.Dropout):
        def train(self, mode: bool = True) -> Any:
            return super().train(False)

    net = nn.Sequential(nn.Dropout(), nn.Sequential(Frozen()))
    assert net.train() is net and net[0].training and not net[1][0].training
    assert not net.eval()[0].training
    with words(ValueError, "train: mode must be True or False, got 'yes'."):
        net.train("yes")


def test_apply() -> None:
    order = []
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    assert net.apply(lambda m: order.append(type(m).__name__)) is net
    assert order == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_requires_grad_and_zero_grad() -> None:
    net = Net()
    net(tg.ones(4, 2)).sum().backward()
    g = net.out.bias.grad
    net.zero_grad(set_to_none=False)
    assert net.out.bias.grad.tolist() == [0.0] and g.tolist() == [0.0]
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())
    assert not net(tg.ones(4, 2)).requires_grad


def test_to() -> None:
    net = Net()
    parameters = list(net.parameters())
    net(tg.ones(1, 2)).sum().backward()
    assert net.to(tg.float64) is net
    assert [p is q for p, q in zip(parameters, net.parameters())] == [True] * 5
    assert net.hidden.weight.dtype is tg.float64 and net.hidden.weight.grad.dtype is tg.float64
    assert net.mean.dtype is tg.float64
    assert net.to("cpu").float().mean.dtype is tg.float32
    assert net.to(tg.device("cpu"), tg.float64).mean.dtype is tg.float64
    assert net.to(tg.zeros(1, dtype=tg.float16)).mean.dtype is tg.float16
    assert net.to(device="cpu", dtype=tg.float32, non_blocking=True).cpu().mean.dtype is tg.float32
    assert net.half().mean.dtype is tg.float16 and net.type(tg.float64).double().mean.dtype is tg.float64
    counter = nn.BatchNorm1d(3).double()
    assert counter.num_batches_tracked.dtype is tg.int64
    assert net.to_empty(device="cpu").hidden.weight.shape == (3, 2)
    with words(TypeError, "to: a module can be converted to floating dtypes only, got tensorgrad.int64."):
        net.to(tg.int64)
    with words(TypeError, "to: unknown argument 'colour'; it takes a device, a dtype or a tensor."):
        net.to(colour="blue")
    with words(RuntimeError, "to: no CUDA device can be used by this version of tensorgrad"):
        net.cuda()
    assert net.compile() is None


def test_modules_are_freed_at_once() -> None:
    gc.disable()
    try:
        net = Net()
        net(tg.ones(2, 2)).sum().backward()
        gone = weakref.ref(net)
        del net
        assert gone() is None
    finally:
        gc.enable()


# ---- hooks ----------------------------------------------------------------------------------------------------------


def test_forward_hooks() -> None:
    net, seen = nn.Linear(2, 1, bias=False), []
    nn.init.ones_(net.weight)
    x = tg.ones(1, 2)
    first = net.register_forward_hook(lambda m, args, out: seen.append(("after", out.item())))
    net.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    net.register_forward_hook(lambda m, args, out: out + 1)
    assert net(x).item() == 5.0 and seen == [("after", 4.0)]
    first.remove()
    first.remove()
    assert net(x).item() == 5.0 and len(seen) == 1
    with net.register_forward_hook(lambda m, args, out: seen.append("inside"), prepend=True) as handle:
        net(x)
    assert isinstance(handle, tg.utils.hooks.RemovableHandle)
    net(x)
    assert seen[1:] == ["inside"]


def test_hooks_with_keywords() -> None:
    class Scaled(nn.Module):
        def forward(self, x: Tensor, by: float = 1.0) -> Tensor:
            return x * by

    net, seen = Scaled(), []
    net.register_forward_pre_hook(lambda m, args, kwargs: (args, {"by": kwargs["by"] + 1}), with_kwargs=True)
    net.register_forward_hook(lambda m, args, kwargs, out: seen.append(kwargs["by"]), with_kwargs=True)
    assert net(tg.tensor(2.0), by=3.0).item() == 8.0 and seen == [4.0]
    single = nn.Identity()
    single.register_forward_pre_hook(lambda m, args: args[0] + 1)
    assert single(tg.tensor(1.0)).item() == 2.0


def test_a_hook_that_is_always_called() -> None:
    class Fails(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError("no")

    net, seen = Fails(), []
    net.register_forward_hook(lambda m, args, out: seen.append("usual"))
    net.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    with words(ValueError, "no"):
        net(tg.zeros(1))
    assert seen == [None]

    def fails(*args: Any) -> None:
        raise ArithmeticError("hook")

    seen.clear()
    works = nn.Identity()
    works.register_forward_hook(fails)
    works.register_forward_hook(
        lambda m, args, kwargs, out: seen.append(out.item()), with_kwargs=True, always_call=True
    )
    works.register_forward_hook(fails, always_call=True)
    with words(ArithmeticError, "hook"), pytest.warns(UserWarning, match="Identity: a hook raised as well"):
        works(tg.ones(1))
    assert seen == [1.0], "after an error of another hook there is an output"


def test_wrong_hooks() -> None:
    net = nn.Identity()
    with words(TypeError, "hook: must be callable, got int."):
        net.register_forward_hook(3)
    net.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with words(RuntimeError, "Identity: a forward pre-hook with_kwargs must return None or (args, kwargs), got tuple."):
        net(tg.ones(1))


def test_hooks_of_all_modules() -> None:
    log: list[Any] = []

    def note(what: str) -> Any:
        return lambda m, *_: log.append((what, type(m).__name__))

    everywhere = nn.modules.module
    handles = [
        everywhere.register_module_forward_pre_hook(note("pre")),
        everywhere.register_module_forward_hook(note("post")),
        everywhere.register_module_full_backward_pre_hook(note("back")),
        everywhere.register_module_backward_hook(note("done")),
    ]
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    net[1].register_forward_hook(note("own"))
    try:
        net(tg.ones(1, 2, requires_grad=True)).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    relu, linear, whole = "ReLU", "Linear", "Sequential"
    assert log == [
        ("pre", whole), ("pre", linear), ("post", linear), ("pre", relu), ("post", relu), ("own", relu), ("post", whole),
        ("back", whole), ("back", relu), ("done", relu), ("back", linear), ("done", linear), ("done", whole),
    ]  # fmt: skip
    log.clear()
    net[0](tg.ones(1, 2, requires_grad=True)).sum().backward()
    assert log == []


def test_hooks_of_all_modules_with_keywords_and_after_errors() -> None:
    class Scaled(nn.Module):
        def forward(self, x: Tensor, by: float = 1.0) -> Tensor:
            if by < 0:
                raise ValueError("by is below 0")
            return x * by

    everywhere, log = nn.modules.module, []
    handles = [
        everywhere.register_module_forward_hook(lambda m, args, out: log.append("plain")),
        everywhere.register_module_forward_hook(lambda m, args, kwargs, out: log.append(kwargs), with_kwargs=True),
        everywhere.register_module_forward_hook(lambda m, args, out: log.append(out), always_call=True),
        everywhere.register_module_forward_hook(
            lambda m, args, kwargs, out: log.append((kwargs, out)), with_kwargs=True, always_call=True
        ),
    ]
    try:
        out = Scaled()(tg.ones(1), by=2.0)
        assert log[:2] == ["plain", {"by": 2.0}] and log[2] is out and log[3][0] == {"by": 2.0} and log[3][1] is out
        log.clear()
        with words(ValueError, "by is below 0"):
            Scaled()(tg.ones(1), by=-1.0)
        assert log == [None, ({"by": -1.0}, None)], "after an error only those that are always called"
    finally:
        for handle in handles:
            handle.remove()
    log.clear()
    with words(ValueError, "by is below 0"):
        Scaled()(tg.ones(1), by=-1.0)
    assert log == []


def test_hooks_of_what_is_registered() -> None:
    everywhere, log = nn.modules.module, []
    twice = everywhere.register_module_parameter_registration_hook(lambda m, name, p: nn.Parameter(p.detach() * 2))
    others = [
        register(lambda m, name, x: log.append((type(m).__name__, name)))
        for register in (
            everywhere.register_module_module_registration_hook,
            everywhere.register_module_buffer_registration_hook,
        )
    ]
    try:
        net = nn.Module()
        net.w = nn.Parameter(tg.ones(1))
        net.a, net.b = nn.ReLU(), nn.Buffer(tg.ones(1))
        net.add_module("c", None)
        net.register_buffer("d", None)
    finally:
        for handle in (twice, *others):
            handle.remove()
    net.v = nn.Parameter(tg.ones(1))
    assert net.w.item() == 2.0 and net.v.item() == 1.0 and log == [("Module", "a"), ("Module", "b")]


def test_backward_hooks() -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor, z: Tensor, n: int) -> Any:
            return x * z * n, x + 1

    net, seen = Two(), []
    net.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x, z = tg.tensor(2.0, requires_grad=True), tg.tensor(3.0)
    a, b = net(x, z, 5)
    (a + 10 * b).backward()
    ((grad_input, grad_output),) = seen
    assert [g if g is None else g.item() for g in grad_input] == [25.0, None, None]
    assert [g.item() for g in grad_output] == [1.0, 10.0] and x.grad.item() == 25.0
    a, b = net(x, z, 5)
    a.backward()
    assert seen[-1][1][1] is None, "a result nobody used has no gradient"


def test_backward_hooks_replace_gradients() -> None:
    net = nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, 3.0)
    net.register_full_backward_pre_hook(lambda m, go: (go[0] * 10,))
    handle = net.register_full_backward_hook(lambda m, gi, go: (gi[0] + 1,))
    x = tg.tensor([[2.0]], requires_grad=True)
    net(x).sum().backward()
    assert net.weight.grad.item() == 20.0 and x.grad.item() == 31.0
    handle.remove()
    y, seen = tg.tensor([[2.0]]), []
    net.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].item())))
    net(y).sum().backward()
    assert seen == [((None,), 10.0)], "no input wants a gradient, and the hook still hears of it"
    net.register_full_backward_hook(lambda m, gi, go: (1, 2))
    with words(RuntimeError, "Linear: a backward hook returned 2 gradients for a grad_input of 1."):
        net(x).sum().backward()


def test_backward_hooks_of_a_dict() -> None:
    class Named(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return {"double": x * 2}

    net, seen = Named(), []
    net.register_full_backward_hook(lambda *args: seen.append(args))
    x = tg.ones(2, requires_grad=True)
    net(x)["double"].sum().backward()
    assert x.grad.tolist() == [2.0, 2.0] and not seen, "there is no grad_output to tell"


def test_backward_hooks_see_in_place_writes() -> None:
    net = nn.Tanh()
    net.register_full_backward_hook(lambda m, gi, go: None)
    x = tg.ones(3, requires_grad=True)
    y = net(x * 1)
    y.mul_(2)
    with pytest.raises(RuntimeError, match="has been changed in place by mul_"):
        y.sum().backward()
    with tg.no_grad():
        assert not net(x).requires_grad


def test_backward_hooks_and_second_gradients() -> None:
    net = nn.Tanh()
    net.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    x = tg.tensor(0.5, dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(net(x), x, create_graph=True)
    (gg,) = tg.autograd.grad(g, x)
    t = np.tanh(0.5)
    assert g.item() == pytest.approx(2 * (1 - t * t))
    assert gg.item() == pytest.approx(2 * -2 * t * (1 - t * t)), "the second time not by the output: left alone"


# ---- state dicts ----------------------------------------------------------------------------------------------------


def test_state_dict_shares_memory_and_copies_in() -> None:
    net = Net()
    state = net.state_dict()
    assert not any(t.requires_grad for t in state.values())
    assert net.state_dict(keep_vars=True)["scale"] is net.scale
    assert list(net.state_dict(prefix="net."))[0] == "net.scale"
    state["mean"].fill_(7.0)
    assert net.mean.tolist() == [7.0] * 3
    other = Net()
    other.load_state_dict(state)
    state["mean"].fill_(8.0)
    assert other.mean.tolist() == [7.0] * 3


def test_load_converts() -> None:
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": np.array([[1.0, 2.0]]), "bias": [3.0]})
    assert layer.weight.dtype is tg.float32 and layer.weight.tolist() == [[1.0, 2.0]] and layer.bias.tolist() == [3.0]


def test_load_into_memory_that_cannot_be_written() -> None:
    net = nn.Module()
    net.w = nn.Parameter(tg.zeros(1).expand(3))
    net.load_state_dict({"w": tg.tensor([1.0, 2.0, 3.0])})
    assert net.w.tolist() == [1.0, 2.0, 3.0]


def test_load_assign() -> None:
    layer = nn.Linear(2, 1)
    layer.bias.requires_grad_(False)
    state = {"weight": tg.ones(1, 2, dtype=tg.float64), "bias": tg.zeros(1, dtype=tg.float64)}
    layer.load_state_dict(state, assign=True)
    assert layer.weight.dtype is tg.float64 and np.shares_memory(layer.weight.array, state["weight"].array)
    assert isinstance(layer.weight, nn.Parameter) and layer.weight.requires_grad and not layer.bias.requires_grad
    norm = nn.BatchNorm1d(2)
    mean = tg.ones(2)
    norm.load_state_dict({**norm.state_dict(), "running_mean": mean}, assign=True)
    assert norm.running_mean is mean


def test_load_is_noticed_by_backward() -> None:
    layer = nn.Linear(2, 2)
    y = layer(tg.ones(1, 2, requires_grad=True)).sum()
    layer.load_state_dict({k: v * 2 for k, v in layer.state_dict().items()})
    with pytest.raises(RuntimeError, match="changed in place by load_state_dict"):
        y.backward()


def nothing_loaded(net: nn.Module, state: Any, text: str, **options: Any) -> None:
    before = {k: v.clone() for k, v in net.state_dict().items()}
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state, **options)
    assert str(caught.value) == text
    for k, v in net.state_dict().items():
        assert v.tolist() == before[k].tolist()


def test_load_renamed_and_resized() -> None:
    state = {k.replace("hidden", "hiden"): v + 1 for k, v in Net().state_dict().items()}
    state["out.weight"] = tg.zeros(1, 5)
    state["extra"] = tg.zeros(4)
    del state["mean"]
    nothing_loaded(
        Net(),
        state,
        "load_state_dict: the dict does not fit Net; nothing has been loaded.\n"
        "    module                 dict\n"
        "    mean (3,)              –                     missing\n"
        "    hidden.weight (3, 2)   hiden.weight (3, 2)   renamed?\n"
        "    hidden.bias (3,)       hiden.bias (3,)       renamed?\n"
        "    out.weight (1, 3)      out.weight (1, 5)     another shape\n"
        "    –                      extra (4,)            unexpected\n"
        "Rename the keys, or pass strict=False to load those that fit; build the module with the sizes of the dict, "
        "or leave those entries out and pass strict=False.",
    )


def test_load_not_strict() -> None:
    net = Net()
    state = {"mean": tg.full((3,), 4.0), "extra": 3}
    found = net.load_state_dict(state, strict=False)
    assert net.mean.tolist() == [4.0] * 3
    assert found.missing_keys == ["scale", "hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert found.unexpected_keys == ["extra"]
    assert repr(found).startswith("_IncompatibleKeys(missing_keys=['scale'")
    nothing_loaded(
        net,
        {"mean": tg.zeros(2), "scale": tg.tensor(9.0)},
        "load_state_dict: the dict does not fit Net; nothing has been loaded.\n"
        "    module      dict\n"
        "    mean (3,)   mean (2,)   another shape\n"
        "Build the module with the sizes of the dict, or leave those entries out and pass strict=False.",
        strict=False,
    )


def test_load_with_a_prefix() -> None:
    layer = nn.Linear(1, 1)
    nothing_loaded(
        layer,
        {f"module.{k}": v for k, v in layer.state_dict().items()},
        "load_state_dict: the dict does not fit Linear; nothing has been loaded.\n"
        "    module          dict\n"
        "    weight (1, 1)   module.weight (1, 1)   renamed?\n"
        "    bias (1,)       module.bias (1,)       renamed?\n"
        "All keys of the dict begin with 'module.': take it off with key.removeprefix('module.').",
    )
    wrapped = nn.Sequential(OrderedDict(module=nn.Linear(1, 1)))
    nothing_loaded(
        wrapped,
        layer.state_dict(),
        "load_state_dict: the dict does not fit Sequential; nothing has been loaded.\n"
        "    module                 dict\n"
        "    module.weight (1, 1)   weight (1, 1)   renamed?\n"
        "    module.bias (1,)       bias (1,)       renamed?\n"
        "All keys of the module begin with 'module.': put it before those of the dict.",
    )


def test_load_says_it_briefly() -> None:
    deep = nn.Sequential(*[nn.Linear(1, 1) for _ in range(60)])
    with pytest.raises(RuntimeError) as caught:
        deep.load_state_dict({})
    lines = str(caught.value).split("\n")
    assert len(lines) == 54 and lines[-2] == "    … and 70 more"


def test_load_refuses_what_is_no_dict_of_tensors() -> None:
    layer = nn.Linear(1, 1)
    with words(TypeError, "load_state_dict: needs a dict of names and tensors, got Linear."):
        layer.load_state_dict(layer)
    with words(TypeError, "load_state_dict: 'bias' must be a Tensor, got str."):
        layer.load_state_dict({"weight": tg.zeros(1, 1), "bias": "zero"})


def test_state_dict_hooks() -> None:
    layer, order = nn.Linear(1, 1), []
    layer.register_state_dict_pre_hook(lambda m, prefix, keep: order.append(("pre", prefix)))
    layer.register_state_dict_post_hook(lambda m, state, prefix, meta: state.update({prefix + "added": 1}))
    net = nn.Sequential(layer)
    assert list(net.state_dict()) == ["0.weight", "0.bias", "0.added"] and order == [("pre", "0.")]

    def rename(m: Any, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        state[prefix + "weight"] = state.pop(prefix + "w")

    layer.register_load_state_dict_pre_hook(rename)
    layer.register_load_state_dict_post_hook(lambda m, keys: keys.unexpected_keys.clear())
    given = {"0.w": tg.ones(1, 1), "0.bias": tg.zeros(1), "more": 1}
    assert repr(net.load_state_dict(given, strict=False)) == "<All keys matched successfully>"
    assert layer.weight.item() == 1.0 and list(given) == ["0.w", "0.bias", "more"]


def test_private_hooks_of_state_dicts() -> None:
    layer, seen = nn.Linear(1, 1), []
    layer._register_load_state_dict_pre_hook(lambda state, prefix, *rest: seen.append((prefix, sorted(state), rest[1])))
    layer._register_load_state_dict_pre_hook(lambda m, state, *rest: seen.append(m is layer), with_module=True)
    net = nn.Sequential(layer, nn.Linear(1, 1))
    net.load_state_dict(net.state_dict())
    assert seen == [("0.", ["0.bias", "0.weight"], True), True]
    layer._register_state_dict_hook(lambda m, state, prefix, meta: {prefix + "w": state[prefix + "weight"]})
    assert list(layer.state_dict()) == ["w"]
    layer.register_state_dict_post_hook(lambda *_: 1)
    with words(RuntimeError, "state_dict: a post-hook must return None; let it change the dict in place."):
        layer.state_dict()


class Renamed(nn.Module):
    """Version 2 of a layer, whose weight was called w, and half as large, in version 1."""

    _version = 2

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(tg.zeros(1))

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, *rest: Any) -> None:
        if local_metadata.get("version", 1) < 2:
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "w") * 2
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


def test_a_module_loads_in_its_own_way() -> None:
    net = nn.Sequential(OrderedDict(a=Renamed(), b=nn.Linear(1, 1)))
    assert net.state_dict()._metadata == {"": {"version": 1}, "a": {"version": 2}, "b": {"version": 1}}
    old = {"a.w": tg.tensor([3.0]), "b.weight": tg.ones(1, 1), "b.bias": tg.ones(1)}
    assert repr(net.load_state_dict(old)) == "<All keys matched successfully>" and "a.w" in old
    assert net.a.weight.item() == 6.0
    twin = copy.deepcopy(net)
    twin.load_state_dict(net.state_dict())
    assert twin.a.weight.item() == 6.0, "of the present version"
    del old["b.bias"]
    nothing_loaded(
        net,
        old,
        "load_state_dict: the dict does not fit Sequential; nothing has been loaded.\n"
        "    module        dict\n"
        "    b.bias (1,)   –      missing\n"
        "Rename the keys, or pass strict=False to load those that fit.",
    )
    missing: list[str] = []
    net.b._load_from_state_dict({"b.weight": tg.full((1, 1), 5.0)}, "b.", {}, True, missing, [], [])
    assert missing == ["b.bias"] and net.b.weight.item() == 5.0
    errors: list[str] = []
    net.b._load_from_state_dict({"weight": tg.zeros(3, 1)}, "", {}, True, [], [], errors)
    assert "another shape" in errors[0] and net.b.weight.item() == 5.0


def test_a_modules_own_objection() -> None:
    class Careful(nn.Linear):
        def _load_from_state_dict(self, *args: Any) -> None:
            super()._load_from_state_dict(*args)
            args[-1].append("Careful: not from this source.")

    net = nn.Sequential(Careful(1, 1))
    text = "load_state_dict: the dict does not fit Sequential; nothing has been loaded.\nCareful: not from this source."
    nothing_loaded(net, {k: v + 1 for k, v in net.state_dict().items()}, text)


def test_load_numbers() -> None:
    net = Net()
    net.load_state_dict({**net.state_dict(), "scale": tg.tensor([4.0])})
    assert net.scale.shape == () and net.scale.item() == 4.0


def test_load_under_no_module() -> None:
    net = nn.Sequential(nn.Linear(1, 1))
    net.add_module("gone", None)
    found = net.load_state_dict({"gone.weight": tg.zeros(1)}, strict=False)
    assert found.unexpected_keys == ["gone.weight"]


def test_extra_state() -> None:
    class Counter(nn.Module):
        n = 0

        def get_extra_state(self) -> int:
            return self.n

        def set_extra_state(self, state: int) -> None:
            self.n = state

    net = nn.Sequential(Counter(), Counter())
    net[0].n = 3
    assert dict(net.state_dict()) == {"0._extra_state": 3, "1._extra_state": 0}
    other = nn.Sequential(Counter(), Counter())
    other.load_state_dict(net.state_dict())
    assert other[0].n == 3
    with pytest.raises(RuntimeError, match="1._extra_state   –      missing"):
        other.load_state_dict({"0._extra_state": 1})
    for call in (nn.ReLU().get_extra_state, lambda: nn.ReLU().set_extra_state(1)):
        with pytest.raises(RuntimeError, match="override it in the module that has extra state"):
            call()


def test_old_state_dicts_of_batch_norm() -> None:
    norm = nn.BatchNorm1d(2)
    state = dict(norm.state_dict())
    del state["num_batches_tracked"]
    norm.load_state_dict(state)
    assert norm.num_batches_tracked.item() == 0
    new = norm.state_dict()  # of version 2, which had the counter
    del new["num_batches_tracked"]
    with words(RuntimeError, "num_batches_tracked"):
        norm.load_state_dict(new)
    assert norm.load_state_dict(new, strict=False).missing_keys == ["num_batches_tracked"]


# ---- parameters -----------------------------------------------------------------------------------------------------


def test_parameter() -> None:
    data = tg.zeros(2)
    p = nn.Parameter(data)
    assert p.requires_grad and p.is_leaf and np.shares_memory(p.array, data.array)
    assert repr(p) == "Parameter containing:\ntensor([0., 0.], requires_grad=True)"
    y = (p * p).sum()
    data.fill_(1.0)
    with pytest.raises(RuntimeError, match="changed in place by fill_"):
        y.backward()
    assert type(p + 1) is Tensor and isinstance(copy.deepcopy(p), nn.Parameter)
    p.grad = tg.ones(2)
    assert copy.deepcopy(p).grad is None, "a copy of a model has no gradients"
    assert pickle.loads(pickle.dumps(p)).tolist() == [1.0, 1.0]
    assert nn.Parameter().shape == (0,)
    assert nn.parameter.Parameter is nn.Parameter
    assert repr(nn.Buffer(data)) == "Buffer containing:\ntensor([1., 1.])"
    with words(TypeError, "Parameter: data must be a Tensor, got list."):
        nn.Parameter([1.0])
    with words(RuntimeError, "requires_grad: only floating tensors have gradients"):
        nn.Parameter(tg.tensor([1]))
    assert not nn.Parameter(tg.tensor([1]), requires_grad=False).requires_grad


# ---- lazy -----------------------------------------------------------------------------------------------------------


def test_lazy() -> None:
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    p = net[0].weight
    assert repr(net[0].state_dict()["weight"]) == "<UninitializedParameter>"
    assert net[0].has_uninitialized_params() and p.dtype is tg.float32
    for ask in (lambda: p.shape, lambda: p + 1, lambda: p.numel()):
        with words(RuntimeError, "UninitializedParameter: it has no shape and no values yet. Run the lazy module once"):
            ask()
    twin = copy.deepcopy(net).double()
    net(tg.ones(4, 2))
    assert net[0].weight is p and type(p) is nn.Parameter and type(net[0]) is nn.Linear
    assert type(net[1]) is nn.BatchNorm1d and net[1].num_features == 3
    assert twin[0].has_uninitialized_params()
    twin(tg.ones(4, 5, dtype=tg.float64))
    assert twin[0].weight.shape == (3, 5) and twin[0].weight.dtype is tg.float64


def test_lazy_modules_keep_their_device_and_dtype() -> None:
    x = tg.zeros(2, 4, 5, device="meta", dtype=tg.float16)
    lazy = nn.LazyConv1d(3, 2, **META), nn.LazyConvTranspose1d(3, 2, **META), nn.LazyLinear(3, **META), nn.LazyBatchNorm1d(**META)
    for net in lazy:
        twin = copy.deepcopy(net)
        assert twin.weight.device == net.bias.device == tg.device("meta") and twin.bias.dtype is tg.float16
        net(x)
        for t in net.state_dict().values():
            assert t.device == tg.device("meta") and t.dtype in (tg.float16, tg.int64)
        twin.to_empty(device="cpu").float()
        twin(tg.zeros(2, 4, 5))
        assert twin.weight.device.type == twin.bias.device.type == "cpu" and twin.weight.dtype is tg.float32


def test_lazy_state_dicts() -> None:
    lazy = nn.LazyConv2d(4, 3, groups=2)
    lazy.load_state_dict(nn.LazyConv2d(4, 3, groups=2).state_dict())
    assert lazy.has_uninitialized_params()
    full = nn.Conv2d(6, 4, 3, groups=2)
    lazy.load_state_dict(full.state_dict())
    assert not lazy.has_uninitialized_params() and lazy.weight.shape == (4, 3, 3, 3)
    x = tg.ones(1, 6, 5, 5)
    assert lazy(x).tolist() == full(x).tolist()
    assert type(lazy) is nn.Conv2d and lazy.in_channels == 6 and repr(lazy) == repr(full)
    with pytest.raises(RuntimeError, match=re.escape("weight (4, 3, 3, 3)   weight (no shape yet)   another shape")):
        full.load_state_dict(nn.LazyConv2d(4, 3, groups=2).state_dict())


def test_lazy_of_ones_own() -> None:
    class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.by = nn.UninitializedParameter()

        def initialize_parameters(self, x: Tensor) -> None:
            if self.has_uninitialized_params():
                self.by.materialize(x.shape[-1:])
                self.by.fill_(2.0)

        def forward(self, x: Tensor) -> Tensor:
            return x * self.by

    class Forgetful(Scale):
        def initialize_parameters(self, x: Tensor) -> None:
            pass

    net = Scale()
    assert net(tg.ones(3)).tolist() == net(tg.ones(3)).tolist() == [2.0] * 3
    with words(RuntimeError, "Forgetful: initialize_parameters has left parameters without a shape."):
        Forgetful()(tg.ones(3))
    with words(TypeError, "LazyModuleMixin: a lazy module must define initialize_parameters(input)."):
        nn.modules.lazy.LazyModuleMixin().initialize_parameters()


def test_processes_share_nothing_and_it_says_so() -> None:
    with pytest.raises(RuntimeError, match="Linear.share_memory: parameters are not shared between processes here"):
        nn.Linear(1, 1).share_memory()
