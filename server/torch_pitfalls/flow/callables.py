"""What is called, beside plain functions: partial ones, decorated ones, context managers written as generators."""

from __future__ import annotations

import ast
from typing import NamedTuple

from torch_pitfalls.db import Database
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.flow.instances import Instances
from torch_pitfalls.flow.torch_calls import Arguments
from torch_pitfalls.flow.values import FURTHER_POSITIONAL, UNKNOWN, Site, Value, constant, join_all
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import decorator_names
from torch_pitfalls.syntax.units import FunctionNode, UnitId


class GeneratorContext(NamedTuple):
    """A call of a generator function that makes a context manager: nothing has run yet."""

    unit: UnitId
    function: FunctionNode
    arguments: Arguments


class Callables(Instances):
    """Finds out what a call really calls, and with what."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.contexts: dict[Site, GeneratorContext] = {}
        self._partials: dict[Site, tuple[Value, Arguments]] = {}

    # ── arguments ───────────────────────────────────────────────────────────────────────────

    def arguments(self, node: ast.Call) -> Arguments:
        """The arguments of a call; ``**`` among the keywords says that there may be more than can be seen."""
        args: list[Value] = []
        kwargs: dict[str, Value] = {}
        for arg in node.args:
            if not isinstance(arg, ast.Starred):
                args.append(self.evaluate(arg))
                continue
            value = self.evaluate(arg.value)
            if value.items is not None:
                args += value.items
            else:
                args.append(self.iterate(value))
                kwargs["**"] = FURTHER_POSITIONAL
        for item in node.keywords:
            value = self.evaluate(item.value)
            if item.arg is not None:
                kwargs[item.arg] = value
                continue
            if value.what != "kwargs":
                kwargs["**"] = value
            kwargs.update(self._entries(value))
        return tuple(args), kwargs

    def _entries(self, value: Value) -> dict[str, Value]:
        """What is known of the entries of a dict with names for keys."""
        if len(value.sites) != 1:
            return {}
        (site,) = value.sites
        found: dict[str, Value] = {}
        for name in sorted(self.fields.get(site, ())):
            entry = self.load(site, name)
            if name.startswith("['") and entry is not None:
                found[name[2:-2]] = entry
        return found

    # ── partial functions ───────────────────────────────────────────────────────────────────

    def partial(self, node: ast.Call, arguments: Arguments) -> Value:
        """``functools.partial(...)``."""
        args, kwargs = arguments
        site = self.new_site(node)
        self._partials[site] = args[0], (args[1:], kwargs)
        self.store(site, "[]", join_all([*args, *kwargs.values()]))
        return Value(kinds.FUNCTION, frozenset({site}), what=("partial", site), items=args[:1])

    def completed(self, callee: Value, arguments: Arguments) -> tuple[Value, Arguments] | None:
        """What a partial function calls, with all arguments; None for other functions."""
        if not isinstance(callee.what, tuple) or callee.what[0] != "partial":
            return None
        made = self._partials.get(callee.what[1])
        if made is None:
            # It was made in the run of ``__init__``, of which only the objects are known.
            return None
        function, (args, kwargs) = made
        return function, ((*args, *arguments[0]), {**kwargs, **arguments[1]})

    # ── decorated functions ─────────────────────────────────────────────────────────────────

    def decorated(self, node: ast.Call, definition: Definition, function: FunctionNode) -> Value | None:
        """What decorators of the workspace make of a function; None if it has none."""
        wrapped: Value | None = None
        for decorator in reversed(function.decorator_list):
            made = isinstance(decorator, ast.Call)
            symbol = resolve(self.db, definition.unit.path, decorator.func if made else decorator)  # type: ignore[attr-defined]
            if not isinstance(symbol, Definition):
                continue
            apply = Value(kinds.CLASS if symbol.is_class else kinds.FUNCTION, what=symbol)
            if isinstance(decorator, ast.Call):
                apply = self.call_value(node, apply, _constants(decorator))
            if wrapped is None:
                wrapped = Value(kinds.FUNCTION, what=("plain", definition))
            wrapped = self.call_value(node, apply, ((wrapped,), {}))
        return wrapped

    # ── context managers ────────────────────────────────────────────────────────────────────

    def generator_context(self, node: ast.Call, id: UnitId, function: FunctionNode, arguments: Arguments) -> Value:
        """A call of a function with ``@contextmanager``: it runs when a with-statement enters it."""
        site = self.new_site(node)
        self.contexts[site] = GeneratorContext(id, function, arguments)
        self.store(site, "[]", join_all([*arguments[0], *arguments[1].values()]))
        return Value(kinds.CONTEXT, frozenset({site}), what=("generator", site))


def makes_context(function: FunctionNode) -> bool:
    """Whether a function is a context manager written as a generator."""
    return bool(decorator_names(function) & {"contextmanager", "asynccontextmanager"})


def _constants(call: ast.Call) -> Arguments:
    """The arguments of a decorator: only constants are known outside of the scope in which it stands."""
    args = tuple(constant(arg.value) if isinstance(arg, ast.Constant) else UNKNOWN for arg in call.args)
    kwargs = {
        item.arg or "**": constant(item.value.value) if isinstance(item.value, ast.Constant) else UNKNOWN
        for item in call.keywords
    }
    return args, kwargs
