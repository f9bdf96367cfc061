"""Clocks that are read before and after work on an accelerator."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import class_info, resolve
from torch_pitfalls.flow.devices import CPU
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import External
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Edit, Note, Span, Subject, Text
from torch_pitfalls.subjects.edits import insert_line
from torch_pitfalls.subjects.use import shortened
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId

CLOCKS = frozenset(
    {"time.time", "time.perf_counter", "time.monotonic", "time.perf_counter_ns", "time.time_ns", "timeit.default_timer"}
)
_WAITS = re.compile(
    r"synchronize|\.(?:item|cpu|tolist|numpy|any|all|nonzero|wait|result|get|join)\(|\bsync\b|Event\(|elapsed_time|barrier"
    r"|\b(?:print|float|int|bool|str|assert|save|imshow|plot)\b|allclose|block_until|masked_select|unique"
    r"|(?<!torch\.)\blog(?:s|ger|ging)?\b|\blog_(?:metric|scalar|dict|value|loss|image|stat|step|train)"
    r"|AverageMeter|\.update\(|isnan|isfinite|benchmark|\bgetattr\(|hooks?\b|callbacks?\b",
)
"""What waits for the device, or may: whatever reads a value on the host, or runs code that nobody sees here."""
_WORK = frozenset({Effect.FORWARD, Effect.LOSS, Effect.BACKWARD, Effect.STEP})
_ON_ACCELERATORS = re.compile(r"cuda|\.to\(\s*(?:self\.)?(?:args\.)?device|device=|accelerator")
_HARMLESS = re.compile(r"^(?:torch\.|time\.|timeit\.|(?:range|enumerate|zip|len|tuple|list|dict|tqdm)(?:\.|$))")


@dataclass(frozen=True, slots=True)
class Timing:
    """A difference of two readings of a clock, with work in between and nothing that waits for it."""

    facts: Facts
    start: ast.Call
    end: ast.Call
    work: Event

    @property
    def at(self) -> Span:
        """Where to report it: the second reading."""
        return self.facts.span(self.end)

    @property
    def clock(self) -> str:
        """The reading as it is written."""
        return shortened(self.facts.text(self.end))

    @property
    def worker(self) -> str:
        """What runs in between, as it is written."""
        node = self.facts.at(self.work.at[0])
        return shortened(ast.unparse(node.func)) if isinstance(node, ast.Call) else shortened(self.facts.text(node))

    def notes(self, started: Text, worked: Text) -> tuple[Note, ...]:
        """Notes at the first reading, and at the work."""
        at_work = self.facts.span(self.facts.at(self.work.at[0]))
        return Note(self.facts.span(self.start), started), Note(at_work, worked)

    def synchronized(self) -> tuple[Edit, ...]:
        """Edits that wait for the device before each reading; empty where a reading shares its line."""
        torch = self.facts.spelled("torch")
        if torch is None:
            return ()
        line = f"{torch}.cuda.synchronize()"
        lines = [insert_line(self.facts, node, line, after=False) for node in (self.start, self.end)]
        edits = tuple(line for line in lines if line is not None)
        return edits if len(edits) == len(lines) and edits[0].span != edits[1].span else ()


class _Timings:
    def find(self, facts: Facts) -> Iterator[Timing]:
        """Measured work of the unit that may still be going on when the clock is read."""
        clocks = {id(facts.at(event.at[-1])): event for event in facts.events(Effect.CALL) if event.name in CLOCKS}
        if not clocks or facts.spelled("torch") is None or not _ON_ACCELERATORS.search(facts.file_text()):
            return
        for node in facts.unit.nodes:
            if (
                not isinstance(node, ast.BinOp)
                or not isinstance(node.op, ast.Sub)
                or not isinstance(node.right, ast.Name)
            ):
                continue
            end = _reading(facts, node.left, node, clocks.keys())
            start = _reading(facts, node.right, end, clocks.keys()) if end is not None else None
            if start is None or end is None or not _is_straight(facts, start, end):
                continue
            work = _work_between(facts, start, end)
            if work is not None:
                yield Timing(facts, start, end, work)


def _reading(facts: Facts, node: ast.expr, before: ast.AST, clocks: object) -> ast.Call | None:
    """The call that reads a clock for an expression: itself, or the last one that a variable was set to."""
    known: set[int] = set(clocks)  # type: ignore[call-overload]
    if isinstance(node, ast.Call):
        return node if id(node) in known else None
    if not isinstance(node, ast.Name):
        return None
    limit = facts.span(before).start
    found: ast.expr | None = None
    for other in facts.unit.nodes:
        if not isinstance(other, ast.Assign) or facts.span(other).end > limit:
            continue
        if any(isinstance(target, ast.Name) and target.id == node.id for target in other.targets):
            found = other.value
    return found if isinstance(found, ast.Call) and id(found) in known else None


def _is_straight(facts: Facts, start: ast.AST, end: ast.AST) -> bool:
    """Whether what is between two readings runs from the one to the other."""
    first = facts.statement(start)
    block = getattr(facts.parents.get(first), "body", []) if first is not None else []
    path = [facts.statement(end), *facts.around(end)]
    later = [statement for statement in block if any(statement is item for item in path)]
    return first in block and bool(later) and block.index(later[0]) > block.index(first)


def _work_between(facts: Facts, start: ast.AST, end: ast.AST) -> Event | None:
    """Something that a module or optimizer does between two readings; None if something may wait for it."""
    first, last = facts.span(start).end, facts.span(end).start
    statement = facts.statement(end)
    if _WAITS.search(facts.chunk.text[first : facts.span(statement).start if statement is not None else last]):
        return None
    known: set[int] = set()
    found: Event | None = None
    for event in facts.trace.events:
        node = facts.at(event.at[0]) if event.at[0].unit == facts.id else None
        if node is None or not first <= facts.span(node).start < last:
            continue
        if event.effect in _WORK or event.effect is Effect.METHOD or _HARMLESS.match(event.name):
            known.add(id(node))
        if any(_WAITS.search(facts.unit_text(ref.unit)) for ref in event.at[1:]):
            return None
        if event.effect in _WORK and found is None and not _is_on_host(event):
            found = event
    spans = [(node, facts.span(node)) for node in facts.unit.nodes if isinstance(node, ast.Call)]
    calls = [node for node, span in spans if first <= span.start and span.end <= last]
    return found if all(id(node) in known or _is_seen(facts, node) for node in calls) else None


def _is_on_host(event: Event) -> bool:
    places = [value.device for value in event.args if value.device is not None]
    return bool(places) and all(place.kind == CPU for place in places)


def _is_seen(facts: Facts, node: ast.Call) -> bool:
    """Whether a call is one of a function whose source waits for nothing."""
    name = dotted(node.func)
    if name is None:
        return False
    if name.startswith("self.") and name.count(".") == 1:
        owner = facts.id.name.rpartition(".")[0]
        info = class_info(facts.db, UnitId(facts.id.path, facts.id.chunk, owner)) if owner else None
        method = info.method(name.partition(".")[2]) if info is not None else None
        return method is not None and not _WAITS.search(facts.unit_text(method))
    symbol = resolve(facts.db, facts.id.path, node.func)
    if isinstance(symbol, Definition):
        return not _WAITS.search(facts.unit_text(symbol.unit))
    return isinstance(symbol, External) and bool(_HARMLESS.match(symbol.qualified))


TIMINGS: Subject[Timing] = _Timings()
