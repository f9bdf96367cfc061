"""Checkpoints: loads, and state dicts that modules are given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, file_units
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.flow.evidence import names_a_module
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import constant, dotted
from torch_pitfalls.syntax.units import Ref

_STATEFUL = kinds.MODULE | kinds.OPTIMIZER | kinds.SCHEDULER
_META_KEYS = frozenset(
    """
    epoch epochs start_epoch iter iteration step global_step best_acc best_loss loss arch args config cfg opt
    optimizer optimizer_state_dict optim optim_state scheduler lr_scheduler scheduler_state_dict scaler
    model model_state_dict model_state state_dict net weights
    """.split()
)
"""Keys of checkpoints that no module has."""
_DEVICES = re.compile(r"cuda|\.to\(|device")


@dataclass(frozen=True, slots=True)
class Load(Use):
    """A call of ``torch.load``."""

    def is_written_here(self) -> bool:
        """Whether the same function writes the file."""
        path = _spelled_path(self.node, _LOADED)
        return path is not None and any(
            event.name == "torch.save" and _spelled_path(self.facts.at(event.at[-1]), _SAVED) == path
            for event in self.facts.events(Effect.CALL)
        )

    def is_saved_here(self) -> bool:
        """Whether this function, or what it calls, saves what it loads, and nothing there mentions a device."""
        path = _spelled_path(self.node, _LOADED)
        if path is None:
            return False
        text = self.facts.unit.text if self.facts.id.name else self.facts.file_text()
        if any(re.search(rf"\bsave\([^\n]*{re.escape(path)}", line) for line in text.splitlines()):
            return not _DEVICES.search(text)
        saves = [event for event in self.facts.trace.of(self.facts.id, Effect.SAVE) if self._is_told(event, path)]
        texts = [text, *(self.facts.unit_text(ref.unit) for event in saves for ref in event.at[1:])]
        return bool(saves) and not any(map(_DEVICES.search, texts))

    def _is_told(self, save: Event, path: str) -> bool:
        """Whether this unit calls what saves with a path."""
        call = self.facts.at(save.at[0]) if save.at[0].unit == self.facts.id else None
        given = [*call.args, *(item.value for item in call.keywords)] if isinstance(call, ast.Call) else []
        return any(ast.unparse(value) == path for value in given)

    def is_temporary(self) -> bool:
        """Whether it reads what this function has just written into memory or a temporary file."""
        return _is_temporary(self.facts, self.node, _LOADED)


@dataclass(frozen=True, slots=True)
class Save(Use):
    """A call of ``torch.save`` that is given a module, or a call that leads to one with the module that it saves."""

    key: str = ""

    @property
    def expression(self) -> ast.expr | None:
        """What is saved as it is written in the call: the module, or the dict's entry that holds it."""
        node = self.argument_node(*at("torch.save", "obj")) if self.direct else None
        if not self.key or not isinstance(node, ast.Dict):
            return None if self.key else node
        pairs = zip(node.keys, node.values, strict=True)
        return next((value for name, value in pairs if f"[{constant(name)!r}]" == self.key), None)

    def is_temporary(self) -> bool:
        """Whether it writes into memory or a temporary file, which nobody reads later."""
        call, saving = self.node, self.event.at[-1]
        if self.direct:
            return _is_temporary(self.facts, call, _SAVED)
        given = [*call.args, *(item.value for item in call.keywords)] if isinstance(call, ast.Call) else []
        there = Facts(self.facts.db, saving.unit)
        return any(_is_made_temporary(self.facts, value) for value in given) or _is_temporary(
            there, there.at(saving), _SAVED
        )


def _is_temporary(facts: Facts, node: ast.AST, place: tuple[int, str]) -> bool:
    path = _path(node, place)
    return path is not None and _is_made_temporary(facts, path)


def _is_made_temporary(facts: Facts, path: ast.expr) -> bool:
    """Whether a path or file was made in this unit, for its own use."""
    root = ast.unparse(path).partition(".")[0]
    made: list[ast.expr] = []
    for other in facts.unit.nodes:
        if isinstance(other, ast.Assign) and any(ast.unparse(target) == root for target in other.targets):
            made.append(other.value)
        elif isinstance(other, ast.withitem) and other.optional_vars is not None:
            made += [other.context_expr] if ast.unparse(other.optional_vars) == root else []
    return bool(made) and all(_makes_temporary(value) for value in made)


def _makes_temporary(node: ast.expr) -> bool:
    name = dotted(node.func) if isinstance(node, ast.Call) else None
    short = name.rpartition(".")[2] if name is not None else ""
    return short in _TEMPORARY or (short == "BytesIO" and isinstance(node, ast.Call) and not node.args)


_TEMPORARY = frozenset({"TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryFileName", "mktemp"})


_LOADED, _SAVED = at("torch.load", "f"), at("torch.save", "f")
_STRICT, _ = at("torch.nn.Module.load_state_dict", "strict")


def _path(node: ast.AST, place: tuple[int, str]) -> ast.expr | None:
    """The argument of a load or save that names the file."""
    if not isinstance(node, ast.Call):
        return None
    position, name = place
    given = [*node.args[position : position + 1], *(item.value for item in node.keywords if item.arg == name)]
    return given[0] if given else None


def _spelled_path(node: ast.AST, place: tuple[int, str]) -> str | None:
    path = _path(node, place)
    return ast.unparse(path) if path is not None else None


class _Loads:
    def find(self, facts: Facts) -> Iterator[Load]:
        """Calls of ``torch.load`` in the unit itself."""
        for event in facts.events(Effect.CALL):
            if event.name == "torch.load":
                yield Load(facts, event, facts.trace, len(event.at) - 1)


LOADS: Subject[Load] = _Loads()


class _Saves:
    def find(self, facts: Facts) -> Iterator[Save]:
        """Calls in the unit that save a module, unless what they lead to saves one whoever calls it."""
        seen: set[Ref] = set()
        for event in facts.trace.of(facts.id, Effect.SAVE):
            key = _module_key(event)
            if key is None or event.at[0].unit != facts.id or event.at[0] in seen:
                continue
            if facts.is_said_below(event, lambda other: _module_key(other) is not None):
                continue
            seen.add(event.at[0])
            index = len(event.at) - 1 if all(ref.unit == facts.id for ref in event.at) else 0
            yield Save(facts, event, facts.trace, index, None, key)


def _module_key(save: Event) -> str | None:
    """Where in a dict or tuple that is saved a module is, empty for the module itself; None if there is none."""
    if save.subject.must_be(kinds.MODULE):
        return ""
    places = (*save.kwargs, *((f"[{n}]", value) for n, value in enumerate(save.subject.items or ())))
    return next((key for key, value in places if value.must_be(kinds.MODULE)), None)


SAVES: Subject[Save] = _Saves()


@dataclass(frozen=True, slots=True)
class StateLoad(Use):
    """``x.load_state_dict``: called, merely named, or assigned to."""

    @property
    def is_torch_own(self) -> bool:
        """Whether the owner is a module, optimizer or scheduler with torch's own ``load_state_dict``."""
        subject = self.event.subject
        if not subject.must_be(_STATEFUL):
            return False
        if isinstance(subject.what, Definition):
            info = class_info(self.facts.db, subject.what.unit)
            return info is not None and info.method("load_state_dict") is None and not info.framework
        return True

    @property
    def state(self) -> ast.expr | None:
        """The expression that is given as the state dict."""
        node = self.node
        if not isinstance(node, ast.Call):
            return None
        named = [item.value for item in node.keywords if item.arg == "state_dict"]
        return node.args[0] if node.args else (named[0] if named else None)

    def is_uncalled(self, state: ast.expr) -> bool:
        """Whether the given expression is ``model.state_dict`` without parentheses."""
        given = self.argument(*at("torch.nn.Module.load_state_dict", "state_dict"))
        if given is not None and given.what == ("method", "state_dict"):
            return all(owner.must_be(_STATEFUL) for owner in given.items or ())
        owner = dotted(state.value) if isinstance(state, ast.Attribute) and state.attr == "state_dict" else None
        return owner is not None and names_a_module(owner)

    def is_strict(self) -> bool:
        """Whether keys that do not fit surely raise."""
        node = self.node
        return (
            isinstance(node, ast.Call)
            and len(node.args) <= _STRICT
            and all(
                item.arg != "strict" or constant(item.value) is True
                for item in node.keywords
                if item.arg != "state_dict"
            )
        )

    def misused_result(self) -> ast.expr | None:
        """What the key report is taken for a module in: a variable, or the owner of an attribute."""
        parent = self.facts.parents.get(self.node)
        if isinstance(parent, ast.Attribute):
            return parent if parent.attr not in _REPORT else None
        if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
            return None
        target = parent.targets[0]
        name = dotted(target)
        if name is None:
            return None
        same = isinstance(self.node, ast.Call) and ast.unparse(target) == self.receiver
        return target if same or names_a_module(name) else None

    def whole_checkpoint(self) -> str | None:
        """The key that shows the given dict to be a whole checkpoint; None if it may be a state dict."""
        state = self.state
        if not self.event.subject.must_be(kinds.MODULE) or not self.is_strict():
            return None
        if isinstance(state, ast.Name):
            load = self._loaded(state.id)
            if load is None:
                return None
            # A path that is only a variable may lead anywhere.
            named = _path(load, _LOADED)
            return self._key_beside(state.id) or (None if isinstance(named, ast.Name) else self._key_saved(load))
        if isinstance(state, ast.Call) and self._is_load(state):
            return self._key_saved(state)
        return None

    def stores_a_state(self) -> bool:
        """Whether what is assigned is a state dict or a loaded file."""
        parent = self.facts.parents.get(self.node)
        loaded = isinstance(parent, ast.Assign) and self._is_load(parent.value)
        return loaded or self.event.args[0].must_be(kinds.STATE_DICT)

    def _is_load(self, node: ast.AST) -> bool:
        return any(
            event.name == "torch.load" and self.facts.at(event.at[-1]) is node
            for event in self.facts.events(Effect.CALL)
        )

    def _loaded(self, name: str) -> ast.Call | None:
        """The call of ``torch.load`` by which a variable is assigned, once in the unit; None if there is none."""
        stores = [
            node
            for node in self.facts.unit.nodes
            if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        ]
        parent = self.facts.parents.get(stores[0]) if len(stores) == 1 else None
        value = parent.value if isinstance(parent, ast.Assign) else None
        return value if isinstance(value, ast.Call) and self._is_load(value) else None

    def _key_beside(self, name: str) -> str | None:
        """A key of no module that the same block reads from the variable."""
        block = self.block_of(self.facts.statement(self.node)) or []
        for statement in block:
            if isinstance(statement, (ast.If, ast.Try, ast.For, ast.While)):
                continue
            for node in ast.walk(statement):
                if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
                    key = constant(node.slice)
                    if isinstance(key, str) and key in _META_KEYS and isinstance(node.ctx, ast.Load):
                        return key
        return None

    def _key_saved(self, load: ast.Call) -> str | None:
        """A key of no module that every save to the same path in this file writes."""
        path = _spelled_path(load, _LOADED)
        found: list[str] = []
        for id in file_units(self.facts.db, self.facts.id.path):
            for event in trace(self.facts.db, id).of(id, Effect.SAVE) if id.name else ():
                node = self.facts.foreign_node(event.at[-1])
                if node is None or _spelled_path(node, _SAVED) != path:
                    continue
                keys = [name[1:-1].strip("'") for name, _ in event.kwargs if name.startswith("[")]
                own = [key for key in keys if key in _META_KEYS]
                if not own:
                    return None
                found += own[:1]
        return found[0] if found else None


_REPORT = frozenset({"missing_keys", "unexpected_keys", "count", "index", "_asdict", "_replace"})


class _StateLoads:
    def find(self, facts: Facts) -> Iterator[StateLoad]:
        """Uses of ``load_state_dict`` in the unit itself."""
        for event in facts.events(Effect.METHOD, Effect.MENTION, Effect.STORE):
            if event.name == "load_state_dict":
                yield StateLoad(facts, event, facts.trace, len(event.at) - 1)


STATE_LOADS: Subject[StateLoad] = _StateLoads()
