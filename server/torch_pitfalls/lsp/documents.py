"""Open documents, kept in step with the client at the cost of the edit, not of the file.

Lines end where the protocol says (LF, CRLF, CR) and nowhere else, places beyond the end of a line or of the
text are clamped to it, and a change splices the text and the line table instead of rebuilding them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.workspace import TextDocument, Workspace

from torch_pitfalls.lsp.convert import column_of
from torch_pitfalls.text.edits import Edit, Span
from torch_pitfalls.text.source import Source

if TYPE_CHECKING:
    from pygls.workspace import ServerTextPosition

Change = Edit | str
"""An edit against the text that the change before left, or a whole new text."""


class LineTable:
    """A text under edit and the offsets at which its lines start.

    Offsets from ``_settled`` on still lack ``_shift``: an edit moves all that follows, and the next one
    is usually near, so the sum is carried along instead of being added to every line each time.
    """

    __slots__ = ("_settled", "_shift", "_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = Source(text).line_starts
        self._settled = len(self._starts)
        self._shift = 0

    def __len__(self) -> int:
        return len(self._starts)

    def start(self, line: int) -> int:
        """Offset of the first character of a line; of the end of the text beyond the last line."""
        if line >= len(self._starts):
            return len(self.text)
        return self._starts[line] + (self._shift if line >= self._settled else 0)

    def line(self, number: int) -> str:
        """The text of a line without its line end."""
        return self.text[self.start(number) : self.start(number + 1)].rstrip("\r\n")

    def line_at(self, offset: int) -> int:
        """The line that holds an offset."""
        self._settle(len(self._starts))
        return bisect_right(self._starts, offset) - 1

    def splice(self, first: int, last: int, edit: Edit) -> None:
        """Apply an edit that starts in the line ``first`` and ends in the line ``last``."""
        span = edit.span
        if first > 0 and self.text[self.start(first) - 1] == "\r":
            # A line feed put after a lone carriage return makes one line end of two.
            first -= 1
        begin, end = self.start(first), self.start(last + 1)
        old = self.text
        changed = old[begin : span.start] + edit.text + old[span.end : end]
        self.text = old[: span.start] + edit.text + old[span.end :]
        self._settle(last + 1)
        starts = [begin + start for start in Source(changed).line_starts]
        if last + 1 < len(self._starts):
            # The line end of the last line was kept, so the line after it begins where it did.
            starts.pop()
        self._starts[first : last + 1] = starts
        self._settled = first + len(starts)
        self._shift += len(edit.text) - (span.end - span.start)

    def _settle(self, upto: int) -> None:
        """Make the offsets before the line ``upto`` final, and those from there on lack the shift."""
        if self._shift:
            if upto > self._settled:
                moved = self._starts[self._settled : upto]
                self._starts[self._settled : upto] = [start + self._shift for start in moved]
            elif upto < self._settled:
                moved = self._starts[upto : self._settled]
                self._starts[upto : self._settled] = [start - self._shift for start in moved]
        self._settled = upto


class Document(TextDocument):
    """A text document as the protocol defines it."""

    def __init__(self, uri: str, source: str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(uri, source, *args, **kwargs)
        self._table = LineTable(super().source)
        self._changes: list[Change] = []

    @property
    def source(self) -> str:
        """The text."""
        return self._table.text

    @property
    def lines(self) -> Sequence[str]:
        """The lines with their line ends."""
        table = self._table
        return tuple(table.text[table.start(n) : table.start(n + 1)] for n in range(len(table)))

    def take_changes(self) -> list[Change]:
        """What has changed since the last call, in order."""
        taken, self._changes = self._changes, []
        return taken

    def apply_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Take one change of a ``didChange`` notification."""
        if not isinstance(change, types.TextDocumentContentChangePartial):
            self._table = LineTable(change.text)
            self._changes = [change.text]
            return
        places = sorted((self._place(change.range.start), self._place(change.range.end)))
        (first, start), (last, end) = places
        edit = Edit(Span(start, end), change.text)
        self._table.splice(first, last, edit)
        self._changes.append(edit)

    def offset_at_position(self, client_position: types.Position) -> int:
        """Offset of a place that the client names."""
        return self._place(client_position)[1]

    def offset_at_server_position(self, server_position: ServerTextPosition) -> int:
        """Offset of a line and column in characters."""
        return self._table.start(server_position.line) + server_position.character

    def _place(self, position: types.Position) -> tuple[int, int]:
        """(line, offset) of a place that the client names, clamped to the text."""
        table = self._table
        if position.line >= len(table):
            return len(table) - 1, len(table.text)
        text = table.line(position.line)
        column = column_of(text, position.character, self.position_codec.encoding)
        return position.line, table.start(position.line) + column


class Documents(Workspace):
    """The workspace of a session, with documents of this package."""

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> TextDocument:
        return Document(
            doc_uri,
            source,
            version,
            language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )
