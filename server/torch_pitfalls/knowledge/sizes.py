"""What operations do to the number of elements of a tensor. Data only, checked against torch 2.13."""

from __future__ import annotations

REDUCTIONS = frozenset(
    """
    all amax amin any argmax argmin count_nonzero max mean median min nanmean nanmedian nansum norm prod std sum
    var
    """.split()
)
"""Operations that leave no dimension where they are given none."""

WHOLE = frozenset({"correction", "dtype", "out", "p", "unbiased"})
"""Keyword arguments under which they still do."""

DOWN_TO_ONE = frozenset({"dist", "dot", "trace", "vdot"})
"""Operations that never leave a dimension."""

POINTWISE = frozenset(
    """
    abs absolute acos asin atan ceil clamp clamp_max clamp_min clip contiguous cos cosh detach elu erf exp expm1
    floor gelu hardtanh leaky_relu log log10 log1p log2 log_softmax logsigmoid neg negative ones_like
    rand_like randn_like reciprocal relu round rsqrt sigmoid sign silu sin sinh softmax softplus sqrt square tan
    tanh zeros_like
    """.split()
)
"""Operations of one tensor that keep its shape."""

PAIRWISE = frozenset("add div mul multiply pow sub subtract true_divide".split())
"""Operations of two tensors that broadcast one against the other."""

REARRANGING = frozenset(
    "flatten flip moveaxis movedim permute ravel reshape swapaxes t transpose unsqueeze view".split()
)
"""Operations that keep the number of elements, and change the dimensions."""

RESHAPING_IN_PLACE = frozenset({"resize_", "resize_as_", "set_", "unsqueeze_"})
"""Methods that change the dimensions of a tensor in place."""

SIZED_FACTORIES = frozenset({"empty", "ones", "rand", "randn", "zeros"})
"""Factories that are given nothing but sizes."""

WIDTHS = {
    "torch.nn.Linear": "out_features",
    "torch.nn.Bilinear": "out_features",
    "torch.nn.LazyLinear": "out_features",
    "torch.nn.Embedding": "embedding_dim",
    **{f"torch.nn.Conv{n}d": "out_channels" for n in (1, 2, 3)},
    **{f"torch.nn.ConvTranspose{n}d": "out_channels" for n in (1, 2, 3)},
}
"""The parameter that says of how many elements at least the output of a module is, by the name of the module."""

SAME_SHAPE = frozenset(
    f"torch.nn.{name}"
    for name in """
        BatchNorm1d BatchNorm2d BatchNorm3d CELU Dropout Dropout1d Dropout2d Dropout3d ELU GELU GroupNorm Hardtanh
        Identity LayerNorm LeakyReLU LogSigmoid LogSoftmax Mish ReLU ReLU6 SELU SiLU Sigmoid Softmax Softplus Tanh
    """.split()
)
"""Modules whose output has the shape of the input."""
