"""Expressions → values. Calls are left to the layer above."""

from __future__ import annotations

import ast
import builtins
from abc import abstractmethod
from typing import Any

from torch_pitfalls.flow.classes import class_info, resolve
from torch_pitfalls.flow.devices import ACCELERATOR, CPU, OF_SOMETHING, OF_TENSOR, Device
from torch_pitfalls.flow.exponentials import after_arithmetic
from torch_pitfalls.flow.placement import AVAILABLE, with_accelerator
from torch_pitfalls.flow.shapes import after, inside, picked, together
from torch_pitfalls.flow.sizes import Sizes, size_of_sum
from torch_pitfalls.flow.state import GRAD_ON, State, join_states
from torch_pitfalls.flow.values import (
    BOOL,
    BY_DEFAULT,
    GRAPH_NO,
    GRAPH_UNKNOWN,
    GRAPH_YES,
    NO_SITES,
    NUMBER,
    SINGLE,
    SOME,
    STRING,
    UNKNOWN,
    UNSIZED,
    Activation,
    ModeOf,
    Multiple,
    Value,
    constant,
    derived,
    element,
    join,
    join_all,
    summed,
)
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.activations import ELEMENTWISE, LINEAR, OUTPUT
from torch_pitfalls.knowledge.api import DECODED, MEMBERS, PARAMETER_CONTAINERS, canonical
from torch_pitfalls.knowledge.cuts import COMPARISON
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.in_place import OPERATORS, VIEWS
from torch_pitfalls.knowledge.state_dicts import PREFIXES
from torch_pitfalls.names.resolve import External, File, Symbol, Variable, lookup, member, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import dotted

_TENSOR_NUMBERS = frozenset(
    {"shape", "ndim", "dtype", "is_cuda", "requires_grad", "layout", "itemsize", "nbytes", "is_leaf"}
)
_SAME_TENSOR = frozenset({"T", "mT", "H", "mH", "real", "imag"})
_TENSOR_DATASETS = frozenset(
    {"torch.utils.data.TensorDataset"}
    | {
        f"torchvision.datasets.{name}"
        for name in ("MNIST", "FashionMNIST", "CIFAR10", "CIFAR100", "ImageFolder", "SVHN", "STL10")
    }
)
"""Data sets whose batches are tensors, whatever the transform."""
_BOUND = frozenset({"zero_grad", "step", "eval", "train", "backward", "state_dict"})
_PARAMETER_NAMES = frozenset({"weight", "bias"})
_BUILTINS = frozenset(dir(builtins))


class Expressions(Sizes):
    """Evaluates expressions in the current state."""

    @abstractmethod
    def call(self, node: ast.Call) -> Value:
        """Evaluate a call."""

    @abstractmethod
    def method_value(self, owner: Value, name: str) -> Value | None:
        """The bound method of an instance of a workspace class; None if it has none of that name."""

    @abstractmethod
    def property_value(self, owner: Value, name: str, node: ast.AST) -> Value | None:
        """What a property of an instance of a workspace class returns; None if it has none of that name."""

    @abstractmethod
    def part_of_module(self, owner: Value, name: str) -> Value | None:
        """What ``owner.name`` is by the class of a module or object."""

    def evaluate(self, node: ast.expr | None) -> Value:
        """The value of an expression; what it does happens to the current state."""
        if node is None:
            return UNKNOWN
        method = _METHODS.get(type(node))
        return method(self, node) if method is not None else self._generic(node)

    def _generic(self, node: ast.expr) -> Value:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child)
        return UNKNOWN

    # ── names ───────────────────────────────────────────────────────────────────────────────

    def _name(self, node: ast.Name) -> Value:
        return self.variable(node.id)

    def variable(self, name: str) -> Value:
        """The value of a name: local, enclosing, global, builtin."""
        frame = self.frame
        if name not in frame.globals:
            value = self.state.env.get(name)
            if value is not None:
                return value
            for scope in frame.closure:
                if name in scope:
                    return scope[name]
        return self.global_variable(frame.unit.path, name)

    def global_variable(self, path: str, name: str) -> Value:
        """The value of a name of a module scope."""
        value = self.state.heap.get((self.site("globals", path), name))
        if value is not None:
            return value
        symbol = lookup(self.db, path, name)
        if symbol is None and name in _BUILTINS:
            return Value(kinds.FUNCTION, what=("builtin", name))
        return self.symbol_value(symbol)

    def symbol_value(self, symbol: Symbol | None) -> Value:
        """The value that a symbol stands for."""
        if isinstance(symbol, External):
            return Value(kinds.UNKNOWN, what=symbol)
        if isinstance(symbol, Definition):
            return Value(kinds.CLASS if symbol.is_class else kinds.FUNCTION, what=symbol)
        if isinstance(symbol, File):
            return Value(kinds.NAMESPACE, what=symbol)
        if isinstance(symbol, Variable):
            return self.module_variable(symbol)
        return UNKNOWN

    @abstractmethod
    def module_variable(self, symbol: Variable) -> Value:
        """What is known of a variable of a module body that is not being interpreted now."""

    # ── attributes ──────────────────────────────────────────────────────────────────────────

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = summed(self.evaluate(node.value))
        self.note_read(owner, node)
        value = self.attribute(owner, node.attr, node)
        if node.attr != "data":
            return value
        self.record(Effect.DATA, node, "data", owner)
        return self.cut_here(node, "data", value, owner)

    def note_read(self, owner: Value, node: ast.Attribute) -> None:
        """Note what is asked of a data set from outside its own methods."""
        if owner.kinds == kinds.DATASET and dotted(node.value) != self.frame.self_name:
            self.record(Effect.READ, node, node.attr, owner)

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """``owner.name``."""
        if name == "device" and owner.device is not None and not owner.must_be(kinds.STRING | kinds.DEVICE):
            what = OF_TENSOR if owner.must_be(kinds.TENSOR) else OF_SOMETHING
            return Value(kinds.DEVICE, what=what, device=owner.device._replace(full=0))
        if name == "__dict__" and isinstance(owner.what, External):
            return Value(kinds.CONTAINER, each=self.some_member(owner))
        if isinstance(owner.what, (External, File)) and not owner.kinds & ~(kinds.NAMESPACE):
            found = member(self.db, owner.what, name)
            return self.symbol_value(found)
        if isinstance(owner.what, Definition) and owner.must_be(kinds.CLASS):
            return self._class_attribute(owner.what, name)
        stored = self._stored(owner, name)
        if stored is None and name == "training" and owner.must_be(kinds.MODULE) and owner.sites:
            return self._mode_of(owner)
        if stored is not None and stored.kinds != kinds.NONE:
            if owner.kinds & kinds.MODULE and stored.kinds & kinds.TENSOR and self._is_registered(owner, name, stored):
                return stored._replace(device=_full(self.where(owner)))
            return stored
        if owner.kinds & kinds.MODULE and name == "module" and owner.sites:
            return owner._replace(wrapped="")
        if name == "logits" and owner.act is not None and self._is_called_by_keywords(owner.act):
            # So the models of transformers call their scores; distributions, which policies return, do so as well.
            scores = Activation(LINEAR, owner.act.at, owner.act.of)
            return Value(kinds.TENSOR, graph=owner.graph, origins=owner.origins, act=scores)
        if name in DECODED and owner.act is not None:
            return UNKNOWN
        if owner.must_be(kinds.TENSOR):
            return self._tensor_attribute(owner, name)
        method = self.method_value(owner, name) or self.property_value(owner, name, node)
        if method is not None:
            return method
        part = self.part_of_module(owner, name)
        if part is not None:
            return part
        return self._unknown_attribute(owner, name, node)

    def _mode_of(self, module: Value) -> Value:
        """``module.training``."""
        states = {held.state for held in self.all_held(module)}
        flag = BOOL if states - {"train", "eval"} or len(states) > 1 else constant(states == {"train"})
        return flag._replace(what=ModeOf(module.sites))

    def some_member(self, owner: Value) -> Value:
        """A member of a package that is chosen by a name nobody knows."""
        package = owner.what.qualified if isinstance(owner.what, External) else ""
        return Value(what=External(MEMBERS[package])) if package in MEMBERS else UNKNOWN

    def _is_called_by_keywords(self, act: Activation) -> bool:
        """Whether a value is the output of a module of which nothing more is known, called with keywords."""
        ref = act.at[-1] if act.name == OUTPUT else None
        found = unit(self.db, ref.unit) if ref is not None else None
        node = found.nodes[ref.n] if found is not None and ref is not None else None
        return isinstance(node, ast.Call) and bool(node.keywords)

    def _is_registered(self, owner: Value, name: str, stored: Value) -> bool:
        """Whether an attribute is a parameter or buffer, which moves with its module."""
        buffers = any(f"#buffer {name}" in self.fields.get(site, ()) for site in owner.sites)
        return buffers or stored.is_parameter or bool(stored.leaf and stored.origins & self.module_sites)

    def _stored(self, owner: Value, name: str) -> Value | None:
        found = [self.load(site, name) for site in owner.sites]
        values = [value for value in found if value is not None]
        return join_all(values) if values and len(values) == len(found) else None

    def _class_attribute(self, definition: Definition, name: str) -> Value:
        info = class_info(self.db, definition.unit)
        method = info.method(name) if info is not None else None
        if method is not None:
            return Value(kinds.FUNCTION, what=Definition(method, False))
        return UNKNOWN

    def _tensor_attribute(self, owner: Value, name: str) -> Value:
        if name == "data":
            return owner._replace(graph=GRAPH_NO, origins=NO_SITES).made_of()
        if name == "grad":
            return Value(kinds.TENSOR, graph=GRAPH_NO, what="grad", device=owner.device)
        if name == "device":
            return Value(kinds.DEVICE, what=OF_TENSOR)
        if name in _SAME_TENSOR:
            return owner.made_of()._replace(shape=after("t", owner, (), {}) if name in ("T", "mT") else None)
        if name == "shape":
            return Value(kinds.CONTAINER, each=NUMBER)
        if name in _TENSOR_NUMBERS:
            return Value(kinds.NUMBER | kinds.BOOL)
        return Value(graph=owner.graph, origins=owner.origins, device=owner.device)

    def _unknown_attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        if name in _BOUND and owner.kinds & (kinds.TRACKED | kinds.TENSOR):
            return Value(kinds.FUNCTION, what=("method", name), items=(owner,))
        if name == "data" and owner.graph == GRAPH_YES:
            return Value(graph=GRAPH_NO)
        if not owner.known and name in _TENSOR_NUMBERS:
            return self._tensor_attribute(owner, name)
        kind = self._evident(node)
        if owner.must_be(kinds.MODULE) and name in _PARAMETER_NAMES and owner.sites and self._is_of_torch(owner):
            frozen = any(self.load(site, "#frozen") is not None for site in owner.sites)
            graph = GRAPH_UNKNOWN if frozen else GRAPH_YES
            return Value(kinds.TENSOR, graph=graph, leaf=True, origins=owner.sites, device=_full(self.where(owner)))
        if len(owner.sites) == 1 and (kind or owner.kinds & (kinds.INSTANCE | kinds.MODULE)):
            (base,) = owner.sites
            site = self.site("attribute", base, name)
            if owner.kinds & kinds.MODULE:
                self.parents[site] = base
                self.fields.setdefault(base, set())
            value = Value(kind, frozenset({site}), graph=GRAPH_UNKNOWN)
            if kind:
                self.adopt(site, kind)
                self.store(base, name, value)
                return value
            if owner.kinds & kinds.MODULE:
                return Value(origins=owner.sites | owner.origins)
            return Value(sites=frozenset({site}))
        if kind:
            site = self.site("evident", self.frame.unit, dotted(node))
            self.adopt(site, kind)
            return Value(kind, frozenset({site}))
        inner = owner.device.inside() if owner.device is not None and not owner.known else None
        origins = owner.origins | owner.sites
        return Value(graph=owner.graph, origins=origins, loaders=owner.loaders, device=inner)

    def _is_of_torch(self, module: Value) -> bool:
        """Whether a module may have what layers of torch have: classes of the workspace only inherit it."""
        info = class_info(self.db, module.what.unit) if isinstance(module.what, Definition) else None
        return info is None or any(
            name.startswith("torch.nn.") and name != "torch.nn.Module" for name in info.ancestors
        )

    def _evident(self, node: ast.AST) -> int:
        place = dotted(node)
        return self.frame.evidence.get(place, kinds.UNKNOWN) if place is not None else kinds.UNKNOWN

    def adopt(self, site: int, kind: int, what: Any = None) -> None:
        """Begin to track an object that was not made before our eyes."""
        if kind & (kinds.MODULE | kinds.LOSS) and not kind & kinds.OPTIMIZER:
            self.module_sites.add(site)
        elif kind == kinds.OPTIMIZER and site not in self.state.held:
            self.state.held[site] = self.held(site)
        if what is not None:
            self.site_what.setdefault(site, what)

    # ── operators ───────────────────────────────────────────────────────────────────────────

    def _constant(self, node: ast.Constant) -> Value:
        return constant(node.value)

    def _binary(self, node: ast.BinOp) -> Value:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        result = self.combine(left, right)._replace(device=self._computed_at(node, type(node.op).__name__, left, right))
        if result.graph == GRAPH_NO:
            result = self.cut_here(node, "arithmetic", result, left, right)
        if isinstance(node.op, (ast.Add, ast.Sub)) and (left.mean or right.mean):
            result = result._replace(mean=True)
        if isinstance(node.op, ast.MatMult):
            result = result._replace(size=UNSIZED, shape=None)
        result = self.kept(node, OPERATORS.get(type(node.op).__name__, ""), result, left, right)
        result = result._replace(act=after_arithmetic(node.op, left, right))
        if isinstance(left.what, Multiple) or isinstance(right.what, Multiple):
            return result._replace(what=_multiple(node.op, left, right))
        return result

    def _computed_at(self, node: ast.AST, operation: str, *values: Value) -> Device | None:
        """Where the result of an operator is."""
        if not any(value.device is not None for value in values):
            return None
        return self.together(node, operation, *values)

    def combine(self, *values: Value) -> Value:
        """The result of arithmetic."""
        if all(value.must_be(kinds.NUMBER | kinds.BOOL) for value in values):
            return NUMBER._replace(cut=next((value.cut for value in values if value.cut is not None), None))
        if any(value.must_be(kinds.STRING) for value in values):
            return STRING
        if any(value.must_be(kinds.ARRAY) for value in values):
            return Value(kinds.ARRAY)
        if len(values) == 2 and values[0].must_be(kinds.CONTAINER) and values[1].must_be(kinds.NUMBER):
            return values[0]
        if all(value.must_be(kinds.CONTAINER) for value in values):
            each = [element(value) for value in values]
            return Value(kinds.CONTAINER, each=join_all(each))
        if not any(value.must_be(kinds.TENSOR) for value in values):
            return Value(graph=self.graph_of(*values), origins=self.origins_of(*values))
        result = Value(kinds.TENSOR, graph=self.graph_of(*values), origins=self.origins_of(*values))
        return result._replace(size=size_of_sum(*values), shape=together(*values))

    def graph_of(self, *values: Value) -> int:
        """Whether a result computed from the values carries a graph."""
        if self.grad_is_off():
            return GRAPH_NO
        certain = GRAPH_NO
        for value in values:
            graph = self.carried_graph(value)
            if graph == GRAPH_YES:
                return GRAPH_YES if self.state.grad == GRAD_ON else GRAPH_UNKNOWN
            if graph == GRAPH_UNKNOWN:
                certain = GRAPH_UNKNOWN
        return certain

    def carried_graph(self, value: Value) -> int:
        """Whether a value, or something in a container, carries a graph."""
        if value.kinds and not value.kinds & ~kinds.PLAIN:
            return GRAPH_NO
        if value.each is not None or value.items:
            return self.carried_graph(element(value))
        if value.must_be(kinds.CONTAINER) and value.sites:
            inner = self.contents(value)
            return self.carried_graph(inner) if inner is not None else GRAPH_NO
        return value.graph

    def origins_of(self, *values: Value) -> frozenset[int]:
        """What a result computed from the values was computed from."""
        if self.grad_is_off():
            return NO_SITES
        found: frozenset[int] = NO_SITES
        for value in values:
            if value.kinds and not value.kinds & ~kinds.PLAIN:
                continue
            if value.must_be(kinds.TENSOR):
                found |= value.origins
            else:
                found |= derived(value)
                inner = self.contents(value)
                if inner is not None:
                    found |= derived(inner)
        return found

    def contents(self, value: Value) -> Value | None:
        """What a list, set or dict holds."""
        if value.each is not None or value.items is not None:
            return element(value)
        found = [self.load(site, "[]") for site in value.sites]
        values = [item for item in found if item is not None]
        return join_all(values) if values else None

    def last_of(self, container: Value) -> Value | None:
        """The last element of a list or dict; None if it is not known."""
        if container.items:
            return container.items[-1]
        found = [self.load(site, "#last") for site in container.sites]
        values = [value for value in found if value is not None and value.known]
        return join_all(values) if values and len(values) == len(found) else None

    def _boolean(self, node: ast.BoolOp) -> Value:
        values = [self.evaluate(value) for value in node.values]
        result = join_all(values)
        if isinstance(node.op, ast.And) and any(value.what == AVAILABLE for value in values):
            return result._replace(what=AVAILABLE)
        return result

    def _unary(self, node: ast.UnaryOp) -> Value:
        operand = self.evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            return BOOL
        if (
            operand.literal is not None
            and isinstance(operand.literal[0], (int, float))
            and isinstance(node.op, ast.USub)
        ):
            return constant(-operand.literal[0])
        result = self.combine(operand)._replace(device=operand.device, mean=operand.mean)
        return self.cut_here(node, "arithmetic", result, operand)

    def _compare(self, node: ast.Compare) -> Value:
        operands = [node.left, *node.comparators]
        values = [self.evaluate(item) for item in operands]
        self.note_threshold(node, type(node.ops[0]).__name__, *values)
        if any(value.must_be(kinds.DEVICE) for value in values) or any(map(_is_called_device, operands)):
            self.record(Effect.COMPARE, node, "device", values[0], tuple(values[1:]))
        if any(value.must_be(kinds.TENSOR) for value in values) and not isinstance(
            node.ops[0], (ast.Is, ast.IsNot, ast.In, ast.NotIn)
        ):
            place = self._computed_at(node, "compare", *values)
            return self.cut_here(node, COMPARISON, Value(kinds.TENSOR, graph=GRAPH_NO, device=place), *values)
        if all(value.known for value in values):
            return Value(kinds.BOOL)
        return self.cut_here(node, COMPARISON, Value(graph=GRAPH_NO), *values)

    def _conditional(self, node: ast.IfExp) -> Value:
        truth = self.truth(node.test)
        test = self.evaluate(node.test)
        if truth is not None:
            return self.evaluate(node.body if truth else node.orelse)
        wanted = self.asks_for_accelerator(node.test, test)
        other = self.state.copy()
        body, taken = self.evaluate(node.body), self.state
        self.state = other
        orelse = self.evaluate(node.orelse)
        if wanted is not None:
            with_accelerator(*((taken, self.state) if wanted else (self.state, taken)))
        left = self.state
        self.state = join_states(taken.copy(), left)
        self.made_on_one_path(body, taken)
        self.made_on_one_path(orelse, left)
        if wanted is None:
            return join(body, orelse)
        return join(body, orelse)._replace(device=(body if wanted else orelse).device)

    def _named(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self.bind_name(node.target.id, value)
        return value

    @abstractmethod
    def bind_name(self, name: str, value: Value) -> None:
        """Assign to a variable."""

    # ── containers ──────────────────────────────────────────────────────────────────────────

    def _tuple(self, node: ast.Tuple) -> Value:
        values = tuple(self.evaluate(item) for item in node.elts)
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return Value(kinds.CONTAINER, each=join_all(values))
        return Value(kinds.CONTAINER, items=values)

    def _list(self, node: ast.List | ast.Set) -> Value:
        values = [self.evaluate(item) for item in node.elts]
        site = self.new_site(node)
        self.fields.setdefault(site, set()).add("[]")
        self.state.heap.pop((site, "[]"), None)
        if values:
            self.store(site, "[]", join_all(values))
        ends_open = bool(node.elts) and isinstance(node.elts[-1], ast.Starred)
        self.store(site, "#last", values[-1] if values and not ends_open else UNKNOWN)
        for position, value in enumerate(values[:6]):
            self.store(site, f"[{position}]", value)
        return Value(kinds.CONTAINER, frozenset({site}))

    def _dict(self, node: ast.Dict) -> Value:
        site = self.new_site(node)
        self.state.heap.pop((site, "[]"), None)
        values: list[Value] = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item)
            values.append(value)
            name = self.evaluate(key) if key is not None else UNKNOWN
            if name.literal is not None:
                self.store(site, f"[{name.literal[0]!r}]", value)
            elif key is None:
                self.store(site, "[**]", value)
        if values:
            self.store(site, "[]", join_all(values))
        return Value(kinds.CONTAINER, frozenset({site}), what="dict")

    def _starred(self, node: ast.Starred) -> Value:
        return element(self.evaluate(node.value))

    def _subscript(self, node: ast.Subscript) -> Value:
        owner = self.evaluate(node.value)
        index = self.evaluate(node.slice)
        if owner.size == SINGLE:
            self.record(Effect.INDEX, node, "[]", owner, (index,))
        result = self.item(owner, index)
        self._picks(node, owner, index)
        if owner.must_be(kinds.TENSOR):
            result = result._replace(shape=picked(owner.shape, node.slice, index))
        if index.literal is None:
            self.note_elements(node, owner)
        if owner.device is not None and result.device == owner.device.inside() and _keeps_dimension(node.slice):
            return result._replace(device=owner.device)
        return result

    def _picks(self, node: ast.Subscript, owner: Value, index: Value) -> None:
        """A tensor on the CPU cannot be indexed with one that is elsewhere; the other way round is fine."""
        if not owner.must_be(kinds.TENSOR) or owner.device is None or owner.device.kind != CPU:
            return
        for part in index.items or (index,):
            if part.device is not None and part.device.full and part.must_be(kinds.TENSOR):
                self.together(node, "index", owner, part)

    def note_elements(self, node: ast.expr, whole: Value) -> None:
        """Code goes over the elements of a tensor one by one; ``node`` is the tensor, or picks the element."""
        if whole.must_be(kinds.TENSOR):
            if whole.device is not None and whole.device.away:
                self.record(Effect.ELEMENTS, node, "", whole)
        elif isinstance(node, ast.Call) and dotted(node.func) in ("enumerate", "zip"):
            for argument in node.args:
                self.note_elements(argument, self._quiet(argument) or UNKNOWN)

    def item(self, owner: Value, index: Value) -> Value:
        """``owner[index]``."""
        if owner.must_be(kinds.TENSOR):
            part = owner.act if owner.act is not None and owner.act.name in ELEMENTWISE else None
            one = owner.made_of()._replace(sites=NO_SITES, act=part, device=_inside(owner))
            return one._replace(size=UNSIZED, shape=None)
        if owner.items is not None:
            if index.literal is not None and isinstance(index.literal[0], int):
                position = index.literal[0]
                if -len(owner.items) <= position < len(owner.items):
                    return owner.items[position]
            return element(owner)
        if index.literal is not None and owner.sites:
            found = [self.load(site, f"[{index.literal[0]!r}]") for site in owner.sites]
            if all(value is not None for value in found):
                return join_all([value for value in found if value is not None])
        if owner.what in PARAMETER_CONTAINERS:
            return Value(kinds.TENSOR, graph=GRAPH_YES, leaf=True, origins=owner.sites | owner.origins)
        if owner.must_be(kinds.MODULE) and owner.sites:
            return Value(kinds.MODULE, origins=owner.sites)
        inner = self.contents(owner)
        if inner is not None:
            return inner
        origins = owner.origins | owner.sites
        place = _inside(owner)
        return Value(graph=owner.graph, origins=origins, loaders=owner.loaders, device=place, spent=owner.spent)

    def iterate(self, value: Value) -> Value:
        """What a loop over a value yields."""
        if value.must_be(kinds.LOADER | kinds.DATASET):
            return self.batch(value)
        if value.must_be(kinds.TENSOR):
            one = value.made_of()._replace(sites=NO_SITES, device=_inside(value))
            return one._replace(size=UNSIZED, shape=inside(value.shape))
        if PARAMETER_CONTAINERS.get(value.what):
            return self.item(value, UNKNOWN)
        if value.must_be(kinds.MODULE):
            return Value(kinds.MODULE, origins=value.sites | value.origins)
        inner = self.contents(value)
        if inner is not None:
            return inner
        return element(value)._replace(device=_inside(value)) if value.device is not None else element(value)

    def batch(self, loader: Value) -> Value:
        """What a data loader yields: tensors where the data set is known to hold tensors, else anything."""
        sources = self.sources_of(loader)
        tensors = bool(sources) and all(isinstance(one.what, str) and one.what in _TENSOR_DATASETS for one in sources)
        custom = any(self.load(site, "collate_fn") is not None for site in loader.sites)
        if tensors and not custom:
            found: Value | None = Value(kinds.CONTAINER, each=Value(kinds.TENSOR, graph=GRAPH_NO))
        else:
            found = loader.each or (None if custom else self.collated(sources))
        return _put_at(found or Value(graph=GRAPH_NO), self._batch_device(loader))

    @abstractmethod
    def collated(self, sources: tuple[Value, ...]) -> Value | None:
        """What a loader makes of the samples of data sets, wherever they are; None if that is not known."""

    @abstractmethod
    def sources_of(self, loader: Value) -> tuple[Value, ...]:
        """The data sets at the bottom of what a loader goes over."""

    def _batch_device(self, loader: Value) -> Device | None:
        """Where the batches of a loader are; the samples of a data set have a level less."""
        batched = 2 if loader.must_be(kinds.LOADER) else 1
        collated = any(self.load(site, "collate_fn") is not None for site in loader.sites)
        place = loader.device
        if place is None and self.from_host and self.taken_at is not None and not collated:
            return Device(CPU, "cpu", self.taken_at, batched)
        return place._replace(at=self.taken_at or place.at, full=batched) if place is not None else None

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        saved = dict(self.state.env)
        for generator in node.generators:
            whole = self.evaluate(generator.iter)
            self.note_elements(generator.iter, whole)
            self.bind(generator.target, self.iterate(whole))
            for condition in generator.ifs:
                self.evaluate(condition)
        if isinstance(node, ast.DictComp):
            self.evaluate(node.key)
            inner = self.evaluate(node.value)
        else:
            inner = self.evaluate(node.elt)
        self.state.env = saved
        state = self.state_of(inner) if isinstance(node, ast.DictComp) else None
        if state is not None:
            return state
        chosen = SOME if any(generator.ifs for generator in node.generators) else None
        return Value(kinds.CONTAINER, each=inner, what=chosen)

    @abstractmethod
    def made_on_one_path(self, made: Value, path: State) -> None:
        """A state dict was made on one of two paths that have met: it is as that path left it."""

    @abstractmethod
    def state_of(self, entry: Value) -> Value | None:
        """A dict of entries of a state dict, which are still those of the module; None for any other value."""

    @abstractmethod
    def bind(self, target: ast.expr, value: Value) -> None:
        """Assign to a target."""

    def _string(self, node: ast.JoinedStr) -> Value:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.evaluate(part.value)
        first = node.values[0] if node.values else None
        if isinstance(first, ast.Constant) and str(first.value).rstrip(":") == "cuda":
            return STRING._replace(device=Device(ACCELERATOR))
        return STRING

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.local_function(node)

    def local_function(self, node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> Value:
        """A function that closes over the variables of the running one."""
        site = self.new_site(node)
        self.closures[site] = (node, self.frame.unit, self.state.env, self.frame)
        return Value(kinds.FUNCTION, frozenset({site}), what=("local", site))

    @property
    @abstractmethod
    def closures(self) -> dict[int, Any]:
        """Functions that were made inside functions, by their site."""

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Value:
        value = self.evaluate(node.value) if node.value is not None else UNKNOWN
        if self.frame.resume is not None:
            self.frame.resume(value)
            return UNKNOWN
        self.frame.yields.append(element(value) if isinstance(node, ast.YieldFrom) else value)
        self.hand_on(value)
        return UNKNOWN

    def _await(self, node: ast.Await) -> Value:
        return self.evaluate(node.value)

    def _slice(self, node: ast.Slice) -> Value:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.evaluate(part)
        return UNKNOWN

    # ── truth ───────────────────────────────────────────────────────────────────────────────

    def truth(self, node: ast.expr) -> bool | None:
        """Whether a condition surely holds or surely fails, without running it; None if open."""
        assumed = self.state.assume
        if assumed:
            text = condition_text(node)
            if text in assumed:
                return assumed[text]
        if isinstance(node, ast.Constant):
            return bool(node.value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.truth(node.operand)
            return None if inner is None else not inner
        if isinstance(node, ast.BoolOp):
            return self._boolean_truth(node)
        if isinstance(node, ast.Name):
            return self._literal_truth(self.variable(node.id))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compare_truth(node)
        if isinstance(node, ast.Attribute):
            owner = dotted(node.value)
            if owner is not None and owner in self.state.env:
                return self._literal_truth(self.attribute(self.state.env[owner], node.attr, node))
        if isinstance(node, ast.Call) and len(node.args) == 2:
            return self._wrapper_truth(node)
        return None

    def _wrapper_truth(self, node: ast.Call) -> bool | None:
        """``hasattr(model, "module")`` and ``isinstance(model, DataParallel)``: True of what surely is one."""
        value = self._quiet(node.args[0])
        if value is None or not value.wrapped:
            return None
        asked = node.args[1]
        if dotted(node.func) == "hasattr":
            return True if isinstance(asked, ast.Constant) and asked.value == PREFIXES[value.wrapped] else None
        classes = asked.elts if isinstance(asked, ast.Tuple) else [asked]
        symbols = [resolve(self.db, self.frame.unit.path, one) for one in classes]
        names = [canonical(symbol.qualified) for symbol in symbols if isinstance(symbol, External)]
        return True if dotted(node.func) == "isinstance" and value.wrapped in names else None

    def _boolean_truth(self, node: ast.BoolOp) -> bool | None:
        truths = [self.truth(value) for value in node.values]
        decisive = isinstance(node.op, ast.Or)
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive

    @staticmethod
    def _literal_truth(value: Value) -> bool | None:
        if value.literal is not None:
            return bool(value.literal[0]) if value.what != BY_DEFAULT or value.must_be(kinds.NONE) else None
        if value.known and not value.kinds & ~(
            kinds.MODULE | kinds.OPTIMIZER | kinds.SCHEDULER | kinds.LOADER | kinds.FUNCTION
        ):
            return True if not value.may_be(kinds.LOADER) else None
        return None

    def _compare_truth(self, node: ast.Compare) -> bool | None:
        operator, right = node.ops[0], node.comparators[0]
        if dotted(node.left) == "__name__" and isinstance(right, ast.Constant):
            return isinstance(operator, ast.Eq) is (right.value == "__main__")
        left_value = self._quiet(node.left)
        right_value = self._quiet(right)
        if left_value is None or right_value is None:
            return None
        if isinstance(operator, (ast.Is, ast.IsNot)) and right_value.kinds == kinds.NONE:
            if left_value.kinds == kinds.NONE:
                return isinstance(operator, ast.Is)
            if left_value.known and not left_value.kinds & kinds.NONE:
                return isinstance(operator, ast.IsNot)
            return None
        if left_value.literal is None or right_value.literal is None:
            return None
        if any(value.what == BY_DEFAULT and not value.must_be(kinds.NONE) for value in (left_value, right_value)):
            return None
        a, b = left_value.literal[0], right_value.literal[0]
        if isinstance(operator, (ast.Eq, ast.NotEq)):
            return (a == b) is isinstance(operator, ast.Eq)
        return None

    def viewed_leaf(self, node: ast.AST) -> Value | None:
        """The leaf that a change in place changes through a view: ``w[0].zero_()``, ``w.t()[1] = 0``."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
        elif isinstance(node, ast.Subscript):
            owner = node.value
        else:
            return None
        whole = _viewed(owner)
        value = self._quiet(whole) if whole is not owner else None
        return value if value is not None and value.leaf and value.graph == GRAPH_YES else None

    def _quiet(self, node: ast.expr) -> Value | None:
        """The value of a name, attribute or constant; None for expressions that would do something."""
        if isinstance(node, ast.Constant):
            return constant(node.value)
        if isinstance(node, ast.Name):
            return self.variable(node.id)
        if isinstance(node, ast.Attribute) and dotted(node) is not None:
            return self.evaluate(node)
        return None


def _viewed(node: ast.expr) -> ast.expr:
    """What an expression is a view of; itself if it is none."""
    while True:
        if isinstance(node, ast.Subscript) and _is_basic(node.slice):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS:
            node = node.func.value
        else:
            return node


def _is_basic(index: ast.expr) -> bool:
    """Whether an index surely selects a view: numbers and slices, no tensors or lists, which copy."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return all(isinstance(part, (ast.Slice, ast.Constant)) for part in parts)


def _multiple(operator: ast.operator, left: Value, right: Value) -> Multiple | None:
    """What arithmetic with constants leaves of a number that grows with something."""
    if isinstance(right.what, Multiple) and isinstance(operator, (ast.Mult, ast.Add)):
        left, right = right, left
    number = right.literal[0] if right.literal is not None else None
    if not isinstance(left.what, Multiple) or not isinstance(number, (int, float)):
        return None
    if isinstance(operator, (ast.Add, ast.Sub)):
        return left.what
    if isinstance(operator, ast.Mult):
        return left.what._replace(factor=left.what.factor * number)
    if isinstance(operator, (ast.Div, ast.FloorDiv)) and number:
        return left.what._replace(factor=left.what.factor / number)
    return None


def _full(place: Device | None) -> Device | None:
    return place._replace(full=1) if place is not None else None


def _put_at(batch: Value, place: Device | None) -> Value:
    """A batch at a place; the tensors that it consists of are a level below."""
    if not batch.must_be(kinds.CONTAINER):
        return batch._replace(device=place)
    inner = place.inside() if place is not None else None
    items = tuple(_put_at(item, inner) for item in batch.items) if batch.items is not None else None
    return batch._replace(items=items, each=_put_at(batch.each, inner) if batch.each is not None else None)


def _inside(value: Value) -> Device | None:
    return value.device.inside() if value.device is not None else None


def _keeps_dimension(index: ast.expr) -> bool:
    """Whether what an index picks surely has a dimension: a slice, a new axis, an ellipsis."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return any(
        isinstance(part, ast.Slice) or (isinstance(part, ast.Constant) and part.value in (None, ...)) for part in parts
    )


def condition_text(node: ast.expr) -> str:
    """A condition as text, for telling whether two are the same."""
    return ast.unparse(node)


def _is_called_device(node: ast.expr) -> bool:
    """Whether what is compared may be a device by its name, whatever else it is in other states."""
    return "device" in (dotted(node) or "").rpartition(".")[2]


_METHODS: dict[type, Any] = {
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Constant: Expressions._constant,
    ast.BinOp: Expressions._binary,
    ast.BoolOp: Expressions._boolean,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.IfExp: Expressions._conditional,
    ast.NamedExpr: Expressions._named,
    ast.Tuple: Expressions._tuple,
    ast.List: Expressions._list,
    ast.Set: Expressions._list,
    ast.Dict: Expressions._dict,
    ast.Starred: Expressions._starred,
    ast.Subscript: Expressions._subscript,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.JoinedStr: Expressions._string,
    ast.Lambda: Expressions._lambda,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield,
    ast.Await: Expressions._await,
    ast.Slice: Expressions._slice,
    ast.Call: lambda self, node: self.call(node),
}

__all__ = ["Expressions", "condition_text"]
