"""The engine's terms ↔ the protocol's terms.

The engine counts characters; the client counts units of the encoding that was negotiated.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from torch_pitfalls.lsp.views import View, view_at
from torch_pitfalls.rule import Safety, Severity, Tag
from torch_pitfalls.text.edits import Edit, Span
from torch_pitfalls.text.source import Source

if TYPE_CHECKING:
    from torch_pitfalls.check import Diagnosis, Related

SOURCE = "torch-pitfalls"

SEVERITIES: Mapping[Severity, types.DiagnosticSeverity] = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}

TAGS: Mapping[Tag, types.DiagnosticTag] = {
    Tag.DEPRECATED: types.DiagnosticTag.Deprecated,
    Tag.UNNECESSARY: types.DiagnosticTag.Unnecessary,
}

Encoding = types.PositionEncodingKind | str | None


def path_of(uri: str) -> str:
    """The path of a file URI; any other URI is its own name."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return uri
    path = unquote(parts.path)
    if parts.netloc and parts.netloc != "localhost":
        path = f"//{parts.netloc}{path}"
    elif re.match(r"/[A-Za-z]:", path) and os.name == "nt":
        path = path[1].upper() + path[2:]
    return os.path.normpath(path)


def uri_of(path: str) -> str:
    """The URI of a path that ``path_of`` gave."""
    return Path(path).as_uri() if os.path.isabs(path) else path


def column_of(line: str, units: int, encoding: Encoding) -> int:
    """The character of a line that a number of client units leads to, at most its end."""
    if _one_unit_each(line, encoding):
        return min(units, len(line))
    seen = 0
    for column, character in enumerate(line):
        seen += units_of(character, encoding)
        if seen > units:
            return column
    return len(line)


def units_of(text: str, encoding: Encoding) -> int:
    """How many client units a text has."""
    if _one_unit_each(text, encoding):
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _one_unit_each(text: str, encoding: Encoding) -> bool:
    if text.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return True
    return encoding != types.PositionEncodingKind.Utf8 and max(text) <= "\uffff"


@dataclass(frozen=True, slots=True)
class Place:
    """A text and how its client counts: characters, and lines from ``first_line`` on."""

    source: Source
    encoding: Encoding
    first_line: int = 0

    def position(self, offset: int) -> types.Position:
        """Where an offset is, for the client."""
        return self.at(*self.source.position(offset))

    def at(self, line: int, column: int) -> types.Position:
        """Where a line and a column in characters are, for the client."""
        column = units_of(self.source.line(line)[:column], self.encoding)
        return types.Position(max(0, line - self.first_line), column)

    def range(self, span: Span) -> types.Range:
        """Where a span is, for the client."""
        return types.Range(self.position(span.start), self.position(span.end))

    def offset(self, position: types.Position) -> int:
        """The offset of a place that the client names."""
        line = position.line + self.first_line
        column = column_of(self.source.line(line), position.character, self.encoding)
        return self.source.offset(line, column)

    def span(self, range: types.Range) -> Span:
        """The span of a range that the client names."""
        start, end = self.offset(range.start), self.offset(range.end)
        return Span(min(start, end), max(start, end))

    def text_edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """Edits of the text, for the client."""
        return [types.TextEdit(self.range(edit.span), edit.text) for edit in edits]


Texts = Callable[[str], tuple[tuple[View, ...], Source | None]]
"""The client's documents and the text (None if it cannot be read) of a path."""


def diagnostic(diagnosis: Diagnosis, place: Place, page: str, texts: Texts) -> types.Diagnostic:
    """A finding as a diagnostic; ``page`` is the URI of its rule's page."""
    rule = diagnosis.rule
    fix = diagnosis.fix
    return types.Diagnostic(
        range=place.range(diagnosis.span),
        message=f"{diagnosis.headline}\n{diagnosis.effect}",
        severity=SEVERITIES[diagnosis.severity],
        code=rule.slug,
        code_description=types.CodeDescription(page),
        source=SOURCE,
        tags=[TAGS[tag] for tag in rule.tags] or None,
        related_information=[related(note, place.encoding, texts) for note in diagnosis.notes] or None,
        data=None if fix is None else {"fix": fix.title, "safe": fix.safety is Safety.SAFE},
    )


def related(note: Related, encoding: Encoding, texts: Texts) -> types.DiagnosticRelatedInformation:
    """Another place that matters to a finding."""
    views, source = texts(note.path)
    view = view_at(views, note.start[0])
    if source is None:
        start, end = types.Position(*note.start), types.Position(*note.end)
    else:
        place = Place(source, encoding, view.first_line)
        start, end = place.at(*note.start), place.at(*note.end)
    location = types.Location(view.uri, types.Range(start, end))
    return types.DiagnosticRelatedInformation(location, note.text)


def workspace_edit(edits: Iterable[tuple[View, list[types.TextEdit]]], *, versioned: bool) -> types.WorkspaceEdit:
    """Changes of documents; ``versioned`` if the client takes them bound to the version they are for."""
    if not versioned:
        return types.WorkspaceEdit(changes={view.uri: some for view, some in edits})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(view.uri, view.version), list(some))
            for view, some in edits
        ]
    )
