"""The abstract state at one point of the program."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch_pitfalls.flow.devices import Device, same
from torch_pitfalls.flow.values import Site, Value, join
from torch_pitfalls.syntax.units import Ref

Chain = tuple[Ref, ...]
"""A place in the code as it is reached: calls from the outermost function inwards, the node last."""

GRAD_UNKNOWN, GRAD_ON, GRAD_OFF = 0, 1, 2


class Held(NamedTuple):
    """A state of a lifecycle, and the place that led into it (None: how it was at the start)."""

    state: str
    because: Chain | None


HeldSet = frozenset[Held]

GIVEN: HeldSet = frozenset({Held("given", None)})
"""Of an object that was not made before our eyes, and to which nothing has happened yet."""


class State:
    """Variables, objects, lifecycle states and grad mode. Copied at branches, joined where they meet.

    env     local variables of the running function
    heap    (object, attribute) → value; ``[]`` holds what a container contains
    held    object → the lifecycle states it may be in
    placed  module → the device it is surely on
    stages  (lifecycle, object) → the states of further lifecycles; missing: as it was given to us
    grad    whether autograd records
    assume  outcomes of conditions that this state took for granted, by their text
    """

    __slots__ = ("assume", "env", "grad", "heap", "held", "placed", "stages")

    def __init__(self) -> None:
        self.env: dict[str, Value] = {}
        self.heap: dict[tuple[Site, str], Value] = {}
        self.held: dict[Site, HeldSet] = {}
        self.placed: dict[Site, Device] = {}
        self.stages: dict[tuple[str, Site], HeldSet] = {}
        self.grad = GRAD_UNKNOWN
        self.assume: dict[str, bool] = {}

    def copy(self) -> State:
        """An independent copy."""
        new = State.__new__(State)
        new.env = self.env.copy()
        new.heap = self.heap.copy()
        new.held = self.held.copy()
        new.placed = self.placed.copy() if self.placed else {}
        new.stages = self.stages.copy() if self.stages else {}
        new.grad = self.grad
        new.assume = self.assume.copy() if self.assume else {}
        return new

    def take(self, other: State) -> None:
        """Become what another state is. The other one is used up."""
        for name in State.__slots__:
            setattr(self, name, getattr(other, name))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, State)
            and self.grad == other.grad
            and self.assume == other.assume
            and self.env == other.env
            and self.held == other.held
            and self.placed == other.placed
            and self.stages == other.stages
            and self.heap == other.heap
        )

    __hash__ = None  # type: ignore[assignment]


def join_states(a: State, b: State) -> State:
    """The state after two paths meet. ``a`` is used up."""
    _join_values(a.env, b.env)
    _join_values(a.heap, b.heap)
    for site, held in b.held.items():
        mine = a.held.get(site)
        a.held[site] = held if mine is None else mine | held
    if a.placed != b.placed:
        both = {site: same(device, b.placed.get(site)) for site, device in a.placed.items()}
        a.placed = {site: device for site, device in both.items() if device is not None}
    if a.stages != b.stages:
        for key in {*a.stages, *b.stages}:
            a.stages[key] = a.stages.get(key, GIVEN) | b.stages.get(key, GIVEN)
    if a.grad != b.grad:
        a.grad = GRAD_UNKNOWN
    if a.assume != b.assume:
        a.assume = {text: truth for text, truth in a.assume.items() if b.assume.get(text) is truth}
    return a


def _join_values(into: dict[Any, Value], other: dict[Any, Value]) -> None:
    for key, value in other.items():
        mine = into.get(key)
        into[key] = value if mine is None else (mine if mine is value else join(mine, value))


def merge(states: list[State], limit: int) -> list[State]:
    """Join the states that assume the same; beyond ``limit`` of them, join all."""
    if len(states) < 2:
        return states
    groups: dict[frozenset[tuple[str, bool]], State] = {}
    for state in states:
        key = frozenset(state.assume.items())
        groups[key] = join_states(groups[key], state) if key in groups else state
    merged = list(groups.values())
    if len(merged) > limit:
        first, *rest = merged
        for state in rest:
            first = join_states(first, state)
        return [first]
    return merged
