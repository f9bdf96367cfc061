"""What takes a value out of the graph it was computed in."""

from __future__ import annotations

from torch_pitfalls.knowledge.torch_names import NO_GRADIENT

NO_GRAD = "no_grad"
"""Autograd was off where it was computed."""

COMPARISON = "comparison"
"""``==``, ``<`` and their like: booleans have no gradient."""

TO_NUMBER = frozenset({"item", "tolist", "float", "int"})
TO_ARRAY = frozenset({"numpy"})

TO_INTEGERS = frozenset({"long", "int", "short", "bool", "byte", "char"})
"""Conversions of tensors to types that have no gradient."""

COPIES = frozenset({"tensor", "FloatTensor", "Tensor", "LongTensor", "Variable", "as_tensor", "asarray", "new_tensor"})
"""Functions that make a new tensor of the numbers that another one holds."""

CUTTING = (
    frozenset({"detach", "detach_", "data", COMPARISON}) | TO_NUMBER | TO_ARRAY | TO_INTEGERS | COPIES | NO_GRADIENT
)
"""All that leaves the graph while autograd is on."""

KEEPS = {"as_tensor": "data", "asarray": "obj", "sparse_coo_tensor": "values"}
"""Factories that take a tensor as it is, with its graph and device, and the parameter it is given for."""
