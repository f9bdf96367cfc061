"""The state dict of a wrapper is saved instead of that of the model

`DataParallel` and `DistributedDataParallel` hold the model as `module`, and `torch.compile` returns a module that
holds it as `_orig_mod`. The keys of their state dicts carry that prefix: `module.weight`, `_orig_mod.weight`.
Loading such a file into the plain model raises `RuntimeError` with `Missing key(s) in state_dict` and `Unexpected
key(s) in state_dict`; with `strict=False` nothing is loaded, and nothing raises.

How to fix: save `model.module.state_dict()`, or `model._orig_mod.state_dict()` of a compiled model. Files that are
there already can be read with `torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")`.
`model.compile()` compiles in place and adds no prefix. The fix takes the inner module and is safe for the file;
code that loads it into a wrapper has to follow.

Exceptions: silent when the inner module is saved, when the wrapper may be missing (`if distributed:`), and when the
same file loads state dicts into such a wrapper or into a module that may be in one, or takes the prefix off.

Cannot see: loading in other files.

See also: `whole-model-saved`, `state-dict-not-copied`. PyTorch documentation: Saving and Loading Models;
torch.nn.parallel.DistributedDataParallel; torch.compile.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import WRAPPED_SAVES, WrappedSave

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.DataParallel(nn.Linear(4, 2))
torch.save(model.state_dict(), "weights.pt")  # expect: wrapped-model-saved

restored = nn.Linear(4, 2)
restored.load_state_dict(torch.load("weights.pt", map_location="cpu"))
""",
    good="""
import torch
from torch import nn

model = nn.DataParallel(nn.Linear(4, 2))
torch.save(model.module.state_dict(), "weights.pt")

restored = nn.Linear(4, 2)
restored.load_state_dict(torch.load("weights.pt", map_location="cpu"))
""",
    symptom="isinstance(raised, RuntimeError) and 'module.weight' in str(raised)",
)


def check(save: WrappedSave) -> Iterator[Finding]:
    """Report state dicts of wrappers that are saved."""
    if save.is_loaded_back() or save.is_known():
        return
    model = save.model if len(save.model) < 20 else "…"
    call = f"{model}.{save.prefix}.state_dict()"
    yield Finding(
        at=save.facts.span(save.call),
        headline=say("the state dict of `{model}` is that of `{wrapper}`", model=model, wrapper=save.wrapper),
        effect=say("every key begins with `{prefix}.`: the plain model does not load it", prefix=save.prefix),
        remedy=say("save `{call}`", call=call),
        fix=Fix(say("Take the `state_dict()` of the inner module"), (save.unwrapped(),), Safety.SAFE),
    )


RULE = Rule(
    slug="wrapped-model-saved",
    doc=__doc__,
    category="checkpoint",
    severity=Severity.INFORMATION,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=WRAPPED_SAVES,
    check=check,
)
