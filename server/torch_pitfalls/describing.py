"""All that the analysis knows at a place, as text: for people who report that a finding is wrong or missing."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from torch_pitfalls import __version__
from torch_pitfalls.db import Database
from torch_pitfalls.facts import Facts, chunk_units
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_ON, Chain, HeldSet
from torch_pitfalls.known import known
from torch_pitfalls.places import ChunkedFile, chunked
from torch_pitfalls.project import Project
from torch_pitfalls.syntax.units import UnitId

_GRADS = {GRAD_ON: "on", GRAD_OFF: "off"}


def description(project: Project, path: str, offset: int) -> str:
    """The variable at an offset, the events and the findings of its line."""
    db = project.db
    file = chunked(db, path)
    line = file.source.position(offset)[0]
    parts = [_head(db, path, line), file.source.line(line).strip(), *_variable(db, path, offset)]
    parts += ["", "events of this line", *(_indented(_events(db, file, offset, line)) or ["  none"])]
    findings = [
        f"{one.rule.slug}: {one.headline}"
        for one in project.report(path).diagnoses
        if file.source.position(one.span.start)[0] == line
    ]
    parts += ["", "findings of this line", *(_indented(findings) or ["  none"])]
    return "\n".join(parts) + "\n"


def _head(db: Database, path: str, line: int) -> str:
    versions = {name: db.input(f"{name}_version") for name in ("torch", "python")}
    told = ", ".join(
        f"{name} {'.'.join(map(str, version)) if version else 'of no known version'}"
        for name, version in versions.items()
    )
    server = f"torch-pitfalls {__version__} on Python {platform.python_version()}; the code is for {told}"
    return f"{server}\n{path}, line {line + 1}"


def _variable(db: Database, path: str, offset: int) -> Iterator[str]:
    found = known(db, path, offset)
    if found is None:
        yield from ("", "nothing is known of the name here")
        return
    yield from ("", f"{found.name}: {found.kind}")
    for detail in found.details:
        since = ", ".join(f"line {place.line + 1} `{place.code}`" for place in detail.since)
        yield f"  {detail.label}: {detail.text}" + (f" (since {since})" if since else "")


def _events(db: Database, file: ChunkedFile, offset: int, line: int) -> Iterator[str]:
    number = file.chunk_at(offset)
    for id in chunk_units(db, file.path, number) if number is not None else ():
        facts = Facts(db, id)
        for run, of in ((facts.trace, "by itself"), *((visit, "called") for visit in facts.visits)):
            for event in run.events:
                if _line(facts, file, event.at, id) == line:
                    grad = _GRADS.get(event.grad, "unknown")
                    yield (
                        f"{event.effect.name.lower()} {event.name} (run {of}; autograd {grad}; "
                        f"before: {_states(event.before)})"
                    )


def _line(facts: Facts, file: ChunkedFile, at: Chain, id: UnitId) -> int | None:
    ref = at[-1]
    if ref.unit != id:
        return None
    return file.source.position(facts.span(facts.at(ref)).start + file.starts[id.chunk])[0]


def _states(held: HeldSet) -> str:
    return ", ".join(sorted(one.state for one in held)) or "no state"


def _indented(lines: Iterator[str] | list[str]) -> list[str]:
    return [f"  {line}" for line in lines]
