"""Where the cache of the GPU is emptied to no avail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, home
from torch_pitfalls.flow.state import Chain
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import chunk, unit
from torch_pitfalls.rule import Edit, Subject
from torch_pitfalls.subjects.use import Use, shortened
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import Ref

_COMPUTING = (Effect.FORWARD, Effect.LOSS, Effect.BACKWARD)
_ABOUT_DEVICES = re.compile(r"cuda|gpu|device|is_available|mps|accelerator", re.I)
_EPOCHS = re.compile(r"epoch", re.I)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class EmptiedCache(Use):
    """The cache is emptied in every iteration of a loop that computes, or before what it could free is released.

    ``later`` are the statements right behind it that release something; none where it is the loop that matters.
    """

    later: tuple[ast.stmt, ...] = ()

    @property
    def releasing(self) -> str:
        """The last of the statements that release something."""
        return shortened(ast.unparse(self.later[-1]))

    def removed(self) -> tuple[Edit, ...]:
        """Take the call out, with a condition that guards nothing else; empty where that is not plain."""
        statement = self.facts.statement(self.node)
        if not self.direct or not isinstance(statement, ast.Expr) or statement.value is not self.node:
            return ()
        outer: ast.stmt = statement
        parent = self.facts.parents.get(statement)
        if isinstance(parent, ast.If) and parent.body == [statement] and not parent.orelse:
            outer, parent = parent, self.facts.parents.get(parent)
        block = self.block_of(outer)
        edit = self.remove_line(outer)
        return (edit,) if edit is not None and block is not None and len(block) > 1 else ()

    def moved(self) -> tuple[Edit, ...]:
        """Put the call behind what releases memory."""
        statement = self.facts.statement(self.node)
        if statement is None or self.later[-1] not in (self.block_of(statement) or ()):
            return ()
        text = self.with_comment(statement)
        gone, put = self.remove_line(statement), self.insert_after(self.later[-1], text)
        if gone is None or put is None:
            return ()
        # The line of the last statement may end the file without a line break.
        return (gone, put) if gone.span.end <= put.span.start else ()


def _is_in_hot_loop(facts: Facts, event: Event, loop: Chain) -> bool:
    """Whether a loop computes in each iteration, and not only by loops inside of it."""
    node = facts.foreign_node(loop[-1])
    if isinstance(node, (ast.For, ast.AsyncFor)) and _EPOCHS.search(ast.unparse(node.target) + ast.unparse(node.iter)):
        return False
    if isinstance(node, ast.While) and _EPOCHS.search(ast.unparse(node.test)):
        return False
    if isinstance(node, _LOOPS) and _makes_models(facts, node, loop):
        return False
    inside = [other for other in facts.trace.events if other.effect in _COMPUTING and loop in other.loops]
    direct = [other for other in inside if other.loops[-1] == loop]
    return any(other.effect is Effect.BACKWARD for other in direct) or (bool(direct) and len(direct) == len(inside))


def _makes_models(facts: Facts, loop: ast.For | ast.AsyncFor | ast.While, chain: Chain) -> bool:
    """Whether each iteration is about a model of its own, whose memory may go back when it is done."""
    made = {
        dotted(target)
        for statement in ast.walk(loop)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(statement.value, ast.Call)
    }
    if isinstance(loop, (ast.For, ast.AsyncFor)):
        made |= {name.id for name in ast.walk(loop.target) if isinstance(name, ast.Name)}
    for other in facts.trace.events:
        if other.effect is Effect.FORWARD and chain in other.loops:
            call = facts.foreign_node(other.at[-1])
            if isinstance(call, ast.Call) and (dotted(call.func) or "").partition(".")[0] in made:
                return True
    return False


def _is_conditional(facts: Facts, ref: Ref) -> bool:
    """Whether code runs only now and then, or only when something went wrong."""
    found = unit(facts.db, ref.unit)
    node = facts.foreign_node(ref)
    if found is None or node is None:
        return True
    parents = {child: outer for outer in found.nodes for child in ast.iter_child_nodes(outer)}
    inner: ast.AST = node
    current = parents.get(node)
    while current is not None and not isinstance(current, _LOOPS):
        if isinstance(current, ast.ExceptHandler) or inner in getattr(current, "finalbody", ()):
            return True
        if isinstance(current, (ast.If, ast.IfExp)) and not _ABOUT_DEVICES.search(ast.unparse(current.test)):
            return True
        inner, current = current, parents.get(current)
    return False


def _releases(statement: ast.stmt | None) -> bool:
    if isinstance(statement, ast.Delete):
        return True
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and dotted(call.func) == "gc.collect"


def _released_later(use: EmptiedCache) -> tuple[ast.stmt, ...]:
    """The statements right behind a call that release what it could have freed; none if some come before it."""
    statement = use.facts.statement(use.node)
    if not isinstance(statement, ast.Expr) or statement.value is not use.node:
        return ()
    block = _block(use, statement)
    position = block.index(statement)
    if position and _releases(block[position - 1]):
        return ()
    end = position + 1
    while end < len(block) and _releases(block[end]):
        end += 1
    following = block[end] if end < len(block) else None
    again = following is not None and ast.unparse(following) == ast.unparse(statement)
    return () if again else tuple(block[position + 1 : end])


def _block(use: EmptiedCache, statement: ast.stmt) -> list[ast.stmt]:
    """The statements among which a statement stands; those of the module body are in chunks of their own."""
    block = use.block_of(statement)
    facts = use.facts
    if block is None or not isinstance(facts.parents.get(statement), ast.Module):
        return block or [statement]
    layout = facts.db.input("layout", facts.id.path)
    position = layout.index(facts.id.chunk)
    near = layout[max(0, position - 1) : position + 4]
    trees = [facts.chunk.tree if each == facts.id.chunk else chunk(facts.db, facts.id.path, each).tree for each in near]
    return [each for tree in trees for each in tree.body]


class _EmptiedCaches:
    def find(self, facts: Facts) -> Iterator[EmptiedCache]:
        """Calls of the unit, or reached from a loop of it, that empty the cache; each place once."""
        told: set[ast.AST] = set()
        for event in facts.trace.of(facts.id, Effect.EMPTY):
            found = _useless(facts, event)
            if found is not None and found.node not in told:
                told.add(found.node)
                yield found


def _useless(facts: Facts, event: Event) -> EmptiedCache | None:
    last = len(event.at) - 1
    if event.loops and _is_in_hot_loop(facts, event, event.loops[-1]):
        index = home(event.at, event.loops[-1])
        if event.at[index].unit == facts.id and not any(_is_conditional(facts, ref) for ref in event.at[index:]):
            return EmptiedCache(facts, event, facts.trace, index)
    if event.at[last].unit != facts.id:
        return None
    use = EmptiedCache(facts, event, facts.trace, last)
    later = _released_later(use)
    return EmptiedCache(facts, event, facts.trace, last, later=later) if later else None


EMPTIED_CACHES: Subject[EmptiedCache] = _EmptiedCaches()
