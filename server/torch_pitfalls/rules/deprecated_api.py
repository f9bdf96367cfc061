"""A name that is deprecated

A deprecated name still works, often with a warning that is shown once and lost in the output. Some release later it is
removed, and the code fails in an environment that nobody has tried yet. Arguments are deprecated too: `size_average`
and `reduce` of losses, `verbose` and `step(epoch)` of schedulers, `torch.meshgrid` without `indexing`.

How to fix: use what the message names. The fix is offered where only the name, or one argument, changes. Elsewhere the
arguments or the result differ, so read the replacement's page first.

Exceptions: silent where the version in use does not have the replacement yet, in a `try` that catches the error, under
a `hasattr`, and in a function that asks for a version. `ReduceLROnPlateau.step(metric)` and
`CosineAnnealingWarmRestarts.step(epoch)` are meant to be given something.

Cannot see: names that are reached through a variable (`t = torch`), `getattr` or a star import, and methods of tensors.

Versions: the version in use is read from the metadata of the selected environment, else it is the lowest that the
requirements allow, else the newest known; the setting `torch-version` overrides it.

See also: PyTorch documentation: torch.amp; torch.linalg; torch.func; torch.nn.init; torch.optim.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.api_changes import (
    ARGUMENTS,
    EPOCH_IS_RIGHT,
    EPOCH_SINCE,
    MESHGRID_SINCE,
    NEWEST,
    REDUCTIONS,
    Change,
    change_of,
    release,
)
from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Tag, say
from torch_pitfalls.subjects import MENTIONS, Mention, Use, either, methods, replaced

EXAMPLE = Example(
    bad="""
import warnings

import torch

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    q, r = torch.qr(torch.eye(3))  # expect: deprecated-api
""",
    good="""
import warnings

import torch

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    q, r = torch.linalg.qr(torch.eye(3))
""",
    symptom="any('torch.qr is deprecated' in str(warning.message) for warning in told)",
)


def check(what: Mention | Use) -> Iterator[Finding]:
    """Report names and arguments that are deprecated."""
    if isinstance(what, Use):
        yield from _epoch(what)
        return
    version = what.version or NEWEST
    change = change_of(what.qualified)
    if change is not None and not what.imported and change.how != "call" and _is_deprecated(change, version):
        yield _deprecated(what, change)
    yield from _arguments(what, version)
    if what.qualified == "torch.meshgrid" and version >= MESHGRID_SINCE:
        yield from _meshgrid(what)


def _is_deprecated(change: Change, version: tuple[int, ...]) -> bool:
    return (
        change.deprecated is not None
        and change.deprecated <= version
        and change.exists <= version
        and (change.removed is None or change.removed > version)
    )


def _deprecated(mention: Mention, change: Change) -> Finding:
    assert change.deprecated is not None
    edits = replaced(mention, change)
    since = release(change.name, change.deprecated)
    effect = say("deprecated since {since}; a later release may remove it", since=since)
    if change.removed is not None:
        gone = release(change.name, change.removed)
        effect = say("deprecated since {since}, and {gone} removes it", since=since, gone=gone)
    return Finding(
        at=mention.at,
        headline=say("`{name}` is deprecated", name=mention.name),
        effect=effect,
        remedy=say("use `{instead}`", instead=change.shown) if change.instead else say("do without it"),
        fix=Fix(say("Replace with `{instead}`", instead=change.shown), edits, Safety.SAFE) if edits else None,
    )


def _arguments(mention: Mention, version: tuple[int, ...]) -> Iterator[Finding]:
    for argument in ARGUMENTS:
        gone = argument.removed is not None and argument.removed <= version
        given = mention.keyword(argument.name) if argument.of.match(mention.qualified) else None
        if given is None or gone or argument.deprecated > version:
            continue
        other = next((one for one in ARGUMENTS if one is not argument and mention.keyword(one.name)), None)
        value = mention.text_of(given.value)
        meant = REDUCTIONS.get((argument.name, value == "True")) if value in ("True", "False") else None
        fix = None
        if meant is not None and other is None:
            edit = Edit(mention.span_of(given), f'reduction="{meant}"')
            fix = Fix(say("Replace with `{instead}`", instead=edit.text), (edit,), Safety.SAFE)
        yield Finding(
            at=mention.span_of(given),
            headline=say("`{argument}` of `{name}` is deprecated", argument=argument.name, name=mention.name),
            effect=say("warns, and a later release may remove it")
            if argument.removed is None
            else say("warns, and raises since torch {version}", version=".".join(map(str, argument.removed))),
            remedy=say("leave it out")
            if argument.removed is not None
            else say('say `reduction="{meant}"`', meant=meant)
            if meant is not None
            else say("pass `reduction`"),
            fix=fix,
        )


def _meshgrid(mention: Mention) -> Iterator[Finding]:
    call = mention.call
    if call is None or any(item.arg in ("indexing", None) for item in call.keywords):
        return
    yield Finding(
        at=mention.at,
        headline=say("`{name}` without `indexing`", name=mention.name),
        effect=say('warns, and the default `"ij"` will become `"xy"`, which swaps the first two axes'),
        remedy=say('pass `indexing="ij"` to keep what it does now'),
        fix=Fix(say('Add `indexing="ij"`'), (mention.last_argument('indexing="ij"'),), Safety.SAFE),
    )


def _epoch(step: Use) -> Iterator[Finding]:
    """``scheduler.step(epoch)``."""
    what = step.event.subject.what
    if not isinstance(what, str) or not what.startswith("torch.optim.lr_scheduler."):
        return
    if what.rpartition(".")[2] in EPOCH_IS_RIGHT or (step.facts.torch_version or NEWEST) < EPOCH_SINCE:
        return
    if step.argument(*at("torch.optim.lr_scheduler.LRScheduler.step", "epoch")) is None:
        return
    yield Finding(
        at=step.at,
        headline=say("`{receiver}.step()` is given an epoch", receiver=step.short_receiver),
        effect=say("warns: schedulers count the epochs themselves, and the argument is deprecated"),
        remedy=say("call `{receiver}.step()` once per epoch", receiver=step.short_receiver),
    )


RULE = Rule(
    slug="deprecated-api",
    doc=__doc__,
    category="api",
    severity=Severity.INFORMATION,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=either(MENTIONS, methods("step")),
    check=check,
    tags=(Tag.DEPRECATED,),
)
