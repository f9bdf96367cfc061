"""A copy with non_blocking=True waits all the same, or is read too early

`x.to(device, non_blocking=True)` goes on while the copy is under way only if `x` is in pinned memory. From pageable
memory, such as the batches of a `DataLoader` without `pin_memory=True`, the copy waits, and overlaps with nothing.

The other direction is worse. `y = x.to("cpu", non_blocking=True)` copies from a GPU into pinned memory and does go on:
what reads `y` before the copy has arrived gets whatever was in that memory. It raises nothing, and the values are
often right in a test.

How to fix: pass `pin_memory=True` to the `DataLoader`. Before a copy on the host is read, call
`torch.cuda.synchronize()`, or leave `non_blocking=True` out. The fixes need a look: pinned memory is taken from what
the machine has, and a copy that waits costs time.

Exceptions: silent when the loader is not known, when `pin_memory` is given and may be true, when the batch is pinned by
hand, and when something between the copy and its reader waits for the device.

Cannot see: batches that go through code which is not visible, and readers in other functions.

See also: `missing-pin-memory`. PyTorch documentation: torch.Tensor.to; A guide on good usage of non_blocking and
pin_memory() in PyTorch; CUDA semantics.
"""

# Overlap and early reads need a GPU: the example shows what the loader does with the option.

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import BATCH_COPIES, HOST_COPIES, BatchCopy, HostCopy, either

EXAMPLE = Example(
    bad="""
import torch
from torch.utils.data import DataLoader, TensorDataset

def load(device):
    loader = DataLoader(TensorDataset(torch.randn(8, 4)), batch_size=4)
    for (x,) in loader:
        x = x.to(device, non_blocking=True)  # expect: non-blocking-without-pinned
    return loader

loader = load("cpu")
""",
    good="""
import torch
from torch.utils.data import DataLoader, TensorDataset

def load(device):
    loader = DataLoader(TensorDataset(torch.randn(8, 4)), batch_size=4, pin_memory=True)
    for (x,) in loader:
        x = x.to(device, non_blocking=True)
    return loader

loader = load("cpu")
""",
    symptom="not loader.pin_memory",
)


def check(copy: BatchCopy | HostCopy) -> Iterator[Finding]:
    """Report copies that do not wait where they should, or wait though they are asked not to."""
    if isinstance(copy, HostCopy):
        yield from _read_early(copy)
    elif copy.leaves_the_host() and not copy.waits and copy.unpinned_loaders():
        edit = copy.pinned()
        yield Finding(
            at=copy.at,
            headline=say("`{name}` is not pinned: `non_blocking=True` does nothing", name=copy.short_receiver),
            effect=say("the copy from pageable memory waits, and overlaps with nothing"),
            remedy=say("pass `pin_memory=True` to the `DataLoader`"),
            notes=copy.note(say("the loader does not pin its batches")),
            fix=Fix(say("Pin the batches of the loader"), (edit,), Safety.UNSAFE) if edit is not None else None,
        )


def _read_early(copy: HostCopy) -> Iterator[Finding]:
    reader = copy.read()
    if reader is None:
        return
    edit = copy.waiting()
    yield Finding(
        at=copy.facts.span(reader),
        headline=say("the copy of `{name}` is read before it may have arrived", name=copy.short_receiver),
        effect=say("with `non_blocking=True` the copy is still under way, and whatever was there is read"),
        remedy=say("call `torch.cuda.synchronize()` first, or leave `non_blocking=True` out"),
        notes=copy.note_at(copy.event.at, say("copied here without waiting")) if reader is not copy.node else (),
        fix=Fix(say("Wait for the copy"), (edit,), Safety.UNSAFE) if edit is not None else None,
        severity=Severity.WARNING,
    )


RULE = Rule(
    slug="non-blocking-without-pinned",
    doc=__doc__,
    category="data",
    severity=Severity.HINT,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=either(BATCH_COPIES, HOST_COPIES),
    check=check,
)
