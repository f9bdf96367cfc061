from collections import OrderedDict

import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch import optim
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torchvision import models


class SigmoidAtTheEnd(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        return torch.sigmoid(self.fc(x))


class SigmoidInASequence(nn.Module):
    def __init__(self, channels=3):
        super().__init__()
        layers = []
        for _ in range(3):
            layers += [nn.Conv2d(channels, channels, 3), nn.ReLU()]
        layers.append(nn.Conv2d(channels, 1, 1))
        layers.append(nn.Sigmoid())
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return self.body(x).view(-1, 1)


class SigmoidByDefault(nn.Module):
    def __init__(self, hidden=8, final="sigmoid"):
        super().__init__()
        self.fc = nn.Linear(4, hidden)
        self.out = nn.Linear(hidden, 1)
        self.final = final

    def forward(self, x):
        x = self.out(torch.relu(self.fc(x)))
        if self.final == "sigmoid":
            x = torch.sigmoid(x)
        return x


class SigmoidIfAsked(nn.Module):
    def __init__(self, probabilities):
        super().__init__()
        self.fc = nn.Linear(4, 1)
        self.act = nn.Sigmoid() if probabilities else None

    def forward(self, x):
        x = self.fc(x)
        if self.act is not None:
            x = self.act(x)
        return x


class Logits(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x, probabilities=True):
        x = self.fc(x)
        return x.sigmoid() if probabilities else x

    def predict(self, x):
        return self(x, probabilities=False).sigmoid() > 0.3


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(4, 4)
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        return self.fc(x * torch.sigmoid(self.gate(x)))


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def function_into_function(logits, y):
    return F.binary_cross_entropy_with_logits(torch.sigmoid(logits), y)  # expect: sigmoid-before-bce-with-logits


def method_into_an_aliased_function(logits, y):
    return bce(logits.sigmoid(), y)  # expect: sigmoid-before-bce-with-logits


def used_for_the_loss_alone(model: nn.Module, x, y):
    probabilities = torch.sigmoid(model(x))
    loss = F.binary_cross_entropy_with_logits(probabilities, y)  # expect: sigmoid-before-bce-with-logits
    return loss


def used_for_a_metric_as_well(model: nn.Module, x, y):
    probabilities = torch.sigmoid(model(x))
    loss = F.binary_cross_entropy_with_logits(probabilities, y)  # expect: sigmoid-before-bce-with-logits
    return loss, (probabilities - y).abs().mean()


def layer_into_loss_object(model: nn.Module, x, y):
    sigmoid, criterion = nn.Sigmoid(), nn.BCEWithLogitsLoss(pos_weight=torch.tensor([3.0]))
    return criterion(sigmoid(model(x)), y)  # expect: sigmoid-before-bce-with-logits


def reshaped_on_the_way(model: nn.Module, x, y):
    scores = model(x).sigmoid()[:, 0].float()
    return nn.BCEWithLogitsLoss()(scores.squeeze(-1), y)  # expect: sigmoid-before-bce-with-logits


def limited_on_the_way(logits, y):
    scores = torch.clamp(torch.sigmoid(logits), 1e-6, 1 - 1e-6)
    return F.binary_cross_entropy_with_logits(scores, y)  # expect: sigmoid-before-bce-with-logits


def model_ends_with_it(loader):
    model = SigmoidAtTheEnd()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)  # expect: sigmoid-before-bce-with-logits
        loss.backward()
        optimizer.step()


def model_ends_with_a_list_that_does(x, y):
    net = SigmoidInASequence(channels=1)
    return F.binary_cross_entropy_with_logits(net(x), y)  # expect: sigmoid-before-bce-with-logits


def model_made_with_its_defaults(x, y):
    net = SigmoidByDefault(hidden=32)
    return F.binary_cross_entropy_with_logits(net(x), y)  # expect: sigmoid-before-bce-with-logits


def named_layers(x, y):
    net = nn.Sequential(OrderedDict([("fc", nn.Linear(4, 1)), ("out", nn.Sigmoid())]))
    return F.binary_cross_entropy_with_logits(net(x), y)  # expect: sigmoid-before-bce-with-logits


def layer_added_later(x, y):
    net = nn.Sequential()
    net.add_module("fc", nn.Linear(4, 1))
    net.add_module("out", nn.Sigmoid())
    return F.binary_cross_entropy_with_logits(net(x), y)  # expect: sigmoid-before-bce-with-logits


def new_head_of_a_known_model(x, y):
    model = models.resnet18(weights=None)
    model.fc = nn.Sequential(nn.Linear(512, 1), nn.Sigmoid())
    criterion = nn.BCEWithLogitsLoss()
    return criterion(model(x).squeeze(1), y)  # expect: sigmoid-before-bce-with-logits


class Trainer:
    def __init__(self, device):
        self.net = SigmoidAtTheEnd().to(device)
        self.criterion = nn.BCEWithLogitsLoss()

    def loss(self, x, y):
        output = self.net(x)
        return self.criterion(output, y)  # expect: sigmoid-before-bce-with-logits


# ── silent: logits ────────────────────────────────────────────────────────────────────────────


def logits_into_function(x, y):
    model = nn.Linear(4, 1)
    return F.binary_cross_entropy_with_logits(model(x), y)


def sigmoid_inside(x, y):
    return F.binary_cross_entropy_with_logits(Gated()(x), y)


def model_told_to_leave_it_out(x, y):
    model = SigmoidByDefault(final=None)
    return F.binary_cross_entropy_with_logits(model(x), y)


def forward_told_to_leave_it_out(x, y):
    model = Logits()
    return F.binary_cross_entropy_with_logits(model(x, probabilities=False), y)


def model_that_may_have_been_told(model: SigmoidByDefault, x, y):
    return F.binary_cross_entropy_with_logits(model(x), y)


def model_that_does_it_if_asked(x, y):
    model = SigmoidIfAsked(False)
    return F.binary_cross_entropy_with_logits(model(x), y)


def last_layer_taken_away(x, y):
    net = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
    net[-1] = nn.Identity()
    return F.binary_cross_entropy_with_logits(net(x), y)


def list_that_may_go_on(x, y, deep):
    layers = [nn.Linear(4, 1), nn.Sigmoid()]
    if deep:
        layers.append(nn.Linear(1, 1))
    net = nn.Sequential(*layers)
    return F.binary_cross_entropy_with_logits(net(x), y)


def undone_by_the_logit(probabilities, y):
    return F.binary_cross_entropy_with_logits(torch.logit(torch.sigmoid(probabilities)), y)


# ── silent: sigmoid for something else ────────────────────────────────────────────────────────


def sigmoid_for_a_metric(x, y):
    model = nn.Linear(4, 1)
    logits = model(x)
    loss = F.binary_cross_entropy_with_logits(logits, y)
    accuracy = ((torch.sigmoid(logits) > 0.5) == y).float().mean()
    return loss, accuracy.item()


def sigmoid_under_the_name_that_held_logits(x, y):
    model = nn.Linear(4, 1)
    output = model(x)
    loss = F.binary_cross_entropy_with_logits(output, y)
    output = output.sigmoid()
    print(output.round())
    return loss


def sigmoid_of_the_targets(logits, other):
    return F.binary_cross_entropy_with_logits(logits, torch.sigmoid(other).detach())


def sigmoid_into_the_loss_for_it(x, y):
    model = SigmoidAtTheEnd()
    return F.binary_cross_entropy(model(x), y)


# ── silent: unknown ───────────────────────────────────────────────────────────────────────────


def last_activation_is_unknown(model: nn.Module, x, y):
    return F.binary_cross_entropy_with_logits(model(x), y)


def loss_is_unknown(x, y, criterion):
    model = SigmoidAtTheEnd()
    return criterion(model(x), y)


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_tensor_under_two_names(x, y):
    net = layers.Linear(4, 1)
    probabilities = th.sigmoid(net(x))
    out = probabilities
    return F.binary_cross_entropy_with_logits(out, y)  # expect: sigmoid-before-bce-with-logits


class Discriminator(layers.Module):
    def __init__(self):
        super().__init__()
        self.main = layers.Sequential(layers.Linear(4, 8), layers.ReLU(), layers.Linear(8, 1), layers.Sigmoid())

    def forward(self, x):
        return self.main(x).view(-1)


class Run:
    def __init__(self):
        self.net = Discriminator()
        self.criterion = layers.BCEWithLogitsLoss(pos_weight=th.tensor([2.0]))

    def loss(self, out, y):
        return self.criterion(out, y)

    def step(self, x, y):
        return self.loss(self.net(x), y)  # expect: sigmoid-before-bce-with-logits


# fmt: off
def in_odd_layouts(x, y):
    net = Discriminator(); criterion = layers.BCEWithLogitsLoss(); criterion(net(x), y).backward()  # expect: sigmoid-before-bce-with-logits
    for _ in range(2): criterion(input=net(x), target=y).backward()  # expect: sigmoid-before-bce-with-logits
    return criterion(  # expect: sigmoid-before-bce-with-logits
        th.sigmoid(layers.Linear(4, 1)(x)),  # twice
        y,
    )
# fmt: on


def sigmoid_for_the_accuracy(x, y):
    logits = layers.Linear(4, 1)(x)
    loss = F.binary_cross_entropy_with_logits(logits, y)
    return loss, (logits.sigmoid() > 0.5).float()
