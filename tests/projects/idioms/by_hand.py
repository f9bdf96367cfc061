"""Updates without an optimizer."""

import torch
import torch.nn.functional as F
from networks import MLP


def descent(x, y, lr=1e-6):
    weight = torch.randn(3, requires_grad=True)
    for _ in range(1000):
        loss = (x @ weight - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            weight -= lr * weight.grad
            weight.grad = None


def descent_over_a_model(loader, lr=0.1):
    model = MLP()
    for x, y in loader:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= lr * parameter.grad


def descent_through_data(loader, lr=0.1):
    model = MLP()
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        for parameter in model.parameters():
            parameter.grad = None
        loss.backward()
        for parameter in model.parameters():
            parameter.data -= lr * parameter.grad  # expect: tensor-data-access


def langevin(energy, x, steps=60, size=10):
    for parameter in energy.parameters():
        parameter.requires_grad_(False)
    x = x.detach().requires_grad_(True)
    for _ in range(steps):
        (slope,) = torch.autograd.grad(energy(x).sum(), x)
        x = (x - size * slope + 0.005 * torch.randn_like(x)).detach().requires_grad_(True)
    return x.detach()


def hogwild(rank, model, loader):
    torch.manual_seed(rank)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def averaged_over_workers(model: MLP, loader, world):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        for parameter in model.parameters():
            torch.distributed.all_reduce(parameter.grad)
            parameter.grad /= world
        optimizer.step()
