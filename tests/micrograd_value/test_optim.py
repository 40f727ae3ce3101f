"""Optimizers against recurrences written out by hand, from the papers."""

import math

import pytest

from micrograd_value import (
    MLP,
    Adam,
    CosineDecay,
    GradientDescent,
    LinearDecay,
    Momentum,
    Optimizer,
    StepDecay,
    Value,
    Warmup,
)

START = [1.0, -2.0, 0.5]
SCALE = [1.0, 10.0, 0.1]


def run(optimizer, steps=20):
    """The parameters after each step on Σ scale·p²/2 + p³/10."""
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        sum(0.5 * s * p * p + 0.1 * p**3 for s, p in zip(SCALE, optimizer.parameters)).backward()
        optimizer.step()
        path.append([p.data for p in optimizer.parameters])
    return path


def slope(i, p):
    return SCALE[i] * p + 0.3 * p * p


def expect(update, steps=20):
    """The same path from `update(i, p, g, memory, step)`, step counted from 1; memory is a dict per parameter."""
    ps, memories, path = list(START), [{} for _ in START], []
    for step in range(1, steps + 1):
        ps = [update(p, slope(i, p), memories[i], step) for i, p in enumerate(ps)]
        path.append(ps)
    return path


def gradient_descent(lr, momentum=0.0, decay=0.0, nesterov=False):
    def update(p, g, memory, step):
        g = g + decay * p
        memory["v"] = momentum * memory.get("v", 0.0) + g
        rate = lr(step - 1) if callable(lr) else lr
        return p - rate * (g + momentum * memory["v"] if nesterov else memory["v"])

    return update


def adam(lr, b1=0.9, b2=0.999, eps=1e-8, decay=0.0):
    """Algorithm 1 of Kingma & Ba, arXiv:1412.6980."""

    def update(p, g, memory, t):
        g = g + decay * p
        memory["m"] = b1 * memory.get("m", 0.0) + (1 - b1) * g
        memory["v"] = b2 * memory.get("v", 0.0) + (1 - b2) * g**2
        m_hat = memory["m"] / (1 - b1**t)
        v_hat = memory["v"] / (1 - b2**t)
        return p - lr * m_hat / (math.sqrt(v_hat) + eps)

    return update


def values():
    return [Value(x) for x in START]


class TestPaths:
    @pytest.mark.parametrize(
        "make, update",
        [
            (lambda p: GradientDescent(p, lr=0.05), gradient_descent(0.05)),
            (lambda p: GradientDescent(p, lr=0.05, weight_decay=0.1), gradient_descent(0.05, decay=0.1)),
            (lambda p: GradientDescent(p, lr=0.02, momentum=0.8), gradient_descent(0.02, 0.8)),
            (
                lambda p: GradientDescent(p, lr=0.02, momentum=0.8, weight_decay=0.1, nesterov=True),
                gradient_descent(0.02, 0.8, 0.1, True),
            ),
            (lambda p: Momentum(p, lr=0.02), gradient_descent(0.02, 0.9)),
            (lambda p: Momentum(p, 0.02, 0.5, 0.1, True), gradient_descent(0.02, 0.5, 0.1, True)),
            (lambda p: Adam(p, lr=0.1), adam(0.1)),
            (lambda p: Adam(p, lr=0.1, betas=(0.5, 0.9), eps=1e-3), adam(0.1, 0.5, 0.9, 1e-3)),
            (lambda p: Adam(p, lr=0.1, weight_decay=0.2), adam(0.1, decay=0.2)),
            (lambda p: GradientDescent(p, lr=lambda k: 0.1 / (k + 1)), gradient_descent(lambda k: 0.1 / (k + 1))),
            (lambda p: GradientDescent(p, lr=StepDecay(0.1, 5)), gradient_descent(lambda k: 0.1 * 0.5 ** (k // 5))),
        ],
    )
    def test_path(self, make, update):
        for got, expected in zip(run(make(values())), expect(update)):
            assert got == pytest.approx(expected, rel=1e-12, abs=1e-15)

    def test_adam_first_step_is_lr_whatever_the_gradient(self):
        for scale in (1e-3, 1.0, 1e6):
            p = Value(0.0)
            p.grad = scale
            Adam([p], lr=0.01).step()
            assert p.data == pytest.approx(-0.01, rel=1e-4)

    def test_all_reach_the_bottom(self):
        for optimizer in (
            GradientDescent(lr=0.1),
            Momentum(lr=0.05),
            GradientDescent(lr=0.05, momentum=0.9, nesterov=True),
            Adam(lr=0.1),
        ):
            p = Value(3.0)
            optimizer.attach([p])
            for _ in range(400):
                optimizer.zero_grad()
                ((p - 1.0) ** 2).backward()
                optimizer.step()
            assert p.data == pytest.approx(1.0, abs=1e-3)

    def test_defaults(self):
        assert (GradientDescent().lr, GradientDescent().momentum, GradientDescent().nesterov) == (0.01, 0.0, False)
        assert Momentum().momentum == 0.9
        assert (Adam().lr, Adam().betas, Adam().eps, Adam().weight_decay) == (0.001, (0.9, 0.999), 1e-8, 0.0)


class TestParameters:
    def test_zero_grad(self):
        parameters = values()
        optimizer = Adam(parameters)
        for p in parameters:
            p.grad = 1.0
        optimizer.zero_grad()
        assert [p.grad for p in parameters] == [0.0, 0.0, 0.0]

    def test_any_iterable(self):
        assert len(Adam(iter(values())).parameters) == 3

    def test_step_without(self):
        with pytest.raises(RuntimeError, match=r"Adam: it has no parameters yet. Make it with Adam\(model.parameters"):
            Adam(lr=0.1).step()

    def test_learning_rate_in_their_place(self):
        with pytest.raises(
            TypeError, match=r"GradientDescent: the first argument is the list of parameters, got 0.1. N"
        ):
            GradientDescent(0.1)
        with pytest.raises(TypeError, match=r"Adam: .* got the model itself, MLP. .*: Adam\(model.parameters\(\), …\)"):
            Adam(MLP(1, [1]))
        with pytest.raises(TypeError, match=r"Adam: the first argument is the list of parameters, got LinearDecay"):
            Adam(LinearDecay(1.0, 10))

    def test_not_values(self):
        with pytest.raises(TypeError, match="Adam: a parameter is a Value, got float 1.0"):
            Adam([1.0, 2.0])

    def test_empty_or_twice(self):
        with pytest.raises(ValueError, match="Adam: no parameters. Pass model.parameters"):
            Adam([])
        p = Value(1.0)
        with pytest.raises(ValueError, match="Momentum: a parameter is listed twice and would move twice. Pass"):
            Momentum([p, Value(1.0), p])

    def test_attach_twice(self):
        optimizer = Adam(values())
        with pytest.raises(RuntimeError, match="Adam: it has 3 parameters already. Make a new Adam"):
            optimizer.attach(values())

    def test_an_own_optimizer(self):
        class Sign(Optimizer):
            def _begin(self, count):
                self.count = count

            def _change(self, i, g, lr):
                return math.copysign(lr, g)

        p = Value(1.0)
        p.grad = 7.0
        Sign([p], lr=0.25).step()
        assert p.data == 0.75


class TestLearningRate:
    def test_schedule_sees_the_number_of_steps_made(self):
        seen = []
        optimizer = GradientDescent(values(), lr=lambda step: seen.append(step) or 0.1)
        for _ in range(3):
            optimizer.step()
        assert seen == [0, 1, 2] and optimizer.steps == 3

    def test_assign(self):
        p = Value(1.0)
        p.grad = 1.0
        optimizer = GradientDescent([p], lr=0.1)
        optimizer.lr = 0.5
        optimizer.step()
        assert p.data == 0.5
        optimizer.lr = LinearDecay(1.0, 2)
        assert optimizer.lr == 0.5
        with pytest.raises(ValueError, match="GradientDescent: lr must be more than 0 and finite, got 0"):
            optimizer.lr = 0

    def test_repr(self):
        assert repr(Adam(lr=0.1)) == "Adam(lr=0.1)"
        assert repr(Momentum(lr=StepDecay(0.1, 5))) == "Momentum(lr=StepDecay(lr=0.1, every=5, factor=0.5))"

    def test_linear(self):
        """The formula of micrograd's demo: 1.0 - 0.9·k/100."""
        schedule = LinearDecay(1.0, 100, 0.1)
        assert [schedule(k) for k in (0, 1, 50, 100)] == pytest.approx([1.0, 0.991, 0.55, 0.1], rel=1e-15)
        assert schedule(1000) == schedule(100)

    def test_cosine(self):
        schedule = CosineDecay(2.0, 10, 1.0)
        assert [schedule(k) for k in (0, 5, 10, 99)] == pytest.approx([2.0, 1.5, 1.0, 1.0])
        assert schedule(2) == pytest.approx(1.0 + 0.5 * (1.0 + math.cos(0.2 * math.pi)))

    def test_step(self):
        schedule = StepDecay(1.0, 3, 0.1)
        assert [schedule(k) for k in (0, 2, 3, 5, 6)] == pytest.approx([1.0, 1.0, 0.1, 0.1, 0.01])

    def test_warmup(self):
        schedule = Warmup(4, LinearDecay(1.0, 10))
        assert [schedule(k) for k in range(6)] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 0.9])


class TestErrors:
    @pytest.mark.parametrize("lr", [0.0, -0.1, math.nan, math.inf])
    def test_lr(self, lr):
        for make in (GradientDescent, Momentum, Adam):
            with pytest.raises(ValueError, match=f"{make.__name__}: lr must be more than 0 and finite, got {lr}"):
                make(lr=lr)

    def test_types(self):
        with pytest.raises(TypeError, match="Adam: lr must be a number, got str '0.1'"):
            Adam(lr="0.1")
        with pytest.raises(TypeError, match="Adam: lr must be a number, got bool True"):
            Adam(lr=True)

    def test_ranges(self):
        with pytest.raises(ValueError, match="GradientDescent: momentum must be 0 or more and less than 1, got 1.0"):
            GradientDescent(lr=0.1, momentum=1.0)
        with pytest.raises(ValueError, match="Adam: β₂ must be 0 or more and less than 1, got 1.5"):
            Adam(betas=(0.9, 1.5))
        with pytest.raises(ValueError, match="Adam: β₁ must be 0 or more and less than 1, got -0.1"):
            Adam(betas=(-0.1, 0.9))
        with pytest.raises(ValueError, match="Adam: eps must be more than 0 and finite, got 0"):
            Adam(eps=0)
        with pytest.raises(ValueError, match="Momentum: weight_decay must be 0 or more and finite, got -1"):
            Momentum(weight_decay=-1)
        with pytest.raises(ValueError, match="GradientDescent: nesterov looks ahead along the momentum, and it is 0"):
            GradientDescent(nesterov=True)

    def test_schedules(self):
        with pytest.raises(ValueError, match="LinearDecay: steps must be at least 1, got 0"):
            LinearDecay(1.0, 0)
        with pytest.raises(ValueError, match="CosineDecay: lr must be 0 or more and finite, got -1"):
            CosineDecay(-1.0, 5)
        with pytest.raises(TypeError, match="StepDecay: every must be a whole number, got float 0.5"):
            StepDecay(1.0, 0.5)
        with pytest.raises(ValueError, match="Warmup: steps must be at least 1, got -3"):
            Warmup(-3, LinearDecay(1.0, 5))

    def test_a_bad_schedule_moves_nothing(self):
        for bad in (-1.0, math.nan):
            parameters = values()
            optimizer = GradientDescent(parameters, lr=lambda step, bad=bad: bad)
            parameters[0].grad = 1.0
            with pytest.raises(
                ValueError, match="what the schedule gives for step 0 must be 0 or more and finite, got"
            ):
                optimizer.step()
            assert [p.data for p in parameters] == START and optimizer.steps == 0
