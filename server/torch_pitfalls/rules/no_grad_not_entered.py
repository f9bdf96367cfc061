"""A gradient context is made but never entered

`torch.no_grad()` on a line of its own builds a context manager and drops it. Gradients stay on, the graph is
recorded, and nothing warns. The same holds for `inference_mode()`, `enable_grad()` and `autocast()`. The form
`with torch.no_grad:` lacks the parentheses and raises `TypeError`: `'type' object does not support the
context manager protocol` (up to Python 3.10, `AttributeError`: `__enter__`). The decorator `@torch.no_grad`
without parentheses works since torch 2.1 and raises `TypeError` before.

How to fix: write `with torch.no_grad():` and indent the code that belongs under it, or decorate the function.
The fix puts the rest of the body under the `with`, or adds the missing `()`. It is safe: the line has no
other purpose.

Exceptions: `torch.set_grad_enabled(False)` acts as soon as it is called and is silent. So is `@torch.no_grad`
when the project's torch is 2.1 or newer, and a context manager that is stored, passed on or returned.

Cannot see: a context manager that is stored in a variable and never entered.

See also: `inference-without-no-grad`, `inplace-on-leaf`. PyTorch documentation: torch.no_grad;
torch.inference_mode; torch.set_grad_enabled; Autograd mechanics.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge import api
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, Tag, Text, say
from torch_pitfalls.subjects import (
    CONTEXTS,
    Context,
)

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

def embed(encoder, images):
    torch.no_grad()  # expect: no-grad-not-entered
    features = encoder(images)
    return features / features.norm(dim=1, keepdim=True)

encoder = nn.Linear(8, 4)
embedding = embed(encoder, torch.randn(2, 8))
""",
    good="""
import torch
from torch import nn

def embed(encoder, images):
    with torch.no_grad():
        features = encoder(images)
        return features / features.norm(dim=1, keepdim=True)

encoder = nn.Linear(8, 4)
embedding = embed(encoder, torch.randn(2, 8))
""",
    symptom="embedding.requires_grad",
)


_ACTS_WHEN_CALLED = "torch.set_grad_enabled"
_DECORATES_WITHOUT_CALL = (2, 1)
"""The first torch version in which ``@torch.no_grad`` works without parentheses."""


def check(context: Context) -> Iterator[Finding]:
    """Report a context manager that is only made, or only named."""
    if context.form == "bare":
        if context.name != _ACTS_WHEN_CALLED and "anomaly" not in context.name:
            yield _never_entered(context)
    elif context.form == "with":
        yield _not_called(context, say("raises `TypeError` when the block is entered"))
    elif context.name in api.GRAD_CONTEXTS and (context.facts.torch_version or (9,)) < _DECORATES_WITHOUT_CALL:
        yield _not_called(context, say("raises `TypeError` before torch 2.1, where the class is not a decorator"))


def _not_called(context: Context, effect: Text) -> Finding:
    end = context.at.end
    fix = Fix(say("Add `()`"), (Edit(Span(end, end), "()"),), Safety.SAFE) if context.name != "torch.autocast" else None
    return Finding(
        at=context.at,
        headline=say("`{text}` is named, not called", text=context.text),
        effect=effect,
        remedy=say("call it: `{text}()`", text=context.text),
        fix=fix,
    )


def _never_entered(context: Context) -> Finding:
    edits = context.wrap_rest()
    return Finding(
        at=context.at,
        headline=say("`{text}` is made, but never entered", text=context.text),
        effect=say("it has no effect: the code after it runs as if it were not there"),
        remedy=say("put the code under `with {text}:`", text=context.text),
        fix=Fix(say("Put the rest of the block under it"), edits, Safety.SAFE) if edits else None,
    )


RULE = Rule(
    slug="no-grad-not-entered",
    doc=__doc__,
    category="gradient",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=CONTEXTS,
    check=check,
    tags=(Tag.UNNECESSARY,),
)
