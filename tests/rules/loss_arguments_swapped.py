import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch import optim
from torch.nn.functional import binary_cross_entropy as bce


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def function_and_a_batch(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(y, model(x))  # expect: loss-arguments-swapped
        loss.backward()
        optimizer.step()


def loss_object_and_a_variable(loader, model: nn.Module):
    criterion = th.nn.NLLLoss(reduction="sum")
    for x, y in loader:
        output = F.log_softmax(model(x), dim=1)
        loss = criterion(y.long(), output)  # expect: loss-arguments-swapped
        loss.backward()


def aliased_function(model: nn.Module, x):
    labels = torch.ones(8, 1)
    loss = bce(labels, torch.sigmoid(model(x)))  # expect: loss-arguments-swapped
    loss.backward()


def keyword_arguments(model: nn.Module, x):
    wanted = torch.randint(0, 3, (8,))
    return F.cross_entropy(input=wanted, target=model(x))  # expect: loss-arguments-swapped


def keywords_the_other_way_round(model: nn.Module, x):
    wanted = torch.randint(0, 3, (8,))
    return F.cross_entropy(target=model(x), input=wanted)  # expect: loss-arguments-swapped


def further_arguments_stay(model: nn.Module, x, weights):
    wanted = torch.zeros(8, 1)
    return F.binary_cross_entropy_with_logits(  # expect: loss-arguments-swapped
        wanted,  # all of them
        model(x),
        pos_weight=weights,
    )


@torch.no_grad()
def evaluation(model, loader):
    model.eval()
    criterion = nn.CrossEntropyLoss()
    total = 0.0
    for x, target in loader:
        output = model(x)
        total += criterion(target, output).item()  # expect: loss-arguments-swapped
    return total


class Trainer:
    def __init__(self):
        self.net = Net()
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)

    def fit(self, loader):
        for images, labels in loader:
            self.optimizer.zero_grad()
            loss = self.criterion(labels, self.net(images))  # expect: loss-arguments-swapped
            loss.backward()
            self.optimizer.step()


def train_step(net, criterion, x, y):
    loss = criterion(y, net(x))  # expect: loss-arguments-swapped
    loss.backward()


def loss_object_comes_from_the_caller(loader):
    net = Net()
    for x, y in loader:
        train_step(net, nn.CrossEntropyLoss(), x, y)


# ── silent: in order ──────────────────────────────────────────────────────────────────────────


def in_order(loader):
    model = Net()
    criterion = nn.CrossEntropyLoss()
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()


def in_order_by_keywords(model: nn.Module, x):
    wanted = torch.randint(0, 3, (8,))
    return F.cross_entropy(target=wanted, input=model(x))


def reconstruction(loader, autoencoder: nn.Module):
    for (x,) in loader:
        loss = F.binary_cross_entropy(torch.sigmoid(autoencoder(x)), x)
        loss.backward()


def teacher_as_the_target(loader, teacher: nn.Module, student: nn.Module):
    for x, _ in loader:
        with torch.no_grad():
            wanted = teacher(x).softmax(dim=1)
        loss = F.cross_entropy(student(x), wanted)
        loss.backward()


# ── silent: either side unknown ───────────────────────────────────────────────────────────────


def both_are_parameters(a, b):
    return F.cross_entropy(a, b)


def both_are_outputs(x, student: nn.Module, teacher: nn.Module):
    return F.cross_entropy(student(x), teacher(x).softmax(dim=1))


def scores_that_are_learned(model: nn.Module, x):
    scores = torch.zeros(8, 3, requires_grad=True)
    loss = F.cross_entropy(scores, model(x).softmax(dim=1))
    loss.backward()


def target_of_unknown_source(model: nn.Module, x, labels_of):
    return F.binary_cross_entropy(labels_of(x), torch.sigmoid(model(x)))


# ── silent: symmetric losses ──────────────────────────────────────────────────────────────────


def symmetric_losses(loader, model: nn.Module):
    mse = nn.MSELoss()
    for x, y in loader:
        loss = mse(y, model(x)) + F.l1_loss(y, model(x)) + F.smooth_l1_loss(y, model(x))
        loss.backward()


# ── silent: losses of others ──────────────────────────────────────────────────────────────────


class OwnLoss(nn.Module):
    def forward(self, target, output):
        return F.cross_entropy(output, target)


def own_order(loader, model: nn.Module):
    criterion = OwnLoss()
    for x, y in loader:
        loss = criterion(y, model(x))
        loss.backward()


# ── under other names, in methods and other layouts ───────────────────────────────────────────


class Run:
    def __init__(self):
        self.net = layers.Linear(4, 3)
        self.criterion = layers.CrossEntropyLoss()

    def out(self, x):
        return self.net(x)

    def loss(self, a, b):
        return self.criterion(a, b)

    def step(self, loader):
        for x, y in loader:
            out = self.out(x)
            same = out
            loss = self.loss(y, same)  # expect: loss-arguments-swapped
            loss.backward()

    def step_in_order(self, loader):
        for x, y in loader:
            self.loss(self.out(x), y).backward()


def parts_of_a_batch(loader, net: layers.Module):
    for batch in loader:
        x, y = batch
        F.nll_loss(y, F.log_softmax(net(x), 1)).backward()  # expect: loss-arguments-swapped
        F.cross_entropy(batch[1], net(batch[0])).backward()  # expect: loss-arguments-swapped


# fmt: off
def in_odd_layouts(loader, net: layers.Module):
    for x, y in loader:
        a = 1; b = F.cross_entropy(y, net(x)); b.backward(); print(a)  # expect: loss-arguments-swapped
        for _ in range(2): F.cross_entropy(y, net(x)).backward()  # expect: loss-arguments-swapped
        F.binary_cross_entropy_with_logits(  # expect: loss-arguments-swapped
            y.float(),  # wanted
            net(x),
        ).backward()
# fmt: on


def one_output_as_the_target_of_another(loader, net: layers.Module, teacher: layers.Module):
    for x, _ in loader:
        F.binary_cross_entropy(teacher(x).sigmoid(), net(x).sigmoid()).backward()
