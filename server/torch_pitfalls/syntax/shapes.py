"""Small pure questions about nodes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

CELL_MARK = "# %%\n"
"""The comment that begins a cell of a script."""
_CELL_MARK = re.compile(r"^#\s*(?:%%|In\s?\[)", re.M)


def has_cell_mark(text: str) -> bool:
    """Whether a text has a comment with which editors and exported notebooks begin a cell."""
    return _CELL_MARK.search(text) is not None


def dotted(node: ast.AST) -> str | None:
    """``a.b.c`` as text if the expression is only names and attributes."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))


def root_name(node: ast.AST) -> str | None:
    """The name on the left of attributes, indexes and calls: ``a`` of ``a.b[0].c()``."""
    while True:
        if isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return node.id if isinstance(node, ast.Name) else None


_EXPECTING = frozenset({"raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex"})


def expects_failure(node: ast.AST) -> bool:
    """Whether a node is the ``with`` of a test that wants what its body does to go wrong (``pytest.raises``)."""
    return isinstance(node, (ast.With, ast.AsyncWith)) and any(
        isinstance(item.context_expr, ast.Call)
        and (dotted(item.context_expr.func) or "").rpartition(".")[2] in _EXPECTING
        for item in node.items
    )


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def has_unpacking(call: ast.Call) -> bool:
    """Whether ``*args`` or ``**kwargs`` hide some arguments."""
    return any(isinstance(arg, ast.Starred) for arg in call.args) or any(item.arg is None for item in call.keywords)


def constant(node: ast.AST | None) -> Any:
    """The value of a constant, also of a negative number; ``...`` if it is not one."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        if isinstance(value, (int, float)):
            return -value
    return ...


def walk_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes below ``node`` that run with it: bodies of nested functions and classes are left out."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(current))


def decorator_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The last parts of the names of the decorators of a function."""
    names = set()
    for decorator in node.decorator_list:
        name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if name is not None:
            names.add(name.rpartition(".")[2])
    return names


def factors(node: ast.expr) -> Iterator[ast.expr]:
    """What is multiplied or divided in an expression; the expression itself where nothing is."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        yield from factors(node.left)
        yield from factors(node.right)
    else:
        yield node


def is_none(node: ast.expr | None) -> bool:
    """Whether an expression is ``None`` as it is written."""
    return isinstance(node, ast.Constant) and node.value is None


def sum_in(node: ast.expr | None) -> ast.BinOp | None:
    """The sum that an expression is, or that it is under a condition: ``a + b if c else d``."""
    parts = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)
    return next((part for part in parts if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add)), None)


def names_in(node: ast.AST) -> set[str]:
    """All names read or written below a node."""
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
