"""Images: padding, resizing, sampling at given places, and rearranging pixels.

Most of these are linear in the image, and are given by a kernel and its transpose (`LinearMap`).
"""

from __future__ import annotations

from itertools import product
from math import floor, isfinite, prod
from typing import Any

from .. import dtypes
from ..autograd.frames import warn
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, integer, per_axis, windows
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .linear_map import LinearMap
from .pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .products import matmul
from .promote import as_operand, mixed_dtypes, needs_floating, number
from .shape import permute, reshape, sizes_of, transpose

# ---- padding --------------------------------------------------------------------------------------------------------


class PadConstant(Function):
    """x with a value before and after along each axis; negative numbers take away, and so does the gradient."""

    def __init__(self, pads: tuple[Shape, ...], value: Any) -> None:
        self.pads, self.value = pads, value

    def forward(self, x: Any) -> Any:
        return on(x).pad_constant(x, self.pads, self.value)

    def backward(self, grad: Tensor) -> Tensor:
        return PadConstant(tuple([(-before, -after) for before, after in self.pads]), 0)(grad)


@in_own_name
def pad(input: TensorLike, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """Add to the ends of the last axes, or take away from them.

    Args:
        pad: (before, after) of the last axis, then of the one before it, …; negative numbers take away.
        mode: 'constant' (any axes), 'reflect' (without the edge), 'replicate' (the edge) or 'circular'; the last three
            for the spatial axes of (N, C, …) or (C, …), all of them.
        value: what 'constant' adds; 0 when not given.

    Shape: each size grows by before + after. Errors: reflect needs less than the size, circular no more than it.
    """
    x = as_operand("pad", input)
    shape = tuple(x.array.shape)
    pads = sizes_of("pad", (pad,) if isinstance(pad, (tuple, list)) else pad)
    if len(pads) % 2 or len(pads) > 2 * len(shape):
        raise ValueError(
            f"pad: {tuple(pads)} has {len(pads)} numbers; give two for each of the last axes, at most {2 * len(shape)} "
            f"for an input of shape {shape}."
        )
    pairs = list(zip(pads[::2], pads[1::2]))  # of the last axis first
    sizes = [n + before + after for n, (before, after) in zip(shape[::-1], pairs)]
    if any(n < 0 for n in sizes):
        raise ValueError(f"pad: {tuple(pads)} takes more from input {shape} than there is.")
    if mode == "constant":
        value = None if value is None else number("pad", "value", value)
        if value is not None and x.array.dtype.kind in "iu" and not isfinite(value):
            raise ValueError(f"pad: value {value} is not among the numbers of {x.dtype}.")
        every = ((0, 0),) * (len(shape) - len(pairs)) + tuple(reversed(pairs))
        return PadConstant(every, 0 if value is None else value)(x)
    if mode not in ("reflect", "replicate", "circular"):
        raise ValueError(f"pad: mode must be 'constant', 'reflect', 'replicate' or 'circular', got {mode!r}.")
    if value is not None:
        raise ValueError(f"pad: mode {mode!r} takes its values from the input; leave value out.")
    d = len(pairs)
    if len(shape) not in (d + 1, d + 2) or not 1 <= d <= 3:
        raise ValueError(
            f"pad: mode {mode!r} pads all spatial axes of (N, C, …) or (C, …); input {shape} with {2 * d} numbers is "
            "neither."
        )
    for i, (before, after) in enumerate(pairs):
        n, axis = shape[-1 - i], len(shape) - 1 - i
        kept = n + min(before, 0) + min(after, 0)
        limit = {"reflect": n - 1, "circular": kept, "replicate": max(before, after) if n else 0}[mode]
        if max(before, after) > max(limit, 0):
            raise ValueError(
                f"pad: {(before, after)} is too much for axis {axis} of input {shape} in mode {mode!r}; at most "
                f"{max(limit, 0)}."
            )
    return LinearMap("pad_edges", tuple(reversed(pairs)), mode, name=f"pad_{mode}")(x)


# ---- resizing -------------------------------------------------------------------------------------------------------

_MODES = {"linear": (3, "linear"), "bilinear": (4, "linear"), "trilinear": (5, "linear"), "bicubic": (4, "cubic")}
_MODES |= {"lanczos": (4, "lanczos")}


@in_own_name
def interpolate(
    input: TensorLike,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize images: to `size`, or by `scale_factor`.

    Args:
        size: an int or one per spatial axis.
        scale_factor: a number or one per spatial axis; the output has ⌊size · factor⌋.
        mode: 'nearest' (as OpenCV rounds, kept by PyTorch for old models), 'nearest-exact', 'linear' (N, C, L),
            'bilinear' and 'bicubic' (N, C, H, W), 'trilinear' (N, C, D, H, W), 'area' (means over boxes), 'lanczos'
            (N, C, H, W; only with antialias).
        align_corners: map the centres of the corner pixels onto each other rather than the corners themselves.
        recompute_scale_factor: use the factor between the rounded sizes instead of the given one.
        antialias: when shrinking with 'bilinear' or 'bicubic', average over what would be left out.

    Shape: (N, C, …) with one to three spatial axes. 'nearest' and 'nearest-exact' take any dtype, 'bilinear', 'bicubic' and
    'lanczos' uint8 as well as floats: the result is rounded to uint8, as Pillow rounds.
    """
    op = "interpolate"
    x = as_operand(op, input)
    shape = tuple(x.array.shape)
    d = len(shape) - 2
    if d not in (1, 2, 3):
        raise ValueError(f"{op}: input has shape {shape}; it needs (N, C, …) with one to three spatial axes.")
    if mode not in ("nearest", "nearest-exact", "area", *_MODES):
        known = "nearest, nearest-exact, linear, bilinear, bicubic, trilinear, area, lanczos"
        raise ValueError(f"{op}: mode must be one of {known}; got {mode!r}.")
    if mode in _MODES and _MODES[mode][0] != len(shape):
        raise ValueError(f"{op}: mode {mode!r} needs an input of {_MODES[mode][0]} axes, got shape {shape}.")
    if align_corners is not None and mode in ("nearest", "nearest-exact", "area"):
        raise ValueError(f"{op}: align_corners is only for the modes between pixels, not {mode!r}; leave it out.")
    if antialias and mode not in ("bilinear", "bicubic", "lanczos"):
        raise ValueError(f"{op}: antialias is for 'bilinear', 'bicubic' and 'lanczos', not {mode!r}.")
    if mode == "lanczos" and (not antialias or align_corners):
        raise ValueError(f"{op}: mode 'lanczos' works with antialias=True and without align_corners.")
    if size is not None and recompute_scale_factor:
        raise ValueError(f"{op}: recompute_scale_factor is about scale_factor; with a size leave it out.")
    out, factors = _sizes(op, shape[2:], size, scale_factor, recompute_scale_factor or mode == "area")
    if mode != "area" and (min(out) < 1 or min(shape[1:]) < 1):
        raise ValueError(f"{op}: input {shape} would become {(*shape[:2], *out)}; only the batch may be empty.")
    if mode == "area":
        pools = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)
        return pools[d - 1](x, out)
    kind = mode
    if mode in _MODES:
        kind = _MODES[mode][1]
        if x.array.dtype == "uint8" and d == 2:
            return _interpolated_bytes(x, out, factors, kind, bool(align_corners), antialias)
        needs_floating(op, x)
    array = x.array
    maps = [
        (i + 2, *on(array).resize_taps(n, o, kind, factor, bool(align_corners), antialias, array.dtype))
        for i, (n, o, factor) in enumerate(zip(shape[2:], out, factors))
    ]
    maps.sort(key=lambda entry: out[entry[0] - 2] / shape[entry[0]])  # what shrinks first leaves less to do
    return LinearMap("resample", tuple(maps), name=f"interpolate_{mode}")(x)


def _interpolated_bytes(x: Tensor, out: Shape, factors: Any, kind: str, align_corners: bool, antialias: bool) -> Tensor:
    """Pictures of uint8, rounded after the rows and after the columns; an axis that keeps its size is left alone."""
    kernels, maps = on(x.array), []
    for i in (3, 2):
        n, o, factor = x.array.shape[i], out[i - 2], factors[i - 2]
        if n != o:
            maps.append((i, *kernels.resize_taps(n, o, kind, factor, align_corners, antialias, dtypes.float64.numpy)))
    return Tensor._of(kernels.resample_bytes(x.array, maps) if maps else x.array.copy())


@in_own_name
def upsample(
    input: TensorLike, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """The old name of `interpolate`."""
    warn("upsample is the old name; use nn.functional.interpolate.")
    return interpolate(input, size, scale_factor, mode, align_corners)


@in_own_name
def upsample_nearest(input: TensorLike, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of `interpolate(…, mode='nearest')`."""
    warn("upsample_nearest is the old name; use nn.functional.interpolate.")
    return interpolate(input, size, scale_factor, "nearest")


@in_own_name
def upsample_bilinear(input: TensorLike, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of `interpolate(…, mode='bilinear', align_corners=True)`."""
    warn("upsample_bilinear is the old name; use nn.functional.interpolate.")
    return interpolate(input, size, scale_factor, "bilinear", True)


def _sizes(op: str, sizes: Shape, size: Any, factor: Any, recompute: bool) -> tuple[Shape, list[float | None]]:
    """The output's spatial sizes, and the factors to compute coordinates with (None: the quotient of the sizes)."""
    d = len(sizes)
    if (size is None) == (factor is None):
        raise ValueError(f"{op}: give either size or scale_factor.")
    if size is not None:
        given = tuple(size) if isinstance(size, (tuple, list)) else (size,) * d
        if len(given) != d:
            raise ValueError(f"{op}: size {given} has {len(given)} entries for {d} spatial axes {tuple(sizes)}.")
        return per_axis(op, "size", given, d), [None] * d
    each = factor if isinstance(factor, (tuple, list)) else (factor,) * d
    factors = [float(number(op, "scale_factor", f)) for f in each]
    if not all(map(isfinite, factors)):
        raise ValueError(f"{op}: scale_factor must be finite, got {tuple(factors)}.")
    if len(factors) != d:
        raise ValueError(f"{op}: scale_factor {tuple(factors)} has {len(factors)} entries for {d} spatial axes.")
    out = tuple([floor(n * f) for n, f in zip(sizes, factors)])
    return out, [None if recompute else f for f in factors]


# ---- sampling at given places ---------------------------------------------------------------------------------------


class FoldCoordinates(Function):
    """Coordinates brought into the image by clipping or reflection: linear in pieces, so its slope is a constant."""

    def __init__(self, n: int, padding: str, align_corners: bool) -> None:
        self.how = (n, padding, align_corners)

    def forward(self, x: Any) -> Any:
        y, self.slope = on(x).fold_coordinates(x, *self.how)
        return y

    def backward(self, grad: Tensor) -> Tensor:
        return grad * Tensor._of(self.slope)


class GridSample(Function):
    """The image's values at the places of a grid. The gradients of nearest pixels towards the grid are 0."""

    def __init__(self, mode: str, padding: str, aligned: bool) -> None:
        self.mode, self.padding, self.aligned = mode, padding, aligned

    def formula(self, x: Tensor, grid: Tensor) -> Tensor:
        shape, where = x.array.shape, grid.array.shape
        d = len(shape) - 2
        along = []  # for each axis of the image the coordinates of the pixels around each place, and their weights
        for i, n in enumerate(shape[2:]):
            g = grid[..., d - 1 - i]
            c = (g + 1) * ((n - 1) / 2) if self.aligned else ((g + 1) * n - 1) * 0.5
            if self.padding != "zeros" and self.mode != "bicubic":
                c = FoldCoordinates(n, self.padding, self.aligned)(c)
            along.append(_neighbours(c, self.mode))
        kernels, sizes = on(x.array), shape[2:]
        result: Any = None
        for corner in product(*along):
            indices, inside = kernels.grid_corner([at for at, _ in corner], sizes, self.padding, self.aligned)
            value = LinearMap("pick", indices[:, None], d)(x)
            weight: Any = None if inside is None else Tensor._of(inside.astype(x.array.dtype))
            for _, w in corner:
                if w is not None:
                    weight = w if weight is None else weight * w
            if weight is not None:
                value = value * reshape(weight, (where[0], 1, *where[1:-1]))
            result = value if result is None else result + value
        return NearestPixels()(result, grid) if self.mode == "nearest" and grid.requires_grad else result

    def forward(self, x: Any, grid: Any) -> Any:
        return on(x).grid_sample(x, grid, self.mode, self.padding, self.aligned)

    def fused_backward(self, grad: Any, x: Any, grid: Any) -> Any:
        return on(x).grid_sample_backward(grad, x, grid, self.mode, self.padding, self.aligned)


@in_own_name
def grid_sample(
    input: TensorLike,
    grid: TensorLike,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The image's values at places given by the grid (the sampler of Jaderberg et al., arXiv:1506.02025).

    A place is (x, y) or (x, y, z), each in [−1, 1] from the first pixel to the last: from centre to centre with
    align_corners, else from edge to edge. Differentiable in the image and, between pixels, in the grid.

    Args:
        mode: 'bilinear' (trilinear for volumes), 'nearest' (half to even) or 'bicubic' (images only).
        padding_mode: what lies outside: 'zeros', 'border' (the nearest edge) or 'reflection'.

    Shape: input (N, C, H, W), grid (N, H′, W′, 2) → (N, C, H′, W′); input (N, C, D, H, W), grid (N, D′, H′, W′, 3).
    """
    op = "grid_sample"
    x, places = needs_floating(op, input), needs_floating(op, grid, "grid")
    shape, where = tuple(x.array.shape), tuple(places.array.shape)
    d = len(shape) - 2
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(f"{op}: mode must be 'bilinear', 'nearest' or 'bicubic', got {mode!r}.")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f"{op}: padding_mode must be 'zeros', 'border' or 'reflection', got {padding_mode!r}.")
    if d not in (2, 3) or len(where) != d + 2 or where[-1] != d or where[0] != shape[0]:
        raise ValueError(
            f"{op}: input and grid do not belong together.\n    input  {shape}\n    grid   {where}\n"
            "An input (N, C, H, W) needs a grid (N, H′, W′, 2), an input (N, C, D, H, W) a grid (N, D′, H′, W′, 3)."
        )
    if mode == "bicubic" and d == 3:
        raise ValueError(f"{op}: mode 'bicubic' is for images (N, C, H, W), got input {shape}.")
    if 0 in shape[2:]:
        raise ValueError(f"{op}: input {shape} has no pixels.")
    if x.array.dtype != places.array.dtype:
        raise mixed_dtypes(op, input=x, grid=places)
    operation = GridSample(mode, padding_mode, bool(align_corners))
    if on(x.array).samples_at_once(x.array, places.array, mode):
        return operation(x, places)
    return operation.formula(x, places)


class NearestPixels(Function):
    """The values of the pixels nearest to places: a place may move without changing them, so its gradient is 0."""

    def forward(self, values: Any, places: Any) -> Any:
        self.to = places.shape
        return values

    def backward(self, grad: Tensor) -> Any:
        return grad, Tensor._of(on(grad.array).zeros(self.to, grad.array.dtype)) if self.needs[1] else None


def _neighbours(c: Tensor, mode: str) -> list[tuple[Any, Tensor | None]]:
    """The whole coordinates around c (arrays) and their weights, which depend on c."""
    if mode == "nearest":
        return [(c.array.round(), None)]
    low = on(c.array).floor(c.array)
    t = c - Tensor._of(low)
    if mode == "bilinear":
        return [(low, 1 - t), (low + 1, t)]
    return [(low + i, w) for i, w in zip(range(-1, 3), on(low).cubic_weights(t))]


@in_own_name
def affine_grid(theta: TensorLike, size: Any, align_corners: bool | None = None) -> Tensor:
    """The grid for `grid_sample` that an affine map of the places in [−1, 1] gives.

    Shape: theta (N, 2, 3), size (N, C, H, W) → (N, H, W, 2); theta (N, 3, 4), size (N, C, D, H, W) → (N, D, H, W, 3).
    """
    op = "affine_grid"
    theta = needs_floating(op, theta, "theta")
    size = sizes_of(op, (size,) if isinstance(size, (tuple, list)) else size)
    d = len(size) - 2
    if d not in (2, 3) or theta.array.shape != (size[0], d, d + 1):
        raise ValueError(
            f"{op}: theta and size do not belong together.\n    theta  {tuple(theta.array.shape)}\n    size   {size}\n"
            "A size (N, C, H, W) needs theta (N, 2, 3), a size (N, C, D, H, W) theta (N, 3, 4)."
        )
    if min(size) < 1:
        raise ValueError(f"{op}: size {size} must be positive.")
    base = Tensor._of(on(theta.array).affine_base(size[2:], bool(align_corners), theta.array.dtype))
    return reshape(matmul(base, transpose(theta, 1, 2)), (size[0], *size[2:], d))


# ---- windows as columns ---------------------------------------------------------------------------------------------


@in_own_name
def unfold(input: TensorLike, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Every window of an image as a column (im2col), channel by channel.

    Shape: (N, C, H, W) or (C, H, W) → (N, C·R·S, L) or (C·R·S, L), L windows of R × S.
    """
    op = "unfold"
    x = as_operand(op, input)
    shape = tuple(x.array.shape)
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise ValueError(f"{op}: input has shape {shape}; it needs (N, C, H, W) or (C, H, W), and only N may be 0.")
    kernel, stride, padding, dilation = _window(op, kernel_size, stride, padding, dilation)
    out = windows(shape[-2:], kernel, stride, padding, dilation)
    if min(out) < 1:
        raise ValueError(
            f"{op}: no window fits; there would be {out} of them.\n    input  {shape}    padding={padding}\n"
            f"    kernel_size={kernel}    dilation={dilation}\nPad more, or use a smaller window."
        )
    x = x if len(shape) == 4 else reshape(x, (1, *shape))
    y = LinearMap("im2col", out, kernel, stride, padding, dilation, name="unfold")(x)
    return y if len(shape) == 4 else reshape(y, y.array.shape[1:])


@in_own_name
def fold(
    input: TensorLike, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Put columns back into an image and add where they overlap (col2im): the transpose of `unfold`.

    Shape: (N, C·R·S, L) or (C·R·S, L) → (N, C, H, W) or (C, H, W) with (H, W) = output_size.
    """
    op = "fold"
    x = as_operand(op, input)
    shape = tuple(x.array.shape)
    kernel, stride, padding, dilation = _window(op, kernel_size, stride, padding, dilation)
    size = per_axis(op, "output_size", output_size, 2, 1)
    if len(shape) not in (2, 3) or 0 in shape[-2:] or shape[-2] % prod(kernel):
        raise ValueError(
            f"{op}: input has shape {shape}; it needs (N, C·{prod(kernel)}, L) or (C·{prod(kernel)}, L), for windows "
            f"of {kernel[0]} × {kernel[1]}."
        )
    out = windows(size, kernel, stride, padding, dilation)
    if min(out) < 1 or prod(out) != shape[-1]:
        raise ValueError(
            f"{op}: an image of {size} has {max(out[0], 0)} × {max(out[1], 0)} windows, not {shape[-1]}."
            f"\n    input  {shape}\nGive the arguments that unfold was called with."
        )
    x = x if len(shape) == 3 else reshape(x, (1, *shape))
    to = (x.array.shape[0], shape[-2] // prod(kernel), *size)
    y = LinearMap("im2col", out, kernel, stride, padding, dilation, shape=to, name="fold")(x)
    return y if len(shape) == 3 else reshape(y, to[1:])


def _window(op: str, kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Shape, Shape, Shape, Shape]:
    return (
        per_axis(op, "kernel_size", kernel, 2, 1),
        per_axis(op, "stride", stride, 2, 1),
        per_axis(op, "padding", padding, 2, 0),
        per_axis(op, "dilation", dilation, 2, 1),
    )


# ---- rearranging pixels ---------------------------------------------------------------------------------------------


@in_own_name
def pixel_shuffle(input: TensorLike, upscale_factor: int) -> Tensor:
    """Channels to pixels (Shi et al., arXiv:1609.05158): r² channels become r × r pixels.

    Shape: (…, C·r², H, W) → (…, C, H·r, W·r).
    """
    x, shape, r = _pixels("pixel_shuffle", input, upscale_factor, "upscale_factor")
    *lead, c, h, w = shape
    if c % (r * r):
        raise ValueError(f"pixel_shuffle: {c} channels of input {shape} are no multiple of upscale_factor² = {r * r}.")
    n = len(lead)
    x = reshape(x, (*lead, c // (r * r), r, r, h, w))
    x = permute(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return reshape(x, (*lead, c // (r * r), h * r, w * r))


@in_own_name
def pixel_unshuffle(input: TensorLike, downscale_factor: int) -> Tensor:
    """Pixels to channels, the inverse of `pixel_shuffle`.  Shape: (…, C, H·r, W·r) → (…, C·r², H, W)."""
    x, shape, r = _pixels("pixel_unshuffle", input, downscale_factor, "downscale_factor")
    *lead, c, h, w = shape
    if h % r or w % r:
        raise ValueError(f"pixel_unshuffle: input {shape}: {h} × {w} pixels are no multiple of downscale_factor {r}.")
    n = len(lead)
    x = reshape(x, (*lead, c, h // r, r, w // r, r))
    x = permute(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return reshape(x, (*lead, c * r * r, h // r, w // r))


def _pixels(op: str, input: Any, r: int, what: str) -> tuple[Tensor, Shape, int]:
    x = as_operand(op, input)
    shape = tuple(x.array.shape)
    if len(shape) < 3:
        raise ValueError(f"{op}: input has shape {shape}; it needs at least the axes (C, H, W).")
    r = integer(op, what, r)
    if r < 1:
        raise ValueError(f"{op}: {what} must be at least 1, got {r}.")
    return x, shape, r


@in_own_name
def channel_shuffle(input: TensorLike, groups: int) -> Tensor:
    """Deal the channels of each group out among all (Zhang et al., arXiv:1707.01083).

    Shape: (N, C, …) with C a multiple of groups and a spatial axis → the same; channel i·C/groups + j moves to
    j·groups + i.
    """
    op = "channel_shuffle"
    x = as_operand(op, input)
    shape = tuple(x.array.shape)
    if len(shape) < 3:
        raise ValueError(f"{op}: input has shape {shape}; it needs (N, C, …) and at least one spatial axis.")
    groups = integer(op, "groups", groups)
    if groups < 1 or shape[1] % groups:
        raise ValueError(f"{op}: {shape[1]} channels of input {shape} do not divide into {groups} groups.")
    x = reshape(x, (shape[0], groups, shape[1] // groups, *shape[2:]))
    return reshape(transpose(x, 1, 2), shape)


__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]
