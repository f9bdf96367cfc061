"""CUDA is hard-coded where nothing asks whether it is there

`.cuda()`, `.to("cuda")` and `device="cuda"` need a GPU that CUDA can use. Where there is none, they raise: with
torch built for the CPU `AssertionError`: `Torch not compiled with CUDA enabled`, otherwise `RuntimeError`: `Found
no NVIDIA driver on your system.` So the code cannot be tried on a laptop or tested on a server without a GPU,
and never uses the accelerator of a Mac.

How to fix: choose the device once, `device = torch.device("cuda" if torch.cuda.is_available() else "cpu")`, and
move everything `.to(device)`. The fix uses a variable `device` where there is one, and otherwise makes one. It
needs a look: what was moved to the GPU in other places has to follow.

Exceptions: silent under a condition that is about CUDA, a GPU or a device, after one that leaves, and for
defaults of functions, options and settings. In a file that asks anywhere whether there is a GPU, only code that
has a variable `device` at hand is reported. Distributed programs, tests, and kernels and measurements for CUDA
are silent.

Cannot see: callers that ask before they call.

Versions: since torch 2.6, `torch.accelerator.current_accelerator() if torch.accelerator.is_available() else
torch.device("cpu")` chooses any accelerator, also that of a Mac. Without the test it may name one that the
build supports and the machine lacks, and on a build for the CPU it gives `None`, which moves nothing.

See also: `device-comparison`, `load-without-map-location`. PyTorch documentation: torch.accelerator; CUDA
semantics (Device-agnostic code).
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import HARD_CODED, HardCoded

# Where there is a GPU, the bad example works: the claim is about machines that have none.
EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(4, 2).cuda()  # expect: hard-coded-device
output = model(torch.randn(8, 4))
""",
    good="""
import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Linear(4, 2).to(device)
output = model(torch.randn(8, 4).to(device))
""",
    symptom="isinstance(raised, (AssertionError, RuntimeError)) and 'Torch not compiled with CUDA' in str(raised)",
)


def check(use: HardCoded) -> Iterator[Finding]:
    """Report code that only runs where CUDA does."""
    variable = use.variable()
    edits = use.on(variable) if variable is not None else use.chosen()
    if variable is not None:
        title = say("Use `{device}`", device=variable)
    elif use.is_call:
        title = say("Choose the device, and move to it")
    else:
        title = say("Choose CUDA only where it is available")
    yield Finding(
        at=use.at,
        headline=say("`{code}` works only with CUDA", code=use.text),
        effect=say("raises on a machine without a GPU: `Torch not compiled with CUDA enabled`"),
        remedy=say("use `{device}` instead", device=variable)
        if variable is not None
        else say('choose once: `device = "cuda" if torch.cuda.is_available() else "cpu"`'),
        fix=Fix(title, edits) if edits else None,
    )


RULE = Rule(
    slug="hard-coded-device",
    doc=__doc__,
    category="device",
    severity=Severity.INFORMATION,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=HARD_CODED,
    check=check,
)
