"""Tensors on two devices meet in one operation

An operation takes its operands where they are and moves nothing. If one is on the GPU and another on the CPU,
it raises `RuntimeError`: `Expected all tensors to be on the same device, but found at least two devices, cuda:0
and cpu!` `model.to(device)` moves the parameters of the model, but not what the model is called with. Batches
of a loader come from the CPU, the targets of a loss like the inputs. The code works as long as the device is
the CPU and fails on the first machine with a GPU.

How to fix: move each batch where it is taken from the loader: `x, y = x.to(device), y.to(device)`. Make helper
tensors where they are needed: `torch.zeros(n, device=x.device)`. The fix moves the operand at the place where
the two meet; moving it earlier may be better, so it needs a look.

Exceptions: a tensor without dimensions may meet any other (`x * torch.tensor(2.0)`), and indices may stay on
the CPU. Silent where the device of either is unknown: after unseen code, in frameworks that move data, with a
data set or `collate_fn` that mentions a device, and where the default device is changed. `DataParallel` and
`DistributedDataParallel` move their inputs themselves.

Cannot see: from which device batches come whose loader was made out of sight, unless the loop moves another
piece of them. What a module of unknown class does with its inputs.

See also: `transfer-result-discarded`. PyTorch documentation: torch.Tensor.to; CUDA semantics.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, Text, say
from torch_pitfalls.subjects import MEETINGS, Meeting

# The example runs where there is no GPU: the device `meta` stands in for it, and is as far from the CPU as one.
EXAMPLE = Example(
    bad="""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "meta")
model = nn.Linear(4, 2).to(device)
loader = DataLoader(TensorDataset(torch.randn(8, 4)), batch_size=4, pin_memory=True)

for (inputs,) in loader:
    outputs = model(inputs)  # expect: device-mismatch
""",
    good="""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "meta")
model = nn.Linear(4, 2).to(device)
loader = DataLoader(TensorDataset(torch.randn(8, 4)), batch_size=4, pin_memory=True)

for (inputs,) in loader:
    inputs = inputs.to(device)
    outputs = model(inputs)
""",
    symptom="isinstance(raised, RuntimeError) and 'is not on the expected device' in str(raised)",
)


def check(meeting: Meeting) -> Iterator[Finding]:
    """Report an operand that was left behind."""
    if meeting.in_module:
        return
    name, other = meeting.name_of(), meeting.name_of("other")
    if meeting.is_module:
        yield Finding(
            at=meeting.at,
            headline=_headline(meeting, name, other),
            effect=say("raises `RuntimeError: Expected all tensors to be on the same device` where there is a GPU"),
            remedy=say("move the module first: `{name}.to({device})`", name=name, device=meeting.elsewhere),
            notes=meeting.note_on_other(say("the tensor is moved here")),
        )
        return
    device = meeting.destination()
    edits = meeting.moved(device) if device is not None else ()
    yield Finding(
        at=meeting.at,
        headline=_headline(meeting, name, other),
        effect=say("raises `RuntimeError: Expected all tensors to be on the same device` where there is a GPU"),
        remedy=say("move it first: `{name}.to({device})`", name=name, device=device or meeting.elsewhere),
        notes=(
            *meeting.note_on_other(say("moved here")),
            *meeting.notes(
                say("moved here") if meeting.on_accelerators else say("this comes from the CPU"), say("they meet here")
            ),
        ),
        fix=Fix(say("Move `{name}` to `{device}`", name=name, device=device), edits) if edits and device else None,
    )


def _headline(meeting: Meeting, name: str, other: str) -> Text:
    if meeting.on_accelerators:
        place = meeting.stray.name
        if meeting.direct or meeting.is_module:
            return say("`{name}` on `{place}` meets `{other}`", name=name, place=place, other=other)
        return say("in `{call}`, `{name}` is on `{place}`", call=meeting.called, name=name, place=place)
    if meeting.direct or meeting.is_module:
        return say("`{name}`, still on the CPU, meets `{other}`", name=name, other=other)
    return say("in `{call}`, `{name}` is still on the CPU", call=meeting.called, name=name)


RULE = Rule(
    slug="device-mismatch",
    doc=__doc__,
    category="device",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=MEETINGS,
    check=check,
)
