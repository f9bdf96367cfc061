"""Modules that only compute: they have neither parameters nor submodules."""

from __future__ import annotations

import ast
import re

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId


@query(on_cycle=False)
def is_without_parts(db: Database, id: UnitId) -> bool:
    """Whether modules of a class surely have neither parameters nor submodules, and only keep what they are given."""
    info = class_info(db, id)
    if info is None or not info.closed or info.framework or set(info.ancestors) - _BARE:
        return False
    bodies = [found for _, method in info.methods if (found := unit(db, method)) is not None]
    methods = {name for name, _ in info.methods}
    return not any(_may_hold_parts(body.node, body.text, methods) for body in bodies)


_BARE = frozenset({"torch.nn.Module", "object"})
_ADDS_PARTS = re.compile(r"\bParameter\b|\badd_module\b|\bregister_|\bsetattr\b|\b__dict__\b|\bparameters\(")
_PLAIN_CALLS = frozenset(
    {"int", "float", "str", "bool", "len", "tuple", "list", "dict", "range", "min", "max", "round"}
)


def _may_hold_parts(method: ast.AST, text: str, methods: set[str]) -> bool:
    """Whether a method may leave a submodule or parameter in an attribute, or calls what it was given as one."""
    if _ADDS_PARTS.search(text) or not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return True
    for node in ast.walk(method):
        if isinstance(node, ast.Call):
            owner, _, name = (dotted(node.func) or "").rpartition(".")
            if owner == "self" and name not in methods:
                return True
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and _stores_on_self(node):
            made = [item for item in ast.walk(node) if isinstance(item, ast.Call)]
            if any(dotted(call.func) not in _PLAIN_CALLS for call in made):
                return True
    return False


def _stores_on_self(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    stored = [item for target in targets for item in ast.walk(target)]
    return any(isinstance(item, ast.Attribute) and dotted(item.value) == "self" for item in stored)
