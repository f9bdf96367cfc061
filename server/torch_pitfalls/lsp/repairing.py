"""What a code action does when it is chosen: a job that the action carries, and the edit that the job comes to."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from torch_pitfalls.fixing import ROUNDS, Wanted, any_fix, difference, repair, safe
from torch_pitfalls.lsp.convert import Place, uri_of, workspace_edit
from torch_pitfalls.lsp.pyproject import FILE, Unchangeable, ignoring
from torch_pitfalls.lsp.views import View
from torch_pitfalls.text.edits import Edit
from torch_pitfalls.text.source import Source

if TYPE_CHECKING:
    from torch_pitfalls.check import Diagnosis
    from torch_pitfalls.lsp.projects import Projects
    from torch_pitfalls.lsp.server import Server
    from torch_pitfalls.lsp.session import Analysis

FILE_SAFELY, CELL_SAFELY, RULE, IGNORE = "file", "cell", "rule", "ignore"
"""Repair all that is safe in a text, or in one cell of it; all of a rule; silence a rule in the project."""

Edits = Generator[Any, Any, types.WorkspaceEdit | None]


class Refused(JsonRpcException):
    """An action that cannot be done; the message is one sentence that says why."""

    CODE = types.LSPErrorCodes.RequestFailed.value
    MESSAGE = "The action cannot be done."


@dataclass(frozen=True, slots=True)
class Job:
    """What to do in a document, and the version of its text that it is for. ``unsafe`` for fixes that need a look."""

    what: str
    uri: str
    version: int | None
    slug: str = ""
    unsafe: bool = False

    def data(self) -> dict[str, Any]:
        """The job as an action carries it."""
        return asdict(self)


def job(data: object) -> Job:
    """The job that an action carries. Raises JsonRpcInvalidParams where there is none."""
    try:
        return Job(**data)  # type: ignore[arg-type]
    except TypeError as error:
        raise JsonRpcInvalidParams("The code action is not one of this server.") from error


def edit_of(ls: Server, analysis: Analysis, job: Job) -> Edits:
    """What a job changes, for a handler to ``yield from``; None if the document changes meanwhile."""
    if job.what == IGNORE:
        found: types.WorkspaceEdit = yield ls.waiting(_ignoring), (ls, analysis, job.slug), None
        return found
    wanted, rounds = _wanted(analysis, job)
    edits = yield from _repairs(ls, analysis, wanted, rounds)
    return None if edits is None else in_views(ls, analysis, edits)


def within(analysis: Analysis, view: View | None) -> Wanted:
    """Whether a finding has a safe fix that changes one cell of a notebook alone."""
    source, document = analysis.report.source, analysis.document

    def wanted(diagnosis: Diagnosis) -> bool:
        edits = diagnosis.fix.edits if diagnosis.fix is not None and safe(diagnosis) else ()
        places = [at for edit in edits for at in (edit.span.start, edit.span.end)]
        return bool(places) and all(document.view_at(source.position(at)[0]) is view for at in places)

    return wanted


def in_views(ls: Server, analysis: Analysis, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    """Edits of an analysed text in the documents that show it, bound to their versions where the client can."""
    source, encoding = analysis.report.source, ls.workspace.position_encoding
    by_view: dict[View, list[types.TextEdit]] = {}
    for edit in edits:
        view = analysis.document.view_at(source.position(edit.span.start)[0])
        by_view.setdefault(view, []).extend(Place(source, encoding, view.first_line).text_edits([edit]))
    return workspace_edit(by_view.items(), versioned=_versioned(ls))


def project_file(ls: Server, analysis: Analysis) -> Path | None:
    """The ``pyproject.toml`` that says, or may say, what is checked; None where the client could not change it."""
    if analysis.root is None:
        return None
    path = Path(analysis.root, FILE)
    return path if path.is_file() or _creates(ls) else None


def _wanted(analysis: Analysis, job: Job) -> tuple[Wanted, int]:
    """Which fixes a job applies, and how often it looks for what they make possible."""
    if job.what == CELL_SAFELY:
        # That may be in other cells.
        return within(analysis, analysis.document.view(job.uri)), 1
    if job.what != RULE:
        return safe, ROUNDS
    may = any_fix if job.unsafe else safe
    return lambda diagnosis: diagnosis.rule.slug == job.slug and may(diagnosis), ROUNDS


def _repairs(
    ls: Server, analysis: Analysis, wanted: Wanted, rounds: int
) -> Generator[Any, Any, tuple[Edit, ...] | None]:
    """The edits of many fixes; the session's thread works them out."""
    document = analysis.document

    def work(projects: Projects) -> tuple[Edit, ...] | None:
        from torch_pitfalls.db import Cancelled

        try:
            project = projects.project(document.path)
            return repair(project, document.path, wanted, lambda: not ls.session.newest(document), rounds).edits
        except (Cancelled, KeyError):
            return None

    future: Future[tuple[Edit, ...] | None] = ls.session.submit(work)
    edits: tuple[Edit, ...] | None = yield ls.waiting(future.result), (), None
    return edits if ls.session.newest(document) else None


def _ignoring(ls: Server, analysis: Analysis, slug: str) -> types.WorkspaceEdit:
    """The change of the project's settings that silences a rule; in the text that the client has open, if it has."""
    path = project_file(ls, analysis)
    if path is None:
        raise Refused("There is no pyproject.toml to change.")
    uri = uri_of(os.fspath(path))
    opened = next((one for one in ls.workspace.text_documents.values() if Path(one.path) == path), None)
    try:
        exists = path.is_file()
        text = opened.source if opened is not None else path.read_bytes().decode("utf-8") if exists else ""
        edits = difference(text, ignoring(text, slug))
    except (Unchangeable, UnicodeDecodeError, OSError) as error:
        raise Refused(f"{path}: {error}") from error
    view = View(uri, None) if opened is None else View(opened.uri, opened.version)
    place = Place(Source(text), ls.workspace.position_encoding)
    changes = workspace_edit([(view, place.text_edits(edits))], versioned=_versioned(ls))
    if not exists and opened is None:
        create = types.CreateFile(uri, options=types.CreateFileOptions(ignore_if_exists=True))
        changes.document_changes = [create, *(changes.document_changes or ())]
    return changes


def _versioned(ls: Server) -> bool:
    return bool(get_capability(ls.client_capabilities, "workspace.workspace_edit.document_changes", False))


def _creates(ls: Server) -> bool:
    """Whether the client makes files that an edit needs."""
    can = get_capability(ls.client_capabilities, "workspace.workspace_edit.resource_operations", None) or ()
    return _versioned(ls) and types.ResourceOperationKind.Create in can
