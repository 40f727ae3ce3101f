"""nn.utils.prune; the numbers are compared with PyTorch's in tests/oracle."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn
from tensorgrad.nn.utils import prune


def layer() -> nn.Linear:
    net = nn.Linear(3, 2)
    net.weight.data = tg.tensor([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])
    return net


def test_the_smallest_go_and_stay_gone() -> None:
    net = layer()
    weight = net.weight
    assert prune.l1_unstructured(net, "weight", amount=0.5) is net and prune.is_pruned(nn.Sequential(net))
    assert net.weight.tolist() == [[0, 0, 0], [-4, 5, -6]] and net.weight_orig is weight
    assert [n for n, _ in net.named_parameters()] == ["bias", "weight_orig"]
    assert list(net.state_dict()) == ["bias", "weight_orig", "weight_mask"]
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1)
    net(tg.ones(1, 3)).sum().backward()
    assert net.weight_orig.grad.tolist() == [[0, 0, 0], [1, 1, 1]]
    optimizer.step()
    net(tg.ones(1, 3))
    assert net.weight[0].tolist() == [0, 0, 0] and net.weight[1, 0].item() == pytest.approx(-4.1)
    with tg.no_grad():
        net(tg.ones(1, 3))
    twin = pickle.loads(pickle.dumps(copy.deepcopy(net)))
    assert twin(tg.ones(1, 3)).tolist() == net(tg.ones(1, 3)).tolist()
    prune.remove(net, "weight")
    assert net.weight is weight and net.weight.requires_grad and net.weight[0].tolist() == [0, 0, 0]
    assert list(net.state_dict()) == ["bias", "weight"] and not prune.is_pruned(net) and not net._hooked


def test_dimensions_counted_from_the_end() -> None:
    for dim, kept in ((-1, [[0, -2, 3], [0, 5, -6]]), (-2, [[0, 0, 0], [-4, 5, -6]])):
        for same in (dim, dim + 2):
            assert prune.ln_structured(layer(), "weight", 1, n=1, dim=same).weight.tolist() == kept
        assert (prune.random_structured(layer(), "weight", 1, dim=dim).weight == 0).sum().item() == (2, 3)[dim == -2]
    for dim in (-3, 2):
        with pytest.raises(IndexError, match=f"ln_structured: dim={dim} is out of range for a tensor of shape"):
            prune.ln_structured(layer(), "weight", 1, n=1, dim=dim)


def test_one_after_another() -> None:
    net = layer()
    prune.l1_unstructured(net, "weight", 1)
    prune.ln_structured(net, "weight", 1, n=2, dim=1)  # the first column is the shortest
    prune.l1_unstructured(net, "weight", 0.5)  # two of the four that are left
    assert net.weight.tolist() == [[0, 0, 0], [0, 5, -6]]
    (container,) = net._forward_pre_hooks.values()
    assert isinstance(container, prune.PruningContainer) and len(container) == 3
    assert isinstance(container[1], prune.LnStructured) and [type(m).__name__ for m in container][2] == "L1Unstructured"


def test_at_random() -> None:
    net = nn.Linear(20, 10)
    prune.random_unstructured(net, "weight", 0.25)
    assert (net.weight == 0).sum().item() == 50
    prune.random_structured(net, "weight", 3, dim=0)
    assert (net.weight == 0).all(1).sum().item() == 3


def test_given_masks_and_scores() -> None:
    net = layer()
    prune.identity(net, "bias")
    assert net.bias_mask.tolist() == [1, 1]
    prune.custom_from_mask(net, "weight", tg.tensor([[1, 0, 1], [0, 1, 1]]))
    assert net.weight.tolist() == [[1, 0, 3], [0, 5, -6]]
    net = layer()
    prune.l1_unstructured(net, "weight", 2, importance_scores=tg.tensor([[9.0, 9, 9], [9, 0, 1]]))
    assert net.weight.tolist() == [[1, -2, 3], [-4, 0, 0]]
    assert prune.L1Unstructured(2).prune(tg.tensor([3.0, -1.0, 2.0])).tolist() == [3, 0, 0]
    assert prune.L1Unstructured(1).prune(tg.tensor([3.0, 1.0]), importance_scores=tg.tensor([0.0, 1.0])).tolist() == [0, 1]


def test_among_several() -> None:
    a, b = layer(), layer()
    b.weight.data *= 10
    pairs = [(a, "weight"), (b, "weight")]
    prune.global_unstructured(pairs, prune.L1Unstructured, amount=0.5)
    assert (a.weight == 0).all().item() and (b.weight != 0).all().item()
    prune.global_unstructured(pairs, prune.L1Unstructured, amount=1)
    assert b.weight[0].tolist() == [0, -20, 30]


def test_a_way_of_ones_own() -> None:
    class EveryOther(prune.BasePruningMethod):
        def compute_mask(self, t: tg.Tensor, default_mask: tg.Tensor) -> tg.Tensor:
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    net = layer()
    EveryOther.apply(net, "weight")
    assert net.weight.tolist() == [[0, -2, 0], [-4, 0, -6]]

    class Odd(prune.BasePruningMethod):
        PRUNING_TYPE = "odd"

    with pytest.raises(ValueError, match="PRUNING_TYPE must be 'unstructured', 'structured' or 'global', got 'odd'"):
        Odd.apply(net, "weight")
    with pytest.raises(NotImplementedError, match="Odd: a pruning method defines compute_mask"):
        Odd.apply(net, "bias")
    assert net.weight.tolist() == [[0, -2, 0], [-4, 0, -6]] and isinstance(net.bias, nn.Parameter), "as before"
    net(tg.ones(1, 3))


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda n: prune.l1_unstructured(n, "weight", "x"), TypeError, "l1_unstructured: amount must be an int or a float, got str."),
    (lambda n: prune.l1_unstructured(n, "weight", 1.5), ValueError, "amount must be a share in"),
    (lambda n: prune.l1_unstructured(n, "weight", -1), ValueError, "a whole number of at least 0, got -1"),
    (lambda n: prune.l1_unstructured(n, "weight", 7), ValueError, "amount=7 is more than the 6 there are to prune"),
    (lambda n: prune.ln_structured(n, "bias", 1, 2, 0), ValueError, "a tensor of shape (2,) has no slices"),
    (lambda n: prune.ln_structured(n, "weight", 1, 2, 5), IndexError, "dim=5 is out of range for a tensor of shape (2, 3)"),
    (lambda n: prune.remove(n, "weight"), ValueError, "prune.remove: 'weight' of this Linear has not been pruned."),
    (lambda n: prune.l1_unstructured(n, "weight", 1, tg.ones(2)), ValueError, "importance_scores have shape (2,), 'weight'"),
    (lambda n: prune.Identity().prune(tg.ones(2), None, tg.ones(3)), ValueError, "importance_scores have shape (3,)"),
    (lambda n: prune.global_unstructured([(n, "weight")], prune.LnStructured, amount=1, n=2), TypeError,
     "global_unstructured: needs an unstructured method, LnStructured is structured."),
    (lambda n: prune.global_unstructured([], prune.L1Unstructured, amount=1), ValueError, "there are no parameters"),
    (lambda n: prune.PruningContainer(3), TypeError, "PruningContainer: needs a BasePruningMethod, got int."),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case: int) -> None:
    call, error, words = ERRORS[case]
    net = layer()
    with pytest.raises(error) as caught:
        call(net)
    assert words in str(caught.value)
    assert list(net.state_dict()) == ["weight", "bias"] and isinstance(net.weight, nn.Parameter), "nothing has changed"
    one, other = prune.Identity(), prune.Identity()
    one._tensor_name, other._tensor_name = "a", "b"
    with pytest.raises(ValueError, match="all methods must prune 'a', this one prunes 'b'"):
        prune.PruningContainer(one, other)
    np.testing.assert_array_equal(prune.Identity().prune(tg.ones(2)).numpy(), [1, 1])
