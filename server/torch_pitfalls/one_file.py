"""Checks one file for the command line: a script, a notebook, or a text that is given."""

from __future__ import annotations

import ast
import os
import warnings
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from torch_pitfalls import fixing, notebooks
from torch_pitfalls.check import Report
from torch_pitfalls.files import File
from torch_pitfalls.names.resolve import chunk
from torch_pitfalls.project import Project
from torch_pitfalls.report import Entry, entries
from torch_pitfalls.report.cells import in_cells
from torch_pitfalls.syntax.parse import is_hole
from torch_pitfalls.text.source import Source


class Fixes(Enum):
    """Which fixes are applied: those that plainly do what was meant, or all."""

    SAFE = "safe"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Fixed:
    """What fixes have made of the text of a file; ``applied`` counts the fixes of each rule."""

    original: str
    text: str
    applied: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came out for one file; ``problems`` are sentences about what could not be done.

    ``failed`` says that nothing of the file could be checked. With ``fixed``, ``entries`` are what is left then.
    """

    file: File
    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()
    failed: bool = False
    fixed: Fixed | None = None


def checked(project: Project, file: File, fixes: Fixes | None = None) -> Checked:
    """Check one file. Whatever goes wrong is told, and costs only this file."""
    try:
        if file.path.endswith(notebooks.SUFFIX):
            return _notebook(project, file, fixes)
        if file.text is not None:
            project.set_text(file.path, file.text)
        return _script(project, file, fixes)
    except Exception as error:
        return Checked(file, (), (f"the analysis failed with {type(error).__name__}: {error}",), failed=True)


def _script(project: Project, file: File, fixes: Fixes | None) -> Checked:
    report = project.report(file.path)
    if report.problems and _text(project, file.path) is None:
        return Checked(file, (), report.problems, failed=True)
    unparsed, failed = _unparsed(project, file.path, report.source.text)
    fixed = None
    if fixes is not None and not failed:
        repaired = fixing.repair(project, file.path, _wanted(fixes))
        if repaired.applied:
            fixed = Fixed(report.source.text, repaired.text, tuple(sorted(repaired.applied.items())))
            report = repaired.report
    return Checked(file, _entries(project, file, report), unparsed + report.problems, failed, fixed)


def _notebook(project: Project, file: File, fixes: Fixes | None) -> Checked:
    """Check the code cells of a notebook, from top to bottom."""
    try:
        on_disk = notebooks.read(file.path) if file.text is None else notebooks.File(file.text)
    except OSError as error:
        return Checked(file, (), (f"the file cannot be read: {error.strerror or error}",), failed=True)
    except notebooks.NotANotebook as error:
        return Checked(file, (), (str(error),), failed=True)
    project.set_text(file.path, on_disk.notebook.text)
    found = _script(project, file, None)
    cells, fixed = on_disk.notebook, None
    if fixes is not None and not found.failed:
        for rounds in (fixing.ROUNDS, 1):
            repaired = fixing.repair(project, file.path, _wanted(fixes), rounds=rounds)
            sources = cells.repaired(repaired.edits) if repaired.applied else None
            if sources is not None:
                fixed = Fixed(on_disk.raw, on_disk.with_sources(sources), tuple(sorted(repaired.applied.items())))
                cells = notebooks.File(fixed.text).notebook
                found = replace(found, entries=_entries(project, file, repaired.report))
                break
    return replace(found, entries=in_cells(found.entries, file.shown, cells), fixed=fixed)


def _wanted(fixes: Fixes) -> fixing.Wanted:
    return fixing.safe if fixes is Fixes.SAFE else fixing.any_fix


def _entries(project: Project, file: File, report: Report) -> tuple[Entry, ...]:
    def shown(path: str) -> str:
        return file.shown if path == file.path else _shown_beside(file, path)

    return entries(report, shown, partial(_text, project))


def _text(project: Project, path: str) -> Source | None:
    try:
        return Source(project.text(path))
    except (OSError, ValueError, LookupError):
        return None


def _unparsed(project: Project, path: str, text: str) -> tuple[tuple[str, ...], bool]:
    """A sentence if parts of a file are no Python, and whether that is true of all of it."""
    chunks = [chunk(project.db, path, number) for number in project.db.input("layout", path) or ()]
    if not any(one.broken for one in chunks):
        return (), False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        what = f"line {error.lineno}: {error.msg}"
    except (ValueError, MemoryError, RecursionError):
        what = "it nests too deep to be parsed"
    else:
        return (), False
    if all(is_hole(statement) for one in chunks for statement in one.tree.body):
        return (f"the file cannot be parsed: {what}",), True
    return (f"parts of the file cannot be parsed and are left out: {what}",), False


def _shown_beside(file: File, path: str) -> str:
    """How the user, who wrote ``file`` as it is shown, would write another file."""
    if os.path.isabs(file.shown):
        return path
    try:
        return os.path.relpath(path)
    except ValueError:  # on another drive
        return path
