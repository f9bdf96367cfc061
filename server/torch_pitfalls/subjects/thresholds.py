"""Outputs of modules that are compared with one half, or rounded, to tell two classes apart."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, chunk_units, root_of
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import Activation
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.activations import LINEAR, ROUNDING
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.losses import BCE_WITH_LOGITS
from torch_pitfalls.rule import Edit, Note, Subject, Text
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import constant, dotted

_NAME = 32
_REGRESSION = re.compile(r"mse|l1_?loss|huber|hinge|regress|GAN|gumbel", re.I)


@dataclass(frozen=True, slots=True)
class Threshold(Use):
    """The output of a module, as it came, is compared with one half or rounded."""

    @property
    def rounds(self) -> bool:
        """Whether it is rounded."""
        return self.event.name in ROUNDING

    @property
    def act(self) -> Activation:
        """Which module gave the output, and how it ends."""
        found = self.event.subject.act
        assert found is not None
        return found

    @property
    def output(self) -> str:
        """The output as the user spells it."""
        node = self._output_node()
        text = ast.unparse(node) if node is not None else "output"
        return text if len(text) <= _NAME and "\n" not in text else f"{text.splitlines()[0][: _NAME - 1]}…"

    def is_of_logits(self) -> bool:
        """Whether the module is trained on logits, or ends with a layer whose output nothing limits."""
        judged = {event.name for event in self._losses()}
        if judged:
            return judged <= BCE_WITH_LOGITS
        if self.act.name != LINEAR or self.belongs_to_module():
            return False
        return not _REGRESSION.search(self.facts.file_text())

    def _losses(self) -> Iterator[Event]:
        """The losses that judge the output of the same module: in the same run, or in other methods of the class."""
        for event in self.run.events:
            if event.effect is Effect.LOSS and _judges(event, self.act):
                yield event
        module = self._module_text()
        owner, _, name = self.facts.id.name.rpartition(".")
        if not owner or not name or not module.startswith("self"):
            return
        for id in chunk_units(self.facts.db, self.facts.id.path, self.facts.id.chunk):
            if id != self.facts.id and id.name.rpartition(".")[0] == owner:
                for event in trace(self.facts.db, root_of(id)).of(id, Effect.LOSS):
                    scores = _scores(event)
                    if scores is not None and self._called_text(scores) == module:
                        yield event

    def _module_text(self) -> str:
        """The module as it is spelled where it is called."""
        return self._called_text(self.act)

    def _called_text(self, act: Activation) -> str:
        for ref in act.at[:1]:
            node = self.facts.foreign_node(ref)
            if isinstance(node, ast.Call) and dotted(node.func) is not None:
                return str(dotted(node.func))
        return ""

    def notes_there(self, text: Text) -> tuple[Note, ...]:
        """A note at the place, where it is in a function of another file that is called here."""
        return () if self.direct else self.note_at(self.event.at, text)

    # ── edits ──

    def with_sigmoid(self) -> tuple[Edit, ...]:
        """Edits that compare the probability, or where the output is no tensor any more, its logit."""
        node = self._output_node() if self.direct else None
        sigmoid = self.facts.spelled("torch.sigmoid")
        if node is None:
            return ()
        if sigmoid is not None and not self.event.subject.kinds & ~kinds.TENSOR:
            return (Edit(self.facts.span(node), f"{sigmoid}({self.facts.text(node)})"),)
        limit = self._limit_node()
        return (Edit(self.facts.span(limit), "0"),) if limit is not None else ()

    def _output_node(self) -> ast.expr | None:
        node = self.facts.foreign_node(self.event.at[-1])
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            return next((side for side in sides if constant(side) != 0.5), None) if len(sides) == 2 else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if self.is_function(node.func):
                return node.args[0] if node.args else None
            return node.func.value
        return node.args[0] if isinstance(node, ast.Call) and node.args else None

    def _limit_node(self) -> ast.expr | None:
        node = self.node
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        return next((side for side in sides if constant(side) == 0.5), None)


def _scores(event: Event) -> Activation | None:
    scores = event.args[0] if event.args else dict(event.kwargs).get("input")
    return scores.act if scores is not None else None


def _judges(event: Event, act: Activation) -> bool:
    """Whether a loss judges the output of the module that gave another one."""
    scores = event.args[0] if event.args else dict(event.kwargs).get("input")
    if scores is None:
        return False
    if scores.act is not None and scores.act.of:
        return scores.act.of == act.of
    return bool(scores.origins & act.of)


class _Thresholds:
    def find(self, facts: Facts) -> Iterator[Threshold]:
        """Thresholds where they are written, also with what callers of the file give them."""
        for event, run in facts.all_events(Effect.THRESHOLD):
            index = len(event.at) - 1 if event.at[-1].unit == facts.id else facts.leaving(event)
            if index is not None:
                yield Threshold(facts, event, run, index)


THRESHOLDS: Subject[Threshold] = _Thresholds()
