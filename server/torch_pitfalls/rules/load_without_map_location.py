"""A checkpoint is loaded without a target device

`torch.load` puts every tensor back on the device it was saved from. A file written on a GPU cannot be opened
where there is none; it raises `RuntimeError`: `Attempting to deserialize object on a CUDA device but
torch.cuda.is_available() is False.` With several GPUs all processes load onto the index in the file, often
`cuda:0`, and fill its memory.

How to fix: pass `map_location`: the device variable in scope, or `"cpu"`. A string, a `torch.device`, a
mapping such as `{"cuda:0": "cpu"}` or a function will do. The fix is safe: `load_state_dict` copies the
values to wherever the parameters are.

Exceptions: silent when `map_location` is given, and for a file that the same function, or one that it calls, has
written from the CPU.

Cannot see: from which device a file was saved. Files known to come from the CPU alone are a case for
`# torch-pitfalls: ignore[load-without-map-location]`.

See also: `whole-model-saved`. PyTorch documentation: torch.load; Saving and Loading Models; Serialization
semantics.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import LOADS, Load

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(4, 2)
state = torch.load("saved_on_gpu.pt")  # expect: load-without-map-location
model.load_state_dict(state)
model.eval()
""",
    good="""
import torch
from torch import nn

model = nn.Linear(4, 2)
state = torch.load("saved_on_gpu.pt", map_location="cpu")
model.load_state_dict(state)
model.eval()
""",
    symptom="isinstance(raised, RuntimeError) and 'object on a CUDA device' in str(raised)",
)


def check(call: Load) -> Iterator[Finding]:
    """Report a load that puts tensors back on the device they came from."""
    if call.may_pass(*at("torch.load", "map_location")) or call.is_saved_here() or call.is_temporary():
        return
    device = call.device_in_scope() or '"cpu"'
    yield Finding(
        at=call.at,
        headline=say("`torch.load` without `map_location`"),
        effect=say("raises `RuntimeError` on a machine that lacks the device the file was saved from"),
        remedy=say("pass `map_location={device}`", device=device),
        fix=Fix(
            say("Add `map_location={device}`", device=device),
            (call.append_argument(f"map_location={device}"),),
            Safety.SAFE,
        ),
    )


RULE = Rule(
    slug="load-without-map-location",
    doc=__doc__,
    category="checkpoint",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=LOADS,
    check=check,
)
