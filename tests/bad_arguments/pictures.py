"""Good calls of transforms of pictures, made-up data, the scalar engine and the drawings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import micrograd_value as mv
import tensorgrad as tg
import viz
from micrograd_value import Value
from tensorgrad import data, text
from tensorgrad.vision import transforms as T
from tensorgrad.vision.transforms import functional as TF
from tensorgrad.vision.utils import make_grid
from tests.bad_arguments.probe import Row
from tests.bad_arguments.text import Names
from tests.bad_arguments.text import rows as rows_of

FIXED = {"tg": tg, "T": T, "TF": TF, "make_grid": make_grid, "data": data, "text": text, "mv": mv, "Value": Value, "viz": viz}
FIXED |= {"np": np, "half": lambda n: 0.5, "doubled": lambda x: x * 2, "size": (4, 5)}
NAMES = Names(
    FIXED,
    {
        "img": lambda: tg.ones(3, 8, 9) / 2,
        "bytes_": lambda: tg.ones(3, 8, 9, dtype=tg.uint8),
        "v": lambda: Value(2.0),
        "mlp": lambda: mv.MLP(2, [3, 1]),
        "loss": lambda: (Value(2.0) * Value(3.0)).tanh(),
    },
)

TRANSFORMS = """
T.Compose([T.Grayscale()])
T.RandomApply([T.Grayscale()], 0.5)
T.RandomChoice([T.Grayscale()], None)
T.RandomOrder([T.Grayscale()])
T.Lambda(doubled)
T.ColorJitter(0.1, 0.1, 0.1, 0.1)
T.RandAugment(2, 9, 31)
T.TrivialAugmentWide(31)
T.AutoAugment(T.AutoAugmentPolicy.IMAGENET)
T.AugMix(3, 3, -1, 1.0, True)
T.ElasticTransform(50.0, 5.0)
T.GaussianBlur(3, (0.1, 2.0))
T.Grayscale(1)
T.RandomAdjustSharpness(2.0, 0.5)
T.RandomAutocontrast(0.5)
T.RandomEqualize(0.5)
T.RandomGrayscale(0.5)
T.RandomInvert(0.5)
T.RandomPosterize(2, 0.5)
T.RandomSolarize(0.5, 0.5)
T.CenterCrop(4)
T.FiveCrop(4)
T.TenCrop(4, False)
T.Pad(2, 0, "constant")
T.RandomAffine(10.0, (0.1, 0.1), (0.9, 1.1), 5.0)
T.RandomCrop(4, None, False, 0, "constant")
T.RandomHorizontalFlip(0.5)
T.RandomVerticalFlip(0.5)
T.RandomPerspective(0.5, 0.5)
T.RandomResizedCrop(4, (0.1, 1.0), (0.7, 1.3))
T.RandomRotation(10.0, expand=False, center=None, fill=0)
T.Resize(4, max_size=None, antialias=True)
T.ConvertImageDtype(tg.float32)
T.LinearTransformation(tg.eye(12), tg.zeros(12))
T.Normalize([0.5], [0.5], False)
T.RandomErasing(0.5, (0.1, 0.2), (0.3, 3.0), 0, False)
T.ToPILImage("L")
T.ToTensor()(np.ones((4, 5)))
T.PILToTensor()(TF.to_pil_image(img))
T.ToPILImage()(img)
T.CenterCrop(4)(img)
T.Resize(4)(img)
T.Normalize([0.5], [0.5])(img)
T.Pad(1)(img)
T.Grayscale()(img)
T.RandomCrop(4)(img)
T.GaussianBlur(3)(img)
"""

FUNCTIONS = """
TF.adjust_brightness(img, 0.5)
TF.elastic_transform(img, tg.zeros(1, 8, 8, 2))
TF.adjust_contrast(img, 0.5)
TF.adjust_gamma(img, 0.5, 1.0)
TF.adjust_hue(img, 0.1)
TF.adjust_saturation(img, 0.5)
TF.adjust_sharpness(img, 0.5)
TF.affine(img, 10.0, [1, 2], 1.0, [0.0, 0.0], fill=None, center=None)
TF.autocontrast(img)
TF.center_crop(img, 4)
TF.convert_image_dtype(img, tg.float32)
TF.crop(img, 0, 0, 4, 4)
TF.equalize(bytes_)
TF.erase(img, 0, 0, 2, 2, tg.tensor(0.0), False)
TF.five_crop(img, 4)
TF.gaussian_blur(img, 3, 0.5)
TF.get_dimensions(img)
TF.get_image_num_channels(img)
TF.get_image_size(img)
TF.hflip(img)
TF.invert(img)
TF.normalize(img, [0.5], [0.5], False)
TF.pad(img, 1, 0, "constant")
TF.perspective(img, [[0, 0], [7, 0], [7, 6], [0, 6]], [[0, 0], [7, 0], [7, 6], [0, 6]], fill=None)
TF.posterize(bytes_, 3)
TF.pil_to_tensor(TF.to_pil_image(img))
TF.resize(img, 4, max_size=None, antialias=True)
TF.resized_crop(img, 0, 0, 4, 4, 3, antialias=True)
TF.rgb_to_grayscale(img, 1)
TF.to_grayscale(TF.to_pil_image(img), 1)
TF.rotate(img, 10.0, expand=False, center=None, fill=None)
TF.solarize(img, 0.5)
TF.ten_crop(img, 4, False)
TF.to_pil_image(img, None)
TF.to_tensor(np.ones((4, 5)))
TF.vflip(img)
make_grid(tg.ones(4, 3, 5, 5), 2, 1, False, None, False, 0.0)
"""

MADE_UP = """
data.xor()
data.parity(3)
data.moons(10, noise=0.1, generator=None)
data.circles(10, noise=0.1, generator=None)
data.spirals(10, noise=0.1, generator=None)
data.blobs(10, generator=None)
data.regression(10, generator=None)
text.CharTokenizer("abc")
text.CharTokenizer("abc").encode("cab")
text.CharTokenizer("abc").decode([0, 1])
text.NextToken(tg.arange(4), 2)
"""

SCALAR = """
Value(2.0, label="a")
Value(2.0).__add__(3.0)
v.__pow__(2.0)
v.__mul__(2.0)
v.__truediv__(2.0)
v.leaky_relu(0.1)
mv.MLP(2, [3, 1])
mv.Layer(2, 3)
mv.Neuron(2)
mlp([1.0, 2.0])
mv.GradientDescent([v], lr=0.1)
mv.Momentum([v], lr=0.1)
mv.Adam([v], lr=0.1)
mv.LinearDecay(0.1, 10)
mv.CosineDecay(0.1, 10)
mv.StepDecay(0.1, 10)
mv.Warmup(10, mv.LinearDecay(0.1, 10))
mv.L1(0.1)
mv.L2(0.1)
mv.BCELoss()
mv.HingeLoss()
mv.derivative(loss, v)
mv.scope("name")
"""

DRAWN = """
viz.graph(loss)
viz.graph_of(loss)
viz.from_value(loss)
viz.record_of(loss)
viz.replay(loss)
viz.steps_of(loss)
viz.step(loss)
"""


def transforms() -> Iterator[Row]:
    yield from rows_of(TRANSFORMS, NAMES)
    yield from rows_of(FUNCTIONS, NAMES)


def made_up() -> Iterator[Row]:
    return rows_of(MADE_UP, NAMES)


def scalar() -> Iterator[Row]:
    return rows_of(SCALAR, NAMES)


def drawn() -> Iterator[Row]:
    return rows_of(DRAWN, NAMES)
