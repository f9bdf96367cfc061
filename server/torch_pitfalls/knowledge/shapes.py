"""What modules and functions do to the number of values that a channel has."""

from __future__ import annotations

FLATTENING = frozenset({"torch.nn.Linear", "torch.nn.LazyLinear", "torch.nn.Bilinear"})
"""Modules whose output has one value per channel and sample, where their input is a batch of vectors."""

KEEPING = frozenset(
    f"torch.nn.{name}"
    for name in """
        AlphaDropout Dropout ELU GELU Hardswish Hardtanh Identity LeakyReLU Mish PReLU ReLU ReLU6 SELU SiLU Sigmoid
        Softplus Tanh LayerNorm
    """.split()
)
"""Modules that leave the shape alone."""

KEEPING_FUNCTIONS = frozenset(
    f"torch.nn.functional.{name}"
    for name in "dropout elu gelu hardswish leaky_relu mish relu relu6 selu sigmoid silu softplus tanh".split()
)

NORMALISING = frozenset({"torch.nn.BatchNorm1d", "torch.nn.LazyBatchNorm1d"})
"""Need more than one value per channel in training mode."""

REGROUPING = frozenset(
    """
    einsum expand index_select masked_select pack_padded_sequence rearrange repeat repeat_interleave stack tile unfold
    """.split()
)
"""Operations that may leave another number of samples than they are given."""

OF_TENSORS = frozenset(
    """
    contiguous cuda data detach device dim dtype flatten float half mean ndim permute requires_grad reshape shape size
    squeeze sum to transpose type unsqueeze view
    """.split()
)
"""What code asks of a batch that is one tensor."""

SIZED = frozenset(f"torch.{name}" for name in ("randn", "rand", "ones", "zeros", "empty"))
"""Factories whose arguments are the sizes of the tensor."""

WIDE = FLATTENING
"""Layers that say with ``out_features`` how many values the last dimension of their output has."""

LINES = frozenset({"arange", "linspace", "logspace", "randperm", "range"})
"""Factories whose tensors have one dimension."""

TRANSPARENT = frozenset("clone cumsum dropout flip masked_fill nan_to_num normalize requires_grad_ roll".split())
"""Operations that keep the shape, beside those on each element."""

SAME_AS_OTHER = frozenset({"expand_as", "gather", "reshape_as", "view_as"})
"""Operations whose result has the shape of an argument."""

CONDENSING = frozenset(
    """
    all amax amin any argmax argmin logsumexp max mean median min nanmean nansum norm prod std sum var
    """.split()
)
"""Operations that leave out the dimension that they are given."""

TURNING_IN_PLACE = frozenset({"squeeze_", "swapaxes_", "swapdims_", "t_", "transpose_"})
"""Methods that give a tensor other dimensions in place, with the same number of elements."""
