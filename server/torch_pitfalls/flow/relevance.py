"""Which functions are worth following, and what their bodies show without being run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.classes import class_info, resolve
from torch_pitfalls.flow.evidence import Evidence, gather
from torch_pitfalls.knowledge import api
from torch_pitfalls.knowledge.activations import ROUNDING
from torch_pitfalls.knowledge.devices import reads_host_memory
from torch_pitfalls.knowledge.frameworks import RELATIVES
from torch_pitfalls.names.resolve import External, scope, unit
from torch_pitfalls.names.scopes import Definition, Import
from torch_pitfalls.syntax.shapes import dotted, is_none, root_name, walk_scope
from torch_pitfalls.syntax.units import UnitId


@query(on_cycle=False)
def touches_torch(db: Database, id: UnitId) -> bool:
    """Whether a function, or one that it calls, names torch or anything that could lead there.

    What it is given does not count: methods of its arguments, and calls of them, do.
    """
    found = unit(db, id)
    if found is None:
        return True
    given = {node.arg for node in ast.walk(found.node) if isinstance(node, ast.arg)}
    for node in ast.walk(found.node):
        if isinstance(node, ast.Attribute) and (node.attr in _TELLING or node.attr in _TENSOR_WORDS):
            return True
        if isinstance(node, ast.Call) and _leads_to_torch(db, id, node.func, given):
            return True
        if isinstance(node, ast.Name) and node.id not in given and _names_torch(db, id, node):
            return True
    return False


@query()
def changes_in_place(db: Database, id: UnitId) -> bool:
    """Whether a function itself changes something in place."""
    found = unit(db, id)
    return found is not None and any(
        isinstance(node, ast.AugAssign)
        or (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.Attribute) and node.attr.endswith("_") and not node.attr.endswith("__"))
        for node in ast.walk(found.node)
    )


@query()
def cuts_into_classes(db: Database, id: UnitId) -> bool:
    """Whether a function itself compares something with one half, or rounds."""
    found = unit(db, id)
    return found is not None and any(
        (isinstance(node, ast.Constant) and node.value == 0.5)
        or (isinstance(node, ast.Attribute) and node.attr in ROUNDING)
        or (isinstance(node, ast.Name) and node.id in ROUNDING)
        for node in ast.walk(found.node)
    )


@query()
def makes_arrays(db: Database, id: UnitId) -> bool:
    """Whether a function has NumPy or matplotlib read what may be the memory of a tensor."""
    found = unit(db, id)
    called = (node.func for node in found.nodes if isinstance(node, ast.Call)) if found is not None else ()
    symbols = (resolve(db, id.path, func) for func in called)
    return any(isinstance(symbol, External) and reads_host_memory(symbol.qualified) for symbol in symbols)


@query()
def gathers(db: Database, id: UnitId) -> bool:
    """Whether a method adds to an attribute of its object: a meter, a history."""
    found = unit(db, id)
    return found is not None and any(_adds_to_self(node) for node in ast.walk(found.node))


def _adds_to_self(node: ast.AST) -> bool:
    target: ast.expr | None = None
    if isinstance(node, ast.AugAssign):
        target = node.target
    elif (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in api.CONTAINER_METHODS
    ):
        target = node.func.value
    return isinstance(target, (ast.Attribute, ast.Subscript)) and root_name(target) == "self"


_TENSOR_WORDS = frozenset(
    """
    grad detach item softmax log_softmax sigmoid cuda to cpu numpy parameters state_dict
    """.split()
)


def _leads_to_torch(db: Database, id: UnitId, func: ast.expr, given: set[str]) -> bool:
    name = dotted(func)
    if name is None:
        return not isinstance(func, ast.Attribute)
    first, _, rest = name.partition(".")
    if first == "self" and rest and "." not in rest and "." in id.name:
        info = class_info(db, UnitId(id.path, id.chunk, id.name.rpartition(".")[0]))
        method = info.method(rest) if info is not None else None
        return method is None or touches_torch(db, method)
    if first in given:
        return not rest
    symbol = resolve(db, id.path, func)
    if isinstance(symbol, Definition):
        return symbol.is_class or touches_torch(db, symbol.unit)
    if isinstance(symbol, External):
        return symbol.qualified.partition(".")[0] not in api.HARMLESS_PACKAGES or symbol.qualified.startswith("torch")
    return False


def _names_torch(db: Database, id: UnitId, node: ast.Name) -> bool:
    symbol = resolve(db, id.path, node)
    return isinstance(symbol, External) and symbol.qualified.startswith("torch")


@query(on_cycle=False)
def hands_back(db: Database, id: UnitId) -> bool:
    """Whether a function returns objects that it is given, or parts of them, as they are or in a display: a getter."""
    found = unit(db, id)
    if found is None:
        return False
    for node in walk_scope(found.node):
        shown = _shown(node.value) if isinstance(node, ast.Return) and node.value is not None else []
        if any(isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)) for value in shown):
            return True
    return False


def _shown(node: ast.expr) -> list[ast.expr]:
    """What a tuple, list or dict display holds; any other expression itself."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return node.elts
    return node.values if isinstance(node, ast.Dict) else [node]


@query()
def inherited_loop(db: Database, id: UnitId) -> UnitId | None:
    """The method that a class inherits from another one of the workspace, and whose loop calls what it defines itself.

    A base class of trainers holds the loop over the epochs; what an epoch does is up to the class.
    """
    info = class_info(db, id)
    if info is None or info.framework:
        return None
    own = {name for name, method in info.methods if method == UnitId(id.path, id.chunk, f"{id.name}.{name}")}
    inherited = [method for name, method in info.methods if name not in own and not name.startswith("__")]
    if not inherited or not any(touches_torch(db, method) for name, method in info.methods if name in own):
        return None
    return next((method for method in inherited if _loops_over(db, method, own)), None)


def _loops_over(db: Database, method: UnitId, names: set[str]) -> bool:
    found = unit(db, method)
    nodes = ast.walk(found.node) if found is not None else ()
    loops = [node for node in nodes if isinstance(node, (ast.For, ast.While))]
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
        for loop in loops
        for node in ast.walk(loop)
    )


@query(on_cycle={})
def evidence_of(db: Database, id: UnitId) -> Evidence:
    """What the body of a unit shows about the names it uses; nothing where the habits of torch do not hold."""
    found = unit(db, id)
    return gather(found.node) if found is not None and not is_about_a_relative(db, id.path) else {}


@query()
def is_about_a_relative(db: Database, path: str) -> bool:
    """Whether a file imports a framework that looks like torch, and not torch."""
    bound = (binding for found in scope(db, path).values() for binding in found)
    packages = {what.module.partition(".")[0] for what in bound if isinstance(what, Import) and not what.level}
    return bool(packages & RELATIVES) and not any(package.startswith("torch") for package in packages)


@query(on_cycle=frozenset())
def conditions_of(db: Database, id: UnitId) -> frozenset[str]:
    """The conditions of a unit whose outcomes go together."""
    found = unit(db, id)
    return repeated_conditions(found.node) if found is not None else frozenset()


def repeated_conditions(function: ast.AST) -> frozenset[str]:
    """Texts of conditions that decide more than one branch of a body, so that their outcomes go together."""
    counts: dict[str, int] = {}
    for test in _tests(function):
        text = ast.unparse(test)
        if len(text) < 80:
            counts[text] = counts.get(text, 0) + 1
    return frozenset(text for text, count in counts.items() if count > 1)


def _tests(function: ast.AST) -> Iterator[ast.expr]:
    for node in walk_scope(function):
        if isinstance(node, ast.If) and _matters(node):
            yield from _parts(node.test)
        elif isinstance(node, ast.Call) and node.args and dotted(node.func) is not None:
            name = str(dotted(node.func)).rpartition(".")[2]
            if name in ("train", "set_grad_enabled") and not isinstance(node.args[0], ast.Constant):
                yield from _parts(node.args[0])


@query(on_cycle=frozenset())
def optional_parameters(db: Database, id: UnitId) -> frozenset[str]:
    """Parameters that are None by default, and of which the body asks once whether they are given, in a branch."""
    found = unit(db, id)
    if found is None or not isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return frozenset()
    names = _none_by_default(found.node.args)
    if not names:
        return frozenset()
    asked = [name for node in found.nodes for name in _asked(node)]
    tests = (node for node in found.nodes if isinstance(node, ast.If))
    decided = {name for node in tests for part in (node, *ast.walk(node.test)) for name in _asked(part)}
    return frozenset(name for name in names & decided if asked.count(name) == 1)


def _none_by_default(parameters: ast.arguments) -> set[str]:
    named = [*parameters.posonlyargs, *parameters.args]
    pairs = [
        *zip(reversed(named), reversed(parameters.defaults), strict=False),
        *zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True),
    ]
    return {arg.arg for arg, default in pairs if is_none(default)}


def _asked(node: ast.AST) -> list[str]:
    """Names of which a node itself asks whether they are None, or true."""
    asked: list[ast.expr] = []
    if isinstance(node, ast.Compare) and any(map(is_none, node.comparators)):
        asked = [node.left]
    elif isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        asked = [node.test]
    elif isinstance(node, ast.BoolOp):
        asked = node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        asked = [node.operand]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bool":
        asked = node.args
    return [name.id for name in asked if isinstance(name, ast.Name)]


_TELLING = frozenset(
    {
        "backward",
        "step",
        "zero_grad",
        "train",
        "eval",
        "unscale_",
        "scale",
        "requires_grad_",
        "no_grad",
        "set_grad_enabled",
        "inference_mode",
        "clip_grad_norm_",
        "manual_backward",
    }
)


def _matters(branch: ast.If) -> bool:
    """Whether a branch does something to gradients or modes, so that its outcome is worth remembering."""
    return any(isinstance(node, ast.Attribute) and node.attr in _TELLING for node in ast.walk(branch)) or any(
        isinstance(node, (ast.Continue, ast.Break, ast.Return)) for node in ast.walk(branch)
    )


def _parts(test: ast.expr) -> Iterator[ast.expr]:
    """A condition and, under ``not``, ``and`` and ``or``, what it is made of."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _parts(test.operand)
        return
    yield test
    if isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _parts(value)
