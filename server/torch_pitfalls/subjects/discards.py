"""Results that nobody keeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.state import GRAD_OFF
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import GRAPH_YES
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.in_place import CONVERSIONS, ONLY_TENSORS_HAVE, WITH_TWIN, WITHOUT_TWIN
from torch_pitfalls.knowledge.signatures import named
from torch_pitfalls.knowledge.torch_names import OUT_OF_PLACE
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted


@dataclass(frozen=True, slots=True)
class Discard(Use):
    """A statement that only computes a tensor, or only names one's ``requires_grad``."""

    @property
    def changed(self) -> ast.expr | None:
        """What the author meant to change."""
        node = self.node
        if isinstance(node, ast.Attribute):
            return node.value
        if not isinstance(node, ast.Call):
            return None
        if self.event.effect is Effect.CALL:
            return node.args[0] if node.args else None
        return node.func.value if isinstance(node.func, ast.Attribute) else None

    @property
    def operation(self) -> str:
        """The name of the operation without its module."""
        return self.event.name.rpartition(".")[2]

    def is_on_purpose(self) -> bool:
        """Whether what surrounds it is there to see it fail, or to see how long it takes."""
        for node in self.facts.around(self.node):
            if isinstance(node, ast.Try):
                return True
            if isinstance(node, (ast.With, ast.AsyncWith)) and any(
                not _HARMLESS.search(ast.unparse(item.context_expr)) for item in node.items
            ):
                return True
        return bool(_MEASURES.search(self.facts.unit.text))

    def repaired(self) -> tuple[str, tuple[Edit, ...]] | None:
        """The repaired code and its edits: the result assigned back, or the form that works in place."""
        changed = self.changed
        if changed is None:
            return None
        text, name, at = self.facts.text(changed), dotted(changed), self.at
        if isinstance(self.node, ast.Attribute):
            return f"{text}.requires_grad_()", (Edit(Span(at.end, at.end), "_()"),)
        if name is not None and not self._is_element(name):
            return f"{text} = {self.short_text}", (Edit(Span(at.start, at.start), f"{text} = "),)
        func = self.facts.span(self.node.func) if isinstance(self.node, ast.Call) else at
        raises = self.event.subject.leaf and self.event.grad != GRAD_OFF
        if self.operation in WITH_TWIN and self.event.effect is Effect.METHOD and not raises:
            return f"{text}.{self.operation}_(…)", (Edit(Span(func.end, func.end), "_"),)
        return None

    def _is_element(self, name: str) -> bool:
        """Whether assigning to the name would change nothing that lasts: a loop variable, or data of a parameter."""
        if name.endswith((".data", ".grad")):
            return True
        return any(
            isinstance(loop, (ast.For, ast.AsyncFor))
            and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(loop.target))
            for loop in self.facts.around(self.node)
        )


_HARMLESS = re.compile(r"^(?:torch\.)?(?:no_grad|inference_mode|enable_grad|set_grad_enabled)|autocast|^open\b|tqdm")
_MEASURES = re.compile(r"perf_counter|time\.time|timeit|synchronize|profile|benchmark|warm_?up|Timer\b", re.I)


def _discards(event: Event, node: ast.AST) -> bool:
    """Whether a statement that is nothing but this throws a tensor away."""
    package, _, name = event.name.rpartition(".")
    if event.effect is Effect.CALL:
        has_tensor = bool(event.args) and event.args[0].must_be(kinds.TENSOR)
        known = package in ("torch", "torch.nn.functional") and name in WITH_TWIN | WITHOUT_TWIN
        return known and has_tensor and not _into(event)
    owner = event.subject
    if event.effect is Effect.MENTION:
        return name == "requires_grad" and owner.must_be(kinds.TENSOR)
    if (name not in OUT_OF_PLACE and name != "sort") or name in CONVERSIONS:
        return False
    if name == "detach" and owner.graph != GRAPH_YES:
        # A method that others have as well, some of which work in place.
        return False
    return owner.must_be(kinds.TENSOR) or (not owner.known and name in ONLY_TENSORS_HAVE)


def _into(event: Event) -> bool:
    """Whether the call works in place, or into another tensor."""
    return not {"out", "inplace", "**"}.isdisjoint(named(event.name, event.args, dict(event.kwargs)))


class _Discards:
    def find(self, facts: Facts) -> Iterator[Discard]:
        """Statements of the unit that compute a tensor for nobody."""
        for event in facts.events(Effect.METHOD, Effect.CALL, Effect.MENTION):
            node = facts.at(event.at[-1])
            statement = facts.parents.get(node)
            if not isinstance(statement, ast.Expr) or facts.is_shown(statement):
                continue
            known = facts.as_called(event, Effect.DISCARD)
            if _discards(known, node):
                yield Discard(facts, known, facts.trace, len(event.at) - 1)


class _Transfers:
    def find(self, facts: Facts) -> Iterator[Use]:
        """Statements of the unit that only move or convert something."""
        for event in facts.events(Effect.METHOD):
            if event.name in CONVERSIONS and isinstance(facts.parents.get(facts.at(event.at[-1])), ast.Expr):
                yield Use(facts, facts.as_called(event, Effect.DISCARD), facts.trace, len(event.at) - 1)


DISCARDS: Subject[Discard] = _Discards()
TRANSFERS: Subject[Use] = _Transfers()
