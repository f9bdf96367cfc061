import torch
import torch as th
import torch.distributed as dist
import torch.nn.functional as F
from recipes import accelerator, build_data
from torch import nn, optim
from torch import nn as layers
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils import data as td
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    Subset,
    TensorDataset,
)

dataset = TensorDataset(torch.randn(64, 4), torch.randn(64, 1))


class Points(Dataset):
    def __init__(self, points):
        self.points = points

    def __getitem__(self, index):
        return self.points[index], self.points[index].sum()

    def __len__(self):
        return len(self.points)


class PointsOfTheRank(Points):
    def __len__(self):
        return len(self.points) // dist.get_world_size()


class Lines(IterableDataset):
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with open(self.path) as lines:
            yield from lines


class LinesOfTheRank(Lines):
    def __iter__(self):
        with open(self.path) as lines:
            for number, line in enumerate(lines):
                if number % dist.get_world_size() == dist.get_rank():
                    yield line


def train_epoch(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()


def net(rank):
    return DDP(nn.Linear(4, 1).to(rank), device_ids=[rank])


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def main(rank):
    model = DDP(nn.Linear(4, 1).to(rank), device_ids=[rank])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loader = DataLoader(dataset, batch_size=4, shuffle=True)  # expect: distributed-sampler-missing
    for x, y in loader:
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()


def through_helpers(rank, points):
    model = net(rank)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loader = DataLoader(Points(points), batch_size=4)  # expect: distributed-sampler-missing
    for _ in range(3):
        train_epoch(model, loader, optimizer)


def without_a_sampler_by_name(rank):
    model = net(rank)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loader = DataLoader(Subset(dataset, range(32)), shuffle=True)  # expect: distributed-sampler-missing
    train_epoch(model, loader, optimizer)


def iterable(rank, path):
    model = net(rank)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    train_epoch(model, DataLoader(Lines(path), batch_size=4), optimizer)  # expect: distributed-sampler-missing


class Trainer:
    def __init__(self, rank, points):
        self.model = DDP(nn.Linear(4, 1), device_ids=[rank])
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.loader = DataLoader(Points(points), batch_size=4)  # expect: distributed-sampler-missing

    def fit(self):
        for x, y in self.loader:
            self.optimizer.zero_grad()
            F.mse_loss(self.model(x), y).backward()
            self.optimizer.step()


# ── silent: a sampler is given, or may be ─────────────────────────────────────────────────────


def with_samplers(rank, chosen, **options):
    model = net(rank)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    train_epoch(model, DataLoader(dataset, sampler=DistributedSampler(dataset)), optimizer)
    train_epoch(model, DataLoader(dataset, sampler=RandomSampler(dataset)), optimizer)
    batches = BatchSampler(DistributedSampler(dataset), batch_size=4, drop_last=True)
    train_epoch(model, DataLoader(dataset, batch_sampler=batches), optimizer)
    train_epoch(model, DataLoader(dataset, sampler=chosen), optimizer)
    train_epoch(model, DataLoader(dataset, **options), optimizer)


# ── silent: the data is divided ───────────────────────────────────────────────────────────────


def divided(rank, points, path):
    model = net(rank)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    part = Subset(dataset, range(rank, 64, dist.get_world_size()))
    train_epoch(model, DataLoader(part), optimizer)
    train_epoch(model, DataLoader(PointsOfTheRank(points)), optimizer)
    train_epoch(model, DataLoader(LinesOfTheRank(path)), optimizer)
    train_epoch(model, DataLoader(build_data(points)), optimizer)


# ── silent: prepared by a framework, or not for training ──────────────────────────────────────


def prepared(rank):
    model = net(rank)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loader = accelerator.prepare(DataLoader(dataset, batch_size=4))
    train_epoch(model, loader, optimizer)


def evaluated(rank):
    model = net(rank)
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in DataLoader(dataset, batch_size=4):
            total += F.mse_loss(model(x), y).item()
    return total


# ── silent: not surely distributed ────────────────────────────────────────────────────────────


def on_one_device():
    model = nn.DataParallel(nn.Linear(4, 1))
    train_epoch(model, DataLoader(dataset), optim.SGD(model.parameters(), lr=0.1))


def distributed_perhaps(rank, distributed):
    model = nn.Linear(4, 1)
    if distributed:
        model = DDP(model, device_ids=[rank])
    train_epoch(model, DataLoader(dataset), optim.SGD(model.parameters(), lr=0.1))


# ── under other names, and in methods ─────────────────────────────────────────────────────────


def one_module_under_two_names(rank):
    wrapped = layers.parallel.DistributedDataParallel(layers.Linear(4, 1).to(rank), device_ids=[rank])
    model = wrapped
    optimizer = th.optim.SGD(wrapped.parameters(), lr=0.1)
    batches = td.DataLoader(dataset, 8, True)  # expect: distributed-sampler-missing
    for x, y in batches:
        optimizer.zero_grad()
        F.mse_loss(model(x.to(rank)), y.to(rank)).backward()
        optimizer.step()


class Task:
    def __init__(self, rank, model: layers.Module):
        self.rank = rank
        self.model = layers.parallel.DistributedDataParallel(model.to(rank), device_ids=[rank])
        self.optimizer = th.optim.SGD(self.model.parameters(), lr=0.1)

    def loader(self):
        return td.DataLoader(dataset, 8, shuffle=True)  # expect: distributed-sampler-missing

    def step(self, x, y):
        self.optimizer.zero_grad()
        F.mse_loss(self.model(x), y).backward()
        self.optimizer.step()

    def run(self):
        loader = self.loader()
        for x, y in loader:
            self.step(x.to(self.rank), y.to(self.rank))


def part_of_the_rank(rank, world):
    model = net(rank)
    parts = td.random_split(dataset, [64 // world] * world)
    train_epoch(model, td.DataLoader(parts[rank], 8, shuffle=True), optim.SGD(model.parameters(), lr=0.1))
