"""Which files a command means: those named, and the scripts and notebooks below named directories.

Directories are walked as git sees them: what ``.gitignore`` files and ``.git/info/exclude`` leave out is
left out. A named path is always taken, ignored or not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from torch_pitfalls import gitignore

SKIPPED = frozenset(
    {
        ".bzr",
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".pytype",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "__pycache__",
        "__pypackages__",
        "_build",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    }
)
"""Names of directories that hold no source of the project. (A named directory is walked all the same.)"""

Excluded = Callable[[str, bool], bool]
"""Whether the configuration leaves out a path; the second argument tells whether it is a directory."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to check: its absolute path, how the user would write it, and in which directory it was found.

    ``named`` is the directory that the user named, or that of the file if it was named itself.
    ``text`` is what counts in place of what is on disk.
    """

    path: str
    shown: str
    named: str
    text: str | None = field(default=None, repr=False)

    @property
    def directory(self) -> str:
        """The directory that holds the file."""
        return os.path.dirname(self.path)


def find(named: Iterable[str], excluded: Excluded) -> tuple[list[File], list[str]]:
    """The files that the named paths stand for, each once, and sentences about paths that cannot be read."""
    files: dict[str, File] = {}
    walk = _Walk(excluded)
    for name in named:
        shown = os.path.normpath(name)
        path = os.path.abspath(name)
        try:
            is_directory = stat.S_ISDIR(os.stat(path).st_mode)
        except OSError as error:
            walk.problems.append(f"{name}: {_reason(error)}")
            continue
        if is_directory:
            found = walk.below(path, "" if shown == os.curdir else shown)
        else:
            found = iter((File(path, shown, os.path.dirname(path)),))
        for file in found:
            files.setdefault(file.path, file)
    return _without_doubles(files, walk.links), walk.problems


def repository(directory: str) -> str | None:
    """The nearest directory at or above that holds ``.git``."""
    return _nearest(directory, (".git",))


@cache
def project(directory: str, named: str) -> str:
    """The folder below which the imports of a directory's files are followed.

    That is the repository, else the nearest folder with a project's settings, else the directory that was
    named; the inside of a package is none.
    """
    found = repository(directory) or _nearest(directory, ("pyproject.toml", "setup.py", "setup.cfg"))
    if found is not None:
        return found
    return next(above for above in _and_above(named) if not os.path.exists(os.path.join(above, "__init__.py")))


def _nearest(directory: str, names: tuple[str, ...]) -> str | None:
    for above in _and_above(directory):
        if any(os.path.lexists(os.path.join(above, name)) for name in names):
            return above
    return None


@dataclass(frozen=True, slots=True)
class _Layer:
    """The patterns of one ignore file; they count from the directory ``base`` (ends with a separator)."""

    base: str
    patterns: tuple[gitignore.Pattern, ...]


_Layers = tuple[_Layer, ...]
"""Ignore files from weak to strong: the last one that has an opinion decides."""


@dataclass(frozen=True, slots=True)
class _Directory:
    """A directory still to be walked, with the ignore files that count in it."""

    path: str
    shown: str
    named: str
    layers: _Layers


class _Walk:
    """Walks directories and collects what went wrong and which files were symbolic links."""

    def __init__(self, excluded: Excluded) -> None:
        self._excluded = excluded
        self.problems: list[str] = []
        self.links: set[str] = set()

    def below(self, directory: str, shown: str) -> Iterator[File]:
        """The scripts and notebooks below a named directory, in the order of their names."""
        todo: list[File | _Directory] = [_Directory(directory, shown, directory, _layers_above(directory))]
        while todo:
            item = todo.pop()
            if isinstance(item, File):
                yield item
            else:
                todo += reversed(self._inside(item))

    def _inside(self, directory: _Directory) -> list[File | _Directory]:
        entries = self._entries(directory)
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names and directory.path != directory.named:
            return []
        layers = _layers_in(directory.path, names, directory.layers)
        inside: list[File | _Directory] = []
        for entry in entries:
            if self._keeps(entry, layers):
                shown = os.path.join(directory.shown, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    inside.append(_Directory(entry.path, shown, directory.named, layers))
                else:
                    inside.append(File(entry.path, shown, directory.named))
        return inside

    def _entries(self, directory: _Directory) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(directory.path) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.problems.append(f"{directory.shown or os.curdir}: {_reason(error)}")
            return []

    def _keeps(self, entry: os.DirEntry[str], layers: _Layers) -> bool:
        directory = entry.is_dir(follow_symlinks=False)
        if directory:
            if entry.name in SKIPPED:
                return False
        elif not (entry.name.endswith((".py", ".ipynb")) and _is_file(entry)):
            return False
        if _ignored(layers, entry.path, directory) or self._excluded(entry.path, directory):
            return False
        if entry.is_symlink():
            self.links.add(entry.path)
        return True


def _without_doubles(files: dict[str, File], links: set[str]) -> list[File]:
    """Leave out symbolic links, met in a walk, to files that are there themselves."""
    if not links:
        return list(files.values())
    real = {os.path.realpath(path) for path in files if path not in links}
    kept = []
    for path, file in files.items():
        if path in links:
            target = os.path.realpath(path)
            if target in real:
                continue
            real.add(target)
        kept.append(file)
    return kept


def _layers_above(directory: str) -> _Layers:
    """The ignore files of the repository above a named directory.

    None count if they leave out the directory itself: it was named, so its content is wanted.
    """
    top = repository(directory)
    layers: _Layers = ()
    if top is None or top == directory:
        return layers
    above = top
    for part in os.path.relpath(directory, top).split(os.sep):
        layers = _layers_in(
            above,
            {name for name in (".git", ".gitignore") if os.path.lexists(os.path.join(above, name))},
            layers,
        )
        above = os.path.join(above, part)
        if _ignored(layers, above, directory=True):
            return ()
    return layers


def _layers_in(directory: str, names: set[str], layers: _Layers) -> _Layers:
    """The ignore files that count for the entries of a directory."""
    base = os.path.join(directory, "")
    if ".git" in names:
        layers = _layer(base, _exclude_file(os.path.join(directory, ".git")))
    if ".gitignore" in names:
        layers += _layer(base, os.path.join(directory, ".gitignore"))
    return layers


def _layer(base: str, path: str) -> _Layers:
    """The patterns of an ignore file; none if it cannot be read."""
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            lines = [line.removesuffix("\n").removesuffix("\r") for line in file]
    except OSError:
        return ()
    patterns = gitignore.parse(lines)
    return (_Layer(base, patterns),) if patterns else ()


def _exclude_file(git: str) -> str:
    """``info/exclude`` of a repository; in a worktree or submodule ``.git`` is a file that leads there."""
    if not os.path.isdir(git):
        git = _led_to(git, "gitdir: ")
    return os.path.join(_led_to(os.path.join(git, "commondir"), "") or git, "info", "exclude")


def _led_to(pointer: str, before: str) -> str:
    """The directory that a file of one line names, relative to the file; empty if there is no such file."""
    try:
        with open(pointer, encoding="utf-8", errors="surrogateescape") as file:
            line = file.readline().rstrip("\r\n")
    except OSError:
        return ""
    return os.path.join(os.path.dirname(pointer), line.removeprefix(before))


def _ignored(layers: _Layers, path: str, directory: bool) -> bool:
    for layer in reversed(layers):
        local = path[len(layer.base) :].replace(os.sep, "/")
        verdict = gitignore.verdict(layer.patterns, local, directory=directory)
        if verdict is not None:
            return verdict
    return False


def _and_above(directory: str) -> Iterator[str]:
    """The directory and all that hold it, innermost first."""
    while True:
        yield directory
        above = os.path.dirname(directory)
        if above == directory:
            return
        directory = above


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False  # a symbolic link that leads in a circle


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
