"""Every rank of a distributed training goes through the whole data set

`DistributedDataParallel` averages gradients between the ranks and leaves the data to the program. A `DataLoader`
without a sampler yields all of its data set on each of them: an epoch is as many passes over the data as there are
ranks, and the ranks compute much of the same. With eight samples and two ranks, each rank trains on eight, where
a `DistributedSampler` gives it four. Nothing raises: training only takes as long as on one device.

How to fix: pass `sampler=DistributedSampler(dataset)`, leave `shuffle` out (the sampler shuffles), and call
`sampler.set_epoch(epoch)` at the start of each epoch. An iterable data set has to yield the part of its rank in
`__iter__`.

Exceptions: silent when `sampler` or `batch_sampler` is given, when the data set is made with the rank or the number
of ranks, for loops that do not train, and when it is not certain that the module is wrapped
(`if distributed:`).

Cannot see: data that was divided before the program read it, and loaders that a framework prepares
(Accelerate, Fabric, Lightning, Ray).

See also: `sampler-epoch-not-set`, `iterable-dataset-duplicates`. PyTorch documentation: torch.utils.data;
torch.nn.parallel.DistributedDataParallel; Distributed Data Parallel in PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import USED_LOADERS, UsedLoader

# Not `mp.spawn`, which raises when gloo aborts a rank that has done its work and is on its way out.
EXAMPLE = Example(
    bad="""
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset

def train(rank, seen):
    dist.init_process_group("gloo", store=dist.FileStore("ranks", 2), rank=rank, world_size=2)
    model = DistributedDataParallel(nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    dataset = TensorDataset(torch.randn(8, 4))
    loader = DataLoader(dataset, batch_size=4, shuffle=True)  # expect: distributed-sampler-missing
    for (x,) in loader:
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()
        seen[rank] += len(x)
    dist.destroy_process_group()

if __name__ == "__main__":
    seen = torch.zeros(2).share_memory_()
    ranks = [mp.Process(target=train, args=(rank, seen)) for rank in range(2)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join()
""",
    good="""
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

def train(rank, seen):
    dist.init_process_group("gloo", store=dist.FileStore("ranks", 2), rank=rank, world_size=2)
    model = DistributedDataParallel(nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    dataset = TensorDataset(torch.randn(8, 4))
    loader = DataLoader(dataset, batch_size=4, sampler=DistributedSampler(dataset))
    for (x,) in loader:
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()
        seen[rank] += len(x)
    dist.destroy_process_group()

if __name__ == "__main__":
    seen = torch.zeros(2).share_memory_()
    ranks = [mp.Process(target=train, args=(rank, seen)) for rank in range(2)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join()
""",
    symptom="seen.tolist() == [8.0, 8.0]",
)


def check(loader: UsedLoader) -> Iterator[Finding]:
    """Report loaders without a sampler that train a distributed module."""
    if loader.option("sampler") is not None or loader.option("batch_sampler") is not None:
        return
    if not loader.knows_its_data():
        return
    loop = next((use for use in loader.uses() if use.wraps.endswith("DistributedDataParallel")), None)
    if loop is None or loader.is_divided():
        return
    remedy = say("pass `sampler=DistributedSampler(dataset)`, and leave `shuffle` out")
    if loader.is_iterable():
        remedy = say("yield the part of the rank in `__iter__`, by `torch.distributed.get_rank()`")
    yield Finding(
        at=loader.at,
        headline=say("each rank goes through the whole data set of this `DataLoader`"),
        effect=say("an epoch is as many passes over the data as there are ranks, and they compute the same"),
        remedy=remedy,
        notes=loader.note(loop.at, say("a distributed module is trained here")),
    )


RULE = Rule(
    slug="distributed-sampler-missing",
    doc=__doc__,
    category="data",
    severity=Severity.WARNING,
    fix=None,
    example=EXAMPLE,
    looks_at=USED_LOADERS,
    check=check,
)
