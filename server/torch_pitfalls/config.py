"""What the user wants checked: the table ``[tool.torch-pitfalls]`` and editor settings.

A wrong entry never costs the rest: it is named in a sentence, with the nearest right name, and left out.
"""

from __future__ import annotations

import os
import re
import sys
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from torch_pitfalls import gitignore
from torch_pitfalls.limits import Limits
from torch_pitfalls.messages import LANGUAGES
from torch_pitfalls.rule import Rule, Severity
from torch_pitfalls.rules import RULES
from torch_pitfalls.suppressions import UNUSED

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

FILE = "pyproject.toml"
TABLE = "torch-pitfalls"

ALL: Mapping[str, Rule[Any]] = ChainMap({UNUSED.slug: UNUSED}, RULES)
"""Slug → rule, for all that can be selected, ignored and given a severity."""


@dataclass(frozen=True, slots=True)
class Config:
    """Which rules run where, and the limits of the analysis.

    ``select`` of None means every rule that is on by default. ``max_file_size`` counts bytes.
    ``language`` of None is that of the client, else English.
    ``documentation`` is the address of the site that links lead to; None for the pages of the package.
    ``root`` is the directory to which the patterns of ``per_file_ignores`` and ``exclude`` are relative.
    """

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    per_file_ignores: tuple[tuple[str, frozenset[str]], ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict, hash=False)
    exclude: tuple[str, ...] = ()
    torch_version: str | None = None
    max_file_size: int = 2_000_000
    jedi: bool = True
    workspace_diagnostics: bool = True
    inlay_hints: bool = False
    limits: Limits = field(default_factory=Limits)
    language: str | None = None
    documentation: str | None = None
    root: str | None = None

    def enabled(self, slug: str, path: str, severity: Severity | None = None) -> bool:
        """Whether the rule, or a finding of it that has a severity of its own, is to be reported in the file."""
        if slug in self.ignore or not self._selected(slug, severity):
            return False
        return not any(slug in slugs and self._matches((pattern,), path) for pattern, slugs in self.per_file_ignores)

    def excluded(self, path: str, *, directory: bool = False) -> bool:
        """Whether a file or directory found in a walk is to be left out."""
        return bool(self.exclude) and self._matches(self.exclude, path, directory=directory)

    def _selected(self, slug: str, severity: Severity | None) -> bool:
        if self.select is not None:
            return slug in self.select
        rule = ALL.get(slug)
        if rule is None or slug in self.severity:
            return True
        if severity is None:
            return rule.on_by_default
        return severity is not Severity.HINT and not rule.preview

    def _matches(self, patterns: tuple[str, ...], path: str, *, directory: bool = False) -> bool:
        return gitignore.matches(_parsed(patterns), _relative(path, self.root), directory=directory)


class Unreadable(ValueError):
    """A configuration file that cannot be read; the message is one sentence that names it."""


def load(start: Path) -> tuple[Config, list[str]]:
    """The configuration that applies to a file or directory, and what is wrong with it.

    It comes from the nearest ``pyproject.toml`` with a table ``[tool.torch-pitfalls]``.
    """
    tree = Tree()
    config = tree.at(os.path.abspath(start if start.is_dir() else start.parent))
    return config, tree.unreadable + tree.wrong


class Tree:
    """The configuration of every directory; each ``pyproject.toml`` is read once.

    ``adjust`` changes each configuration that is found, and the one that counts where none is found.
    With ``isolated`` none is read.
    ``unreadable`` has a sentence for each file that cannot be understood, ``wrong`` one for each wrong entry.
    """

    def __init__(self, adjust: Callable[[Config], Config] = lambda config: config, *, isolated: bool = False) -> None:
        self._adjust = adjust
        self._isolated = isolated
        self._known: dict[str, Config] = {}
        self.unreadable: list[str] = []
        self.wrong: list[str] = []

    def at(self, directory: str) -> Config:
        """The configuration that applies in a directory (an absolute path)."""
        passed = []
        while directory not in self._known:
            passed.append(directory)
            above = os.path.dirname(directory)
            config = self._own(directory)
            if config is None and above == directory:
                config = Config()
            if config is not None:
                self._known[directory] = self._adjust(config)
            else:
                directory = above
        found = self._known[directory]
        self._known.update(dict.fromkeys(passed, found))
        return found

    def _own(self, directory: str) -> Config | None:
        if self._isolated:
            return None
        path = Path(directory, FILE)
        try:
            table = read(path)
        except Unreadable as error:
            self.unreadable.append(str(error))
            return None
        if table is None:
            return None
        config, wrong = parse(table, str(path), root=path.parent)
        self.wrong += wrong
        return config


def read(path: Path) -> Mapping[str, Any] | None:
    """The product's table of a ``pyproject.toml``, or None if there is no file or no table.

    Raises Unreadable if the file speaks of the product and cannot be understood.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}") from error
    if TABLE.encode() not in data:
        return None
    try:
        tools = tomllib.loads(data.decode("utf-8")).get("tool", {})
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: is not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"{path}: is not valid TOML: {error}") from error
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise Unreadable(f"{path}: `tool.{TABLE}` must be a table")
    return table


def parse(table: Mapping[str, Any], origin: str, *, root: Path | None = None) -> tuple[Config, list[str]]:
    """Turn a table into a configuration, and say what is wrong with it.

    Keys are spelt as in ``pyproject.toml`` (``per-file-ignores``) or in camel case (``perFileIgnores``),
    as editor settings are. ``origin`` begins every sentence; ``root`` is what patterns are relative to.
    """
    wrong: list[str] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = _hyphenated(key)
        if name not in _READERS:
            wrong.append(f"unknown key `{key}`{advice(name, _READERS)}")
        elif value is not None:
            try:
                values[name.replace("-", "_")] = _READERS[name](value, name, wrong)
            except _Unfit as unfit:
                wrong.append(f"`{key}` must be {unfit}")
    config = Config(**values, root=None if root is None else str(root))
    return config, [f"{origin}: {sentence}" for sentence in wrong]


def _hyphenated(key: str) -> str:
    """A key in camel case as ``pyproject.toml`` spells it."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda match: "-" + match[0].lower(), key)


def unknown_rule(slug: str) -> str | None:
    """A sentence about a slug that no rule has, with the nearest right one; None if there is such a rule."""
    if slug in ALL:
        return None
    return f"there is no rule `{slug}`{advice(slug, ALL)}"


def advice(word: str, known: Iterable[str]) -> str:
    """``; did you mean …?`` with the nearest known word, or an empty text if none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


class _Unfit(Exception):
    """A value is not of the kind its key wants; the message names that kind."""


def _strings(value: object) -> list[str]:
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return list(value)
    raise _Unfit("a list of strings")


def _known(slugs: Iterable[str], key: str, wrong: list[str]) -> frozenset[str]:
    unknown = {slug: unknown_rule(slug) for slug in sorted(slugs)}
    wrong += [f"`{key}`: {sentence}" for sentence in unknown.values() if sentence is not None]
    return frozenset(slug for slug, sentence in unknown.items() if sentence is None)


def _slugs(value: object, key: str, wrong: list[str]) -> frozenset[str]:
    return _known(_strings(value), key, wrong)


def _globs(value: object, key: str, wrong: list[str]) -> tuple[str, ...]:
    return tuple(_strings(value))


def _per_file(value: object, key: str, wrong: list[str]) -> tuple[tuple[str, frozenset[str]], ...]:
    if not isinstance(value, Mapping):
        raise _Unfit("a table from pattern to rules")
    entries = []
    for pattern in value:
        try:
            entries.append((pattern, _slugs(value[pattern], f"{key}.{pattern}", wrong)))
        except _Unfit as unfit:
            wrong.append(f"`{key}.{pattern}` must be {unfit}")
    return tuple(entries)


def _severities(value: object, key: str, wrong: list[str]) -> dict[str, Severity]:
    if not isinstance(value, Mapping):
        raise _Unfit("a table from rule to severity")
    names = [severity.value for severity in Severity]
    right = {}
    for slug in sorted(_known(value, key, wrong)):
        if value[slug] in names:
            right[slug] = Severity(value[slug])
        else:
            wrong.append(f"`{key}.{slug}` must be one of " + ", ".join(f"`{name}`" for name in names))
    return right


def _version(value: object, key: str, wrong: list[str]) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d+\.\d+(\.\d+)?", value):
        return value
    raise _Unfit('a version such as "2.4"')


def _size(value: object, key: str, wrong: list[str]) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise _Unfit("a number of bytes above 0")


def _limits(value: object, key: str, wrong: list[str]) -> Limits:
    if not isinstance(value, Mapping):
        raise _Unfit("a table from limit to number")
    known = {each.name.replace("_", "-"): each.name for each in fields(Limits)}
    right = {}
    for name, number in value.items():
        hyphenated = _hyphenated(name)
        if hyphenated not in known:
            wrong.append(f"`{key}`: unknown key `{name}`{advice(hyphenated, known)}")
        elif isinstance(number, int) and not isinstance(number, bool) and number > 0:
            right[known[hyphenated]] = number
        else:
            wrong.append(f"`{key}.{name}` must be a whole number above 0")
    return Limits(**right)


def _flag(value: object, key: str, wrong: list[str]) -> bool:
    if isinstance(value, bool):
        return value
    raise _Unfit("true or false")


def _language(value: object, key: str, wrong: list[str]) -> str:
    if isinstance(value, str) and value in LANGUAGES:
        return value
    raise _Unfit("one of " + ", ".join(f"`{language}`" for language in LANGUAGES))


def _address(value: object, key: str, wrong: list[str]) -> str:
    if isinstance(value, str) and re.match(r"https?://\S+$", value):
        return value
    raise _Unfit("an address that begins with `https://` or `http://`")


_READERS: Mapping[str, Callable[[object, str, list[str]], object]] = {
    "select": _slugs,
    "ignore": _slugs,
    "per-file-ignores": _per_file,
    "severity": _severities,
    "exclude": _globs,
    "torch-version": _version,
    "max-file-size": _size,
    "jedi": _flag,
    "workspace-diagnostics": _flag,
    "inlay-hints": _flag,
    "limits": _limits,
    "language": _language,
    "documentation": _address,
}


@lru_cache(maxsize=256)
def _parsed(patterns: tuple[str, ...]) -> tuple[gitignore.Pattern, ...]:
    return gitignore.parse(patterns)


def _relative(path: str, root: str | None) -> str:
    """The path below the root with forward slashes; a path elsewhere keeps all its parts."""
    if root is not None:
        base = root.rstrip(os.sep) + os.sep
        path = path.removeprefix(base)
    return path.replace(os.sep, "/").lstrip("/")
