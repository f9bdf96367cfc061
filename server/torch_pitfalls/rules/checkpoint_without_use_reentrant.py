"""Checkpointing without `use_reentrant`

`torch.utils.checkpoint.checkpoint` has two implementations. Without `use_reentrant` it takes the old one and warns;
a later release turns to the other one. The old one, `use_reentrant=True`, gives no gradients at all if none of the
inputs requires one, as in a network whose input is data, runs the whole function again even where a part would do, and
does not work with `torch.autograd.grad`. `use_reentrant=False` has none of these limits.

How to fix: say which one is meant; `use_reentrant=False` is the one that PyTorch recommends. The fix needs a look: code
that relies on details of the old one, such as hooks that run twice, changes.

Exceptions: silent where `**kwargs` may hold the argument.

Cannot see: `checkpoint` that is handed to other code as a function.

Versions: from torch 1.11, which has the argument, on; torch 2.1 and newer warn.

See also: PyTorch documentation: torch.utils.checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.api_changes import NEWEST
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import MENTIONS, Mention

EXAMPLE = Example(
    bad="""
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

block = nn.Linear(4, 4)
images = torch.randn(2, 4)
hidden = checkpoint(block, images)  # expect: checkpoint-without-use-reentrant
learns = hidden.requires_grad
""",
    good="""
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

block = nn.Linear(4, 4)
images = torch.randn(2, 4)
hidden = checkpoint(block, images, use_reentrant=False)
learns = hidden.requires_grad
""",
    symptom="not learns",
)

_NAMES = frozenset({"torch.utils.checkpoint.checkpoint", "torch.utils.checkpoint.checkpoint_sequential"})
_SINCE = (1, 11)


def check(mention: Mention) -> Iterator[Finding]:
    """Report calls that leave the choice to the default."""
    call = mention.call
    if call is None or mention.qualified not in _NAMES or (mention.version or NEWEST) < _SINCE:
        return
    if any(item.arg in ("use_reentrant", None) for item in call.keywords):
        return
    yield Finding(
        at=mention.span_of(call),
        headline=say("`{name}` without `use_reentrant`", name=mention.name),
        effect=say("the old implementation is taken: no gradients reach the block unless an input requires one"),
        remedy=say("pass `use_reentrant=False`"),
        fix=Fix(say("Add `use_reentrant=False`"), (mention.last_argument("use_reentrant=False"),)),
    )


RULE = Rule(
    slug="checkpoint-without-use-reentrant",
    doc=__doc__,
    category="api",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=MENTIONS,
    check=check,
)
