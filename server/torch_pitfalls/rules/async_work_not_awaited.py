"""Data is used before the communication that fills it is done

`dist.isend` and `dist.irecv` start a transfer and return at once; so do collectives with `async_op=True`. What they
return is a handle. Until `handle.wait()` has returned, the received values may not be there yet, and what is sent must
not be changed. Nothing raises: the program goes on with old values, or sends new ones.

How to fix: keep the handle, and call `wait()` before the data is used: `work = dist.irecv(data, src=0)`, then
`work.wait()`. Where nothing is to be done meanwhile, `dist.recv` and collectives without `async_op` wait themselves.

Exceptions: silent where the handle is handed on: returned, stored, put into a list, and where it is assigned to `_`
on purpose. What is sent may be read.

Cannot see: whether a function that is given the handle waits for it.

See also: `ddp-module-moved`. PyTorch documentation: torch.distributed (Synchronous and asynchronous collective
operations).
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import ASYNC_WORKS, AsyncWork

EXAMPLE = Example(
    bad="""
import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def exchange(rank, read, found):
    dist.init_process_group("gloo", init_method=f"file://{found}.store", rank=rank, world_size=2)
    if rank == 0:
        data = torch.zeros(1)
        work = dist.irecv(data, src=1)  # expect: async-work-not-awaited
        torch.save(data.clone(), found)
        read.set()
        work.wait()
    else:
        read.wait(3)
        dist.send(torch.ones(1), dst=0)
    dist.destroy_process_group()


if __name__ == "__main__":
    import os

    found = os.path.abspath("found.pt")
    mp.spawn(exchange, args=(mp.get_context("spawn").Event(), found), nprocs=2)
    value = torch.load(found, map_location="cpu").item()
""",
    good="""
import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def exchange(rank, read, found):
    dist.init_process_group("gloo", init_method=f"file://{found}.store", rank=rank, world_size=2)
    if rank == 0:
        data = torch.zeros(1)
        work = dist.irecv(data, src=1)
        work.wait()
        torch.save(data.clone(), found)
        read.set()
    else:
        read.wait(3)
        dist.send(torch.ones(1), dst=0)
    dist.destroy_process_group()


if __name__ == "__main__":
    import os

    found = os.path.abspath("found.pt")
    mp.spawn(exchange, args=(mp.get_context("spawn").Event(), found), nprocs=2)
    value = torch.load(found, map_location="cpu").item()
""",
    symptom="value == 0.0",
)


def check(work: AsyncWork) -> Iterator[Finding]:
    """Report work whose data is used before it is done."""
    early = work.used_too_early()
    if early is None:
        return
    never = early is work.node
    data = work.data or "the data"
    yield Finding(
        at=work.at,
        headline=say("nobody waits for `{call}`", call=work.called)
        if never
        else say("`{data}` is used before `{call}` is done", data=data, call=work.called),
        effect=say("what is sent may be changed on the way, and nothing raises")
        if work.sends
        else say("the values may not have arrived yet, and nothing raises"),
        remedy=say("keep what it returns, and call `wait()` on it before `{data}` is used", data=data),
        notes=() if never else work.note_on(early, say("used here")),
    )


RULE = Rule(
    slug="async-work-not-awaited",
    doc=__doc__,
    category="device",
    severity=Severity.WARNING,
    fix=None,
    example=EXAMPLE,
    looks_at=ASYNC_WORKS,
    check=check,
)
