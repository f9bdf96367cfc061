"""What distributed programs do: moves of wrapped modules, and work that goes on in the background."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.distributed import COLLECTIVES, FIRST, MOVES, POINT_TO_POINT, SENDS, WRAPPER
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Note, Subject, Text
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted, keyword


@dataclass(frozen=True, slots=True)
class WrappedMove(Use):
    """``model.to(…)`` and the like, where ``model`` surely is a ``DistributedDataParallel``."""

    @property
    def name(self) -> str:
        """The module as the user spells it; of one that is wrapped on the spot, what wraps it."""
        wrapper, bracket, _ = self.receiver.partition("(")
        return f"{wrapper.rpartition('.')[2]}(…)" if bracket else self.short_receiver

    def trains_afterwards(self) -> bool:
        """Whether training may follow: it does, or none has been seen yet."""
        events = [event for event in self.run.events if event.effect in _TRAINING]
        moved = self.run.events.index(self.event)
        before = [event for event in events if self.run.events.index(event) < moved]
        again = any(set(event.loops) & set(self.event.loops) for event in events)
        return again or len(before) < len(events) or not before

    def repeats_a_move(self) -> bool:
        """Whether the module was moved to the same place before it was wrapped."""
        node = self.node
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return True
        given = [ast.unparse(item) for item in node.args]
        if given and given[0] in self._own_devices():
            return True
        return any(
            isinstance(other, ast.Call)
            and isinstance(other.func, ast.Attribute)
            and other is not node
            and other.func.attr == node.func.attr
            and [ast.unparse(item) for item in other.args] == given
            and self.facts.span(other).start < self.at.start
            for other in self.facts.unit.nodes
        )

    def _own_devices(self) -> set[str]:
        """The devices that wrappers of the unit are told their module is on."""
        calls = (node for node in self.facts.unit.nodes if isinstance(node, ast.Call))
        listed = (keyword(call, "device_ids") for call in calls)
        return {ast.unparse(item) for each in listed if isinstance(each, ast.List) for item in each.elts}


_TRAINING = frozenset({Effect.FORWARD, Effect.BACKWARD, Effect.STEP})


class _WrappedMoves:
    def find(self, facts: Facts) -> Iterator[WrappedMove]:
        """Moves and conversions of modules that are wrapped for distributed training."""
        for event in facts.events(Effect.METHOD):
            if event.name in MOVES and event.subject.wrapped == WRAPPER and event.subject.must_be(kinds.MODULE):
                yield WrappedMove(facts, event, facts.trace, len(event.at) - 1)


@dataclass(frozen=True, slots=True)
class AsyncWork(Use):
    """A call that starts communication and returns before it is done."""

    @property
    def data(self) -> str | None:
        """What is sent or received, where it has a name."""
        node = self.argument_node(0, *FIRST)
        return dotted(node) if node is not None else None

    @property
    def sends(self) -> bool:
        """Whether it only reads what it is given."""
        return self.event.name in SENDS

    def note_on(self, node: ast.AST, text: Text) -> tuple[Note, ...]:
        """A note at a node of this unit."""
        return (Note(self.facts.span(node), text),)

    def used_too_early(self) -> ast.AST | None:
        """Where the data is used before anybody waits; the call itself if nobody ever does; None if all is well."""
        node = self.node
        statement = self.facts.statement(node)
        if isinstance(statement, ast.Expr) and statement.value is node:
            return node
        if not isinstance(statement, ast.Assign) or statement.value is not node or len(statement.targets) > 1:
            return None
        handle = statement.targets[0]
        if not isinstance(handle, ast.Name) or handle.id == "_":
            return None
        uses = [other for other in self.facts.unit.nodes if isinstance(other, ast.Name) and other.id == handle.id]
        if all(isinstance(other.ctx, ast.Store) for other in uses):
            return node
        return self._used_before(handle.id, statement)

    def _used_before(self, handle: str, statement: ast.stmt) -> ast.AST | None:
        block, data = self.block_of(statement), self.data
        if block is None or data is None:
            return None
        for following in block[block.index(statement) + 1 :]:
            inside = [*ast.walk(following)]
            if any(isinstance(item, ast.Name) and item.id == handle for item in inside):
                return None
            found = next((item for item in inside if self._touches(item, data)), None)
            if found is not None:
                return found
        return None

    def _touches(self, node: ast.AST, data: str) -> bool:
        if not self.sends:
            is_read = isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)
            return is_read and dotted(node) == data
        if isinstance(node, ast.AugAssign):
            return dotted(node.target) == data
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            return dotted(node.value) == data
        is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if not is_method or not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        return node.func.attr.endswith("_") and dotted(node.func.value) == data


class _AsyncWorks:
    def find(self, facts: Facts) -> Iterator[AsyncWork]:
        """Calls of ``torch.distributed`` in the unit that return a handle."""
        if "isend" not in facts.unit.text and "irecv" not in facts.unit.text and "async_op" not in facts.unit.text:
            return
        for event in facts.events(Effect.CALL):
            package, _, name = event.name.rpartition(".")
            if package not in ("torch.distributed", "torch.distributed.distributed_c10d"):
                continue
            if name in POINT_TO_POINT or (name in COLLECTIVES and _is_async(facts, event)):
                yield AsyncWork(facts, event._replace(name=name), facts.trace, len(event.at) - 1)


def _is_async(facts: Facts, event: Event) -> bool:
    node = facts.at(event.at[-1])
    given = keyword(node, "async_op") if isinstance(node, ast.Call) else None
    return isinstance(given, ast.Constant) and given.value is True


WRAPPED_MOVES: Subject[WrappedMove] = _WrappedMoves()
ASYNC_WORKS: Subject[AsyncWork] = _AsyncWorks()
