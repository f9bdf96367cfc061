"""A number is taken out of a tensor in a way that raises

A loss, a `sum()`, a `mean()` is a tensor without dimensions: there is nothing to index, so `loss[0]` and
`loss.data[0]` raise `IndexError: invalid index of a 0-dim tensor`. `loss.numpy()` raises `RuntimeError` while the
loss carries its graph. And `item()` is for one element only: on the losses of a whole batch, as `reduction="none"`
gives them, it raises `RuntimeError: a Tensor with 3 elements cannot be converted to Scalar`, and so does `float()`.

How to fix: `loss.item()` is the number, off the graph and off the GPU. Reduce several elements first, e.g.
`losses.mean().item()`, or take them all with `tolist()`. The fix puts `.item()` in the place of the index or of
`.numpy()`; where the indexed tensor is used as a tensor, it takes the index away. It is safe: the code raised.

Exceptions: silent on losses with `reduction="none"` or a reduction that is not plain, on indices that work without
dimensions (`loss[None]`, `loss[...]`), and where a test expects the exception.

Cannot see: losses of unknown kind, and the size of tensors that come from elsewhere.

Versions: before torch 0.4 a loss had one dimension; code of that time indexes it.

See also: `numpy-requires-grad`, `graph-retained`, `tensor-data-access`. PyTorch documentation: torch.Tensor.item;
torch.Tensor.tolist.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import EXTRACTIONS, Extraction

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

criterion = nn.MSELoss()
loss = criterion(torch.zeros(4), torch.ones(4))
total = 0.0
total += loss.data[0]  # expect: scalar-extraction
""",
    good="""
import torch
from torch import nn

criterion = nn.MSELoss()
loss = criterion(torch.zeros(4), torch.ones(4))
total = 0.0
total += loss.item()
""",
    symptom="isinstance(raised, IndexError) and '0-dim tensor' in str(raised)",
)


def check(extraction: Extraction) -> Iterator[Finding]:
    """Report indices into tensors without dimensions, and single numbers of tensors that have several."""
    name = extraction.shortened(extraction.tensor)
    if extraction.way == "item":
        yield Finding(
            at=extraction.at,
            headline=say("`{name}` has several elements, and one number is asked of it", name=name),
            effect=say("raises `RuntimeError`: only a tensor with one element can become a number"),
            remedy=say("reduce it first, e.g. `{name}.mean().item()`, or take `{name}.tolist()`", name=name),
        )
        return
    edits, code = extraction.repair(), extraction.repaired
    fix = Fix(say("Replace by `{code}`", code=code), edits, Safety.SAFE) if edits else None
    if extraction.way == "array":
        yield Finding(
            at=extraction.at,
            headline=say("`{name}` is a single number with a graph, no array", name=name),
            effect=say("raises `RuntimeError: Can't call numpy() on Tensor that requires grad`"),
            remedy=say("write `{code}`", code=code),
            fix=fix,
        )
        return
    yield Finding(
        at=extraction.at,
        headline=say("`{name}` has no dimensions that could be indexed", name=name),
        effect=say("raises `IndexError: invalid index of a 0-dim tensor`"),
        remedy=say("write `{code}`", code=code)
        if extraction.number
        else say("leave out the index: `{code}`", code=code),
        fix=fix,
    )


RULE = Rule(
    slug="scalar-extraction",
    doc=__doc__,
    category="loss",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=EXTRACTIONS,
    check=check,
)
