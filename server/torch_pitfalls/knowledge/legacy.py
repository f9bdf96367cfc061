"""Constructors from before torch 0.4. Data only."""

from __future__ import annotations

_DTYPES = {
    "Tensor": "float32",
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "LongTensor": "int64",
    "IntTensor": "int32",
    "ShortTensor": "int16",
    "CharTensor": "int8",
    "ByteTensor": "uint8",
    "BoolTensor": "bool",
}

CONSTRUCTORS = {
    **{f"torch.{name}": (dtype, "") for name, dtype in _DTYPES.items()},
    **{f"torch.cuda.{name}": (dtype, "cuda") for name, dtype in _DTYPES.items() if name != "Tensor"},
}
"""Constructor → the names of the dtype and of the device of what it makes; no device for the CPU."""

VARIABLE = "torch.autograd.Variable"
