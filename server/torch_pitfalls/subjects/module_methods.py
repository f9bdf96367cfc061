"""Methods of module classes that torch itself calls: how they are declared and what they pass on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import ClassInfo, class_info
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Trace
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.edits import insert_line, remove_line, with_comment
from torch_pitfalls.syntax.shapes import dotted, names_in, walk_scope
from torch_pitfalls.syntax.units import FunctionNode, Unit, UnitId


@dataclass(frozen=True, slots=True)
class Method:
    """A method that a class derived from ``nn.Module`` defines itself."""

    facts: Facts
    info: ClassInfo
    node: FunctionNode

    @property
    def at(self) -> Span:
        """Where to report it: its name, from the keyword on."""
        start = self.facts.span(self.node).start
        text = self.facts.chunk.text
        return Span(start, text.index(self.node.name, start) + len(self.node.name))

    @property
    def self_name(self) -> str | None:
        """The parameter that is the module."""
        parameters = [*self.node.args.posonlyargs, *self.node.args.args]
        return parameters[0].arg if parameters and "staticmethod" not in self._decorators() else None

    def _decorators(self) -> set[str]:
        found = (dotted(item.func if isinstance(item, ast.Call) else item) for item in self.node.decorator_list)
        return {name.rpartition(".")[2] for name in found if name}

    def is_plain(self) -> bool:
        """Whether it is an ordinary method: nothing wraps it, and it does not merely raise."""
        body = self.body()
        return (
            self.self_name is not None
            and not self.node.decorator_list
            and not (len(body) == 1 and isinstance(body[0], ast.Raise))
        )

    def body(self) -> list[ast.stmt]:
        """Its statements without the docstring."""
        first = self.node.body[0]
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        return self.node.body[1:] if is_text else self.node.body

    def passes_on(self) -> list[ast.Call]:
        """Calls of the same method of an ancestor: ``super().name(…)`` or ``Base.name(self, …)``."""
        return [node for node in walk_scope(self.node) if isinstance(node, ast.Call) and self._goes_up(node)]

    def _goes_up(self, call: ast.Call) -> bool:
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr != self.node.name:
            return False
        owner = func.value
        if isinstance(owner, ast.Call):
            return isinstance(owner.func, ast.Name) and owner.func.id == "super"
        first = call.args[0] if call.args else None
        return dotted(owner) is not None and isinstance(first, ast.Name) and first.id == self.self_name

    def own_calls(self) -> Iterator[tuple[ast.Call, str, UnitId | None]]:
        """Calls of methods of the module itself, with the method's name, and the method if it can be seen."""
        for node in walk_scope(self.node):
            name = dotted(node.func) if isinstance(node, ast.Call) else None
            owner, _, method = (name or "").rpartition(".")
            if isinstance(node, ast.Call) and owner and owner == self.self_name:
                yield node, method, self.info.method(method)

    def helpers_say(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern occurs in a method of the module that this one calls."""
        methods = [method for *_, method in self.own_calls() if method is not None]
        return any(pattern.search(self.facts.unit_text(method)) for method in methods)

    def calls(self, *names: str) -> bool:
        """Whether it calls a method of one of these names, on whatever object."""
        return any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names
            for node in walk_scope(self.node)
        )

    def returns(self) -> bool:
        """Whether it returns something."""
        return any(isinstance(node, ast.Return) and not _is_none(node.value) for node in walk_scope(self.node))

    # ── before the ancestor's __init__ ──

    def registered_too_early(self, call: ast.Call | None) -> ast.AST | None:
        """What first registers something before a call, or at all: an attribute of the object, or a call."""
        end = self.facts.span(call).start if call is not None else None
        found = [*self._stored(self.facts.unit, self.facts.trace), *self._registering_calls()]
        starts = {self.facts.span(node).start: node for node in found}
        first = min(starts, default=None)
        return starts[first] if first is not None and (end is None or first < end) else None

    def _stored(self, method: Unit, run: Trace) -> Iterator[ast.AST]:
        """Where a method assigns modules or parameters to the object."""
        for event in run.of(method.id, Effect.STORE):
            node = method.nodes[event.at[-1].n] if event.at[-1].unit == method.id else None
            if not isinstance(node, ast.Attribute) or dotted(node.value) != self.self_name:
                continue
            value = event.args[0]
            is_parameter = value.must_be(kinds.TENSOR) and value.what == "torch.nn.Parameter" and value.leaf
            if value.must_be(kinds.MODULE | kinds.LOSS) or is_parameter:
                yield node

    def _registering_calls(self) -> Iterator[ast.Call]:
        """Calls of methods of the object that register something."""
        for node, name, method in self.own_calls():
            if name in _REGISTERING if method is None else self._registers(method):
                yield node

    def _registers(self, method: UnitId) -> bool:
        """Whether a method surely assigns a module or parameter to the object."""
        found = unit(self.facts.db, method)
        if found is None or not isinstance(found.node, ast.FunctionDef):
            return False
        # What no condition, loop or exception keeps from running.
        plain = [statement for statement in found.node.body if isinstance(statement, (ast.Assign, ast.AnnAssign))]
        parts = {part for statement in plain for part in ast.walk(statement)}
        return any(node in parts for node in self._stored(found, trace(self.facts.db, method)))

    def may_initialise_elsewhere(self) -> bool:
        """Whether something it calls, or something around it, may call the ancestor's ``__init__``."""
        for node in walk_scope(self.node):
            if not isinstance(node, ast.Call):
                continue
            name = dotted(node.func)
            if name is not None and name.partition(".")[0] == self.self_name and name.count(".") == 1:
                method = self.info.method(name.partition(".")[2])
                if method is None:
                    if name.partition(".")[2] not in _REGISTERING:
                        return True
                elif re.search("__init__|__setstate__", self.facts.unit_text(method)):
                    return True
            elif isinstance(node.func, ast.Attribute) and node.func.attr in ("__init__", "__new__", "update"):
                return True
            if any(isinstance(arg, ast.Name) and arg.id == self.self_name for arg in node.args):
                return True
        return "__dict__" in self.facts.unit.text

    # ── edits ──

    def insert_first(self, line: str) -> tuple[Edit, ...]:
        """Put a line before the first statement; empty where the body shares its line with the head."""
        edit = insert_line(self.facts, self.body()[0], line, after=False) if self.body() else None
        return (edit,) if edit is not None else ()

    def move_first(self, call: ast.Call) -> tuple[Edit, ...]:
        """Make the statement of a call the first one; empty where it needs what comes before it."""
        statement = self.facts.statement(call)
        if not isinstance(statement, ast.Expr) or statement not in self.node.body:
            return ()
        stored = {
            node.id for node in walk_scope(self.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        given = [*call.args, *(item.value for item in call.keywords)]
        if any(names_in(item) & stored or "." in self.facts.text(item) for item in given):
            return ()
        taken = remove_line(self.facts, statement)
        put = self.insert_first(with_comment(self.facts, statement))
        return (*put, taken) if taken is not None and put else ()

    def append(self, line: str) -> tuple[Edit, ...]:
        """Put a line after the last statement; empty where that shares its line with others."""
        edit = insert_line(self.facts, self.node.body[-1], line, after=True)
        return (edit,) if edit is not None else ()


_REGISTERING = frozenset({"register_buffer", "register_parameter", "register_module", "add_module"})


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


@dataclass(frozen=True, slots=True)
class _ModuleMethods:
    name: str

    def find(self, facts: Facts) -> Iterator[Method]:
        """The method of that name, if the unit is one of a module class."""
        owner, _, name = facts.id.name.rpartition(".")
        if name != self.name or not owner or not isinstance(facts.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        info = class_info(facts.db, UnitId(facts.id.path, facts.id.chunk, owner))
        if info is not None and info.kind & (kinds.MODULE | kinds.LOSS):
            yield Method(facts, info, facts.node)


def module_methods(name: str) -> Subject[Method]:
    """Methods of this name that module classes define."""
    return _ModuleMethods(name)
