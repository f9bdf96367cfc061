"""A worker process of a data loader uses CUDA

With `num_workers` above 0 the data set and the collate function run in worker processes. Linux forks them (up to
Python 3.13), and CUDA cannot be used in a forked process once the parent has used it: the first tensor that a worker
makes or moves there raises `RuntimeError`: `Cannot re-initialize CUDA in forked subprocess`. With the spawn method it
works, but each worker holds a CUDA context of its own, and its tensors have to be shared between processes.

How to fix: return tensors on the CPU from `__getitem__` and from the collate function, and move each batch in the
training loop, from pinned memory: `x.to(device, non_blocking=True)`. Data that fits on the device needs no workers:
leave `num_workers` at 0.

Exceptions: silent with `num_workers=0` or when the number is not known, with another start method than fork
(`multiprocessing_context`, `set_start_method`), where the Python version in use does not fork by default, and in code
that asks `get_worker_info()`.

Cannot see: whether the main process has used CUDA before the workers start, as a training script has that puts its
model on the device first.

See also: `missing-pin-memory`, `missing-main-guard`. PyTorch documentation: torch.utils.data; Multiprocessing best
practices; CUDA semantics.
"""

# Without a GPU, CUDA raises in any process. The example shows that the data set's code is run by the worker, and that
# what it raises ends the loop of the main process.

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import WORKER_DEVICES, WorkerDevice

EXAMPLE = Example(
    bad="""
import torch
from torch.utils.data import DataLoader, Dataset

class Points(Dataset):
    def __init__(self):
        self.points = torch.randn(8, 2)

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        return self.points[index].cuda()  # expect: cuda-in-worker

if __name__ == "__main__":
    for batch in DataLoader(Points(), batch_size=4, num_workers=1):
        print(batch.shape)
""",
    good="""
import torch
from torch.utils.data import DataLoader, Dataset

class Points(Dataset):
    def __init__(self):
        self.points = torch.randn(8, 2)

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        return self.points[index]

if __name__ == "__main__":
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for batch in DataLoader(Points(), batch_size=4, num_workers=1, pin_memory=True):
        print(batch.to(device).shape)
""",
    symptom="'in DataLoader worker process' in str(raised)",
)


def check(place: WorkerDevice) -> Iterator[Finding]:
    """Report tensors on a CUDA device in code that forked workers run."""
    loader = place.forked()
    if loader is None:
        return
    headline = say("`{code}` uses CUDA in a worker process", code=place.text)
    if len(place.text) > 36 or "\n" in place.text:
        headline = say("a worker process puts a tensor on `{device}`", device=place.device)
    yield Finding(
        at=place.at,
        headline=headline,
        effect=say("where workers are forked, this raises `RuntimeError`: `Cannot re-initialize CUDA`"),
        remedy=say("return it on the CPU, and move the batch in the loop: `x.to(device, non_blocking=True)`"),
        notes=place.note(loader, say("loaded by worker processes here")),
    )


RULE = Rule(
    slug="cuda-in-worker",
    doc=__doc__,
    category="data",
    severity=Severity.ERROR,
    fix=None,
    example=EXAMPLE,
    looks_at=WORKER_DEVICES,
    check=check,
)
