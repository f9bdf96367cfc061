"""What there is to say about a name of torch at a place of a file."""

from __future__ import annotations

import ast
from typing import NamedTuple

from torch_pitfalls.db import Database
from torch_pitfalls.facts import Facts, file_units
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.knowledge import api
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.notes import ARGUMENTS, FUNCTIONS, METHOD_ARGUMENTS, METHODS, ApiNote
from torch_pitfalls.names.resolve import External
from torch_pitfalls.rule import Span
from torch_pitfalls.syntax.shapes import dotted


class About(NamedTuple):
    """A note, and where its name stands in the file."""

    span: Span
    name: str
    note: ApiNote


def about(db: Database, path: str, offset: int) -> About | None:
    """The note on the name at an offset of a file's text; None where there is nothing to say."""
    base = 0
    for number in db.input("layout", path) or ():
        length = len(db.input("chunk", path, number) or "")
        if base <= offset < base + length:
            return _in_chunk(db, path, number, base, offset)
        base += length
    return None


def _in_chunk(db: Database, path: str, number: int, base: int, offset: int) -> About | None:
    for id in file_units(db, path):
        if id.chunk != number:
            continue
        facts = Facts(db, id)
        for node in facts.unit.nodes:
            found = _at_node(facts, node, offset - base)
            if found is not None:
                return found._replace(span=found.span.shifted(base))
    return None


def _at_node(facts: Facts, node: ast.AST, offset: int) -> About | None:
    if isinstance(node, (ast.Name, ast.Attribute)):
        span = facts.span(node)
        if isinstance(node, ast.Attribute):
            span = Span(span.end - len(node.attr), span.end)
        if not span.start <= offset <= span.end:
            return None
        note = _function_note(facts, node) or (_method_note(facts, node) if isinstance(node, ast.Attribute) else None)
        return About(span, node.attr if isinstance(node, ast.Attribute) else node.id, note) if note else None
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            span = facts.span(keyword)
            if keyword.arg is not None and span.start <= offset <= span.start + len(keyword.arg):
                note = _argument_note(facts, node, keyword.arg)
                where = Span(span.start, span.start + len(keyword.arg))
                return About(where, keyword.arg, note) if note else None
    return None


def _qualified(facts: Facts, node: ast.expr) -> str | None:
    symbol = resolve(facts.db, facts.id.path, node) if dotted(node) is not None else None
    return api.canonical(symbol.qualified) if isinstance(symbol, External) else None


def _function_note(facts: Facts, node: ast.expr) -> ApiNote | None:
    return FUNCTIONS.get(_qualified(facts, node) or "")


def _method_note(facts: Facts, node: ast.Attribute) -> ApiNote | None:
    method = METHODS.get(node.attr)
    if method is None or _qualified(facts, node) is not None:
        return None
    call = facts.parents.get(node)
    receivers = [event.subject for event in facts.events(*_ON_RECEIVERS) if facts.at(event.at[-1]) in (node, call)]
    if receivers and any(receiver.known for receiver in receivers):
        return method.note if any(receiver.must_be(method.of) for receiver in receivers) else None
    return method.note if method.unmistakable or _is_called_like_torch(node) else None


_ON_RECEIVERS = (
    Effect.METHOD,
    Effect.TRAIN,
    Effect.EVAL,
    Effect.BACKWARD,
    Effect.STEP,
    Effect.ZERO_GRAD,
    Effect.MENTION,
)


def _is_called_like_torch(node: ast.Attribute) -> bool:
    """Whether the receiver's name says what it is, as far as a hover may guess."""
    receiver = dotted(node.value)
    last = receiver.rpartition(".")[2].lower() if receiver is not None else ""
    return (node.attr in ("eval", "train", "forward") and last.endswith(("model", "net", "module"))) or (
        node.attr in ("item", "data", "to") and last.endswith("loss")
    )


def _argument_note(facts: Facts, call: ast.Call, argument: str) -> ApiNote | None:
    note = ARGUMENTS.get((_qualified(facts, call.func) or "", argument))
    if note is None and isinstance(call.func, ast.Attribute):
        note = METHOD_ARGUMENTS.get((call.func.attr, argument))
    return note
