"""Batches of one sample that reach a batch normalisation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import class_info, resolve
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.state import Chain
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge import api, shapes
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import External, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import constant, dotted
from torch_pitfalls.syntax.units import UnitId

_MOVES = frozenset({"to", "cuda", "cpu", "float", "double", "half", "contiguous"})
_IMAGE = 4


@dataclass(frozen=True, slots=True)
class SingleBatch(Use):
    """A module in training mode is called on a batch that surely holds one sample.

    ``source`` is the loader or tensor that says so.
    """

    source: ast.AST | None = None

    def normalises_single_values(self) -> bool:
        """Whether the module surely holds a batch normalisation that sees one value per channel and sample."""
        return _is_single(self.facts.db, self.event.subject)


def _is_single(db: Database, module: Value) -> bool:
    if isinstance(module.what, Definition):
        return _class_is_single(db, module.what.unit)
    return module.what == "torch.nn.Sequential" and module.items is not None and _in_order(db, module.items)


def _in_order(db: Database, parts: tuple[Value, ...]) -> bool:
    """Whether a batch normalisation follows a linear layer in a sequence."""
    flat = False
    for part in parts:
        if part.what in shapes.NORMALISING and flat:
            return True
        if _is_single(db, part):
            return True
        flat = part.what in shapes.FLATTENING or (flat and part.what in shapes.KEEPING)
    return False


@query(on_cycle=False)
def _class_is_single(db: Database, id: UnitId) -> bool:
    info = class_info(db, id)
    forward = info.method("forward") if info is not None else None
    if forward is None or not _keeps_samples(db, forward):
        return False
    called: dict[int, Event] = {}
    for event in trace(db, forward).events:
        if event.effect not in (Effect.FORWARD, Effect.CALL) or len(event.at) != 1:
            continue
        what = event.subject.what
        if _is_single(db, event.subject):
            return True
        if what in shapes.NORMALISING and event.args and _is_flat(called, event.args[0]):
            return True
        for site in event.result.sites:
            called[site] = event
    return False


def _keeps_samples(db: Database, forward: UnitId) -> bool:
    """Whether nothing in a ``forward`` may give it more samples than its batch has, as points or pairs make."""
    found = unit(db, forward)
    if found is None or not isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    given = {each.arg for each in found.node.args.args[1:]}
    for node in found.nodes:
        if isinstance(node, ast.Call) and not _keeps_first_dimension(node):
            return False
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in given:
            if node.attr not in shapes.OF_TENSORS:
                return False
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _selects(node, given):
            return False
    return True


def _selects(node: ast.Subscript, given: set[str]) -> bool:
    """Whether an index picks from what ``forward`` is given: from a dictionary, or some of the samples."""
    return isinstance(node.value, ast.Name) and node.value.id in given and not isinstance(node.slice, ast.Tuple)


def _keeps_first_dimension(call: ast.Call) -> bool:
    """Whether a call, as it is written, leaves the number of samples alone."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    method = isinstance(call.func, ast.Attribute) and dotted(call.func.value) not in ("torch", "F")
    given = call.args if method else call.args[1:]
    if name in shapes.REGROUPING:
        return False
    if name in ("view", "reshape"):
        sizes = given[0].elts if len(given) == 1 and isinstance(given[0], (ast.Tuple, ast.List)) else given
        return bool(sizes) and not isinstance(sizes[0], (ast.BinOp, ast.UnaryOp))
    axis = next((item.value for item in call.keywords if item.arg in ("dim", "start_dim", "axis")), None)
    if name in ("cat", "concat", "flatten"):
        axis = axis or (given[0] if given else None)
        return axis is not None and constant(axis) not in (0, None)
    return True


def _is_flat(called: dict[int, Event], value: Value, depth: int = 0) -> bool:
    """Whether a value surely comes from a linear layer, through what keeps its shape."""
    if len(value.sites) != 1 or depth > 4:
        return False
    made = called.get(next(iter(value.sites)))
    if made is None:
        return False
    if made.subject.what in shapes.FLATTENING:
        return True
    keeps = made.subject.what in shapes.KEEPING or made.name in shapes.KEEPING_FUNCTIONS
    return keeps and bool(made.args) and _is_flat(called, made.args[0], depth + 1)


class _SingleBatches:
    def find(self, facts: Facts) -> Iterator[SingleBatch]:
        """Calls of modules in training mode on batches of one."""
        for event, run in facts.all_events(Effect.FORWARD):
            cause = _training_since(event)
            index = facts.here(event, cause, _is_shaped) if cause is not None else None
            node = facts.at(event.at[index]) if index is not None else None
            if index is None or not isinstance(node, ast.Call):
                continue
            source: ast.AST | None = node if _is_shaped(event) else None
            if index == len(event.at) - 1 and len(node.args) == 1:
                given = node.args[0]
                source = _explicit(facts, given) or _loaded(facts, event, given) or source
            if source is not None:
                yield SingleBatch(facts, event, run, index, None, source)


def _training_since(event: Event) -> Chain | None:
    """Where the module came into training mode, if it surely is."""
    if {held.state for held in event.before} != {"train"}:
        return None
    return next((held.because for held in event.before if held.because is not None), None)


def _is_shaped(event: Event) -> bool:
    """Whether the module is called on one tensor, which is known to be a batch of one vector or image."""
    shape = event.args[0].shape if len(event.args) == 1 and not event.kwargs else None
    return shape is not None and shape.whole and len(shape.dims) in (2, _IMAGE) and shape.dims[0] == 1


def _explicit(facts: Facts, node: ast.expr) -> ast.AST | None:
    """The factory that makes a batch of one vector or image."""
    node = _unmoved(node)
    if isinstance(node, ast.Name):
        made = [
            other.value
            for other in facts.unit.nodes
            if isinstance(other, ast.Assign) and any(dotted(target) == node.id for target in other.targets)
        ]
        bound = [
            other
            for other in facts.unit.nodes
            if (isinstance(other, ast.Name) and other.id == node.id and isinstance(other.ctx, ast.Store))
            or (isinstance(other, ast.arg) and other.arg == node.id)
        ]
        return _explicit(facts, made[0]) if len(made) == len(bound) == 1 and not isinstance(made[0], ast.Name) else None
    if not isinstance(node, ast.Call):
        return None
    symbol = resolve(facts.db, facts.id.path, node.func)
    if not isinstance(symbol, External) or api.canonical(symbol.qualified) not in shapes.SIZED:
        return None
    sizes = node.args[0].elts if len(node.args) == 1 and isinstance(node.args[0], (ast.Tuple, ast.List)) else node.args
    return node if len(sizes) in (2, _IMAGE) and constant(sizes[0]) == 1 else None


def _loaded(facts: Facts, event: Event, node: ast.expr) -> ast.AST | None:
    """The loop over a loader of batches of one, if the argument is a part of its batch as it came."""
    node = _unmoved(node)
    if not isinstance(node, ast.Name) or not event.loops:
        return None
    loop = event.loops[-1]
    for other in facts.trace.of(facts.id, Effect.ITERATE):
        options = dict(other.kwargs)
        if "collate_fn" in options or "batch_sampler" in options:
            continue
        if other.at == loop and options.get("batch_size", Value()).literal == (1,):
            statement = facts.at(loop[-1])
            if not isinstance(statement, (ast.For, ast.AsyncFor)):
                return None
            names = {name.id for name in ast.walk(statement.target) if isinstance(name, ast.Name)}
            return statement.iter if node.id in names and not _is_reshaped(statement, node.id) else None
    return None


def _is_reshaped(loop: ast.For | ast.AsyncFor, name: str) -> bool:
    """Whether the loop gives a variable another value than the same one elsewhere."""
    for node in ast.walk(loop):
        if node is loop or not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for one, value in pairs:
                if any(dotted(part) == name for part in ast.walk(one)) and dotted(_unmoved(value)) != name:
                    return True
    return False


def _unmoved(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MOVES:
        node = node.func.value
    return node


SINGLE_BATCHES: Subject[SingleBatch] = _SingleBatches()
