"""Progress: what takes long is shown to the user, where the client can show it."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from itertools import count
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import get_capability

from torch_pitfalls.messages import say

if TYPE_CHECKING:
    from torch_pitfalls.lsp.server import Server

_numbers = count(1)


class Busy:
    """One piece of work that takes long, after another."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._lock = threading.Lock()
        self._token: str | None = None
        self._shown = False

    def begin(self, path: str) -> None:
        """Show that a file is being analysed, once the client agrees."""
        if not get_capability(self._ls.client_capabilities, "window.work_done_progress", False):
            return
        token = f"torch-pitfalls/{next(_numbers)}"
        with self._lock:
            self._token, self._shown = token, False
        future = self._ls.window_work_done_progress_create(types.WorkDoneProgressCreateParams(token))
        title = self._ls.said(say("Analysing {file}", file=os.path.basename(path)))
        future.add_done_callback(lambda answer: self._agreed(token, title, answer))

    def end(self) -> None:
        """The work is done."""
        with self._lock:
            token, shown, self._token = self._token, self._shown, None
        if token is not None and shown:
            self._send(token, types.WorkDoneProgressEnd())

    def _agreed(self, token: str, title: str, answer: Future[Any]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            return
        with self._lock:
            if self._token != token:
                return
            self._shown = True
            self._send(token, types.WorkDoneProgressBegin(title))

    def _send(self, token: str, value: object) -> None:
        self._ls.progress(types.ProgressParams(token, self._ls.protocol.plain(value)))
