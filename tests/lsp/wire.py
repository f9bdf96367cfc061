"""A client that speaks bytes: for what no well-behaved client would send."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from queue import Queue
from typing import Any

from torch_pitfalls.lsp.transport import bodies

COMMAND = [sys.executable, "-I", "-m", "torch_pitfalls", "server"]
SECONDS = 30.0


class Wire:
    """One server process and its messages."""

    def __init__(self, command: list[str] = COMMAND) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.output = bytearray()
        self.received: Queue[dict[str, Any] | None] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def send(self, message: object) -> None:
        self.write(frame(message))

    def request(self, id: int, method: str, params: object = None) -> dict[str, Any]:
        self.send(request(id, method, params))
        return self.reply(id)

    def notify(self, method: str, params: object = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def initialize(self, process_id: int | None = None) -> None:
        self.request(0, "initialize", {"processId": process_id, "rootUri": None, "capabilities": {}})
        self.notify("initialized", {})

    def next(self) -> dict[str, Any]:
        message = self.received.get(timeout=SECONDS)
        assert message is not None, "the server has closed its output"
        return message

    def reply(self, id: int | None) -> dict[str, Any]:
        """The answer to a request; whatever comes before it is dropped."""
        while True:
            message = self.next()
            if "method" not in message and message.get("id") == id:
                return message

    def status(self) -> int:
        """The exit status, when the process has ended."""
        return self.process.wait(SECONDS)

    def _read(self) -> None:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()

        def read(size: int) -> bytes:
            block = os.read(descriptor, size)
            self.output += block
            return block

        for body in bodies(read):
            self.received.put(json.loads(body))
        self.received.put(None)


def frame(message: object) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def request(id: int, method: str, params: object = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def hover(id: int, uri: str = "file:///none.py") -> dict[str, Any]:
    place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
    return request(id, "textDocument/hover", place)
