"""A distributed module is moved or converted after it was wrapped

`DistributedDataParallel` hangs hooks on the gradient accumulators of the parameters when it is made; in `backward()`
they average the gradients over all processes. Moving the parameters to another device or dtype afterwards gives them
new accumulators without hooks. Nothing raises or warns: `backward()` runs, each process steps on its own gradients,
and the copies of the model drift apart.

How to fix: move and convert first, wrap last: `model = DistributedDataParallel(net.to(device))`.

Exceptions: silent where the same move was made before or goes to the device in `device_ids`, since it then changes
nothing, and after the last training step, for example `model.cpu()` before saving.

Cannot see: wrapped modules that come from another function without visible source.

See also: `transfer-result-discarded`. PyTorch documentation: torch.nn.parallel.DistributedDataParallel.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import WRAPPED_MOVES, WrappedMove

# One process is enough to see that the hooks are gone: the hook of the communication is never called. A conversion
# stands for a move to a GPU, which replaces the accumulators by the same code.
EXAMPLE = Example(
    bad="""
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

averaged = []


def average(state, bucket):
    averaged.append(bucket.index())
    done = torch.futures.Future()
    done.set_result(bucket.buffer())
    return done


dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
model = DistributedDataParallel(nn.Linear(4, 2))
model.double()  # expect: ddp-module-moved
model.register_comm_hook(None, average)
model(torch.randn(8, 4, dtype=torch.float64)).sum().backward()
dist.destroy_process_group()
""",
    good="""
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

averaged = []


def average(state, bucket):
    averaged.append(bucket.index())
    done = torch.futures.Future()
    done.set_result(bucket.buffer())
    return done


dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
model = DistributedDataParallel(nn.Linear(4, 2).double())
model.register_comm_hook(None, average)
model(torch.randn(8, 4, dtype=torch.float64)).sum().backward()
dist.destroy_process_group()
""",
    symptom="averaged == []",
)


def check(move: WrappedMove) -> Iterator[Finding]:
    """Report a move that takes the hooks away before training."""
    if move.repeats_a_move() or not move.trains_afterwards():
        return
    yield Finding(
        at=move.at,
        headline=say(
            "`{name}` is changed by `{method}()` after it was wrapped", name=move.name, method=move.event.name
        ),
        effect=say("the parameters lose the hooks that average gradients: the processes drift apart, silently"),
        remedy=say("call `{method}()` on the module before `DistributedDataParallel` wraps it", method=move.event.name),
    )


RULE = Rule(
    slug="ddp-module-moved",
    doc=__doc__,
    category="device",
    severity=Severity.ERROR,
    fix=None,
    example=EXAMPLE,
    looks_at=WRAPPED_MOVES,
    check=check,
)
