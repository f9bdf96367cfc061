"""Losses, what they are given, and how they are rewritten."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, root_of
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import GRAPH_NO, GRAPH_YES, Activation
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.activations import ACTIVATIONS, METHODS, OUTPUT
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.losses import LOGIT_FORMS
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.rule import Edit, Note, Span, Subject, Text
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import Ref

_TARGET = re.compile(r"(?:^|_)(?:targets?|labels?|gt|y_true|ground_?truths?)(?:$|_|\d)", re.I)
"""Names that people give to what a loss compares with."""
_NAME = 32
"""Characters of a name that shares a headline with a sentence."""


@dataclass(frozen=True, slots=True)
class Loss(Use):
    """A loss of torch is computed, by its function or by an object of its class."""

    @property
    def name(self) -> str:
        """The loss as people know it: a function by its own name, an object as it is spelled."""
        receiver = self.receiver
        if not self.event.subject.known:
            receiver = receiver.rpartition(".")[2]
        return receiver if len(receiver) <= _NAME and "\n" not in receiver else f"{receiver[: _NAME - 1]}…"

    def notes_there(self, text: Text) -> tuple[Note, ...]:
        """A note at the loss, where it is computed in a function that is called here."""
        return () if self.direct else self.note_at(self.event.at, text)

    def act_is(self, *names: str) -> Activation | None:
        """What the scores have gone through last, if it is one of these."""
        act = _act(self.event)
        return act if act is not None and act.name in names else None

    def is_swapped(self) -> bool:
        """Whether the first argument surely is the target, and the second the output of a module."""
        scores, target = self.argument(0, "input"), self.argument(1, "target")
        if scores is None or target is None or scores.act is not None or scores.graph != GRAPH_NO:
            return False
        if scores.kinds & kinds.PLAIN or target.must_be(kinds.PLAIN):
            return False
        if target.graph == GRAPH_YES:
            return True
        named = self.argument_node(0, "input")
        labels = named is not None and _TARGET.search((dotted(named) or "").rpartition(".")[2]) is not None
        return target.act is not None and (bool(scores.loaders) or labels)

    def column(self) -> int | None:
        """Which of the two arguments has a last dimension of 1 that the other, surely with one dimension, lacks."""
        pair = self.argument(0, "input"), self.argument(1, "target")
        for position, (one, other) in enumerate((pair, pair[::-1])):
            if one is None or other is None or one.shape is None or other.shape is None:
                continue
            line = other.shape.whole and len(other.shape.dims) == 1 and other.shape.dims[0] != 1
            column = bool(one.shape.dims) and one.shape.dims[-1] == 1
            if line and column and (not one.shape.whole or (len(one.shape.dims) == 2 and one.shape.dims[0] != 1)):
                return position
        return None

    # ── edits ──

    def squeezed(self, position: int) -> tuple[Edit, ...]:
        """Edits that take the last dimension away from an argument."""
        node = self.argument_node(position, ("input", "target")[position])
        if not self.direct or not isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            return ()
        end = self.facts.span(node).end
        return (Edit(Span(end, end), ".squeeze(-1)"),)

    def swapped(self) -> tuple[Edit, ...]:
        """Edits that exchange the first two arguments; empty where they are not written as such."""
        first, second = self.argument_node(0, "input"), self.argument_node(1, "target")
        if not self.direct or first is None or second is None:
            return ()
        edits = (
            Edit(self.facts.span(first), self.facts.text(second)),
            Edit(self.facts.span(second), self.facts.text(first)),
        )
        return edits if edits[0].span.start < edits[1].span.start else edits[::-1]

    def without_activation(self) -> tuple[Edit, ...]:
        """Edits that give the loss what its scores were before the activation.

        Empty where the result of the activation may have other uses, or is not computed here.
        """
        act, node = _act(self.event), self.argument_node(0, "input")
        if act is None or node is None or not self.direct or act.at[-1].unit != self.facts.id or len(act.at) > 1:
            return ()
        applied = self.facts.at(act.at[-1])
        if not isinstance(applied, ast.Call) or not self._is_activation(applied, act):
            return ()
        if applied is not node and not self._is_used_once(node, applied):
            return ()
        inner = self._activated(applied)
        return (Edit(self.facts.span(applied), self.facts.text(inner)),) if inner is not None else ()

    def _is_activation(self, node: ast.Call, act: Activation) -> bool:
        """Whether a call applies the activation and does nothing else."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS and not self.is_function(node.func):
            return True
        return any(
            event.at == act.at and (event.subject.what in ACTIVATIONS or event.name in ACTIVATIONS)
            for event in self.facts.events(Effect.FORWARD, Effect.CALL)
        )

    def _activated(self, node: ast.Call) -> ast.expr | None:
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in METHODS and not self.is_function(func):
            return func.value
        return node.args[0] if node.args and not isinstance(node.args[0], ast.Starred) else None

    def _is_used_once(self, node: ast.expr, value: ast.Call) -> bool:
        """Whether an expression is a variable that gets its only value from a call, and is only used here."""
        if not isinstance(node, ast.Name):
            return False
        named = [other for other in self.facts.unit.nodes if isinstance(other, ast.Name) and other.id == node.id]
        made = self.facts.statement(value)
        return (
            isinstance(made, ast.Assign)
            and made.value is value
            and len(made.targets) == 1
            and len(named) == 2
            and bool(self.facts.id.name)
            and made.targets[0] in named
        )

    def in_logit_form(self) -> tuple[Edit, ...]:
        """Edits that turn the loss into the same one on logits; empty where it is made elsewhere."""
        made, form = self._made(), LOGIT_FORMS.get(self.event.name)
        written = dotted(made.func) if made is not None else None
        if made is None or form is None or written is None:
            return ()
        owner, _, last = written.rpartition(".")
        if owner and last == self.event.name.rpartition(".")[2]:
            name: str | None = f"{owner}.{form.rpartition('.')[2]}"
        else:
            name = self.facts.spelled(form)
        return (Edit(self.facts.span(made.func), name),) if name is not None else ()

    def _made(self) -> ast.Call | None:
        """The call that names the loss: of its function, or of its class."""
        node = self.node
        if not isinstance(node, ast.Call) or not self.direct:
            return None
        if not self.event.subject.known:
            return node
        sites = self.event.subject.sites
        made = [
            event.at[-1]
            for event in self.facts.events(Effect.CALL)
            if event.name == self.event.name and event.result.sites & sites
        ]
        found = self.facts.at(made[0]) if len(made) == 1 and len(sites) == 1 else None
        return found if isinstance(found, ast.Call) else None


class _Losses:
    def find(self, facts: Facts) -> Iterator[Loss]:
        """Every loss that the unit computes, and those it leads to with scores of which it knows the activation."""
        for event, run in facts.all_events(Effect.LOSS):
            if run is facts.trace and all(ref.unit == facts.id for ref in event.at):
                yield Loss(facts, event, run, len(event.at) - 1)
                continue
            act = _act(event)
            if act is None or act.name == OUTPUT:
                continue
            index = facts.here(event, act.at, lambda other, name=act.name: _names(other, name))  # type: ignore[misc]
            if index is not None and not _said_inside(facts, event, index, act.name):
                yield Loss(facts, event, run, index, act.at)


def _act(event: Event) -> Activation | None:
    scores = event.args[0] if event.args else dict(event.kwargs).get("input")
    return scores.act if scores is not None else None


def _names(event: Event, name: str) -> bool:
    act = _act(event)
    return act is not None and act.name == name


def _said_inside(facts: Facts, event: Event, index: int, name: str) -> bool:
    """Whether a function that is called here says the same of the loss by itself."""
    for start in range(index + 1, len(event.at)):
        inner = event.at[start:]
        own = trace(facts.db, root_of(inner[0].unit)).of(inner[0].unit, Effect.LOSS)
        if any(other.at == inner and _names(other, name) for other in own):
            return True
    return False


LOSSES: Subject[Loss] = _Losses()
"""Losses as they are computed, with what their scores have gone through wherever that happened."""


class _LossCalls:
    def find(self, facts: Facts) -> Iterator[Loss]:
        """Losses where they are written, also with what callers give them: in another file, at the call there."""
        for event, run in facts.all_events(Effect.LOSS):
            arranged = _arranged(facts, event)
            if event.at[arranged].unit == facts.id:
                yield Loss(facts, event, run, arranged)
                continue
            index = facts.leaving(event)
            if index is not None and not _is_plain_there(facts, event, index):
                yield Loss(facts, event, run, index)


def _arranged(facts: Facts, event: Event) -> int:
    """Index of the call that says which argument is which: calls in functions that hand two parameters on do not."""
    index = len(event.at) - 1
    while index and _hands_on(facts, event.at[index]):
        index -= 1
    return index


def _hands_on(facts: Facts, ref: Ref) -> bool:
    call = facts.foreign_node(ref)
    found = unit(facts.db, ref.unit)
    if not isinstance(call, ast.Call) or found is None or not isinstance(found.node, ast.FunctionDef):
        return False
    given = [*call.args, *(item.value for item in call.keywords)][:2]
    names = [node.id for node in given if isinstance(node, ast.Name)]
    parameters = {node.arg for node in ast.walk(found.node.args) if isinstance(node, ast.arg)}
    bound = {node.id for node in found.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return len(names) == 2 and set(names) <= parameters - bound


def _is_plain_there(facts: Facts, event: Event, index: int) -> bool:
    """Whether the other file knows as much of what the loss is given."""
    inner = event.at[index + 1 :]
    own = trace(facts.db, root_of(inner[0].unit)).of(inner[0].unit, Effect.LOSS)
    return any(other.at == inner and _known(other) == _known(event) for other in own)


def _known(event: Event) -> list[tuple[object, ...]]:
    values = [*event.args, *(value for _, value in event.kwargs)][:2]
    return [(value.graph, value.act is None, value.shape, bool(value.loaders)) for value in values]


LOSS_CALLS: Subject[Loss] = _LossCalls()
"""Losses as they are written."""
