"""Rules × units → findings → absolute → suppressed → ordered."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch_pitfalls.config import Config
from torch_pitfalls.db import Cancelled, Database, query
from torch_pitfalls.facts import Facts, chunk_units
from torch_pitfalls.messages import LANGUAGES, Translate, translation
from torch_pitfalls.names.resolve import chunk
from torch_pitfalls.places import ChunkedFile, chunked
from torch_pitfalls.rule import Edit, Finding, Fix, Note, Place, Rule, Safety, Severity
from torch_pitfalls.rules import RULES
from torch_pitfalls.suppressions import UNUSED, unused
from torch_pitfalls.syntax.directives import Directive
from torch_pitfalls.syntax.units import UnitId
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
    language: str = LANGUAGES[0]
    documentation: str | None = None


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
                if any(span.start <= finding.at.start < span.end for span in facts.expected_failures):
                    continue
                first, last = _lines(facts, finding.at)
                found.setdefault((slug, finding.at), Found(slug, finding, first, last))
        except Cancelled:
            raise
        except Exception:
            log.exception("rule %s failed on %s", slug, id)
            problems.append(f"the rule {slug} failed on {id.name or 'the module body'}; its findings there are missing")
    if not facts.trace.complete:
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


class ChunkFindings(NamedTuple):
    """What there is to report of one chunk: its text, findings and silencing comments."""

    source: Source
    found: tuple[Found, ...]
    directives: tuple[Directive, ...]
    problems: tuple[str, ...]
    broken: bool


@query()
def chunk_findings(db: Database, path: str, number: int) -> ChunkFindings:
    """The findings of all units of a chunk."""
    here = chunk(db, path, number)
    results = [findings(db, id) for id in chunk_units(db, path, number)]
    found = tuple(one for result in results for one in result.found)
    problems = tuple(problem for result in results for problem in result.problems)
    return ChunkFindings(here.source, found, here.directives, problems, bool(here.broken))


def report(db: Database, path: str, config: Config) -> Report:
    """The findings of a file as the user is to see them."""
    numbers: tuple[int, ...] = db.input("layout", path) or ()
    parts = [chunk_findings(db, path, number) for number in numbers]
    file = ChunkedFile(path, numbers, [part.source for part in parts])
    silencers = _Silencers(parts)
    diagnoses: dict[tuple[str, Span], Diagnosis] = {}
    for index, part in enumerate(parts):
        for found in part.found:
            if config.enabled(found.slug, path, found.finding.severity) and not silencers.silence(index, found):
                diagnosis = _absolute(db, file, file.source.starts[index], RULES[found.slug], found.finding, config)
                diagnoses.setdefault((found.slug, diagnosis.span), diagnosis)
    problems = dict.fromkeys(problem for part in parts for problem in part.problems)
    if not problems and config.enabled(UNUSED.slug, path):
        for index, finding in silencers.idle(config, path):
            diagnosis = _absolute(db, file, file.source.starts[index], UNUSED, finding, config)
            diagnoses[UNUSED.slug, diagnosis.span] = diagnosis
    ordered = sorted(diagnoses.values(), key=lambda item: (item.span, item.rule.slug))
    return Report(
        path, file.source, tuple(ordered), tuple(problems), config.language or LANGUAGES[0], config.documentation
    )


class _Silencers:
    """The silencing comments of a file, and what each of them has silenced. Chunks count from 0."""

    def __init__(self, parts: Sequence[ChunkFindings]) -> None:
        self._parts = parts
        self._written = [(index, one) for index, part in enumerate(parts) for one in part.directives]
        self._whole = [(index, one) for index, one in self._written if one.whole_file]
        self._used: dict[tuple[int, Directive], set[str]] = {}

    def silence(self, index: int, found: Found) -> bool:
        """Whether a comment silences a finding of a chunk; notes that it was needed."""
        near = [
            (index, one)
            for one in self._parts[index].directives
            if not one.whole_file and found.first <= one.line <= found.last
        ]
        hit = [key for key in (*self._whole, *near) if key[1].slugs is None or found.slug in key[1].slugs]
        for key in hit:
            self._used.setdefault(key, set()).add(found.slug)
        return bool(hit)

    def idle(self, config: Config, path: str) -> Iterator[tuple[int, Finding]]:
        """What is silenced for nothing: the chunk, and a finding in it."""
        if any(part.broken for part in self._parts):
            return
        for index, directive in self._written:
            if directive.slugs is not None and UNUSED.slug in directive.slugs:
                continue
            used = self._used.get((index, directive), set())
            source = self._parts[index].source
            for finding in unused(directive, used, RULES.__contains__, lambda slug: config.enabled(slug, path), source):
                yield index, finding


def _absolute(
    db: Database, file: ChunkedFile, base: int, rule: Rule[Any], finding: Finding, config: Config
) -> Diagnosis:
    translate = translation(config.language or LANGUAGES[0])
    return Diagnosis(
        rule,
        config.severity.get(rule.slug, finding.severity or rule.severity),
        finding.at.shifted(base),
        finding.headline.into(translate),
        finding.effect.into(translate),
        finding.remedy.into(translate),
        tuple(_related(db, file, base, finding.notes, translate)),
        _quick_fix(finding.fix, base, translate) if finding.fix is not None else None,
    )


def _quick_fix(fix: Fix, base: int, translate: Translate) -> QuickFix:
    return QuickFix(fix.title.into(translate), tuple(edit.shifted(base) for edit in fix.edits), fix.safety)


def _related(
    db: Database, here: ChunkedFile, base: int, notes: tuple[Note, ...], translate: Translate
) -> Iterator[Related]:
    for note in notes:
        file, span = here, note.at
        if isinstance(span, Place):
            file = here if span.path == here.path else chunked(db, span.path)
            span = span.span.shifted(file.starts.get(span.chunk, 0))
        else:
            span = span.shifted(base)
        start, end = file.source.position(span.start), file.source.position(span.end)
        yield Related(file.path, start, end, note.text.into(translate))
