"""The command that shows the page of a rule in the editor."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcInvalidParams

from torch_pitfalls import pages
from torch_pitfalls.messages import LANGUAGES

if TYPE_CHECKING:
    from torch_pitfalls.lsp.server import Server

log = logging.getLogger(__name__)

SHOW_PAGE = "torch-pitfalls.showPage"


def register(server: Server) -> None:
    """Offer the command."""
    # pygls reads annotations, which are not there for it.
    server.command(SHOW_PAGE)(lambda ls, *arguments: show_page(ls, arguments))


def can_show(ls: Server) -> bool:
    """Whether the client shows documents when it is asked to."""
    return bool(get_capability(ls.client_capabilities, "window.show_document.support", False))


def command(title: str, slug: str, language: str) -> types.Command:
    """The command as a code action carries it."""
    return types.Command(title, SHOW_PAGE, arguments=[slug, language])


def show_page(ls: Server, arguments: Sequence[object]) -> str:
    """Show the page of a rule, in a language or in that of the client; returns its URI."""
    from torch_pitfalls.config import unknown_rule

    slug, language, *_ = (*arguments, "", "")
    unknown = unknown_rule(str(slug))
    if unknown is not None:
        raise JsonRpcInvalidParams(unknown)
    uri = pages.uri(str(slug), str(language) if language in LANGUAGES else ls.language)
    if can_show(ls):
        shown = ls.window_show_document(types.ShowDocumentParams(uri, take_focus=True))
        shown.add_done_callback(_shown)
    return uri


def _shown(answer: Future[types.ShowDocumentResult]) -> None:
    if answer.cancelled() or answer.exception() is not None or not answer.result().success:
        log.warning("The client did not show the page: %s", answer)
