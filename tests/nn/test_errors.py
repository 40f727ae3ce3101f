"""What every module says to wrong settings and inputs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import nn, optim


def z(*shape: int) -> Any:
    return tg.zeros(shape)


def i(*numbers: int) -> Any:
    return tg.tensor(numbers)


layer = dict(d_model=4, nhead=2, dim_feedforward=8)
MHA = "MultiheadAttention: "



class Listed(nn.Module):
    """Layers where nobody finds them."""

    def __init__(self, layers: Any) -> None:
        super().__init__()
        self.layers = layers


def adam(model: nn.Module) -> Any:
    return optim.Adam(model.parameters())


def train(model: nn.Module) -> Any:
    from tensorgrad.training import Trainer

    return Trainer(model, optim.Adam([z(1).requires_grad_()]), nn.MSELoss())


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # what is given where a module belongs, and layers that nobody finds
    (lambda: nn.Sequential(nn.ReLU), TypeError,
     "'0' must be a Module or None, got the class ReLU. Make a module of it: ReLU(…)."),
    (lambda: nn.ModuleList([nn.ReLU(), nn.Linear]), TypeError, "'1' must be a Module or None, got the class Linear."),
    (lambda: nn.ModuleDict({"a": nn.ReLU}), TypeError, "'a' must be a Module or None, got the class ReLU. Make a module"),
    (lambda: nn.Sequential(nn.ReLU()).insert(0, nn.ReLU), TypeError, "Sequential: every entry must be a Module or None, got the"),
    (lambda: nn.Sequential([nn.ReLU(), nn.ReLU()]), TypeError, "got a list of modules. Unpack it, *modules, or make it an nn.Se"),
    (lambda: nn.Sequential(nn.functional.relu), TypeError, "got the function relu. Call it in forward, or give the module: nn.R"),
    (lambda: nn.Sequential(int), TypeError, "'0' must be a Module or None, got the class int."),
    (lambda: nn.Sequential(3), TypeError, "Sequential: '0' must be a Module or None, got int."),
    (lambda: adam(Listed([nn.Linear(1, 1)])), ValueError,
     "got an empty list of parameters. model.layers is a plain list, in which no modules are found: make it an nn.ModuleList, "
     "self.layers = nn.ModuleList(…)."),
    (lambda: adam(nn.Sequential(Listed({"a": nn.ReLU()}))), ValueError,
     "model.0.layers is a plain dict, in which no modules are found: make it an nn.ModuleDict, self.layers = nn.ModuleDict(…)."),
    (lambda: adam(Listed((z(2).requires_grad_(),))), ValueError, "model.layers is a plain tuple, in which no parameters are"),
    (lambda: adam(Listed([z(2)])), ValueError, "Listed has none: are its layers made in __init__, each an attribute"),
    (lambda: optim.Adam([]), ValueError, "Adam: got an empty list of parameters. Pass model.parameters()."),
    (lambda: train(Listed([nn.Linear(1, 1)])), ValueError, "there is nothing to train. model.layers is a plain list, in which"),
    (lambda: train(nn.ReLU()), ValueError, "Trainer: ReLU has no parameters, so there is nothing to train. ReLU has none"),
    (lambda: optim.Adam(nn.Linear(1, 1)), TypeError, "got the model itself, Linear. Pass model.parameters()."),
    (lambda: optim.SGD(3, lr=0.1), TypeError, "SGD: params must be an iterable of Tensors or dicts, got int."),
    (lambda: optim.Adam([nn.Linear(1, 1)]), TypeError, "is Linear. Pass its parameters: [*a.parameters(), *b.parameters()]."),
    (lambda: nn.Linear(1, 1).to("gpu"), RuntimeError, "A graphics card is called 'cuda'."),
    (lambda: nn.functional.relu(nn.Linear(1, 1)), TypeError, "got the module Linear. Call it first: module(x) is a Tensor."),
    # linear, shapes
    (lambda: nn.Linear(3, 4)(z(2, 5)), ValueError, "linear: "),
    (lambda: nn.Bilinear(0, 3, 4), ValueError, "Bilinear: in1_features must be at least 1, got 0."),
    (lambda: nn.Unflatten("a", (2, 3)), TypeError, "Unflatten: dim must be an int, got str."),
    (lambda: nn.Unflatten(1, 6), TypeError, "Unflatten: unflattened_size must be a tuple of ints, got 6."),
    # activations, dropout
    (lambda: nn.Hardtanh(2, 1), ValueError, "Hardtanh: min_val must be below max_val, got 2 and 1."),
    (lambda: nn.Softmax2d()(z(2, 3)), ValueError,
     "Softmax2d: input has shape (2, 3); it needs (N, C, H, W) or (C, H, W)."),
    (lambda: nn.Dropout(1.5), ValueError, "Dropout: p is a probability, in [0, 1], got 1.5."),
    (lambda: nn.AlphaDropout(-0.1), ValueError, "AlphaDropout: p is a probability, in [0, 1], got -0.1."),
    # convolution
    (lambda: nn.Conv2d(3, 4, 3, groups=0), ValueError, "Conv2d: groups must be a positive int, got 0."),
    (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "Conv2d: in_channels=3 does not divide into 2 groups."),
    (lambda: nn.Conv1d(4, 3, 3, groups=2), ValueError, "Conv1d: out_channels=3 does not divide into 2 groups."),
    (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), ValueError,
     "Conv2d: padding_mode must be one of zeros, reflect, replicate, circular, got 'mirror'."),
    (lambda: nn.Conv2d(3, 4, 3, padding="full"), ValueError,
     "Conv2d: padding must be ints, 'same' or 'valid', got 'full'."),
    (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), ValueError,
     "Conv2d: padding='same' needs stride 1, got (2, 2). Give it in numbers."),
    (lambda: nn.Conv2d(3, 4, (3, 3, 3)), ValueError, "Conv2d: kernel_size (3, 3, 3) has 3 entries; give one int, or 2"),
    (lambda: nn.Conv2d(3, 4, 0), ValueError, "Conv2d: kernel_size must be at least 1, got 0."),
    (lambda: nn.Conv2d(3, 4, 3.0), TypeError, "Conv2d: kernel_size must be an int or a tuple of ints, got 3.0."),
    (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), ValueError,
     "ConvTranspose2d: padding_mode must be 'zeros', got 'reflect'; nothing is padded."),
    (lambda: nn.ConvTranspose2d(1, 1, 3, stride=2)(z(1, 1, 2, 2), output_size=(9, 5)), ValueError,
     "ConvTranspose2d: output_size (9, 5) cannot be reached from an input of (2, 2); with stride (2, 2) the sizes from "
     "(5, 5) to (6, 6) can."),
    (lambda: nn.ConvTranspose2d(1, 1, 3)(z(1, 1, 2, 2), output_size=(4,)), ValueError,
     "ConvTranspose2d: output_size (4,) must have 2 or 4 entries."),
    (lambda: nn.LazyConv2d(3, 2, groups=2), ValueError, "LazyConv2d: out_channels=3 does not divide into 2 groups."),
    (lambda: nn.LazyConv2d(4, 2, groups=2)(z(1, 3, 4, 4)), ValueError,
     "LazyConv2d: input of shape (1, 3, 4, 4) has no channels that divide into 2 groups; it needs 2 axes after them."),
    (lambda: nn.LazyConv2d(4, 2)(z(3, 4)), ValueError, "LazyConv2d: input of shape (3, 4) has no channels"),
    # pooling, padding
    (lambda: nn.MaxUnpool2d((2, 2, 2)), ValueError, "MaxUnpool2d: kernel_size (2, 2, 2) has 3 entries"),
    (lambda: nn.FractionalMaxPool2d(2), ValueError, "FractionalMaxPool2d: give either output_size or output_ratio."),
    (lambda: nn.FractionalMaxPool2d(2, output_ratio=1.5), ValueError,
     "FractionalMaxPool2d: output_ratio must be between 0 and 1, got 1.5."),
    (lambda: nn.ZeroPad2d((1, 2)), ValueError, "ZeroPad2d: padding (1, 2) has 2 entries; give one int, or 4"),
    # normalisation
    (lambda: nn.BatchNorm1d(3)(z(3)), ValueError,
     "BatchNorm1d: input has shape (3,); it needs 2 or 3 axes, the channels second."),
    (lambda: nn.BatchNorm2d(3)(z(4, 3)), ValueError, "BatchNorm2d: input has shape (4, 3); it needs 4 axes"),
    (lambda: nn.SyncBatchNorm(3)(z(3)), ValueError, "SyncBatchNorm: input has shape (3,); it needs at least 2 axes"),
    (lambda: nn.LazyBatchNorm1d()(z(3)), ValueError, "LazyBatchNorm1d: input has shape (3,); it needs at least 2 axes"),
    (lambda: nn.InstanceNorm2d(3)(z(4, 3)), ValueError,
     "InstanceNorm2d: input has shape (4, 3); it needs 4 axes, or 3 without N."),
    (lambda: nn.InstanceNorm1d(3, affine=True)(z(2, 4, 5)), ValueError,
     "InstanceNorm1d: input (2, 4, 5) has 4 channels; built for 3."),
    (lambda: nn.GroupNorm(2, 3), ValueError, "GroupNorm: 3 channels do not divide into 2 groups."),
    # tables
    (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "Embedding: padding_idx 3 is not a row of a table of 3."),
    (lambda: nn.EmbeddingBag(3, 2, _weight=z(2, 2)), ValueError,
     "EmbeddingBag: _weight has shape (2, 2), needs (3, 2)."),
    (lambda: nn.Embedding.from_pretrained(z(3)), ValueError,
     "Embedding.from_pretrained: embeddings must have 2 axes, (rows, features), got (3,)."),
    # losses
    (lambda: nn.MSELoss(reduction="average"), ValueError,
     "MSELoss: reduction must be 'mean', 'sum' or 'none', got 'average'."),
    (lambda: nn.KLDivLoss(reduction="total"), ValueError, "KLDivLoss: reduction must be"),
    (lambda: nn.MultiMarginLoss(p=3), ValueError, "MultiMarginLoss: p must be 1 or 2, got 3."),
    (lambda: nn.MultiMarginLoss(weight=z(2, 2)), ValueError,
     "MultiMarginLoss: weight has a number per class, got shape (2, 2)."),
    (lambda: nn.TripletMarginLoss(margin=0), ValueError, "TripletMarginLoss: margin must be above 0, got 0."),
    (lambda: nn.TripletMarginWithDistanceLoss(margin=-1), ValueError,
     "TripletMarginWithDistanceLoss: margin must be above 0, got -1."),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, []), ValueError,
     "AdaptiveLogSoftmaxWithLoss: cutoffs must hold at least one number."),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 3]), ValueError,
     "AdaptiveLogSoftmaxWithLoss: cutoffs [5, 3] must rise, from at least 1 to at most 9."),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [2.5]), ValueError,
     "AdaptiveLogSoftmaxWithLoss: cutoffs [2.5] must be whole numbers."),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3])(z(2, 4), i(1, 10)), ValueError,
     "AdaptiveLogSoftmaxWithLoss: targets must be from 0 to 9, got 1 to 10."),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3])(z(2, 4), i(1)), ValueError,
     "AdaptiveLogSoftmaxWithLoss: got input (2, 4), target (1,); needs (N, in_features) and (N,), or"),
    # recurrent
    (lambda: nn.LSTM(3, 4, dropout=2), ValueError, "LSTM: dropout is a probability, in [0, 1], got 2."),
    (lambda: nn.LSTM(3.0, 4), TypeError, "LSTM: input_size must be an int, got float."),
    (lambda: nn.GRU(3, 0), ValueError, "GRU: hidden_size must be above 0, got 0."),
    (lambda: nn.GRU(3, 4, num_layers=0), ValueError, "GRU: num_layers must be above 0, got 0."),
    (lambda: nn.LSTM(3, 4, proj_size=4), ValueError, "LSTM: proj_size must be from 0 to below hidden_size=4, got 4."),
    (lambda: nn.RNNBase("GRU", 3, 4, proj_size=2), ValueError, "RNNBase: only an LSTM can have proj_size."),
    (lambda: nn.RNNBase("MGU", 3, 4), ValueError,
     "RNNBase: mode must be one of RNN_TANH, RNN_RELU, LSTM, GRU, got 'MGU'."),
    (lambda: nn.RNN(3, 4, nonlinearity="gelu"), ValueError, "RNN: nonlinearity must be 'tanh' or 'relu', got 'gelu'."),
    (lambda: nn.RNNCell(3, 4, nonlinearity="gelu"), ValueError,
     "RNNCell: nonlinearity must be 'tanh' or 'relu', got 'gelu'."),
    (lambda: nn.GRU(3, 4)(z(3)), ValueError,
     "GRU: input has shape (3,); it needs (T, B, features), or (T, features) without B."),
    (lambda: nn.GRU(3, 4, batch_first=True)(z(1, 1, 1, 3)), ValueError,
     "GRU: input has shape (1, 1, 1, 3); it needs (B, T, features)"),
    (lambda: nn.GRU(3, 4)(z(5, 2, 4)), ValueError, "GRU: input has 4 features, built for input_size=3."),
    (lambda: nn.GRU(3, 4)(z(0, 2, 3)), ValueError, "GRU: input of shape (0, 2, 3) has no steps."),
    (lambda: nn.GRU(3, 4)(z(5, 2, 3), z(2, 2, 4)), ValueError,
     "GRU: h_0 must have shape (1, 2, 4), (layers · directions, …), got (2, 2, 4)."),
    (lambda: nn.LSTM(3, 4)(z(5, 3), (z(1, 4), z(1, 3))), ValueError,
     "LSTM: c_0 must have shape (1, 4), (layers · directions, …), got (1, 3)."),
    (lambda: nn.LSTM(3, 4)(z(5, 3), z(1, 4)), TypeError, "LSTM: hx must be a pair (h_0, c_0) of Tensors, got Tensor."),
    (lambda: nn.GRU(3, 4)(nn.utils.rnn.PackedSequence(z(4, 1, 3), i(2, 2))), ValueError,
     "GRU: a packed sequence's data must be (rows, features), got (4, 1, 3)."),
    (lambda: nn.GRU(3, 4)(z(5, 3).double()), TypeError,
     "Convert: input.float() (NumPy"),
    (lambda: nn.GRU(3, 4)(z(5, 3), z(1, 4).double()), TypeError, "Convert: h_0.float() (NumPy"),
    (lambda: nn.LSTMCell(3, 4)(i(1, 2, 3)), TypeError, "Convert: input.float()."),
    (lambda: nn.LSTMCell(3, 4)(z(3), (z(4), z(4).double())), TypeError,
     "Convert: hx.float() (NumPy"),
    (lambda: nn.GRUCell(3, 4)(z(2, 4)), ValueError,
     "GRUCell: input has shape (2, 4); it needs (B, 3), or (3,) without B."),
    (lambda: nn.RNNCell(3, 4)(z(2, 3), z(1, 4)), ValueError,
     "RNNCell: hx has shape (1, 4); for this input it needs (2, 4)."),
    (lambda: nn.LinearCrossEntropyLoss(2, 3, weight=z(2)), ValueError,
     "LinearCrossEntropyLoss: weight has shape (2,), needs (3,)."),
    # attention
    (lambda: nn.MultiheadAttention(0, 1), ValueError, MHA + "embed_dim and num_heads must be above 0, got 0 and 1."),
    (lambda: nn.MultiheadAttention(5, 2), ValueError, MHA + "embed_dim=5 does not divide into 2 heads."),
    (lambda: nn.MultiheadAttention(4, 2)(z(3, 2, 4), z(5, 4), z(5, 4)), ValueError,
     MHA + "all three inputs need 3 axes, or 2 without a batch; got query (3, 2, 4), key (5, 4), value (5, 4)."),
    (lambda: nn.MultiheadAttention(4, 2, kdim=3)(z(3, 2, 4), z(5, 2, 4), z(5, 2, 4)), ValueError,
     MHA + "built for 4, 3 and 4 features; got query (3, 2, 4), key (5, 2, 4), value (5, 2, 4)."),
    (lambda: nn.MultiheadAttention(4, 2)(z(3, 2, 4), z(5, 2, 4), z(6, 2, 4)), ValueError,
     MHA + "key and value must have the same steps and batch; got"),
    (lambda: nn.MultiheadAttention(4, 2)(z(3, 2, 4), z(5, 1, 4), z(5, 1, 4)), ValueError,
     MHA + "query and key must have the same batch; got"),
    (lambda: nn.MultiheadAttention(4, 2)(z(3, 4), z(3, 4), z(3, 4), attn_mask=z(3, 4)), ValueError,
     "multi_head_attention_forward: attn_mask must be (3, 3) or (2, 3, 3), got (3, 4)."),
    (lambda: nn.MultiheadAttention(4, 2)(z(3, 4), z(3, 4), z(3, 4), key_padding_mask=z(4)), ValueError,
     "multi_head_attention_forward: key_padding_mask must be (1, 3), got (1, 4)."),
    (lambda: nn.MultiheadAttention(4, 2)(z(3, 4), z(3, 4), z(3, 4), key_padding_mask=i(1, 0, 1)), TypeError,
     "multi_head_attention_forward: key_padding_mask must be bool or floating, got tensorgrad.int64."),
    (lambda: nn.MultiheadAttention(4, 2)(z(3, 4), z(3, 4), z(3, 4), is_causal=True), ValueError,
     "multi_head_attention_forward: is_causal only says that attn_mask is causal; pass the mask too"),
    (lambda: nn.TransformerEncoderLayer(**layer, activation="tanh"), ValueError,
     "TransformerEncoderLayer: activation must be 'relu', 'gelu' or a function, got 'tanh'."),
    (lambda: nn.Transformer(4, 2, 1, 1, 8)(z(5, 2, 4), z(3, 1, 4)), ValueError,
     "Transformer: src and tgt must have the same batch; got src (5, 2, 4), tgt (3, 1, 4)."),
    (lambda: nn.Transformer(4, 2, 1, 1, 8)(z(5, 2, 3), z(3, 2, 3)), ValueError,
     "Transformer: src and tgt must have d_model=4 features; got src (5, 2, 3), tgt (3, 2, 3)."),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ERRORS)), ids=[text[:60] for _, _, text in ERRORS])
def test_words(case: int) -> None:
    call, error, text = ERRORS[case]
    with pytest.raises(error, match=re.escape(text)):
        call()


def test_warnings() -> None:
    with pytest.warns(UserWarning, match="LSTM: dropout=0.5 acts between layers, and there is only one"):
        nn.LSTM(3, 4, dropout=0.5)
    with pytest.warns(UserWarning, match=re.escape("InstanceNorm1d: input (2, 4, 5) has 4 channels; built for 3; without")):
        nn.InstanceNorm1d(3)(z(2, 4, 5))
    with pytest.warns(UserWarning, match="trunc_normal_: mean 5.0 is more than two deviations outside"):
        nn.init.trunc_normal_(z(3), mean=5.0)
