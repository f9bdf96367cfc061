"""Messages over a pair of streams: framing, reading ahead, and writing whole messages from any thread."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue

log = logging.getLogger(__name__)

_LENGTH = re.compile(rb"content-length:[ \t]*(\d+)", re.IGNORECASE)
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that is not JSON; ``reason`` says why."""

    reason: str


def bodies(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """The bodies of the messages of a stream; ends with the stream.

    ``read(n)`` returns at most n bytes, and none at the end. A header without a length is skipped.
    """
    buffer = bytearray()
    while True:
        header = _END_OF_HEADER.search(buffer)
        if header is None:
            block = read(_BLOCK)
            if not block:
                return
            buffer += block
            continue
        lengths = _LENGTH.findall(buffer, 0, header.end())
        del buffer[: header.end()]
        if not lengths:
            log.warning("A header without Content-Length was skipped.")
            continue
        length = int(lengths[-1])
        while len(buffer) < length:
            block = read(max(_BLOCK, length - len(buffer)))
            if not block:
                return
            buffer += block
        yield bytes(buffer[:length])
        del buffer[:length]


def decode(body: bytes) -> object:
    """The JSON value of a body, or ``Malformed``."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        return Malformed(str(error))


class Inbox:
    """The client's messages in order, read ahead by a thread.

    Reading ahead lets a cancelled request be refused before it is begun.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[object] = SimpleQueue()
        self._withdrawn: set[object] = set()

    def read_from(self, descriptor: int) -> None:
        """Start to read a file descriptor; its end closes the inbox."""
        reader = threading.Thread(target=self._read, args=(descriptor,), name="reader", daemon=True)
        reader.start()

    def close(self) -> None:
        """End the messages after those already read; from any thread."""
        self._queue.put(_END)

    def __iter__(self) -> Iterator[object]:
        while (message := self._queue.get()) is not _END:
            yield message

    def withdrawn(self, id: object) -> bool:
        """Whether the client has cancelled a request that waits in the inbox."""
        return id in self._withdrawn

    def settle(self, cancellation: dict[str, object]) -> None:
        """Forget a cancellation, now that its turn has come."""
        self._withdrawn.discard(_cancelled_id(cancellation))

    def _read(self, descriptor: int) -> None:
        try:
            for body in bodies(lambda size: os.read(descriptor, size)):
                message = decode(body)
                if isinstance(message, dict) and message.get("method") == "$/cancelRequest":
                    self._withdrawn.add(_cancelled_id(message))
                self._queue.put(message)
        except OSError as error:
            log.info("Reading ended: %s", error)
        finally:
            self.close()


def _cancelled_id(cancellation: dict[str, object]) -> str | int | None:
    params = cancellation.get("params")
    id = params.get("id") if isinstance(params, dict) else None
    return id if isinstance(id, (str, int)) else None


_END = object()


class Outbox:
    """Writes whole messages to a file descriptor, from any thread.

    When the client is gone, ``gone`` is called once and what is written is dropped.
    """

    def __init__(self, descriptor: int, gone: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._gone = gone
        self._lock = threading.Lock()
        self._open = True

    def write(self, data: bytes) -> None:
        """Write one message with its header."""
        with self._lock:
            if not self._open:
                return
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            except OSError as error:
                self._open = False
                log.info("Writing ended: %s", error)
                self._gone()

    def close(self) -> None:
        """Drop what is written from now on."""
        with self._lock:
            self._open = False
