"""The interpreter's memory: sites, frames, the current state, the events. No semantics yet."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from torch_pitfalls.db import Database
from torch_pitfalls.flow.devices import Device
from torch_pitfalls.flow.evidence import Evidence
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_UNKNOWN, Chain, Held, HeldSet, State
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import GRAPH_NO, GRAPH_YES, NO_SITES, UNKNOWN, Site, Value, derived
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.lifecycles import FURTHER, GRADIENTS, MODE, TRAINING, Lifecycle
from torch_pitfalls.syntax.units import Ref, UnitId

STEP_BUDGET = 5_000
"""Statements that may be interpreted for one unit; beyond, calls are opaque and loops run once."""


@dataclass(slots=True)
class Frame:
    """A running function.

    unit      whose nodes are being interpreted
    chain     the calls that lead here
    closure   variables of the enclosing functions, innermost first
    evidence  kinds by usage, for names nothing better is known of
    split     texts of conditions that occur more than once: their outcomes are kept apart
    self_name the parameter that is the object a method runs on
    env       its variables, while functions it has called are running
    made      the site of a nested function
    optional  parameters that nobody gives here, as somebody else may give them
    resume    of a generator that is a context manager: runs what stands inside of the with-statement
    """

    unit: UnitId
    chain: Chain
    closure: tuple[dict[str, Value], ...] = ()
    evidence: Evidence = field(default_factory=dict)
    split: frozenset[str] = frozenset()
    loops: list[Chain] = field(default_factory=list)
    loop_nodes: list[ast.AST] = field(default_factory=list)
    returns: list[tuple[State, Value]] = field(default_factory=list)
    breaks: list[list[State]] = field(default_factory=list)
    continues: list[list[State]] = field(default_factory=list)
    globals: set[str] = field(default_factory=set)
    owner: UnitId | None = None
    self_name: str | None = None
    yields: list[Value] = field(default_factory=list)
    env: dict[str, Value] = field(default_factory=dict)
    made: Site | None = None
    optional: dict[str, Value] = field(default_factory=dict)
    is_module: bool = False
    resume: Callable[[Value], None] | None = None


class _Noted(NamedTuple):
    """What the trace is to know beside events: sites that were consumed or handed on, a unit entered."""

    what: str
    sites: frozenset[Site]
    unit: UnitId | None = None
    grad: int = 0


class Memory(NamedTuple):
    """What a machine knows of objects: from here another one can go on."""

    numbers: dict[Hashable, Site]
    parents: dict[Site, Site]
    fields: dict[Site, frozenset[str]]
    module_sites: frozenset[Site]
    site_what: dict[Site, Hashable]
    heap: dict[tuple[Site, str], Value]
    held: dict[Site, HeldSet]
    placed: dict[Site, Device]


class Machine:
    """State and bookkeeping shared by the layers of the interpreter."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.state = State()
        self.trace = Trace()
        self.log: list[Event | _Noted] = []
        self.frames: list[Frame] = []
        self.steps = 0
        self._numbers: dict[Hashable, Site] = {}
        self.parents: dict[Site, Site] = {}
        self.fields: dict[Site, set[str]] = {}
        self.module_sites: set[Site] = set()
        self._needed: set[Site] = set()
        self._outputs: set[Site] = set()
        self._carriers: dict[Site, tuple[Chain, ...]] = {}
        self._spending = False
        self.site_what: dict[Site, Hashable] = {}
        self.brought_back: set[Site | str] = set()
        """Modules, and variables of the module body by name, that went back to the CPU after an accelerator."""
        self.statement_call: ast.Call | None = None
        """The call that is a statement by itself, while that runs."""

    def memory(self) -> Memory:
        """A copy of what is known of objects."""
        fields = {site: frozenset(names) for site, names in self.fields.items()}
        state = self.state
        return Memory(
            dict(self._numbers),
            dict(self.parents),
            fields,
            frozenset(self.module_sites),
            dict(self.site_what),
            dict(state.heap),
            dict(state.held),
            dict(state.placed),
        )

    def restore(self, memory: Memory) -> None:
        """Go on from what another machine knew; for a machine that knows nothing yet."""
        self._numbers = dict(memory.numbers)
        self.parents = dict(memory.parents)
        self.fields = {site: set(names) for site, names in memory.fields.items()}
        self.module_sites = set(memory.module_sites)
        self.site_what = dict(memory.site_what)
        self.state.heap = dict(memory.heap)
        self.state.held = dict(memory.held)
        self.state.placed = dict(memory.placed)

    # ── places ──────────────────────────────────────────────────────────────────────────────

    @property
    def frame(self) -> Frame:
        """The running function."""
        return self.frames[-1]

    def place(self, node: ast.AST) -> Chain:
        """Where a node of the running function is, with the calls that lead there."""
        frame = self.frame
        return (*frame.chain, Ref(frame.unit, node.ordinal))  # type: ignore[attr-defined]

    def loops(self) -> tuple[Chain, ...]:
        """The loops around the current place, through all frames."""
        return tuple(loop for frame in self.frames for loop in frame.loops)

    def site(self, *key: Hashable) -> Site:
        """The number of an allocation site."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers) + 1
        return number

    def new_site(self, node: ast.AST, role: str = "") -> Site:
        """The site of an object that a node makes."""
        return self.site(self.place(node), role)

    def exhausted(self) -> bool:
        """Whether the work for this unit has become too much."""
        return self.steps > STEP_BUDGET

    # ── objects ─────────────────────────────────────────────────────────────────────────────

    def store(self, site: Site, name: str, value: Value) -> None:
        """Set an attribute of an object."""
        self.fields.setdefault(site, set()).add(name)
        self.state.heap[site, name] = value

    def load(self, site: Site, name: str) -> Value | None:
        """An attribute of an object as it was last set."""
        return self.state.heap.get((site, name))

    def below(self, sites: frozenset[Site]) -> set[Site]:
        """Objects and everything that can be reached from them through attributes."""
        seen: set[Site] = set()
        waiting = list(sites)
        while waiting:
            site = waiting.pop()
            if site in seen:
                continue
            seen.add(site)
            for name in self.fields.get(site, ()):
                value = self.state.heap.get((site, name))
                if value is not None:
                    waiting.extend(derived(value))
        return seen

    # ── lifecycles ──────────────────────────────────────────────────────────────────────────

    def held(self, site: Site) -> HeldSet:
        """The lifecycle states an object may be in; a part of a module is in the mode of the whole."""
        seen = 0
        current: Site | None = site
        while current is not None and seen < 6:
            found = self.state.held.get(current)
            if found is not None:
                return found
            current = self.parents.get(current)
            seen += 1
        return _UNKNOWN_STATE

    def all_held(self, value: Value) -> HeldSet:
        """The states of all objects that a value may be; unknown if its identity is."""
        if not value.sites:
            return _UNKNOWN_STATE
        return frozenset().union(*(self.held(site) for site in value.sites))

    def move(self, lifecycle: Lifecycle, effect: Effect, sites: frozenset[Site], at: Chain | None) -> None:
        """Let something happen to objects.

        A value of several sites is one object made on one of several branches, or each object of a
        loop in turn: either way it happens to whichever object is meant.
        """
        for site in sites:
            self.state.held[site] = frozenset(moved(lifecycle, effect, held, at) for held in self.held(site))

    def switch_mode(self, effect: Effect, value: Value, at: Chain | None) -> None:
        """``train()``, ``eval()`` or an unknown switch, for a module and its parts."""
        self.move(MODE, effect, value.sites, at)
        for site in self.below(value.sites) - value.sites:
            if site in self.module_sites and site in self.state.held:
                self.move(MODE, effect, frozenset({site}), at)

    # ── optimizers ──────────────────────────────────────────────────────────────────────────

    def optimizers(self) -> list[Site]:
        """The optimizers that exist in this state."""
        return [site for site in self.state.held if site not in self.module_sites]

    def holds(self, optimizer: Site) -> frozenset[Site] | None:
        """The modules and tensors whose parameters an optimizer holds; None if unknown."""
        value = self.load(optimizer, "#holds")
        return value.origins if value is not None and value.kinds else None

    def modules_of(self, sites: frozenset[Site]) -> frozenset[Site]:
        """Those of some objects that are modules or parameters."""
        return frozenset(site for site in sites if site in self.module_sites)

    def related(self, a: frozenset[Site], b: frozenset[Site]) -> bool:
        """Whether parameters of ``a`` may be parameters of ``b``."""
        return bool(self.below(a) & self.below(b))

    def backward_reaches(self, loss: Value) -> tuple[frozenset[Site], frozenset[Site]]:
        """Optimizers (surely, maybe) whose parameters a backward from ``loss`` gives gradients."""
        sources = self.modules_of(derived(loss))
        optimizers = self.optimizers()
        surely: set[Site] = set()
        maybe: set[Site] = set()
        for optimizer in optimizers:
            mine = self.holds(optimizer)
            if mine is not None and sources:
                if self.related(mine, sources):
                    surely.add(optimizer)
                elif any(self.load(site, "#opaque") is not None for site in self.below(sources | mine)):
                    maybe.add(optimizer)
            elif len(optimizers) == 1:
                surely.add(optimizer)
            else:
                maybe.add(optimizer)
        if len(surely) == 0 and len(maybe) == 1 and len(optimizers) == 1:
            return frozenset(maybe), NO_SITES
        return frozenset(surely), frozenset(maybe)

    def cleared_by(self, modules: frozenset[Site]) -> tuple[frozenset[Site], frozenset[Site]]:
        """Optimizers (surely, maybe) whose gradients clearing the gradients of modules clears."""
        optimizers = self.optimizers()
        surely: set[Site] = set()
        maybe: set[Site] = set()
        for optimizer in optimizers:
            mine = self.holds(optimizer)
            if mine is None:
                (surely if len(optimizers) == 1 else maybe).add(optimizer)
            elif mine <= self.below(modules):
                surely.add(optimizer)
            elif self.related(mine, modules):
                maybe.add(optimizer)
        return frozenset(surely), frozenset(maybe)

    def lose_track(self, sites: frozenset[Site]) -> None:
        """Unseen code may have stepped, scaled or unscaled with these optimizers."""
        for lifecycle in FURTHER:
            for site in sites:
                self.state.stages[lifecycle.name, site] = _UNKNOWN_STATE

    def lose_gradients(self, sites: frozenset[Site]) -> None:
        """Nothing is known any more of the gradients that these optimizers step on."""
        self.move(GRADIENTS, Effect.LOSE, sites, None)

    def lose_everything(self) -> None:
        """Text that could not be parsed may do anything."""
        self.lose_gradients(frozenset(self.optimizers()))
        self.move(MODE, Effect.LOSE, frozenset(self.module_sites), None)
        self.state.grad = GRAD_UNKNOWN

    # ── escapes ─────────────────────────────────────────────────────────────────────────────

    def escape(self, *values: Value) -> None:
        """Values were given to code that cannot be seen, and that code has run."""
        reached: set[Site] = set()
        for value in values:
            self._reach(value, reached)
        if not reached:
            return
        everything = self.below(frozenset(reached))
        optimizers = self.optimizers()
        modules = frozenset(site for site in everything if site in self.module_sites)
        hit = frozenset(site for site in optimizers if site in everything)
        for optimizer in optimizers:
            mine = self.holds(optimizer)
            if (mine is not None and modules and self.related(mine, modules)) or (mine is None and modules):
                hit |= {optimizer}
        self.lose_gradients(hit)
        self.lose_track(frozenset(site for site in optimizers if site in everything))
        self.move(MODE, Effect.LOSE, modules, None)
        for key in [key for key in self.state.stages if key[0] == TRAINING.name and key[1] in modules]:
            self.state.stages[key] = _UNKNOWN_STATE
        self.log.append(_Noted("handed on", frozenset(everything)))

    def _reach(self, value: Value, reached: set[Site]) -> None:
        """Collect the objects that code which is given a value can get at."""
        if value.kinds and not value.kinds & ~(kinds.PLAIN | kinds.STATE_DICT | kinds.LOADER | kinds.DATASET):
            return
        if value.may_be(kinds.TENSOR) and value.graph != GRAPH_NO and value.origins:
            self._maybe_backward(value)
            self.hand_on(value)
        if value.must_be(kinds.TENSOR):
            return
        reached |= value.sites
        if value.kinds & (kinds.TRACKED | kinds.PARAMETERS):
            reached |= value.origins
        for inner in (*(value.items or ()), *((value.each,) if value.each is not None else ())):
            self._reach(inner, reached)
        for site in value.sites:
            inner_value = self.load(site, "[]")
            if inner_value is not None:
                self._reach(inner_value, reached)

    def hand_on(self, value: Value) -> None:
        """A value flows out of sight, though no unseen code has used it yet."""
        reached = derived(value)
        if reached:
            self.log.append(_Noted("handed on", frozenset(self.below(reached))))

    def consume(self, value: Value) -> None:
        """A backward starts from a value."""
        self.log.append(_Noted("consumed", derived(value)))

    def enter(self, unit: UnitId) -> None:
        """Another unit begins to run."""
        self.log.append(_Noted("entered", NO_SITES, unit, self.state.grad))

    def conclude(self) -> None:
        """Put what was logged into the trace."""
        for entry in self.log:
            if isinstance(entry, Event):
                self.trace.events.append(entry)
            elif entry.what == "entered" and entry.unit is not None:
                self.trace.entries.setdefault(entry.unit, set()).add(entry.grad)
            else:
                (self.trace.consumed if entry.what == "consumed" else self.trace.handed_on).update(entry.sites)

    def _maybe_backward(self, value: Value) -> None:
        surely, maybe = self.backward_reaches(value)
        self.move(GRADIENTS, Effect.MAYBE_BACKWARD, surely | maybe, None)

    # ── events ──────────────────────────────────────────────────────────────────────────────

    def record(
        self,
        effect: Effect,
        node: ast.AST,
        name: str = "",
        subject: Value = UNKNOWN,
        args: tuple[Value, ...] = (),
        kwargs: dict[str, Value] | None = None,
        result: Value = UNKNOWN,
        before: HeldSet = frozenset(),
    ) -> None:
        """Note an event. What only matters where it is written is noted in the outermost unit alone."""
        if effect not in _FELT_OUTSIDE and self.frame.unit != self.frames[0].unit:
            return
        pairs = tuple(kwargs.items()) if kwargs else ()
        grad = self.state.grad
        self.log.append(Event(effect, self.place(node), self.loops(), name, subject, args, pairs, result, before, grad))

    def note_kept(
        self, node: ast.AST, how: str, container: Value, added: Value, kept: Site, before: Value = UNKNOWN
    ) -> None:
        """Something is added to a sum or container, which held ``before``.

        In functions that are called, only graphs that go along matter.
        """
        if added.graph == GRAPH_YES or self.frame.unit == self.frames[0].unit:
            result = Value(sites=frozenset({kept}))
            self.record(Effect.ACCUMULATE, node, how, container, (added, before), result=result)

    def record_at(self, effect: Effect, at: Chain, name: str, subject: Value, before: HeldSet) -> None:
        """Note an event that belongs to an earlier place."""
        self.log.append(Event(effect, at, self.loops(), name, subject, (), (), UNKNOWN, before, self.state.grad))

    def names_of(self, site: Site) -> str:
        """How every running function spells an object, outermost first, separated by bars; empty where it does not."""
        return "|".join(self._spelling(frame, site) for frame in self.frames)

    def _spelling(self, frame: Frame, site: Site) -> str:
        env = self.state.env if frame is self.frame else frame.env
        if frame.is_module:
            owner = self.site("globals", frame.unit.path)
            env = {
                name: self.state.heap[owner, name]
                for name in self.fields.get(owner, ())
                if (owner, name) in self.state.heap
            }
        for name, value in env.items():
            if site in value.sites:
                return name
        for name, value in env.items():
            for one in value.sites:
                for part in self.fields.get(one, ()):
                    inner = self.state.heap.get((one, part))
                    if inner is not None and site in inner.sites and part.isidentifier():
                        return f"{name}.{part}"
        return ""

    def grad_is_off(self) -> bool:
        """Whether autograd surely records nothing here."""
        return self.state.grad == GRAD_OFF

    def frames_of(self, unit: UnitId) -> Iterator[Frame]:
        """Running frames of a unit: more than none means recursion."""
        return (frame for frame in self.frames if frame.unit == unit)


_FELT_OUTSIDE = frozenset(
    {
        Effect.COMPARE,
        Effect.CONVERT,
        Effect.DISCARD,
        Effect.STEP,
        Effect.ZERO_GRAD,
        Effect.CLOSURE_STEP,
        Effect.CLIP,
        Effect.SCALED_CLIP,
        Effect.UNSCALE,
        Effect.SCALED_STEP,
        Effect.BARE_STEP,
        Effect.SCHEDULE,
        Effect.OPTIMIZE,
        Effect.REPLACE,
        Effect.BACKWARD,
        Effect.LEARN,
        Effect.DIFFERENTIATE,
        Effect.FORWARD,
        Effect.LOSS,
        Effect.TRAIN,
        Effect.EVAL,
        Effect.ACCUMULATE,
        Effect.IN_PLACE,
        Effect.SPOIL,
        Effect.CARRY,
        Effect.EMPTY,
        Effect.INDEX,
        Effect.ITERATE,
        Effect.LOADER,
        Effect.MEET,
        Effect.THRESHOLD,
        Effect.MOVE,
        Effect.READ,
        Effect.RECALL,
        Effect.SAVE,
    }
)
"""Effects that may matter to the callers of the unit in which they happen."""

_UNKNOWN_STATE: HeldSet = frozenset({Held("unknown", None)})


def moved(lifecycle: Lifecycle, effect: Effect, held: Held, at: Chain | None) -> Held:
    """The state after an effect, and the place that led into it."""
    for before, happens, after in lifecycle.moves:
        if happens is effect and before in (held.state, "*"):
            return Held(after, at)
    return held
