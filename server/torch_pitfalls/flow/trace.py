"""What an interpretation has seen: the only thing that subjects and rules may ask."""

from __future__ import annotations

from typing import NamedTuple

from torch_pitfalls.flow.state import GRAD_ON, Chain, HeldSet
from torch_pitfalls.flow.values import Site, Value
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.syntax.units import UnitId


class Event(NamedTuple):
    """Something that happens to a value.

    effect  what happens; at  where, calls from the outermost function inwards
    loops   the loops around it, outermost first
    name    the API or method, by its qualified name where it has one
    subject to whom; args, kwargs  with what; result  what comes out
    before  lifecycle states of the subject just before; grad  the grad mode
    entry   whether a with-statement enters it, a decorator wraps with it, or neither
    """

    effect: Effect
    at: Chain
    loops: tuple[Chain, ...]
    name: str
    subject: Value
    args: tuple[Value, ...]
    kwargs: tuple[tuple[str, Value], ...]
    result: Value
    before: HeldSet
    grad: int


class Trace:
    """Events of one interpreted unit, in the order of evaluation.

    consumed   objects from which a value was computed that a backward started from
    given      objects that the unit was given: its callers may go on with what is put there
    returned   what the unit returns
    handed_on  objects that flowed out of sight: returned, stored outside, given to unseen code
    entries    grad modes in which other units were entered from here
    attributes what a module body or ``__init__`` leaves in its variables or attributes
    grad_after the grad mode at the end
    complete   false if the work was cut short
    """

    __slots__ = (
        "_by_unit",
        "attributes",
        "complete",
        "consumed",
        "entries",
        "events",
        "given",
        "grad_after",
        "handed_on",
        "returned",
    )

    def __init__(self) -> None:
        self._by_unit: dict[tuple[UnitId, Effect], list[Event]] | None = None
        self.events: list[Event] = []
        self.given: frozenset[Site] = frozenset()
        self.consumed: set[Site] = set()
        self.handed_on: set[Site] = set()
        self.returned: Value = Value()
        self.entries: dict[UnitId, set[int]] = {}
        self.attributes: dict[str, Value] = {}
        self.complete = True
        self.grad_after = GRAD_ON

    def of(self, unit: UnitId, effect: Effect) -> list[Event]:
        """Events of one effect that happen at nodes of a unit, or are reached through them."""
        if self._by_unit is None:
            index: dict[tuple[UnitId, Effect], list[Event]] = {}
            for event in self.events:
                for unit_ in {ref.unit for ref in event.at}:
                    index.setdefault((unit_, event.effect), []).append(event)
            self._by_unit = index
        return self._by_unit.get((unit, effect), [])

    def maker(self, value: Value, effect: Effect) -> Chain | None:
        """The last place where something with an effect made what a value was computed from."""
        sources = value.origins | value.sites
        made = (event.at for event in reversed(self.events) if event.effect is effect and event.result.sites & sources)
        return next(made, None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Trace.__slots__ if name != "_by_unit")

    __hash__ = None  # type: ignore[assignment]
