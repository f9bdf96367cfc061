"""Parameters with defaults that decide what a class or function makes: who sets them gets something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId


@query()
def class_options(db: Database, id: UnitId) -> frozenset[str]:
    """The parameters of ``__init__`` on whose defaults depends what the instances of a class do."""
    info = class_info(db, id)
    init = info.method("__init__") if info is not None else None
    if info is None or init is None:
        return frozenset()
    bodies = [found.node for _, method in info.methods if (found := unit(db, method)) is not None]
    return _deciding(db, init, bodies)


@query()
def function_options(db: Database, id: UnitId) -> frozenset[str]:
    """The parameters of a function on whose defaults depends what it does."""
    found = unit(db, id)
    return _deciding(db, id, [found.node] if found is not None else [])


def _deciding(db: Database, id: UnitId, bodies: list[ast.AST]) -> frozenset[str]:
    found = unit(db, id)
    if found is None or not isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return frozenset()
    defaults = _constant_defaults(found.node.args)
    chosen = {name for name, value in defaults.items() if value is None or isinstance(value, (bool, str))}
    numbers = set(defaults) - chosen
    if not numbers:
        return frozenset(chosen)
    kept = {name: name for name in numbers} | _attributes(found.node, numbers)
    tested = {name for body in bodies for test in _tests(body) for name in _names(test)}
    return frozenset(chosen | {parameter for name, parameter in kept.items() if name in tested})


def _constant_defaults(arguments: ast.arguments) -> dict[str, object]:
    named = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(named[len(named) - len(arguments.defaults) :], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {parameter.arg: default.value for parameter, default in pairs if isinstance(default, ast.Constant)}


def _attributes(init: ast.AST, names: set[str]) -> dict[str, str]:
    """Attribute → the parameter that it keeps."""
    return {
        place: node.value.id
        for node in ast.walk(init)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in names
        for place in map(dotted, node.targets)
        if place is not None
    }


def _tests(body: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(body):
        if isinstance(node, (ast.If, ast.IfExp, ast.While)):
            yield node.test
        elif isinstance(node, ast.Subscript):
            yield node.slice
        elif isinstance(node, ast.BoolOp):
            yield node


def _names(test: ast.expr) -> Iterator[str]:
    for node in ast.walk(test):
        name = dotted(node)
        if name is not None:
            yield name
