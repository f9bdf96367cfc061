import numpy as np
import torch
import torch as th
from torch import Tensor, autograd, nn
from torch import nn as layers
from torch.autograd import Variable


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.Tensor(3, 4))  # expect: legacy-tensor-constructor
        self.scale = nn.Parameter(torch.FloatTensor([1.0]))  # expect: legacy-tensor-constructor

    def forward(self, x):
        noise = Variable(torch.randn(3, 4))  # expect: legacy-tensor-constructor
        return x + noise


class Quantity(torch.Tensor):
    @staticmethod
    def __new__(cls, data):
        return torch.Tensor._make_subclass(cls, data)


# ── reported: sizes ───────────────────────────────────────────────────────────────────────────


def sizes(n, rows):
    one = torch.Tensor(n, 3)  # expect: legacy-tensor-constructor
    two = th.LongTensor(len(rows), 2).zero_()  # expect: legacy-tensor-constructor
    three = Tensor(rows.shape)  # expect: legacy-tensor-constructor
    four = torch.Tensor(10).uniform_()  # expect: legacy-tensor-constructor
    return one, two, three, four


# ── reported: data ────────────────────────────────────────────────────────────────────────────


def data(rows):
    one = torch.Tensor([1, 2, 3])  # expect: legacy-tensor-constructor
    two = torch.LongTensor([row[0] for row in rows])  # expect: legacy-tensor-constructor
    three = torch.FloatTensor(np.array(rows))  # expect: legacy-tensor-constructor
    four = torch.ByteTensor((1, 0))  # expect: legacy-tensor-constructor
    return one, two, three, four


# ── reported: nobody knows which ──────────────────────────────────────────────────────────────


def either_way(rows, sizes):
    one = torch.Tensor(rows)  # expect: legacy-tensor-constructor
    two = torch.FloatTensor(*sizes)  # expect: legacy-tensor-constructor
    return one, two


# ── reported: Variable ────────────────────────────────────────────────────────────────────────


def variables(x, y, loader):
    for a, b in loader:
        a, b = Variable(a), Variable(b)  # expect: legacy-tensor-constructor, legacy-tensor-constructor
    z = Variable(x + y).sum()  # expect: legacy-tensor-constructor
    w = th.autograd.Variable(torch.zeros(3), requires_grad=True)  # expect: legacy-tensor-constructor
    v = Variable(x, volatile=True)  # expect: legacy-tensor-constructor
    return a, b, z, w, v


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def today(rows):
    return torch.tensor(rows), torch.empty(3, 4), torch.zeros(3), torch.as_tensor(rows)


def checks(x: torch.Tensor, y: "torch.FloatTensor") -> torch.LongTensor:
    assert isinstance(x, (torch.Tensor, Variable))
    return y.type(torch.LongTensor), x.dtype


def nothing_in_it():
    return torch.Tensor(), torch.FloatTensor()


# ── under other names, in methods and other layouts ───────────────────────────────────────────


class Held(layers.Module):
    def __init__(self):
        super().__init__()
        self.weight = layers.Parameter(self.make(3))

    def make(self, size):
        return th.Tensor(size)  # expect: legacy-tensor-constructor

    def forward(self, x):
        return autograd.Variable(x) * self.weight  # expect: legacy-tensor-constructor


# fmt: off
def in_odd_layouts():
    a = 1; b = th.FloatTensor([1.0, 2.0]); print(a, b)  # expect: legacy-tensor-constructor
    for _ in range(2): th.Tensor(2, 3)  # expect: legacy-tensor-constructor
    return th.LongTensor(  # expect: legacy-tensor-constructor
        [1, 2],  # labels
    )
# fmt: on


def types_of_tensors(x):
    return x.type(th.FloatTensor), type(x) is th.Tensor, th.Tensor.add(x, x), {"float": th.FloatTensor}
