"""The server over standard input and output: wiring, start and end; no logic."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from torch_pitfalls import __version__
from torch_pitfalls.lsp import parent
from torch_pitfalls.lsp.convert import Texts
from torch_pitfalls.lsp.features import (
    code_actions,
    diagnostics,
    documents,
    files,
    hover,
    inlays,
    known,
    notebooks,
    pages,
    progress,
    settings_file,
    workspace,
)
from torch_pitfalls.lsp.protocol import Protocol
from torch_pitfalls.lsp.session import Analysis, Session
from torch_pitfalls.lsp.transport import Inbox, Outbox
from torch_pitfalls.lsp.views import Opened
from torch_pitfalls.messages import LANGUAGES, Text, translation

if TYPE_CHECKING:
    from torch_pitfalls.check import Report

log = logging.getLogger(__name__)

PATIENCE = 0.25
"""Seconds that a request waits for the analysis of the text it was made for."""

GRACE = 3.0
"""Seconds to end in good order once the client is gone."""


class Server(LanguageServer):
    """The server of one client."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__(
            "torch-pitfalls",
            __version__,
            protocol_cls=Protocol,
            notebook_document_sync=notebooks.SYNC,
        )
        self.session = Session(self)
        self.initial_settings: Any = None
        self.pushed_settings: Mapping[str, Any] = {}
        self.language = LANGUAGES[0]
        self.paths: dict[str, str] = {}
        self._busy = progress.Busy(self)
        self._marks = settings_file.Marks(self)
        for feature in (documents, notebooks, workspace, files, diagnostics, hover, code_actions, pages, inlays, known):
            feature.register(self)

    def run(self, reading: int, writing: int) -> int:
        """Serve a client over two file descriptors; returns the exit status of the process."""
        self._inbox = Inbox()
        self.protocol.set_writer(Outbox(writing, self._inbox.close))
        self._inbox.read_from(reading)
        status = self.protocol.serve(self._inbox)
        self.session.stop()
        self.thread_pool.shutdown()
        return status

    def document(self, uri: str) -> Opened | None:
        """The open text that a document of the client shows, or shows a part of."""
        notebook = self.workspace.get_notebook_document(cell_uri=uri)
        path = self.paths.get(uri if notebook is None else notebook.uri)
        return None if path is None else self.session.document(path)

    def said(self, text: Text) -> str:
        """A sentence in the user's language."""
        return text.into(translation(self.language))

    def current(self, uri: str) -> Generator[Any, Any, Analysis | None]:
        """The analysis of the text as it is now, for a handler to ``yield from``.

        One that is under way is waited for a little; None if it takes longer or the text changes meanwhile.
        """
        document = self.document(uri)
        if document is None:
            return None
        analysis = self.session.analysis(document)
        if analysis is None:
            analysis = yield self.waiting(self.session.wait), (document, PATIENCE), None
        return analysis if analysis is not None and self.session.newest(document) else None

    def waiting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that a handler may yield to have it called in a thread of its own."""
        return self.thread()(lambda *arguments: function(*arguments))

    def diagnostics(self, document: Opened, report: Report, texts: Texts) -> tuple[types.Diagnostic, ...]:
        """See ``session.Client``."""
        return diagnostics.diagnostics(self, document, report, texts)

    def publish(self, document: Opened, analysis: Analysis | None) -> None:
        """See ``session.Client``."""
        diagnostics.publish(self, document, analysis)

    def clear(self, uri: str) -> None:
        """Show nothing any more in a document whose diagnostics were pushed."""
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def refresh(self) -> None:
        """See ``session.Client``."""
        if diagnostics.pulls(self):
            diagnostics.refresh(self)
        inlays.refresh(self)

    def busy(self, path: str) -> None:
        """See ``session.Client``."""
        self._busy.begin(path)

    def idle(self) -> None:
        """See ``session.Client``."""
        self._busy.end()

    def tell(self, sentence: str) -> None:
        """Write a warning to the client's log; never a pop-up."""
        log.warning("%s", sentence)
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, sentence))

    def mark(self, path: str, sentence: str) -> None:
        """See ``session.Client``."""
        self._marks.add(path, sentence)

    def unmark(self) -> None:
        """See ``session.Client``."""
        self._marks.forget()

    def trace(self, sentence: str) -> None:
        """See ``session.Client``."""
        if self.protocol.trace not in (None, types.TraceValue.Off):
            self.log_trace(types.LogTraceParams(sentence))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error that no request is answered with."""
        log.error("%s: %s", getattr(source, "__name__", source), error)

    def watch(self, process_id: int) -> None:
        """End when the client's process does."""
        parent.watch(process_id, self._end_without_client)

    def _end_without_client(self) -> None:
        self._inbox.close()
        killer = threading.Timer(GRACE, os._exit, (1,))
        killer.daemon = True
        killer.start()


def main(log_level: str = "warning") -> int:
    """Run the server until its client ends it; returns the exit status of the process.

    ``log_level`` (``debug``, ``info``, ``warning``, ``error``) is for standard error.
    """
    _log_to_stderr(log_level)
    # The collector would walk all that is imported again and again; the session turns it on.
    gc.disable()
    # A message is not to wait for a whole slice of the analysis, which never waits for anything.
    sys.setswitchinterval(0.001)
    status = Server().run(*_own_streams())
    # The process ends: to search the whole analysis for garbage would only delay that.
    gc.freeze()
    return status


def _log_to_stderr(level: str) -> None:
    # A closed standard error must not cost the session.
    logging.raiseExceptions = False
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level != "debug":
        logging.getLogger("pygls").setLevel(max(logging.WARNING, logging.getLogger().level))


def _own_streams() -> tuple[int, int]:
    """Take standard input and output away from all other code: what it prints goes to standard error."""
    reading, writing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:
        os.dup2(nothing, 1)
    os.close(nothing)
    sys.stdout = sys.stderr
    return reading, writing
