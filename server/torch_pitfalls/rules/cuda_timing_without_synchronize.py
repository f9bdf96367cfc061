"""A clock is read while the GPU is still at work

On an accelerator, calls of modules and operations are queued and return at once. A clock that is read before and
after them measures how long it took to queue the work, not how long the work takes. The number looks plausible, is
too small, and the time turns up wherever the program first waits for a value.

How to fix: call `torch.cuda.synchronize()` before each reading; since torch 2.6, `torch.accelerator.synchronize()`
does so on any accelerator. `torch.utils.benchmark.Timer` does it by itself, and events
(`torch.cuda.Event(enable_timing=True)`) measure on the device. The fix inserts `torch.cuda.synchronize()`. It needs a
look: the call raises where there is no GPU.

Exceptions: silent where something in between reads a value (`.item()`, `.cpu()`, `print`), since that waits, where
an event or a benchmark measures, for tensors that are known to be on the CPU, and in files that never mention a
device.

Cannot see: functions without visible source, which may wait; nothing is reported where one is called. Clocks that are
read at the top level of a script are not followed.

See also: `loop-invariant-transfer`. PyTorch documentation: CUDA semantics (Asynchronous execution);
torch.cuda.synchronize; torch.utils.benchmark.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import TIMINGS, Timing

# What the numbers are on a GPU is not proven here. The example only shows whether anything waits before the clock
# is read; it notes the calls of `synchronize`, which would raise where there is no GPU.
EXAMPLE = Example(
    bad="""
import time

import torch
from torch import nn

waited = []
torch.cuda.synchronize = lambda: waited.append(True)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Linear(64, 64).to(device)
batch = torch.randn(8, 64).to(device)


def measure():
    start = time.perf_counter()
    output = model(batch)
    return time.perf_counter() - start  # expect: cuda-timing-without-synchronize


seconds = measure()
""",
    good="""
import time

import torch
from torch import nn

waited = []
torch.cuda.synchronize = lambda: waited.append(True)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Linear(64, 64).to(device)
batch = torch.randn(8, 64).to(device)


def measure():
    torch.cuda.synchronize()
    start = time.perf_counter()
    output = model(batch)
    torch.cuda.synchronize()
    return time.perf_counter() - start


seconds = measure()
""",
    symptom="seconds > 0 and not waited",
)


def check(timing: Timing) -> Iterator[Finding]:
    """Report a reading for which nothing waits."""
    edits = timing.synchronized()
    yield Finding(
        at=timing.at,
        headline=say("`{clock}` does not wait for `{work}`", clock=timing.clock, work=timing.worker),
        effect=say("on a GPU the work is only queued by then: the time measured is too short"),
        remedy=say("call `torch.cuda.synchronize()` before each reading"),
        notes=timing.notes(say("the clock starts here"), say("this returns before it is done")),
        fix=Fix(say("Insert `torch.cuda.synchronize()`"), edits, Safety.UNSAFE) if edits else None,
    )


RULE = Rule(
    slug="cuda-timing-without-synchronize",
    doc=__doc__,
    category="device",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=TIMINGS,
    check=check,
)
