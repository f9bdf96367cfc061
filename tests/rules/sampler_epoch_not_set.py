import torch
from torch import nn, optim
from torch.utils.data import BatchSampler, DataLoader, TensorDataset
from torch.utils.data import DistributedSampler as Sampler
from torch.utils.data.distributed import DistributedSampler

from recipes import prepare

dataset = TensorDataset(torch.randn(64, 4), torch.randn(64, 1))


def train_epoch(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def epochs_in_a_loop():
    sampler = DistributedSampler(dataset)
    loader = DataLoader(dataset, batch_size=4, sampler=sampler)
    for epoch in range(3):
        # Some batches.
        for x, _ in loader:  # expect: sampler-epoch-not-set
            print(epoch, x.mean())


def loop_in_a_helper(criterion):
    model = nn.Linear(4, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    train_sampler = Sampler(dataset, shuffle=True)
    loader = DataLoader(dataset, batch_size=4, sampler=train_sampler)
    for epoch in range(3):
        print(epoch)
        train_epoch(model, loader, criterion, optimizer)  # expect: sampler-epoch-not-set


def distributed_perhaps(distributed):
    sampler = DistributedSampler(dataset) if distributed else None
    loader = DataLoader(dataset, batch_size=4, sampler=sampler, shuffle=sampler is None)
    for epoch in range(3):
        for x, _ in loader:  # expect: sampler-epoch-not-set
            print(epoch, x.mean())


def by_batches(steps):
    batches = BatchSampler(DistributedSampler(dataset), batch_size=4, drop_last=True)
    loader = DataLoader(dataset, batch_sampler=batches)
    step = 0
    while step < steps:
        for x, _ in loader:  # expect: sampler-epoch-not-set
            step += 1
            print(x.mean())


def nobody_counts():
    loader = DataLoader(dataset, sampler=DistributedSampler(dataset))
    for _ in range(3):
        for step, (x, _) in enumerate(loader):  # expect: sampler-epoch-not-set
            print(step, x.mean())


class Trainer:
    def __init__(self):
        self.sampler = DistributedSampler(dataset)
        self.loader = DataLoader(dataset, sampler=self.sampler)

    def fit(self):
        for epoch in range(3):
            for x, _ in self.loader:  # expect: sampler-epoch-not-set
                print(epoch, x.mean())


# ── silent: the sampler is told ───────────────────────────────────────────────────────────────


def told():
    sampler = DistributedSampler(dataset)
    loader = DataLoader(dataset, batch_size=4, sampler=sampler)
    for epoch in range(3):
        sampler.set_epoch(epoch)
        for x, _ in loader:
            print(x.mean())


def told_through_the_loader(distributed):
    sampler = DistributedSampler(dataset) if distributed else None
    loader = DataLoader(dataset, batch_size=4, sampler=sampler)
    for epoch in range(3):
        if distributed:
            loader.sampler.set_epoch(epoch)
        for x, _ in loader:
            print(x.mean())


def told_by_a_helper():
    loader = DataLoader(dataset, sampler=DistributedSampler(dataset))
    for epoch in range(3):
        begin(loader, epoch)
        for x, _ in loader:
            print(x.mean())


def begin(loader, epoch):
    loader.sampler.set_epoch(epoch)


# ── silent: in order, or once ─────────────────────────────────────────────────────────────────


def in_order(shuffle):
    loader = DataLoader(dataset, sampler=DistributedSampler(dataset, shuffle=False))
    other = DataLoader(dataset, sampler=DistributedSampler(dataset, shuffle=shuffle))
    for _ in range(3):
        for x, _ in loader:
            print(x.mean())
        for x, _ in other:
            print(x.mean())


def single_epoch():
    loader = DataLoader(dataset, sampler=DistributedSampler(dataset))
    for x, _ in loader:
        print(x.mean())
    for _ in range(1):
        for x, _ in loader:
            print(x.mean())


def evaluated(model):
    loader = DataLoader(dataset, sampler=DistributedSampler(dataset))
    valid_loader = DataLoader(dataset, sampler=DistributedSampler(dataset))
    for _ in range(3):
        with torch.no_grad():
            for x, _ in loader:
                print(model(x))
        for x, _ in valid_loader:
            print(x.mean())


def made_for_each_epoch():
    for seed in range(3):
        loader = DataLoader(dataset, sampler=DistributedSampler(dataset, seed=seed))
        for x, _ in loader:
            print(x.mean())


def counted_by_a_framework():
    loader = prepare(DataLoader(dataset, sampler=DistributedSampler(dataset)))
    for _ in range(3):
        for x, _ in loader:
            print(x.mean())


def sampler_of_the_caller(sampler):
    loader = DataLoader(dataset, sampler=sampler)
    for _ in range(3):
        for x, _ in loader:
            print(x.mean())
