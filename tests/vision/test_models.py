"""Known networks: torchvision's parameters under torchvision's names; forward, backward, weights from a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import tensorgrad as tg
from tensorgrad import nn
from tensorgrad.vision import models

# What torchvision 0.28 says: how many parameters, how many entries of the state dict, a hash of their names and shapes.
TORCHVISION = {
    "alexnet": (61_100_840, 16, "49992dd44be10b80"),
    "densenet121": (7_978_856, 727, "81d3f20d15092fcb"),
    "densenet161": (28_681_000, 967, "fdeca1eb1af2f9a4"),
    "densenet169": (14_149_480, 1015, "ee27d063b93718f5"),
    "densenet201": (20_013_928, 1207, "216fe163ec8cd86d"),
    "mobilenet_v2": (3_504_872, 314, "58d23f36f5d621a3"),
    "resnet101": (44_549_160, 626, "29767f3602a63fe1"),
    "resnet152": (60_192_808, 932, "b938cb461b30f5f0"),
    "resnet18": (11_689_512, 122, "fa76792fd820fe19"),
    "resnet34": (21_797_672, 218, "d58c4163489162f1"),
    "resnet50": (25_557_032, 320, "7984f20059b6dbca"),
    "resnext101_32x8d": (88_791_336, 626, "0927807539da8ee4"),
    "resnext50_32x4d": (25_028_904, 320, "b96fa34940ea42ec"),
    "squeezenet1_0": (1_248_424, 52, "4ac150526e1dd64d"),
    "squeezenet1_1": (1_235_496, 52, "e7d73f70e4035dfc"),
    "vgg11": (132_863_336, 22, "9729c1bdac4a32be"),
    "vgg11_bn": (132_868_840, 62, "631ef250682a72df"),
    "vgg13": (133_047_848, 26, "13939995ad6a4e2e"),
    "vgg13_bn": (133_053_736, 76, "b75d9d931d2354b2"),
    "vgg16": (138_357_544, 32, "94c714532eb095be"),
    "vgg16_bn": (138_365_992, 97, "2a12502e8645c23a"),
    "vgg19": (143_667_240, 38, "c113caeefaddd8e1"),
    "vgg19_bn": (143_678_248, 118, "cf19a78c70c27d92"),
    "wide_resnet101_2": (126_886_696, 626, "7133e79e58377a44"),
    "wide_resnet50_2": (68_883_240, 320, "43c2cb1cff181643"),
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_parameters_are_torchvisions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for draw in ("uniform_", "normal_"):  # 144 million numbers take their time
        monkeypatch.setattr(tg.Tensor, draw, lambda self, *args, **kwargs: self)
    for fill in ("ones_", "zeros_", "constant_"):
        monkeypatch.setattr(nn.init, fill, lambda tensor, *args: tensor)
    model = getattr(models, name)()
    entries = {k: list(v.shape) for k, v in model.state_dict().items()}
    digest = hashlib.sha256("".join(f"{k}{s}" for k, s in entries.items()).encode()).hexdigest()[:16]
    assert (sum(p.numel() for p in model.parameters()), len(entries), digest) == TORCHVISION[name]


# What torchvision's pages say one picture of 224 × 224 costs: billions of multiplications in convolutions and linear maps.
BILLIONS = {
    "alexnet": 0.714, "densenet121": 2.834, "densenet161": 7.728, "densenet169": 3.36, "densenet201": 4.291,
    "mobilenet_v2": 0.301, "resnet101": 7.801, "resnet152": 11.514, "resnet18": 1.814, "resnet34": 3.664, "resnet50": 4.089,
    "resnext101_32x8d": 16.414, "resnext50_32x4d": 4.23, "squeezenet1_0": 0.819, "squeezenet1_1": 0.349, "vgg11": 7.609,
    "vgg11_bn": 7.609, "vgg13": 11.308, "vgg13_bn": 11.308, "vgg16": 15.47, "vgg16_bn": 15.47, "vgg19": 19.632,
    "vgg19_bn": 19.632, "wide_resnet101_2": 22.753, "wide_resnet50_2": 11.398,
}  # fmt: skip


@pytest.mark.parametrize("name", TORCHVISION)
def test_strides_and_paddings_are_torchvisions(name: str) -> None:
    """They are in no parameter, but in what a picture costs."""
    with tg.device("meta"):
        model = getattr(models, name)().eval()
    costs = []

    def count(module: nn.Module, args: object, out: tg.Tensor) -> None:
        costs.append(out.numel() * module.weight[0].numel())

    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    assert model(tg.zeros(1, 3, 224, 224, device="meta")).shape == (1, 1000)
    assert round(sum(costs) / 1e9, 3) == BILLIONS[name]


def test_every_network_is_in_the_table() -> None:
    assert {n for n, f in vars(models).items() if n[0].islower() and callable(f)} == set(TORCHVISION)


@pytest.mark.parametrize(
    "model, size",
    [
        (lambda: models.ResNet(models.BasicBlock, [1, 2, 1, 1], num_classes=4), 16),
        (lambda: models.ResNet(models.Bottleneck, [1, 1, 1, 1], num_classes=4, zero_init_residual=True), 16),
        (lambda: models.ResNet(models.BasicBlock, [1, 1, 1, 1], 4, norm_layer=lambda c: nn.GroupNorm(8, c)), 16),
        (lambda: models.squeezenet1_0(num_classes=4), 32),
        (lambda: models.squeezenet1_1(num_classes=4, dropout=0.0), 32),
        (lambda: models.mobilenet_v2(num_classes=4, width_mult=0.35), 32),
        (lambda: models.DenseNet(4, (2, 2), 8, num_classes=4, drop_rate=0.1), 32),
    ],
)
def test_forward_and_backward(model: object, size: int) -> None:
    tg.manual_seed(0)
    net = model()
    out = net(tg.randn(2, 3, size, size))
    out.square().sum().backward()
    assert out.shape == (2, 4) and out.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_dilation_keeps_the_picture() -> None:
    net = models.ResNet(models.Bottleneck, [1, 1, 1, 2], 4, replace_stride_with_dilation=[False, True, True])
    assert net.layer4[1].conv2.dilation == (4, 4) and net.layer4[0].conv2.dilation == (2, 2)
    assert net.layer4[0].conv2.stride == net.layer3[0].conv2.stride == (1, 1)


def test_first_values() -> None:
    tg.manual_seed(0)
    net = models.ResNet(models.BasicBlock, [1, 1, 1, 1], zero_init_residual=True)
    assert net.layer1[0].bn2.weight.sum() == 0 and net.layer1[0].bn1.weight.sum() == 64
    assert net.layer2[0].conv1.weight.std().item() == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.02)


def test_first_values_of_a_vgg(monkeypatch: pytest.MonkeyPatch) -> None:
    tg.manual_seed(0)

    class Small(nn.Linear):  # 120 million numbers take their time
        def __init__(self, i: int, o: int) -> None:
            super().__init__(i // 64, o // 64)

    monkeypatch.setattr(nn, "Linear", Small)
    ours = models.VGG(nn.Sequential(nn.Conv2d(3, 64, 3)), 64)
    assert (
        ours.classifier[0].weight.std().item() == pytest.approx(0.01, rel=0.03) and ours.classifier[0].bias.sum() == 0
    )
    assert ours.features[0].weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)
    plain = models.VGG(nn.Sequential(nn.Conv2d(3, 64, 3)), 64, init_weights=False)
    assert plain.classifier[0].weight.std().item() == pytest.approx((3 * 392) ** -0.5, rel=0.05)


def test_weights_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORGRAD_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="squeezenet1_1.safetensors is not in .*hub/checkpoints"):
        models.squeezenet1_1(pretrained=True)
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    first = models.squeezenet1_1()
    tg.save(first.state_dict(), tmp_path / "hub" / "checkpoints" / "squeezenet1_1.safetensors")
    second = models.squeezenet1_1(weights="DEFAULT")
    assert tg.equal(second.features[0].weight, first.features[0].weight)
    with pytest.raises(ValueError, match="version must be '1_0' or '1_1', got '2'"):
        models.SqueezeNet("2")
    with pytest.raises(ValueError, match="must be None or have 3 entries, got .True."):
        models.ResNet(models.Bottleneck, [1, 1, 1, 1], replace_stride_with_dilation=[True])
    with pytest.raises(ValueError, match="ResNet: knows groups=1, base_width=64, dilation=1 only, got 2, 64, 1"):
        models.ResNet(models.BasicBlock, [1, 1, 1, 1], groups=2)
