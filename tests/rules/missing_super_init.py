import torch
import torch.nn as nn
from torch import nn as layers
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


# ── reported: through calls ───────────────────────────────────────────────────────────────────


class BuiltTooEarly(layers.Module):
    def __init__(self):
        self.build()  # expect: missing-super-init
        super().__init__()

    def build(self):
        self.fc = layers.Linear(4, 3)


class BufferWithoutTables(layers.Module):
    def __init__(self):
        self.register_buffer("mean", torch.zeros(3))  # expect: missing-super-init


class BuiltPerhaps(layers.Module):
    def __init__(self, wide):
        self.wide = wide
        self.build()
        super().__init__()

    def build(self):
        if self.wide:
            self.fc = layers.Linear(4, 3)


class PlainValuesByAMethod(layers.Module):
    def __init__(self):
        self.set_sizes()
        super().__init__()
        self.fc = layers.Linear(self.inner, 3)

    def set_sizes(self):
        self.inner = 4


# ── under other names, in other layouts ───────────────────────────────────────────────────────


class OfALayer(layers.Linear):
    def __init__(self):
        self.more = layers.Linear(3, 3)  # expect: missing-super-init
        super().__init__(3, 3)


# fmt: off
class OnOneLine(torch.nn.Module):
    def __init__(self, n): self.n = n; self.fc = layers.Linear(n, 3)  # expect: missing-super-init


class OverSeveralLines(layers.Module):
    def __init__(
        self,
        n,  # how wide
    ):
        # The layers.
        self.fc = layers.Linear(n, 3)  # expect: missing-super-init


class WithTabs(Module):
	def __init__(self):
		self.fc = layers.Linear(3, 3)  # expect: missing-super-init
# fmt: on


class Prepared:
    def prepare(self):
        super().__init__()


class InitialisedByAMixin(Prepared, layers.Module):
    def __init__(self):
        self.prepare()
        self.fc = layers.Linear(3, 3)


class DataclassStyle(layers.Module):
    def __post_init__(self):
        super().__init__()
        self.fc = layers.Linear(3, 3)


class OnEitherPath(layers.Module):
    def __init__(self, plain):
        if plain:
            super().__init__()
        else:
            layers.Module.__init__(self)
        self.fc = layers.Linear(3, 3)
