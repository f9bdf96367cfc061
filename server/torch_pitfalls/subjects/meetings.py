"""Operations in which tensors of two devices come together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, home, root_of
from torch_pitfalls.flow.devices import MODULE, Device
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Note, Span, Subject, Text
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted

_NAME = 20


@dataclass(frozen=True, slots=True)
class Meeting(Use):
    """Something on one device meets something on another: the first is the one to be moved."""

    @property
    def stray(self) -> Device:
        """Where the one to be moved is."""
        found = self.event.subject.device
        assert found is not None
        return found

    @property
    def other(self) -> Device:
        """Where the other is."""
        found = self.event.args[0].device
        assert found is not None
        return found

    @property
    def in_module(self) -> bool:
        """Whether the other is wherever the module is whose method runs."""
        return MODULE in (self.stray.kind, self.other.kind)

    @property
    def is_module(self) -> bool:
        """Whether the one to be moved is a module."""
        return bool(self.event.subject.kinds & kinds.MODULE)

    def operand(self, which: str = "operand") -> ast.expr | None:
        """One of the two as it is written where they meet."""
        position = self._number(which)
        written = _operands(self.facts.foreign_node(self.event.at[-1]), self.event, self._number("arity"))
        return written[position] if position < len(written) else None

    def _number(self, name: str) -> int:
        value = dict(self.event.kwargs)[name].literal
        return int(value[0]) if value is not None else 0

    def name_of(self, which: str = "operand") -> str:
        """One of the two as people know it."""
        node = self.operand(which)
        return _cut(ast.unparse(node)) if node is not None else "*"

    @property
    def called(self) -> str:
        """The call in this unit through which the place is reached where they meet."""
        node = self.node
        return _cut(ast.unparse(node.func) if isinstance(node, ast.Call) else self.text)

    @property
    def elsewhere(self) -> str:
        """The device of the other as it is written where it was moved; a word for it where that is not seen."""
        target = self.target()
        return ast.unparse(target) if target is not None else self.other.name or "another device"

    def destination(self) -> str | None:
        """The name of the device to move to, if this unit knows one: best the one that the other was moved to."""
        if ":" in self.other.name:
            return None
        target = self.target()
        name = dotted(target) if target is not None else None
        return name if name is not None and self.in_scope(name) else self.device_in_scope()

    def target(self) -> ast.expr | None:
        """The expression that names the device of the other, where it was moved."""
        chain = self.other.at
        node = self.facts.foreign_node(chain[-1]) if chain else None
        if not isinstance(node, ast.Call):
            return None
        given = [item.value for item in node.keywords if item.arg == "device"]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "to" and node.args:
            given += node.args[:1]
        return given[0] if given else None

    def moved(self, device: str) -> tuple[Edit, ...]:
        """Edits that move the operand where it is written; empty where it is not."""
        node = self.operand()
        plain = isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call))
        written = self._number("operand") < self._number("arity")
        whole = self.direct and written and bool(self._number("whole"))
        if node is None or not whole or not plain:
            return ()
        end = self.facts.span(node).end
        return (Edit(Span(end, end), f".to({device})"),)

    def note_on_other(self, text: Text) -> tuple[Note, ...]:
        """A note where the other was put on its device."""
        return self.note_at(self.other.at, text) if self.other.at else ()


def _cut(text: str) -> str:
    """Code that shares a headline with other code."""
    return text if len(text) <= _NAME and "\n" not in text else f"{text.splitlines()[0][: _NAME - 1]}…"


def _operands(node: ast.AST | None, event: Event, arity: int) -> list[ast.expr]:
    """The expressions that take part in an operation, in the order of evaluation."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.AugAssign):
        return [node.target, node.value]
    if isinstance(node, ast.Call):
        given = [*node.args, *(item.value for item in node.keywords)]
        if event.name in ("call", "loss"):
            return [*given, node.func]
        if isinstance(node.func, ast.Attribute) and len(given) < arity:
            return [node.func.value, *given]
        return given
    return []


class _Meetings:
    def find(self, facts: Facts) -> Iterator[Meeting]:
        """Meetings whose cause and place part ways in the unit, in every run of it."""
        for event, run in facts.all_events(Effect.MEET):
            device = event.subject.device
            if device is None:
                continue
            index = own = home(event.at, device.at)
            while index > 0 and event.at[index].unit.path != facts.id.path:
                index -= 1
            if event.at[index].unit != facts.id or (index != own and _said_there(facts, event, own)):
                continue
            yield Meeting(facts, event, run, index, device.at)


def _said_there(facts: Facts, event: Event, index: int) -> bool:
    there = event.at[index:]
    unit = there[-1].unit
    return any(other.at == there for other in trace(facts.db, root_of(unit)).of(unit, Effect.MEET))


MEETINGS: Subject[Meeting] = _Meetings()
