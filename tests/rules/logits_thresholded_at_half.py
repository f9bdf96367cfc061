import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch import optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 8)
        self.fc2 = nn.Linear(8, 1)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


class Probabilities(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        return torch.sigmoid(self.fc(x))


class ProbabilitiesInEvaluation(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        x = self.fc(x)
        return x if self.training else x.sigmoid()


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def accuracy_beside_the_loss(model: nn.Module, loader):
    criterion = nn.BCEWithLogitsLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    correct = 0
    for x, y in loader:
        optimizer.zero_grad()
        outputs = model(x)
        loss = criterion(outputs.squeeze(1), y)
        loss.backward()
        optimizer.step()
        correct += ((outputs > 0.5) == y).sum().item()  # expect: logits-thresholded-at-half
    return correct


def half_on_the_left(model: nn.Module, x, y):
    outputs = model(x)
    loss = F.binary_cross_entropy_with_logits(outputs, y)
    return loss, 0.5 <= outputs.view(-1)  # expect: logits-thresholded-at-half


def rounded(x, y):
    model = Net()
    outputs = model(x)
    loss = F.binary_cross_entropy_with_logits(outputs, y)
    return loss, th.round(outputs).eq(y)  # expect: logits-thresholded-at-half


def rounded_by_the_method(x, y):
    model = Net()
    loss = F.binary_cross_entropy_with_logits(model(x), y)
    return loss, model(x).squeeze().round()  # expect: logits-thresholded-at-half


def compared_by_the_method(x, y, threshold=0.5):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    loss = F.binary_cross_entropy_with_logits(model(x), y)
    return loss, model(x).detach().cpu().ge(threshold)  # expect: logits-thresholded-at-half


def as_an_array(model: nn.Module, x, y):
    outputs = model(x)
    loss = F.binary_cross_entropy_with_logits(outputs, y)
    predicted = outputs.detach().cpu().numpy() > 0.5  # expect: logits-thresholded-at-half
    return loss, predicted


@torch.no_grad()
def predict_with_a_known_model(path, x):
    model = Net()
    model.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    model.eval()
    return model(x).item() > 0.5  # expect: logits-thresholded-at-half


def train(net, loader):
    criterion = nn.BCEWithLogitsLoss()
    for x, y in loader:
        criterion(net(x), y).backward()


@torch.no_grad()
def accuracy_of(net, loader):
    net.eval()
    return [(net(x) > 0.5) == y for x, y in loader]  # expect: logits-thresholded-at-half


def main(build, loader):
    net: nn.Module = build()
    train(net, loader)
    print(accuracy_of(net, loader))


class Trainer:
    def __init__(self, model: nn.Module):
        self.model = model
        self.criterion = nn.BCEWithLogitsLoss()

    def loss(self, x, y):
        logits = self.model(x)
        return self.criterion(logits, y)

    def accuracy(self, x, y):
        predicted = (self.model(x) > 0.5).float()  # expect: logits-thresholded-at-half
        return (predicted == y).float().mean()


# ── silent: a sigmoid on the way ──────────────────────────────────────────────────────────────


def probability_compared(model: nn.Module, x, y):
    outputs = model(x)
    loss = F.binary_cross_entropy_with_logits(outputs, y)
    return loss, torch.sigmoid(outputs) > 0.5, outputs.sigmoid().round()


def probability_under_the_same_name(model: nn.Module, x, y):
    outputs = model(x)
    loss = F.binary_cross_entropy_with_logits(outputs, y)
    outputs = outputs.sigmoid()
    return loss, outputs > 0.5


def model_that_gives_probabilities(x, y):
    model = Probabilities()
    outputs = model(x)
    return F.binary_cross_entropy(outputs, y), outputs > 0.5


def model_that_gives_them_in_evaluation(x, y):
    model = ProbabilitiesInEvaluation()
    loss = F.binary_cross_entropy_with_logits(model(x), y)
    model.eval()
    with torch.no_grad():
        return loss, model(x) > 0.5


# ── silent: the middle of logits ──────────────────────────────────────────────────────────────


def compared_with_zero(model: nn.Module, x, y):
    outputs = model(x)
    loss = F.binary_cross_entropy_with_logits(outputs, y)
    return loss, outputs > 0, outputs.ge(0.0)


def another_threshold(model: nn.Module, x, y, threshold):
    outputs = model(x)
    loss = F.binary_cross_entropy_with_logits(outputs, y)
    return loss, outputs > threshold


# ── silent: last activation unknown ───────────────────────────────────────────────────────────


def unknown_model(model: nn.Module, x):
    return model(x) > 0.5


def trained_with_another_loss(model: nn.Module, x, y):
    outputs = model(x)
    return F.binary_cross_entropy(outputs, y), outputs > 0.5


def trained_on_another_output(model: nn.Module, other: nn.Module, x, y):
    loss = F.binary_cross_entropy_with_logits(other(x), y)
    return loss, model(x) > 0.5


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.score = nn.Linear(4, 1)
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x) * (self.score(x) > 0.5)


# ── under other names, through helpers and in other layouts ───────────────────────────────────


class Run:
    def __init__(self):
        self.net = Net()
        self.criterion = layers.BCEWithLogitsLoss()

    def out(self, x):
        return self.net(x)

    def step(self, x, y):
        out = self.out(x)
        same = out
        loss = self.criterion(out, y)
        return loss, ((same > 0.5) == y).float().mean()  # expect: logits-thresholded-at-half


def right_ones(scores, y):
    return scores.round() == y  # expect: logits-thresholded-at-half


def decided_by_a_helper(x, y):
    out = Net()(x)
    return F.binary_cross_entropy_with_logits(out, y), right_ones(out, y)


def positives(scores):
    return scores > 0.5


def probabilities_into_a_helper(x, y):
    out = Net()(x)
    return F.binary_cross_entropy_with_logits(out, y), positives(out.sigmoid())


def in_other_functions(x, y):
    out = Net()(x)
    loss = F.binary_cross_entropy_with_logits(out, y)
    chosen = th.where(out > 0.5, 1, 0)  # expect: logits-thresholded-at-half
    return (
        loss,
        chosen,
        th.gt(out, 0.5),  # expect: logits-thresholded-at-half
        [1 if one > 0.5 else 0 for one in out],  # expect: logits-thresholded-at-half
    )


# fmt: off
def in_odd_layouts(x, y):
    net = Net(); out = net(x); loss = F.binary_cross_entropy_with_logits(out, y); print(out > 0.5, loss)  # expect: logits-thresholded-at-half
    for _ in range(2): print(out > .5)  # expect: logits-thresholded-at-half
    return (
        out  # expect: logits-thresholded-at-half
        > 0.5
    )
# fmt: on
