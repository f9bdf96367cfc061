"""Diagnostics: what a client is shown of a report, as far as it can show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.capabilities import get_capability

from torch_pitfalls.lsp.convert import Place, Texts, diagnostic
from torch_pitfalls.lsp.session import Opened
from torch_pitfalls.pages import uri as page_of

if TYPE_CHECKING:
    from torch_pitfalls.check import Report
    from torch_pitfalls.lsp.server import Server


def diagnostics(ls: Server, report: Report, texts: Texts) -> tuple[types.Diagnostic, ...]:
    """The findings of a report, in its order."""
    place = Place(report.source, ls.workspace.position_encoding)
    found = tuple(diagnostic(diagnosis, place, page_of(diagnosis.rule.slug), texts) for diagnosis in report.diagnoses)
    for one in found:
        _reduce(one, ls.client_capabilities)
    return found


def publish(ls: Server, document: Opened, found: Sequence[types.Diagnostic]) -> None:
    """Show diagnostics of a version of a document in place of those before."""
    params = types.PublishDiagnosticsParams(document.uri, found, document.version)
    ls.text_document_publish_diagnostics(params)


def _reduce(found: types.Diagnostic, client: types.ClientCapabilities) -> None:
    """Leave out what the client does not know of."""

    def can(what: str) -> bool:
        return bool(get_capability(client, f"text_document.publish_diagnostics.{what}", False))

    if not can("related_information"):
        found.related_information = None
    if not can("code_description_support"):
        found.code_description = None
    if not can("data_support"):
        found.data = None
    tags = get_capability(client, "text_document.publish_diagnostics.tag_support.value_set", ()) or ()
    found.tags = [tag for tag in found.tags or () if tag in tags] or None
