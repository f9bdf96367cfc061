import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from losses import remember
from torch import nn as layers
from torch import optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def graph_made_anew(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward(retain_graph=True)  # expect: retain-graph-in-loop
        optimizer.step()


def state_carried_on(loader):
    cell = nn.GRUCell(4, 4)
    optimizer = optim.SGD(cell.parameters(), lr=0.1)
    hidden = th.zeros(8, 4)
    for x, y in loader:
        optimizer.zero_grad()
        hidden = cell(x, hidden)  # expect: hidden-state-not-detached
        F.mse_loss(hidden, y).backward(retain_graph=True)  # expect: retain-graph-in-loop
        optimizer.step()


def gradients_recorded_for_nothing(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward(create_graph=True)  # expect: retain-graph-in-loop
        optimizer.step()


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

    def loss(self, x, y):
        return F.cross_entropy(self.model(x), y)

    def fit(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            self.loss(x, y).backward(retain_graph=True)  # expect: retain-graph-in-loop
            self.optimizer.step()


def of_the_autograd_module(loader):
    net = layers.Linear(4, 3)
    model = net
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        error = F.cross_entropy(model(x), y)
        th.autograd.backward(error, retain_graph=True)  # expect: retain-graph-in-loop
        optimizer.step()


def two_losses_of_two_graphs(left: nn.Module, right: nn.Module, loader):
    optimizer = optim.SGD([*left.parameters(), *right.parameters()], lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        first = F.mse_loss(left(x), y)
        second = F.mse_loss(right(x), y)
        first.backward(retain_graph=True)  # expect: retain-graph-in-loop
        second.backward()
        optimizer.step()


# ── silent: the same graph is used again ──────────────────────────────────────────────────────


def two_losses_of_one_output(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        output = model(x)
        F.cross_entropy(output, y).backward(retain_graph=True)
        output.pow(2).mean().backward()
        optimizer.step()


def discriminator_and_generator(generator: nn.Module, critic: nn.Module, loader):
    one = optim.Adam(generator.parameters())
    two = optim.Adam(critic.parameters())
    for x, _ in loader:
        fake = generator(x)
        two.zero_grad()
        critic(fake).mean().backward(retain_graph=True)
        two.step()
        one.zero_grad()
        (-critic(fake).mean()).backward()
        one.step()


def gradient_of_the_gradient(model: nn.Module, loader):
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward(create_graph=True)
        penalty = sum(p.grad.pow(2).sum() for p in model.parameters())
        penalty.backward()


def gradients_asked_for_as_well(model: nn.Module, loader):
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward(retain_graph=True)
        torch.autograd.grad(loss, list(model.parameters()))


def graph_made_outside(model: nn.Module, x, targets):
    output = model(x)
    for y in targets:
        F.cross_entropy(output, y).backward(retain_graph=True)


def two_losses_of_one_unseen_result(shared, left, right, loader, optimizer):
    for x, y, z in loader:
        optimizer.zero_grad()
        features = shared(x)
        first = F.mse_loss(left(features), y)
        second = F.mse_loss(right(features), z)
        first.backward(retain_graph=True)
        second.backward()
        optimizer.step()


def each_class_of_one_output(model: nn.Module, x):
    scores = model(x)
    for k in range(3):
        scores[:, k].sum().backward(retain_graph=True)


# ── silent: not kept, or not in a loop ────────────────────────────────────────────────────────


def not_kept(model: nn.Module, loader):
    for x, y in loader:
        F.cross_entropy(model(x), y).backward(retain_graph=False)


def once(model: nn.Module, x, y):
    F.cross_entropy(model(x), y).backward(retain_graph=True)


def chosen_by_an_option(model: nn.Module, loader, keep):
    for x, y in loader:
        F.cross_entropy(model(x), y).backward(retain_graph=keep)


def loss_is_kept_elsewhere(model: nn.Module, loader):
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        remember(loss)
        loss.backward(retain_graph=True)


def helper_keeps_the_graph_for_its_caller(optimizer, loss):
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
    optimizer.step()


def kept_for_the_generator(generator: nn.Module, critic: nn.Module, loader):
    one = optim.Adam(generator.parameters())
    two = optim.Adam(critic.parameters())
    for x, _ in loader:
        fake = generator(x)
        helper_keeps_the_graph_for_its_caller(two, critic(fake).mean())
        one.zero_grad()
        (-critic(fake).mean()).backward()
        one.step()


def each_of_several_losses(model: nn.Module, loader):
    for x, y in loader:
        output = model(x)
        for loss in [F.cross_entropy(output, y), output.pow(2).mean()]:
            loss.backward(retain_graph=True)


def two_by_the_autograd_module(model: nn.Module, loader):
    for x, y in loader:
        output = model(x)
        torch.autograd.backward(F.cross_entropy(output, y), retain_graph=True)
        torch.autograd.backward(output.pow(2).mean())


def gradients_of_the_inputs(model: nn.Module, loader):
    for x, _ in loader:
        x.requires_grad_()
        loss = model(x).sum()
        loss.backward(create_graph=True)
        x.grad.pow(2).sum().backward()


def by_position(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward(None, True)  # expect: retain-graph-in-loop
        optimizer.step()
