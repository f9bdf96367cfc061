import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from recipes import load_classifier
from torch import nn as layers
from torch import optim
from torch.nn import CrossEntropyLoss
from torch.nn.functional import cross_entropy


class SoftmaxAtTheEnd(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return F.softmax(self.fc(x), dim=1)


class SoftmaxLayerAtTheEnd(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        x = torch.relu(self.hidden(x))
        x = self.head(x)
        return self.softmax(x)


class Logits(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

    def predict(self, x):
        return self(x).softmax(dim=1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(4, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        weights = torch.softmax(self.query(x) @ x.T, dim=-1)
        return self.head(weights @ x)


class ProbabilitiesOnlyInEvaluation(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        logits = self.fc(x)
        if self.training:
            return logits
        return logits.softmax(dim=1)


class LogitsAndProbabilities(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        logits = self.fc(x)
        return logits, F.softmax(logits, dim=1)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def function_into_function(logits, y):
    return F.cross_entropy(F.softmax(logits, dim=1), y)  # expect: softmax-before-cross-entropy


def softmax_under_a_name(x, y):
    model = Logits()
    probabilities = torch.softmax(model(x), dim=1)
    loss = cross_entropy(probabilities, y)  # expect: softmax-before-cross-entropy
    return loss


def method_into_loss_object(model, x, y):
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    output = model(x).softmax(-1)
    return criterion(output, y)  # expect: softmax-before-cross-entropy


def layer_into_loss_object(x, y):
    layer, softmax = nn.Linear(4, 3), nn.Softmax(dim=1)
    criterion = CrossEntropyLoss()
    return criterion(softmax(layer(x)), y)  # expect: softmax-before-cross-entropy


def layer_built_on_the_spot(logits, y):
    return nn.CrossEntropyLoss()(nn.Softmax(dim=1)(logits), y)  # expect: softmax-before-cross-entropy


def keyword_arguments(logits, y):
    return F.cross_entropy(target=y, input=logits.softmax(dim=1))  # expect: softmax-before-cross-entropy


def model_ends_with_the_function(loader):
    model = SoftmaxAtTheEnd()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy
        loss.backward()
        optimizer.step()


def model_ends_with_the_layer(loader):
    net = SoftmaxLayerAtTheEnd()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(net.parameters())
    for x, y in loader:
        optimizer.zero_grad()
        outputs = net(x)
        loss = criterion(outputs, y)  # expect: softmax-before-cross-entropy
        loss.backward()
        optimizer.step()


def sequential_ends_with_the_layer(x, y):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(dim=1))
    return F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy


def model_as_a_parameter(model: SoftmaxAtTheEnd, x, y):
    return F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy


def build():
    model = SoftmaxAtTheEnd()
    criterion = nn.CrossEntropyLoss()
    return model, criterion


def model_and_criterion_from_one_call(x, y):
    model, criterion = build()
    return criterion(model(x), y)  # expect: softmax-before-cross-entropy


def to_probabilities(logits):
    return logits.softmax(dim=1)


def helper_returns_probabilities(model: nn.Module, x, y):
    scores = to_probabilities(model(x))
    return F.cross_entropy(scores, y)  # expect: softmax-before-cross-entropy


def second_output_is_the_wrong_one(x, y):
    model = LogitsAndProbabilities()
    logits, probabilities = model(x)
    print(logits.shape)
    return F.cross_entropy(probabilities, y)  # expect: softmax-before-cross-entropy


class Trainer:
    def __init__(self, lr):
        self.model = SoftmaxLayerAtTheEnd()
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(self.model.parameters(), lr=lr)

    def train_step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)  # expect: softmax-before-cross-entropy
        loss.backward()
        self.optimizer.step()
        return loss.item()


class WithItsOwnLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return torch.softmax(self.fc(x), dim=-1)

    def loss(self, x, y):
        return F.cross_entropy(self(x), y)  # expect: softmax-before-cross-entropy


class LossWhereLabelsAreGiven(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x, labels=None):
        probs = self.fc(x).softmax(dim=-1)
        loss = None
        if labels is not None:
            loss = self.criterion(probs, labels)  # expect: softmax-before-cross-entropy
        return loss, probs


# ── silent: logits ────────────────────────────────────────────────────────────────────────────


def logits_into_function(x, y):
    model = Logits()
    return F.cross_entropy(model(x), y)


def logits_into_loss_object(x, y):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    criterion = nn.CrossEntropyLoss()
    return criterion(model(x), y)


def first_output_is_the_right_one(x, y):
    model = LogitsAndProbabilities()
    logits, probabilities = model(x)
    print(probabilities.max(dim=1))
    return F.cross_entropy(logits, y)


def softmax_inside_attention(x, y):
    model = Attention()
    return F.cross_entropy(model(x), y)


def softmax_in_the_middle_of_a_sequential(x, y):
    gate = nn.Sequential(nn.Linear(4, 4), nn.Softmax(dim=1), nn.Linear(4, 3))
    return F.cross_entropy(gate(x), y)


def softmax_weights_a_mixture(x, y):
    gate, experts = nn.Linear(4, 2), nn.ModuleList([nn.Linear(4, 3), nn.Linear(4, 3)])
    weights = F.softmax(gate(x), dim=1)
    logits = weights[:, :1] * experts[0](x) + weights[:, 1:] * experts[1](x)
    return F.cross_entropy(logits, y)


class ProbabilitiesWhereLabelsAreLeftOut(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x, labels=None):
        logits = self.fc(x)
        if labels is None:
            logits = logits.softmax(dim=-1)
        if labels is not None:
            return F.cross_entropy(logits, labels)
        return logits


# ── silent: log_softmax with nll_loss ─────────────────────────────────────────────────────────


def log_probabilities_into_nll_loss(logits, y):
    return F.nll_loss(F.log_softmax(logits, dim=1), y)


def log_probabilities_into_nll_loss_object(x, y):
    model = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1))
    return nn.NLLLoss()(model(x), y)


def log_probabilities_are_redundant_but_right(logits, y):
    return F.cross_entropy(F.log_softmax(logits, dim=1), y)


# ── silent: softmax for something else ────────────────────────────────────────────────────────


def softmax_for_the_confidence(x, y):
    model = Logits()
    logits = model(x)
    loss = F.cross_entropy(logits, y)
    confidence = F.softmax(logits, dim=1).max(dim=1).values
    return loss, confidence.mean().item()


def softmax_under_the_name_that_held_logits(x, y):
    model = Logits()
    output = model(x)
    loss = F.cross_entropy(output, y)
    output = output.softmax(dim=1)
    print(output.argmax(dim=1))
    return loss


def predictions_of_a_method(x, y):
    model = Logits()
    print(model.predict(x))
    return F.cross_entropy(model(x), y)


def probabilities_into_another_loss(x, y):
    model = SoftmaxAtTheEnd()
    return F.mse_loss(model(x), F.one_hot(y, 3).float())


def probabilities_only_in_evaluation(x, y):
    model = ProbabilitiesOnlyInEvaluation()
    return F.cross_entropy(model(x), y)


def probabilities_on_one_branch_only(logits, y, metric):
    if metric:
        scores = logits.softmax(dim=1)
        return scores.max(dim=1).values.mean()
    scores = logits
    return F.cross_entropy(scores, y)


# ── silent: the softmaxed side is the target ──────────────────────────────────────────────────


def soft_targets_of_a_teacher(teacher: nn.Module, student: nn.Module, x, temperature=2.0):
    with torch.no_grad():
        wanted = F.softmax(teacher(x) / temperature, dim=1)
    return F.cross_entropy(student(x) / temperature, wanted)


def soft_targets_as_a_keyword(logits, other):
    return F.cross_entropy(logits, target=other.softmax(dim=1).detach())


def soft_targets_into_loss_object(logits, other):
    criterion = nn.CrossEntropyLoss()
    return criterion(logits, torch.softmax(other, dim=1).detach())


# ── silent: unknown ───────────────────────────────────────────────────────────────────────────


def last_activation_is_unknown(model, x, y, criterion):
    return criterion(model(x), y)


def imported_model(path, x, y):
    classifier = load_classifier(path)
    return F.cross_entropy(classifier(x), y)


def loss_is_unknown(x, y, criterion):
    model = SoftmaxAtTheEnd()
    return criterion(model(x), y)


class OwnLoss:
    @staticmethod
    def cross_entropy(probabilities, y):
        return -probabilities.gather(1, y.unsqueeze(1)).clamp_min(1e-8).log().mean()


def own_function_of_that_name(x, y):
    model = SoftmaxAtTheEnd()
    return OwnLoss.cross_entropy(model(x), y)


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_tensor_under_two_names(x, y):
    net = layers.Linear(4, 3)
    probabilities = F.softmax(net(x), -1)
    out = probabilities
    return F.cross_entropy(out, y)  # expect: softmax-before-cross-entropy


class Head(layers.Module):
    def __init__(self, classes):
        super().__init__()
        self.net = layers.Sequential(
            layers.Linear(4, 8), layers.ReLU(), layers.Linear(8, classes), layers.Softmax(dim=1)
        )

    def forward(self, x):
        return self.net(x.view(x.size(0), -1))


class Run:
    def __init__(self):
        self.net = self.build()
        self.criterion = layers.CrossEntropyLoss()

    def build(self):
        return Head(3)

    def loss(self, out, y):
        return self.criterion(out, y)

    def step(self, x, y):
        self.loss(self.net(x), y).backward()  # expect: softmax-before-cross-entropy


def wrapped_or_chosen(x, y):
    net = layers.DataParallel(Head(3))
    heads = {"small": Head(2), "large": Head(3)}
    first = F.cross_entropy(net(x), y)  # expect: softmax-before-cross-entropy
    return first + F.cross_entropy(heads["small"](x), y)  # expect: softmax-before-cross-entropy


def for_each_pixel(x, y):
    net = layers.Sequential(layers.Conv2d(3, 3, 1), layers.Softmax2d())
    return F.cross_entropy(net(x), y)  # expect: softmax-before-cross-entropy


# fmt: off
def in_odd_layouts(x, y):
    net = Head(3); loss = F.cross_entropy(net(x), y); loss.backward()  # expect: softmax-before-cross-entropy
    p = th.softmax(
        layers.Linear(4, 3)(x),  # the logits
        dim=1,
    )
    for _ in range(3): F.cross_entropy(p, y).backward()  # expect: softmax-before-cross-entropy
# fmt: on


def head_without_softmax(x, y):
    net = Head(3)
    net.net = layers.Linear(4, 3)
    return F.cross_entropy(net(x), y)
