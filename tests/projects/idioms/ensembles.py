"""Several models in one loop."""

import torch
import torch.nn.functional as F
from networks import MLP
from torch import nn
from torch.func import functional_call, stack_module_state, vmap


def trained_in_turn(loader, size=5):
    members = [MLP() for _ in range(size)]
    for member in members:
        optimizer = torch.optim.Adam(member.parameters())
        member.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(member(x), y).backward()
            optimizer.step()
    return members


def trained_together(loader, size=5):
    members = nn.ModuleList(MLP() for _ in range(size))
    optimizers = [torch.optim.Adam(member.parameters()) for member in members]
    for x, y in loader:
        for member, optimizer in zip(members, optimizers):
            optimizer.zero_grad()
            F.cross_entropy(member(x), y).backward()
            optimizer.step()


def averaged_prediction(members, loader):
    for member in members:
        member.eval()
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            probabilities = torch.stack([member(x).softmax(dim=1) for member in members]).mean(dim=0)
            correct += (probabilities.argmax(dim=1) == y).sum().item()
    return correct


def all_at_once(members, x):
    parameters, buffers = stack_module_state(members)
    base = MLP().to("meta")
    base.eval()

    def call(parameters, buffers, x):
        return functional_call(base, (parameters, buffers), (x,))

    with torch.no_grad():
        return vmap(call, in_dims=(0, 0, None))(parameters, buffers, x)


def dropout_as_an_ensemble(x, times=20):
    model = MLP()
    model.train()
    with torch.no_grad():
        return torch.stack([model(x).softmax(dim=1) for _ in range(times)])
