"""Notebooks: the Python cells of one are analysed as one text, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsprotocol import types

from torch_pitfalls.lsp.features.documents import key_of
from torch_pitfalls.lsp.views import Opened, View
from torch_pitfalls.notebooks import joined

if TYPE_CHECKING:
    from torch_pitfalls.lsp.server import Server

SYNC = types.NotebookDocumentSyncOptions(
    notebook_selector=[
        types.NotebookDocumentFilterWithCells(cells=[types.NotebookCellLanguage("python")], notebook="*")
    ],
    save=False,
)
"""Notebooks of any kind, as long as they have cells in Python."""


def register(server: Server) -> None:
    """Follow the notebooks that the client opens, changes and closes."""
    server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)(did_close)


def did_open(ls: Server, params: types.DidOpenNotebookDocumentParams) -> None:
    """Take a new notebook."""
    key_of(ls, params.notebook_document.uri)
    opened, text = _now(ls, params.notebook_document.uri)
    ls.session.open(opened, text)


def did_change(ls: Server, params: types.DidChangeNotebookDocumentParams) -> None:
    """Take the cells as they are now; those that are gone show nothing any more."""
    uri = params.notebook_document.uri
    if uri not in ls.paths:
        return
    before = ls.document(uri)
    opened, text = _now(ls, uri)
    ls.session.change(opened, [text])
    gone = {view.uri for view in before.views} - {view.uri for view in opened.views} if before is not None else ()
    for cell in gone:
        ls.clear(cell)


def did_close(ls: Server, params: types.DidCloseNotebookDocumentParams) -> None:
    """Forget a notebook."""
    path = ls.paths.pop(params.notebook_document.uri, None)
    if path is not None:
        ls.session.close(path)


def _now(ls: Server, uri: str) -> tuple[Opened, str]:
    """The notebook as it is now, with the text of its Python cells."""
    notebook = ls.workspace.get_notebook_document(notebook_uri=uri)
    assert notebook is not None
    cells = [
        document
        for cell in notebook.cells
        if cell.kind == types.NotebookCellKind.Code
        for document in [ls.workspace.text_documents.get(unquote(cell.document))]
        if document is not None and document.language_id == "python"
    ]
    whole = joined([cell.source for cell in cells])
    views = tuple(View(cell.uri, cell.version, one.first_line) for cell, one in zip(cells, whole.cells, strict=True))
    return Opened(ls.paths[uri], uri, notebook.version, views), whole.text
