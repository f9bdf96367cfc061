"""Follows a name from its import to its definition, reading files with ``ast``; nothing is ever run.

Used in the worker process. Which file an absolute module name means, and what a file says that ``ast``
cannot read, is asked through two functions, behind which is jedi. Names of torch and of the standard library
are only spelled out, never looked into: for torch, that would take seconds and hundreds of megabytes.
"""

from __future__ import annotations

import ast
import builtins
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from torch_pitfalls.names.foreign import UNTOLD

_DEPTH = 50
"""Steps from name to name that one question may take."""
_LONGEST = 5_000_000
"""Bytes; of longer files, nothing is read."""
_KEPT = 1_000_000
"""Bytes of source whose trees are kept between questions; a tree takes some fifteen times as much."""

# Methods of torch.nn.Module whose result is the module itself.
_MOVES = {"to", "cuda", "cpu", "xpu", "ipu", "to_empty", "share_memory"}
_CASTS = {"half", "float", "double", "bfloat16", "type"}
_GIVE_SELF = _MOVES | _CASTS | {"eval", "train", "apply", "requires_grad_"}

# Decorators under which a call gives something else than what the function returns.
_CHANGING = {"contextmanager", "asynccontextmanager", "property", "cached_property", "overload", "fixture"}


# ── what a file says ──


@dataclass(frozen=True, eq=False)
class Imported:
    """``from module import name``, or ``import module`` if there is no name."""

    module: str
    name: str


@dataclass(frozen=True, eq=False)
class Value:
    """A variable: its line from 0, the expression assigned to it and its annotation where there are any."""

    line: int
    expression: ast.expr | None = None
    annotation: ast.expr | None = None


Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Binding: TypeAlias = ast.ClassDef | Function | Imported | Value


@dataclass(eq=False)
class Scope:
    """The names bound by a module or by a function in it."""

    source: Source
    qualified: str
    table: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    outer: Scope | None = None

    def bind(self, name: str, binding: Binding) -> None:
        """Add a binding; a name may have several."""
        self.table.setdefault(name, []).append(binding)

    def read(self, body: Iterable[ast.AST]) -> None:
        """Collect what these statements bind, without entering functions, classes and comprehensions."""
        stack = list(body)[::-1]
        plain: set[ast.expr] = set()
        while stack:
            node = stack.pop()
            match node:
                case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.bind(node.name, node)
                    continue
                case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                    continue
                case ast.Import() | ast.ImportFrom():
                    self._read_import(node)
                case ast.Assign():
                    for target in node.targets:
                        if isinstance(target, ast.Name):
                            self.bind(target.id, Value(target.lineno - 1, node.value))
                            plain.add(target)
                case ast.AnnAssign(target=ast.Name() as target):
                    self.bind(target.id, Value(target.lineno - 1, node.value, node.annotation))
                    plain.add(target)
                case ast.Name(ctx=ast.Store()) if node not in plain:
                    self.bind(node.id, Value(node.lineno - 1))
            stack.extend(list(ast.iter_child_nodes(node))[::-1])

    def _read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                top = alias.name.partition(".")[0]
                self.bind(alias.asname or top, Imported(alias.name if alias.asname else top, ""))
                continue
            module = "." * node.level + (node.module or "")
            if alias.name == "*":
                self.stars.append(module)
            else:
                self.bind(alias.asname or alias.name, Imported(module, alias.name))


class Source:
    """A file, parsed when its names are first wanted."""

    def __init__(self, path: Path, qualified: str, text: bytes) -> None:
        self.path = path
        self.qualified = qualified
        self.text = text
        self._scope: Scope | None = None

    @property
    def scope(self) -> Scope:
        """The names of the module; none if the file is not Python of this version."""
        if self._scope is None:
            self._scope = Scope(self, self.qualified)
            try:
                self._scope.read(ast.parse(self.text).body)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._scope = Scope(self, self.qualified)
        return self._scope

    def may_tell(self, name: str) -> bool:
        """Whether it is worth parsing for this name: a line looks like a binding of it, or like a ``*``."""
        return re.search(_BINDS.replace(b"NAME", name.encode()), self.text) is not None


_BINDS = rb"""(?xm)
    ^[ \t]*(?:class|def|async\ def)[ ]+NAME\b
    | ^[ \t]*(?:\w+[ ]*=[ ]*)*NAME[ ]*[:=]
    | \bimport\b.*\bNAME\b
    | ^[ \t\w,()]*\bNAME\b[ \t\w,()]*(?:\#.*)?$
    | \bimport[ ]+\*
"""


def scope_of(function: Function, outer: Scope) -> Scope:
    """The names bound in a function, its parameters included."""
    scope = Scope(outer.source, f"{outer.qualified}.{function.name}", outer=outer)
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        scope.bind(argument.arg, Value(argument.lineno - 1, annotation=argument.annotation))
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            scope.bind(rest.arg, Value(rest.lineno - 1))
    scope.read(function.body)
    return scope


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes that belong to a function's body, not to functions or classes in it."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))


def never_falls_through(body: list[ast.stmt]) -> bool:
    """Whether the end of these statements is surely not reached, as far as their last one shows."""
    match body[-1:]:
        case [ast.Return() | ast.Raise()]:
            return True
        case [ast.If(body=then, orelse=otherwise)]:
            return never_falls_through(then) and never_falls_through(otherwise)
        case [ast.With(body=inner)]:
            return never_falls_through(inner)
        case [ast.Try(body=tried, handlers=handlers, orelse=otherwise, finalbody=finally_)]:
            ends = never_falls_through(otherwise or tried)
            return never_falls_through(finally_) or (
                ends and all(never_falls_through(handler.body) for handler in handlers)
            )
        case [ast.Match(cases=[*cases])]:
            whole = isinstance(cases[-1].pattern, ast.MatchAs) and cases[-1].pattern.pattern is None
            return whole and all(never_falls_through(case.body) for case in cases)
    return False


# ── where a name leads ──


@dataclass(frozen=True)
class Target:
    """Where a name leads.

    ``class``, ``function``: ``node`` is evaluated in ``scope``. ``module``: all of ``scope``, or nothing but
    its name. ``instance``: made by the class ``of``. ``name``: a qualified name that is not looked into.
    ``missing``: a name of a module that is not there. ``unknown``: it is there, but cannot be told.
    Lines count from 0.
    """

    kind: Literal["class", "function", "module", "instance", "name", "missing", "unknown"]
    qualified: str = ""
    path: Path | None = None
    line: int | None = None
    scope: Scope | None = None
    node: ast.ClassDef | Function | None = None
    of: Target | None = None


_UNCLEAR = Target("unknown")
_T = TypeVar("_T")


class Finder:
    """Answers questions about names.

    root, packages  folders of the workspace and of installed packages
    locate          (absolute module name, folder of the importer) → the module's file, or None
    define          (module, name, folder of the importer) → what a name is that ``ast`` does not show
    """

    def __init__(
        self,
        root: Path | None,
        packages: Iterable[Path],
        locate: Callable[[str, Path | None], Path | None],
        define: Callable[[str, str, Path | None], Target],
    ) -> None:
        self._root = root
        self._packages = tuple(packages)
        self._locate = locate
        self._define = define
        self._sources: dict[Path, tuple[tuple[int, int], Source]] = {}
        self._homes: dict[str, Path] = {}
        self._start()

    def answer(self, module: str, name: str, importer: str) -> dict[str, Any]:
        """Answer one question, as ``foreign.Answer`` describes, with the files and names it came from."""
        self._start()
        folder = Path(importer).parent if os.path.isabs(importer) else self._root
        target = self._find(module, name, folder) if _importable(module, name) else _UNCLEAR
        made = self._result(target) if target.kind == "function" else target.of
        about = target if target.kind == "class" else made
        # A name that is missing where it was asked for tells nothing that the question did not say.
        asked = target.kind == "missing" and target.qualified == _joined(module, name)
        return {
            "type": "unknown" if target.kind in ("name", "missing") else target.kind,
            "path": str(target.path) if target.path else None,
            "line": target.line,
            "qualified": None if asked else target.qualified or None,
            "bases": self._lineage(about)[1:] if about else [],
            "returns": made.qualified if made else None,
            "files": sorted(self._files),
            "names": sorted(self._names),
        }

    def _start(self) -> None:
        self._files: set[str] = set()
        self._names: set[str] = set()
        self._active: set[tuple[object, ...]] = set()
        self._found: dict[tuple[str, str, Path | None], Target] = {}
        if sum(len(source.text) for _, source in self._sources.values()) > _KEPT:
            self._sources.clear()

    def _once(self, key: tuple[object, ...], work: Callable[[], _T], circular: _T) -> _T:
        """Do the work, unless it is under way already or too much is."""
        if key in self._active or len(self._active) > _DEPTH:
            return circular
        self._active.add(key)
        try:
            return work()
        finally:
            self._active.discard(key)

    # ── modules ──

    def _find(self, module: str, name: str, folder: Path | None) -> Target:
        """What ``from module import name`` means in a file of this folder."""
        key = (module, name, folder)
        if key not in self._found:
            self._found[key] = self._once(key, lambda: self._search(module, name, folder), _UNCLEAR)
        return self._found[key]

    def _search(self, module: str, name: str, folder: Path | None) -> Target:
        absolute = self._absolute(module, folder)
        self._names.update({*module.split("."), name} - {""})
        if self._is_spelled(absolute, folder):
            return Target("name" if name else "module", public(_joined(absolute, name)))
        file = self._file(module, folder)
        source = self._read(file) if file is not None else None
        if source is not None:
            return self._of_module(source, name) if name else self._module(source.path)
        if name and (submodule := self._file(_joined(module, name), folder)) is not None:
            return self._module(submodule)
        return self._by_parent(module, name, folder) or self._define(module, name, folder)

    def _by_parent(self, module: str, name: str, folder: Path | None) -> Target | None:
        """``package.alias`` may be no module of its own but a name in the package."""
        parent, _, last = module.rpartition(".")
        if not parent.strip(".") or not last:
            return None
        target = self._find(parent, last, folder)
        if target.kind in ("missing", "unknown"):
            return None
        return self._member(target, name) if name else target

    def _of_module(self, source: Source, name: str) -> Target:
        """A name of a module: bound in it, a submodule, in the stub beside it, or from torch by ``*``."""
        if (target := self._bound(source.scope, name)) is not None:
            return target
        if source.path.stem == "__init__" and (child := _child(source.path.parent, [name])) is not None:
            return self._module(child)
        stub = source.path.with_suffix(".pyi")
        if source.path != stub and (beside := self._read(stub)) is not None:
            return self._of_module(beside, name)
        if (target := self._starred_torch(source.scope, name)) is not None:
            return target
        if not source.scope.table:
            module = "." if source.path.stem == "__init__" else f".{source.path.stem}"
            return self._define(module, name, source.path.parent)
        return Target("missing", _joined(source.qualified, name))

    def _module(self, file: Path) -> Target:
        source = self._read(file)
        return Target("module", self._qualified(file), file, scope=source.scope if source else None)

    def _absolute(self, module: str, folder: Path | None) -> str:
        """A relative module's full name; without the leading dots if the folder is no package."""
        name = module.lstrip(".")
        level = len(module) - len(name)
        if not level or folder is None:
            return name
        base = _up(folder, level - 1)
        return _joined(self._qualified(base / "__init__.py"), name) if _is_package(base) else name

    def _is_spelled(self, module: str, folder: Path | None) -> bool:
        """Whether a module belongs to torch, or to the standard library and is not hidden by a file."""
        top = module.partition(".")[0]
        if top == "torch":
            return True
        return top in sys.stdlib_module_names and not self._is_hidden(top, folder)

    def _file(self, module: str, folder: Path | None) -> Path | None:
        if not module.startswith("."):
            return self._absolute_file(module, folder)
        if folder is None:
            return None
        name = module.lstrip(".")
        return _child(_up(folder, len(module) - len(name) - 1), name.split(".") if name else [])

    def _absolute_file(self, module: str, folder: Path | None) -> Path | None:
        """The file of an absolute module. Where its top package is tells where the others are, mostly."""
        top, *rest = module.split(".")
        home = self._home(top, folder)
        if not rest:
            return home
        inside = _child(home.parent, rest) if home is not None and home.stem == "__init__" else None
        return inside or self._locate(module, folder)

    def _home(self, top: str, folder: Path | None) -> Path | None:
        """The file of a top package; that of an installed one is looked for once, jedi having to parse it."""
        home = self._homes.get(top)
        if home is not None and os.path.isfile(home) and not self._is_hidden(top, folder):
            return home
        home = self._locate(top, folder)
        if home is not None and any(home.is_relative_to(base) for base in self._packages):
            self._homes[top] = home
        return home

    def _is_hidden(self, top: str, folder: Path | None) -> bool:
        """Whether a file of the workspace comes before the package of that name."""
        first, _ = workspace_folders(folder, self._root, self._packages)
        return any(_child(base, [top]) for base in first)

    def _read(self, file: Path) -> Source | None:
        """The file's source; None for a folder, for what is not Python source and for what cannot be read."""
        if file.suffix not in (".py", ".pyi"):
            return None
        self._files.add(str(file))
        try:
            status = file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            kept = self._sources.get(file)
            if kept is None or kept[0] != stamp:
                text = file.read_bytes() if status.st_size <= _LONGEST else b""
                kept = self._sources[file] = (stamp, Source(file, self._qualified(file), text))
        except OSError:
            return None
        return kept[1]

    def _qualified(self, file: Path) -> str:
        """The module name of a file: from its packages folder, else from the outermost ``__init__.py`` on."""
        folder = file.parent
        home = next((base for base in self._packages if folder.is_relative_to(base)), None)
        if home is not None:
            parts = list(folder.relative_to(home).parts)
        else:
            parts = []
            while _is_package(folder) and folder.name:
                parts.insert(0, folder.name)
                folder = folder.parent
        if file.stem != "__init__" or not parts:
            parts.append(file.stem)
        return ".".join(parts).replace("-stubs", "", 1)

    # ── names ──

    def _bound(self, scope: Scope, name: str) -> Target | None:
        """What a name is in a scope or one around it; None if no binding of it is seen."""
        if bindings := scope.table.get(name):
            # In a package, `from . import name` binds what is looked up: not the binding counts but the file.
            return self._once((scope, name), lambda: self._agreed(scope, name, bindings), None)
        if scope.outer is not None:
            return self._bound(scope.outer, name)
        return self._starred(scope, name)

    def _starred(self, scope: Scope, name: str) -> Target | None:
        """What ``from module import *`` brings in; the last such import wins."""
        folder = scope.source.path.parent
        for module in reversed(scope.stars):
            if self._is_spelled(self._absolute(module, folder), folder):
                continue
            self._names.update({*module.split(".")} - {""})
            file = self._file(module, folder)
            source = self._read(file) if file is not None else None
            if source is not None and source.may_tell(name):
                target = self._through_star(source, name)
                if target is not None:
                    return target
        return None

    def _through_star(self, source: Source, name: str) -> Target | None:
        return self._once((source.path, "*", name), lambda: self._bound(source.scope, name), None)

    def _starred_torch(self, scope: Scope, name: str) -> Target | None:
        """A name that nothing else binds comes from ``from torch... import *``, if there is only one."""
        folder = scope.source.path.parent
        modules = {self._absolute(module, folder) for module in scope.stars}
        torch = [module for module in modules if module.partition(".")[0] == "torch"]
        return Target("name", public(f"{torch[0]}.{name}")) if len(torch) == 1 else None

    def _agreed(self, scope: Scope, name: str, bindings: list[Binding]) -> Target:
        """What several bindings of a name have in common: one target, or nothing.

        ``None`` and imports that lead nowhere do not count beside others: they are the usual fallbacks.
        """
        candidates = [
            self._follow(scope, name, binding)
            for binding in _without_overloads(bindings)
            if len(bindings) == 1 or not _is_none(binding)
        ]
        there = [target for target in candidates if target.kind != "missing"] or candidates
        return there[0] if there and all(target == there[0] for target in there) else _UNCLEAR

    def _follow(self, scope: Scope, name: str, binding: Binding) -> Target:
        qualified = _joined(scope.qualified, name)
        path = scope.source.path
        match binding:
            case ast.ClassDef():
                return Target("class", qualified, path, binding.lineno - 1, scope, binding)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return Target("function", qualified, path, binding.lineno - 1, scope, binding)
            case Imported():
                return self._find(binding.module, binding.name, path.parent)
        if binding.annotation is not None:
            made = self._annotated(scope, binding.annotation)
        elif isinstance(binding.expression, ast.Name | ast.Attribute):
            return self._reference(scope, binding.expression) or _UNCLEAR
        else:
            made = self._made(scope, binding.expression)
        return Target("instance", qualified, path, binding.line, of=made) if made else _UNCLEAR

    def _reference(self, scope: Scope, expression: ast.expr) -> Target | None:
        """What ``name`` or ``package.module.name`` means."""
        match expression:
            case ast.Name(id=name):
                return self._bound(scope, name) or self._unbound(scope, name)
            case ast.Attribute(value=value, attr=name):
                target = self._reference(scope, value)
                return self._member(target, name) if target else None
        return None

    def _unbound(self, scope: Scope, name: str) -> Target | None:
        if hasattr(builtins, name):
            return Target("name", f"builtins.{name}")
        while scope.outer is not None:
            scope = scope.outer
        return self._starred_torch(scope, name)

    def _member(self, target: Target, name: str) -> Target:
        """``target.name``"""
        if target.kind == "name":
            return replace(target, qualified=public(f"{target.qualified}.{name}"))
        if target.kind == "module" and target.scope is not None:
            return self._of_module(target.scope.source, name)
        if target.kind == "module" and target.path is not None:
            child = _child(target.path, [name])
            return self._module(child) if child is not None else _UNCLEAR
        if target.kind in ("module", "missing"):  # torch's, or a folder without __init__.py
            return self._find(target.qualified, name, self._root)
        if isinstance(target.node, ast.ClassDef):
            for statement in target.node.body:
                if isinstance(statement, ast.ClassDef) and statement.name == name:
                    inner = f"{target.qualified}.{name}"
                    return replace(target, qualified=inner, line=statement.lineno - 1, node=statement)
        return _UNCLEAR

    # ── classes of values ──

    def _made(self, scope: Scope, expression: ast.expr | None) -> Target | None:
        """The class of an expression's value; None if it cannot be told."""
        match expression:
            case ast.Name() | ast.Attribute():
                target = self._reference(scope, expression)
                return target.of if target else None
            case ast.Call(func=ast.Attribute(value=receiver, attr=method)) if method in _GIVE_SELF:
                made = self._made(scope, receiver)
                return made if made and self._is_torch_module(made) else self._called(scope, expression)
            case ast.Call():
                return self._called(scope, expression)
            case ast.Constant(value=value) if value is not None:
                return Target("name", f"builtins.{type(value).__name__}")
        return None

    def _called(self, scope: Scope, call: ast.Call) -> Target | None:
        target = self._reference(scope, call.func)
        if target is None:
            return None
        if target.kind == "function":
            return self._result(target)
        return target if target.kind == "class" or _names_class(target) else None

    def _is_torch_module(self, target: Target) -> bool:
        return any(name.startswith("torch.nn.") for name in self._lineage(target))

    def _annotated(self, scope: Scope, annotation: ast.expr) -> Target | None:
        """The one class that an annotation names; None for unions, type variables and the like."""
        match annotation:
            case ast.Constant(value=str() as text):
                try:
                    return self._annotated(scope, ast.parse(text.strip(), mode="eval").body)
                except (SyntaxError, ValueError, RecursionError):
                    return None
            case ast.Subscript(value=head, slice=ast.Tuple(elts=[first, *_])) if self._is_annotated(scope, head):
                return self._annotated(scope, first)
            case ast.Subscript(value=head):
                target = self._annotated(scope, head)
                return target if target and target.qualified != "builtins.type" else None
            case ast.Name() | ast.Attribute():
                target = self._reference(scope, annotation)
                if target is None or target.kind not in ("class", "name", "missing"):
                    return None
                return None if target.qualified.startswith(("typing.", "typing_extensions.")) else target
        return None

    def _is_annotated(self, scope: Scope, head: ast.expr) -> bool:
        target = self._reference(scope, head)
        return target is not None and target.qualified in ("typing.Annotated", "typing_extensions.Annotated")

    def _result(self, target: Target) -> Target | None:
        """The class of what a function returns: by its annotation, else if all its returns agree."""
        function, outer = target.node, target.scope
        if not isinstance(function, ast.FunctionDef) or outer is None:
            return None
        if any(_last_name(decorator) in _CHANGING for decorator in function.decorator_list):
            return None

        def returned() -> Target | None:
            return self._returned(function, outer)

        return self._once(("result", function), returned, None)

    def _returned(self, function: ast.FunctionDef, outer: Scope) -> Target | None:
        if function.returns is not None and (made := self._annotated(outer, function.returns)):
            return made
        scope = scope_of(function, outer)
        results: list[Target | None] = []
        for node in own_nodes(function):
            if isinstance(node, ast.Yield | ast.YieldFrom):
                return None
            if isinstance(node, ast.Return):
                results.append(self._made(scope, node.value))
        agree = bool(results) and all(made == results[0] for made in results)
        return results[0] if agree and never_falls_through(function.body) else None

    # ── ancestors ──

    def _lineage(self, target: Target) -> list[str]:
        """The qualified names of a class and its ancestors, in the order in which Python asks them."""
        node, scope = target.node, target.scope
        if not isinstance(node, ast.ClassDef) or scope is None:
            return [target.qualified, UNTOLD] if target.kind == "class" else [target.qualified]

        def merged() -> list[str]:
            return self._merged(target.qualified, node, scope)

        return self._once(("lineage", node), merged, [target.qualified, UNTOLD])

    def _merged(self, qualified: str, node: ast.ClassDef, scope: Scope) -> list[str]:
        parents: list[list[str]] = []
        for base in node.bases:
            target = self._reference(scope, base.value if isinstance(base, ast.Subscript) else base)
            known = target is not None and target.kind in ("class", "name", "missing")
            parent = self._lineage(target) if target and known else [UNTOLD]
            if parent != ["builtins.object"]:
                parents.append(parent)
        return [qualified, *linearised([*parents, [parent[0] for parent in parents]])]


def linearised(orders: list[list[str]]) -> list[str]:
    """Merge orders of ancestors as Python does (C3); where that has no solution, the first mention counts."""
    waiting = [order[:] for order in orders if order]
    merged: list[str] = []
    while waiting:
        for order in waiting:
            if not any(order[0] in other[1:] for other in waiting):
                break
        else:
            return list(dict.fromkeys(name for order in orders for name in order))
        merged.append(chosen := order[0])
        waiting = [rest for order in waiting if (rest := order[1:] if order[0] == chosen else order)]
    return merged


# ── names of torch ──

_HOMES = {
    "torch._tensor": "torch",
    "torch.amp.autocast_mode": "torch.amp",
    "torch.amp.grad_scaler": "torch.amp",
    "torch.cuda.amp.autocast_mode": "torch.cuda.amp",
    "torch.cuda.amp.grad_scaler": "torch.cuda.amp",
    "torch.nn.parallel.data_parallel": "torch.nn",
    "torch.nn.parallel.distributed": "torch.nn.parallel",
    "torch.nn.parameter": "torch.nn",
    "torch.utils.data.dataloader": "torch.utils.data",
    "torch.utils.data.dataset": "torch.utils.data",
    "torch.utils.data.sampler": "torch.utils.data",
}
_KEPT_IN_OPTIM = {"lr_scheduler", "swa_utils"}


def public(qualified: str) -> str:
    """The documented name of a class of torch: ``torch.nn.Module`` for ``torch.nn.modules.module.Module``."""
    module, _, name = qualified.rpartition(".")
    if not module.startswith("torch.") or not name[:1].isupper():
        return qualified
    if module.startswith("torch.nn.modules"):
        return f"torch.nn.{name}"
    if module.startswith("torch.optim.") and module.removeprefix("torch.optim.") not in _KEPT_IN_OPTIM:
        return f"torch.optim.{name}"
    return f"{_HOMES.get(module, module)}.{name}"


# ── small questions ──


def workspace_folders(
    folder: Path | None, root: Path | None, packages: Iterable[Path]
) -> tuple[list[Path], list[Path]]:
    """Where absolute imports in a file of this folder are looked for: before and after installed packages.

    Where a script is started from is not known. The likeliest are its own folder and those above it, then the
    root and its ``src``; folders that are packages come last, for a script among the modules of a package.
    """
    above: list[Path] = []
    if folder is not None and not any(folder.is_relative_to(base) for base in packages):
        above = [folder, *folder.parents] if root is not None else [folder]
    inside = [base for base in above if root is None or base.is_relative_to(root)]
    before = [base for base in inside if not _is_package(base)]
    if root is not None:
        before += [base for base in (root, root / "src") if base not in before and os.path.isdir(base)]
    return before, [base for base in inside if base not in before]


def _joined(module: str, name: str) -> str:
    if not module or not name:
        return module or name
    return module + name if module.endswith(".") else f"{module}.{name}"


def _importable(module: str, name: str) -> bool:
    named = module.lstrip(".")
    parts = [*(named.split(".") if named else []), *([name] if name else [])]
    return bool(module) and bool(parts) and all(part.isidentifier() for part in parts)


def _up(folder: Path, levels: int) -> Path:
    for _ in range(levels):
        folder = folder.parent
    return folder


def _is_package(folder: Path) -> bool:
    return any(os.path.isfile(folder / name) for name in ("__init__.py", "__init__.pyi"))


def _child(folder: Path, parts: list[str]) -> Path | None:
    """The file of a module below a folder, a package before a module; else the folder of that name."""
    path = folder.joinpath(*parts)
    files = [path / "__init__.py", path / "__init__.pyi"]
    if parts:
        files[1:1] = [path.with_name(f"{path.name}.py"), path.with_name(f"{path.name}.pyi")]
    found = next((file for file in files if os.path.isfile(file)), None)
    return found or (path if os.path.isdir(path) else None)


def _is_none(binding: Binding) -> bool:
    expression = binding.expression if isinstance(binding, Value) else None
    return isinstance(expression, ast.Constant) and expression.value is None


def _without_overloads(bindings: list[Binding]) -> list[Binding]:
    """The definitions that count where a function also has ``@overload`` signatures."""
    real = [
        binding
        for binding in bindings
        if not isinstance(binding, ast.FunctionDef | ast.AsyncFunctionDef)
        or "overload" not in map(_last_name, binding.decorator_list)
    ]
    return real or bindings[-1:]


def _last_name(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    if isinstance(decorator, ast.Attribute):
        return decorator.attr
    return decorator.id if isinstance(decorator, ast.Name) else ""


def _names_class(target: Target) -> bool:
    """Whether a name that is only spelled is that of a class, by the custom of capital letters."""
    if target.kind not in ("name", "missing"):
        return False
    module, _, name = target.qualified.rpartition(".")
    if module == "builtins":
        return isinstance(getattr(builtins, name, None), type)
    return name.lstrip("_")[:1].isupper() or target.qualified == "torch.device"
