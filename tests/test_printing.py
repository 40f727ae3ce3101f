"""Tensors print as PyTorch prints them; the texts below are its own, but for the name of the package."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import printing

WORDS = {name: getattr(tg, name) for name in "tensor zeros ones arange int64 int32 float16 float64 uint8".split()}
WORDS |= {"nan": math.nan, "inf": math.inf}

PRINTED = [
    ("tensor(1.5)", "tensor(1.5000)"),
    ("tensor(-3)", "tensor(-3)"),
    ("tensor(True)", "tensor(True)"),
    ("tensor([])", "tensor([])"),
    ("tensor([], dtype=int64)", "tensor([], dtype=tensorgrad.int64)"),
    ("zeros(2, 0)", "tensor([], size=(2, 0))"),
    ("zeros(2, 0, 3, dtype=int32)", "tensor([], size=(2, 0, 3), dtype=tensorgrad.int32)"),
    ("tensor([1.0, 2.0])", "tensor([1., 2.])"),
    ("tensor([1.0, 2.5])", "tensor([1.0000, 2.5000])"),
    ("tensor([1.0, nan, inf, -inf])", "tensor([1., nan, inf, -inf])"),
    ("tensor([1.5, nan, -inf])", "tensor([1.5000,    nan,   -inf])"),
    ("tensor([nan])", "tensor([nan])"),
    ("tensor([0.0, -0.0])", "tensor([0., -0.])"),
    ("tensor([1e-5, 1.0])", "tensor([1.0000e-05, 1.0000e+00])"),
    ("tensor([1e5, 1.0])", "tensor([1.0000e+05, 1.0000e+00])"),
    ("tensor([1.0, 1000.0])", "tensor([   1., 1000.])"),
    ("tensor([1.0, 1001.0])", "tensor([1.0000e+00, 1.0010e+03])"),
    ("tensor([99999999.0])", "tensor([100000000.])"),
    ("tensor([100000001.0, 3.0])", "tensor([1.0000e+08, 3.0000e+00])"),
    ("tensor([1234567.5])", "tensor([1234567.5000])"),
    ("tensor([1e-4, 2e-4])", "tensor([1.0000e-04, 2.0000e-04])"),
    ("tensor([1.0, inf, 1e9])", "tensor([1.0000e+00,        inf, 1.0000e+09])"),
    ("tensor([0.1234567, -3.0])", "tensor([ 0.1235, -3.0000])"),
    (
        "tensor([[1, -20], [300, 4]])",
        """\
tensor([[  1, -20],
        [300,   4]])""",
    ),
    (
        "tensor([[True], [False]])",
        """\
tensor([[ True],
        [False]])""",
    ),
    ("tensor(1e-45)", "tensor(1.4013e-45)"),
    ("tensor([60000.0, 1.5], dtype=float16)", "tensor([6.0000e+04, 1.5000e+00], dtype=tensorgrad.float16)"),
    ("tensor([1.5], dtype=float64)", "tensor([1.5000], dtype=tensorgrad.float64)"),
    ("tensor([1], dtype=uint8)", "tensor([1], dtype=tensorgrad.uint8)"),
    ("tensor([1.0], requires_grad=True)", "tensor([1.], requires_grad=True)"),
    ("tensor([1.0], dtype=float64, requires_grad=True)", "tensor([1.], dtype=tensorgrad.float64, requires_grad=True)"),
    (
        "arange(30.0)",
        """\
tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,
        14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27.,
        28., 29.])""",
    ),
    ("arange(1001)", "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    ("arange(1001.0) / 7", "tensor([  0.0000,   0.1429,   0.2857,  ..., 142.5714, 142.7143, 142.8571])"),
    (
        "zeros(40, 40)",
        """\
tensor([[0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        ...,
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.]])""",
    ),
    (
        "zeros(2, 2, 2)",
        """\
tensor([[[0., 0.],
         [0., 0.]],

        [[0., 0.],
         [0., 0.]]])""",
    ),
    (
        "arange(2 * 11 * 50).reshape(2, 11, 50)",
        """\
tensor([[[   0,    1,    2,  ...,   47,   48,   49],
         [  50,   51,   52,  ...,   97,   98,   99],
         [ 100,  101,  102,  ...,  147,  148,  149],
         ...,
         [ 400,  401,  402,  ...,  447,  448,  449],
         [ 450,  451,  452,  ...,  497,  498,  499],
         [ 500,  501,  502,  ...,  547,  548,  549]],

        [[ 550,  551,  552,  ...,  597,  598,  599],
         [ 600,  601,  602,  ...,  647,  648,  649],
         [ 650,  651,  652,  ...,  697,  698,  699],
         ...,
         [ 950,  951,  952,  ...,  997,  998,  999],
         [1000, 1001, 1002,  ..., 1047, 1048, 1049],
         [1050, 1051, 1052,  ..., 1097, 1098, 1099]]])""",
    ),
    ("ones(1, 1, 1, 1)", "tensor([[[[1.]]]])"),
    (
        "(arange(40) % 3 == 0).reshape(2, 20)",
        """\
tensor([[ True, False, False,  True, False, False,  True, False, False,  True,
         False, False,  True, False, False,  True, False, False,  True, False],
        [False,  True, False, False,  True, False, False,  True, False, False,
          True, False, False,  True, False, False,  True, False, False,  True]])""",
    ),
]

OPTIONS = [
    ("precision=2", "tensor([1.2345, 100.5])", "tensor([  1.23, 100.50])"),
    ("sci_mode=True", "tensor([1.5, 20.0])", "tensor([1.5000e+00, 2.0000e+01])"),
    ("sci_mode=False", "tensor([1e-6, 1.0])", "tensor([0.0000, 1.0000])"),
    ("sci_mode=False", "tensor([1e9, 1.0])", "tensor([1000000000.,          1.])"),
    (
        "threshold=5, edgeitems=1",
        "arange(24).reshape(4, 6)",
        """\
tensor([[ 0,  ...,  5],
        ...,
        [18,  ..., 23]])""",
    ),
    (
        "linewidth=20",
        "arange(12)",
        """\
tensor([ 0,  1,  2,
         3,  4,  5,
         6,  7,  8,
         9, 10, 11])""",
    ),
    (
        'profile="short"',
        "arange(20.0) / 3",
        """\
tensor([0.00, 0.33, 0.67, 1.00, 1.33, 1.67, 2.00, 2.33, 2.67, 3.00, 3.33, 3.67,
        4.00, 4.33, 4.67, 5.00, 5.33, 5.67, 6.00, 6.33])""",
    ),
    (
        'profile="full", linewidth=40',
        "arange(12.0) / 3",
        """\
tensor([0.0000, 0.3333, 0.6667, 1.0000,
        1.3333, 1.6667, 2.0000, 2.3333,
        2.6667, 3.0000, 3.3333, 3.6667])""",
    ),
    ("edgeitems=0, threshold=3", "zeros(2, 3)", "tensor([...], size=(2, 3))"),
    (
        "linewidth=24",
        "zeros(2, dtype=float64)",
        """\
tensor([0., 0.],
       dtype=tensorgrad.float64)""",
    ),
]


def made(code: str) -> tg.Tensor:
    return eval(code, dict(WORDS))


@pytest.mark.parametrize(("code", "text"), PRINTED, ids=[code for code, _ in PRINTED])
def test_printed(code: str, text: str) -> None:
    assert repr(made(code)) == str(made(code)) == text


@pytest.mark.parametrize(("options", "code", "text"), OPTIONS)
def test_options(options: str, code: str, text: str) -> None:
    with printing.printoptions(**eval(f"dict({options})")):
        assert repr(made(code)) == text
    assert printing.get_printoptions() == DEFAULT


DEFAULT = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


def test_options_stay_until_changed() -> None:
    tg.set_printoptions(precision=1)
    try:
        assert repr(tg.tensor(1.25)) == "tensor(1.2)" and printing.get_printoptions()["precision"] == 1
        tg.set_printoptions(sci_mode=True)
        assert repr(tg.tensor(12.5)) == "tensor(1.2e+01)"
        tg.set_printoptions(edgeitems=2)  # sci_mode goes back to None, as in PyTorch
        assert repr(tg.tensor(12.5)) == "tensor(12.5)"
    finally:
        tg.set_printoptions(profile="default")
    assert printing.get_printoptions() == DEFAULT


def test_options_are_put_back_after_an_error() -> None:
    with pytest.raises(KeyError), printing.printoptions(precision=0):
        raise KeyError
    with pytest.raises(ValueError, match="precision must be 0 or more, got -1"), printing.printoptions(precision=-1):
        pass
    assert printing.get_printoptions() == DEFAULT


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": "long"}, "set_printoptions: profile must be one of default, short, full, got 'long'"),
        ({"linewidth": -1}, "set_printoptions: linewidth must be 0 or more, got -1"),
        ({"threshold": math.nan}, "set_printoptions: threshold must be 0 or more, got nan"),
    ],
)
def test_options_refused(options, words) -> None:
    with pytest.raises(ValueError) as caught:
        tg.set_printoptions(**options)
    assert words in str(caught.value) and printing.get_printoptions() == DEFAULT


def test_where_it_came_from() -> None:
    x = tg.ones(2, requires_grad=True)
    assert repr(x + x) == "tensor([2., 2.], grad_fn=<add>)"
    assert repr((x + x).sum()) == "tensor(4., grad_fn=<sum>)"
    assert repr(x.detach()) == repr(x.data) == "tensor([1., 1.])"
    with tg.no_grad():
        assert repr(x * 2) == "tensor([2., 2.])"
    base = tg.zeros(2)
    view = base[0]
    base.mul_(x)
    assert repr(view) == "tensor(0., grad_fn=<getitem>)"  # a view learns of its base's new history when it is asked


def test_the_default_dtype_is_not_mentioned() -> None:
    tg.set_default_dtype(tg.float64)
    try:
        assert repr(tg.ones(1)) == "tensor([1.])"
        assert repr(tg.ones(1, dtype=tg.float32)) == "tensor([1.], dtype=tensorgrad.float32)"
    finally:
        tg.set_default_dtype(tg.float32)


def test_any_arrangement_of_memory() -> None:
    a = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    for t in (tg.from_numpy(a.T), tg.from_numpy(a[::-1, ::-1]), tg.from_numpy(a[:, :1]).expand(2, 4)):
        assert repr(t) == repr(t.contiguous())


def test_however_many_operations_it_took() -> None:
    y = tg.ones((), requires_grad=True)
    for _ in range(100_000):
        y = -y
    assert repr(y) == "tensor(1., grad_fn=<neg>)"


def test_contents_may_be_given() -> None:
    assert tg.ones(2).__repr__(tensor_contents="two ones") == "tensor(two ones)"


def test_format_of_numbers() -> None:
    assert f"{tg.tensor(3.14159):.2f}" == "3.14" and f"{tg.tensor([1.0])}" == "tensor([1.])"
    assert f"step {tg.tensor(3)}, {tg.tensor(True)}, {tg.tensor(2.5):>5}" == "step 3, True,   2.5"  # 0-d: the number


def test_a_named_tuple_shows_a_line_for_each_field() -> None:
    assert repr(tg.tensor([[1.0, 2.0]]).max(1)) == (
        "tensorgrad.return_types.max(\nvalues=tensor([2.]),\nindices=tensor([1]))"
    )
    assert str(tg.linalg.slogdet(tg.eye(1))) == (
        "tensorgrad.return_types.linalg_slogdet(\nsign=tensor(1.),\nlogabsdet=tensor(0.))"
    )


def test_return_types_are_under_the_names_they_show() -> None:
    for name in tg.return_types.__all__:
        kind = getattr(tg.return_types, name)
        assert repr(kind(*kind._fields)).startswith(f"tensorgrad.return_types.{name}(\n{kind._fields[0]}=")
    assert isinstance(tg.ones(2).sort(), tg.return_types.sort)
