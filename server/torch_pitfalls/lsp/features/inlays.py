"""Inlay hints, for those who switch them on: the mode and grad mode at calls of modules."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import get_capability

from torch_pitfalls.lsp.convert import Place
from torch_pitfalls.lsp.protocol import Later
from torch_pitfalls.messages import LANGUAGES, translation
from torch_pitfalls.text.edits import Span

if TYPE_CHECKING:
    from torch_pitfalls.lsp.projects import Projects
    from torch_pitfalls.lsp.server import Server

Hints = list[tuple[int, str]]


def register(server: Server) -> None:
    """Offer inlay hints."""
    server.feature(types.TEXT_DOCUMENT_INLAY_HINT)(inlay_hints)


def inlay_hints(ls: Server, params: types.InlayHintParams) -> Generator[Any, Any, list[types.InlayHint]]:
    """The hints in a range; none unless the setting ``inlay-hints`` asks for them."""
    analysis = yield from ls.current(params.text_document.uri)
    view = analysis.document.view(params.text_document.uri) if analysis is not None else None
    if analysis is None or view is None:
        return []
    document = analysis.document
    place = Place(analysis.report.source, ls.workspace.position_encoding, view.first_line)
    within = Span(place.offset(params.range.start), place.offset(params.range.end))

    def work(projects: Projects) -> Hints:
        from torch_pitfalls.inlays import inlays

        project = projects.project(document.path)
        if not project.config.inlay_hints:
            return []
        translate = translation(project.config.language or LANGUAGES[0])
        return [
            (one.offset, " · ".join(word.into(translate) for word in one.words))
            for one in inlays(project.db, document.path, within)
            if within.start <= one.offset <= within.end
        ]

    future: Future[Hints] = ls.session.submit(work)
    found: Hints = yield Later(future), (), None
    if not ls.session.newest(document):
        return []
    return [types.InlayHint(place.position(offset), label, padding_left=True) for offset, label in found]


def refresh(ls: Server) -> None:
    """Ask a client that can be asked to get the hints again: other files may have changed them."""
    if get_capability(ls.client_capabilities, "workspace.inlay_hint.refresh_support", False):
        ls.workspace_inlay_hint_refresh(None)
