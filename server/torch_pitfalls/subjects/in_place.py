"""Tensors that are changed in place while backward still needs them, and tensors behind autograd's back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, home
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.flow.saving import Need
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_ON
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import GRAPH_NO, SINGLE, derived
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import is_part_of
from torch_pitfalls.rule import Edit, Place, Span, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted, keyword
from torch_pitfalls.syntax.units import Ref, UnitId


def changed_name(change: Use) -> str:
    """The tensor that is changed in place as the user spells it."""
    node = change.node
    if isinstance(node, ast.AugAssign):
        return change.shortened(node.target)
    if isinstance(node, ast.Subscript):
        return change.shortened(node.value)
    if isinstance(node, ast.Call):
        out = keyword(node, "out")
        owner = node.func.value if _is_method(change, node) and isinstance(node.func, ast.Attribute) else out
        return change.shortened(owner or (node.args[0] if node.args else node))
    return change.short_receiver


def _is_method(change: Use, node: ast.Call) -> bool:
    return change.event.name.endswith("_") and isinstance(node.func, ast.Attribute)


@dataclass(frozen=True, slots=True)
class Spoil(Use):
    """A tensor is changed in place though backward, or later code, needs it as it was.

    ``reuse`` is where the later code reads it; None where backward does.
    """

    reuse: ast.AST | None = None

    @property
    def need(self) -> Need | None:
        """The operation whose backward needs the tensor; None if other code does."""
        return _need(self.event)

    @property
    def saved_at(self) -> Place | None:
        """Where that operation is."""
        need = self.need
        return self.facts.place(need.at[-1]) if need is not None else None

    @property
    def name(self) -> str:
        """The tensor as the user spells it."""
        return changed_name(self)

    def out_of_place(self) -> tuple[Edit, ...]:
        """Edits that make a new tensor instead; empty where there is no such form."""
        node, facts = self.node, self.facts
        if not self.direct or self.event.grad == GRAD_OFF:
            # Under ``no_grad`` a new tensor would have no graph.
            return ()
        if isinstance(node, ast.AugAssign) and isinstance(node.target, (ast.Name, ast.Attribute)):
            return self._spelled_out(node)
        if not isinstance(node, ast.Call):
            return ()
        statement = facts.statement(node)
        alone = isinstance(statement, ast.Expr) and statement.value is node
        flag = keyword(node, "inplace")
        if flag is not None:
            span = facts.span(flag)
            target = ast.unparse(node.args[0]) if node.args else ""
            put = Edit(Span(self.at.start, self.at.start), f"{target} = ")
            return (*((put,) if alone else ()), Edit(span, "False"))
        name = dotted(node.func.value) if isinstance(node.func, ast.Attribute) else None
        if not _is_method(self, node) or name is None or not isinstance(node.func, ast.Attribute):
            return ()
        end = facts.span(node.func).end
        edits = [Edit(Span(end - 1, end), "")]
        if alone:
            edits.insert(0, Edit(Span(self.at.start, self.at.start), f"{name} = "))
        elif not isinstance(statement, (ast.Assign, ast.Return)) or statement.value is not node:
            return ()
        return tuple(edits)

    def _spelled_out(self, node: ast.AugAssign) -> tuple[Edit, ...]:
        facts = self.facts
        target, value = facts.span(node.target), facts.span(node.value)
        operator = facts.chunk.text[target.end : value.start]
        if "\n" in operator or "=" not in operator:
            return ()
        spelled = f" = {facts.text(node.target)} {operator.strip().removesuffix('=')} "
        edits = [Edit(Span(target.end, value.start), spelled)]
        if isinstance(node.value, (ast.BinOp, ast.IfExp, ast.Compare, ast.BoolOp, ast.Lambda, ast.NamedExpr)):
            edits[0] = Edit(Span(target.end, value.start), f"{spelled}(")
            edits.append(Edit(Span(value.end, value.end), ")"))
        return tuple(edits)


def _need(event: Event) -> Need | None:
    what = event.args[0].what if event.effect is Effect.SPOIL else None
    return what if isinstance(what, Need) else None


def _goes_backward(facts: Facts, run: Trace, event: Event) -> bool:
    """Whether backward surely goes through the operation: here, or where a module is trained."""
    marks = event.args[0].sites
    if marks & run.consumed:
        return True
    owner, _, name = facts.id.name.rpartition(".")
    info = class_info(facts.db, UnitId(facts.id.path, facts.id.chunk, owner)) if owner and name == "forward" else None
    if info is None or not info.kind & kinds.MODULE or "self.training" in facts.unit.text:
        return False
    return bool(marks & derived(run.returned))


def _read_again(facts: Facts, event: Event) -> ast.AST | None:
    """Where the tensor that an activation overwrote is read as if it were still there."""
    node = facts.at(event.at[-1])
    statement = facts.statement(node)
    given = node.args[0] if isinstance(node, ast.Call) and node.args else None
    if not isinstance(given, ast.Name) or statement is None or isinstance(statement, ast.Expr):
        return None
    if isinstance(statement, ast.Assign) and any(
        isinstance(part, ast.Name) and part.id == given.id for target in statement.targets for part in ast.walk(target)
    ):
        return None
    end, skipped = facts.span(node).end, set(_not_run_after(facts, node))
    parent = facts.parents.get(statement)
    block = next((body for field in ("body", "orelse") if statement in (body := getattr(parent, field, []))), [])
    for later in block[block.index(statement) :] if block else []:
        for part in ast.walk(later):
            if part in skipped or not isinstance(part, ast.Name) or part.id != given.id:
                continue
            if facts.span(part).start >= end:
                return part if isinstance(part.ctx, ast.Load) and not _only_asks(facts, part) else None
    return None


def _not_run_after(facts: Facts, node: ast.AST) -> Iterator[ast.AST]:
    """What stands behind a node and ran before it, or not at all: conditions and alternatives of an expression."""
    for outer in facts.around(node):
        if isinstance(outer, ast.IfExp):
            yield from ast.walk(outer.test)
            yield from ast.walk(outer.orelse)


def _only_asks(facts: Facts, node: ast.Name) -> bool:
    """Whether a read wants the shape or the device, not the values."""
    parent = facts.parents.get(node)
    return isinstance(parent, ast.Attribute) and parent.attr in ("shape", "size", "device", "dtype", "ndim", "dim")


class _Spoils:
    def find(self, facts: Facts) -> Iterator[Spoil]:
        """Changes in place that come too early, in this unit or between a call and this unit."""
        for event in facts.trace.of(facts.id, Effect.SPOIL):
            need = _need(event)
            index = home(event.at, need.at) if need is not None else 0
            if event.at[index].unit == facts.id and _goes_backward(facts, facts.trace, event):
                yield Spoil(facts, event, facts.trace, index)
        for event in facts.events(Effect.OVERWRITE):
            again = _read_again(facts, event)
            if again is not None:
                yield Spoil(facts, event, facts.trace, len(event.at) - 1, reuse=again)


SPOILS: Subject[Spoil] = _Spoils()


@dataclass(frozen=True, slots=True)
class LeafChange(Use):
    """A leaf that requires grad is changed in place while autograd records, here or in what is called."""

    @property
    def name(self) -> str:
        """The leaf as the user spells it; the call where it is changed in what is called."""
        return changed_name(self) if self.direct else self.short_text


class _LeafChanges:
    def find(self, facts: Facts) -> Iterator[LeafChange]:
        """Changes of leaves in the unit, and in calls of it where what they lead to does not change one by itself."""
        seen: set[Ref] = set()
        for event in facts.trace.of(facts.id, Effect.IN_PLACE):
            if event.at[0].unit != facts.id or event.at[0] in seen or event.grad != GRAD_ON:
                continue
            if not facts.is_said_below(event, lambda other: other.grad == GRAD_ON):
                seen.add(event.at[0])
                inside = all(ref.unit == facts.id for ref in event.at)
                yield LeafChange(facts, event, facts.trace, len(event.at) - 1 if inside else 0)


LEAF_CHANGES: Subject[LeafChange] = _LeafChanges()


@dataclass(frozen=True, slots=True)
class DataAccess(Use):
    """``tensor.data``."""

    @property
    def owner(self) -> str:
        """The tensor as the user spells it."""
        node = self.node
        return self.shortened(node.value) if isinstance(node, ast.Attribute) else self.short_receiver

    def writes(self) -> bool:
        """Whether the tensor is written to through it."""
        return _changes(self.facts, self.node)


def _changes(facts: Facts, node: ast.AST) -> bool:
    """Whether something is written to what an expression names, where it stands."""
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        return True
    outer: ast.AST | None = facts.parents.get(node)
    while isinstance(outer, ast.Subscript) and outer.value is node:
        if not isinstance(outer.ctx, ast.Load):
            return True
        node, outer = outer, facts.parents.get(outer)
    if isinstance(outer, ast.Attribute):
        called = facts.parents.get(outer)
        in_place = outer.attr.endswith("_") and not outer.attr.endswith("__")
        return in_place and isinstance(called, ast.Call) and called.func is outer
    if isinstance(outer, ast.keyword):
        return outer.arg == "out"
    return isinstance(outer, ast.Call) and node in outer.args[:1] and ".init." in f".{ast.unparse(outer.func)}"


class _DataAccesses:
    def find(self, facts: Facts) -> Iterator[DataAccess]:
        """Reads of ``.data``, and assignments to it, on what is surely a tensor; torch's own are autograd itself."""
        if is_part_of(facts.db, facts.id.path, "torch"):
            return
        for event in facts.events(Effect.DATA, Effect.STORE):
            node = facts.at(event.at[-1])
            if event.name != "data" or not isinstance(node, ast.Attribute):
                continue
            parent = facts.parents.get(node)
            if event.subject.size == SINGLE and isinstance(parent, ast.Subscript) and parent.value is node:
                continue  # it raises, whatever is in front of the index
            if event.subject.graph == GRAPH_NO and not event.subject.leaf:
                continue  # there is no graph to go behind
            if event.grad == GRAD_OFF and isinstance(node.ctx, ast.Load) and not _changes(facts, node):
                continue  # autograd records nothing of what is computed from it
            named = isinstance(node.value, ast.Attribute) and node.value.attr in ("weight", "bias", "grad")
            if event.subject.must_be(kinds.TENSOR) or (named and not event.subject.known):
                yield DataAccess(facts, event, facts.trace, len(event.at) - 1)


DATA_ACCESSES: Subject[DataAccess] = _DataAccesses()
