"""Transforms: against NumPy and Pillow where nothing is random, within their promises and seeded where it is. What they do
to a picture is `functional`'s, and tested there."""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tensorgrad as tg
from tensorgrad import nn
from tensorgrad.utils.data import DataLoader, Dataset
from tensorgrad.vision import transforms as T

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 9, 3), np.uint8)
PICTURE = Image.fromarray(PIXELS)
GREY = PICTURE.convert("L")


def array(img: Any) -> Any:
    """(C, H, W) or (H, W) as (H, W, C) or (H, W)."""
    if isinstance(img, tg.Tensor):
        return np.moveaxis(img.numpy(), 0, -1) if img.ndim == 3 else img.numpy()
    return np.asarray(img)


def same(a: Any, b: Any) -> None:
    np.testing.assert_array_equal(array(a), array(b))


# ---- to and from tensors --------------------------------------------------------------------------------------------


def test_to_tensor() -> None:
    x = T.ToTensor()(PICTURE)
    assert x.shape == (3, 6, 9) and x.dtype is tg.float32 and x.array.flags.c_contiguous
    np.testing.assert_array_equal(x.numpy(), PIXELS.transpose(2, 0, 1) / np.float32(255))
    assert T.ToTensor()(GREY).shape == (1, 6, 9) and T.ToTensor()(GREY).max() <= 1
    assert T.ToTensor()(PICTURE.convert("1")).unique().tolist() == [0.0, 1.0]
    assert T.ToTensor()(GREY.convert("F")).dtype is tg.float32 and T.ToTensor()(GREY.convert("F")).max() > 1
    assert T.ToTensor()(GREY.convert("I")).dtype is tg.int32
    assert T.ToTensor()(np.ones((4, 5))).dtype is tg.float64 and T.ToTensor()(np.ones((4, 5, 2))).shape == (2, 4, 5)
    raw = T.PILToTensor()(PICTURE)
    assert raw.dtype is tg.uint8 and raw.tolist() == PIXELS.transpose(2, 0, 1).tolist()
    raw.zero_()  # its own memory
    assert np.asarray(PICTURE).max() > 0


def test_to_picture() -> None:
    same(T.ToPILImage()(T.ToTensor()(PICTURE)), PICTURE)
    same(T.ToPILImage()(T.PILToTensor()(PICTURE)), PICTURE)
    same(T.ToPILImage()(PIXELS), PICTURE)
    assert T.ToPILImage()(tg.rand(1, 4, 5)).mode == T.ToPILImage()(tg.rand(4, 5)).mode == "L"
    assert T.ToPILImage()(tg.rand(2, 4, 5)).mode == "LA" and T.ToPILImage()(tg.rand(4, 4, 5)).mode == "RGBA"
    assert T.ToPILImage("HSV")(tg.rand(3, 4, 5)).mode == "HSV" and T.ToPILImage("F")(tg.rand(1, 4, 5)).mode == "F"


def test_normalize() -> None:
    x = tg.rand(2, 3, 4, 5)
    mean, std = np.array([0.1, 0.2, 0.3], np.float32), np.array([0.5, 0.6, 0.7], np.float32)
    expected = (x.numpy() - mean[:, None, None]) / std[:, None, None]
    np.testing.assert_array_equal(T.Normalize(mean.tolist(), std.tolist())(x).numpy(), expected)
    assert T.Normalize(0.5, 0.5)(x.double()).dtype is tg.float64
    before = x.clone()
    assert T.Normalize((0.5,), (0.5,))(x) is not x and tg.equal(x, before)
    assert T.Normalize((0.5,), (0.5,), inplace=True)(x) is x and tg.allclose(x, (before - 0.5) / 0.5)


# ---- size and place -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (dict(size=3), (3, 4)),
        (dict(size=[3]), (3, 4)),
        (dict(size=(4, 2)), (4, 2)),
        (dict(size=12), (12, 18)),
        (dict(size=12, max_size=15), (10, 15)),
    ],
)
def test_resize(options: Any, expected: tuple[int, int]) -> None:
    out = T.Resize(**options)(PICTURE)
    assert out.size[::-1] == expected
    same(out, PICTURE.resize(expected[::-1], Image.Resampling.BILINEAR))
    assert T.Resize(3)(PICTURE.transpose(Image.Transpose.ROTATE_90)).size == (3, 4)
    for mode in T.InterpolationMode:
        expected = GREY.resize((4, 4), Image.Resampling[mode.name.removesuffix("_EXACT")])
        same(T.Resize((4, 4), mode)(GREY), expected)
        if "_" not in mode.name:
            same(T.Resize((4, 4), Image.Resampling[mode.name])(GREY), expected)  # as older programs say it
    assert T.Resize(**options)(T.ToTensor()(PICTURE)).shape[1:] == expected_shape(options)


def expected_shape(options: Any) -> Any:
    """What a picture becomes, a tensor becomes."""
    return T.Resize(**options)(PICTURE).size[::-1]


@pytest.mark.parametrize("img", [PICTURE, GREY, T.PILToTensor()(PICTURE), T.ToTensor()(GREY)])
def test_crops_and_pads(img: Any) -> None:
    x = array(img)
    same(T.CenterCrop(4)(img), x[1:5, 2:6])
    same(T.CenterCrop((3, 8))(img), x[2:5, 0:8])
    wide = np.pad(x, [(1, 1), (0, 0)] + [(0, 0)] * (x.ndim - 2))
    same(T.CenterCrop((8, 5))(img), wide[:, 2:7])
    for mode in ("edge", "reflect", "symmetric"):
        around = np.pad(x, [(2, 4), (1, 3)] + [(0, 0)] * (x.ndim - 2), mode=mode)  # type: ignore[call-overload]
        same(T.Pad((1, 2, 3, 4), padding_mode=mode)(img), around)
    same(T.Pad((1, 2), fill=5)(img), np.pad(x, [(2, 2), (1, 1)] + [(0, 0)] * (x.ndim - 2), constant_values=5))
    same(T.Pad(1)(img), np.pad(x, [(1, 1), (1, 1)] + [(0, 0)] * (x.ndim - 2)))
    same(T.RandomHorizontalFlip(1.0)(img), x[:, ::-1])
    same(T.RandomVerticalFlip(1.0)(img), x[::-1])
    assert T.RandomHorizontalFlip(0.0)(img) is img and T.RandomVerticalFlip(0.0)(img) is img


def test_colours_of_the_border() -> None:
    red = T.Pad(1, fill=(255, 0, 0))(PICTURE)
    assert red.getpixel((0, 0)) == (255, 0, 0) and red.getpixel((1, 1)) == tuple(PIXELS[0, 0])
    assert T.Pad(1, fill=(1.0, 0.5, 0.0))(T.ToTensor()(PICTURE))[:, 0, 0].tolist() == [1.0, 0.5, 0.0]
    palette = PICTURE.convert("P")
    assert T.Pad(2, fill=7)(palette).getpixel((0, 0)) == 7  # the number of a colour


def pieces(transform: Any, n: int = 200) -> Counter[tuple[int, int]]:
    """Where a crop of a picture whose pixels know their place was taken."""
    places = np.arange(6 * 9, dtype=np.uint8).reshape(6, 9)
    found: Counter[tuple[int, int]] = Counter()
    for _ in range(n):
        out = np.asarray(transform(Image.fromarray(places)))
        top, left = divmod(int(out[0, 0]), 9)
        np.testing.assert_array_equal(out, places[top : top + out.shape[0], left : left + out.shape[1]])
        found[top, left] += 1
    return found


def test_random_crop() -> None:
    tg.manual_seed(0)
    assert set(pieces(T.RandomCrop((4, 8)))) == {(t, left) for t in range(3) for left in range(2)}
    assert set(pieces(T.RandomCrop((6, 9)), 5)) == {(0, 0)}
    assert T.RandomCrop(8, padding=1, fill=3)(PICTURE).size == (8, 8)
    assert T.RandomCrop((10, 9), pad_if_needed=True, padding_mode="edge")(T.ToTensor()(PICTURE)).shape == (3, 10, 9)
    with pytest.raises(
        ValueError, match="RandomCrop: cannot cut 7 × 9 out of 6 × 9. Use padding=, or pad_if_needed=True"
    ):
        T.RandomCrop((7, 9))(PICTURE)


def test_random_resized_crop() -> None:
    tg.manual_seed(0)
    transform = T.RandomResizedCrop((5, 7), scale=(0.3, 0.6), ratio=(0.5, 2.0))
    for _ in range(200):
        top, left, h, w = transform.get_params(Image.new("L", (90, 60)), (0.3, 0.6), (0.5, 2.0))
        assert 0 <= top <= 60 - h and 0 <= left <= 90 - w
        assert 0.28 * 5400 < h * w < 0.62 * 5400 and 0.48 < w / h < 2.1
    assert transform(PICTURE).size == (7, 5)
    # none of the allowed shapes fits into a strip: its middle, as large as can be
    assert T.RandomResizedCrop.get_params(tg.ones(1, 10, 100), (1.0, 1.0), (3 / 4, 4 / 3)) == (0, 43, 10, 13)
    assert T.RandomResizedCrop.get_params(tg.ones(1, 100, 10), (1.0, 1.0), (3 / 4, 4 / 3)) == (43, 0, 13, 10)
    assert transform(T.ToTensor()(PICTURE)).shape == (3, 5, 7)
    same(T.RandomResizedCrop((6, 9), scale=(1.0, 1.0), ratio=(1.5, 1.5))(PICTURE), PICTURE)


def test_rotation() -> None:
    square = Image.fromarray(PIXELS[:, :6])
    same(T.RandomRotation((90, 90))(square), np.rot90(PIXELS[:, :6]))
    same(T.RandomRotation((30, 30), fill=9)(PICTURE), PICTURE.rotate(30, fillcolor=(9, 9, 9)))
    same(T.RandomRotation((30, 30), fill=(1, 2, 3))(PICTURE), PICTURE.rotate(30, fillcolor=(1, 2, 3)))
    large = T.RandomRotation((30, 30), T.InterpolationMode.BICUBIC, expand=True)(GREY)
    same(large, GREY.rotate(30, Image.Resampling.BICUBIC, expand=True))
    same(T.RandomRotation((30, 30), center=(2, 1))(GREY), GREY.rotate(30, center=(2, 1)))
    assert T.RandomRotation(10).degrees == [-10.0, 10.0] and T.RandomRotation(10)(tg.ones(3, 8, 8)).shape == (3, 8, 8)
    tg.manual_seed(0)
    assert len({np.asarray(T.RandomRotation(80)(PICTURE)).tobytes() for _ in range(9)}) > 5


# ---- colours --------------------------------------------------------------------------------------------------------


def test_grey() -> None:
    same(T.Grayscale()(PICTURE), GREY)
    assert T.Grayscale(3)(PICTURE).mode == "RGB" and len(set(T.Grayscale(3)(PICTURE).getpixel((3, 3)))) == 1
    x = T.ToTensor()(PICTURE)
    weights = np.array([0.2989, 0.587, 0.114], np.float32)[:, None, None]
    np.testing.assert_allclose(T.Grayscale()(x).numpy(), (x.numpy() * weights).sum(0, keepdims=True), rtol=1e-6)
    assert T.Grayscale(3)(x).shape == (3, 6, 9) and tg.equal(T.Grayscale()(x[:1]), x[:1])
    assert T.RandomGrayscale(1.0)(PICTURE).mode == "RGB" and T.RandomGrayscale(1.0)(GREY).mode == "L"
    assert T.RandomGrayscale(1.0)(x).shape == (3, 6, 9) and T.RandomGrayscale(0.0)(x) is x


def test_jitter_of_one_thing() -> None:
    np.testing.assert_allclose(np.asarray(T.ColorJitter(brightness=(0.5, 0.5))(PICTURE)), PIXELS * 0.5, atol=1)
    same(T.ColorJitter(saturation=(0.0, 0.0))(PICTURE), T.Grayscale(3)(PICTURE))
    flat = np.asarray(T.ColorJitter(contrast=(0.0, 0.0))(PICTURE))
    assert (flat == flat[0, 0, 0]).all() and abs(int(flat[0, 0, 0]) - np.asarray(GREY).mean()) <= 1
    red = Image.new("RGB", (2, 2), (255, 0, 0))
    for turn, expected in ((1 / 3, (0, 255, 0)), (-1 / 3, (0, 0, 255)), (0.5, (0, 255, 255))):
        found = T.ColorJitter(hue=(turn, turn))(red).getpixel((0, 0))
        np.testing.assert_allclose(found, expected, atol=8)
    same(T.ColorJitter(hue=0.5)(GREY), GREY)
    same(T.ColorJitter()(PICTURE), PICTURE)
    x = T.ToTensor()(PICTURE)
    np.testing.assert_allclose(T.ColorJitter(brightness=(0.5, 0.5))(x).numpy(), x.numpy() * 0.5, rtol=1e-6)


def test_jitter_of_all() -> None:
    tg.manual_seed(0)
    jitter = T.ColorJitter(0.4, 0.4, 0.4, 0.1)
    assert jitter.brightness == (0.6, 1.4) and jitter.hue == (-0.1, 0.1) and T.ColorJitter(2).brightness == (0.0, 3.0)
    assert len({np.asarray(jitter(PICTURE)).tobytes() for _ in range(20)}) == 20


def test_places_of_affine_and_perspective() -> None:
    tg.manual_seed(0)
    seen = [T.RandomAffine.get_params((10, 20), (0.1, 0.5), (0.5, 2.0), (-3, 3), (100, 40)) for _ in range(200)]
    angles, moved, scales, shears = zip(*seen)
    assert all(10 <= a <= 20 for a in angles) and all(0.5 <= s <= 2 for s in scales) and max(angles) - min(angles) > 8
    assert all(abs(x) <= 10 and abs(y) <= 20 for x, y in moved) and any(abs(y) > 10 for _, y in moved)
    assert all(abs(x) <= 3 and y == 0 for x, y in shears)
    assert T.RandomAffine.get_params((0, 0), None, None, (1, 1, 2, 2), (9, 9)) == (0.0, (0, 0), 1.0, (1.0, 2.0))
    still = T.RandomAffine(0)
    same(still(PICTURE), PICTURE)
    turned = T.RandomAffine((30, 30), fill=9)
    same(turned(PICTURE), T.functional.affine(PICTURE, 30, (0, 0), 1.0, (0, 0), fill=9))
    assert T.RandomAffine(30, (0.1, 0.1), (0.8, 1.2), 5)(T.ToTensor()(PICTURE)).shape == (3, 6, 9)

    start, end = T.RandomPerspective.get_params(100, 60, 0.5)
    assert start == [[0, 0], [99, 0], [99, 59], [0, 59]] and start != end
    assert all(0 <= abs(a - b) <= 25 and 0 <= abs(c - d) <= 15 for (a, c), (b, d) in zip(start, end))
    assert T.RandomPerspective(p=0.0)(PICTURE) is PICTURE and T.RandomPerspective(p=1.0)(PICTURE).size == PICTURE.size
    same(T.RandomPerspective(0.0, p=1.0, interpolation=T.InterpolationMode.NEAREST)(PICTURE), PICTURE)


@pytest.mark.parametrize(
    ("transform", "function"),
    [
        (T.RandomInvert(1.0), T.functional.invert),
        (T.RandomPosterize(3, 1.0), lambda img: T.functional.posterize(img, 3)),
        (T.RandomSolarize(100, 1.0), lambda img: T.functional.solarize(img, 100)),
        (T.RandomAdjustSharpness(2, 1.0), lambda img: T.functional.adjust_sharpness(img, 2)),
        (T.RandomAutocontrast(1.0), T.functional.autocontrast),
        (T.RandomEqualize(1.0), T.functional.equalize),
        (T.GaussianBlur(3, (0.5, 0.5)), lambda img: T.functional.gaussian_blur(img, 3, 0.5)),
        (T.FiveCrop(3), lambda img: T.functional.five_crop(img, 3)),
        (T.TenCrop(3, True), lambda img: T.functional.ten_crop(img, 3, True)),
    ],
)
def test_functions_as_transforms(transform: Any, function: Any) -> None:
    for img in (PICTURE, T.PILToTensor()(PICTURE)):
        found, expected = transform(img), function(img)
        for a, b in zip(found, expected) if isinstance(found, tuple) else [(found, expected)]:
            same(a, b)
        if hasattr(transform, "p"):
            transform.p = 0.0
            assert transform(img) is img
            transform.p = 1.0


def test_blur_draws_its_width() -> None:
    tg.manual_seed(0)
    drawn = [T.GaussianBlur.get_params(0.1, 2.0) for _ in range(100)]
    assert 0.1 <= min(drawn) < 0.3 and 1.8 < max(drawn) <= 2.0
    with pytest.raises(ValueError, match=r"GaussianBlur: sigma must be a number above 0, or \(from, to\), got 0"):
        T.GaussianBlur(3, 0)
    with pytest.raises(ValueError, match="GaussianBlur: kernel_size must be one or two odd numbers above 0, got 4"):
        T.GaussianBlur(4)


def test_whitening() -> None:
    x = tg.rand(4, 2, 3, 3, generator=tg.Generator().manual_seed(0)).double()
    matrix, mean = tg.rand(18, 18, dtype=tg.float64), x.reshape(4, 18).mean(0)
    out = T.LinearTransformation(matrix, mean)(x)
    np.testing.assert_allclose(out.reshape(4, 18).numpy(), ((x.reshape(4, 18) - mean) @ matrix).numpy())
    assert T.LinearTransformation(matrix, mean)(x[0]).shape == (2, 3, 3)
    with pytest.raises(ValueError, match=r"needs a matrix \(D, D\) and a mean \(D,\), got \(2, 3\) and \(3,\)"):
        T.LinearTransformation(tg.ones(2, 3), tg.ones(3))
    with pytest.raises(ValueError, match=r"the tensor has shape \(3, 4, 4\), the matrix \(18, 18\)"):
        T.LinearTransformation(matrix, mean)(tg.ones(3, 4, 4).double())


def test_another_dtype() -> None:
    x = T.PILToTensor()(PICTURE)
    assert tg.allclose(T.ConvertImageDtype(tg.float32)(x), T.ToTensor()(PICTURE))


def test_erasing() -> None:
    tg.manual_seed(0)
    x = tg.ones(3, 40, 50)
    shares = []
    for _ in range(100):
        out = T.RandomErasing(1.0, scale=(0.1, 0.2), ratio=(0.5, 2.0))(x)
        gone = out[0] == 0
        rows, columns = gone.any(1).sum().item(), gone.any(0).sum().item()
        assert gone.sum() == rows * columns and (out.sum(0) == 3 * (~gone)).all()  # a rectangle, in all channels
        shares.append(rows * columns / 2000)
        assert 0.4 < rows / columns < 2.5
    assert 0.09 < min(shares) < 0.12 and 0.18 < max(shares) < 0.22 and (x == 1).all()
    painted = T.RandomErasing(1.0, value=(0.1, 0.2, 0.3))(x)
    hole = (painted[0] != 1).nonzero()[0]
    np.testing.assert_allclose(painted[:, hole[0], hole[1]].numpy(), [0.1, 0.2, 0.3], rtol=1e-6)
    noisy = T.RandomErasing(1.0, scale=(0.3, 0.3), ratio=(1, 1), value="random")(x)
    assert len(noisy.unique()) > 1000
    assert T.RandomErasing(1.0, inplace=True)(x) is x and (x == 0).any()
    assert T.RandomErasing(0.0)(x) is x
    assert T.RandomErasing(1.0, scale=(1.0, 1.0), ratio=(1.0, 1.0))(x) is x  # nothing that fits: left as it is


# ---- several --------------------------------------------------------------------------------------------------------


def test_compositions() -> None:
    both = T.Compose([T.CenterCrop(4), T.ToTensor(), T.Lambda(lambda x: x * 2)])
    np.testing.assert_array_equal(both(PICTURE).numpy(), 2 * T.ToTensor()(T.CenterCrop(4)(PICTURE)).numpy())
    assert repr(T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.5,))])) == (
        "Compose(\n    ToTensor()\n    Normalize(mean=(0.5,), std=(0.5,))\n)"
    )
    tg.manual_seed(0)
    orders = {T.RandomOrder([lambda x: x + "a", lambda x: x + "b", lambda x: x + "c"])("") for _ in range(100)}
    assert len(orders) == 6 and all(sorted(x) == ["a", "b", "c"] for x in orders)
    turned = [T.RandomApply([T.RandomHorizontalFlip(1.0)], 0.25)(GREY) is not GREY for _ in range(400)]
    assert 60 < sum(turned) < 140
    drawn = Counter(T.RandomChoice([lambda x: "a", lambda x: "b", lambda x: "c"], p=[1, 0, 3])(0) for _ in range(400))
    assert set(drawn) == {"a", "c"} and 60 < drawn["a"] < 140
    assert {T.RandomChoice([lambda x: "a", lambda x: "b"])(0) for _ in range(50)} == {"a", "b"}


REPRS = {  # as torchvision 0.28 prints them
    "ToTensor()": T.ToTensor(), "ToPILImage()": T.ToPILImage(), "ToPILImage(mode=L)": T.ToPILImage("L"),
    "Normalize(mean=(0.5,), std=[0.2])": T.Normalize((0.5,), [0.2], True), "ConvertImageDtype()": T.ConvertImageDtype(tg.float32),
    "Resize(size=3, interpolation=bilinear, max_size=None, antialias=True)": T.Resize(3),
    "Resize(size=[4], interpolation=bicubic, max_size=8, antialias=None)":
        T.Resize([4], T.InterpolationMode.BICUBIC, 8, None),
    "CenterCrop(size=(4, 4))": T.CenterCrop(4), "TenCrop(size=(3, 4), vertical_flip=True)": T.TenCrop((3, 4), True),
    "Pad(padding=(1, 2), fill=(1, 2, 3), padding_mode=edge)": T.Pad((1, 2), (1, 2, 3), "edge"),
    "RandomCrop(size=(4, 5), padding=2)": T.RandomCrop((4, 5), 2, True, 3),
    "RandomResizedCrop(size=(4, 4), scale=(0.08, 1.0), ratio=(0.75, 1.3333), interpolation=bilinear, antialias=True)":
        T.RandomResizedCrop(4),
    "RandomHorizontalFlip(p=0.3)": T.RandomHorizontalFlip(0.3), "RandomVerticalFlip(p=0.5)": T.RandomVerticalFlip(),
    "RandomRotation(degrees=[-30.0, 30.0], interpolation=nearest, expand=False, fill=0)": T.RandomRotation(30, fill=None),
    "RandomRotation(degrees=[10.0, 20.0], interpolation=nearest, expand=True, center=(1, 2), fill=3)":
        T.RandomRotation((10, 20), expand=True, center=(1, 2), fill=3),
    "RandomAffine(degrees=[-10.0, 10.0])": T.RandomAffine(10),
    "RandomAffine(degrees=[1.0, 2.0], translate=(0.1, 0.2), scale=(0.5, 1), shear=[-3.0, 3.0], interpolation=bilinear, "
    "fill=3, center=(1, 2))":
        T.RandomAffine((1, 2), (0.1, 0.2), (0.5, 1), 3, T.InterpolationMode.BILINEAR, 3, (1, 2)),
    "RandomPerspective(p=0.5)": T.RandomPerspective(), "Grayscale(num_output_channels=3)": T.Grayscale(3),
    "RandomGrayscale(p=0.2)": T.RandomGrayscale(0.2),
    "GaussianBlur(kernel_size=(3, 5), sigma=(1.0, 1.0))": T.GaussianBlur((3, 5), 1.0),
    "ColorJitter(brightness=(0.9, 1.1), contrast=None, saturation=(0.3, 0.4), hue=(-0.05, 0.05))":
        T.ColorJitter(0.1, 0, (0.3, 0.4), 0.05),
    "RandomErasing(p=1, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=random, inplace=False)": T.RandomErasing(1, value="random"),
    "RandomInvert(p=0.5)": T.RandomInvert(), "RandomSolarize(threshold=100,p=0.5)": T.RandomSolarize(100),
    "LinearTransformation(transformation_matrix=[[1.0]], mean_vector=[0.0])": T.LinearTransformation(tg.ones(1, 1), tg.zeros(1)),
    "Lambda()": T.Lambda(len), "Compose(\n)": T.Compose([]),
    "Compose(\n    ToTensor()\n    CenterCrop(size=(3, 3))\n)": T.Compose([T.ToTensor(), T.CenterCrop(3)]),
    "RandomApply(\n    p=0.3\n    ToTensor()\n)": T.RandomApply([T.ToTensor()], 0.3),
    "RandomChoice(\n    ToTensor()\n)(p=[2])": T.RandomChoice([T.ToTensor()], [2]),
    "RandomOrder(\n    ToTensor()\n)": T.RandomOrder([T.ToTensor()]),
}  # fmt: skip


@pytest.mark.parametrize("text", REPRS)
def test_reprs(text: str) -> None:
    assert repr(REPRS[text]) == text


def test_they_are_modules() -> None:
    """As torchvision's manual has them: `nn.Sequential` of transforms, on tensors."""
    row = nn.Sequential(T.CenterCrop(4), T.Normalize((0.5,) * 3, (0.2,) * 3), T.RandomHorizontalFlip(1.0))
    x = T.ToTensor()(PICTURE)
    assert tg.allclose(row(x), ((x[:, 1:5, 2:6] - 0.5) / 0.2).flip(-1)) and "CenterCrop(size=(4, 4))" in repr(row)
    assert not list(row.parameters()) and not row.state_dict()


def test_drawn_once_for_a_picture_and_its_mask() -> None:
    """`get_params` and the functions, for what has to happen to two pictures alike."""
    tg.manual_seed(0)
    top, left, h, w = T.RandomCrop.get_params(PICTURE, (3, 4))
    a, b = (T.functional.crop(img, top, left, h, w) for img in (PICTURE, GREY))
    same(a.convert("L"), b)
    order, brightness, contrast, saturation, hue = T.ColorJitter.get_params((0.5, 1.5), None, (1, 1), (-0.1, 0.1))
    assert sorted(order) == [0, 1, 2, 3] and 0.5 <= brightness <= 1.5 and contrast is None and saturation == 1
    assert 5 <= T.RandomRotation.get_params((5, 6)) <= 6 and abs(hue) <= 0.1
    i, j, h, w, paint = T.RandomErasing.get_params(tg.ones(3, 20, 20), (0.1, 0.2), (0.5, 2.0))
    assert paint.shape == (3, h, w) and i + h <= 20 and j + w <= 20


RANDOM = T.Compose(
    [
        T.RandomResizedCrop(8), T.RandomHorizontalFlip(), T.RandomVerticalFlip(), T.RandomRotation(30),
        T.ColorJitter(0.3, 0.3, 0.3, 0.1), T.RandomGrayscale(0.3), T.RandomCrop(8, padding=2), T.ToTensor(),
        T.RandomErasing(0.5, value="random"),
    ]
)  # fmt: skip


class Pictures(Dataset[Any]):
    def __len__(self) -> int:
        return 12

    def __getitem__(self, i: int) -> Any:
        return RANDOM(PICTURE)


def test_seeds() -> None:
    def drawn(seed: int) -> Any:
        tg.manual_seed(seed)
        return [RANDOM(PICTURE).tolist() for _ in range(3)]

    assert drawn(1) == drawn(1) != drawn(2) and drawn(1)[0] != drawn(1)[1]
    batches = []
    for workers in (0, 2):
        loader = DataLoader(Pictures(), 5, num_workers=workers, generator=tg.Generator())
        batches.append([b.tolist() for b in loader])
    assert batches[0] == batches[1]


# ---- operations drawn from a list -----------------------------------------------------------------------------------

LARGE = Image.fromarray(np.kron(PIXELS, np.ones((6, 5, 1), np.uint8)))  # 36 high, 45 wide
AUGMENTATIONS = [
    T.AutoAugment(), T.AutoAugment(T.AutoAugmentPolicy.CIFAR10), T.AutoAugment(T.AutoAugmentPolicy.SVHN, fill=7),
    T.RandAugment(), T.RandAugment(3, 30, fill=(1, 2, 3)), T.TrivialAugmentWide(), T.AugMix(), T.AugMix(10, 2, 4, all_ops=False),
    T.ElasticTransform(20.0, 2.0), T.ElasticTransform((5.0, 20.0), [0.0, 1.0], T.InterpolationMode.NEAREST, 9),
]  # fmt: skip


@pytest.mark.parametrize("transform", AUGMENTATIONS, ids=repr)
def test_pictures_and_tensors_go_the_same_way(transform: Any) -> None:
    """From one seed both kinds draw the same operations, which differ by what Pillow rounds otherwise."""
    x = T.PILToTensor()(LARGE)
    unlike = []
    for seed in range(12):
        tg.manual_seed(seed)
        picture = transform(LARGE)
        tg.manual_seed(seed)
        tensor = transform(x)
        assert picture.mode == "RGB" and picture.size == LARGE.size
        assert tensor.dtype is tg.uint8 and tensor.shape == x.shape and x.tolist() == T.PILToTensor()(LARGE).tolist()
        unlike.append(np.abs(array(picture).astype(int) - array(tensor)).mean())
        tg.manual_seed(seed)
        assert transform(x).tolist() == tensor.tolist()
    assert max(unlike) < 12 and np.median(unlike) < 3, unlike
    if not isinstance(transform.fill, tuple):
        assert T.Compose([transform, T.ToTensor()])(LARGE.convert("L")).shape == (1, 36, 45)


@pytest.mark.parametrize("policy", T.AutoAugmentPolicy)
def test_policies(policy: T.AutoAugmentPolicy) -> None:
    """25 pairs each; spot checks from the paper's tables."""
    steps = T.AutoAugment(policy).policies
    assert len(steps) == 25 and all(len(pair) == 2 for pair in steps)
    assert all(0 <= p <= 1 and 0 <= strength <= 9 for pair in steps for _, p, strength in pair)
    first, last = {
        T.AutoAugmentPolicy.IMAGENET: (("Rotate", 0.6, 9), ("Equalize", 0.6, 0)),
        T.AutoAugmentPolicy.CIFAR10: (("Contrast", 0.2, 6), ("AutoContrast", 0.9, 0)),
        T.AutoAugmentPolicy.SVHN: (("Invert", 0.2, 0), ("Invert", 0.1, 0)),
    }[policy]
    assert steps[0][1] == first and steps[-1][1] == last


def test_strengths() -> None:
    """What each step means, at its most: RandAugment with one operation, drawn until it is the one."""
    x = T.PILToTensor()(LARGE)
    TF = T.functional
    w = 45
    possible = [
        x, TF.posterize(x, 4), TF.solarize(x, 0), TF.autocontrast(x), TF.equalize(x),
        *[TF.rotate(x, a) for a in (30, -30)], *[TF.adjust_brightness(x, f) for f in (0.1, 1.9)],
        *[TF.adjust_saturation(x, f) for f in (0.1, 1.9)], *[TF.adjust_contrast(x, f) for f in (0.1, 1.9)],
        *[TF.adjust_sharpness(x, f) for f in (0.1, 1.9)],
        *[TF.affine(x, 0, (a * int(150 / 331 * w), 0), 1, 0) for a in (1, -1)],
        *[TF.affine(x, 0, (0, a * int(150 / 331 * 36)), 1, 0) for a in (1, -1)],
        *[TF.affine(x, 0, (0, 0), 1, [math.degrees(math.atan(a * 0.3)), 0.0], center=[0, 0]) for a in (1, -1)],
        *[TF.affine(x, 0, (0, 0), 1, [0.0, math.degrees(math.atan(a * 0.3))], center=[0, 0]) for a in (1, -1)],
    ]  # fmt: skip
    seen: Counter[int] = Counter()
    tg.manual_seed(0)
    for _ in range(400):
        found = T.RandAugment(1, 30)(x).tolist()
        seen.update([next(i for i, p in enumerate(possible) if p.tolist() == found)])
    assert set(seen) == set(range(len(possible)))  # each of them, and nothing else
    assert T.RandAugment(0)(x) is x and T.RandAugment(2, 0, fill=0)(x).shape == x.shape


def test_mixing_and_bending() -> None:
    flat = tg.full((3, 30, 30), 100, dtype=tg.uint8)
    tg.manual_seed(0)
    mixed = [T.AugMix(severity=1, all_ops=False)(flat) for _ in range(20)]  # of no strength: all but posterize keep it
    assert all(tg.abs(m.int() - 100).max() <= 100 for m in mixed)
    assert T.ElasticTransform(0.0)(flat).tolist() == flat.tolist()
    x = tg.rand(2, 3, 30, 30, requires_grad=True)
    T.ElasticTransform(30.0, 3.0)(x).sum().backward()  # floats go too, and stay differentiable
    assert x.grad.abs().sum() > 0
    bent = T.functional.elastic_transform(x, tg.zeros(1, 30, 30, 2) + tg.tensor([2 / 30, 0.0]))
    assert bent[..., :-1].allclose(x[..., 1:], atol=1e-5)  # each from one pixel to the right
    far = T.ElasticTransform.get_params([30.0, 60.0], [0.0, 0.0], (10, 20))
    assert far.shape == (1, 10, 20, 2) and far[..., 0].abs().max() <= 3 and 2 < far[..., 1].abs().max() <= 3


# ---- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: T.ToTensor()(3), TypeError, r"ToTensor: needs a picture or an array \(H, W\) or \(H, W, C\), got int"),
        (lambda: T.ToTensor()(np.ones(3)), ValueError, r"ToTensor: needs an array .* got shape \(3,\)"),
        (lambda: T.PILToTensor()(tg.ones(3)), TypeError, "PILToTensor: needs a picture of Pillow, got Tensor of shape"),
        (lambda: T.ToPILImage()("x"), TypeError, "ToPILImage: needs a tensor or an array, got str"),
        (lambda: T.ToPILImage()(tg.ones(5, 4, 4)), ValueError, r"up to four channels, got \(5, 4, 4\)"),
        (lambda: T.Normalize(0.5, 0.0), ValueError, "Normalize: std is 0.0; division by zero"),
        (lambda: T.Normalize(0.5, 0.5)(PICTURE), TypeError, r"Normalize: needs a tensor, got Image. Put it behind ToTensor"),
        (lambda: T.Normalize(0.5, 0.5)(tg.ones(1, 2, 2).long()), TypeError, "needs a floating tensor, got .*int64"),
        (lambda: T.Normalize([0.5] * 2, [0.5] * 3)(tg.ones(3, 2, 2)), ValueError, "2 means and 3 deviations for 3 channels"),
        (lambda: T.Normalize([0.5] * 3, [0.5] * 3)(tg.ones(1, 2, 2)), ValueError, "3 means and 3 deviations for 1 channels"),
        (lambda: T.Resize(0), ValueError, "Resize: size must be above 0, got 0"),
        (lambda: T.Resize((1, 2, 3)), ValueError, r"Resize: size must be one or two whole numbers above 0, got \(1, 2, 3\)"),
        (lambda: T.Resize(9, max_size=9), ValueError, "max_size=9 must be above a size that is one number"),
        (lambda: T.Resize((2, 2), max_size=9), ValueError, "max_size=9 must be above a size that is one number"),
        (lambda: T.Resize(9)("x"), TypeError, r"Resize: needs a picture or a tensor \(…, H, W\), got str"),
        (lambda: T.Resize(3, "bilinear"), TypeError, "Resize: interpolation must be an InterpolationMode, got str"),
        (lambda: T.Pad((1, 2, 3)), ValueError, r"Pad: padding is one whole number, two or four, got \(1, 2, 3\)"),
        (lambda: T.RandomAffine(5, (0.1, 2)), ValueError, r"translate is two shares from 0 to 1, got \(0.1, 2\)"),
        (lambda: T.RandomAffine(5, scale=(0, 2)), ValueError, "RandomAffine: scale must be two numbers, 0 < low"),
        (lambda: T.RandomPerspective(2), ValueError, "distortion_scale must be from 0 to 1, got 2"),
        (lambda: T.ColorJitter()(3), TypeError, r"ColorJitter: needs a picture or a tensor \(…, H, W\), got int"),
        (lambda: T.Pad(1, padding_mode="x"), ValueError, "padding_mode must be constant, edge, reflect or symmetric, got 'x'"),
        (lambda: T.RandomCrop(3, padding_mode="x"), ValueError, "padding_mode must be"),
        (lambda: T.CenterCrop(-1), ValueError, "CenterCrop: size must be one or two whole numbers above 0, got -1"),
        (lambda: T.CenterCrop(3)("x"), TypeError, r"CenterCrop: needs a picture or a tensor \(…, H, W\), got str"),
        (lambda: T.RandomResizedCrop(3, scale=(0.5, 0.1)), ValueError, "scale must be two numbers, 0 < low ≤ high"),
        (lambda: T.RandomResizedCrop(3, ratio=(0, 1)), ValueError, "ratio must be two numbers, 0 < low ≤ high"),
        (lambda: T.RandomHorizontalFlip(1.5), ValueError, "RandomHorizontalFlip: p is a probability, from 0 to 1, got 1.5"),
        (lambda: T.RandomVerticalFlip(math.nan), ValueError, "RandomVerticalFlip: p is a probability"),
        (lambda: T.RandomRotation(-3), ValueError, r"one number of degrees stands for \(−d, d\); it must not be -3"),
        (lambda: T.RandomRotation((1, 2, 3)), ValueError, "degrees is one number or two"),
        (lambda: T.Grayscale(2), ValueError, "Grayscale: num_output_channels must be 1 or 3, got 2"),
        (lambda: T.Grayscale()(tg.ones(2, 4, 4)), ValueError, r"Grayscale: needs one or three channels, got shape \(2, 4, 4\)"),
        (lambda: T.ColorJitter(brightness=-1), ValueError, "brightness must be at least 0 if it is one number, got -1"),
        (lambda: T.ColorJitter(hue=0.6), ValueError, r"ColorJitter: hue must lie within \[-0.5, 0.5\]"),
        (lambda: T.ColorJitter(contrast=(-1, 1)), ValueError, r"contrast must lie within \[0.0, inf\], got \(-1, 1\)"),
        (lambda: T.RandomErasing(scale=(0.5, 1.5)), ValueError, "RandomErasing: scale is a share, at most 1"),
        (lambda: T.RandomErasing(value="x"), ValueError, "one per channel, or 'random', got 'x'"),
        (lambda: T.RandomErasing()(PICTURE), TypeError, r"RandomErasing: needs a tensor .* Put it behind ToTensor"),
        (lambda: T.RandomErasing(1.0, value=(1, 2))(tg.ones(3, 9, 9)), ValueError, "2 values for 3 channels"),
        (lambda: T.AutoAugment()(tg.rand(3, 9, 9)), TypeError, "AutoAugment: needs a picture or a uint8 tensor, got .*float32"),
        (lambda: T.AugMix()(GREY.convert("F")), TypeError, r"AugMix: .* of mode L or RGB, got F. Use img.convert\('RGB'\)"),
        (lambda: T.TrivialAugmentWide()(3), TypeError, r"TrivialAugmentWide: needs a picture or a tensor \(…, H, W\), got int"),
        (lambda: T.AutoAugment("imagenet"), ValueError, "AutoAugment: policy must be one of AutoAugmentPolicy.IMAGENET"),
        (lambda: T.RandAugment(magnitude=31), ValueError, "RandAugment: magnitude must be below num_magnitude_bins = 31, got 31"),
        (lambda: T.RandAugment(num_ops=-1), ValueError, "RandAugment: num_ops must be a whole number of at least 0, got -1"),
        (lambda: T.AugMix(11), ValueError, "AugMix: severity must be from 1 to 10, got 11"),
        (lambda: T.AugMix(alpha=0), ValueError, "AugMix: alpha must be above 0, got 0"),
        (lambda: T.ElasticTransform((1, 2, 3)), ValueError, r"ElasticTransform: alpha is one number or \(of x, of y\)"),
        (lambda: T.functional.elastic_transform(PICTURE, tg.zeros(1, 9, 6, 2)), ValueError, r"a tensor \(1, 6, 9, 2\), got"),
        (lambda: T.Compose([3]), TypeError, "Compose: needs transforms, got int 3"),
        (lambda: T.RandomChoice([]), ValueError, "RandomChoice: 0 transforms"),
        (lambda: T.Lambda(3), TypeError, "Lambda: needs a function, got int"),
    ],
)  # fmt: skip
def test_errors(call: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call()


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    x = tg.rand(3, 6, 9)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert T.Compose([T.RandomCrop(4, padding=1), T.RandomHorizontalFlip(1.0), T.Normalize(0.5, 0.5)])(x).shape == (
        3,
        4,
        4,
    )
    assert T.ToTensor()(PIXELS).shape == (3, 6, 9)
    assert T.Compose([T.Resize(4), T.ColorJitter(0.1, 0.1, 0.1, 0.1), T.RandomRotation(9)])(x).shape == (3, 4, 6)
    with pytest.raises(ImportError, match=r"Resize: needs the package Pillow: pip install 'tensorgrad-learn\[data\]'"):
        T.Resize(3)(PICTURE)


def test_everything_public_is_tested() -> None:
    with open(__file__, encoding="utf-8") as file:
        source = file.read()
    assert all(f"T.{name}" in source for name in T.__all__)
