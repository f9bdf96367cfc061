import torch
import torch.nn as nn
from torch.nn import Module, Parameter


class Base(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.width = width


# ── reported: too early ───────────────────────────────────────────────────────────────────────


class LayerTooEarly(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 3)  # expect: missing-super-init
        super().__init__()


class ParameterTooEarly(Module):
    def __init__(self, width):
        """The scale is learned."""
        self.width = width
        self.scale = Parameter(torch.ones(width))  # expect: missing-super-init
        super(ParameterTooEarly, self).__init__()  # the old way
        self.fc = nn.Linear(4, 3)


class BaseWithArguments(Base):
    def __init__(self, width):
        self.loss = nn.MSELoss()  # expect: missing-super-init
        super().__init__(width=width)


class BaseNeedsWhatComesBefore(Base):
    def __init__(self, config):
        width = config["width"]
        self.head = nn.Sequential(nn.Linear(width, 3), nn.ReLU())  # expect: missing-super-init
        super().__init__(width)


# ── reported: never ───────────────────────────────────────────────────────────────────────────


class Forgotten(nn.Module):
    def __init__(self, width):
        self.width = width
        self.fc = nn.Linear(width, 3)  # expect: missing-super-init

    def forward(self, x):
        return self.fc(x)


class ForgottenInAChild(Base):
    def __init__(self):
        self.inner = Base()  # expect: missing-super-init


class NotCalled(nn.Module):
    def __init__(self):
        super().__init__
        self.fc = nn.Linear(4, 3)  # expect: missing-super-init


# ── silent ────────────────────────────────────────────────────────────────────────────────────


class First(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)


class PlainValuesFirst(nn.Module):
    def __init__(self, width, names):
        self.width = width
        self.names = list(names)
        super().__init__()
        self.fc = nn.Linear(width, 3)


class LocalVariableFirst(nn.Module):
    def __init__(self):
        fc = nn.Linear(4, 3)
        super().__init__()
        self.fc = fc


class WithoutInit(nn.Module):
    fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


class NamedAncestor(Base):
    def __init__(self):
        Base.__init__(self, 8)
        self.fc = nn.Linear(8, 3)


class InitialisedByAMethod(nn.Module):
    def __init__(self):
        self._start()
        self.fc = nn.Linear(4, 3)

    def _start(self):
        nn.Module.__init__(self)


class InitialisedByAFunction(nn.Module):
    def __init__(self, start):
        start(self)
        self.fc = nn.Linear(4, 3)


class NoModule:
    def __init__(self):
        self.fc = nn.Linear(4, 3)


class Unregistered(nn.Module):
    def __init__(self, make):
        self.make = make
        self.layer = make()


class NotOnItself(nn.Module):
    def __init__(self, other):
        other.fc = nn.Linear(4, 3)
        super().__init__()
