"""Which modules train: freezing, unfreezing, and parts that are replaced."""

from __future__ import annotations

import ast

from torch_pitfalls.flow.state import HeldSet
from torch_pitfalls.flow.stepping import Stepping
from torch_pitfalls.flow.values import EVERY, SOME, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.lifecycles import TRAINING


class Freezing(Stepping):
    """Keeps track of the modules whose parameters require gradients."""

    def training_state(self, site: int) -> HeldSet:
        """Whether a module is frozen; a part of a module is as the whole, unless something happened to it."""
        current: int | None = site
        for _ in range(6):
            if current is None or (TRAINING.name, current) in self.state.stages:
                break
            current = self.parents.get(current)
        return self.stage(TRAINING, site if current is None else current)

    def freeze(self, node: ast.AST, module: Value, wanted: bool | None) -> None:
        """All parameters of a module are frozen or freed; None: nobody knows which."""
        effect = Effect.LOSE if wanted is None else Effect.UNFREEZE if wanted else Effect.FREEZE
        self.advance(TRAINING, effect, module.sites, self.place(node))
        if wanted is not False:
            self.partly(module)

    def flag_parameter(self, node: ast.AST, parameter: Value, wanted: bool | None) -> None:
        """``parameter.requires_grad = …``."""
        if parameter.what == EVERY and wanted is False:
            self.advance(TRAINING, Effect.FREEZE, parameter.origins, self.place(node))
        else:
            self.partly(Value(origins=parameter.origins, sites=parameter.sites))

    def partly(self, part: Value) -> None:
        """Something in a module is new or freed: it, and what it belongs to, is no longer frozen as a whole."""
        reached = part.sites | part.origins
        stages = ((site, held) for (name, site), held in self.state.stages.items() if name == TRAINING.name)
        frozen = [site for site, held in stages if any(one.state == "frozen" for one in held)]
        whole = frozenset(site for site in frozen if self.below(frozenset({site})) & reached)
        self.advance(TRAINING, Effect.REPLACE, whole | part.origins, None)

    def replace_part(self, node: ast.AST, owner: Value, value: Value) -> None:
        """``module.part = …``: an optimizer that was made before holds the old part."""
        if not owner.must_be(kinds.MODULE) or not value.may_be(kinds.MODULE | kinds.TENSOR):
            return
        self.partly(owner)
        if not value.must_be(kinds.MODULE) or value.origins or not value.sites:
            return
        for optimizer in self.optimizers():
            mine = self.holds(optimizer)
            if mine and self.below(mine) & owner.sites and not value.sites & self.below(mine):
                holder = Value(kinds.OPTIMIZER, frozenset({optimizer}))
                self.record(Effect.REPLACE, node, "", holder, (owner, value), before=self.held(optimizer))

    def note_optimizer(self, node: ast.Call, optimizer: Value, given: Value | None) -> None:
        """Note what an optimizer is made over."""
        for site in optimizer.sites:
            mine = self.holds(site)
            if mine and given is not None and given.what != SOME:
                before = frozenset().union(*(self.training_state(one) for one in mine))
                self.record(Effect.OPTIMIZE, node, "", optimizer, (Value(origins=mine),), before=before)
