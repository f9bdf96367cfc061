"""The cache of the GPU is emptied where that does not help

`torch.cuda.empty_cache()` gives blocks that torch keeps ready, and that no tensor uses, back to the driver. It frees no
tensor: what is referenced stays. In the loop that trains or predicts it only makes every iteration ask the driver for
the same memory again. And before `del` or `gc.collect()` it comes too early: what these release stays in the cache.

How to fix: leave the call out of the loop; once in an epoch, or before another program needs the memory, is enough. If
memory grows, something is referenced: a list of losses, a sum with a graph. Where something is released, call it
after `del` and `gc.collect()`. The fix removes or moves the call, and is safe: no result depends on it.

Exceptions: silent once per epoch, outside of loops, under conditions that hold now and then, and where an
out-of-memory error is handled.

Cannot see: loops whose model and loss are not known as such.

See also: `graph-retained`, `inference-without-no-grad`. PyTorch documentation: torch.cuda.empty_cache; CUDA
semantics, memory management.
"""

# What the call costs was not measured: that takes a GPU. The example shows what needs none, that it comes too early.

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import EMPTIED_CACHES, EmptiedCache

EXAMPLE = Example(
    bad="""
import gc
import weakref

import torch


class Trainer:
    def __init__(self):
        self.weight = torch.zeros(1000, 1000)
        self.callback = self.__init__


trainer = Trainer()
weight = weakref.ref(trainer.weight)
del trainer
in_use = weight() is not None
torch.cuda.empty_cache()  # expect: empty-cache-in-loop
gc.collect()
""",
    good="""
import gc
import weakref

import torch


class Trainer:
    def __init__(self):
        self.weight = torch.zeros(1000, 1000)
        self.callback = self.__init__


trainer = Trainer()
weight = weakref.ref(trainer.weight)
del trainer
gc.collect()
in_use = weight() is not None
torch.cuda.empty_cache()
""",
    symptom="in_use",
)


def check(emptied: EmptiedCache) -> Iterator[Finding]:
    """Report calls that empty the cache in a loop that computes, or before anything is released."""
    if emptied.later:
        edits = emptied.moved()
        yield Finding(
            at=emptied.at,
            headline=say("`{name}` comes before the memory is released", name=emptied.called),
            effect=say("it frees only what no tensor uses: what is released after it stays in the cache"),
            remedy=say("call it after `{code}`", code=emptied.releasing),
            fix=Fix(say("Empty the cache afterwards"), edits, Safety.SAFE) if edits else None,
        )
        return
    edits = emptied.removed()
    yield Finding(
        at=emptied.at,
        headline=say("`{name}` empties the cache in every iteration", name=emptied.called),
        effect=say("it frees no tensor, and the next iteration has to ask the driver for the memory again"),
        remedy=say("leave `{name}()` out of the loop", name=emptied.called),
        fix=Fix(say("Remove the call"), edits, Safety.SAFE) if edits else None,
    )


RULE = Rule(
    slug="empty-cache-in-loop",
    doc=__doc__,
    category="memory",
    severity=Severity.INFORMATION,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=EMPTIED_CACHES,
    check=check,
)
