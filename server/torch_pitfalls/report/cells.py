"""Findings of a notebook: places in its whole text → places in its cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from torch_pitfalls.notebooks import Notebook
from torch_pitfalls.report import Entry, Mark, Position, Repair
from torch_pitfalls.text.source import Source


def in_cells(entries: Iterable[Entry], path: str, notebook: Notebook) -> tuple[Entry, ...]:
    """The findings with lines that count in their cell. ``path`` is how the notebook is shown."""
    return tuple(
        replace(
            entry,
            at=_in_cell(entry.at, path, notebook),
            notes=tuple(_in_cell(note, path, notebook) for note in entry.notes),
            fix=None if entry.fix is None else _repair(entry.fix, notebook, entry.at.start[0]),
        )
        for entry in entries
    )


def _in_cell(mark: Mark, path: str, notebook: Notebook) -> Mark:
    if mark.path != path or not notebook.cells:
        return mark
    cell = notebook.cells[notebook.at_line(mark.start[0])]
    source = Source(cell.source)
    last = source.line_count - 1
    start, end = _moved(mark.start, cell.first_line, last), _moved(mark.end, cell.first_line, last)
    lines = tuple((number, source.line(number)) for number in sorted({start[0], end[0]}))
    return replace(mark, start=start, end=end, lines=lines, cell=cell.number)


def _moved(position: Position, first_line: int, last: int) -> Position:
    return min(position[0] - first_line, last), position[1]


def _repair(repair: Repair, notebook: Notebook, line: int) -> Repair | None:
    """The fix with lines that count in the cell of the finding; None if it changes another one."""
    index = notebook.at_line(line)
    if any(notebook.at_line(start[0]) != index for start, _, _ in repair.edits):
        return None
    first = notebook.cells[index].first_line
    edits = tuple(((a[0] - first, a[1]), (b[0] - first, b[1]), text) for a, b, text in repair.edits)
    return replace(repair, edits=edits)
