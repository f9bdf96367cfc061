"""A name that the torch version in use no longer has

torch, torchvision, torchaudio and functorch remove names some releases after they were deprecated. Code that still
uses them works in an old environment and fails in a new one: an import raises `ImportError` and an attribute
`AttributeError`; `torch.solve`, `torch.symeig` and their like still exist, but raise `RuntimeError` whenever they are
called; a removed argument raises `TypeError`.

How to fix: use what took its place. The message names it. The fix is offered where only the name changes; elsewhere
the arguments or the result differ, so read the replacement's page first: `torch.linalg.eigh` gives all eigenvectors,
and `torch.linalg.solve` takes its arguments the other way round.

Exceptions: silent where the version in use still has the name, in a `try` that catches the error, under a `hasattr`,
and in a function that asks for a version.

Cannot see: names that are reached through a variable (`t = torch`), `getattr` or a star import, and methods of tensors.

Versions: the version in use is read from the metadata of the selected environment, else it is the lowest that the
requirements allow, else the newest known; the setting `torch-version` overrides it. torchvision and torchaudio are
taken to be of the releases that belong to it.

See also: PyTorch documentation: torch.linalg; torch.fft; torch.func. Torchvision documentation: Transforming images,
videos, boxes and more.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.api_changes import ARGUMENTS, NEWEST, Change, change_of, release
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import MENTIONS, Mention, replaced

EXAMPLE = Example(
    bad="""
import torch

matrix = torch.eye(3)
values, vectors = torch.symeig(matrix, eigenvectors=True)  # expect: removed-api
""",
    good="""
import torch

matrix = torch.eye(3)
values, vectors = torch.linalg.eigh(matrix)
""",
    symptom="isinstance(raised, RuntimeError) and 'is now removed' in str(raised)",
)


def check(mention: Mention) -> Iterator[Finding]:
    """Report names and arguments that are gone."""
    version = mention.version or NEWEST
    change = _removed(mention.qualified, version)
    if change is None:
        yield from _arguments(mention, version)
        return
    if change.how == "call" and mention.call is None:
        return
    if not mention.imported and _removed(mention.binding, version) is not None:
        # The import that brought it here is what fails.
        return
    assert change.removed is not None
    since = release(change.name, change.removed)
    edits = replaced(mention, change)
    yield Finding(
        at=mention.at,
        headline=say("`{name}` no longer exists", name=mention.name),
        effect=say("the import fails since {release}", release=since)
        if mention.imported
        else say("raises since {release}", release=since),
        remedy=say("use `{instead}`", instead=change.instead)
        if change.instead
        else say("write it out, or stay with an older release"),
        fix=Fix(say("Replace with `{instead}`", instead=change.instead), edits, Safety.SAFE) if edits else None,
    )


def _removed(qualified: str, version: tuple[int, ...]) -> Change | None:
    change = change_of(qualified)
    return change if change is not None and change.removed is not None and change.removed <= version else None


def _arguments(mention: Mention, version: tuple[int, ...]) -> Iterator[Finding]:
    for argument in ARGUMENTS:
        if argument.removed is None or argument.removed > version or not argument.of.match(mention.qualified):
            continue
        given = mention.keyword(argument.name)
        if given is None:
            continue
        edit = mention.without(argument.name)
        yield Finding(
            at=mention.span_of(given),
            headline=say("`{name}` no longer takes `{argument}`", name=mention.name, argument=argument.name),
            effect=say("raises `TypeError` since {release}", release=release(mention.qualified, argument.removed)),
            remedy=say("leave `{argument}` out", argument=argument.name),
            fix=Fix(say("Remove `{argument}`", argument=argument.name), (edit,), Safety.SAFE) if edit else None,
        )


RULE = Rule(
    slug="removed-api",
    doc=__doc__,
    category="api",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=MENTIONS,
    check=check,
)
