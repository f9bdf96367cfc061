"""Where things are: modules move in place, tensors by copy, results follow what they were computed from."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Iterator
from functools import lru_cache, reduce

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.flow.devices import ACCELERATOR, CPU, NOWHERE, UNKNOWN_PLACE, VARIABLE, Device, differ, same
from torch_pitfalls.flow.machine import Machine
from torch_pitfalls.flow.state import Chain, State
from torch_pitfalls.flow.values import BY_DEFAULT, FURTHER_POSITIONAL, Value, constant
from torch_pitfalls.knowledge import api, kinds
from torch_pitfalls.knowledge.devices import (
    ACCELERATORS,
    AVAILABILITY_NAME,
    DEVICE_NAME,
    DTYPES,
    MAY_MIX,
    MOVER_NAME,
    SETTINGS,
    TO_ACCELERATOR,
    WITH_DIMENSIONS,
    WITH_PARAMETERS,
    WITHOUT_DIMENSIONS,
)
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import External, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import dotted, keyword, root_name
from torch_pitfalls.syntax.units import UnitId

DEFAULT = 0
"""The site that is where factories put their tensors."""
AVAILABLE = "available"
"""``what`` of a condition that only holds where there is an accelerator."""
_DEPTH = 3
_LISTED = 6


class Placement(Machine):
    """Keeps track of devices."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.taken_at: Chain | None = None
        self.from_host = False

    @abstractmethod
    def contents(self, value: Value) -> Value | None:
        """What a container holds."""

    # ── where something is ──────────────────────────────────────────────────────────────────

    def placed(self, site: int) -> Device | None:
        """Where a module is; a part of a module is where the whole is."""
        current: int | None = site
        for _ in range(6):
            if current is None:
                break
            found = self.state.placed.get(current)
            if found is not None:
                return found if found.kind != UNKNOWN_PLACE else None
            current = self.parents.get(current)
        return None

    def where(self, value: Value) -> Device | None:
        """Where a tensor or module surely is."""
        if value.kinds & (kinds.MODULE | kinds.LOSS):
            sites = value.sites or self.modules_of(value.origins)
            return reduce(same, [self.placed(site) for site in sites]) if sites else None
        if value.kinds and not value.kinds & ~kinds.PLAIN:
            return None
        return value.device

    def _leaves(self, value: Value, depth: int = 0) -> Iterator[Value]:
        """The tensors in containers, and what may be one."""
        if value.kinds and not value.kinds & ~kinds.PLAIN:
            return
        if value.items is not None and depth < _DEPTH and not value.kinds & kinds.MODULE:
            for item in value.items:
                yield from self._leaves(item, depth + 1)
            return
        inner = self.contents(value) if value.must_be(kinds.CONTAINER) and depth < _DEPTH else None
        if inner is not None:
            for item in (*self._listed(value), inner):
                yield from self._leaves(item, depth + 1)
        else:
            yield value

    def _listed(self, value: Value) -> list[Value]:
        """The first elements of a list, each by itself."""
        if len(value.sites) != 1:
            return []
        (site,) = value.sites
        found = [self.load(site, f"[{position}]") for position in range(_LISTED)]
        return [item for item in found if item is not None]

    def default_device(self, node: ast.AST) -> Device | None:
        """Where a factory puts its tensor if it is not told."""
        known = self.state.placed.get(DEFAULT)
        if known is not None:
            return known._replace(at=self.place(node), full=1) if known.kind != UNKNOWN_PLACE else None
        if default_device_changes(self.db, self.frame.unit.path):
            return None
        return Device(CPU, "cpu", self.place(node), 1)

    def device_of_call(self, node: ast.Call, kwargs: dict[str, Value]) -> Device | None:
        """Where a factory or constructor puts what it makes."""
        given = kwargs.get("device")
        if given is not None and (given.what == BY_DEFAULT or not given.must_be(kinds.NONE)):
            wanted = self.wanted(keyword(node, "device"), given)
            return wanted._replace(at=self.place(node), full=1) if wanted is not None else None
        if kwargs.get("**", FURTHER_POSITIONAL) != FURTHER_POSITIONAL:
            return None
        return self.default_device(node)

    # ── which device is meant ───────────────────────────────────────────────────────────────

    def wanted(self, node: ast.expr | None, value: Value) -> Device | None:
        """The device that an argument names, or that a tensor given as an example is on."""
        if value.must_be(kinds.STRING | kinds.DEVICE) and value.device is not None:
            return value.device
        if value.must_be(kinds.NUMBER) and value.literal is not None:
            return Device(ACCELERATOR, f"cuda:{value.literal[0]}")
        if value.must_be(kinds.TENSOR):
            return value.device
        if value.literal is not None or (value.known and not value.may_be(kinds.STRING | kinds.DEVICE)):
            return None
        return self._device_variable(node)

    def _device_variable(self, node: ast.expr | None) -> Device | None:
        """A device whose name is all that is known of it."""
        text = dotted(node) if node is not None else None
        if text is None:
            return None
        owner, _, name = text.rpartition(".")
        if not DEVICE_NAME.search(name):
            return None
        if owner:
            last = owner.rpartition(".")[2]
            if last == "self" and self._is_module(owner):
                return None
            if last != "self" and last not in SETTINGS:
                return None
        return Device(VARIABLE, text)

    def _is_module(self, name: str) -> bool:
        value = self.state.env.get(name)
        return value is None or bool(value.kinds & kinds.MODULE)

    def transfer(self, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Transfer | None:
        """What ``.to(…)``, ``.cuda()`` and the like do; None for methods and arguments that move nothing."""
        at = self.place(node)
        if name in TO_ACCELERATOR:
            return Transfer(Device(ACCELERATOR, TO_ACCELERATOR[name], at))
        if name == "cpu":
            return Transfer(Device(CPU, "cpu", at))
        if (
            name == "type"
            and args
            and not args[0].must_be(kinds.DTYPE)
            and not _is_dtype(node.args[0] if node.args else None)
        ):
            # The types of tensors name devices as well: `torch.cuda.FloatTensor`.
            return Transfer(None)
        if name == "type_as" and args:
            return Transfer(self.where(args[0]))
        if name == "type" and (args or kwargs):
            return self._of_type(node, args[0] if args else None)
        if name not in ("to", "to_empty"):
            return None
        given = kwargs.get("device", args[0] if args and name == "to" else None)
        if given is None:
            return None if not node.args and not any(item.arg is None for item in node.keywords) else Transfer(None)
        expression = keyword(node, "device") or (node.args[0] if node.args else None)
        if given.must_be(kinds.DTYPE) or _is_dtype(expression):
            return None
        if given.must_be(kinds.NONE):
            return Transfer(None) if given.what == BY_DEFAULT else None
        found = self.wanted(expression, given)
        return Transfer(found._replace(at=at) if found is not None else None)

    def _of_type(self, node: ast.Call, given: Value | None) -> Transfer | None:
        """``.type(…)`` with a data type moves nothing; with a class of tensors it goes to where those are."""
        wanted = node.args[0] if node.args else None
        if given is None or given.must_be(kinds.DTYPE) or _is_dtype(wanted):
            return None
        name = given.what.qualified if isinstance(given.what, External) else ""
        if given.literal is not None:
            name = str(given.literal[0])
        if name.startswith("torch.cuda."):
            return Transfer(Device(ACCELERATOR, "cuda", self.place(node)))
        return Transfer(Device(CPU, "cpu", self.place(node)) if re.fullmatch(r"torch\.\w*Tensor", name) else None)

    # ── moving ──────────────────────────────────────────────────────────────────────────────

    def moved(self, value: Value, transfer: Transfer | None) -> Value:
        """A tensor after a transfer."""
        if transfer is None:
            return value
        full = value.device.full if value.device is not None else 0
        return value._replace(device=transfer.to._replace(full=full) if transfer.to is not None else None)

    def put(self, module: Value, device: Device | None) -> None:
        """A module and its parts are on a device from now on."""
        sites = module.sites or self.modules_of(module.origins)
        # One of several parts is moved: which one, and where the others are, is not known.
        place = device if device is not None and module.sites else NOWHERE
        for site in {*sites, *(part for part in self.below(sites) if part in self.module_sites)}:
            if place.kind == CPU and self.state.placed.get(site, NOWHERE).away:
                self.brought_back.add(site)
            self.state.placed[site] = place

    def forget_batches(self, node: ast.Call) -> None:
        """Unseen code may have moved the contents of the containers that it was given by name."""
        for argument in [*node.args, *(item.value for item in node.keywords)]:
            if isinstance(argument, ast.Name):
                value = self.state.env.get(argument.id)
                if value is not None and value.device is not None and not value.must_be(kinds.TENSOR):
                    self.state.env[argument.id] = value._replace(device=None)

    # ── tensors that come together ──────────────────────────────────────────────────────────

    def together(self, node: ast.AST, operation: str, *values: Value, others: tuple[Value, ...] = ()) -> Device | None:
        """Note where tensors of two devices meet in an operation, and tell where its result is.

        ``others`` take part without being written as operands: the parameters of a module.
        """
        found: list[tuple[int, Value, Device | None]] = []
        for position, value in enumerate((*values, *others)):
            for leaf in self._leaves(value):
                # What the operators of a module do is its own affair.
                if position < len(values) and leaf.kinds & kinds.MODULE:
                    return None
                found.append((position, leaf, self.where(leaf)))
        known = [(position, leaf, device) for position, leaf, device in found if device is not None]
        away = next((item for item in known if item[2].kind != CPU), None)
        if away is not None and operation not in MAY_MIX:
            for position, leaf, device in known:
                if differ(device, away[2]) and (device.full or leaf.kinds & kinds.MODULE):
                    whole = position >= len(values) or leaf is values[position]
                    details = {"operand": position, "other": away[0], "arity": len(values), "whole": whole}
                    self.record(
                        Effect.MEET,
                        node,
                        operation,
                        leaf._replace(device=device),
                        (away[1]._replace(device=away[2]),),
                        {name: constant(number) for name, number in details.items()},
                    )
                    break
        if away is not None:
            return away[2]
        if len(known) < len(found) and operation not in MAY_MIX:
            # A tensor with dimensions meets nothing that is elsewhere, or the operation raises.
            known = [item for item in known if item[2].full and item[1].must_be(kinds.TENSOR)]
        elif len(known) < len(found):
            return None
        if not known:
            return None
        device = known[0][2]
        full = 0 if operation in WITHOUT_DIMENSIONS else max(item[2].full for item in known)
        return device._replace(full=max(full, operation in WITH_DIMENSIONS))

    def called_on(self, node: ast.Call, module: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
        """A module with parameters meets what it is called with."""
        place = self.where(module)
        if place is None or not self.has_parameters(module):
            return
        if any(self.load(site, "#scatters") is not None for site in module.sites):
            return
        values = (*args, *kwargs.values())
        if isinstance(module.what, Definition):
            info = class_info(self.db, module.what.unit)
            forward = info.method("forward") if info is not None else None
            if forward is None or moves_inputs(self.db, forward):
                return
            values = args[:1]
            if any(value.items is not None or value.must_be(kinds.CONTAINER) for value in values):
                return
        if all(value.device is None or value.must_be(kinds.TENSOR) or not value.known for value in values):
            self.together(node, "call", *values, others=(module,))

    def has_parameters(self, module: Value, depth: int = 0) -> bool:
        """Whether a module surely has parameters of its own."""
        what = module.what
        if isinstance(what, str):
            if what in api.CONTAINERS:
                return depth < _DEPTH and any(self.has_parameters(item, depth + 1) for item in module.items or ())
            name = what.removeprefix("torch.nn.")
            return name in WITH_PARAMETERS or bool(api.FOREIGN_MODULES.match(what))
        if isinstance(what, Definition) and what.is_class and depth < _DEPTH:
            return any(
                (value.must_be(kinds.MODULE) and self.has_parameters(value, depth + 1))
                or (value.must_be(kinds.TENSOR) and value.leaf)
                for value in self.attributes_of(what.unit).values()
            )
        return False

    @abstractmethod
    def attributes_of(self, id: UnitId) -> dict[str, Value]:
        """What ``__init__`` of a class leaves in the attributes of an instance."""

    # ── conditions ──────────────────────────────────────────────────────────────────────────

    def asks_for_accelerator(self, test: ast.expr, value: Value) -> bool | None:
        """Whether a condition holds only where there is an accelerator (True), or only where there is none."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.asks_for_accelerator(test.operand, value)
            return None if inner is None else not inner
        if value.what == AVAILABLE:
            return True
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            parts = [self.asks_for_accelerator(part, Value()) for part in test.values]
            return True if True in parts else None
        text = dotted(test.func if isinstance(test, ast.Call) else test)
        if text is not None and (
            AVAILABILITY_NAME.match(text.rpartition(".")[2])
            or text.endswith((".cuda.is_available", "mps.is_available"))
        ):
            return True
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.comparators[0], ast.Constant):
            return self._counts_devices(test)
        return None

    @staticmethod
    def _counts_devices(test: ast.Compare) -> bool | None:
        counted = test.left
        text = dotted(counted.func) if isinstance(counted, ast.Call) else None
        if text is None or not text.endswith("device_count"):
            return None
        return isinstance(test.ops[0], (ast.Gt, ast.GtE, ast.NotEq)) or None


def put_back(state: State, default: Device | None) -> None:
    """Factories make their tensors again where they did before."""
    if default is None:
        state.placed.pop(DEFAULT, None)
    else:
        state.placed[DEFAULT] = default


def with_accelerator(there: State, elsewhere: State) -> None:
    """Where there is an accelerator, only one of two paths is taken: what is moved on it counts."""
    elsewhere.placed = {**elsewhere.placed, **there.placed}
    for mine, others in ((elsewhere.env, there.env), (elsewhere.heap, there.heap)):
        _take_devices(mine, others)  # type: ignore[arg-type]


def _take_devices(mine: dict[object, Value], others: dict[object, Value]) -> None:
    for key, value in others.items():
        old = mine.get(key)
        if old is not None and old is not value and old.device != value.device:
            mine[key] = old._replace(device=value.device)


@lru_cache(maxsize=1024)
def moves_what_it_takes(loop: ast.For | ast.AsyncFor) -> bool:
    """Whether a loop moves a piece of what it takes to a device: it is taken from the CPU."""
    taken = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    for node in ast.walk(loop):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr
        to_device = name in TO_ACCELERATOR or (
            name == "to" and any(_is_device_name(item) for item in [*node.args, *(k.value for k in node.keywords)])
        )
        if to_device and root_name(node.func.value) in taken:
            return True
    return False


def _is_device_name(node: ast.expr) -> bool:
    name = dotted(node)
    if name is not None:
        return bool(DEVICE_NAME.search(name.rpartition(".")[2]))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(ACCELERATORS.match(node.value))


class Transfer:
    """A move; ``to`` is None if it is unknown whereto."""

    __slots__ = ("to",)

    def __init__(self, to: Device | None) -> None:
        self.to = to


@query(on_cycle=True)
def keeps_given_tensors(db: Database, init: UnitId | None) -> bool:
    """Whether an ``__init__`` makes a parameter or buffer of what it is given: that stays where it was."""
    found = unit(db, init) if init is not None else None
    if found is None or not isinstance(found.node, ast.FunctionDef):
        return False
    given = {node.arg for node in ast.walk(found.node.args) if isinstance(node, ast.arg)} - {"self"}
    for node in ast.walk(found.node):
        if isinstance(node, ast.Call) and (dotted(node.func) or "").rpartition(".")[2] in _KEEPERS:
            kept = [*node.args, *(item.value for item in node.keywords)]
            if any(root_name(item) in given for item in kept):
                return True
    return False


_KEEPERS = frozenset({"Parameter", "register_buffer", "register_parameter", "Buffer"})


@query(on_cycle=True)
def places_tensors(db: Database, id: UnitId) -> bool:
    """Whether a function, or a class in one of its methods, moves what it is given or makes."""
    found = unit(db, id)
    if found is None:
        return True
    for node in ast.walk(found.node):
        if isinstance(node, ast.Attribute) and (node.attr in _MOVING or node.attr in TO_ACCELERATOR):
            return True
        if isinstance(node, ast.keyword) and node.arg == "device":
            return True
        if isinstance(node, (ast.Name, ast.arg)) and DEVICE_NAME.search(
            node.id if isinstance(node, ast.Name) else node.arg
        ):
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("cuda"):
            return True
    return False


@query(on_cycle=True)
def moves_inputs(db: Database, id: UnitId) -> bool:
    """Whether a method may move its arguments itself: it moves something to a place that no argument names."""
    found = unit(db, id)
    if found is None:
        return True
    given = {node.arg for node in ast.walk(found.node) if isinstance(node, ast.arg)} - {"self"}
    for node in ast.walk(found.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and MOVER_NAME.match(node.func.id):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in TO_ACCELERATOR or MOVER_NAME.match(node.func.attr):
                return True
            if node.func.attr == "to" and not any(_device_of_argument(item, given) for item in node.args):
                return True
    return False


def _device_of_argument(node: ast.expr, given: set[str]) -> bool:
    name = dotted(node)
    return (name is not None and name.endswith((".device", ".dtype")) and name.partition(".")[0] in given) or _is_dtype(
        node
    )


@query(eager=True)
def _names_default_device(db: Database, path: str, number: int) -> bool:
    text = db.input("chunk", path, number) or ""
    return "set_default_device" in text or "set_default_tensor_type" in text


@query(on_cycle=False)
def default_device_changes(db: Database, path: str) -> bool:
    """Whether a file, or one that imports it, changes where factories put their tensors."""
    paths = [path, *(db.input("importers", path) or ())]
    return any(_names_default_device(db, each, number) for each in paths for number in db.input("layout", each) or ())


_MOVING = frozenset({"to", "device"})


def _is_dtype(node: ast.expr | None) -> bool:
    name = dotted(node) if node is not None else None
    if name is None:
        return False
    last = name.rpartition(".")[2]
    return "dtype" in last or (name != last and last in DTYPES)
