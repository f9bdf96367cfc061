"""What tensors have gone through last: an activation, or a layer whose output may be any number."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterator

from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.flow.exponentials import after
from torch_pitfalls.flow.options import class_options, function_options
from torch_pitfalls.flow.snapshots import Snapshots
from torch_pitfalls.flow.stepping import Arguments
from torch_pitfalls.flow.values import STRING, UNDECIDED, UNKNOWN, Activation, Value, join_all
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.activations import (
    ACTIVATIONS,
    KEEPING,
    LENGTHENING,
    LIMITED,
    OUTPUT,
    RESHAPING,
    Head,
    head_of,
)
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.units import UnitId

DEFAULTS = Activation("defaults", ())
"""``act`` of a module of the workspace that was made with the defaults of its class."""
_SEQUENTIAL = "torch.nn.Sequential"
_CLAMPING = frozenset({"clamp", "clip", "clamp_min", "clamp_max"})


class Activations(Snapshots):
    """Knows how modules end, and through which operations an activation lasts."""

    @abstractmethod
    def forward_value(self, module: Value) -> Value | None:
        """What calling a module of the workspace returns, as far as its ``forward`` tells."""

    # ── modules ─────────────────────────────────────────────────────────────────────────────

    def module_activation(self, node: ast.AST, module: Value, result: Value) -> Activation | None:
        """What the output of a module has gone through last; ``result`` is what its ``forward`` tells."""
        if isinstance(module.what, Definition):
            known = result.act if self.is_as_defined(module) else None
        else:
            name = self.ending(module)
            known = Activation(name, self.place(node)) if name is not None else None
        return known._replace(of=module.sites) if known is not None else self._unseen_end(node, module)

    def ending(self, module: Value) -> str | None:
        """The activation that a module ends with; None if it has none, or nobody knows."""
        noted = self._noted_end(module)
        if noted is not None:
            return noted.literal[0] if noted.literal is not None else None
        if isinstance(module.what, Definition):
            result = self.forward_value(module) if self.is_as_defined(module) else None
            return result.act.name if result is not None and result.act is not None else None
        if module.act is not None:
            return module.act.name or None
        if module.what == _SEQUENTIAL and module.items:
            last = next((part for part in reversed(module.items) if part.what not in KEEPING), UNKNOWN)
            return self.ending(last)
        return ACTIVATIONS.get(module.what) if isinstance(module.what, str) else None

    def _unseen_end(self, node: ast.AST, module: Value) -> Activation | None:
        """The output of a module that trains or evaluates in one go, whatever it ends with."""
        if not module.sites or not module.must_be(kinds.MODULE) or module.what in KEEPING:
            return None
        if isinstance(module.what, Definition) and self._asks_for_mode(module.what):
            return None
        return Activation(OUTPUT, self.place(node), module.sites)

    def _asks_for_mode(self, definition: Definition) -> bool:
        info = class_info(self.db, definition.unit)
        forward = info.method("forward") if info is not None else None
        found = unit(self.db, forward) if forward is not None else None
        return found is None or "training" in found.text

    def _noted_end(self, module: Value) -> Value | None:
        noted = [self.load(site, "#ends") for site in module.sites]
        return join_all([value or UNKNOWN for value in noted]) if any(noted) else None

    def is_as_defined(self, module: Value) -> bool:
        """Whether the output of a module of the workspace is what its class alone tells."""
        if not isinstance(module.what, Definition) or self._noted_end(module) is not None:
            return False
        return module.act != UNDECIDED and (module.act == DEFAULTS or not class_options(self.db, module.what.unit))

    def is_changed(self, module: Value) -> bool:
        """Whether parts of a module were replaced or added since it was made, or it need not be there."""
        return self._noted_end(module) is not None or module.act == UNDECIDED

    def note_end(self, module: Value, part: Value | None) -> None:
        """A module ends with another part from now on; None: nobody knows with which."""
        name = self.ending(part) if part is not None else None
        for site in module.sites:
            self.store(site, "#ends", STRING._replace(literal=(name,)) if name is not None else STRING)
            while site in self.parents:
                site = self.parents[site]
                self.store(site, "#ends", STRING)

    def note_part(self, owner: Value, name: str, part: Value) -> None:
        """``module.name = part``, from outside of the module."""
        if not owner.kinds & kinds.MODULE:
            return
        head = head_of(owner.what) if isinstance(owner.what, str) else None
        if head is None or not head.name:
            self.note_end(owner, None)
        elif head.name == name:
            self.note_end(owner, part)

    def note_item(self, target: ast.Subscript, owner: Value, index: Value, part: Value) -> None:
        """``module[index] = part``, or the same for a part of a model of which only the end is known."""
        if owner.must_be(kinds.MODULE):
            self.note_end(owner, part if index.literal == (-1,) else None)
            return
        place = index.literal[0] if index.literal is not None else None
        for model, head in self._models_around(owner):
            inside = isinstance(target.value, ast.Attribute) and target.value.attr == head.name
            last = inside and place is not None and place in (-1, head.last)
            self.note_end(model, part if last else None)

    def note_lengthened(self, owner: Value, method: str) -> None:
        """A method may have put modules into a part of a model."""
        for model, _ in self._models_around(owner) if method in LENGTHENING else ():
            self.note_end(model, None)

    def _models_around(self, part: Value) -> Iterator[tuple[Value, Head]]:
        """The models of which only the end is known, of which a value of unknown kind is a part."""
        for site in part.origins if not part.known else ():
            what = self.site_what.get(site)
            head = head_of(what) if isinstance(what, str) else None
            if head is not None:
                yield Value(sites=frozenset({site})), head

    def with_end(self, module: Value) -> Value:
        """A module with what has been noted of its end, for those who know nothing of the objects here."""
        noted = self._noted_end(module) if module.kinds & kinds.MODULE else None
        if noted is None:
            return module
        return module._replace(act=Activation(noted.literal[0], ()) if noted.literal is not None else UNDECIDED)

    def configured(self, definition: Definition, arguments: Arguments) -> Activation:
        """``act`` of an instance that is made with these arguments."""
        info = class_info(self.db, definition.unit)
        init = info.method("__init__") if info is not None else None
        given = self._given(init, arguments, 1) if init is not None else set()
        options = class_options(self.db, definition.unit)
        return UNDECIDED if "**" in given or given & options else DEFAULTS

    def is_plain_call(self, module: Value, arguments: Arguments) -> bool:
        """Whether a call of a module leaves the options of its ``forward`` at their defaults."""
        if len(arguments[0]) < 2 and not arguments[1]:
            return True
        info = class_info(self.db, module.what.unit) if isinstance(module.what, Definition) else None
        forward = info.method("forward") if info is not None else None
        if forward is None:
            return not isinstance(module.what, Definition)
        given = self._given(forward, arguments, 1)
        return "**" not in given and not given & function_options(self.db, forward)

    def _given(self, id: UnitId, arguments: Arguments, skipped: int) -> set[str]:
        found = unit(self.db, id)
        node = found.node if found is not None else None
        names = set(arguments[1])
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parameters = [*node.args.posonlyargs, *node.args.args][skipped:]
            names |= {parameter.arg for parameter, _ in zip(parameters, arguments[0], strict=False)}
        return names

    # ── operations ──────────────────────────────────────────────────────────────────────────

    def lasting(self, node: ast.AST, tensor: Value, operation: str) -> Activation | None:
        """The activation of what an operation makes of a tensor."""
        if operation in RESHAPING:
            return tensor.act
        if operation in _CLAMPING and tensor.act is not None:
            limited = LIMITED.get(tensor.act.name)
            return tensor.act._replace(name=limited) if limited is not None else None
        return after(operation, tensor, self.place(node))

    def overwritten(self, node: ast.expr) -> None:
        """The tensor that an expression is, or is a part of, has been changed: its activation is history."""
        while isinstance(node, (ast.Subscript, ast.Attribute, ast.Call)):
            node = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(node, ast.Name):
            value = self.variable(node.id)
            if value.act is not None and value.may_be(kinds.TENSOR):
                self.bind_name(node.id, value._replace(act=None))
