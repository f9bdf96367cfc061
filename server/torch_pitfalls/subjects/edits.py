"""Edits that keep the layout of the code around them."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from torch_pitfalls.facts import Facts
from torch_pitfalls.names.resolve import chunk
from torch_pitfalls.rule import Edit, Span


def insert_line(facts: Facts, node: ast.AST, line: str, *, after: bool) -> Edit | None:
    """Put a line, or several, before or after a statement, indented like it, with the file's line ends."""
    statement = facts.statement(node)
    if statement is None:
        return None
    span = facts.span(statement)
    text = facts.chunk.text
    start = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
    indent = text[start : span.start]
    if indent.strip():
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    line = line.replace("\n", f"{newline}{indent}")
    if not after:
        return Edit(Span(span.start, span.start), f"{line}{newline}{indent}")
    ends = [position for position in (text.find("\n", span.end), text.find("\r", span.end)) if position >= 0]
    end = min(ends) if ends else len(text)
    rest = text[span.end : end].strip()
    if rest and not rest.startswith("#"):
        return None
    return Edit(Span(end, end), f"{newline}{indent}{line}")


def import_line(facts: Facts, module: str) -> Edit | None:
    """Import a module among the first imports of the file, in their order; None if there are none."""
    layout = facts.db.input("layout", facts.id.path)
    position = -sum(
        len(facts.db.input("chunk", facts.id.path, each)) for each in layout[: layout.index(facts.id.chunk)]
    )
    place: int | None = None
    for number in layout:
        here = chunk(facts.db, facts.id.path, number)
        for node in here.tree.body:
            if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "__future__"):
                place = position + here.span(node).start if place is None else place
                if isinstance(node, ast.ImportFrom) or node.names[0].name > module:
                    place = position + here.span(node).start
                    break
        else:
            position += len(here.text)
            # A blank line ends the first group of imports.
            if place is None or not re.search(r"\n[ \t\r]*\n", here.text):
                continue
        break
    newline = "\r\n" if "\r\n" in facts.chunk.text else "\n"
    return Edit(Span(place, place), f"import {module}{newline}") if place is not None else None


def remove_line(facts: Facts, statement: ast.stmt) -> Edit | None:
    """Take a statement out with its line; None if it shares its line with others."""
    span = facts.span(statement)
    text = facts.chunk.text
    start = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
    ends = [position for position in (text.find("\n", span.end), text.find("\r", span.end)) if position >= 0]
    end = min(ends) + 1 if ends else len(text)
    rest = text[span.end : end].strip()
    if text[start : span.start].strip() or (rest and not rest.startswith("#")):
        return None
    return Edit(Span(start, end), "")


def with_comment(facts: Facts, statement: ast.stmt) -> str:
    """The source of a simple statement and the comment on its line."""
    end = facts.span(statement).end
    rest = re.split(r"[\r\n]", facts.chunk.text[end:], maxsplit=1)[0].rstrip()
    return f"{facts.text(statement)}{rest}"


def indented(facts: Facts, first: ast.stmt, last: ast.stmt, header: str) -> tuple[Edit, ...]:
    """Put the statements from ``first`` to ``last`` under a header; empty where strings span lines."""
    start = facts.span(first).start
    return _indented_text(facts.chunk.text, start, facts.span(last).end, header, [first, *_between(facts, first, last)])


def indented_to_end(facts: Facts, first: ast.stmt, header: str) -> tuple[Edit, ...]:
    """Put everything from a statement of the module body to the end of the file under a header."""
    text = facts.file_text()
    layout = facts.db.input("layout", facts.id.path)
    before = layout[: layout.index(facts.id.chunk)]
    base = sum(len(facts.db.input("chunk", facts.id.path, number)) for number in before)
    after = layout[layout.index(facts.id.chunk) :]
    trees = [chunk(facts.db, facts.id.path, number).tree for number in after]
    rest = text[base:]
    return _indented_text(rest, facts.span(first).start, len(rest.rstrip()), header, trees)


def _between(facts: Facts, first: ast.stmt, last: ast.stmt) -> list[ast.stmt]:
    start, end = facts.span(first).start, facts.span(last).end
    return [
        node
        for node in facts.unit.nodes
        if isinstance(node, ast.stmt) and start <= facts.span(node).start and facts.span(node).end <= end
    ]


def _indented_text(text: str, start: int, end: int, header: str, nodes: Sequence[ast.AST]) -> tuple[Edit, ...]:
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, (ast.Constant, ast.JoinedStr)) and inner.lineno != inner.end_lineno:
                return ()
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    indent = text[line:start]
    if indent.strip():
        return ()
    newline = "\r\n" if "\r\n" in text else "\n"
    step = "\t" if "\t" in indent else "    "
    edits = [Edit(Span(start, start), f"{header}{newline}{indent}{step}")]
    position = start
    while True:
        following = text.find("\n", position, end)
        if following < 0:
            break
        position = following + 1
        if text[position : position + 1] not in ("\n", "\r", ""):
            edits.append(Edit(Span(position, position), step))
    return tuple(edits)


def append_argument(facts: Facts, call: ast.Call, text: str) -> Edit:
    """Put one more argument at the end of a call."""
    last = [*call.args, *(item.value for item in call.keywords)]
    if last:
        end = max(facts.span(item).end for item in last)
        return Edit(Span(end, end), f", {text}")
    close = facts.span(call).end - 1
    return Edit(Span(close, close), text)


def without_argument(facts: Facts, call: ast.Call, name: str) -> Edit | None:
    """Take a keyword argument out of a call, with its comma; None if it is not written there."""
    item = next((item for item in call.keywords if item.arg == name), None)
    if item is None:
        return None
    span = facts.span(item)
    text = facts.chunk.text
    others = [facts.span(other) for other in (*call.args, *call.keywords) if other is not item]
    before = max((other.end for other in others if other.end <= span.start), default=None)
    if before is not None and text[before : span.start].strip() == ",":
        return Edit(Span(before, span.end), "")
    after = min((other.start for other in others if other.start >= span.end), default=None)
    if after is not None and text[span.end : after].strip() == ",":
        return Edit(Span(span.start, after), "")
    return None if before is not None or after is not None else Edit(span, "")
