"""Calls of constructors from before torch 0.4, and what they are called today."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.knowledge.api import canonical
from torch_pitfalls.knowledge.legacy import CONSTRUCTORS, VARIABLE
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.mentions import MENTIONS, Mention
from torch_pitfalls.subjects.use import shortened
from torch_pitfalls.syntax.shapes import dotted

_DATA = (ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp)
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, *_DATA)
_COUNTS = frozenset({"len", "int", "size", "numel", "dim"})
_ARRAYS = frozenset({"array", "asarray", "list", "tolist"})


@dataclass(frozen=True, slots=True)
class LegacyCall:
    """A call of ``Variable``, ``torch.Tensor`` and their like."""

    mention: Mention
    qualified: str
    node: ast.Call

    @property
    def at(self) -> Span:
        """Where to report it."""
        return self.mention.span_of(self.node)

    @property
    def is_variable(self) -> bool:
        """Whether it makes no tensor of numbers, but of another tensor."""
        return self.qualified == VARIABLE

    @property
    def code(self) -> str:
        """What to write instead; empty where the arguments do not tell."""
        text = self._today(shorten=True)
        return text if text is not None and "\n" not in text else ""

    def modern(self) -> tuple[Edit, ...]:
        """The edit that writes it."""
        text = self._today(shorten=False)
        return (Edit(self.at, text),) if text is not None else ()

    def _today(self, *, shorten: bool) -> str | None:
        node = self.node
        if not node.args or any(isinstance(arg, ast.Starred) for arg in node.args):
            return None
        return self._variable(shorten) if self.is_variable else self._tensor(shorten)

    def _text(self, node: ast.expr, shorten: bool) -> str:
        text = self.mention.text_of(node)
        return shortened(text) if shorten else text

    def _variable(self, shorten: bool) -> str | None:
        node = self.node
        wanted = {item.arg: item.value for item in node.keywords}
        flag = wanted.pop("requires_grad", None)
        if wanted or len(node.args) > 1 or (flag is not None and not isinstance(flag, ast.Constant)):
            return None
        text = self._text(node.args[0], shorten)
        asks = isinstance(flag, ast.Constant) and flag.value is True
        inside = isinstance(self.mention.parents.get(node), (ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp))
        if not isinstance(node.args[0], _PLAIN) and (asks or inside):
            text = f"({text})"
        return f"{text}.requires_grad_()" if asks else text

    def _tensor(self, shorten: bool) -> str | None:
        node = self.node
        if node.keywords:
            return None
        dtype, device = CONSTRUCTORS[self.qualified]
        spell = self.mention.spell
        if not self.mention.can_spell("torch.tensor"):
            return None
        given = ", ".join(self._text(arg, shorten) for arg in node.args)
        options = f', device="{device}"' if device else ""
        if len(node.args) == 1 and _is_data(node.args[0]):
            return f"{spell('torch.tensor')}({given}, dtype={spell(f'torch.{dtype}')}{options})"
        if len(node.args) == 1 and not _is_size(node.args[0]):
            return None
        if dtype != "float32":
            options = f", dtype={spell(f'torch.{dtype}')}{options}"
        return f"{spell('torch.empty')}({given}{options})"


def _is_data(node: ast.expr) -> bool:
    """Whether an argument is surely the numbers themselves."""
    if isinstance(node, ast.Call):
        return (dotted(node.func) or "").rpartition(".")[2] in _ARRAYS or (
            isinstance(node.func, ast.Attribute) and node.func.attr == "tolist"
        )
    return isinstance(node, _DATA) and not isinstance(node, ast.GeneratorExp)


def _is_size(node: ast.expr) -> bool:
    """Whether an argument is surely a number of elements, or the size of another tensor."""
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    if isinstance(node, ast.BinOp):
        return _is_size(node.left) and _is_size(node.right)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
        return name in _COUNTS
    return isinstance(node, ast.Attribute) and node.attr == "shape"


class _LegacyCalls:
    def find(self, facts: Facts) -> Iterator[LegacyCall]:
        """Calls with arguments in the unit."""
        for mention in MENTIONS.find(facts):
            call = mention.call
            if call is None or not (call.args or call.keywords):
                continue
            name = canonical(mention.qualified)
            if name == VARIABLE or name in CONSTRUCTORS:
                yield LegacyCall(mention, name, call)


LEGACY_CALLS: Subject[LegacyCall] = _LegacyCalls()
