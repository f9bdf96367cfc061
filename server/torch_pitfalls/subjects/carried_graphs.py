"""States that carry the graph of one iteration into the next."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import Spent
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Place, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted


@dataclass(frozen=True, slots=True)
class CarriedGraph(Use):
    """An iteration computes with what an earlier one has computed, and a backward went through that."""

    @property
    def spent(self) -> Spent:
        """The graph that is used up."""
        return _spent(self.event)[0]

    @property
    def is_of_this_unit(self) -> bool:
        """Whether the loop stands in this unit, and the state is a variable of it."""
        return bool(self.spent.loop[-1].unit == self.facts.id)

    @property
    def state(self) -> ast.expr | None:
        """Where the state is read: the variable in the call, or the call itself if that is not plain to see."""
        for part in ast.walk(self.node) if self.is_of_this_unit else ():
            if isinstance(part, (ast.Name, ast.Attribute)) and dotted(part) == self.spent.name:
                return part
        return None

    @property
    def backward_at(self) -> Place | None:
        """Where the graph is used up."""
        return self.facts.place(self.spent.at[-1])

    @property
    def detached(self) -> str | None:
        """The code that detaches the state; None if nobody knows what it is."""
        values = {spent.name: value for spent, value in zip(_spent(self.event), self.event.args, strict=True)}
        names = ", ".join(values)
        if all(value.must_be(kinds.TENSOR) for value in values.values()):
            return f"{names} = {', '.join(f'{name}.detach()' for name in values)}"
        (value, *others) = values.values()
        pair = value.items is not None and all(item.must_be(kinds.TENSOR) for item in value.items)
        return f"{names} = tuple(part.detach() for part in {names})" if pair and not others else None

    def detach(self) -> tuple[Edit, ...]:
        """Edits that detach it after the backward, where it surely exists."""
        last = self.spent.at[self.index] if len(self.spent.at) > self.index else None
        code = self.detached
        if last is None or last.unit != self.facts.id or code is None or not self.is_of_this_unit:
            return ()
        edit = self.insert_after(self.facts.at(last), code)
        return (edit,) if edit is not None else ()


def _spent(event: Event) -> tuple[Spent, ...]:
    return tuple(value.spent for value in event.args if value.spent is not None)


class _CarriedGraphs:
    def find(self, facts: Facts) -> Iterator[CarriedGraph]:
        """Loops of this unit, in every run of it, that go on with a used-up graph; the first use of each state."""
        told = set()
        for event, run in facts.all_events(Effect.CARRY):
            spent = _spent(event)[0]
            if not spent.name or not event.result.sites & run.consumed:
                continue
            index = facts.here(event, spent.loop, _has_name)
            key = spent.loop[-1], spent.name
            if index is not None and key not in told:
                told.add(key)
                yield CarriedGraph(facts, event, run, index)


def _has_name(event: Event) -> bool:
    return bool(_spent(event)[0].name)


CARRIED_GRAPHS: Subject[CarriedGraph] = _CarriedGraphs()
