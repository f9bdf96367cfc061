"""The same tensor is copied to the device in every iteration

`x.to(device)` copies `x` from the memory of the host to that of the device, and waits for the copy to be queued.
In a loop that never changes `x`, each iteration makes the same copy again. The same goes for a constant that is
built on the host in each iteration, `torch.tensor([0.2, 0.8]).to(device)`. Results are right; the copies take time
that grows with the number of iterations, and keep the device waiting where it has nothing else to do.

How to fix: move it once, before the loop: `weights = weights.to(device)`. Make constants before the loop, with
`device=device`.

Exceptions: silent for what the loop sets, changes in place or hands to functions that may, for moves under a
condition, for conversions of the dtype, for tensors that are on the device already (nothing is copied then), and in
tests.

Cannot see: tensors that a function is given without an annotation or a use that tells their kind, and loops in the
callers of a function.

See also: `hard-coded-device`. PyTorch documentation: torch.Tensor.to; Performance Tuning Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import LOOP_TRANSFERS, LoopTransfer

# The device `meta` stands in for a GPU: each transfer to it makes a new tensor, as a transfer to a GPU does.
EXAMPLE = Example(
    bad="""
import torch

device = torch.device("cuda" if torch.cuda.is_available() else "meta")
weights = torch.tensor([0.2, 0.8])
used = []
for _ in range(3):
    used.append(weights.to(device))  # expect: loop-invariant-transfer
""",
    good="""
import torch

device = torch.device("cuda" if torch.cuda.is_available() else "meta")
weights = torch.tensor([0.2, 0.8]).to(device)
used = []
for _ in range(3):
    used.append(weights)
""",
    symptom="len({id(tensor) for tensor in used}) == 3",
)


def check(transfer: LoopTransfer) -> Iterator[Finding]:
    """Report a transfer that could be made once."""
    code = transfer.short_text
    if transfer.builds:
        headline = say("`{code}` makes the same tensor each time", code=code)
        remedy = say("make it once, before the loop, with `device=device`")
    else:
        headline = say("`{code}` copies the same tensor each time", code=code)
        remedy = say(
            "move it once, before the loop: `{name} = {code}`", name=transfer.receiver, code=transfer.short_text
        )
    yield Finding(
        at=transfer.at,
        headline=headline,
        effect=say("the loop changes neither it nor the device, and each copy takes time"),
        remedy=remedy,
    )


RULE = Rule(
    slug="loop-invariant-transfer",
    doc=__doc__,
    category="device",
    severity=Severity.INFORMATION,
    fix=None,
    example=EXAMPLE,
    looks_at=LOOP_TRANSFERS,
    check=check,
)
