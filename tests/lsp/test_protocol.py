"""Where pygls departs from the specification, the server does not; and its life ends as it should."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from torch_pitfalls.lsp.server import Server
from torch_pitfalls.lsp.transport import Inbox, Malformed, Outbox, bodies, decode
from wire import COMMAND, Wire, frame, hover, request


@pytest.fixture(scope="module")
def running() -> Iterator[Wire]:
    """A session for messages after which it goes on."""
    with Wire() as wire:
        wire.initialize()
        yield wire


def code(reply: dict[str, Any]) -> int:
    return int(reply["error"]["code"])


# ── the order of a session ──


def test_request_before_initialize_is_refused() -> None:
    with Wire() as wire:
        wire.send(hover(1))
        assert code(wire.reply(1)) == -32002
        wire.initialize()
        wire.send(hover(2))
        assert wire.reply(2)["result"] is None


def test_second_initialize_is_refused() -> None:
    with Wire() as wire:
        wire.initialize()
        assert code(wire.request(1, "initialize", {"processId": None, "capabilities": {}})) == -32600


def test_request_after_shutdown_is_refused() -> None:
    with Wire() as wire:
        wire.initialize()
        assert wire.request(1, "shutdown")["result"] is None
        wire.send(hover(2))
        assert code(wire.reply(2)) == -32600


def test_exit_after_shutdown_is_success() -> None:
    with Wire() as wire:
        wire.initialize()
        wire.request(1, "shutdown")
        wire.notify("exit")
        assert wire.status() == 0


def test_exit_without_shutdown_is_failure() -> None:
    with Wire() as wire:
        wire.initialize()
        wire.notify("exit")
        assert wire.status() == 1


def test_exit_is_heeded_before_initialize() -> None:
    with Wire() as wire:
        wire.notify("exit")
        assert wire.status() == 1


def test_end_of_input_ends_the_server() -> None:
    with Wire() as wire:
        wire.initialize()
        assert wire.process.stdin is not None
        wire.process.stdin.close()
        assert wire.status() == 1


# ── the client's process ──


def test_server_ends_with_its_client() -> None:
    client = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with Wire() as wire:
        wire.initialize(process_id=client.pid)
        wire.send(hover(1))
        wire.reply(1)
        client.kill()
        client.communicate()
        assert wire.status() == 1


def test_client_of_another_container_is_not_watched() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with Wire() as wire:
        wire.initialize(process_id=gone.pid)
        wire.send(hover(1))
        assert wire.reply(1)["result"] is None


# ── messages ──


@pytest.mark.parametrize(
    ("method", "params", "named"),
    [
        ("textDocument/hover", {"textDocument": 5}, "position"),
        ("textDocument/hover", None, "params"),
        ("textDocument/codeAction", {"textDocument": {"uri": "file:///a.py"}}, "range"),
        ("workspace/executeCommand", {"arguments": []}, "command"),
    ],
)
def test_parameters_that_make_no_sense_are_named(running: Wire, method: str, params: object, named: str) -> None:
    reply = running.request(1, method, params)
    assert code(reply) == -32602
    assert named in reply["error"]["message"]


def test_initialize_that_makes_no_sense_may_be_tried_again() -> None:
    with Wire() as wire:
        assert code(wire.request(1, "initialize", {"processId": "me"})) == -32602
        wire.initialize()
        wire.send(hover(2))
        assert wire.reply(2)["result"] is None


def test_notification_that_makes_no_sense_is_ignored(running: Wire) -> None:
    running.notify("textDocument/didOpen", {"textDocument": None})
    running.notify("textDocument/didChange", {"contentChanges": 3})
    running.send(hover(1))
    assert running.reply(1)["result"] is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"jsonrpc": "2.0", "id": 77, "method": ', -32700),
        (b'{"jsonrpc": "2.0", "method": "\xff\xfe"}', -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b"17", -32600),
        (b'{"id": 1, "method": "shutdown"}', -32600),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "shutdown"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 5}', -32600),
    ],
)
def test_what_is_no_message_is_refused(running: Wire, body: bytes, expected: int) -> None:
    running.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    assert code(running.reply(None)) == expected
    running.send(hover(1))
    assert running.reply(1)["result"] is None


def test_unknown_request_is_refused_and_unknown_notification_ignored(running: Wire) -> None:
    running.notify("$/unheardOf", {"a": 1})
    running.notify("unheardOf")
    assert code(running.request(1, "unheardOf", {})) == -32601


def test_header_names_may_have_any_case(running: Wire) -> None:
    body = json.dumps(hover(1)).encode()
    header = b"content-type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length: %d\r\n\r\n"
    running.write(header % len(body) + body)
    assert running.reply(1)["result"] is None


def test_odd_diagnostics_of_other_servers_do_not_matter(running: Wire) -> None:
    odd = [{"range": None, "message": 5, "severity": "high"}, None, {"code": {"value": []}}]
    somewhere = {"line": 0, "character": 0}
    params = {
        "textDocument": {"uri": "file:///a.py"},
        "range": {"start": somewhere, "end": somewhere},
        "context": {"diagnostics": odd},
    }
    assert running.request(1, "textDocument/codeAction", params)["result"] == []


def test_cancellation_of_what_is_answered_is_ignored(running: Wire) -> None:
    running.send(hover(41))
    assert running.reply(41)["result"] is None
    running.notify("$/cancelRequest", {"id": 41})
    running.send(hover(42))
    assert running.reply(42)["result"] is None


def test_request_cancelled_while_it_waited_is_not_begun() -> None:
    """All messages are there before the first is handled, as when an editor has been faster."""
    from_client, to_server = os.pipe()
    from_server, to_client = os.pipe()
    messages = [
        request(1, "initialize", {"processId": None, "capabilities": {}}),
        hover(2),
        hover(3),
        {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 2}},
        hover(2),
    ]
    os.write(to_server, b"".join(map(frame, messages)))
    os.close(to_server)
    inbox = Inbox()
    inbox._read(from_client)
    server = Server()
    server.protocol.set_writer(Outbox(to_client, inbox.close))
    assert server.protocol.serve(inbox) == 1
    os.close(to_client)
    replies = [json.loads(body) for body in bodies(lambda size: os.read(from_server, size))]
    os.close(from_server)
    os.close(from_client)
    refused = [reply["id"] for reply in replies if reply.get("error", {}).get("code") == -32800]
    assert [reply["id"] for reply in replies] == [1, 2, 3, 2]
    assert refused == [2]


def test_nothing_but_messages_goes_to_standard_output() -> None:
    noisy = (
        "import os, sys\n"
        "from torch_pitfalls.lsp.server import main\n"
        "from torch_pitfalls.lsp.session import Session\n"
        "start = Session.start\n"
        "def noisy(self):\n"
        "    print('noise')\n"
        "    os.write(1, b'more noise')\n"
        "    start(self)\n"
        "Session.start = noisy\n"
        "sys.exit(main())\n"
    )
    with Wire([COMMAND[0], "-I", "-c", noisy]) as wire:
        wire.initialize()
        wire.request(1, "shutdown")
        wire.notify("exit")
        assert wire.status() == 0
    assert wire.output.startswith(b"Content-Length: ")
    assert b"noise" not in wire.output


# ── framing ──


def read_in_pieces(data: bytes, size: int) -> list[bytes]:
    position = 0

    def read(most: int) -> bytes:
        nonlocal position
        piece = data[position : position + min(size, most)]
        position += len(piece)
        return piece

    return list(bodies(read))


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
def test_messages_are_found_however_they_are_cut(size: int) -> None:
    data = b"Content-Length: 2\r\n\r\n{}CONTENT-LENGTH:3\r\nX: y\r\n\r\n[1]Content-Length: 0\r\n\r\n"
    assert read_in_pieces(data, size) == [b"{}", b"[1]", b""]


def test_header_without_length_is_skipped() -> None:
    assert read_in_pieces(b"X: y\r\n\r\nContent-Length: 2\r\n\r\n{}", 5) == [b"{}"]


def test_message_cut_off_by_the_end_is_dropped() -> None:
    assert read_in_pieces(b"Content-Length: 9\r\n\r\n{}", 5) == []


def test_text_of_any_language_is_decoded() -> None:
    assert decode('{"a": "é😀"}'.encode()) == {"a": "é😀"}
    assert isinstance(decode(b"\xff"), Malformed)


def test_outbox_tells_once_that_the_client_is_gone() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    gone: list[bool] = []
    outbox = Outbox(writing, lambda: gone.append(True))
    outbox.write(b"x")
    outbox.write(b"x")
    os.close(writing)
    assert gone == [True]


# ── start ──


def test_engine_is_not_imported_before_the_client_has_its_answer() -> None:
    """The answer to ``initialize`` waits for the imports of the server, so those of the engine come later."""
    listing = "import sys, torch_pitfalls.lsp.server; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-I", "-c", listing], capture_output=True, text=True, check=True)
    imported = set(shown.stdout.split())
    assert "torch_pitfalls.lsp.server" in imported
    assert not imported & {
        "torch_pitfalls.project",
        "torch_pitfalls.rules",
        "jedi",
        "torch",
        "rich",
        "pathspec",
        "tomlkit",
    }
