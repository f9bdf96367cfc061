"""A pygls server that knows nothing: what the protocol library alone costs."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("empty", "1")


def publish(uri: str, version: int) -> None:
    start = types.Position(0, 0)
    found = types.Diagnostic(types.Range(start, start), f"version {version}")
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, [found], version))


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(params: types.DidOpenTextDocumentParams) -> None:
    publish(params.text_document.uri, params.text_document.version)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(params: types.DidChangeTextDocumentParams) -> None:
    publish(params.text_document.uri, params.text_document.version)


if __name__ == "__main__":
    server.start_io()
