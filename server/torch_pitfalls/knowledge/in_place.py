"""Operations and memory: what works in place, what backward needs again. Data only, checked against torch 2.13."""

from __future__ import annotations

WITH_TWIN = frozenset(
    """
    abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr arccos arccosh arcsin arcsinh arctan
    arctan2 arctanh as_strided asin asinh atan atan2 atanh baddbmm bernoulli bitwise_and bitwise_left_shift
    bitwise_not bitwise_or bitwise_right_shift bitwise_xor ceil clamp clamp_max clamp_min clip conj_physical
    copysign cos cosh cumprod cumsum deg2rad detach digamma div divide eq erf erfc erfinv exp exp2 expm1 fix
    float_power floor floor_divide fmod frac gcd ge greater greater_equal gt heaviside hypot i0 igamma
    igammac index_add index_copy index_fill index_put index_reduce lcm ldexp le lerp less less_equal lgamma
    log log10 log1p log2 logical_and logical_not logical_or logical_xor logit lt masked_fill masked_scatter
    mul multiply mvlgamma nan_to_num ne neg negative nextafter not_equal polygamma pow put rad2deg
    reciprocal relu remainder renorm resize resize_as round rsqrt scatter scatter_add scatter_reduce sgn
    sigmoid sign sin sinc sinh sqrt square squeeze sub subtract swapaxes swapdims t tan tanh transpose tril
    triu true_divide trunc unsqueeze xlogy
    """.split()
)
"""Tensor methods that have a form in place, with an underscore."""

WITHOUT_TWIN = frozenset(
    """
    alpha_dropout celu dropout dropout1d dropout2d dropout3d elu gelu glu hardsigmoid hardswish hardtanh leaky_relu
    log_softmax logsigmoid mish normalize pad relu6 selu silu softmax softmin softplus softsign tanhshrink
    """.split()
)
"""Functions of torch and ``torch.nn.functional`` that people call on one tensor, and that change nothing."""

VIEWS = frozenset("diagonal expand narrow permute select squeeze t transpose unsqueeze view view_as".split())
"""Methods that return another view of the same memory."""

CONVERSIONS = frozenset(
    """
    bfloat16 bool byte cdouble cfloat chalf char cpu cuda double float half hpu int ipu long mtia short
    to type type_as xpu
    """.split()
)
"""Methods that convert or move; discarding their result is a pitfall of its own."""

ONLY_TENSORS_HAVE = frozenset(
    """
    log_softmax masked_fill unsqueeze
    """.split()
)
"""Methods whose name is enough to know a tensor."""

SAVES_OUTPUT = frozenset(
    """
    amax amin cumprod exp exp2 expm1 inverse log_softmax  logsumexp norm  prod
    reciprocal relu rsqrt sigmoid softmax softmin sqrt std tan tanh
    """.split()
)
"""Operations whose result backward needs unchanged."""

SAVES_INPUT = frozenset(
    """
    abs acos acosh  amax amin asin asinh atan
    atanh avg_pool1d avg_pool2d avg_pool3d celu clamp clamp_max clamp_min clip cos cosh cumprod digamma elu
    erf erfc gelu hardsigmoid hardswish hardtanh leaky_relu lgamma log log10 log1p log2 logit logsigmoid
    logsumexp max_pool1d max_pool2d max_pool3d mish norm pow prod relu6 silu sin sinc sinh softplus
    softshrink softsign square std var
    """.split()
)
"""Operations of one tensor that backward needs unchanged."""

SAVES_OTHER = frozenset(
    """
    bmm div divide dot inner matmul mm mul multiply mv outer true_divide
    """.split()
)
"""Operations of two tensors: backward needs each of them unchanged if the other one takes part."""

LAYERS_SAVE_OUTPUT = frozenset(
    f"torch.nn.{name}" for name in ("Sigmoid", "Tanh", "ReLU", "Softmax", "LogSoftmax", "Softmin")
)
"""Modules whose result backward needs unchanged."""

LAYERS_SAVE_INPUT = frozenset(
    f"torch.nn.{name}"
    for name in """
        Linear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d BatchNorm1d BatchNorm2d
        BatchNorm3d LayerNorm GroupNorm GELU SiLU Mish LeakyReLU ELU CELU Hardtanh Hardswish ReLU6 Softplus
        AvgPool1d AvgPool2d AvgPool3d MaxPool1d MaxPool2d MaxPool3d
    """.split()
)
"""Modules whose input backward needs unchanged."""

OPERATORS = {"Mult": "mul", "Div": "div", "MatMult": "matmul", "Pow": "pow"}
"""Operators of Python that save something, by the names of their classes in the syntax tree."""
