"""Copies to the host that do not wait, and what reads them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.flow.devices import CPU
from torch_pitfalls.knowledge.devices import READS, WAITS
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import External
from torch_pitfalls.rule import Edit, Subject
from torch_pitfalls.subjects.edits import without_argument
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted


@dataclass(frozen=True, slots=True)
class HostCopy(Use):
    """A copy to the host with ``non_blocking=True``."""

    def read(self) -> ast.AST | None:
        """What reads the copy at once, with nothing in between that waits for it; None if nothing surely does."""
        if self._reads(self.node):
            return self.facts.parents[self.node]
        statement = self.facts.statement(self.node)
        block = self.block_of(statement)
        if block is None or not isinstance(statement, ast.Assign) or statement.value is not self.node:
            return None
        name = dotted(statement.targets[0])
        for following in block[block.index(statement) + 1 :]:
            uses = [node for node in ast.walk(following) if isinstance(node, ast.expr) and dotted(node) == name]
            if _waits(following, name) or isinstance(following, (ast.For, ast.While, ast.With)):
                return None
            if uses:
                return next((self.facts.parents[node] for node in uses if self._reads(node)), None)
        return None

    def _reads(self, node: ast.AST) -> bool:
        """Whether what is around an expression reads its values, and not only hands it on."""
        parent = self.facts.parents.get(node)
        if isinstance(parent, ast.Attribute):
            return parent.attr in READS
        if isinstance(parent, (ast.BinOp, ast.Compare, ast.FormattedValue)):
            return True
        if isinstance(parent, ast.Call) and node in parent.args:
            name = dotted(parent.func) or ""
            symbol = resolve(self.facts.db, self.facts.id.path, parent.func) if name else None
            external = symbol.qualified if isinstance(symbol, External) else name
            return external in ("print", "float", "int", "bool") or external.startswith(("numpy.", "torch.save"))
        return False

    def waiting(self) -> Edit | None:
        """Let the copy wait."""
        node = self.node
        return without_argument(self.facts, node, "non_blocking") if isinstance(node, ast.Call) else None


def _waits(statement: ast.stmt, copy: str | None) -> bool:
    """Whether a statement may wait for the device. A read of the copy does not: it is on the host."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and node.attr in WAITS and dotted(node.value) != copy:
            return True
        if isinstance(node, (ast.Name, ast.Attribute)) and "synchronize" in (dotted(node) or ""):
            return True
    return False


class _HostCopies:
    def find(self, facts: Facts) -> Iterator[HostCopy]:
        """Copies to the host in the unit itself that do not wait."""
        for event in facts.events(Effect.MOVE):
            device = event.result.device
            if device is not None and device.kind == CPU and event.at[-1].unit == facts.id:
                given = dict(event.kwargs).get("non_blocking")
                if given is not None and given.literal == (True,) and not event.subject.loaders:
                    yield HostCopy(facts, event, facts.trace, len(event.at) - 1)


HOST_COPIES: Subject[HostCopy] = _HostCopies()
