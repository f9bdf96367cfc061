"""Optimizers over parameters that they will never train."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.knowledge import api
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.happenings import faults
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted

_UNFREEZES = re.compile(
    r"\.requires_grad\s*=(?!\s*False)|requires_grad_\((?!\s*(?:requires_grad\s*=\s*)?False)|un_?freeze|add_param_group",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Untrained(Use):
    """An optimizer is made over frozen parameters, or a part of its module is replaced after it was made."""

    @property
    def is_replaced(self) -> bool:
        """Whether a part was replaced."""
        return self.event.effect is Effect.REPLACE

    def may_train_later(self) -> bool:
        """Whether the file frees parameters somewhere, or gives them to an optimizer later."""
        if self.is_replaced:
            owner, part = self.event.args
            after = self.run.events[self.run.events.index(self.event) + 1 :]
            made = [event for event in after if event.effect is Effect.OPTIMIZE]
            return any(event.args[0].origins & (owner.sites | part.sites) for event in made) or (
                "add_param_group" in self.facts.file_text()
            )
        return _UNFREEZES.search(self.facts.file_text()) is not None or self._chooses()

    def _chooses(self) -> bool:
        """Whether the call of the optimizer picks the parameters that require a gradient."""
        node = self.facts.foreign_node(self.event.at[-1])
        return isinstance(node, ast.Call) and re.search(r"filter|requires_grad", ast.unparse(node)) is not None

    def is_new_layer(self) -> bool:
        """Whether what replaces the part is made in this statement, and has parameters to train."""
        statement = self.facts.statement(self.node)
        value = statement.value if isinstance(statement, ast.Assign) else None
        if not isinstance(value, ast.Call) or (dotted(value.func) or "").endswith("copy"):
            return False
        what = self.event.args[1].what
        return isinstance(what, Definition) or (
            isinstance(what, str) and what.startswith("torch.nn.") and what not in api.WITHOUT_PARAMETERS
        )


class _Untrained:
    def find(self, facts: Facts) -> Iterator[Untrained]:
        """Optimizers over frozen parameters, and parts that no optimizer knows."""
        for use in faults(Effect.OPTIMIZE, "frozen", every=True).find(facts):
            yield Untrained(use.facts, use.event, use.run, use.index, use.because)
        for event in facts.events(Effect.REPLACE):
            because = next((held.because for held in event.before if held.because is not None), None)
            yield Untrained(facts, event, facts.trace, len(event.at) - 1, because)


UNTRAINED: Subject[Untrained] = _Untrained()
