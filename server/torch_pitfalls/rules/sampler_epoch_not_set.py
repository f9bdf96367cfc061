"""A distributed sampler gives the same order in every epoch

`DistributedSampler` shuffles by a generator that is seeded with `seed + epoch`, so that all ranks agree on the order.
The sampler does not count epochs: without `set_epoch()` its epoch is always 0, and every epoch goes through the data
in the same order, in the same batches. Nothing raises or warns.

How to fix: call `sampler.set_epoch(epoch)` at the start of each epoch, before the loop over the loader. The fix
inserts that line where the sampler and a counter of epochs have names, and is safe: the order is what changes, as it
would with `shuffle=True` on one device.

Exceptions: silent with `shuffle=False`, for evaluation, for a single epoch, when the loader is made anew in each
epoch, and when code in or around the loop names `set_epoch`.

Cannot see: samplers whose class is not `DistributedSampler` itself, and epochs that a framework counts (it then
calls `set_epoch` itself).

See also: `distributed-sampler-missing`. PyTorch documentation: torch.utils.data.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import EPOCHS, Epochs

EXAMPLE = Example(
    bad="""
from torch.utils.data import DataLoader, DistributedSampler

dataset = list(range(64))
sampler = DistributedSampler(dataset, num_replicas=2, rank=0)
loader = DataLoader(dataset, batch_size=32, sampler=sampler)
orders = []
for epoch in range(2):
    for batch in loader:  # expect: sampler-epoch-not-set
        orders.append(batch.tolist())
""",
    good="""
from torch.utils.data import DataLoader, DistributedSampler

dataset = list(range(64))
sampler = DistributedSampler(dataset, num_replicas=2, rank=0)
loader = DataLoader(dataset, batch_size=32, sampler=sampler)
orders = []
for epoch in range(2):
    sampler.set_epoch(epoch)
    for batch in loader:
        orders.append(batch.tolist())
""",
    symptom="orders[0] == orders[1]",
)


def check(epochs: Epochs) -> Iterator[Finding]:
    """Report distributed samplers that are not told the epoch."""
    if not epochs.shuffles() or epochs.evaluates() or epochs.is_told():
        return
    sampler = epochs.sampler() if epochs.epoch else ""
    edit = epochs.told(sampler) if sampler else None
    loader = epochs.loader
    headline = say("`DistributedSampler` gives the same order in every epoch")
    if loader and len(loader) < 30:
        headline = say("every epoch goes through `{loader}` in the same order", loader=loader)
    call = f"{sampler or 'sampler'}.set_epoch({epochs.epoch or 'epoch'})"
    yield Finding(
        at=epochs.at_loop,
        headline=headline,
        effect=say("without `set_epoch()`, a distributed sampler shuffles by the same seed in each epoch"),
        remedy=say("call `{call}` at the start of each epoch", call=call),
        fix=Fix(say("Call `set_epoch()` at the start of each epoch"), (edit,), Safety.SAFE) if edit else None,
    )


RULE = Rule(
    slug="sampler-epoch-not-set",
    doc=__doc__,
    category="data",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=EPOCHS,
    check=check,
)
