"""Transforms as functions: the numbers of torchvision 0.28 on tensors, those of Pillow on pictures, and both alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

import tensorgrad as tg
from tensorgrad.vision.transforms import InterpolationMode
from tensorgrad.vision.transforms import functional as TF

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
CASES = [(case, dtype) for case in GOLDEN["cases"] for dtype in ("float", "uint8") if dtype in case]


def options_of(case: Any) -> Any:
    return {k: InterpolationMode(v) if k == "interpolation" else v for k, v in case["options"].items()}


@pytest.mark.parametrize(("case", "dtype"), CASES, ids=[f"{c['name']} {c['options']} {d}" for c, d in CASES])
def test_tensors_against_torchvision(case: Any, dtype: str) -> None:
    img = tg.tensor(GOLDEN[dtype], dtype=tg.float32 if dtype == "float" else tg.uint8)
    before = img.clone()
    found = getattr(TF, case["name"])(img, **options_of(case))
    assert found.dtype is img.dtype and tg.equal(img, before)
    expected = np.array(case[dtype])
    if dtype == "float":
        np.testing.assert_allclose(found.numpy(), expected, atol=2e-5)
    else:  # resizing rounds in its own way there
        off = np.abs(found.numpy().astype(int) - expected)
        assert off.shape == expected.shape and off.max() <= (1 if "resize" in case["name"] else 0)
    batch = getattr(TF, case["name"])(tg.stack([img, img]), **options_of(case))
    np.testing.assert_allclose(batch[1].numpy(), found.numpy(), atol=1e-6)


RNG = np.random.default_rng(0)
SMOOTH = np.stack([np.add.outer(np.arange(24) * a, np.arange(30) * b) for a, b in ((4, 3), (2, 5), (6, 1))], -1)
PICTURE = Image.fromarray(SMOOTH.astype(np.uint8))
TENSOR = TF.pil_to_tensor(PICTURE)
BILINEAR, NEAREST = InterpolationMode.BILINEAR, InterpolationMode.NEAREST


@pytest.mark.parametrize(
    ("name", "options", "off"),
    [
        ("resize", dict(size=[12, 10]), 1),
        ("resize", dict(size=17), 1),
        ("resize", dict(size=[40, 50], interpolation=InterpolationMode.BICUBIC), 2),
        ("center_crop", dict(output_size=(30, 10)), 0),
        ("crop", dict(top=-2, left=3, height=10, width=40), 0),
        ("resized_crop", dict(top=2, left=3, height=10, width=12, size=(6, 6)), 1),
        ("pad", dict(padding=(1, 2, 3, 4), fill=9), 0),
        ("pad", dict(padding=(-1, 2), fill=(9, 8, 7)), 0),
        ("pad", dict(padding=3, padding_mode="edge"), 0),
        ("pad", dict(padding=3, padding_mode="reflect"), 0),
        ("pad", dict(padding=(-2, 3), padding_mode="symmetric"), 0),
        ("hflip", {}, 0),
        ("vflip", {}, 0),
        ("rotate", dict(angle=33, fill=7), 0),
        ("rotate", dict(angle=33, center=(4, 5)), 0),
        ("rotate", dict(angle=33, expand=True), 0),
        ("rotate", dict(angle=33, expand=True, center=(4, 5)), 0),
        ("rotate", dict(angle=90, expand=True, center=(1.3, 20)), 0),
        ("rotate", dict(angle=-140, expand=True, center=(-3.4, 7.7), fill=9), 0),
        ("perspective", dict(startpoints=[[0, 0], [29, 0], [29, 23], [0, 23]],
                             endpoints=[[3, 2], [25, 1], [28, 21], [1, 20]], interpolation=InterpolationMode.NEAREST), 0),
        ("rotate", dict(angle=90, expand=True), 0),
        ("rotate", dict(angle=-90.0, expand=True), 0),
        ("rotate", dict(angle=180, expand=True), 0),
        ("affine", dict(angle=20, translate=(2, -1), scale=0.8, shear=(4, 7)), 0),
        ("affine", dict(angle=20, translate=(2, -1), scale=1.2, shear=5, fill=(1, 2, 3), center=(3, 3)), 0),
        ("elastic_transform", dict(displacement=tg.rand(1, 24, 30, 2, generator=tg.Generator().manual_seed(3)) / 9, fill=7), 0),
        ("rgb_to_grayscale", dict(num_output_channels=3), 1),
        ("adjust_brightness", dict(brightness_factor=1.4), 1),
        ("adjust_contrast", dict(contrast_factor=0.6), 1),
        ("adjust_saturation", dict(saturation_factor=1.5), 1),
        ("adjust_hue", dict(hue_factor=0.15), 9),
        ("adjust_gamma", dict(gamma=0.7, gain=1.1), 1),
        ("adjust_sharpness", dict(sharpness_factor=0.3), 1),
        ("invert", {}, 0),
        ("posterize", dict(bits=4), 0),
        ("solarize", dict(threshold=100), 0),
        ("autocontrast", {}, 1),
        ("equalize", {}, 1),
        ("gaussian_blur", dict(kernel_size=5, sigma=1.5), 0),
    ],
)
def test_pictures_and_tensors_alike(name: str, options: Any, off: int) -> None:
    picture, tensor = getattr(TF, name)(PICTURE, **options), getattr(TF, name)(TENSOR, **options)
    assert isinstance(picture, Image.Image) and picture.mode == "RGB" and isinstance(tensor, tg.Tensor)
    a, b = np.asarray(picture).astype(int), tensor.permute(1, 2, 0).numpy().astype(int)
    assert a.shape == b.shape and np.abs(a - b).max() <= off


def test_pillow_does_the_work_on_pictures() -> None:
    def same(a: Any, b: Any) -> None:
        assert a.mode == b.mode
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))

    same(TF.resize(PICTURE, (5, 6), InterpolationMode.LANCZOS), PICTURE.resize((6, 5), Image.Resampling.LANCZOS))
    same(TF.resize(PICTURE, (5, 6), Image.Resampling.BICUBIC), PICTURE.resize((6, 5), Image.Resampling.BICUBIC))
    same(
        TF.rotate(PICTURE, 20, BILINEAR, fill=(1, 2, 3)),
        PICTURE.rotate(20, Image.Resampling.BILINEAR, fillcolor=(1, 2, 3)),
    )
    same(TF.adjust_contrast(PICTURE, 1.3), ImageEnhance.Contrast(PICTURE).enhance(1.3))
    same(TF.equalize(PICTURE), ImageOps.equalize(PICTURE))
    same(TF.adjust_gamma(PICTURE.convert("L"), 1.0), PICTURE.convert("L"))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "HSV", "I", "F", "I;16"])
def test_a_picture_keeps_its_mode(mode: str) -> None:
    img = PICTURE.convert("L").convert(mode) if mode in ("I", "F", "I;16") else PICTURE.convert(mode)
    for found in (
        TF.pad(img, 2), TF.pad(img, 2, padding_mode="edge"), TF.pad(img, (-1, 2), fill=1), TF.hflip(img), TF.vflip(img),
        TF.center_crop(img, 40), TF.rotate(img, 30, fill=1), TF.resize(img, 7), TF.crop(img, 1, 2, 3, 4),
    ):  # fmt: skip
        assert found.mode == mode
    np.testing.assert_array_equal(np.asarray(TF.pad(img, 2, padding_mode="edge"))[2:-2, 2:-2], np.asarray(img))
    if mode == "P":
        assert TF.pad(img, 1).getpalette() == img.getpalette()


def test_measures_and_crops() -> None:
    for img in (PICTURE, TENSOR):
        assert TF.get_dimensions(img) == [3, 24, 30] and TF.get_image_size(img) == [30, 24]
        assert TF.get_image_num_channels(img) == 3
        five, ten = TF.five_crop(img, (4, 6)), TF.ten_crop(img, 5, vertical_flip=True)
        assert len(five) == 5 and len(ten) == 10 and all(TF.get_dimensions(x) == [3, 4, 6] for x in five)
        as_array = (lambda x: TF.pil_to_tensor(x).numpy()) if img is PICTURE else (lambda x: x.numpy())
        whole = as_array(img)
        places = [(0, 0), (0, 24), (20, 0), (20, 24), (10, 12)]
        for piece, (top, left) in zip(five, places):
            np.testing.assert_array_equal(as_array(piece), whole[:, top : top + 4, left : left + 6])
        np.testing.assert_array_equal(as_array(ten[5]), whole[:, ::-1][:, :5, :5])
    assert TF.to_grayscale is TF.rgb_to_grayscale
    assert TF.get_dimensions(tg.ones(5, 6)) == [1, 5, 6] and TF.get_dimensions(PICTURE.convert("L")) == [1, 24, 30]


def test_dtypes_of_pictures() -> None:
    x = tg.tensor([[[0, 128, 255]]], dtype=tg.uint8)
    assert TF.convert_image_dtype(x).tolist() == [[[0.0, np.float32(128 / 255), 1.0]]]
    assert TF.convert_image_dtype(TF.convert_image_dtype(x), tg.uint8).tolist() == x.tolist()
    assert TF.convert_image_dtype(x, tg.int16).tolist() == [[[0, 128 * 128, 255 * 128]]]
    assert TF.convert_image_dtype(TF.convert_image_dtype(x, tg.int32), tg.uint8).tolist() == x.tolist()
    assert TF.convert_image_dtype(x, tg.uint8) is x and TF.convert_image_dtype(x, tg.float64).dtype is tg.float64
    for found, dtype in (
        (TF.to_tensor(Image.new("I;16", (2, 3), 700)), tg.int32),
        (TF.to_tensor(np.ones((2, 3), np.int32)), tg.int32),
    ):
        assert found.dtype is dtype and found.shape == (1, 3, 2) or found.shape == (1, 2, 3)
    assert TF.to_pil_image(tg.full((2, 3), 700, dtype=tg.int16)).mode == "I;16"
    assert TF.to_pil_image(np.full((2, 3), 70000, np.int32)).getpixel((0, 0)) == 70000
    hsv = TF.to_pil_image(tg.full((3, 2, 2), 90, dtype=tg.uint8), "HSV")
    assert hsv.mode == "HSV" and hsv.getpixel((1, 1)) == (90, 90, 90)


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I", "F"])
def test_pictures_of_more_than_8_bits(mode: str) -> None:
    """Every number comes over, and back again: 40000 is not -25536."""
    numbers = np.array([[0, 1, 40000], [65535, 256, 32768]])
    dtype = {"I;16": "<u2", "I;16B": ">u2", "I": np.int32, "F": np.float32}[mode]
    picture = Image.frombytes(mode, (3, 2), numbers.astype(dtype).tobytes())
    for convert in (TF.pil_to_tensor, TF.to_tensor):
        x = convert(picture)
        assert x.dtype is (tg.float32 if mode == "F" else tg.int32) and x.tolist() == [numbers.tolist()]
    back = TF.to_pil_image(x, "I;16" if mode == "I;16B" else mode)
    assert back.mode == mode.removesuffix("B") and np.asarray(back).tolist() == numbers.tolist()
    assert np.asarray(TF.to_pil_image(x)).astype(int).tolist() == numbers.tolist() or mode == "F"
    for f in (
        TF.hflip, TF.vflip, lambda p: TF.crop(p, 0, 1, 2, 2), lambda p: TF.rotate(p, 90, expand=True),
        lambda p: TF.pad(p, 1, padding_mode="reflect"), lambda p: TF.pad(p, (1, 0), padding_mode="edge"),
    ):  # fmt: skip
        assert TF.pil_to_tensor(f(picture)).tolist() == f(x).tolist()
    blurred = TF.gaussian_blur(picture, 3, 1.0)
    assert abs(TF.pil_to_tensor(blurred).float() - TF.gaussian_blur(x, 3, 1.0).float()).max() <= 1
    if mode != "F":
        with pytest.raises(ValueError, match="a picture of mode I;16 holds 0 to 65535, these go from -1 to 65534"):
            TF.to_pil_image(x - 1, "I;16")


def test_what_is_differentiable_stays_so() -> None:
    """For pictures that are learnt, or attacked."""
    x = tg.rand(2, 3, 6, 7, dtype=tg.float64, generator=tg.Generator().manual_seed(0)).requires_grad_()
    for f in (
        lambda x: TF.resize(x, (4, 5)), lambda x: TF.normalize(x, (0.5,) * 3, (0.2,) * 3), lambda x: TF.crop(x, -1, 2, 4, 7),
        lambda x: TF.pad(x, (1, 2), padding_mode="reflect"), lambda x: TF.rotate(x, 30, BILINEAR), TF.hflip,
        lambda x: TF.adjust_contrast(x, 0.8), lambda x: TF.adjust_saturation(x, 0.5), lambda x: TF.gaussian_blur(x, 3),
        lambda x: TF.adjust_hue(x, 0.1), TF.rgb_to_grayscale,
    ):  # fmt: skip
        assert tg.autograd.gradcheck(f, (x,))
    y = x.detach().clone()
    assert TF.normalize(y, 0.5, 0.5, inplace=True) is y


def test_erase() -> None:
    x = tg.ones(3, 5, 6)
    out = TF.erase(x, 1, 2, 3, 2, tg.tensor([[[0.1]], [[0.2]], [[0.3]]]))
    assert (x == 1).all() and out[:, 1, 2].tolist() == pytest.approx([0.1, 0.2, 0.3]) and (out != 1).sum() == 18
    assert TF.erase(x, 0, 0, 1, 1, tg.tensor(0.0), inplace=True) is x and x[0, 0, 0] == 0


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: TF.hflip(3), TypeError, r"hflip: needs a picture or a tensor \(…, H, W\), got int"),
        (lambda: TF.hflip(tg.ones(3)), TypeError, r"hflip: needs .* got Tensor of shape \(3,\)"),
        (lambda: TF.get_dimensions("x"), TypeError, "get_dimensions: needs a picture or a tensor"),
        (lambda: TF.resize(TENSOR, 5, "bilinear"), TypeError, "interpolation must be an InterpolationMode, got str 'bilinear'"),
        (lambda: TF.resize(TENSOR, 5, InterpolationMode.LANCZOS), ValueError, "a tensor is resized by nearest, .*, not lanczos"),
        (lambda: TF.rotate(TENSOR, 5, InterpolationMode.BICUBIC), ValueError, "by nearest or bilinear, not bicubic"),
        (lambda: TF.resize(TENSOR, 0), ValueError, "resize: size must be above 0, got 0"),
        (lambda: TF.resize(TENSOR, [4, 5], max_size=9), ValueError, "max_size=9 must be above a size that is one number"),
        (lambda: TF.five_crop(TENSOR, 25), ValueError, "five_crop: cannot cut 25 × 25 out of 24 × 30"),
        (lambda: TF.pad(TENSOR, (1, 2, 3)), ValueError, "padding is one whole number, two or four"),
        (lambda: TF.pad(TENSOR, 40, padding_mode="reflect"), ValueError, "reflect needs padding below the picture's size, got"),
        (lambda: TF.pad(TENSOR, 1, fill=(1, 2)), ValueError, "fill has 2 numbers, and the picture 3 channels. Give one each"),
        (lambda: TF.pad(PICTURE, 1, fill=(1, 2)), ValueError, "fill has 2 numbers, and the picture, RGB, 3 channels. Give one"),
        (lambda: TF.rotate(TENSOR, 5, fill=(1, 2)), ValueError, "fill has 2 numbers, and the picture 3 channels"),
        (lambda: TF.affine(TENSOR, 5, (0, 0), 0.0, 0), ValueError, "affine: scale must be above 0, got 0.0"),
        (lambda: TF.affine(TENSOR, 5, (0,), 1.0, 0), ValueError, r"affine: translate is \(x, y\), got \(0,\)"),
        (lambda: TF.rgb_to_grayscale(TENSOR, 2), ValueError, "num_output_channels must be 1 or 3, got 2"),
        (lambda: TF.rgb_to_grayscale(tg.ones(2, 4, 4)), ValueError, r"needs one or three channels, got shape \(2, 4, 4\)"),
        (lambda: TF.adjust_brightness(TENSOR, -1), ValueError, "brightness_factor must be at least 0, got -1"),
        (lambda: TF.adjust_hue(TENSOR, 0.6), ValueError, r"hue_factor must lie within \[-0.5, 0.5\], got 0.6"),
        (lambda: TF.posterize(TENSOR, 9), ValueError, "bits must be from 0 to 8, got 9"),
        (lambda: TF.posterize(tg.ones(3, 4, 4), 3), TypeError, "posterize: needs uint8, got tensorgrad.float32"),
        (lambda: TF.equalize(tg.ones(3, 4, 4)), TypeError, "equalize: needs uint8, got tensorgrad.float32"),
        (lambda: TF.solarize(tg.ones(3, 4, 4), 2.0), ValueError, "threshold must not be above 1.0, the number of white, got 2.0"),
        (lambda: TF.gaussian_blur(TENSOR, 4), ValueError, "kernel_size must be one or two odd numbers above 0, got 4"),
        (lambda: TF.gaussian_blur(TENSOR, 3, 0.0), ValueError, "sigma must be one or two numbers above 0, got 0.0"),
        (lambda: TF.erase(PICTURE, 0, 0, 1, 1, 0), TypeError, r"erase: needs a tensor \(…, C, H, W\), got Image"),
        (lambda: TF.to_pil_image(tg.ones(3, 4, 4).long()), TypeError, "there are no pictures of 3 channels of int64"),
        (lambda: TF.to_pil_image(TENSOR, "L"), ValueError, "3 channels of uint8 make a picture of mode RGB, YCbCr, HSV, not L"),
        (lambda: TF.convert_image_dtype(tg.ones(1, 2, 2), tg.int32), ValueError, "float32 has too few digits for .*int32"),
        (lambda: TF.to_tensor(np.ones((1, 2, 3, 4))), ValueError, r"needs an array \(H, W\) or \(H, W, C\), got shape \(1, 2, 3"),
        (lambda: TF.normalize(tg.ones(2, 2), 0.5, 0.5), ValueError, r"needs a tensor \(…, C, H, W\), got shape \(2, 2\)"),
    ],
)  # fmt: skip
def test_errors(call: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call()


def test_every_function_is_tested() -> None:
    source = Path(__file__).read_text(encoding="utf-8") + (Path(__file__).parent / "golden.json").read_text()
    assert not [name for name in TF.__all__ if f"TF.{name}" not in source and f'"{name}"' not in source]
