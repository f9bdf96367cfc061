"""Open documents: what the client types reaches the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from torch_pitfalls.lsp.convert import path_of
from torch_pitfalls.lsp.documents import Document
from torch_pitfalls.lsp.views import single

if TYPE_CHECKING:
    from torch_pitfalls.lsp.server import Server


def register(server: Server) -> None:
    """Follow the documents that the client opens, changes and closes."""
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """Take a new document, if it is Python; one that is no longer, or is opened again, is forgotten first."""
    document = params.text_document
    _forget(ls, document.uri)
    if _is_python(document):
        path = key_of(ls, document.uri)
        ls.session.open(single(path, document.uri, document.version), document.text)


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Take the changes that lead to a new version."""
    uri, version = params.text_document.uri, params.text_document.version
    document = ls.workspace.get_text_document(uri)
    path = ls.paths.get(uri)
    if path is not None and isinstance(document, Document):
        ls.session.change(single(path, uri, version), document.take_changes())


def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """Take it that nothing in a document is half typed."""
    path = ls.paths.get(params.text_document.uri)
    if path is not None:
        ls.session.saved(path)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """Forget a document."""
    _forget(ls, params.text_document.uri)


def key_of(ls: Server, uri: str) -> str:
    """The name under which a document is analysed: its path; of a second document of one file, its URI."""
    if uri not in ls.paths:
        path = path_of(uri)
        ls.paths[uri] = uri if path in ls.paths.values() else path
    return ls.paths[uri]


def _forget(ls: Server, uri: str) -> None:
    path = ls.paths.pop(uri, None)
    if path is not None:
        ls.session.close(path)


def _is_python(document: types.TextDocumentItem) -> bool:
    """Whether the client calls a document Python; of one that it has no name for, the name of its file tells."""
    language = document.language_id.lower()
    return "python" in language or (language in ("", "py") and path_of(document.uri).endswith((".py", ".pyi")))
