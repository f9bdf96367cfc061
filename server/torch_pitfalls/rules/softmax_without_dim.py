"""Softmax without `dim`

Without `dim`, softmax guesses the axis from the number of dimensions: axis 0 for tensors of 0, 1 and 3 dimensions,
axis 1 for all others. A batch of sequences (3 dimensions) is then normalised across the *batch*: the probabilities
of one sample depend on the other samples. torch warns once: `Implicit dimension choice for softmax has been
deprecated`. `log_softmax` and `softmin`, and the layers of all three, guess in the same way.

How to fix: name the axis. `dim=-1` fits every layout that keeps the classes last; images that keep them in their
channels need `dim=1`. The fix adds `dim=-1`, which needs a look: it may be another axis than the guessed one.

Exceptions: silent where `dim` is given, by position too, or may hide behind `*args` or `**options`.

Cannot see: functions that pass a `dim` on that is `None`.

See also: `softmax-before-cross-entropy`. PyTorch documentation: torch.nn.functional.softmax; torch.nn.Softmax.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge.api import canonical
from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import MENTIONS, Mention

EXAMPLE = Example(
    bad="""
import torch
import torch.nn.functional as F

scores = torch.randn(2, 3, 4)
probabilities = F.softmax(scores)  # expect: softmax-without-dim
""",
    good="""
import torch
import torch.nn.functional as F

scores = torch.randn(2, 3, 4)
probabilities = F.softmax(scores, dim=-1)
""",
    symptom="not torch.allclose(probabilities.sum(-1), torch.ones(2, 3))",
)

_FUNCTIONS = frozenset(f"torch.nn.functional.{name}" for name in ("softmax", "log_softmax", "softmin"))
_LAYERS = frozenset(f"torch.nn.{name}" for name in ("Softmax", "LogSoftmax", "Softmin"))


def check(mention: Mention) -> Iterator[Finding]:
    """Report calls that leave the axis to a guess."""
    call, name = mention.call, canonical(mention.qualified)
    if call is None or mention.qualified.count(".") < 2 or name not in _FUNCTIONS | _LAYERS:
        return
    given = any(item.arg in ("dim", None) for item in call.keywords)
    if given or len(call.args) > at(name, "dim")[0] or any(isinstance(arg, ast.Starred) for arg in call.args):
        return
    yield Finding(
        at=mention.span_of(call),
        headline=say("`{name}` without `dim`", name=mention.name),
        effect=say("the axis is guessed from the number of dimensions: axis 0 for 3 of them, axis 1 for 2"),
        remedy=say("name the axis, e.g. `dim=-1` for classes on the last one"),
        fix=Fix(say("Add `dim=-1`"), (mention.last_argument("dim=-1"),), Safety.UNSAFE),
    )


RULE = Rule(
    slug="softmax-without-dim",
    doc=__doc__,
    category="loss",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=MENTIONS,
    check=check,
)
