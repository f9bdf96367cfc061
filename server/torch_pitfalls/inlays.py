"""What stands beside calls of modules for those who want it: the mode, and whether autograd records."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from torch_pitfalls.db import Database
from torch_pitfalls.facts import Facts, chunk_units
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_ON, GRAD_UNKNOWN
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.messages import Text, say
from torch_pitfalls.places import chunked
from torch_pitfalls.rule import Span

_MODES = {
    frozenset({"train"}): say("train"),
    frozenset({"eval"}): say("eval"),
    frozenset({"train", "eval"}): say("train or eval"),
}
_GRADS = {GRAD_ON: say("grad"), GRAD_OFF: say("no grad")}


class Inlay(NamedTuple):
    """A few words to be shown behind an offset of the file's text."""

    offset: int
    words: tuple[Text, ...]


def inlays(db: Database, path: str, within: Span) -> Iterator[Inlay]:
    """The mode and grad mode at the calls of modules in a part of a file's text, where the mode is known."""
    file = chunked(db, path)
    for number, start in file.starts.items():
        if start > within.end or start + len(db.input("chunk", path, number) or "") < within.start:
            continue
        for id in chunk_units(db, path, number):
            facts = Facts(db, id)
            if not id.name.endswith(".forward"):
                yield from (one._replace(offset=one.offset + start) for one in _in_unit(facts))


def _in_unit(facts: Facts) -> Iterator[Inlay]:
    own: dict[int, list[Event]] = {}
    visited: dict[int, list[Event]] = {}
    for event, run in facts.all_events(Effect.FORWARD):
        ref = next((ref for ref in reversed(event.at) if ref.unit == facts.id), None)
        if ref is not None and ref == event.at[-1] and event.subject.must_be(kinds.MODULE):
            (own if run is facts.trace else visited).setdefault(ref.n, []).append(event)
    for number in sorted({*own, *visited}):
        call = facts.unit.nodes[number]
        alone, called = own.get(number, []), visited.get(number, [])
        states = _states(alone) or _states(called)
        if states and isinstance(call, ast.Call):
            grad = _GRADS.get(_grad(alone, called))
            words = (_MODES[states], grad) if grad is not None else (_MODES[states],)
            yield Inlay(facts.span(call).end, words)


def _states(events: Iterable[Event]) -> frozenset[str]:
    """The modes in which a module is called; empty if one of them is not known."""
    states = frozenset(held.state for event in events for held in event.before)
    return states if states in _MODES else frozenset()


def _grad(alone: list[Event], called: list[Event]) -> int:
    """Whether autograd records: what switches it off in the unit itself counts, else the callers decide."""
    own = {event.grad for event in alone}
    if own == {GRAD_OFF}:
        return GRAD_OFF
    grads = {event.grad for event in called} or own
    return grads.pop() if len(grads) == 1 else GRAD_UNKNOWN
