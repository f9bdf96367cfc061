import torch
import torch as th
import torch.nn.functional as F
from torch import nn as layers
from torch.nn import BCELoss, CrossEntropyLoss


class Net(layers.Module):
    def __init__(self):
        super().__init__()
        self.fc = layers.Linear(4, 3)
        self.criterion = CrossEntropyLoss()

    def forward(self, x):
        return self.fc(x)

    def loss(self, x, y):
        return layers.MSELoss(self(x), y)  # expect: loss-class-called


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def batches_of_a_loader(data, model):
    loader = torch.utils.data.DataLoader(data)
    for x, y in loader:
        loss = CrossEntropyLoss(model(x), y)  # expect: loss-class-called
        loss.backward()


def aliased_names(x: torch.Tensor, y: torch.Tensor):
    return BCELoss(torch.sigmoid(x), y, reduction="sum")  # expect: loss-class-called


def output_of_a_helper(x):
    output = predict(Net(), x)
    return layers.L1Loss(output, x)  # expect: loss-class-called


def predict(net, x):
    return net(x)


def no_error_at_all(rate: torch.Tensor, count: torch.Tensor):
    return layers.PoissonNLLLoss(rate, count)  # expect: loss-class-called


# ── silent: options ───────────────────────────────────────────────────────────────────────────


def weights(counts: torch.Tensor):
    weight = 1 / counts
    return CrossEntropyLoss(weight), CrossEntropyLoss(torch.ones(3), ignore_index=0), BCELoss(weight)


def positional_options(weight: torch.Tensor):
    return layers.NLLLoss(weight, None, -100), layers.SmoothL1Loss(None, None, "sum"), layers.TripletMarginLoss(0.5)


def called_properly(x: torch.Tensor, y: torch.Tensor):
    return CrossEntropyLoss()(x, y), layers.MSELoss(reduction="sum")(x, y), F.cross_entropy(x, y)


def unknown_arguments(a, b):
    return layers.MSELoss(a, b)


def handed_on(*args):
    return layers.MSELoss(*args)


# ── under other names, in methods and other layouts ───────────────────────────────────────────


class Run:
    def __init__(self):
        self.net = layers.Linear(4, 3)

    def out(self, x):
        return self.net(x)

    def step(self, x, y):
        out = self.out(x)
        same = out
        return th.nn.CrossEntropyLoss(same, y)  # expect: loss-class-called


# fmt: off
def in_odd_layouts(x: th.Tensor, y: th.Tensor):
    a = 1; b = layers.MSELoss(x, y); print(a, b)  # expect: loss-class-called
    for _ in range(2): layers.L1Loss(x, y)  # expect: loss-class-called
    return layers.BCEWithLogitsLoss(  # expect: loss-class-called
        x,  # the output
        y,
        reduction="sum",
    )
# fmt: on


def weights_by_position(w: th.Tensor, net: layers.Module):
    balance = net(w)
    return (
        CrossEntropyLoss(w, reduction="sum"),
        layers.BCEWithLogitsLoss(None, None, "mean", w),
        CrossEntropyLoss(balance),
    )
