"""Calls of ``module.forward(...)``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.knowledge import api
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import is_part_of
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Span, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted


@dataclass(frozen=True, slots=True)
class DirectForward(Use):
    """``module.forward(...)`` on an instance."""

    @property
    def function(self) -> ast.Attribute:
        """``module.forward``."""
        node = self.node
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        return node.func

    @property
    def attribute_span(self) -> Span:
        """The part of ``module.forward`` behind ``module``."""
        function = self.function
        return Span(self.facts.span(function.value).end, self.facts.span(function).end)

    def is_the_call_itself(self) -> bool:
        """Whether the code around stands for the call: ``__call__``, scripted code, a replaced ``forward``."""
        if self.facts.id.name.rpartition(".")[2] == "__call__":
            return True
        decorators = getattr(self.facts.node, "decorator_list", ())
        if any("jit" in ast.unparse(decorator) for decorator in decorators):
            return True
        return re.search(r"\.forward\s*=[^=]|['\"]forward['\"]", self.facts.file_text()) is not None

    def calls_differently(self) -> bool:
        """Whether calling the module is known to do something else than ``forward``, or not known at all."""
        what = self.event.subject.what
        if what in api.EXPORTED:
            return True
        if isinstance(what, Definition):
            info = class_info(self.facts.db, what.unit)
            return info is None or info.method("__call__") is not None
        return False


class _DirectForwards:
    def find(self, facts: Facts) -> Iterator[DirectForward]:
        """Direct calls of ``forward`` in the unit; torch's own wrappers call it for what they wrap."""
        if is_part_of(facts.db, facts.id.path, "torch"):
            return
        for event in facts.events(Effect.FORWARD, Effect.LOSS):
            node = facts.at(event.at[-1])
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr != "forward" or (isinstance(node.func.value, ast.Call) and _is_super(node.func.value)):
                continue
            yield DirectForward(facts, event, facts.trace, len(event.at) - 1)


def _is_super(node: ast.Call) -> bool:
    return dotted(node.func) == "super"


DIRECT_FORWARDS: Subject[DirectForward] = _DirectForwards()
