"""The elements of a tensor on the GPU are read one by one

A GPU works behind the program: calls put work into a queue and return. Reading a number (`item()`, `float()`, `int()`,
`print()`, `tolist()`) waits until the queue is empty, and copies. One read in an iteration is fine; a loop over the
elements of a tensor waits once for each of them, in every iteration.

How to fix: take all elements at once, before the loop over them: `for value in predictions.tolist():`. Better, leave
the loop to torch: `(predictions == labels).sum().item()`.

Exceptions: silent on one `item()` in an iteration, on tensors that are on the CPU or not known to be elsewhere, and
outside of loops that train or predict, such as a summary after them.

Cannot see: reads in functions that are given the tensor, and through `if` and `while`.

See also: `loop-invariant-transfer`, `graph-retained`. PyTorch documentation: torch.Tensor.item; torch.Tensor.tolist;
CUDA semantics, asynchronous execution.
"""

# The time was not measured: that takes a GPU. The example counts the reads, each of which is a synchronisation there.

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import ELEMENT_READS, ElementRead

EXAMPLE = Example(
    bad="""
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode


class Reads(TorchDispatchMode):
    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        Reads.count += function is torch.ops.aten._local_scalar_dense.default
        return function(*args, **(kwargs or {}))


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Linear(4, 1).to(device).eval()
found = []
with torch.no_grad(), Reads():
    for inputs in torch.randn(3, 8, 4):
        scores = model(inputs.to(device)).flatten()
        for score in scores:
            found.append(score.item())  # expect: sync-in-hot-loop
""",
    good="""
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode


class Reads(TorchDispatchMode):
    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        Reads.count += function is torch.ops.aten._local_scalar_dense.default
        return function(*args, **(kwargs or {}))


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Linear(4, 1).to(device).eval()
found = []
with torch.no_grad(), Reads():
    for inputs in torch.randn(3, 8, 4):
        scores = model(inputs.to(device)).flatten()
        for score in scores.tolist():
            found.append(score)
""",
    symptom="len(found) == 24 and Reads.count == 24",
)


def check(read: ElementRead) -> Iterator[Finding]:
    """Report reads of single elements in a loop over all of them."""
    place = read.event.subject.device or next((value.device for value in read.event.args if value.device), None)
    notes = read.note_at(place.at, say("moved here")) if place is not None and place.at else ()
    yield Finding(
        at=read.at,
        headline=say("`{code}` waits for the device once for each element", code=read.short_text),
        effect=say("each read stops until the device has done all its work, in every iteration of the loop around"),
        remedy=say("take all elements at once, before the loop: `{name}.tolist()`", name=read.tensor),
        notes=notes,
    )


RULE = Rule(
    slug="sync-in-hot-loop",
    doc=__doc__,
    category="memory",
    severity=Severity.INFORMATION,
    fix=None,
    example=EXAMPLE,
    looks_at=ELEMENT_READS,
    check=check,
)
