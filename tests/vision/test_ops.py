"""torchvision's layers."""

import tensorgrad as tg
from tensorgrad import nn
from tensorgrad.vision.ops import FrozenBatchNorm2d


def test_frozen_batch_norm() -> None:
    tg.manual_seed(0)
    trained = nn.BatchNorm2d(3, eps=1e-3)
    for _ in range(5):
        trained(tg.randn(4, 3, 5, 5) * 2 + 1)
    frozen = FrozenBatchNorm2d(3, eps=1e-3)
    frozen.load_state_dict(trained.state_dict())
    x = tg.randn(2, 3, 4, 4)
    assert tg.allclose(frozen(x), trained.eval()(x), atol=1e-6) and list(frozen.parameters()) == []
    assert repr(frozen) == "FrozenBatchNorm2d(3, eps=0.001)"
