"""Comments that silence nothing: what is left of them when a finding is gone hides the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import Any

from torch_pitfalls.messages import say
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, Tag
from torch_pitfalls.syntax.directives import Directive
from torch_pitfalls.text.source import Source

PAGE = """A comment silences a rule that reports nothing

A comment that once silenced a finding stays behind when the code is repaired. It then hides the next finding
that appears in its place, and readers take it for a known fault.

How to fix: remove the comment, or the name of the rule from its list.

Exceptions: a comment is left alone where the rule that it names is switched off, where part of the file cannot be
parsed, and where the analysis was cut short. Names of other tools after `noqa` are not looked at.

Cannot see: whether the finding comes back on another machine, where other packages are installed.

See also: `missing-zero-grad`.
"""

_EXAMPLE = Example(
    bad="""
import torch

model = torch.nn.Linear(1, 1)
model.eval()  # torch-pitfalls: ignore[mode-method-not-called]  # expect: unused-suppression
""",
    good="""
import torch

model = torch.nn.Linear(1, 1)
model.eval()
""",
    symptom="True",
)


class _Nothing:
    """Comments are no part of a unit: this is judged on whole files, when all rules have spoken."""

    def find(self, facts: object) -> Iterator[None]:
        """Yield nothing."""
        return iter(())


UNUSED: Rule[Any] = Rule(
    slug="unused-suppression",
    doc=PAGE,
    category="suppression",
    severity=Severity.INFORMATION,
    fix=Safety.SAFE,
    example=_EXAMPLE,
    looks_at=_Nothing(),
    check=lambda subject: (),
    tags=(Tag.UNNECESSARY,),
)


def unused(
    directive: Directive, used: Set[str], known: Callable[[str], bool], watched: Callable[[str], bool], chunk: Source
) -> Iterator[Finding]:
    """What a comment silences for nothing; spans count from the start of its chunk.

    ``used`` are the slugs that it has silenced; ``known`` tells whether there is such a rule, ``watched``
    whether it would have been reported here.
    """
    if directive.slugs is None:
        if not used:
            yield _whole(directive, chunk)
        return
    idle = [
        (slug, at)
        for slug, at in directive.listed
        if slug not in used and (watched(slug) if known(slug) else not directive.shared)
    ]
    if idle and len(idle) == len(directive.listed):
        yield _whole(directive, chunk)
        return
    for slug, at in idle:
        yield Finding(
            at=at,
            headline=say("`{slug}` is silenced here, but reports nothing", slug=slug),
            effect=say("the comment hides what the rule reports here later"),
            remedy=say("remove `{slug}` from the comment", slug=slug),
            fix=Fix(
                say("Remove `{slug}` from the comment", slug=slug), (_unlisted(chunk.text, directive, at),), Safety.SAFE
            ),
        )


def _whole(directive: Directive, chunk: Source) -> Finding:
    comment = chunk.text[directive.span.start : directive.span.end].lstrip("# \t")
    return Finding(
        at=directive.span,
        headline=say("`{comment}` silences nothing", comment=comment),
        effect=say("the comment hides what is reported here later"),
        remedy=say("remove `{comment}`", comment=comment),
        fix=Fix(say("Remove `{comment}`", comment=comment), (_removed(directive, chunk),), Safety.SAFE),
    )


def _removed(directive: Directive, chunk: Source) -> Edit:
    """The comment goes; with it its line if nothing else stands there."""
    text = chunk.text
    line, column = chunk.position(directive.span.start)
    start, end = chunk.line_starts[line], directive.span.end
    after = chunk.line(line)[column + end - directive.span.start :]
    before = text[start : directive.span.start]
    if not before.strip() and not after.strip():
        following = chunk.line_starts[line + 1] if line + 1 < chunk.line_count else len(text)
        return Edit(Span(start, following), "")
    if not after.strip():
        return Edit(Span(start + len(before.rstrip()), end + len(after)), "")
    kept = after.lstrip()
    return Edit(Span(directive.span.start, end + len(after) - len(kept)), "" if kept.startswith("#") else "# ")


def _unlisted(text: str, directive: Directive, at: Span) -> Edit:
    """One slug goes from the list, with the comma that set it off."""
    places = [place for _, place in directive.listed]
    index = places.index(at)
    if index + 1 < len(places):
        return Edit(Span(at.start, places[index + 1].start), "")
    return Edit(Span(places[index - 1].end, at.end), "")
