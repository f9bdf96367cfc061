import torch
import torch as th
import torch.nn as nn
from torch import nn as layers
from torch import optim, randn
from torch.autograd import Variable
from torch.nn import Parameter

# ── reported: a flag is not enough ────────────────────────────────────────────────────────────


class Flagged(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.scale = torch.ones(3, requires_grad=True)  # expect: unregistered-parameter

    def forward(self, x):
        return self.fc(x) * self.scale


class ImportedFactory(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.tokens = randn(1, width, requires_grad=True)  # expect: unregistered-parameter


class FlagSetLater(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = torch.zeros(3).requires_grad_()  # expect: unregistered-parameter


class OldVariable(nn.Module):
    def __init__(self):
        super().__init__()
        self.alpha = Variable(torch.zeros(3), requires_grad=True)  # expect: unregistered-parameter, legacy-tensor-constructor


class OverSeveralLines(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.mask = torch.full(  # expect: unregistered-parameter
            shape,
            0.5,
            requires_grad=True,
        )


class InAnotherMethod(nn.Module):
    def reset(self):
        self.memory = torch.rand(5, 3, requires_grad=True)  # expect: unregistered-parameter


# ── reported: a moved parameter ───────────────────────────────────────────────────────────────


class Moved(nn.Module):
    def __init__(self, device):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(3, 3)).to(device)  # expect: unregistered-parameter
        self.shift = Parameter(torch.zeros(3)).cuda()  # expect: unregistered-parameter, hard-coded-device


# ── silent ────────────────────────────────────────────────────────────────────────────────────


class Registered(nn.Module):
    def __init__(self, device):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.weights = nn.Parameter(torch.randn(3, 3).to(device))
        self.frozen = nn.Parameter(torch.ones(3), requires_grad=False)
        self.register_buffer("mean", torch.zeros(3))


class RegisteredByName(nn.Module):
    def __init__(self):
        super().__init__()
        weights = torch.randn(3, requires_grad=True)
        self.raw = torch.randn(3, requires_grad=True)
        self.register_parameter("weights", nn.Parameter(weights))


class WithoutGradient(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.anchors = torch.arange(width)
        self.fixed = torch.ones(3, requires_grad=False)


class Attacked(nn.Module):
    """Asks for the gradient of a tensor of its own."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.delta = torch.zeros(3, requires_grad=True)

    def attack(self, x):
        loss = self.model(x + self.delta).sum()
        return torch.autograd.grad(loss, self.delta)


class OptimizedByHand(nn.Module):
    def __init__(self):
        super().__init__()
        self.code = torch.zeros(3, requires_grad=True)


def optimize_the_code():
    holder = OptimizedByHand()
    return optim.Adam([holder.code], lr=0.1)


class NoModule:
    def __init__(self):
        self.weights = torch.randn(3, requires_grad=True)


class Computed(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        self.last = self.fc(x)
        return self.last


class OptionOfTheCaller(nn.Module):
    def __init__(self, learn):
        super().__init__()
        self.scale = torch.ones(3, requires_grad=learn)


# ── under other names, in helpers and other layouts ───────────────────────────────────────────


def made(size):
    return th.zeros(size, requires_grad=True)


class MadeElsewhere(layers.Module):
    def __init__(self, device):
        super().__init__()
        self.first = made(3)  # expect: unregistered-parameter
        second = th.randn(3, requires_grad=True)
        self.second = second  # expect: unregistered-parameter
        third = layers.Parameter(th.zeros(3))
        self.third = third.to(device)  # expect: unregistered-parameter
        self.fourth = layers.Parameter(th.zeros(3)).double()  # expect: unregistered-parameter
        self.fifth = layers.Parameter(th.zeros(3, device=device))


# fmt: off
class InOddLayouts(layers.Module):
    def __init__(self, device):
        super().__init__()
        self.alpha = th.tensor(1.0, requires_grad=True); self.x = 1  # expect: unregistered-parameter
        self.scale = layers.Parameter(  # expect: unregistered-parameter
            th.zeros(3),  # nothing at first
        ).to(device)
# fmt: on


class WrappedLater(layers.Module):
    def __init__(self):
        super().__init__()
        weight = th.randn(3, requires_grad=True)
        self.raw = weight
        self.weight = layers.Parameter(weight)


class OptimizedByItself(layers.Module):
    def __init__(self):
        super().__init__()
        self.code = th.zeros(3, requires_grad=True)
        self.optimizer = th.optim.SGD([self.code], lr=0.1)
