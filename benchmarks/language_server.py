"""Keystroke to diagnostics, start to diagnostics, and memory: this server beside others, in one run."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from torch_pitfalls.lsp.transport import bodies
from training_file import training_file

HERE = Path(__file__).resolve().parent
TIMEOUT = 30.0
PAUSE = 0.03
"""Seconds between an answer and the next keystroke."""


@dataclass(frozen=True)
class Toggle:
    """Two texts of one place in the middle of the file; with the second the server has something to say.

    ``code`` is that of the diagnostic; None if any answer for the new version counts.
    """

    good: str
    bad: str
    code: str | None


CLEARING = "        optimizer.zero_grad()\n"
FORGET = Toggle(CLEARING, "", "missing-zero-grad")
MISSPELL = Toggle("        loss.backward()\n", "        los.backward()\n", "F821")
ANY = Toggle(CLEARING, "", None)


@dataclass(frozen=True)
class Contender:
    name: str
    command: tuple[str, ...]
    toggle: Toggle


@dataclass
class Result:
    """One session; times in milliseconds, memory in megabytes."""

    server: str
    lines: int
    initialize: float = 0.0
    first: float = 0.0
    edits: list[float] = field(default_factory=list)
    hover: list[float] = field(default_factory=list)
    burst: float = 0.0
    memory: float = 0.0
    missed: int = 0


class Client:
    """Speaks with one server process."""

    def __init__(self, command: Iterable[str], root: Path) -> None:
        self.process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root, bufsize=0
        )
        self.received: Queue[tuple[float, dict[str, Any]]] = Queue()
        self.last_id = 0
        Thread(target=self._read, daemon=True).start()

    def notify(self, method: str, params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: object) -> tuple[float, Any]:
        """The time of the answer and its result."""
        self.last_id += 1
        id = self.last_id
        self._send({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        found = self.wait(lambda message: message.get("id") == id and "method" not in message)
        if found is None:
            raise TimeoutError(f"no answer to {method}")
        return found[0], found[1].get("result")

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> tuple[float, dict[str, Any]] | None:
        """The first message of this kind with its time; None if none comes."""
        end = time.perf_counter() + TIMEOUT
        while (left := end - time.perf_counter()) > 0:
            try:
                at, message = self.received.get(timeout=left)
            except Empty:
                break
            if "id" in message and "method" in message:
                self._answer(message)
            elif wanted(message):
                return at, message
        return None

    def _answer(self, asked: dict[str, Any]) -> None:
        items = asked.get("params", {}).get("items") if asked["method"] == "workspace/configuration" else None
        self._send({"jsonrpc": "2.0", "id": asked["id"], "result": None if items is None else [None] * len(items)})

    def _send(self, message: object) -> None:
        body = json.dumps(message).encode()
        data = memoryview(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert self.process.stdin is not None
        while data:
            data = data[self.process.stdin.write(data) :]

    def _read(self) -> None:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        for body in bodies(lambda size: os.read(descriptor, size)):
            self.received.put((time.perf_counter(), json.loads(body)))


class Editing:
    """A file under edit, and the answers to every edit."""

    def __init__(self, client: Client, uri: str, text: str, toggle: Toggle) -> None:
        self.client, self.uri, self.toggle = client, uri, toggle
        middle = text.index(toggle.good, len(text) // 2 if text.count(toggle.good) > 1 else 0)
        self.line = text[:middle].count("\n")
        self.text = text[:middle] + toggle.bad + text[middle + len(toggle.good) :]
        self.version = 1
        self.bad = True

    def open(self) -> float | None:
        item = {"uri": self.uri, "languageId": "python", "version": 1, "text": self.text}
        self.client.notify("textDocument/didOpen", {"textDocument": item})
        return self.answered()

    def press(self) -> None:
        """One edit: the problem comes or goes."""
        old, new = (self.toggle.bad, self.toggle.good) if self.bad else (self.toggle.good, self.toggle.bad)
        self.version += 1
        self.bad = not self.bad
        last = self.line + old.count("\n")
        place = {"start": {"line": self.line, "character": 0}, "end": {"line": last, "character": 0}}
        self.client.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": self.uri, "version": self.version},
                "contentChanges": [{"range": place, "text": new}],
            },
        )

    def answered(self) -> float | None:
        """When the diagnostics of the newest text came."""
        found = self.client.wait(self._is_answer)
        return None if found is None else found[0]

    def _is_answer(self, message: dict[str, Any]) -> bool:
        if message.get("method") != "textDocument/publishDiagnostics":
            return False
        params = message["params"]
        if params["uri"] != self.uri or params.get("version", self.version) < self.version:
            return False
        if self.toggle.code is None:
            return True
        near = range(self.line - 8, self.line + 12)
        return self.bad == any(
            one.get("code") == self.toggle.code and one["range"]["start"]["line"] in near
            for one in params["diagnostics"]
        )


def session(contender: Contender, text: str, edits: int) -> Result:
    """Start a server, open the file, edit it, hover, and look at the memory."""
    result = Result(contender.name, text.count("\n"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.py"
        path.write_text(text, encoding="utf-8")
        started = time.perf_counter()
        client = Client(contender.command, path.parent)
        try:
            run(client, Editing(client, path.as_uri(), text, contender.toggle), result, started, edits)
        finally:
            client.process.kill()
            client.process.wait()
    return result


def run(client: Client, editing: Editing, result: Result, started: float, edits: int) -> None:
    root = editing.uri.rpartition("/")[0]
    shown = {"versionSupport": True, "relatedInformation": True}
    at, _ = client.request(
        "initialize",
        {
            "processId": os.getpid(),
            "rootUri": root,
            "workspaceFolders": [{"uri": root, "name": "benchmark"}],
            "capabilities": {"textDocument": {"publishDiagnostics": shown}},
        },
    )
    result.initialize = (at - started) * 1000
    client.notify("initialized", {})
    first = editing.open()
    if first is None:
        result.missed = -1
        return
    result.first = (first - started) * 1000
    for n in range(edits + 4):
        time.sleep(PAUSE)
        milliseconds = keystroke(editing)
        if milliseconds is None:
            result.missed += 1
        elif n >= 4:
            result.edits.append(milliseconds)
    place = {"textDocument": {"uri": editing.uri}, "position": {"line": editing.line + 2, "character": 10}}
    for _ in range(10):
        asked = time.perf_counter()
        at, _ = client.request("textDocument/hover", place)
        result.hover.append((at - asked) * 1000)
    asked = time.perf_counter()
    for _ in range(51):
        editing.press()
    last = editing.answered()
    result.burst = (last - asked) * 1000 if last is not None else 0.0
    result.memory = memory(client.process.pid)


def keystroke(editing: Editing) -> float | None:
    pressed = time.perf_counter()
    editing.press()
    at = editing.answered()
    return None if at is None else (at - pressed) * 1000


def memory(process: int) -> float:
    """Resident megabytes of a process and all its children; 0 where the system does not tell."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    family, total = [process], 0.0
    for one in family:
        family += children.get(one, [])
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        resident = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
        total += sum(map(int, resident)) / 1024
    return total


def contenders(named: list[str]) -> list[Contender]:
    ours = [name_and_command(text) for text in named] or [
        ("torch-pitfalls", (sys.executable, "-I", "-m", "torch_pitfalls", "server"))
    ]
    found = [Contender(name, command, FORGET) for name, command in ours]
    found.append(Contender("empty pygls", (sys.executable, "-I", str(HERE / "empty_server.py")), ANY))
    ruff = shutil.which("ruff", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if ruff is not None:
        found.append(Contender("ruff", (ruff, "server"), MISSPELL))
    return found


def name_and_command(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, command = text.partition("=")
    if not equals:
        raise SystemExit(f"--server {text!r} must be NAME=COMMAND")
    return name, tuple(shlex.split(command))


def table(results: list[Result]) -> str:
    rows = [
        "| lines | server | initialize | first diagnostics | keystroke p50 | p95 | 51 at once | hover | MB | missed |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for lines, server in dict.fromkeys((one.lines, one.server) for one in results):
        mine = [one for one in results if (one.lines, one.server) == (lines, server)]
        edits = sorted(value for one in mine for value in one.edits)
        hovers = [value for one in mine for value in one.hover]
        cells = [
            str(lines),
            server,
            *(f"{statistics.median(getattr(one, name) for one in mine):.0f}" for name in ("initialize", "first")),
            f"{statistics.median(edits):.1f}" if edits else "-",
            f"{edits[int(len(edits) * 0.95)]:.1f}" if edits else "-",
            f"{statistics.median(one.burst for one in mine):.0f}",
            f"{statistics.median(hovers):.1f}" if hovers else "-",
            f"{statistics.median(one.memory for one in mine):.0f}",
            str(sum(one.missed for one in mine)),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,1000,5000", help="lines of the file (default: %(default)s)")
    parser.add_argument("--edits", type=int, default=30, help="keystrokes in a session (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="sessions of each server (default: %(default)s)")
    parser.add_argument("--server", action="append", default=[], metavar="NAME=COMMAND", help="in place of ours")
    parser.add_argument("--json", type=Path, help="also write every single figure to this file")
    options = parser.parse_args()
    servers = contenders(options.server)
    results: list[Result] = []
    for size in map(int, options.sizes.split(",")):
        text = training_file(size)
        for round in range(options.rounds):
            # By turns, and each time another one first.
            for server in servers[round % len(servers) :] + servers[: round % len(servers)]:
                results.append(session(server, text, options.edits))
                print(f"{size} lines, round {round + 1}, {server.name}", file=sys.stderr)
    results.sort(key=lambda one: (one.lines, [server.name for server in servers].index(one.server)))
    print(table(results))
    if hasattr(os, "getloadavg"):
        print(f"\nLoad of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(one) for one in results], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
