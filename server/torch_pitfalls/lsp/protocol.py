"""The protocol of pygls, mended where it departs from the specification.

- Requests before ``initialize`` and after ``shutdown`` are refused with the codes that are meant for it.
- A request whose parameters make no sense is answered with an error that names the place.
- ``exit`` without ``shutdown``, and a client that goes away, end the process with status 1.
- A request that was cancelled while it waited is refused before it is begun.
- Documents follow the specification on line ends and on places outside the text (``documents``).
- Framing is read as HTTP headers are: names in any case (``transport``).

Messages are handled one after another by one thread; handlers are plain functions that return at once,
or generators that leave waiting to a thread (``yield function, arguments, None``).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any
from urllib.parse import unquote

from cattrs import transform_error
from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder, get_capability
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcRequestCancelled,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

from torch_pitfalls.lsp.documents import Documents
from torch_pitfalls.lsp.transport import Inbox, Malformed

log = logging.getLogger(__name__)


class Later:
    """What a handler may yield to go on when a future has its result."""

    def __init__(self, future: Future[Any]) -> None:
        self.future = future


class Protocol(LanguageServerProtocol):
    """One session with one client."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._initialized = False

    def serve(self, inbox: Inbox) -> int:
        """Handle messages until the session ends; returns the exit status of the process."""
        try:
            for message in inbox:
                self._receive(message, inbox)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 1
        return 0 if self._shutdown else 1

    def _receive(self, message: object, inbox: Inbox) -> None:
        if isinstance(message, Malformed):
            self._refuse(None, JsonRpcParseError(f"The message is not JSON: {message.reason}"))
        elif not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            self._refuse(None, JsonRpcInvalidRequest("The message is not a JSON-RPC 2.0 object."))
        elif not _well_formed(message):
            self._refuse(None, JsonRpcInvalidRequest("The method must be a string, and the id one or a number."))
        elif "method" not in message:
            self._deliver(message)
        elif "id" not in message:
            self._notification(message)
        elif inbox.withdrawn(message["id"]):
            self._refuse(message["id"], JsonRpcRequestCancelled("The request was cancelled."))
        else:
            self._request(message)
        if isinstance(message, dict) and message.get("method") == types.CANCEL_REQUEST:
            inbox.settle(message)

    def _request(self, message: dict[str, Any]) -> None:
        method, id = message["method"], message["id"]
        if self._shutdown:
            self._refuse(id, JsonRpcInvalidRequest(f"{method} came after shutdown."))
        elif method == types.INITIALIZE and self._initialized:
            self._refuse(id, JsonRpcInvalidRequest("initialize came twice."))
        elif method != types.INITIALIZE and not self._initialized:
            self._refuse(id, JsonRpcServerNotInitialized(f"{method} came before initialize."))
        else:
            if method == types.TEXT_DOCUMENT_CODE_ACTION:
                _without_diagnostics(message)
            self._deliver(message)

    def _notification(self, message: dict[str, Any]) -> None:
        method = message["method"]
        if method == types.EXIT:
            sys.exit(0 if self._shutdown else 1)
        if self._initialized and not self._shutdown:
            self._deliver(message)

    def _deliver(self, message: dict[str, Any]) -> None:
        """Turn a message into its type and hand it to its handler."""
        try:
            structured = self.structure_message(message)
        except JsonRpcException as error:
            self._misunderstood(message, error)
            return
        self.handle_message(structured)

    def _misunderstood(self, message: dict[str, Any], error: JsonRpcException) -> None:
        reason = "; ".join(transform_error(error.__cause__)) if error.__cause__ else str(error)
        if "method" in message and "id" in message:
            self._refuse(message["id"], JsonRpcInvalidParams(f"{message['method']}: {reason}"))
        else:
            log.warning("A message was not understood: %s", reason)

    def plain(self, value: object) -> Any:
        """A protocol object as JSON values, for places that hold anything."""
        return self._converter.unstructure(value)

    def _execute_handler(self, msg_id: Any, handler: Any, callback: Any, args: Any = None, kwargs: Any = None) -> None:
        if isinstance(handler, Later):
            handler.future.add_done_callback(callback)
        else:
            super()._execute_handler(msg_id, handler, callback, args, kwargs)

    def _refuse(self, id: Any, error: JsonRpcException) -> None:
        log.info("Refused: %s", error)
        self._send_response(id, error=error.to_response_error())

    def _handle_cancel_notification(self, msg_id: str | int) -> None:
        """Cancel a request that waits for something; one that has its answer is past cancelling."""
        if msg_id in self._request_futures:
            super()._handle_cancel_notification(msg_id)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Answer ``initialize``, and keep documents in a workspace of our own."""
        result: types.InitializeResult = yield from super().lsp_initialize(params)
        if not asks_for_diagnostics(params.capabilities):
            result.capabilities.diagnostic_provider = None
        self._workspace = Documents(
            self.workspace.root_uri,
            types.TextDocumentSyncKind.Incremental,
            params.workspace_folders or [],
            ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities),
        )
        self._initialized = True
        return result

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        """Change a document; one that is not open is left alone."""
        if unquote(params.text_document.uri) not in self.workspace.text_documents:
            log.warning("A change of a document that is not open was ignored: %s", params.text_document.uri)
            return
        yield from super().lsp_text_document__did_change(params)


def asks_for_diagnostics(client: types.ClientCapabilities) -> bool:
    """
    Whether the client asks for diagnostics, and asks again when it is told to.

    One that does not, as Neovim 0.11, would go on showing what was true before settings or other files changed: it
    gets pushes.
    """
    asks = get_capability(client, "text_document.diagnostic", None) is not None
    return asks and bool(get_capability(client, "workspace.diagnostics.refresh_support", False))


def _well_formed(message: dict[str, Any]) -> bool:
    return isinstance(message.get("method", ""), str) and isinstance(message.get("id", 0), (str, int))


def _without_diagnostics(message: dict[str, Any]) -> None:
    """Drop the diagnostics that a client sends along with a request for code actions.

    They come from every server the user runs, in every shape; ours are known better here.
    """
    params = message.get("params")
    context = params.get("context") if isinstance(params, dict) else None
    if isinstance(context, dict):
        context["diagnostics"] = []
