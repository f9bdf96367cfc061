"""What happens in the methods of a module class."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId


@dataclass(frozen=True, slots=True)
class InModule(Use):
    """Something that happens in a method of a module class, other than ``__init__``."""

    @property
    def self_name(self) -> str:
        """What the method calls its object."""
        node = self.facts.node
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        return node.args.args[0].arg

    def asks_for_mode(self) -> bool:
        """Whether a condition of the method, or its name, is about training."""
        if _TRAINING.search(self.facts.id.name.rpartition(".")[2]):
            return True
        return any(
            isinstance(node, (ast.If, ast.IfExp)) and _TRAINING.search(ast.unparse(node.test))
            for node in self.facts.unit.nodes
        )

    def is_own_attribute(self, node: ast.AST) -> bool:
        """Whether an expression is ``self.a`` or ``self.a.b``, kept as ``__init__`` left it."""
        name = dotted(node)
        if name is None or not name.startswith(f"{self.self_name}."):
            return False
        attribute = name.split(".")[1]
        text = self.facts.chunk.text
        renewed = rf"def (?:train|{re.escape(attribute)})\(|\.{re.escape(attribute)} = .*training"
        return re.search(renewed, text) is None

    def made_here(self) -> ast.Call | None:
        """The call in this method that makes the module that is called, still in the mode it was made in."""
        made = {held.because for held in self.event.before}
        if len(made) != 1:
            return None
        (place,) = made
        if place is None or len(place) != len(self.event.at) or place[-1].unit != self.facts.id:
            return None
        node = self.facts.at(place[-1])
        return node if isinstance(node, ast.Call) and self.was("train") else None


_TRAINING = re.compile(r"train", re.I)


@dataclass(frozen=True, slots=True)
class _InModules:
    effects: tuple[Effect, ...]

    def find(self, facts: Facts) -> Iterator[InModule]:
        """Events in methods of module classes."""
        owner, _, method = facts.id.name.rpartition(".")
        info = class_info(facts.db, UnitId(facts.id.path, facts.id.chunk, owner)) if owner else None
        if info is None or not info.kind & kinds.MODULE or method == "__init__":
            return
        node = facts.node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not node.args.args:
            return
        if any(dotted(decorator) == "staticmethod" for decorator in node.decorator_list):
            return
        for event in facts.events(*self.effects):
            yield InModule(facts, event, facts.trace, len(event.at) - 1)


def in_modules(*effects: Effect) -> Subject[InModule]:
    """Everything of some kind that happens in a method of a module, other than ``__init__``."""
    return _InModules(effects)
