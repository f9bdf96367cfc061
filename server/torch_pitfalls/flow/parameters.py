"""Parameters of functions: what they are given, and what annotations and usage tell of them."""

from __future__ import annotations

import ast
from typing import Any

from torch_pitfalls.flow.classes import class_info, resolve
from torch_pitfalls.flow.devices import MODULE, Device
from torch_pitfalls.flow.evidence import by_name
from torch_pitfalls.flow.frameworks import Frameworks
from torch_pitfalls.flow.relevance import is_about_a_relative
from torch_pitfalls.flow.torch_calls import Arguments
from torch_pitfalls.flow.values import BY_DEFAULT, NO_SITES, NONE, UNKNOWN, Value, constant, join_all
from torch_pitfalls.knowledge import api, kinds
from torch_pitfalls.names.resolve import External, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import dotted, is_none
from torch_pitfalls.syntax.units import FunctionNode


class Parameters(Frameworks):
    """Binds arguments to parameters."""

    def bound_arguments(self, parameters: ast.arguments, arguments: Arguments) -> dict[str, Value]:
        """The variables with which a function body starts."""
        args, kwargs = arguments
        named = [*parameters.posonlyargs, *parameters.args]
        env: dict[str, Value] = {}
        for parameter, value in zip(named, args, strict=False):
            env[parameter.arg] = value
        if parameters.vararg is not None:
            env[parameters.vararg.arg] = Value(kinds.CONTAINER, items=tuple(args[len(named) :]))
        accepted = {parameter.arg for parameter in [*named, *parameters.kwonlyargs]}
        if parameters.kwarg is not None:
            more = {name: value for name, value in kwargs.items() if name not in accepted}
            env[parameters.kwarg.arg] = self._keywords(more) if self.frame.chain else UNKNOWN
        for name, value in kwargs.items():
            if name in accepted:
                env[name] = value
        open_ended = "**" in kwargs
        defaults = [None] * (len(named) - len(parameters.defaults)) + list(parameters.defaults)
        for parameter, default in [
            *zip(named, defaults, strict=True),
            *zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True),
        ]:
            if parameter.arg not in env:
                given = isinstance(default, ast.Constant) and not open_ended
                value = constant(default.value) if given and isinstance(default, ast.Constant) else UNKNOWN
                env[parameter.arg] = value if self.frame.chain else _replaceable(parameter.arg, value)
        return env

    def any_flags(self, env: dict[str, Value]) -> dict[str, Value]:
        """Variables with flags that may be on or off: whoever calls may give others than the defaults."""
        return {
            name: Value(kinds.BOOL) if value.must_be(kinds.BOOL) and value.literal is not None else value
            for name, value in env.items()
        }

    def _keywords(self, given: dict[str, Value]) -> Value:
        """The dict of a ``**kwargs`` parameter."""
        site = self.site(self.frame.chain, self.frame.unit, "kwargs")
        self.forget_parts(site)
        complete = "**" not in given
        for name, value in given.items():
            if name != "**":
                self.store(site, f"[{name!r}]", value)
        self.store(site, "[]", join_all(given.values()))
        return Value(kinds.CONTAINER, frozenset({site}), what="kwargs" if complete else "dict")

    def annotate_parameters(self, function: FunctionNode, env: dict[str, Value]) -> None:
        """Parameters whose argument is unknown get the kind of their annotation, or of their usage."""
        arguments = function.args
        for parameter in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            value = env.get(parameter.arg, UNKNOWN)
            if not value.known:
                env[parameter.arg] = self.parameter(parameter, value)

    def give_inputs(self, function: FunctionNode, env: dict[str, Value]) -> None:
        """What ``forward`` is given is where the module is: the first argument, and what surely are tensors."""
        arguments = function.args
        for position, parameter in enumerate([*arguments.posonlyargs, *arguments.args][1:]):
            value = env.get(parameter.arg, NONE)
            if value.must_be(kinds.TENSOR) or (position == 0 and not value.known):
                env[parameter.arg] = value._replace(device=Device(MODULE, parameter.arg, None, 1))

    def optional_input(self, name: str) -> Value | None:
        """What a parameter of ``forward`` is where it is given, if nobody has and its default is None."""
        value, found = self.state.env.get(name, UNKNOWN), unit(self.db, self.frame.unit)
        if value.what != BY_DEFAULT or not value.must_be(kinds.NONE) or not self.frame.unit.name.endswith(".forward"):
            return None
        arguments = found.node.args if found is not None and isinstance(found.node, ast.FunctionDef) else None
        named = [*arguments.args, *arguments.kwonlyargs] if arguments is not None else []
        parameter = next((one for one in named if one.arg == name), None)
        return self.parameter(parameter) if parameter is not None else None

    def parameter(self, parameter: ast.arg, value: Value = UNKNOWN) -> Value:
        """The value of a parameter of which only the annotation, the usage and the name are known."""
        site = value.sites or frozenset({self.site("parameter", self.frame.unit, parameter.arg)})
        kind, what = self.annotated(parameter.annotation)
        if not kind and not is_about_a_relative(self.db, self.frame.unit.path):
            kind = self.frame.evidence.get(parameter.arg) or by_name(parameter.arg)
        if not kind:
            return value._replace(sites=site)
        if value.origins and not value.sites:
            return value._replace(kinds=kind)
        for one in site:
            self.adopt(one, kind, what)
        if kind & kinds.PLAIN and not kind & ~kinds.PLAIN:
            return Value(kind)
        graph = value.graph
        return Value(
            kind,
            site,
            what=what,
            graph=graph,
            origins=value.origins | (site if kind & kinds.MODULE else NO_SITES) - site,
        )

    def annotated(self, annotation: ast.expr | None) -> tuple[int, Any]:
        """(kind, class) that an annotation names."""
        if annotation is None:
            return kinds.UNKNOWN, None
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except SyntaxError:
                return kinds.UNKNOWN, None
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            left, right = self.annotated(annotation.left), self.annotated(annotation.right)
            if is_none(annotation.right):
                return left
            return right if is_none(annotation.left) else (kinds.UNKNOWN, None)
        if isinstance(annotation, ast.Subscript):
            outer = dotted(annotation.value)
            if outer is not None and outer.rpartition(".")[2] == "Optional":
                return self.annotated(annotation.slice)
            return self.annotated(annotation.value)
        name = dotted(annotation)
        symbol = resolve(self.db, self.frame.unit.path, annotation)
        if isinstance(symbol, Definition) and symbol.is_class:
            info = class_info(self.db, symbol.unit)
            if info is not None:
                return info.kind & ~kinds.FRAMEWORK or kinds.INSTANCE, symbol
        if isinstance(symbol, External):
            qualified = api.canonical(symbol.qualified)
            kind = api.ANNOTATIONS.get(qualified) or api.base_kind(qualified)
            return kind, qualified if kind & (kinds.TRACKED | kinds.FRAMEWORK) else None
        return (api.ANNOTATIONS.get(name, kinds.UNKNOWN), None) if name and symbol is None else (kinds.UNKNOWN, None)


def _replaceable(name: str, default: Value) -> Value:
    """A default of a function by itself: it may be given any device, and numbers that decide otherwise."""
    decides_nothing = default.must_be(kinds.NUMBER | kinds.NONE) or "device" in name
    return default._replace(device=None, what=BY_DEFAULT if decides_nothing else default.what)
