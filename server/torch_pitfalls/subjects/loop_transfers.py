"""Copies to a device that a loop makes again and again."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.flow.devices import OF_TENSOR
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.devices import DEVICE_NAME, TO_ACCELERATOR
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.knowledge.torch_names import FACTORIES
from torch_pitfalls.names.resolve import External
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use, is_test
from torch_pitfalls.syntax.shapes import dotted, keyword, names_in

_BUILTINS = frozenset(dir(builtins))
_ALIKE = FACTORIES - {"empty", "empty_strided", "rand", "randint", "randn", "randperm"} | {"from_numpy"}
"""Factories that make the same tensor each time."""
_RESHAPING = frozenset(
    {"float", "double", "half", "long", "int", "bool", "view", "reshape", "unsqueeze", "repeat", "t"}
)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_OPEN = (ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.Match)
"""What does not run in each iteration."""


@dataclass(frozen=True, slots=True)
class LoopTransfer(Use):
    """``x.to(device)`` in a loop that changes neither ``x`` nor ``device``."""

    @property
    def builds(self) -> bool:
        """Whether what is moved is a constant that is made there as well."""
        node = self.node
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Attribute)
        return dotted(node.func.value) is None


class _LoopTransfers:
    def find(self, facts: Facts) -> Iterator[LoopTransfer]:
        """Transfers in loops of the unit that always give the same; what tests do a few times costs nothing."""
        if is_test(facts):
            return
        for event in facts.events(Effect.METHOD):
            if event.name != "to" and event.name not in TO_ACCELERATOR:
                continue
            use = LoopTransfer(facts, event, facts.trace, len(event.at) - 1)
            node = use.node
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            loop = _loop_of(facts, node)
            if loop is not None and _goes_to_device(use, node) and _is_invariant(use, node, node.func.value, loop):
                yield use


def _loop_of(facts: Facts, node: ast.AST) -> ast.For | ast.While | None:
    """The innermost loop that runs a node in every iteration."""
    inner = node
    for outer in facts.around(node):
        if isinstance(outer, (ast.For, ast.While)):
            return outer if inner in outer.body else None
        if isinstance(outer, (*_SCOPES, *_OPEN, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return None
        inner = outer
    return None


def _goes_to_device(use: Use, node: ast.Call) -> bool:
    """Whether it is a transfer, to where the tensor is not known to be already."""
    place = use.event.subject.device
    if place is not None and place.away:
        return False
    if use.event.name != "to":
        return True
    wanted = keyword(node, "device") or (node.args[0] if node.args else None)
    value = use.argument(*at("torch.Tensor.to", "device"))
    if value is not None and value.what == OF_TENSOR:
        # A guard: mostly the two are on one device, and nothing is copied.
        return False
    name = dotted(wanted) if wanted is not None else None
    named = name is not None and DEVICE_NAME.search(name.rpartition(".")[2]) is not None
    known = value is not None and value.must_be(kinds.STRING | kinds.DEVICE)
    return (named or known) and (value is None or value.device is None or value.device.kind != "cpu")


def _is_invariant(use: Use, node: ast.Call, operand: ast.expr, loop: ast.For | ast.While) -> bool:
    stored = _changed_in(loop)
    given = [*node.args, *(item.value for item in node.keywords)]
    if any(names_in(item) & stored for item in given):
        return False
    name = dotted(operand)
    if name is not None:
        if not use.event.subject.must_be(kinds.TENSOR) or use.event.subject.is_parameter:
            return False
        prefixes = {name[:end] for end in (match.start() for match in re.finditer(r"\.|$", name))}
        if prefixes & _given_away(use.facts, loop):
            return False
        return not prefixes & stored and not _is_renewed(use.facts, name)
    if not _is_constant(operand, stored):
        return False
    statement = use.facts.statement(node)
    targets = [dotted(item) for item in statement.targets] if isinstance(statement, ast.Assign) else []
    return all(target is not None and _times_changed(loop, target) == 1 for target in targets)


def _is_constant(node: ast.expr, stored: set[str]) -> bool:
    """Whether an expression makes the same tensor in every iteration."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _RESHAPING:
        if names_in(node) & stored:
            return False
        node = node.func.value
    if not isinstance(node, ast.Call) or (dotted(node.func) or "").rpartition(".")[2] not in _ALIKE:
        return False
    if keyword(node, "requires_grad") is not None:
        return False
    given = [*node.args, *(item.value for item in node.keywords)]
    return not any(names_in(item) & stored or _calls(item) for item in given)


def _calls(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Call) for inner in ast.walk(node))


def _changed_in(loop: ast.For | ast.While) -> set[str]:
    """Names and attributes that a loop sets, or changes in place."""
    return {name for node in ast.walk(loop) for name in [_changes(node)] if name is not None}


def _given_away(facts: Facts, loop: ast.For | ast.While) -> set[str]:
    """Names and attributes that a loop hands, as they are, to functions that may change them in place."""
    found: set[str] = set()
    for node in ast.walk(loop):
        if isinstance(node, ast.Call) and not _is_known_to_read(facts, node.func):
            found.update(
                name for given in (*node.args, *(item.value for item in node.keywords)) if (name := dotted(given))
            )
    return found


def _is_known_to_read(facts: Facts, function: ast.expr) -> bool:
    """Whether a function is torch's, another package's, or built in: they leave what they are given as it is."""
    symbol = resolve(facts.db, facts.id.path, function)
    name = dotted(function) or ""
    return isinstance(symbol, External) or (symbol is None and name in _BUILTINS)


def _times_changed(loop: ast.For | ast.While, name: str) -> int:
    return sum(_changes(node) == name for node in ast.walk(loop))


def _changes(node: ast.AST) -> str | None:
    """The variable or attribute that a node sets, or changes in place."""
    if isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        return dotted(node)
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return dotted(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        attr = node.func.attr
        if (attr.endswith("_") and not attr.startswith("_")) or attr in ("append", "update", "data"):
            return dotted(node.func.value)
    return None


def _is_renewed(facts: Facts, name: str) -> bool:
    """Whether the class sets an attribute again after it was made."""
    owner, _, attribute = name.rpartition(".")
    if not owner:
        return False
    text = facts.chunk.text
    written = re.findall(rf"\.{re.escape(attribute)}(?:\[[^\]\n]*\])?\s*[-+*/]?=[^=]", text)
    return owner != "self" or len(written) > 1


LOOP_TRANSFERS: Subject[LoopTransfer] = _LoopTransfers()
