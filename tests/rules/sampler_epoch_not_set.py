import torch
import torch.utils.data.distributed as ddata
from recipes import prepare
from torch import nn, optim
from torch.utils import data as td
from torch.utils.data import BatchSampler, DataLoader, TensorDataset
from torch.utils.data import DistributedSampler as Sampler
from torch.utils.data.distributed import DistributedSampler

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


# ── under other names, through helpers and methods ────────────────────────────────────────────


def one_loader_under_two_names():
    order = ddata.DistributedSampler(dataset, num_replicas=2, rank=0)
    loader = td.DataLoader(dataset, sampler=order)
    batches = loader
    for epoch in range(3):
        for x, _ in batches:  # expect: sampler-epoch-not-set
            print(epoch, x)


def build_loader(world, rank):
    sampler = td.DistributedSampler(dataset, world, rank, shuffle=True)
    return DataLoader(dataset, batch_size=8, sampler=sampler), sampler


def made_by_a_helper(world, rank, epochs):
    loader, sampler = build_loader(world, rank)
    for epoch in range(epochs):
        for x, _ in loader:  # expect: sampler-epoch-not-set
            print(epoch, x, sampler)


class Run:
    def __init__(self, args, model: nn.Module):
        self.epochs = args.epochs
        self.model = model
        self.optimizer = optim.SGD(model.parameters(), lr=0.1)
        self.train_loader, self.sampler = build_loader(args.world, args.rank)

    def train_epoch(self):
        for x, y in self.train_loader:
            self.optimizer.zero_grad()
            nn.functional.mse_loss(self.model(x), y).backward()
            self.optimizer.step()

    def run(self):
        for epoch in range(1, self.epochs + 1):
            print(epoch)
            self.train_epoch()  # expect: sampler-epoch-not-set

    def run_in_new_orders(self):
        for epoch in range(self.epochs):
            self.sampler.set_epoch(epoch)
            self.train_epoch()


# fmt: off
def loops_on_one_line():
    sampler = td.DistributedSampler(dataset)
    loader = DataLoader(dataset, sampler=sampler)
    for epoch in range(3):
        for x, _ in loader: print(epoch, x)  # expect: sampler-epoch-not-set
# fmt: on


def told_where_it_can_be(world, rank):
    loader, _ = build_loader(world, rank)
    for epoch in range(3):
        if isinstance(loader.sampler, td.DistributedSampler):
            loader.sampler.set_epoch(epoch)
        for x, _ in loader:
            print(x)
