"""Calls of builtin functions, and of the methods of lists, sets and dicts."""

from __future__ import annotations

import ast
from abc import abstractmethod

from torch_pitfalls.flow.parameters import Parameters
from torch_pitfalls.flow.torch_calls import Arguments
from torch_pitfalls.flow.values import (
    BOOL,
    GRAPH_NO,
    NONE,
    NUMBER,
    SOME,
    STRING,
    UNKNOWN,
    UNSIZED,
    Value,
    join,
    join_all,
    kept_as,
)
from torch_pitfalls.knowledge import api, kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.syntax.shapes import dotted

_SHORTENING = frozenset({"remove", "reverse", "sort"})


class BuiltinCalls(Parameters):
    """Evaluates calls of what Python itself brings."""

    @abstractmethod
    def call_value(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """Call a value."""

    # ── functions ───────────────────────────────────────────────────────────────────────────

    def builtin(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        """Call a builtin function."""
        args, kwargs = arguments
        first = args[0] if args else UNKNOWN
        self.record(Effect.CALL, node, name, UNKNOWN, args, kwargs)
        if name in ("int", "float", "len", "abs", "round", "complex", "id", "hash", "ord"):
            if name in ("abs", "round") and first.may_be(kinds.TENSOR) and first.known:
                return first
            return self.cut_here(node, name, NUMBER, *args)
        if name in ("str", "repr", "format", "chr", "ascii", "bin", "hex", "input"):
            return STRING
        if name in ("isinstance", "hasattr", "callable", "issubclass", "bool", "any", "all"):
            return BOOL
        if name in ("print", "setattr", "delattr", "open"):
            return UNKNOWN
        if name == "range":
            return Value(kinds.CONTAINER, each=NUMBER)
        if name == "enumerate":
            return Value(
                kinds.CONTAINER,
                origins=first.origins,
                each=Value(kinds.CONTAINER, items=(NUMBER, self.iterate(first))),
            )
        if name == "zip":
            return Value(kinds.CONTAINER, each=Value(kinds.CONTAINER, items=tuple(self.iterate(arg) for arg in args)))
        if name == "iter" and first.must_be(kinds.LOADER):
            self.record(
                Effect.ITERATE,
                node,
                "iter",
                first,
                (self.loader_option(first, "num_workers"),),
                self.loader_options(first),
            )
        if name in ("list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"):
            return self._collected(node, first) if args else self._list(ast.copy_location(_empty_list(node), node))
        if name == "next":
            outer, self.taken_at = self.taken_at, self.place(node)
            taken = self.iterate(first)
            self.taken_at = outer
            return taken
        if name in ("sum", "max", "min"):
            inner = self.contents(first) or first
            terms = args if len(args) > 1 else (inner._replace(origins=inner.origins | first.origins),)
            result = self.combine(*terms)._replace(mean=name == "sum" and inner.mean)
            if first.must_be(kinds.TENSOR):
                result = result._replace(size=UNSIZED, shape=None)
            return self.cut_here(node, name, result, *terms)
        if name in ("map", "filter"):
            return self._mapped(node, name, args)
        if name == "getattr" and len(node.args) >= 2 and args[1].literal is not None:
            return self.attribute(first, str(args[1].literal[0]), node)
        if name == "getattr" and len(node.args) == 2:
            return self.some_member(first)
        if name == "vars" and args:
            return Value(kinds.CONTAINER, each=self.some_member(first))
        if name == "dict" and first.must_be(kinds.STATE_DICT):
            return first
        if name == "dict":
            site = self.new_site(node)
            for key, value in kwargs.items():
                self.store(site, f"[{key!r}]" if key != "**" else "[**]", value)
            if kwargs and not args and "**" not in kwargs:
                self.store(site, "[]", join_all(kwargs.values()))
            return Value(kinds.CONTAINER, frozenset({site}), what="dict")
        if name == "super":
            return UNKNOWN
        return UNKNOWN

    def _collected(self, node: ast.Call, value: Value) -> Value:
        if value.must_be(kinds.PARAMETERS):
            return value
        if value.must_be(kinds.LOADER | kinds.DATASET):
            return (
                value
                if dotted(node.func) in ("iter", "reversed")
                else Value(kinds.CONTAINER, each=Value(graph=GRAPH_NO))
            )
        return Value(
            kinds.CONTAINER,
            origins=value.origins,
            items=value.items,
            each=None if value.items else self.iterate(value),
        )

    def _mapped(self, node: ast.Call, name: str, args: tuple[Value, ...]) -> Value:
        if len(args) < 2:
            return UNKNOWN
        inner = self.iterate(args[1])
        if name == "filter":
            chosen = args[1] if args[1].must_be(kinds.PARAMETERS) else Value(kinds.CONTAINER, each=inner)
            return chosen._replace(what=SOME)
        return Value(kinds.CONTAINER, each=self.call_value(node, args[0], ((inner,), {})))

    # ── containers ──────────────────────────────────────────────────────────────────────────

    def container_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value | None:
        """A method of a list, set or dict."""
        values = [*arguments[0], *arguments[1].values()]
        if name in api.CONTAINER_METHODS and values:
            added = (
                self.iterate(values[0])
                if name in ("extend", "update") and not values[0].must_be(kinds.TENSOR)
                else values[-1]
            )
            self.accumulate(node, owner, added, self._new_last(name, values))
            return NONE
        if name in ("items", "values", "keys", "pop", "get", "popleft", "copy"):
            inner = self.contents(owner) or UNKNOWN
            if name in ("pop", "popleft"):
                self.forget_last(owner)
            if name in ("get", "pop") and values and values[0].literal is not None and owner.what in ("dict", "kwargs"):
                return self.item(owner, values[0])
            if name == "items":
                return Value(kinds.CONTAINER, each=Value(kinds.CONTAINER, items=(STRING, inner)))
            if name == "values":
                return Value(kinds.CONTAINER, each=inner)
            if name == "keys":
                return Value(kinds.CONTAINER)
            return owner if name == "copy" else inner
        if name == "clear":
            for site in owner.sites:
                self.state.heap.pop((site, "[]"), None)
            self.forget_last(owner)
            return NONE
        if name in _SHORTENING:
            self.forget_last(owner)
        return UNKNOWN

    def _new_last(self, name: str, values: list[Value]) -> Value:
        if name == "append":
            return values[-1]
        return (self.last_of(values[0]) or UNKNOWN) if name == "extend" else UNKNOWN

    def forget_last(self, container: Value) -> None:
        """Something happens to a list after which it may end with another element."""
        for site in container.sites:
            self.store(site, "#last", UNKNOWN)

    def accumulate(self, node: ast.AST, owner: Value, added: Value, last: Value = UNKNOWN) -> None:
        """Something is put into a container: it lives as long as the container does, which ``last`` now ends."""
        kept = self.site(self.place(node), "kept")
        marked = kept_as(added, kept)
        self.note_kept(node, "append", owner, self._in_parts(node, added), kept, self.contents(owner) or UNKNOWN)
        for site in owner.sites:
            old = self.load(site, "[]")
            marked = self.gathered(site, marked)
            self.store(site, "[]", marked if old is None else join(old, marked))
            self.store(site, "#last", last)
        if not owner.sites or owner.sites & self.trace.given:
            self.hand_on(marked)

    def _in_parts(self, node: ast.AST, added: Value) -> Value:
        """A dict that is written out where it is added, with its values as parts."""
        display = node.args[-1] if isinstance(node, ast.Call) and node.args else None
        if not isinstance(display, ast.Dict) or len(added.sites) != 1:
            return added
        (site,) = added.sites
        keys = [key.value if isinstance(key, ast.Constant) else None for key in display.keys]
        return added._replace(items=tuple(self.load(site, f"[{key!r}]") or UNKNOWN for key in keys))


def _empty_list(node: ast.Call) -> ast.List:
    made = ast.List(elts=[], ctx=ast.Load())
    made.ordinal = node.ordinal  # type: ignore[attr-defined]
    return made
