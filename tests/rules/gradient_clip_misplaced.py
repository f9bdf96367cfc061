import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn.utils import clip_grad_norm_, clip_grad_value_ as clip_values

from recipes import compute_gradients


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def clipped_after_the_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        clip_grad_norm_(model.parameters(), 1.0)  # expect: gradient-clip-misplaced


def clipped_before_backward(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # expect: gradient-clip-misplaced
        loss.backward()
        optimizer.step()


def values_clipped_before_backward(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        clip_values(model.parameters(), 0.5)  # expect: gradient-clip-misplaced
        loss.backward()
        optimizer.step()


def clipped_while_scaled(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # expect: gradient-clip-misplaced
        scaler.step(optimizer)
        scaler.update()


def clip(model):
    clip_grad_norm_(model.parameters(), 1.0)


def helper_clips_after_the_step(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
        clip(net)  # expect: gradient-clip-misplaced


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

    def step(self, x, y):
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(x), y).backward()
        self.optimizer.step()
        norm = clip_grad_norm_(self.model.parameters(), 1.0)  # expect: gradient-clip-misplaced
        return norm


# ── silent: between backward and step ─────────────────────────────────────────────────────────


def in_order(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def unscaled_first(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()


def accumulated(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        (F.cross_entropy(model(x), y) / k).backward()
        if (i + 1) % k == 0:
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()


def one_clip_for_each_network(loader):
    actor, critic = Net(), Net()
    one = optim.SGD(actor.parameters(), lr=0.1)
    two = optim.SGD(critic.parameters(), lr=0.1)
    for x, y in loader:
        one.zero_grad()
        F.cross_entropy(actor(x), y).backward()
        clip_grad_norm_(actor.parameters(), 1.0)
        one.step()
        two.zero_grad()
        F.cross_entropy(critic(x), y).backward()
        clip_grad_norm_(critic.parameters(), 1.0)
        two.step()


# ── silent: the order is not known ────────────────────────────────────────────────────────────


def gradients_of_a_helper_that_cannot_be_seen(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        compute_gradients(F.cross_entropy(model(x), y))
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def clipped_for_the_caller(model, optimizer):
    clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def clip_and_step(model, optimizer):
    clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def helper_clips_inside(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        clip_and_step(net, optimizer)
