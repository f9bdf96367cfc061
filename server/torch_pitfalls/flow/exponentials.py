"""Exponentials on their way to a logarithm, and whether something keeps them from overflowing."""

from __future__ import annotations

import ast
from typing import Any

from torch_pitfalls.flow.values import Activation, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.activations import EXP, EXP_AND_ONE, SHIFTED, SUM_OF_EXP


def after_arithmetic(operator: ast.operator, left: Value, right: Value) -> Activation | None:
    """What arithmetic leaves of the activations of its operands."""
    if isinstance(operator, ast.Sub):
        return Activation(SHIFTED, ()) if not right.must_be(kinds.NUMBER) else None
    if isinstance(operator, ast.Add):
        for one, other in ((left, right), (right, left)):
            if one.literal in ((1,), (1.0,)) and other.act is not None and other.act.name == EXP:
                return other.act._replace(name=EXP_AND_ONE)
    return None


def after(operation: str, tensor: Value, at: tuple[Any, ...]) -> Activation | None:
    """What ``exp`` and a sum make of the activation of a tensor."""
    name = tensor.act.name if tensor.act is not None else ""
    if operation == "exp":
        return Activation(EXP, at) if name != SHIFTED else None
    if operation == "sum" and name == EXP:
        return Activation(SUM_OF_EXP, at)
    return None
