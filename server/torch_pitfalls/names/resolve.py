"""Queries: file → chunks → scope → what a dotted name refers to.

Inputs: ``layout(path)`` the chunk numbers of a file in order (None: no such file), ``chunk(path,
number)`` a chunk's text, ``root()`` the workspace folder, ``foreign(module, name, importer)`` what the
jedi worker found out.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple, Union

from torch_pitfalls.db import Database, query
from torch_pitfalls.names.foreign import Answer, Question
from torch_pitfalls.names.modules import candidates
from torch_pitfalls.names.scopes import STAR, Assigned, Binding, Definition, Import, bindings
from torch_pitfalls.syntax.units import Chunk, Unit, UnitId

_MAX_HOPS = 12
# Packages that are known by their qualified names: nobody needs to look into their files.
KNOWN_BY_NAME = frozenset(
    {
        "torch",
        "torchvision",
        "torchaudio",
        "numpy",
        "lightning",
        "pytorch_lightning",
        "accelerate",
        "transformers",
        "ignite",
        "fastai",
        "deepspeed",
        "apex",
        "tqdm",
    }
)
_STANDARD = frozenset(
    {
        "os",
        "sys",
        "time",
        "math",
        "random",
        "json",
        "argparse",
        "logging",
        "pathlib",
        "copy",
        "collections",
        "functools",
        "itertools",
        "typing",
        "dataclasses",
        "abc",
        "re",
        "shutil",
        "warnings",
        "datetime",
        "glob",
        "pickle",
        "contextlib",
        "string",
        "tempfile",
        "__future__",
    }
)


class External(NamedTuple):
    """A name outside the workspace, such as ``torch.nn.Linear``."""

    qualified: str
    answer: Answer | None = None


class File(NamedTuple):
    """A module of the workspace."""

    path: str


class Variable(NamedTuple):
    """A variable of a module body."""

    path: str
    name: str


Symbol = Union[External, File, Definition, Variable]


@query()
def chunk(db: Database, path: str, number: int) -> Chunk:
    """One parsed chunk."""
    return Chunk(path, number, db.input("chunk", path, number) or "")


@query(eager=True)
def chunk_bindings(db: Database, path: str, number: int) -> tuple[tuple[str, Binding], ...]:
    """What one chunk binds in the module scope."""
    return bindings(path, number, chunk(db, path, number))


@query()
def scope(db: Database, path: str) -> dict[str, tuple[Binding, ...]]:
    """All bindings of a file's module scope, in order."""
    merged: dict[str, list[Binding]] = {}
    for number in db.input("layout", path) or ():
        for name, bound in chunk_bindings(db, path, number):
            merged.setdefault(name, []).append(bound)
    return {name: tuple(dict.fromkeys(found)) for name, found in merged.items()}


@query()
def bound(db: Database, path: str, name: str) -> tuple[Binding, ...]:
    """The bindings of one name in a file's module scope."""
    return scope(db, path).get(name, ())


@query(eager=True)
def unit(db: Database, id: UnitId) -> Unit | None:
    """A unit by its name; equal (and so unchanged) as long as its structure is."""
    if db.input("chunk", id.path, id.chunk) is None:
        return None
    return chunk(db, id.path, id.chunk).units.get(id.name)


@query()
def lookup(db: Database, path: str, name: str, hops: int = 0) -> Symbol | None:
    """What a name of a file's module scope refers to; None if the file does not bind it."""
    found = bound(db, path, name)
    if not found:
        for star in bound(db, path, STAR):
            assert isinstance(star, Import)
            symbol = imported(db, path, Import(star.module, name, star.level), hops + 1)
            if symbol is not None:
                return symbol
        return None
    chosen = _choose(found)
    if isinstance(chosen, Import):
        return imported(db, path, chosen, hops)
    if isinstance(chosen, Definition):
        return chosen
    return Variable(path, chosen.name)


def _choose(found: tuple[Binding, ...]) -> Binding:
    """The binding that counts: the last one, but an import wins over its ``except`` fallback."""
    for binding in found:
        if isinstance(binding, Import):
            return binding
    definitions = [binding for binding in found if isinstance(binding, Definition)]
    if definitions and not any(isinstance(binding, Assigned) for binding in found):
        return definitions[-1]
    return found[-1]


def imported(db: Database, path: str, what: Import, hops: int = 0) -> Symbol | None:
    """What an import in the file ``path`` binds."""
    top = what.module.partition(".")[0]
    qualified = f"{what.module}.{what.name}" if what.name and what.module else what.module or what.name
    if hops > _MAX_HOPS:
        return None
    if not what.level and (top in KNOWN_BY_NAME or top in _STANDARD):
        return External(qualified)
    for candidate in candidates(path, db.input("root"), what.module, what.level):
        if db.input("layout", candidate) is None:
            continue
        if not what.name:
            return File(candidate)
        symbol = lookup(db, candidate, what.name, hops + 1) if candidate != path else None
        if symbol is not None:
            return symbol
        return _submodule(db, candidate, what.name)
    if what.name and what.level and not what.module:
        return _first_file(db, path, what.name, what.level)
    if what.level:
        return None
    question = Question(what.module, what.name, path)
    answer = db.input("foreign", question)
    return External(qualified, answer)


def is_part_of(db: Database, path: str, package: str) -> bool:
    """Whether a file is one of a package's own."""
    above = PurePath(path).parents
    return any(
        folder.name == package and db.input("layout", str(folder / "__init__.py")) is not None for folder in above
    )


def _submodule(db: Database, package: str, name: str) -> Symbol | None:
    return _first_file(db, package, name, 1) if package.endswith("__init__.py") else None


def _first_file(db: Database, path: str, module: str, level: int) -> File | None:
    for candidate in candidates(path, db.input("root"), module, level):
        if db.input("layout", candidate) is not None:
            return File(candidate)
    return None


def member(db: Database, symbol: Symbol | None, name: str) -> Symbol | None:
    """``symbol.name`` for modules and external names."""
    if isinstance(symbol, External):
        return External(f"{symbol.qualified}.{name}")
    if isinstance(symbol, File):
        return lookup(db, symbol.path, name) or _submodule(db, symbol.path, name)
    return None
