"""The sweep: seeds, sums over paths and calls, what is kept and what is freed."""

from __future__ import annotations

import gc
import threading
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
import tensorgrad.ops.conv
from tensorgrad import autograd


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def test_paths_meet_and_gradients_add() -> None:
    x = leaf(3.0)
    b = x + x
    c = b * b  # a walk that pushes as it goes would let b speak twice
    c.sum().backward()
    assert x.grad.tolist() == [24.0]


def test_gradients_add_over_calls_until_set_to_none() -> None:
    x = leaf(1.0, 2.0)
    for n in (1, 2, 3):
        (x * 2).sum().backward()
        assert x.grad.tolist() == [2.0 * n, 2.0 * n]
    x.grad = None
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_many_uses_of_one_leaf_add_in_place_without_touching_what_others_hold() -> None:
    x, y = leaf(1.0, 2.0), leaf(5.0, 7.0)
    s = x + y  # Add hands the same gradient to both
    for _ in range(5):
        s = s + x
    s.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0] and y.grad.tolist() == [1.0, 1.0]
    x.grad.array[...] = 0
    assert y.grad.tolist() == [1.0, 1.0]


def test_grads_of_two_leaves_never_share_memory() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    seed = tg.tensor([1.0, 1.0], dtype=tg.float64)
    (x + y).backward(seed)
    assert not np.shares_memory(x.grad.array, y.grad.array)
    assert not np.shares_memory(x.grad.array, seed.array)


def test_a_sum_writes_a_gradient_of_its_own() -> None:
    x = leaf(1.0, 2.0, 3.0)
    x.sum().backward()  # the gradient of a sum is an expanded view
    x.grad.array[0] = 9
    assert x.grad.tolist() == [9.0, 1.0, 1.0]


def test_backward_twice_names_the_operation_and_the_cure() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"backward through mul a second time.*retain_graph=True"):
        y.backward()
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_a_vector_needs_a_seed_of_its_shape() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"shape \(2,\). Reduce it first, as in y.sum\(\)"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match=r"the gradient has shape \(3,\), the tensor \(2,\)"):
        (x * 2).backward(tg.tensor([1.0, 1.0, 1.0]))
    with pytest.raises(TypeError, match="the gradient must be a Tensor, got float"):
        (x * 2).backward([1.0, 1.0])
    (x * 2).backward(tg.tensor([1, 10]))  # another dtype is converted
    assert x.grad.tolist() == [2.0, 20.0]


def test_a_constant_has_no_backward() -> None:
    with pytest.raises(RuntimeError, match="does not require grad"):
        tg.tensor(1.0).backward()
    with tg.no_grad():
        y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="computed under no_grad"):
        y.sum().backward()


def test_grad_leaves_grads_alone_and_takes_inner_tensors() -> None:
    x = leaf(2.0)
    h = x * x
    y = h * h
    gh, gx = autograd.grad(y, (h, x), retain_graph=True, grad_outputs=tg.tensor([1.0], dtype=tg.float64))
    assert gh.tolist() == [8.0] and gx.tolist() == [32.0]
    assert x.grad is None and not gx.requires_grad


def test_grad_visits_only_what_leads_to_the_inputs() -> None:
    seen: list[str] = []
    x, z = leaf(2.0), leaf(3.0)
    a, b = x * 2, z * 5
    a.register_hook(lambda g: seen.append("a"))
    b.register_hook(lambda g: seen.append("b"))
    autograd.grad((a * b).sum(), x)
    assert seen == ["a"]


def test_grad_computes_nothing_that_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, *arrays: object) -> None:
        raise AssertionError("not asked for")

    x, w = tg.rand(1, 2, 5, 5, requires_grad=True), tg.rand(3, 2, 3, 3, requires_grad=True)
    y = tg.nn.functional.conv2d(x, w)
    want = autograd.grad(y.sum(), x, retain_graph=True)
    monkeypatch.setattr(tensorgrad.ops.conv.ConvWeight, "forward", refuse)
    assert autograd.grad(y.sum(), x, retain_graph=True)[0].equal(want[0])
    with pytest.raises(AssertionError, match="not asked for"):
        y.sum().backward(retain_graph=True)
    y.sum().backward(inputs=[x])
    assert x.grad.equal(want[0]) and w.grad is None


def test_what_serves_only_another_gradient_may_have_changed() -> None:
    x, z = leaf(2.0), leaf(3.0)
    y = x * z  # towards x only z is read
    with tg.no_grad():
        x.add_(1)
    assert autograd.grad(y, x, retain_graph=True)[0].tolist() == [3.0]
    with pytest.raises(RuntimeError, match="backward through mul: a value it saved"):
        autograd.grad(y, z)


def test_unused_inputs() -> None:
    x, z = leaf(2.0), leaf(3.0)
    with pytest.raises(RuntimeError, match=r"do not depend on input 1, shape \(1,\).*allow_unused=True"):
        autograd.grad((x * 2).sum(), (x, z))
    assert autograd.grad((x * 2).sum(), (x, z), allow_unused=True)[1] is None
    assert autograd.grad((x * 2).sum(), (x, z), materialize_grads=True)[1].tolist() == [0.0]
    with pytest.raises(RuntimeError, match="does not require grad"):
        autograd.grad((x * 2).sum(), tg.tensor([1.0]))
    with pytest.raises(ValueError, match="allow_unused=False contradicts materialize_grads=True"):
        autograd.grad((x * 2).sum(), x, allow_unused=False, materialize_grads=True)
    with pytest.raises(ValueError, match="only_inputs=False is no longer there"):
        autograd.grad((x * 2).sum(), x, only_inputs=False)


def test_backward_with_inputs_gives_gradients_to_those_only() -> None:
    x, z = leaf(2.0), leaf(3.0)
    (x * z).sum().backward(inputs=[x])
    assert x.grad.tolist() == [3.0] and z.grad is None
    with pytest.raises(RuntimeError, match="inputs is empty"):
        (x * z).sum().backward(inputs=[])
    with pytest.raises(RuntimeError, match="backward: one of the inputs does not require grad"):
        (x * z).sum().backward(inputs=[tg.ones(1)])


def test_several_outputs_and_seeds() -> None:
    x = leaf(1.0, 2.0)
    autograd.backward([(x * x).sum(), x * 3], [None, tg.tensor([1.0, 10.0], dtype=tg.float64)])
    assert x.grad.tolist() == [5.0, 34.0]
    with pytest.raises(RuntimeError, match="2 tensors but 3 gradients"):
        autograd.backward([x * 1, x * 2], [None, None, None])
    with pytest.raises(RuntimeError, match="2 tensors but 1 gradients"):
        autograd.backward([x.sum(), x.sum()], [None])


def test_gradients_of_gradients_to_the_fourth_order() -> None:
    x = leaf(2.0)
    y = (x * x * x * x).sum()
    expected = [32.0, 48.0, 48.0, 24.0]
    for want in expected:
        (g,) = autograd.grad(y, x, create_graph=True)
        assert g.tolist() == [want]
        y = g.sum()


def test_create_graph_in_backward_leaves_a_differentiable_grad() -> None:
    x = leaf(3.0)
    (x * x * x).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    (second,) = autograd.grad(x.grad.sum(), x)
    assert second.tolist() == [18.0]
    x.grad = None


def test_batched_gradients_are_rows_of_the_jacobian() -> None:
    x = leaf(1.0, 2.0)
    (rows,) = autograd.grad(x * x, x, tg.eye(2, dtype=tg.float64), is_grads_batched=True)
    assert rows.tolist() == [[2.0, 0.0], [0.0, 4.0]]


class TestHooks:
    def test_a_hook_sees_and_replaces_the_gradient(self) -> None:
        x = leaf(1.0)
        h = x * 2
        handle = h.register_hook(lambda g: g * 10)
        (h * 3).sum().backward()
        assert x.grad.tolist() == [60.0]
        handle.remove()
        handle.remove()
        x.grad = None
        h = x * 2
        (h * 3).sum().backward()
        assert x.grad.tolist() == [6.0]

    def test_a_hook_registered_twice_is_taken_out_once(self) -> None:
        x, seen = leaf(1.0), []
        count = seen.append
        first, second = x.register_hook(count), x.register_hook(count)
        first.remove()
        first.remove()
        (2 * x).sum().backward()
        assert len(seen) == 1
        second.remove()
        (2 * x).sum().backward()
        assert len(seen) == 1

    def test_a_hook_on_a_leaf_sees_the_whole_sum_once(self) -> None:
        x = leaf(1.0)
        seen = []
        x.register_hook(lambda g: seen.append(g.tolist()))
        (x * 2 + x * 3).sum().backward()
        assert seen == [[5.0]]

    def test_the_first_hook_of_a_process_may_come_from_a_rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A sweep that began without hooks goes on with them, for nodes and leaves it has not come to."""
        monkeypatch.setattr(autograd.hooks, "in_use", False)
        x, seen = tg.tensor([1.0, 2.0], requires_grad=True), []
        middle = x * 3

        class Hooking(autograd.Function):
            @staticmethod
            def forward(ctx: Any, y: Any) -> Any:
                return y * 2

            @staticmethod
            def backward(ctx: Any, grad: Any) -> Any:
                middle.register_hook(lambda g: seen.append(("middle", g.tolist())))
                x.register_hook(lambda g: g * 10)
                return grad * 2

        Hooking.apply(middle).sum().backward()
        assert seen == [("middle", [2.0, 2.0])] and x.grad.tolist() == [60.0, 60.0]

    def test_a_hook_must_keep_the_shape(self) -> None:
        x = leaf(1.0, 2.0)
        x.register_hook(lambda g: g.sum())
        with pytest.raises(RuntimeError, match=r"hook: returned a gradient of shape \(\), needs \(2,\)"):
            (x * 2).sum().backward()

    def test_a_hook_must_keep_the_dtype_and_return_a_tensor(self) -> None:
        x = leaf(1.0)
        words = "hook: returned a gradient of tensorgrad.float32, needs tensorgrad.float64"
        with x.register_hook(lambda g: g.float()), pytest.raises(RuntimeError, match=words):
            (x * 2).sum().backward()
        with x.register_hook(lambda g: 3), pytest.raises(TypeError, match="hook: must return a Tensor or None, got int"):
            (x * 2).sum().backward()
        assert x.grad is None

    def test_hooks_of_an_operation(self) -> None:
        x, z = leaf(1.0, 2.0), leaf(3.0, 4.0)
        y, seen = x * z, []
        y.register_hook(lambda g: g * 2)
        y.grad_fn.register_prehook(lambda outs: seen.append(outs[0].tolist()))
        first = y.grad_fn.register_prehook(lambda outs: (outs[0] * 10,))
        y.grad_fn.register_hook(lambda ins, outs: seen.append([g.tolist() for g in (*ins, *outs)]))
        y.grad_fn.register_hook(lambda ins, outs: (ins[0] + 1, ins[1]))
        y.sum().backward(retain_graph=True)
        assert seen == [[2.0, 2.0], [[60.0, 80.0], [20.0, 40.0], [20.0, 20.0]]]
        assert x.grad.tolist() == [61.0, 81.0] and z.grad.tolist() == [20.0, 40.0]
        first.remove()
        y.grad_fn.register_hook(lambda ins, outs: ins[0])
        with pytest.raises(RuntimeError, match="hook: returned 1 gradients, needs 2"):
            y.sum().backward()

    def test_hooks_of_an_operation_with_constants_and_several_results(self) -> None:
        x, seen = leaf(3.0, 1.0), []
        y = x * tg.tensor([2.0, 2.0], dtype=tg.float64)
        y.grad_fn.register_hook(lambda ins, outs: seen.append([g is None for g in ins]))
        first, second = y.split(1)
        first.grad_fn.register_hook(lambda ins, outs: seen.append((len(ins), [g.tolist() for g in outs])))
        (first * 3).sum().backward()
        assert seen == [(1, [[3.0], [0.0]]), [False, True]]

    def test_hooks_need_something_to_hook(self) -> None:
        with pytest.raises(RuntimeError, match="no gradient will reach the hook"):
            tg.tensor([1.0]).register_hook(print)
        with pytest.raises(TypeError, match="hook: must be callable"):
            leaf(1.0).register_hook(3)

    def test_post_accumulate_hook_runs_after_grad_is_there(self) -> None:
        x = leaf(1.0)
        seen = []
        handle = x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.tolist()))
        (x * 4).sum().backward()
        handle.remove()
        (x * 4).sum().backward()
        assert seen == [[4.0]]
        with pytest.raises(RuntimeError, match="only for leaves"):
            (x * 2).register_post_accumulate_grad_hook(print)


class TestRetainGrad:
    def test_an_inner_gradient_is_kept_on_request(self) -> None:
        x = leaf(2.0)
        h = x * x
        h.retain_grad()
        assert h.retains_grad
        (h * 5).sum().backward()
        assert h.grad.tolist() == [5.0]

    def test_it_keeps_what_all_hooks_leave(self) -> None:
        x = leaf(1.0)
        h = x * 2
        h.retain_grad()
        h.register_hook(lambda g: g * 10)
        h.sum().backward()
        assert h.grad.tolist() == [10.0] and x.grad.tolist() == [20.0]

    def test_nothing_is_kept_of_a_sweep_that_fails(self) -> None:
        x = leaf(1.0)
        h = x.exp()
        y = h * 2
        y.retain_grad()
        with tg.no_grad():
            h.add_(1)
        with pytest.raises(RuntimeError, match="a value it saved"):
            y.sum().backward()
        assert y.grad is None and x.grad is None

    def test_without_it_grad_is_none_and_says_why(self) -> None:
        h = leaf(2.0) * 2
        h.sum().backward()
        with pytest.warns(UserWarning, match=r"the result of mul.*retain_grad"):
            assert h.grad is None

    def test_it_needs_a_gradient(self) -> None:
        with pytest.raises(RuntimeError, match="does not require grad"):
            tg.tensor([1.0]).retain_grad()


class TestLeaves:
    def test_only_floating_tensors_have_gradients(self) -> None:
        with pytest.raises(RuntimeError, match=r"only floating tensors have gradients, this one is tensorgrad.int64"):
            tg.tensor([1, 2]).requires_grad_()

    def test_a_result_cannot_be_switched_off(self) -> None:
        y = leaf(1.0) * 2
        with pytest.raises(RuntimeError, match="the result of mul, not a leaf"):
            y.requires_grad_(False)
        y.requires_grad = True  # it does already

    def test_switched_off_after_the_forward_pass_it_gets_no_gradient(self) -> None:
        for change in (lambda x: x.requires_grad_(False), lambda x: x.detach_(), lambda x: x.detach_().unsqueeze_(0)):
            x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
            y = (x * 2 + w * 3).sum()
            change(x)
            y.backward()
            assert x.grad is None and w.grad.tolist() == [3.0, 3.0]

    def test_given_another_shape_after_the_forward_pass(self) -> None:
        for op in (lambda x: x * 2, lambda x: x.exp(), lambda x: x[:1]):
            x = leaf(1.0, 2.0)
            y = op(x).sum()
            x.data = tg.zeros(3, dtype=tg.float64)
            with pytest.raises(RuntimeError, match="that leaf has been given another shape since"):
                y.backward()
            assert x.grad is None

    def test_leafness(self) -> None:
        x = leaf(1.0)
        assert x.is_leaf and x.grad_fn is None
        y = x * 2
        assert not y.is_leaf and repr(y.grad_fn) == "<mul>"
        assert y.detach().is_leaf and not y.detach().requires_grad
        y.detach_()
        assert y.is_leaf and not y.requires_grad

    def test_grad_takes_a_tensor_of_the_right_shape(self) -> None:
        x = leaf(1.0, 2.0)
        with pytest.raises(RuntimeError, match=r"grad: shape \(3,\) does not fit the tensor's \(2,\)"):
            x.grad = tg.tensor([1.0, 2.0, 3.0])
        with pytest.raises(TypeError, match="must be a Tensor or None, got float"):
            x.grad = 1.0
        with pytest.raises(RuntimeError, match="grad: tensorgrad.float32 does not fit the tensor's tensorgrad.float64"):
            x.grad = tg.ones(2)
        with pytest.raises(RuntimeError, match="a tensor cannot be its own gradient"):
            x.grad = x
        x.grad = tg.ones(2, dtype=tg.float64)
        del x.grad
        assert x.grad is None

    def test_data_is_the_same_memory_without_history(self) -> None:
        x = leaf(1.0, 2.0)
        x.data.array[0] = 7
        assert x.tolist() == [7.0, 2.0]
        x.data = tg.tensor([5.0, 6.0])
        assert x.tolist() == [5.0, 6.0] and x.requires_grad
        with pytest.raises(RuntimeError, match="data: this tensor requires grad, and only floating tensors have"):
            x.data = tg.tensor([5, 6])
        assert x.tolist() == [5.0, 6.0]


class TestModes:
    def test_no_grad_as_block_decorator_and_bare_decorator(self) -> None:
        x = leaf(1.0)
        with tg.no_grad():
            assert not (x * 2).requires_grad
            with tg.enable_grad():
                assert (x * 2).requires_grad

        @tg.no_grad()
        def f() -> tg.Tensor:
            return x * 2

        @tg.no_grad
        def g() -> tg.Tensor:
            return x * 2

        assert not f().requires_grad and not g().requires_grad and (x * 2).requires_grad

    def test_a_generator_runs_in_the_mode_and_its_caller_does_not(self) -> None:
        seen = []

        @tg.no_grad()
        def numbers() -> Any:
            seen.append(tg.is_grad_enabled())
            try:
                got = yield 1
            except KeyError:
                got = yield tg.is_grad_enabled()
            try:
                yield got, tg.is_grad_enabled()
            finally:
                seen.append(tg.is_grad_enabled())
            return "end"

        steps = numbers()
        assert next(steps) == 1 and tg.is_grad_enabled()
        assert steps.throw(KeyError) is False and tg.is_grad_enabled()
        assert steps.send("sent") == ("sent", False) and tg.is_grad_enabled()
        with pytest.raises(StopIteration, match="end"):
            next(steps)
        assert seen == [False, False] and tg.is_grad_enabled()
        steps = numbers()
        next(steps), next(steps)
        steps.close()
        assert seen == [False] * 4 and tg.is_grad_enabled()

    def test_set_grad_enabled(self) -> None:
        x = leaf(1.0)
        with tg.set_grad_enabled(False):
            assert not tg.is_grad_enabled()
        assert tg.is_grad_enabled()
        tg.set_grad_enabled(False)
        try:
            assert not (x * 2).requires_grad
        finally:
            tg.set_grad_enabled(True)

        @tg.set_grad_enabled(False)
        def f() -> bool:
            return tg.is_grad_enabled()

        assert tg.is_grad_enabled() and not f()

    def test_inference_mode(self) -> None:
        with tg.inference_mode():
            assert tg.is_inference_mode_enabled() and not (leaf(1.0) * 2).requires_grad
            with tg.inference_mode(False):
                assert (leaf(1.0) * 2).requires_grad
        assert not tg.is_inference_mode_enabled()

    def test_an_exception_restores_the_mode(self) -> None:
        with pytest.raises(ZeroDivisionError), tg.no_grad():
            1 / 0
        assert tg.is_grad_enabled()

    def test_numpy_settings_of_the_caller_are_left_alone(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            before = np.geterr()
            y = tg.tensor([0.0, -1.0], requires_grad=True).log()
            y.backward(tg.tensor([1.0, 1.0]))
            assert y.tolist()[0] == -np.inf and np.geterr() == before
            with pytest.raises(RuntimeWarning):
                np.log(np.zeros(1))


class TestThreads:
    def test_modes_are_per_thread(self) -> None:
        seen = []
        with tg.no_grad():
            t = threading.Thread(target=lambda: seen.append((leaf(1.0) * 2).requires_grad))
            t.start()
            t.join()
        assert seen == [True]

    def test_eight_threads_share_a_parameter(self) -> None:
        w = tg.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
        xs = [tg.tensor(np.full((4, 2), float(i))) for i in range(8)]

        def work(x: tg.Tensor) -> None:
            for _ in range(50):
                ((x @ w).exp() * 0 + x @ w).sum().backward()

        threads = [threading.Thread(target=work, args=(x,)) for x in xs]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        together = w.grad.array.copy()
        w.grad = None
        for x in xs:
            work(x)
        np.testing.assert_array_equal(together, w.grad.array)


class TestMemory:
    def test_a_graph_dies_by_reference_count(self) -> None:
        gc.collect()
        gc.disable()
        try:
            x = leaf(1.0, 2.0)
            y = (x * x).exp()
            z = (y / (y + 1)).sum()
            z.backward()
            dead = [weakref.ref(t) for t in (x, y, z)] + [weakref.ref(z.node), weakref.ref(y.node)]
            del x, y, z
            assert [r() for r in dead] == [None] * 5
        finally:
            gc.enable()

    def test_saved_values_go_as_the_sweep_passes(self) -> None:
        x = leaf(1.0, 2.0)
        y = x.exp()
        node = y.node
        z = (y * y).sum()
        z.backward()
        assert node.saved is None

    def test_an_intermediate_nobody_saved_dies_with_its_variable(self) -> None:
        x = leaf(1.0, 2.0)
        h = x + 1
        array = weakref.ref(h)
        y = h + 1
        del h
        assert array() is None
        y.sum().backward()

    def test_a_million_operations(self) -> None:
        x = tg.tensor(0.0, dtype=tg.float64, requires_grad=True)
        y = x
        gc.disable()  # a million live objects would be scanned again and again
        try:
            for _ in range(1_000_000):
                y = y + 1
            assert repr(y) == "tensor(1000000., dtype=tensorgrad.float64, grad_fn=<add>)"
            y.backward()
            assert x.grad.item() == 1.0
            del y
        finally:
            gc.enable()

    def test_training_steps_do_not_grow(self) -> None:
        import tracemalloc

        w = tg.tensor(np.ones((4, 4)), requires_grad=True)
        x = tg.tensor(np.ones((2, 4)))

        def step() -> None:
            ((x @ w) * 0.5).exp().sum().backward()
            with tg.no_grad():
                w.sub_(w.grad * 1e-6)
            w.grad = None

        tracemalloc.start()
        for _ in range(200):
            step()
        gc.collect()  # empties Python's lists of free tuples, which grow to thousands and stop there
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(2000):
            step()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert grown < 10_000


class TestAnomaly:
    def test_the_first_nan_names_op_shapes_and_line(self) -> None:
        x = leaf(0.0, 1.0)
        with autograd.detect_anomaly():
            y = (x * 0).log()  # the culprit
            with pytest.raises(RuntimeError) as error:
                (y * 0).sum().backward()
        message = str(error.value)
        assert "the backward of log made the first nan" in message
        assert "(2,) in, (2,) out" in message and "y = (x * 0).log()  # the culprit" in message
        assert x.grad is None

    def test_an_infinity_too(self) -> None:
        x = leaf(0.0)
        with autograd.detect_anomaly(), pytest.raises(RuntimeError, match="the backward of log made the first inf"):
            x.log().sum().backward()

    def test_without_checking_it_only_notes_lines(self) -> None:
        x = leaf(0.0)
        with autograd.detect_anomaly(check_nan=False):
            x.log().sum().backward()
        assert x.grad.tolist() == [np.inf]

    def test_by_a_flag(self) -> None:
        x = leaf(0.0)
        try:
            autograd.set_detect_anomaly(True)  # from here on
            assert tg.is_anomaly_enabled() and tg.is_anomaly_check_nan_enabled()
            with autograd.set_detect_anomaly(False):
                x.log().sum().backward()
                assert not tg.is_anomaly_enabled()
            with pytest.raises(RuntimeError, match=r"made the first inf[\s\S]*x.log\(\).sum\(\).backward\(\)  # here"):
                x.log().sum().backward()  # here
            tg.set_anomaly_enabled(True, check_nan=False)
            assert tg.is_anomaly_enabled() and not tg.is_anomaly_check_nan_enabled()
        finally:
            autograd.set_detect_anomaly(False)
        x.log().sum().backward()
        assert not tg.is_anomaly_enabled()
