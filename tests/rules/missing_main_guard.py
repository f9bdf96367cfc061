import multiprocessing
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data import DataLoader as Loader
from tqdm import tqdm

from recipes import make_train_loader, options

WORKERS = 4
dataset = TensorDataset(torch.randn(64, 4), torch.randint(3, (64,)))


def with_workers(data, workers=2):
    return DataLoader(data, batch_size=8, num_workers=workers)


def without_workers(data):
    return DataLoader(data, batch_size=8)


# ── reported: at module level ─────────────────────────────────────────────────────────────────

loader = DataLoader(dataset, batch_size=8, shuffle=True, num_workers=2)
for x, y in loader:  # expect: missing-main-guard
    print(x.shape, y.shape)

for i, (x, y) in enumerate(loader):  # expect: missing-main-guard
    print(i, x.shape)

for x, y in tqdm(loader):  # expect: missing-main-guard
    print(x.mean().item())

model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
train_loader = torch.utils.data.DataLoader(dataset, 8, num_workers=WORKERS, drop_last=True)
for epoch in range(2):
    for x, y in train_loader:  # expect: missing-main-guard
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

positional = Loader(dataset, 8, True, None, None, 2)
batches = positional
for step, batch in enumerate(batches, start=1):  # expect: missing-main-guard
    print(step, len(batch))

for x, y in DataLoader(dataset, num_workers=1):  # expect: missing-main-guard
    print(x.shape)

for x, y in with_workers(dataset):  # expect: missing-main-guard
    print(x.shape)

loaders = {"train": DataLoader(dataset, num_workers=2), "val": DataLoader(dataset, num_workers=2)}
for x, y in loaders["train"]:  # expect: missing-main-guard
    print(x.shape)

if len(sys.argv) > 1:
    for x, y in loader:  # expect: missing-main-guard
        print(sys.argv[1], x.shape)

try:
    with torch.no_grad():
        for x, y in loader:  # expect: missing-main-guard
            print(model(x).argmax(dim=1), y)
finally:
    print("done")

# ── silent: no worker process ─────────────────────────────────────────────────────────────────

for x, y in DataLoader(dataset, batch_size=8):
    print(x.shape)

for x, y in DataLoader(dataset, batch_size=8, num_workers=0):
    print(x.shape)

NO_WORKERS = 0
in_process = DataLoader(dataset, num_workers=NO_WORKERS)
for x, y in in_process:
    print(x.shape)

for x, y in without_workers(dataset):
    print(x.shape)

for index in range(len(loader)):
    print(index)

for x, y in dataset:
    print(x.shape, y)

for x, y in zip(dataset.tensors[0], dataset.tensors[1]):
    print(x, y)

# ── silent: the number of workers is not known ────────────────────────────────────────────────

for x, y in DataLoader(dataset, num_workers=options.workers):
    print(x.shape)

for x, y in make_train_loader(dataset):
    print(x.shape)

# ── silent: the processes are forked on purpose ───────────────────────────────────────────────

for x, y in DataLoader(dataset, num_workers=2, multiprocessing_context="fork"):
    print(x.shape)

fork = multiprocessing.get_context("fork")
forking = DataLoader(dataset, num_workers=2, multiprocessing_context=fork)
for x, y in forking:
    print(x.shape)


# ── silent: inside a function ─────────────────────────────────────────────────────────────────


def iterated_in_a_function():
    for x, y in DataLoader(dataset, num_workers=2):
        print(x.shape)


def iterated_in_a_nested_function():
    def count():
        total = 0
        for x, _ in loader:
            total += len(x)
        return total

    return count


class Run:
    def __init__(self):
        self.loader = DataLoader(dataset, num_workers=2)

    def print_shapes(self):
        for x, y in self.loader:
            print(x.shape, y.shape)


# ── silent: under the guard ───────────────────────────────────────────────────────────────────

if __name__ == "__main__":
    iterated_in_a_function()
    Run().print_shapes()
    for x, y in loader:
        print(x.shape)

if "__main__" == __name__:
    for epoch in range(2):
        for x, y in with_workers(dataset):
            print(epoch, x.shape)

if __name__ == "__main__" and len(sys.argv) > 1:
    for x, y in loader:
        print(sys.argv[1])

# ── reported: nothing follows that workers would have to find, so the fix can wrap it ──────────

for x, y in loader:  # expect: missing-main-guard
    print(x.shape)
print("the end")
