"""A tensor on the GPU is turned into an array

NumPy and plotting libraries read the memory of the CPU. A tensor that is on another device cannot be read by
them: `.numpy()`, `np.asarray` and `plt.plot` raise `TypeError`: `can't convert cuda:0 device type tensor to
numpy. Use Tensor.cpu() to copy the tensor to host memory first.` On a machine without a GPU the same line
works, so the mistake shows up late.

How to fix: copy the tensor to the host first: `x.cpu().numpy()`, or `x.detach().cpu().numpy()` where it still
carries a graph. `x.numpy(force=True)` does both. The fix inserts `.cpu()` and is safe: for a tensor that is on
the CPU already, it copies nothing.

Exceptions: silent where the device is unknown and where `.cpu()` or `.to("cpu")` is on the way.

Cannot see: a conversion inside a function without visible source.

See also: `numpy-requires-grad`, `device-mismatch`. PyTorch documentation: torch.Tensor.numpy; torch.Tensor.cpu.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.devices import reads_host_memory
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import MOVED_CONVERSIONS, HandedConversion, Use, either, events

# The bad example uses `meta` where there is no GPU. From `meta` nothing can be copied to the host, so the good
# one falls back to the CPU: that `.cpu()` helps for a real GPU is not proven here.
EXAMPLE = Example(
    bad="""
import torch

device = torch.device("cuda" if torch.cuda.is_available() else "meta")
samples = torch.linspace(0, 1, 50).to(device)
curve = (samples**2).numpy()  # expect: numpy-from-cuda
""",
    good="""
import torch

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
samples = torch.linspace(0, 1, 50).to(device)
curve = (samples**2).cpu().numpy()
""",
    symptom="isinstance(raised, TypeError) and 'device type tensor to numpy' in str(raised)",
)


def check(call: Use | HandedConversion) -> Iterator[Finding]:
    """Report a conversion to numpy of a tensor that was moved away from the CPU."""
    node = call.node
    if isinstance(call, HandedConversion):
        yield from _handed(call)
        return
    if not isinstance(node, ast.Call):
        return
    if call.event.name == "numpy" and isinstance(node.func, ast.Attribute):
        forced = call.may_pass(*at("torch.Tensor.numpy", "force"))
        candidates = [] if forced else [(node.func.value, call.event.subject)]
    elif reads_host_memory(call.event.name):
        candidates = list(zip(node.args, call.event.args, strict=False))
    else:
        return
    for expression, value in candidates:
        place = value.device
        if place is None or not call.is_moved_away(value) or value.kinds & ~kinds.TENSOR:
            continue
        yield Finding(
            at=call.at,
            headline=say("`{name}` is on the GPU when it becomes an array", name=call.shortened(expression)),
            effect=say("raises `TypeError: can't convert cuda:0 device type tensor to numpy` where there is a GPU"),
            remedy=say("copy it to the host first: `.cpu()`"),
            notes=call.note_at(place.at, say("moved here")) if place.at else (),
            fix=Fix(say("Insert `.cpu()`"), _copied(call, expression), Safety.SAFE),
        )
        return


def _handed(call: HandedConversion) -> Iterator[Finding]:
    place = call.event.subject.device
    if place is None or not call.is_moved_away(call.event.subject):
        return
    yield Finding(
        at=call.at,
        headline=say("`{name}` makes an array of a tensor that is on the GPU", name=call.called),
        effect=say("raises `TypeError: can't convert cuda:0 device type tensor to numpy` where there is a GPU"),
        remedy=say("copy it to the host first: `.cpu()`"),
        notes=(
            *call.note_at(call.event.at, say("here it becomes an array")),
            *(call.note_at(place.at, say("moved here")) if place.at else ()),
        ),
    )


def _copied(call: Use, expression: ast.expr) -> tuple[Edit, ...]:
    """Edits that put ``.cpu()`` behind an expression, in front of what follows it."""
    node = call.node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.value is expression:
        dot = call.at_attribute(node.func)
        return (Edit(Span(dot, dot), ".cpu()"),)
    span = call.facts.span(expression)
    if isinstance(expression, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
        return (Edit(Span(span.end, span.end), ".cpu()"),)
    return (Edit(Span(span.start, span.start), "("), Edit(Span(span.end, span.end), ").cpu()"))


RULE = Rule(
    slug="numpy-from-cuda",
    doc=__doc__,
    category="device",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=either(events(Effect.METHOD, Effect.CALL), MOVED_CONVERSIONS),
    check=check,
)
