"""What is known of a variable: in a hover, and in full for those who report a bug."""

from __future__ import annotations

import os
from collections.abc import Generator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from torch_pitfalls.lsp.convert import Place, uri_of
from torch_pitfalls.lsp.protocol import Later
from torch_pitfalls.messages import Translate, say

if TYPE_CHECKING:
    from torch_pitfalls.known import Detail, Known, Since
    from torch_pitfalls.lsp.projects import Projects
    from torch_pitfalls.lsp.server import Server
    from torch_pitfalls.lsp.views import Opened

COMMAND = "torch-pitfalls.describe"
"""``[URI, position]`` → what the analysis knows there, as plain text; null where nothing is analysed."""

_LONGEST = 48


def register(server: Server) -> None:
    """Offer the command."""
    server.command(COMMAND)(describe)


def describe(ls: Any, uri: str, position: types.Position) -> Generator[Any, Any, str | None]:
    """All that is known at a place of a document. pygls looks at the annotations, so that they are all real names."""
    if not isinstance(uri, str):
        raise JsonRpcInvalidParams(f"{COMMAND} wants the URI of a document and a position in it.")
    analysis = yield from ls.current(uri)
    view = analysis.document.view(uri) if analysis is not None else None
    if analysis is None or view is None:
        return None
    offset = Place(analysis.report.source, ls.workspace.position_encoding, view.first_line).offset(position)
    document = analysis.document

    def work(projects: Projects) -> str:
        from torch_pitfalls.describing import description

        return description(projects.project(document.path), document.path, offset)

    future: Future[str] = ls.session.submit(work)
    text: str = yield Later(future), (), None
    return text


def markdown(known: Known, document: Opened, translate: Translate) -> str:
    """What is known of a variable as Markdown, with links to the places that brought it about."""
    lines = [
        say("- **{label}**: {told}", label=detail.label, told=_told(detail, document, translate)).into(translate)
        for detail in known.details
    ]
    return "\n".join([f"{_code(known.name)} · {known.kind.into(translate)}\n", *lines])


def _told(detail: Detail, document: Opened, translate: Translate) -> str:
    text = detail.text.into(translate)
    if not detail.since:
        return text
    places = say(", ").into(translate).join(_place(since, document, translate) for since in detail.since)
    return say("{what}, since {places}", what=text, places=places).into(translate)


def _place(since: Since, document: Opened, translate: Translate) -> str:
    if since.path == document.path:
        view = document.view_at(since.line)
        uri, line = view.uri, since.line - view.first_line + 1
        where = say("line {number}", number=str(line))
    else:
        uri, line = uri_of(since.path), since.line + 1
        where = say("{file}, line {number}", file=os.path.basename(since.path), number=str(line))
    code = since.code if len(since.code) <= _LONGEST else since.code[: _LONGEST - 1].rstrip() + "…"
    return f"[{where.into(translate)}]({uri}#L{line}) {_code(code)}"


def _code(text: str) -> str:
    """A text as Markdown code, whatever is in it."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"
