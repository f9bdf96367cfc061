"""A batch of one sample reaches batch normalisation in training mode

In training mode `BatchNorm1d` normalises each channel by the mean and variance of the batch. Behind a linear
layer a batch of one sample has one value per channel, of which there is no variance: `ValueError`: `Expected
more than 1 value per channel when training, got input size torch.Size([1, 3])`. What counts is batch times
positions: images with several positions work even one at a time, vectors do not.

How to fix: when not training, call `eval()`: the running statistics are used, and one sample is enough. For
training, take a larger batch, and `drop_last=True` where the last batch may hold one sample; or another
normalisation, such as `LayerNorm`, which knows no batch. `track_running_stats=False` does not help: it raises
as well, after `eval()` too.

Exceptions: silent in evaluation mode, where the size of the batch is not known (also with a `collate_fn` or
`batch_sampler`), and where a channel has, or may have, several positions.

Cannot see: normalisation in classes without visible source, and data sets whose last batch happens to hold one
sample.

See also: `inference-in-train-mode`. PyTorch documentation: torch.nn.BatchNorm1d; torch.utils.data.DataLoader.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Note, Rule, Severity, say
from torch_pitfalls.subjects import SINGLE_BATCHES, SingleBatch

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
output = model(torch.randn(1, 4))  # expect: batchnorm-batch-of-one
""",
    good="""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
model.eval()
output = model(torch.randn(1, 4))
""",
    symptom='isinstance(raised, ValueError) and "more than 1 value per channel" in str(raised)',
)


def check(call: SingleBatch) -> Iterator[Finding]:
    """Report one sample for a module that normalises over the batch."""
    if not call.normalises_single_values():
        return
    notes: tuple[Note, ...] = ()
    if call.source is not None and call.facts.span(call.source) != call.at:
        notes = (Note(call.facts.span(call.source), say("one sample at a time")),)
    yield Finding(
        at=call.at,
        headline=say("`{name}` normalises over a batch of one", name=call.short_receiver),
        effect=say("raises `ValueError`: more than one value per channel is expected when training"),
        remedy=say("call `{name}.eval()` if it does not train, else take a larger batch", name=call.short_receiver),
        notes=notes,
    )


RULE = Rule(
    slug="batchnorm-batch-of-one",
    doc=__doc__,
    category="mode",
    severity=Severity.WARNING,
    fix=None,
    example=EXAMPLE,
    looks_at=SINGLE_BATCHES,
    check=check,
)
