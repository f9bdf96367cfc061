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

SIZED = frozenset(f"torch.{name}" for name in ("randn", "rand", "ones", "zeros", "empty"))
"""Factories whose arguments are the sizes of the tensor."""
