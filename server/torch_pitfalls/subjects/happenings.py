"""Calls, effects and faults, wherever they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.state import Held
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use

_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True, slots=True)
class _Faults:
    effect: Effect
    states: frozenset[str]
    every: bool

    def _bad(self, event: Event) -> list[Held]:
        """The bad states, if the subject is in one on some path, or on every path where that is asked."""
        bad = [held for held in event.before if held.state in self.states and held.because is not None]
        return [] if self.every and len(bad) < len(event.before) else bad

    def find(self, facts: Facts) -> Iterator[Use]:
        """Uses of something in a bad state; one for each cause."""
        for event, run in facts.all_events(self.effect):
            bad = self._bad(event)
            if not bad:
                continue
            held = min(bad, key=lambda held: repr(held.because))
            assert held.because is not None
            index = facts.here(event, held.because, lambda other: bool(self._bad(other)))
            if index is not None:
                yield Use(facts, event, run, index, held.because)


def faults(effect: Effect, *states: str, every: bool = False) -> Subject[Use]:
    """Effects on something that is in one of the states on some path, or (``every``) on every path."""
    return _Faults(effect, frozenset(states), every)


@dataclass(frozen=True, slots=True)
class _Events:
    effects: tuple[Effect, ...]
    accept: Callable[[Event], bool]

    def find(self, facts: Facts) -> Iterator[Use]:
        """Events of the unit itself."""
        for event in facts.events(*self.effects):
            if self.accept(event):
                yield Use(facts, event, facts.trace, len(event.at) - 1)


def events(*effects: Effect) -> Subject[Use]:
    """Everything of some kind that happens in the unit itself."""
    return _Events(effects, lambda event: True)


def calls_to(*names: str) -> Subject[Use]:
    """Calls of functions and classes with these canonical names."""
    wanted = frozenset(names)
    return _Events((Effect.CALL,), lambda event: event.name in wanted)


def methods(*names: str) -> Subject[Use]:
    """Calls of methods with these names."""
    wanted = frozenset(names)
    return _Events((Effect.METHOD,), lambda event: event.name in wanted)


@dataclass(frozen=True, slots=True)
class _Either:
    subjects: tuple[Subject[Any], ...]

    def find(self, facts: Facts) -> Iterator[Any]:
        """What each of the subjects finds."""
        for subject in self.subjects:
            yield from subject.find(facts)


def either(first: Subject[_A], second: Subject[_B]) -> Subject[_A | _B]:
    """What one or the other of two subjects finds."""
    return _Either((first, second))


@dataclass(frozen=True, slots=True)
class _AnyOf:
    subjects: tuple[Subject[Use], ...]

    def find(self, facts: Facts) -> Iterator[Use]:
        """What each of the subjects finds."""
        for subject in self.subjects:
            yield from subject.find(facts)


def any_of(*subjects: Subject[Use]) -> Subject[Use]:
    """Everything that one of several subjects finds."""
    return _AnyOf(subjects)
