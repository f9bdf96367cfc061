import os

import torch
import torch as th
from recipes import options, recover
from torch import nn, optim
from torch import nn as layers


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


def train_epoch(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def write(state, path):
    torch.save(state, path)


def first_epoch(path):
    if not os.path.exists(path):
        return 0
    return torch.load(path, map_location="cpu")["epoch"] + 1


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def epoch_and_model(loader, criterion, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for epoch in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict()}, path)  # expect: checkpoint-without-optimizer


def saved_by_a_helper(loader, criterion, path):
    model = Net()
    updates = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(first_epoch(path), 5):
        for x, y in loader:
            updates.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            updates.step()
        state = {
            "epoch": epoch + 1,
            "arch": options.arch,
            "state_dict": model.state_dict(),
            "best_acc": options.best,
        }
        write(state, path)  # expect: checkpoint-without-optimizer


def every_tenth_epoch(loader, criterion, path):
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters())
    for epoch in range(first_epoch(path), 100):
        train_epoch(net, loader, criterion, optimizer)
        if epoch % 10 == 9:
            torch.save(dict(epoch=epoch, net=net.state_dict()), path)  # expect: checkpoint-without-optimizer


class Trainer:
    def __init__(self, loader, criterion):
        self.loader, self.criterion = loader, criterion
        self.model = Net()
        self.optimizer = optim.RMSprop(self.model.parameters())

    def fit(self, path):
        for epoch in range(first_epoch(path), 5):
            train_epoch(self.model, self.loader, self.criterion, self.optimizer)
            self.save(epoch, path)  # expect: checkpoint-without-optimizer

    def save(self, epoch, path):
        torch.save({"epoch": epoch, "model": self.model.state_dict()}, path)


# ── silent: the best, the last ────────────────────────────────────────────────────────────────


def best_alone(loader, criterion, score, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    best = 0.0
    for epoch in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
        if score(model) > best:
            best = score(model)
            torch.save({"epoch": epoch, "model": model.state_dict()}, path)


def best_by_its_name(loader, criterion, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for epoch in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict()}, "model_best.pt")


def last_of_all(loader, criterion, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for _ in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
    torch.save({"epoch": 5, "model": model.state_dict()}, path)


# ── silent: nothing is lost ───────────────────────────────────────────────────────────────────


def plain_sgd(loader, criterion, path):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict()}, path)


def no_momentum(loader, criterion, path):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0)
    for epoch in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict()}, path)


# ── silent: not known ─────────────────────────────────────────────────────────────────────────


def optimizer_of_the_caller(model: nn.Module, loader, criterion, optimizer: optim.Optimizer, path):
    for epoch in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict()}, path)


def entries_that_may_be_anything(loader, criterion, path, **more):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for epoch in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict(), **more}, path)
        torch.save({"epoch": epoch, "model": model.state_dict(), "trainer": recover()}, path)


def weights_alone(loader, criterion, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for epoch in range(first_epoch(path), 5):
        train_epoch(model, loader, criterion, optimizer)
        torch.save(model.state_dict(), f"{path}/{epoch}.pt")


# ── under other names ─────────────────────────────────────────────────────────────────────────


def resumed_by_an_option(loader, criterion, path, resume):
    net = layers.Linear(4, 3)
    same = net
    rule = th.optim.Adam(net.parameters())
    start = 0
    if resume:
        checkpoint = th.load(resume, map_location="cpu")
        net.load_state_dict(checkpoint["model"])
        start = checkpoint["epoch"]
    for epoch in range(start, 10):
        for x, y in loader:
            rule.zero_grad()
            criterion(net(x), y).backward()
            rule.step()
        th.save({"model": same.state_dict(), "epoch": epoch}, path)  # expect: checkpoint-without-optimizer
