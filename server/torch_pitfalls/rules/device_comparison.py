"""A device is compared with what it never equals

A `torch.device` never equals a string: `x.device == "cpu"` is false for every tensor. Nor does it equal a device
with another index: the device of a tensor on a GPU is `cuda:0`, and `torch.device("cuda") ==
torch.device("cuda:0")` is false. Nothing raises or warns; the branch is never taken, or always.

How to fix: compare types: `x.device.type == "cpu"`, which is the name without the index. Where the index matters,
compare with `torch.device("cuda:0")`. The fix does that and is safe: the comparison had one outcome only.

Exceptions: `.type` is silent, and so are two devices of which the index is not known.

Cannot see: attributes `device` of objects of unknown kind, which may well be strings.

See also: `hard-coded-device`. PyTorch documentation: Tensor Attributes (torch.device).
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import DEVICE_COMPARISONS, DeviceComparison

EXAMPLE = Example(
    bad="""
import torch

x = torch.ones(3)
is_here = x.device == "cpu"  # expect: device-comparison
""",
    good="""
import torch

x = torch.ones(3)
is_here = x.device.type == "cpu"
""",
    symptom="is_here is False",
)


def check(comparison: DeviceComparison) -> Iterator[Finding]:
    """Report comparisons with one outcome."""
    edits, title = comparison.by_type(), say("Compare types")
    code = comparison.short_text
    headline = say("`{code}` always holds", code=code) if comparison.negated else say("`{code}` never holds", code=code)
    if comparison.with_string():
        effect = say("a device never equals a string, and nothing warns")
        if not edits:
            edits, title = comparison.by_device(), say("Compare with a device")
    elif comparison.without_index():
        if comparison.with_variable():
            if comparison.negated:
                # It guards a transfer that then moves nothing.
                return
            headline = say("`{code}` never holds on a GPU", code=code)
        effect = say("the device of a tensor on an accelerator has an index: `cuda:0` does not equal `cuda`")
    elif comparison.of_two_names():
        edits = ()
        effect = say("a device with an index never equals one without: `cuda:0` is not `cuda`")
    else:
        return
    device = comparison.device_text()
    yield Finding(
        at=comparison.at,
        headline=headline,
        effect=effect,
        remedy=say("compare `{device}.type`, or with `torch.device(…)` where the index matters", device=device),
        fix=Fix(title, edits, Safety.SAFE) if edits else None,
    )


RULE = Rule(
    slug="device-comparison",
    doc=__doc__,
    category="device",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=DEVICE_COMPARISONS,
    check=check,
)
