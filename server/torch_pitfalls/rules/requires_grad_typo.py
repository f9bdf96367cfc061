"""A misspelt `requires_grad` freezes nothing

Python lets any attribute be set on a parameter or a module. `p.require_grad = False` makes a new attribute
that nobody reads, and the parameter goes on being trained; in the example all of them still require a
gradient. So does `module.requires_grad = False`: modules have no such flag, only the method
`requires_grad_()`. Nothing raises or warns, and the layers that were meant to stay as they were change with
every step.

How to fix: write `p.requires_grad = False`, or `module.requires_grad_(False)` for all parameters of a module.
The fix does it and is safe.

Exceptions: silent for `module.requires_grad_(False)`, and where a class defines an attribute or property of
that name itself.

Cannot see: attributes of objects of which nothing shows that they are tensors or modules. A misspelt keyword
argument raises `TypeError` by itself.

See also: `optimizer-over-frozen-parameters`. PyTorch documentation: torch.Tensor.requires_grad;
torch.nn.Module.requires_grad_; Autograd mechanics.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge import kinds, misspellings
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import SETTINGS, Setting

EXAMPLE = Example(
    bad="""
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
for p in model.parameters():
    p.require_grad = False  # expect: requires-grad-typo
""",
    good="""
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
for p in model.parameters():
    p.requires_grad = False
""",
    symptom="all(p.requires_grad for p in model.parameters())",
)


def check(store: Setting) -> Iterator[Finding]:
    """Report an attribute that was meant to be ``requires_grad``."""
    name, owner = store.event.name, store.event.subject
    if store.owner_defines(name):
        return
    is_tensor = owner.must_be(kinds.TENSOR)
    if misspellings.means_requires_grad(name) and (is_tensor or store.is_of_module()):
        yield from _misspelt(store, is_tensor)
    elif name == misspellings.REQUIRES_GRAD and store.is_of_module():
        yield Finding(
            at=store.at,
            headline=say("`{text}` sets a flag that modules do not have", text=store.short_text),
            effect=say("it makes a new attribute that nobody reads: no parameter is frozen or freed"),
            remedy=say("call `{owner}.requires_grad_(…)`", owner=store.short_receiver),
            fix=_as_call(store),
        )


def _misspelt(store: Setting, is_tensor: bool) -> Iterator[Finding]:
    right = f"{store.short_receiver}.requires_grad" if is_tensor else f"{store.short_receiver}.requires_grad_(…)"
    end = store.at.end
    edit = Edit(Span(end - len(store.event.name), end), misspellings.REQUIRES_GRAD)
    fix = Fix(say("Write `requires_grad`"), (edit,), Safety.SAFE)
    yield Finding(
        at=store.at,
        headline=say("`{text}` is no attribute of torch", text=store.short_text),
        effect=say("it makes a new attribute that nobody reads: nothing is frozen or freed"),
        remedy=say("write `{right}`", right=right),
        fix=fix if is_tensor else _as_call(store),
    )


def _as_call(store: Setting) -> Fix | None:
    statement = store.facts.statement(store.node)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or statement.targets[0] is not store.node:
        return None
    call = f"{store.receiver}.requires_grad_({store.facts.text(statement.value)})"
    return Fix(say("Call `requires_grad_()`"), (Edit(store.facts.span(statement), call),), Safety.SAFE)


RULE = Rule(
    slug="requires-grad-typo",
    doc=__doc__,
    category="gradient",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=SETTINGS,
    check=check,
)
