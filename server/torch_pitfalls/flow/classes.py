"""Classes of the workspace: what they inherit, which methods they have, whether they depend on the mode."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.api import (
    FOREIGN_MODULES,
    FRAMEWORKS,
    MODULE_RETURNS_SELF,
    base_kind,
    canonical,
    kind_of_bases,
    mode_dependence,
    names_a_loss,
    returned_kind,
)
from torch_pitfalls.knowledge.signatures import default, named
from torch_pitfalls.names.resolve import External, Symbol, chunk, lookup, member, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import constant, dotted
from torch_pitfalls.syntax.units import UnitId


class ClassInfo(NamedTuple):
    """What is known of a class without running it.

    kind       what its instances are; INSTANCE if nothing more is known
    methods    name → unit, inherited ones included
    ancestors  canonical names of the ancestors outside the workspace
    framework  whether a framework calls its methods
    closed     whether all its ancestors are known
    loss       whether it only computes a loss, by its kind, its name or that of an ancestor
    """

    unit: UnitId
    kind: int
    methods: tuple[tuple[str, UnitId], ...]
    ancestors: tuple[str, ...]
    framework: bool
    closed: bool
    loss: bool = False

    def method(self, name: str) -> UnitId | None:
        """The unit of a method."""
        return next((unit for own, unit in self.methods if own == name), None)


def resolve(db: Database, path: str, node: ast.AST) -> Symbol | None:
    """What a dotted expression means in a file's module scope."""
    name = dotted(node)
    if name is None:
        return None
    first, *rest = name.split(".")
    symbol = lookup(db, path, first)
    for part in rest:
        symbol = member(db, symbol, part)
    return symbol


@query()
def class_info(db: Database, id: UnitId) -> ClassInfo | None:
    """The facts of a class; None if the unit is no class (any more)."""
    found = unit(db, id)
    if found is None or not isinstance(found.node, ast.ClassDef):
        return None
    node = found.node
    kind, framework, closed = kinds.UNKNOWN, False, True
    loss = names_a_loss(node.name)
    ancestors: list[str] = []
    methods: dict[str, UnitId] = {}
    for base in node.bases:
        symbol = resolve(db, id.path, base.value if isinstance(base, ast.Subscript) else base)
        if isinstance(symbol, Definition) and symbol.is_class and symbol.unit != id:
            above = class_info(db, symbol.unit)
            if above is None:
                closed = False
                continue
            kind |= above.kind if above.kind != kinds.INSTANCE else 0
            framework |= above.framework
            loss |= above.loss
            closed &= above.closed
            ancestors += above.ancestors
            for name, inherited in above.methods:
                methods.setdefault(name, inherited)
        elif isinstance(symbol, External):
            names = [
                canonical(symbol.qualified),
                *map(canonical, symbol.answer.bases if symbol.answer else ()),
            ]
            ancestors += names
            kind |= kind_of_bases(names)
            loss |= any(map(names_a_loss, names))
            framework |= symbol.qualified.partition(".")[0] in FRAMEWORKS
            closed &= bool(base_kind(names[0])) or names[0] in _PLAIN_BASES
        elif dotted(base) not in ("object", "ABC", "Exception"):
            closed = False
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            methods[statement.name] = UnitId(id.path, id.chunk, f"{id.name}.{statement.name}")
    if kind & kinds.LOSS:
        kind &= ~kinds.MODULE
    loss |= bool(kind & kinds.LOSS)
    if framework:
        kind |= kinds.FRAMEWORK
    known = tuple(methods.items()), tuple(dict.fromkeys(ancestors))
    return ClassInfo(id, kind or kinds.INSTANCE, *known, framework, closed, loss)


@query()
def made_later(db: Database, id: UnitId) -> dict[str, Definition]:
    """Attribute → class, where the methods of a class assign the attribute modules of that class alone, or None."""
    info = class_info(db, id)
    found: dict[str, set[Symbol | None]] = {}
    for method in dict.fromkeys(method for _, method in info.methods) if info is not None else ():
        for attribute, value in _assigned(db, method):
            if not (isinstance(value, ast.Constant) and value.value is None):
                found.setdefault(attribute, set()).add(_class_of(db, method.path, value))
    classes = {name: symbols.pop() for name, symbols in found.items() if len(symbols) == 1}
    return {name: symbol for name, symbol in classes.items() if isinstance(symbol, Definition)}


def _assigned(db: Database, method: UnitId) -> Iterator[tuple[str, ast.expr]]:
    """The attributes of ``self`` that a method assigns, with the values."""
    found = unit(db, method)
    for node in found.nodes if found is not None else ():
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and dotted(target.value) == "self":
                    yield target.attr, node.value


def _class_of(db: Database, path: str, made: ast.expr) -> Symbol | None:
    """The class of the workspace of which an expression makes a module, also one that is moved at once."""
    while isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.func.attr in MODULE_RETURNS_SELF:
        made = made.func.value
    symbol = resolve(db, path, made.func) if isinstance(made, ast.Call) else None
    info = class_info(db, symbol.unit) if isinstance(symbol, Definition) and symbol.is_class else None
    return symbol if info is not None and info.kind & kinds.MODULE and not info.framework else None


def is_loss(db: Database, module: Value) -> bool:
    """Whether a module only computes a loss, and is neither trained nor evaluated itself."""
    if module.must_be(kinds.LOSS):
        return True
    if isinstance(module.what, Definition):
        info = class_info(db, module.what.unit)
        return info is not None and info.loss
    return isinstance(module.what, str) and names_a_loss(module.what)


_PLAIN_BASES = frozenset(
    {"abc.ABC", "typing.NamedTuple", "typing.Generic", "typing.Protocol", "enum.Enum", "typing.TypedDict"}
)


NEVER, MAYBE, ALWAYS = "never", "maybe", "always"


@query(on_cycle=MAYBE)
def depends_on_mode(db: Database, id: UnitId) -> str:
    """Whether modules of a class behave differently in training and evaluation mode."""
    info = class_info(db, id)
    if info is None:
        return MAYBE
    verdict = NEVER if info.closed else MAYBE
    for name in info.ancestors:
        if name.startswith("torch.nn.") and mode_dependence(name) == "always":
            return ALWAYS
    bodies = [method for name, method in info.methods]
    for body in [id, *bodies]:
        found = _body_dependence(db, body)
        # What other packages do in ``forward`` computes; modules are built in ``__init__``.
        if found == MAYBE and body not in (id, info.method("__init__")):
            found = NEVER
        verdict = _worse(verdict, found)
        if verdict == ALWAYS:
            break
    # A loss computes: what cannot be seen of it has no mode.
    return NEVER if verdict == MAYBE and info.loss else verdict


@query(on_cycle=MAYBE)
def function_dependence(db: Database, id: UnitId) -> str:
    """Whether a function that helps to build modules builds mode-dependent ones."""
    return _body_dependence(db, id)


def _body_dependence(db: Database, id: UnitId) -> str:
    found = unit(db, id)
    if found is None:
        return MAYBE
    verdict = NEVER
    own: list[ast.AST] = [found.node]
    if isinstance(found.node, ast.ClassDef):
        own = [node for node in found.node.body if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for node, call in (reference for part in own for reference in _references(part)):
        verdict = _worse(verdict, _reference_dependence(db, id, node, call))
        if verdict == ALWAYS:
            return ALWAYS
    return verdict


def _reference_dependence(db: Database, id: UnitId, node: ast.expr, call: ast.Call | None) -> str:
    name = dotted(node)
    if name is None:
        return NEVER
    if name == "self.training":
        return ALWAYS
    first = name.partition(".")[0]
    if first == "self":
        return NEVER
    symbol = resolve(db, id.path, node)
    if isinstance(symbol, Definition):
        if symbol.unit.name == id.name or id.name.startswith(f"{symbol.unit.name}."):
            return NEVER
        if symbol.is_class:
            info = class_info(db, symbol.unit)
            if info is None or not info.kind & (kinds.MODULE | kinds.LOSS):
                return NEVER
            return depends_on_mode(db, symbol.unit)
        return function_dependence(db, symbol.unit)
    if isinstance(symbol, External):
        return _external_dependence(canonical(symbol.qualified), call)
    if symbol is None and call is not None and call.func is node and _is_argument(db, id, first):
        return NEVER if name.rpartition(".")[2] in _METHODS_OF_DATA else MAYBE
    return NEVER


def _external_dependence(qualified: str, call: ast.Call | None) -> str:
    if qualified.startswith("torch.nn.functional."):
        return ALWAYS if "dropout" in qualified or qualified.endswith("batch_norm") else NEVER
    if qualified.startswith("torch.nn."):
        depends = mode_dependence(qualified)
        if depends == "always":
            return ALWAYS
        option = {"dropout": "dropout", "tracking": "track_running_stats"}.get(depends)
        if option and call is not None:
            options = {item.arg: item.value for item in call.keywords if item.arg is not None}
            given = named(qualified, call.args, options).get(option)
            if given is None:
                return ALWAYS if default(qualified, option) == "True" else NEVER
            return NEVER if constant(given) in (0, 0.0, False) else MAYBE
        return NEVER
    if FOREIGN_MODULES.match(qualified) or (returned_kind(qualified) & kinds.MODULE):
        return MAYBE
    package = qualified.partition(".")[0]
    return NEVER if package in _NO_MODULES else MAYBE


_NO_MODULES = frozenset(
    {
        "torch",
        "math",
        "numpy",
        "copy",
        "typing",
        "functools",
        "collections",
        "einops",
        "os",
        "abc",
        "random",
        "dataclasses",
        "itertools",
        "logging",
        "warnings",
        "time",
        "sys",
    }
)


_METHODS_OF_DATA = frozenset(name for plain in (str, list, dict) for name in dir(plain))
"""What is called on an option (`activation.lower()`, `sizes.index(0)`) and builds no layer."""


def _is_argument(db: Database, id: UnitId, name: str) -> bool:
    """Whether a name is a parameter of the unit: what it builds is up to the caller."""
    found = unit(db, id)
    node = found.node if found is not None else None
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    arguments = node.args
    return any(arg.arg == name for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])


def _references(body: ast.AST) -> Iterator[tuple[ast.expr, ast.Call | None]]:
    """Dotted expressions that a body mentions, with the call if they are called; annotations build nothing."""
    called = {id(node.func): node for node in ast.walk(body) if isinstance(node, ast.Call)}
    annotated: set[int] = set()
    for node in ast.walk(body):
        if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
            annotated.update(map(id, ast.walk(node.annotation)))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            annotated.update(map(id, ast.walk(node.returns)))
    for node in ast.walk(body):
        if isinstance(node, (ast.Attribute, ast.Name)) and id(node) not in annotated:
            yield node, called.get(id(node))


def _worse(a: str, b: str) -> str:
    order = (NEVER, MAYBE, ALWAYS)
    return max(a, b, key=order.index)


def class_node(db: Database, id: UnitId) -> ast.ClassDef | None:
    """The syntax of a class where it now stands."""
    found = chunk(db, id.path, id.chunk).units.get(id.name)
    return found.node if found is not None and isinstance(found.node, ast.ClassDef) else None
