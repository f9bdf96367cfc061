"""Diagnostics: pushed, or given to a client that asks for them; what it cannot show is left out.

A client that asks gets no pushes, or it would show everything twice. Cells of notebooks are pushed to all: not every
client that asks for the diagnostics of files asks for theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException

from torch_pitfalls.lsp.convert import Place, Texts, diagnostic
from torch_pitfalls.lsp.protocol import Later, asks_for_diagnostics
from torch_pitfalls.lsp.sweep import Item, Sweep, result_id
from torch_pitfalls.lsp.views import Opened, View
from torch_pitfalls.pages import uri as page_of

if TYPE_CHECKING:
    from torch_pitfalls.check import Report
    from torch_pitfalls.lsp.server import Server
    from torch_pitfalls.lsp.session import Analysis

log = logging.getLogger(__name__)

BATCH = 50
"""Files of the workspace that a partial result holds."""


class Superseded(JsonRpcException):
    """The text has changed: the client is to ask again."""

    CODE = types.LSPErrorCodes.ServerCancelled.value
    MESSAGE = "The document has changed."


def register(server: Server) -> None:
    """Offer diagnostics to those who ask."""
    options = types.DiagnosticOptions(
        identifier="torch-pitfalls", inter_file_dependencies=True, workspace_diagnostics=True
    )
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(document_diagnostic)
    server.feature(types.WORKSPACE_DIAGNOSTIC)(workspace_diagnostic)


def pulls(ls: Server) -> bool:
    """Whether the client asks for diagnostics."""
    return asks_for_diagnostics(ls.client_capabilities)


def diagnostics(ls: Server, document: Opened, report: Report, texts: Texts) -> tuple[types.Diagnostic, ...]:
    """The findings of a report, in its order, each as its view of the document shows it."""
    place = Place(report.source, ls.workspace.position_encoding)
    found = []
    for diagnosis in report.diagnoses:
        if len(document.views) > 1:
            view = document.view_at(report.source.position(diagnosis.span.start)[0])
            place = Place(report.source, ls.workspace.position_encoding, view.first_line)
        page = page_of(diagnosis.rule.slug, report.language, report.documentation)
        found.append(diagnostic(diagnosis, place, page, texts))
    for one in found:
        _reduce(one, ls.client_capabilities)
    return tuple(found)


def publish(ls: Server, document: Opened, analysis: Analysis | None) -> None:
    """Show what is known of a version of a document in place of what was shown before."""
    if pulls(ls) and not document.has_cells:
        return
    for view in document.views:
        found = shown_in(analysis, view) if analysis is not None else []
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(view.uri, found, view.version))


def shown_in(analysis: Analysis, view: View) -> list[types.Diagnostic]:
    """The diagnostics of one of the documents that show an analysed text."""
    document, report = analysis.document, analysis.report
    if len(document.views) == 1:
        return list(analysis.diagnostics)
    return [
        one
        for one, diagnosis in zip(analysis.diagnostics, report.diagnoses, strict=True)
        if document.view_at(report.source.position(diagnosis.span.start)[0]) is view
    ]


def document_diagnostic(
    ls: Server, params: types.DocumentDiagnosticParams
) -> Generator[Any, Any, types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport]:
    """The diagnostics of the newest text, as soon as it is analysed; or word that they are those of last time."""
    uri = params.text_document.uri
    document = ls.document(uri)
    if document is None or document.has_cells:
        return types.RelatedFullDocumentDiagnosticReport(items=[])
    analysis = yield Later(ls.session.expect(document)), (), None
    view = document.view(uri)
    if analysis is None or view is None:
        raise Superseded(data=types.DiagnosticServerCancellationData(retrigger_request=True))
    found = shown_in(analysis, view)
    id = result_id(found)
    if id == params.previous_result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=id)
    return types.RelatedFullDocumentDiagnosticReport(items=found, result_id=id)


def workspace_diagnostic(
    ls: Server, params: types.WorkspaceDiagnosticParams
) -> Generator[Any, Any, types.WorkspaceDiagnosticReport]:
    """The diagnostics of all files of the workspace, open or not.

    Where the client has asked before and nothing has changed, the answer waits until something does.
    """
    known = {one.uri: one.value for one in params.previous_result_ids}
    report = _Report(ls, params)
    sweep = Sweep(known, report.take)
    ls.session.sweep(sweep)
    yield Later(sweep.result), (), None
    return report.end()


class _Report:
    """Collects items, and sends them in batches to a client that wants them as they come."""

    def __init__(self, ls: Server, params: types.WorkspaceDiagnosticParams) -> None:
        self._ls = ls
        self._partial = params.partial_result_token
        self._progress = params.work_done_token
        self._items: list[Item] = []
        self._begun = False

    def take(self, item: Item, done: int, total: int) -> None:
        """Take an item; ``done`` files of ``total`` were looked at."""
        if self._progress is not None and not self._begun:
            self._begun = True
            begin = types.WorkDoneProgressBegin("torch-pitfalls", message=f"{total}", percentage=0, cancellable=True)
            self._send(self._progress, begin)
        self._items.append(item)
        if self._progress is not None and done % 10 == 0:
            share = types.WorkDoneProgressReport(message=f"{done}/{total}", percentage=100 * done // max(1, total))
            self._send(self._progress, share)
        if self._partial is not None and len(self._items) >= BATCH:
            self._flush()

    def end(self) -> types.WorkspaceDiagnosticReport:
        """What was not sent yet."""
        if self._partial is not None and self._items:
            self._flush()
        if self._progress is not None and self._begun:
            self._send(self._progress, types.WorkDoneProgressEnd())
        items, self._items = self._items, []
        return types.WorkspaceDiagnosticReport(items)

    def _flush(self) -> None:
        assert self._partial is not None
        self._send(self._partial, types.WorkspaceDiagnosticReportPartialResult(self._items))
        self._items = []

    def _send(self, token: types.ProgressToken, value: object) -> None:
        self._ls.progress(types.ProgressParams(token, self._ls.protocol.plain(value)))


def refresh(ls: Server) -> None:
    """Ask the client to ask again."""
    ls.workspace_diagnostic_refresh(None)


def _reduce(found: types.Diagnostic, client: types.ClientCapabilities) -> None:
    """Leave out what the client does not know of; clients tell it for pushes and for answers apart."""

    def can(what: str) -> Any:
        for kind in ("diagnostic", "publish_diagnostics"):
            value = get_capability(client, f"text_document.{kind}.{what}", None)
            if value is not None:
                return value
        return None

    if not can("related_information"):
        found.related_information = None
    if not can("code_description_support"):
        found.code_description = None
    if not can("data_support"):
        found.data = None
    tags = can("tag_support.value_set") or ()
    found.tags = [tag for tag in found.tags or () if tag in tags] or None
