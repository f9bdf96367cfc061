"""Instances of the classes of the workspace: how they are made, what their attributes and methods are."""

from __future__ import annotations

import ast
from abc import abstractmethod

from torch_pitfalls.flow.builtin_calls import BuiltinCalls
from torch_pitfalls.flow.classes import ClassInfo, class_info, made_later, resolve
from torch_pitfalls.flow.devices import ACCELERATOR, CPU, Device
from torch_pitfalls.flow.machine import Memory
from torch_pitfalls.flow.placement import keeps_given_tensors, places_tensors
from torch_pitfalls.flow.torch_calls import Arguments
from torch_pitfalls.flow.values import NO_SITES, UNKNOWN, Site, Value, derived
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.lifecycles import MODE
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import decorator_names
from torch_pitfalls.syntax.units import UnitId, call_at

PROPERTIES = frozenset({"property", "cached_property"})


class Instances(BuiltinCalls):
    """Makes instances and finds their parts."""

    def instantiate(self, node: ast.Call, id: UnitId, arguments: Arguments) -> Value:
        """Make an instance of a workspace class and run its ``__init__``."""
        info = class_info(self.db, id)
        if info is None:
            return self.opaque(node, arguments)
        if info.kind & kinds.OPTIMIZER:
            return self.made_optimizer(node, Definition(id, True), *arguments)
        definition = Definition(id, True)
        if info.kind & kinds.MODULE and not info.kind & kinds.LOSS:
            instance = self.made_module(node, definition)._replace(act=self.configured(definition, arguments))
            self._settle_instance(instance, info, arguments)
            self._take_mode(node, instance, info, arguments)
        else:
            site = self.new_site(node)
            self.forget_parts(site)
            kind = info.kind & ~kinds.FRAMEWORK or kinds.INSTANCE
            place = None
            if kind & kinds.DATASET and not places_tensors(self.db, id) and not arguments[1].get("device"):
                place = Device(CPU, "cpu", self.place(node))
            instance = Value(kind, frozenset({site}), what=definition, device=place)
        for site in instance.sites:
            self.site_what[site] = definition
        if info.framework:
            self.escape(*arguments[0], *arguments[1].values())
            return instance
        self._run_init(node, info, instance, arguments)
        return instance

    def _settle_instance(self, instance: Value, info: ClassInfo, arguments: Arguments) -> None:
        """A module of the workspace is made where factories put things, unless it may move itself."""
        init = info.method("__init__")
        values = (*arguments[0], *arguments[1].values())
        parts = [value for value in values if value.kinds & (kinds.MODULE | kinds.TENSOR)]
        if (
            info.framework
            or not info.closed
            or (init is not None and places_tensors(self.db, init))
            or any(value.device is not None and value.kinds & (kinds.DEVICE | kinds.STRING) for value in values)
            or any((place := self.where(part)) is None or place.kind != CPU for part in parts)
            or keeps_given_tensors(self.db, init)
        ):
            self.put(instance, None)

    def _take_mode(self, node: ast.Call, instance: Value, info: ClassInfo, arguments: Arguments) -> None:
        """A module may leave training mode while it is made, and its parts may be in another mode than it."""
        given = {site for value in (*arguments[0], *arguments[1].values()) for site in value.sites & self.module_sites}
        memory = self.made(info.unit)
        if any({held.state for held in self.held(site)} != {"train"} for site in given):
            self.move(MODE, Effect.LOSE, instance.sites, self.place(node))
        if memory is None:
            return
        own = _modes(memory, memory.numbers.get(("self", info.unit)))
        if own == {"eval"}:
            self.move(MODE, Effect.EVAL, instance.sites, self.place(node))
        elif "eval" in own or any("eval" in _modes(memory, site) for site in memory.module_sites):
            self.move(MODE, Effect.LOSE, instance.sites, self.place(node))

    def _run_init(self, node: ast.Call, info: ClassInfo, instance: Value, arguments: Arguments) -> None:
        init = info.method("__init__")
        values = [*arguments[0], *arguments[1].values()]
        interesting = any(derived(value) for value in values)
        if init is None:
            if not info.closed:
                self.escape(*values)
            self._dataclass_fields(info, instance, arguments)
            return
        if info.kind & kinds.MODULE and not interesting:
            return
        bound = Value(kinds.FUNCTION, what=Definition(init, False), items=(instance,))
        self.call_function(node, bound, arguments)

    def _dataclass_fields(self, info: ClassInfo, instance: Value, arguments: Arguments) -> None:
        found = unit(self.db, info.unit)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return
        names = [
            statement.target.id
            for statement in found.node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        for site in instance.sites:
            for name, value in [*zip(names, arguments[0], strict=False), *arguments[1].items()]:
                self.store(site, name, value)

    def method_value(self, owner: Value, name: str) -> Value | None:
        """The bound method of an instance of a workspace class; None if it has none of that name."""
        if not isinstance(owner.what, Definition) or not owner.what.is_class or owner.must_be(kinds.CLASS):
            return None
        info = class_info(self.db, owner.what.unit)
        method = info.method(name) if info is not None else None
        if method is None:
            return None
        found = unit(self.db, method)
        node = found.node if found is not None else None
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            decorators = decorator_names(node)
            if "staticmethod" in decorators:
                return Value(kinds.FUNCTION, what=Definition(method, False))
            if decorators & PROPERTIES:
                return None
        return Value(kinds.FUNCTION, what=Definition(method, False), items=(owner,))

    def property_value(self, owner: Value, name: str, node: ast.AST) -> Value | None:
        """What a property of an instance of a workspace class returns; None if it has none of that name."""
        if not isinstance(owner.what, Definition) or not owner.what.is_class or owner.must_be(kinds.CLASS):
            return None
        info = class_info(self.db, owner.what.unit)
        method = info.method(name) if info is not None else None
        found = unit(self.db, method) if method is not None else None
        if method is None or found is None or not isinstance(found.node, ast.FunctionDef):
            return None
        if not decorator_names(found.node) & PROPERTIES:
            return None
        getter = Value(kinds.FUNCTION, what=Definition(method, False), items=(owner,))
        return self.call_function(call_at(node), getter, ((), {}))

    def is_super(self, node: ast.expr) -> bool:
        """Whether an expression is ``super(…)``."""
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"

    def super_call(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        """``super().name(...)``: the method of a workspace ancestor; torch's own bases set nothing that is tracked."""
        owner_id, self_name = self.frame.owner, self.frame.self_name
        instance = self.state.env.get(self_name, UNKNOWN) if self_name else UNKNOWN
        if owner_id is None:
            return UNKNOWN
        found = unit(self.db, owner_id)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return UNKNOWN
        for base in found.node.bases:
            symbol = resolve(self.db, owner_id.path, base)
            if isinstance(symbol, Definition) and symbol.is_class:
                info = class_info(self.db, symbol.unit)
                method = info.method(name) if info is not None else None
                if method is not None:
                    bound = Value(kinds.FUNCTION, what=Definition(method, False), items=(instance,))
                    return self.call_function(node, bound, arguments)
        if instance.must_be(kinds.MODULE):
            return self.module_method(node, instance, name, arguments) or UNKNOWN
        if instance.must_be(kinds.SCHEDULER):
            return self.super_of_scheduler(instance, name, arguments)
        self.escape(*arguments[0], *arguments[1].values())
        return UNKNOWN

    # ── modules by their class ──────────────────────────────────────────────────────────────

    def forward_value(self, module: Value) -> Value | None:
        """What calling a module of the workspace returns, as far as its ``forward`` tells."""
        if not isinstance(module.what, Definition):
            return None
        return self.module_result(module.what.unit)

    @abstractmethod
    def module_result(self, id: UnitId) -> Value | None:
        """What ``forward`` of a class returns, without identities."""

    def part_of_module(self, owner: Value, name: str) -> Value | None:
        """What ``owner.name`` is by the class of a module or object."""
        if not isinstance(owner.what, Definition) or not owner.what.is_class or len(owner.sites) != 1:
            return None
        part = self.class_attribute(owner.what.unit, name)
        if part is None or not part.kinds & ~kinds.NONE:
            part = self._made_later(owner.what.unit, name) or part
        if part is None or not part.known:
            return None
        (base,) = owner.sites
        site = self.site("attribute", base, name)
        value = part._replace(sites=frozenset({site}), origins=NO_SITES)
        if part.kinds & kinds.MODULE:
            value = value._replace(device=None)
            if part.device is not None and part.device.kind == ACCELERATOR:
                # Which device a variable of ``__init__`` is depends on who made the object.
                self.state.placed[site] = part.device
        if part.kinds & (kinds.MODULE | kinds.LOSS):
            self.module_sites.add(site)
            self.parents[site] = base
            value = value._replace(items=part.items)
        elif part.kinds & kinds.OPTIMIZER:
            self.adopt(site, kinds.OPTIMIZER)
        elif part.must_be(kinds.TENSOR) and part.leaf:
            value = value._replace(origins=owner.sites, graph=part.graph)
        self.store(base, name, value)
        return value

    def _made_later(self, owner: UnitId, name: str) -> Value | None:
        """An attribute that ``__init__`` leaves empty and another method fills with a module."""
        made = made_later(self.db, owner).get(name)
        return Value(kinds.MODULE, what=made) if made is not None else None

    @abstractmethod
    def class_attribute(self, id: UnitId, name: str) -> Value | None:
        """What ``__init__`` of a class leaves in an attribute, without identities."""

    @abstractmethod
    def made(self, id: UnitId) -> Memory | None:
        """All that is known after ``__init__`` of a class; None if it has none that can be seen."""


def _modes(memory: Memory, site: Site | None) -> set[str]:
    """The modes that a module may be in."""
    return {held.state for held in memory.held.get(site, ())} if site is not None else set()
