"""State dicts that are kept: they refer to the weights, and training goes on changing those."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.flow.devices import CPU
from torch_pitfalls.flow.overtaking import Overtaking
from torch_pitfalls.flow.state import GIVEN, Held, State
from torch_pitfalls.flow.values import GRAPH_NO, NO_SITES, STRING, UNKNOWN, Entry, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.lifecycles import KEPT
from torch_pitfalls.knowledge.state_dicts import SAME_MEMORY

_DEPTH = 3


class Snapshots(Overtaking):
    """Keeps track of the state dicts of modules."""

    def made_state(self, node: ast.AST, module: Value) -> Value:
        """What ``module.state_dict()`` returns: a dict of the very tensors that the module has."""
        site = self.new_site(node)
        self.store(site, "#made", Value(what=self.place(node)))
        self.store(site, "#of", Value(origins=module.sites, device=self.where(module), wrapped=module.wrapped))
        self.state.stages[KEPT.name, site] = frozenset({Held("current", self.place(node))})
        return Value(kinds.STATE_DICT, frozenset({site}), origins=module.sites)

    def state_method(self, state: Value, name: str) -> Value:
        """A method of a state dict."""
        if name == "copy":
            return state
        entry = self._entry(state)
        if name == "items" and entry is not None:
            return Value(kinds.CONTAINER, each=Value(kinds.CONTAINER, items=(STRING, entry)))
        return Value(kinds.CONTAINER, each=entry) if name == "values" and entry is not None else UNKNOWN

    def _entry(self, state: Value) -> Value | None:
        """A tensor of a state dict; None if it is not known to be one of the module's own."""
        if len(state.sites) != 1:
            return None
        (site,) = state.sites
        of = self.load(site, "#of")
        return Value(kinds.TENSOR, what=Entry(site), graph=GRAPH_NO, device=of.device if of is not None else None)

    def state_of(self, entry: Value) -> Value | None:
        """A dict of entries of a state dict, which are still those of the module; None for any other value."""
        if not isinstance(entry.what, Entry):
            return None
        of = self.load(entry.what.state, "#of")
        origins = of.origins if of is not None else NO_SITES
        return Value(kinds.STATE_DICT, frozenset({entry.what.state}), origins=origins)

    def entry_after(self, entry: Value, name: str, result: Value) -> Value:
        """The result of a method of an entry, which is no longer the module's own where it is a copy."""
        same = name in SAME_MEMORY
        if name in ("cpu", "to"):
            before, after = entry.device, result.device
            same = before is not None and after is not None and before.kind == after.kind == CPU
        return result._replace(what=entry.what if same else None)

    def gathered(self, container: int, state: Value) -> Value:
        """A state dict among others of its kind in a container: those that a loop has added before are still there."""
        if not state.must_be(kinds.STATE_DICT) or len(state.sites) != 1:
            return state
        (site,) = state.sites
        all_of_them = self.site("gathered", container, site)
        old = self.load(container, "[]")
        before = self.stage(KEPT, all_of_them) if old is not None and all_of_them in old.sites else frozenset()
        self.state.stages[KEPT.name, all_of_them] = before | self.stage(KEPT, site)
        for name in ("#made", "#of"):
            known = self.load(site, name)
            if known is not None:
                self.store(all_of_them, name, known)
        return state._replace(sites=frozenset({all_of_them}))

    def overtake(self, node: ast.AST, optimizer: Value) -> None:
        """A step changes what the state dicts refer to, and what the graphs need, that were made before."""
        if len(optimizer.sites) == 1:
            self.overtake_graphs(node, next(iter(optimizer.sites)))
        for site in optimizer.sites:
            mine = self.holds(site)
            if mine is None:
                learned = self.load(site, "#learned")
                mine = learned.origins if learned is not None else NO_SITES
            for name, state in list(self.state.stages):
                of = self.load(state, "#of") if name == KEPT.name else None
                if of is not None and self.related(mine, of.origins):
                    self.advance(KEPT, Effect.STEP, frozenset({state}), self.place(node))

    def made_on_one_path(self, made: Value, path: State) -> None:
        """A state dict was made on one of two paths that have met: it is as that path left it."""
        for site in made.sites if made.must_be(kinds.STATE_DICT) else ():
            self.state.stages[KEPT.name, site] = path.stages.get((KEPT.name, site), GIVEN)

    def drop_state(self, old: Value) -> None:
        """A variable that kept a state dict has another value now: what nobody else keeps is gone."""
        if old.must_be(kinds.STATE_DICT):
            for site in old.sites - self._kept_sites():
                self.state.stages.pop((KEPT.name, site), None)

    def _kept_sites(self) -> frozenset[int]:
        """What variables and attributes hold, and the containers among that."""
        heap = self.state.heap
        held = [value for env in (self.state.env, *(frame.env for frame in self.frames[:-1])) for value in env.values()]
        held += [value for (_, name), value in heap.items() if name.isidentifier()]
        owners = frozenset().union(*(value.sites for value in held)) if held else NO_SITES
        inner = [value.sites for (owner, name), value in heap.items() if owner in owners and name.startswith("[")]
        return owners.union(*inner)

    def replace_weights(self, module: Value) -> None:
        """A module may get new tensors, as it does when it moves: what refers to the old ones keeps them."""
        for name, state in list(self.state.stages):
            of = self.load(state, "#of") if name == KEPT.name else None
            if of is not None and self.related(module.sites | module.origins, of.origins):
                self.advance(KEPT, Effect.LOSE, frozenset({state}), None)

    def recall(self, node: ast.AST, name: str, *values: Value) -> None:
        """State dicts are used: what they refer to is looked at, or written somewhere."""
        for value in values:
            for site in sorted(set(self._states(value, 0))):
                made = self.load(site, "#made")
                if made is not None:
                    of = self.load(site, "#of") or UNKNOWN
                    state = Value(kinds.STATE_DICT, frozenset({site}), what=made.what, wrapped=of.wrapped)
                    self.record(Effect.RECALL, node, name, state, before=self.stage(KEPT, site))

    def recall_attributes(self) -> None:
        """State dicts in attributes outlive the function that put them there."""
        if not any(name == KEPT.name for name, _ in self.state.stages):
            return
        for (_, name), value in list(self.state.heap.items()):
            if value.kinds & kinds.STATE_DICT and name.isidentifier():
                for site in value.sites:
                    made = self.load(site, "#made")
                    if made is not None and isinstance(made.what, tuple):
                        state = Value(kinds.STATE_DICT, frozenset({site}), what=made.what)
                        self.record_at(Effect.RECALL, made.what, name, state, self.stage(KEPT, site))

    def _states(self, value: Value, depth: int) -> Iterator[int]:
        """The state dicts that a value may be, or holds."""
        if value.kinds & kinds.STATE_DICT:
            yield from value.sites
        elif value.kinds & kinds.CONTAINER and depth < _DEPTH:
            parts = [*(value.items or ()), *((value.each,) if value.each is not None else ())]
            for site in value.sites:
                entries = [self.load(site, name) for name in self.fields.get(site, ()) if name.startswith("[")]
                parts += [entry for entry in entries if entry is not None]
            for part in parts:
                yield from self._states(part, depth + 1)
