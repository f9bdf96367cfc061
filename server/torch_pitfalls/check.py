"""Rules × units → findings → absolute → suppressed → ordered."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from torch_pitfalls.config import Config
from torch_pitfalls.db import Cancelled, Database, query
from torch_pitfalls.facts import Facts, file_units, root_of
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.messages import Translate, translation
from torch_pitfalls.names.resolve import chunk
from torch_pitfalls.rule import Edit, Finding, Fix, Note, Place, Rule, Safety, Severity
from torch_pitfalls.rules import RULES
from torch_pitfalls.suppressions import UNUSED, unused
from torch_pitfalls.syntax.directives import Directive
from torch_pitfalls.syntax.units import Unit, UnitId
from torch_pitfalls.text.edits import Span
from torch_pitfalls.text.source import Source

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that matters. Lines and columns count from 0, columns in characters."""

    path: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str


@dataclass(frozen=True, slots=True)
class QuickFix:
    """A repair at its place: edits of the file's text, none overlapping."""

    title: str
    edits: tuple[Edit, ...]
    safety: Safety


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding at its place in a file, in the user's language: spans count from the start of the file's text."""

    rule: Rule[Any]
    severity: Severity
    span: Span
    headline: str
    effect: str
    remedy: str
    notes: tuple[Related, ...] = ()
    fix: QuickFix | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known about one version of one file.

    ``problems`` are sentences about what kept the analysis from being complete
    (the file is too long, is not text, a rule failed); an empty tuple is the normal case.
    """

    path: str
    source: Source
    diagnoses: tuple[Diagnosis, ...]
    problems: tuple[str, ...] = ()


class Found(NamedTuple):
    """A finding of a rule, with the lines of its statement (in the chunk, from 0)."""

    slug: str
    finding: Finding
    first: int
    last: int


class UnitFindings(NamedTuple):
    """The findings of one unit, and what went wrong."""

    found: tuple[Found, ...]
    problems: tuple[str, ...]


@query()
def findings(db: Database, id: UnitId) -> UnitFindings:
    """What the rules say of one unit."""
    facts = Facts(db, id)
    found: dict[tuple[str, Span], Found] = {}
    problems: list[str] = []
    for slug, rule in RULES.items():
        try:
            for finding in rule.run(facts):
                first, last = _lines(facts, finding.at)
                found.setdefault((slug, finding.at), Found(slug, finding, first, last))
        except Cancelled:
            raise
        except Exception:
            log.exception("rule %s failed on %s", slug, id)
            problems.append(f"the rule {slug} failed on {id.name or 'the module body'}; its findings there are missing")
    if not trace(db, root_of(id)).complete:
        problems.append(f"{id.name or 'the module body'} nests too deep to be followed")
    return UnitFindings(tuple(found.values()), tuple(problems))


def _lines(facts: Facts, at: Span) -> tuple[int, int]:
    """First and last line of the statement around a span; of a compound statement, of its header."""
    source = facts.chunk.source
    first, last = source.position(at.start)[0], source.position(at.end)[0]
    around = [node for node in facts.unit.nodes if isinstance(node, ast.stmt) and _covers(node, first)]
    if not around:
        return first, last
    inner = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)))
    body = getattr(inner, "body", None)
    if isinstance(body, list) and body:
        return min(first, inner.lineno - 1), max(last, min(last, body[0].lineno - 2))
    return min(first, inner.lineno - 1), max(last, (inner.end_lineno or inner.lineno) - 1)


def _covers(node: ast.stmt, line: int) -> bool:
    return node.lineno - 1 <= line <= (node.end_lineno or node.lineno) - 1


class _File:
    """Where the chunks of a file are."""

    def __init__(self, db: Database, path: str) -> None:
        self.numbers: tuple[int, ...] = db.input("layout", path) or ()
        self.texts = [db.input("chunk", path, number) or "" for number in self.numbers]
        starts = [0, *accumulate(len(text) for text in self.texts)]
        self.starts = dict(zip(self.numbers, starts, strict=False))
        self.source = Source("".join(self.texts))


def report(db: Database, path: str, config: Config) -> Report:
    """The findings of a file as the user is to see them."""
    file = _File(db, path)
    problems: list[str] = []
    silencers = _Silencers(db, path, file)
    diagnoses: dict[tuple[str, Span], Diagnosis] = {}
    for id in file_units(db, path):
        result = findings(db, id)
        problems += result.problems
        base = file.starts[id.chunk]
        first_line = file.source.position(base)[0]
        for found in result.found:
            if not config.enabled(found.slug, path):
                continue
            lines = range(first_line + found.first, first_line + found.last + 1)
            if silencers.silence(found.slug, lines):
                continue
            diagnosis = _absolute(db, path, RULES[found.slug], found.finding, base, config)
            diagnoses.setdefault((found.slug, diagnosis.span), diagnosis)
    if not problems and config.enabled(UNUSED.slug, path):
        for base, finding in silencers.idle(config):
            diagnosis = _absolute(db, path, UNUSED, finding, base, config)
            diagnoses[UNUSED.slug, diagnosis.span] = diagnosis
    ordered = sorted(diagnoses.values(), key=lambda item: (item.span, item.rule.slug))
    return Report(path, file.source, tuple(ordered), tuple(dict.fromkeys(problems)))


class _Silencers:
    """The silencing comments of a file, and what each of them has silenced."""

    def __init__(self, db: Database, path: str, file: _File) -> None:
        self._path = path
        self._by_line: dict[int, list[int]] = {}
        self._whole: list[int] = []
        self._written: list[tuple[int, Directive, Source]] = []
        self._used: dict[int, set[str]] = {}
        self._complete = True
        for number in file.numbers:
            one = chunk(db, path, number)
            self._complete = self._complete and not one.broken
            base = file.starts[number]
            first_line = file.source.position(base)[0] if one.directives else 0
            for directive in one.directives:
                if directive.whole_file:
                    self._whole.append(len(self._written))
                else:
                    self._by_line.setdefault(first_line + directive.line, []).append(len(self._written))
                self._written.append((base, directive, one.source))

    def silence(self, slug: str, lines: range) -> bool:
        """Whether a comment silences a rule on one of some lines; notes that it was needed."""
        if not self._written:
            return False
        near = [index for line in lines for index in self._by_line.get(line, ())]
        hit = [index for index in (*self._whole, *near) if _names(self._written[index][1], slug)]
        for index in hit:
            self._used.setdefault(index, set()).add(slug)
        return bool(hit)

    def idle(self, config: Config) -> Iterator[tuple[int, Finding]]:
        """What is silenced for nothing: the offset of the chunk, and a finding in it."""
        if not self._complete:
            return
        for index, (base, directive, source) in enumerate(self._written):
            if directive.slugs is not None and UNUSED.slug in directive.slugs:
                continue
            used = self._used.get(index, set())
            for finding in unused(
                directive, used, RULES.__contains__, lambda slug: config.enabled(slug, self._path), source
            ):
                yield base, finding


def _names(directive: Directive, slug: str) -> bool:
    return directive.slugs is None or slug in directive.slugs


def _absolute(db: Database, path: str, rule: Rule[Any], finding: Finding, base: int, config: Config) -> Diagnosis:
    translate = translation(config.language)
    return Diagnosis(
        rule,
        config.severity.get(rule.slug, rule.severity),
        finding.at.shifted(base),
        finding.headline.into(translate),
        finding.effect.into(translate),
        finding.remedy.into(translate),
        tuple(_related(db, path, base, finding.notes, translate)),
        _quick_fix(finding.fix, base, translate) if finding.fix is not None else None,
    )


def _quick_fix(fix: Fix, base: int, translate: Translate) -> QuickFix:
    return QuickFix(fix.title.into(translate), tuple(edit.shifted(base) for edit in fix.edits), fix.safety)


def _related(db: Database, path: str, base: int, notes: tuple[Note, ...], translate: Translate) -> Iterator[Related]:
    for note in notes:
        if isinstance(note.at, Place):
            file = _File(db, note.at.path)
            span = note.at.span.shifted(file.starts.get(note.at.chunk, 0))
            where, source = note.at.path, file.source
        else:
            file = _File(db, path)
            span, where, source = note.at.shifted(base), path, file.source
        yield Related(where, source.position(span.start), source.position(span.end), note.text.into(translate))


def units_of(db: Database, path: str) -> list[Unit]:
    """The units of a file, for tools that show what is known."""
    return [chunk(db, id.path, id.chunk).units[id.name] for id in file_units(db, path)]
