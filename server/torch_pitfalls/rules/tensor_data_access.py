"""A tensor's `.data` goes behind autograd's back

`x.data` is the same memory without the graph, and with a version counter of its own. Where a graph still needs
`x`, a change through `.data` goes unnoticed and makes the gradient silently wrong: in the example it is `[20, 40]`
instead of `[2, 4]`. A change through `x.detach()` is noticed, and `backward()` raises.

How to fix: read with `.detach()`; write to the tensor itself under `torch.no_grad()`. The fix replaces reads by
`.detach()` and is safe: the values and the memory are the same.

Exceptions: silent on what is no tensor (batches, requests, packed sequences, and anything of unknown kind), on tensors
that surely carry no graph (gradients, buffers, indices), and on reads under `torch.no_grad()`.

Cannot see: parameters of functions that have no annotation and whose use does not tell that they are tensors.

See also: `inplace-on-leaf`, `inplace-on-saved-tensor`. PyTorch documentation: torch.Tensor.detach;
torch.no_grad; Autograd mechanics, in-place correctness checks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import DATA_ACCESSES, DataAccess

EXAMPLE = Example(
    bad="""
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
loss = (x ** 2).sum()
x.data.mul_(10)  # expect: tensor-data-access
loss.backward()
""",
    good="""
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
loss = (x ** 2).sum()
loss.backward()
with torch.no_grad():
    x.mul_(10)
""",
    symptom="x.grad.tolist() == [20.0, 40.0]",
)


def check(access: DataAccess) -> Iterator[Finding]:
    """Report tensors that are read or written through `.data`."""
    node, name = access.node, access.owner
    assert isinstance(node, ast.Attribute)
    if access.writes():
        yield Finding(
            at=access.at,
            headline=say("`{name}` is written to through `.data`", name=name),
            effect=say("autograd does not notice: a graph that still needs the old values gets wrong gradients"),
            remedy=say("write to `{name}` under `torch.no_grad()`", name=name),
        )
        return
    start = access.facts.span(node.value).end
    yield Finding(
        at=access.at,
        headline=say("`{name}` is read through `.data`", name=name),
        effect=say("later changes in place go unnoticed by autograd"),
        remedy=say("read `{name}.detach()`", name=name),
        fix=Fix(say("Use `.detach()`"), (Edit(Span(start, access.facts.span(node).end), ".detach()"),), Safety.SAFE),
    )


RULE = Rule(
    slug="tensor-data-access",
    doc=__doc__,
    category="inplace",
    severity=Severity.INFORMATION,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=DATA_ACCESSES,
    check=check,
)
