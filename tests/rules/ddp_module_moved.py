import torch as th
import torch.nn as nn
from torch.nn.parallel import DistributedDataParallel as DDP


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def moved_at_last(loader, local_rank):
    model = DDP(Net())
    model.to(local_rank)  # expect: ddp-module-moved
    for x in loader:
        model(x).sum().backward()


def converted(device):
    net = nn.parallel.DistributedDataParallel(Net().to(device))
    return net.half()  # expect: ddp-module-moved


class Trainer:
    def __init__(self, rank):
        self.model = DDP(Net())
        self.model.cuda(rank)  # expect: ddp-module-moved

    def fit(self, loader):
        for x in loader:
            self.model(x).sum().backward()


def after_each_evaluation(loader, device):
    model = DDP(Net().to(device), device_ids=[device])
    for x in loader:
        model(x).sum().backward()
        model.cpu()  # expect: ddp-module-moved


def wrap(net):
    return DDP(net)


def wrapped_by_a_helper(loader, rank):
    net = wrap(Net())
    model = net
    model.to(rank)  # expect: ddp-module-moved
    for x in loader:
        net(x).sum().backward()


def moved_where_it_is_wrapped(loader, rank):
    model = nn.parallel.DistributedDataParallel(Net()).to(rank)  # expect: ddp-module-moved
    for x in loader:
        model(x).sum().backward()


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def moved_first(loader, local_rank):
    model = Net().half().to(local_rank)
    model = DDP(model, device_ids=[local_rank])
    for x in loader:
        model(x).sum().backward()


def moved_to_where_it_is(device):
    net = Net().to(device)
    model = DDP(net)
    model.to(device)
    return model


def after_the_last_step(loader, device):
    model = DDP(Net().to(device))
    for x in loader:
        model(x).sum().backward()
    model.cpu()
    th.save(model.module.state_dict(), "net.pt")


def perhaps_wrapped(loader, distributed, device):
    model = Net()
    if distributed:
        model = DDP(model)
    model.to(device)
    for x in loader:
        model(x).sum().backward()


def other_wrappers(device):
    model = nn.DataParallel(Net())
    return model.to(device)


def taken_out_after_the_last_step(loader, rank):
    model = DDP(Net().to(rank))
    for x in loader:
        model(x).sum().backward()
    plain = model.module
    plain.cpu()
    return plain


def to_where_it_is(rank, loader):
    model = nn.Linear(4, 2)
    model.cuda(rank)
    model = DDP(model, device_ids=[rank])
    model.to(rank)
    for x in loader:
        model(x).sum().backward()
