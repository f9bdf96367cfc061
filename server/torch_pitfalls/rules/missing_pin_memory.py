"""Batches go to the GPU from memory that is not pinned

A `DataLoader` leaves its batches in ordinary (pageable) memory unless `pin_memory=True` asks for pinned
memory. The GPU can copy from pinned memory alone: the driver first copies a pageable batch into a pinned
buffer of its own, and the program waits for it, `non_blocking=True` or not. With `pin_memory=True` a thread of
the loader pins the batches ahead of time, while the model computes. Nothing is wrong with the result; the loop
is slower than it need be, most of all with large batches and with workers.

How to fix: pass `pin_memory=True` where the loader is made, and copy with `x.to(device, non_blocking=True)`. The
fix adds the argument and is safe: where no accelerator is found, torch warns and pins nothing.

Exceptions: silent when `pin_memory` is given, also as `False`; when it may hide in `**options`; when the device
is not known to be an accelerator; when the batches may be on it already, because the data set or the collate
function speaks of devices; and when it is not known that the collate function returns tensors.

Cannot see: copies made by frameworks (`Trainer`, `prepare()`), and loaders that a function of another package
makes. Batches of classes that have no method `pin_memory()` stay as they are.

See also: `non-blocking-without-pinned`, `too-many-workers`. PyTorch documentation: torch.utils.data; A guide on
good usage of non_blocking and pin_memory() in PyTorch; Performance Tuning Guide.
"""

# The speed itself cannot be shown without a GPU: the example shows what the loader does with the option.

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import USED_LOADERS, UsedLoader

EXAMPLE = Example(
    bad="""
import torch
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
dataset = TensorDataset(torch.randn(8, 3, 32, 32), torch.randint(10, (8,)))
loader = DataLoader(dataset, batch_size=4, shuffle=True)  # expect: missing-pin-memory
for images, labels in loader:
    images, labels = images.to(device), labels.to(device)
""",
    good="""
import torch
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
dataset = TensorDataset(torch.randn(8, 3, 32, 32), torch.randint(10, (8,)))
loader = DataLoader(dataset, batch_size=4, shuffle=True, pin_memory=True)
for images, labels in loader:
    images, labels = images.to(device), labels.to(device)
""",
    symptom="not loader.pin_memory",
)


def check(loader: UsedLoader) -> Iterator[Finding]:
    """Report loaders without pinned memory whose batches are copied to a CUDA device."""
    if loader.option("pin_memory") is not None:
        return
    copy = next((use for use in loader.uses() if use.device.startswith("cuda")), None)
    if copy is None or loader.copies_in_workers() or not loader.yields_tensors():
        return
    yield Finding(
        at=loader.at,
        headline=say("batches go to `{device}` from memory that is not pinned", device=copy.device),
        effect=say("each copy waits for a second one into a pinned buffer, and cannot overlap with the computation"),
        remedy=say("pass `pin_memory=True`"),
        notes=loader.note(copy.at, say("copied to the device here")),
        fix=Fix(say("Add `pin_memory=True`"), (loader.append_argument("pin_memory=True"),), Safety.SAFE),
    )


RULE = Rule(
    slug="missing-pin-memory",
    doc=__doc__,
    category="data",
    severity=Severity.INFORMATION,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=USED_LOADERS,
    check=check,
)
