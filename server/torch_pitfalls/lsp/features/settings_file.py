"""What is wrong with the settings in a ``pyproject.toml``, shown where it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from torch_pitfalls.lsp.convert import SOURCE, Place, uri_of
from torch_pitfalls.text.edits import Span
from torch_pitfalls.text.source import Source

if TYPE_CHECKING:
    from torch_pitfalls.lsp.server import Server


class Marks:
    """The files whose settings are wrong, with sentences that say why."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._wrong: dict[str, list[str]] = {}

    def add(self, path: str, sentence: str) -> None:
        """Show one more sentence about a file."""
        self._wrong.setdefault(path, []).append(sentence)
        self._publish(path)

    def forget(self) -> None:
        """Show nothing: the files are read again."""
        paths = list(self._wrong)
        self._wrong.clear()
        for path in paths:
            self._publish(path)

    def _publish(self, path: str) -> None:
        try:
            with open(path, encoding="utf-8", newline="") as file:
                source = Source(file.read())
        except (OSError, ValueError):
            source = Source("")
        place = Place(source, self._ls.workspace.position_encoding)
        found = [
            types.Diagnostic(
                place.range(place_of(source, sentence)), sentence, types.DiagnosticSeverity.Warning, source=SOURCE
            )
            for sentence in self._wrong.get(path, ())
        ]
        self._ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri_of(path), found))


def place_of(source: Source, sentence: str) -> Span:
    """Where the text says what a sentence is about: the last name that it quotes, before its advice."""
    said = sentence.partition("; did you mean")[0]
    table = max(source.text.find("torch-pitfalls"), 0)
    for quoted in reversed(re.findall(r"`([^`]+)`", said)):
        for word in (quoted, quoted.rpartition(".")[2]):
            found = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])").search(source.text, table)
            if found is not None:
                return Span(*found.span())
    line = re.search(r"at line (\d+)", said)
    start = source.offset(int(line[1]) - 1, 0) if line is not None else 0
    return Span(start, start + len(source.line(source.position(start)[0])))
