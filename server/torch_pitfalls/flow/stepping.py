"""What stands between ``backward()`` and ``step()``: gradient scalers, clipping, schedulers."""

from __future__ import annotations

import ast
from abc import abstractmethod

from torch_pitfalls.flow.loading import Loading
from torch_pitfalls.flow.machine import moved
from torch_pitfalls.flow.state import GIVEN, Chain, HeldSet
from torch_pitfalls.flow.values import NO_SITES, UNKNOWN, Value, derived
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.lifecycles import SCALING, SCHEDULE, Lifecycle
from torch_pitfalls.knowledge.signatures import SIGNATURES, named
from torch_pitfalls.knowledge.stepping import DISABLED, SCALED

Arguments = tuple[tuple[Value, ...], dict[str, Value]]


class Stepping(Loading):
    """Keeps track of what has happened to the gradients that optimizers step on, beside ``GRADIENTS``."""

    @abstractmethod
    def step(self, node: ast.Call, optimizer: Value, arguments: Arguments, *, scaled: bool = False) -> None:
        """``optimizer.step()``."""

    # ── further lifecycles ──────────────────────────────────────────────────────────────────

    def stage(self, lifecycle: Lifecycle, site: int) -> HeldSet:
        """The states of a further lifecycle in which an object may be."""
        return self.state.stages.get((lifecycle.name, site), GIVEN)

    def advance(self, lifecycle: Lifecycle, effect: Effect, sites: frozenset[int], at: Chain | None) -> None:
        """Let something happen to objects, in a further lifecycle."""
        for site in sites:
            held = self.stage(lifecycle, site)
            self.state.stages[lifecycle.name, site] = frozenset(moved(lifecycle, effect, one, at) for one in held)

    def note_stage(self, effect: Effect, node: ast.AST, lifecycle: Lifecycle, site: int, *args: Value) -> None:
        """Note an event, with the states of a further lifecycle just before."""
        optimizer = Value(kinds.OPTIMIZER, frozenset({site}))
        self.record(effect, node, "", optimizer, args, before=self.stage(lifecycle, site))

    # ── scalers ─────────────────────────────────────────────────────────────────────────────

    def scaler_method(self, node: ast.Call, scaler: Value, name: str, arguments: Arguments) -> Value:
        """A method of a gradient scaler."""
        args = arguments[0]
        optimizer = args[0] if args and args[0].kinds == kinds.OPTIMIZER else None
        if name == "scale" and args:
            return args[0] if scaler.what == DISABLED else args[0]._replace(what=SCALED)
        if name == "step" and optimizer is not None:
            self._scaled_step(node, scaler, optimizer)
        elif name == "step":
            self.lose_gradients(frozenset(self.optimizers()))
            self.lose_track(frozenset(self.optimizers()))
        elif name == "unscale_" and optimizer is not None and scaler.what != DISABLED:
            for site in optimizer.sites:
                self.note_stage(Effect.UNSCALE, node, SCALING, site, scaler)
            self.advance(SCALING, Effect.UNSCALE, optimizer.sites, self.place(node))
        elif name == "update":
            self.advance(SCALING, Effect.UPDATE, frozenset(self.optimizers()), self.place(node))
        return UNKNOWN

    def _scaled_step(self, node: ast.Call, scaler: Value, optimizer: Value) -> None:
        if scaler.what != DISABLED:
            for site in optimizer.sites:
                self.note_stage(Effect.SCALED_STEP, node, SCALING, site, scaler)
        self.step(node, optimizer, ((), {}), scaled=True)
        if scaler.what != DISABLED:
            self.advance(SCALING, Effect.SCALED_STEP, optimizer.sites, self.place(node))

    # ── clipping ────────────────────────────────────────────────────────────────────────────

    def clip(self, node: ast.Call, parameters: Value) -> None:
        """``clip_grad_norm_(parameters, …)`` and its like."""
        given = self.reach_parameters(parameters, 0)
        optimizers = frozenset(site for site in given if site in self.optimizers())
        if not optimizers:
            reached, _ = self.backward_reaches(Value(origins=given))
            optimizers = frozenset(site for site in reached if (self.holds(site) or NO_SITES) & given) or reached
        if self._share(optimizers, given):
            return
        for site in optimizers:
            optimizer = Value(kinds.OPTIMIZER, frozenset({site}))
            self.record(Effect.CLIP, node, "", optimizer, (parameters,), before=self.held(site))
            self.note_stage(Effect.SCALED_CLIP, node, SCALING, site, parameters)

    def _share(self, optimizers: frozenset[int], given: frozenset[int]) -> bool:
        """Whether several optimizers hold one object: parts of something that nobody can tell apart."""
        held = [(self.holds(site) or NO_SITES) & given for site in optimizers]
        return sum(map(len, held)) > len(NO_SITES.union(*held))

    def reach_parameters(self, value: Value, depth: int) -> frozenset[int]:
        """The objects whose parameters a value may hold."""
        found = derived(value)
        inner = self.contents(value)
        if inner is not None and depth < 4:
            found |= self.reach_parameters(inner, depth + 1)
        return found

    # ── schedulers ──────────────────────────────────────────────────────────────────────────

    def made_scheduler(self, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """A scheduler that a call constructs for an optimizer."""
        site = self.new_site(node)
        options = named(name, args, kwargs)
        optimizer = options.get("optimizer", args[0] if args and name not in SIGNATURES else UNKNOWN)
        self.store(site, "#optimizer", optimizer)
        resumed = options.get("last_epoch")
        if resumed is not None and resumed.literal != (-1,):
            self.advance(SCHEDULE, Effect.RESUME, optimizer.sites, self.place(node))
        return Value(kinds.SCHEDULER, frozenset({site}), what=name)

    def super_of_scheduler(self, scheduler: Value, name: str, arguments: Arguments) -> Value:
        """What a scheduler of the workspace calls of torch's own: its ``__init__`` keeps the optimizer."""
        if name == "__init__":
            args, kwargs = arguments
            for site in scheduler.sites:
                self.store(site, "#optimizer", args[0] if args else kwargs.get("optimizer", UNKNOWN))
        return UNKNOWN

    def scheduler_method(self, node: ast.Call, scheduler: Value, name: str, arguments: Arguments) -> Value:
        """A method of a scheduler."""
        optimizers = self._scheduled(scheduler)
        if name == "load_state_dict":
            self.advance(SCHEDULE, Effect.RESUME, optimizers, self.place(node))
        elif name == "step" and not arguments[0] and not arguments[1]:
            for site in optimizers:
                self.note_stage(Effect.SCHEDULE, node, SCHEDULE, site, scheduler)
        return UNKNOWN

    def _scheduled(self, scheduler: Value) -> frozenset[int]:
        found = [self.load(site, "#optimizer") for site in scheduler.sites]
        known = [value for value in found if value is not None and value.must_be(kinds.OPTIMIZER)]
        if known:
            return frozenset().union(*(value.sites for value in known))
        return frozenset(self.optimizers()) if len(self.optimizers()) == 1 else frozenset()
