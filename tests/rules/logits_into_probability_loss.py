import timm
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch import optim
from torch.nn.functional import nll_loss
from torchvision import models


class Logits(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        return self.fc(torch.relu(self.hidden(x)))


class Segmentation(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.head = nn.Conv2d(8, 1, kernel_size=1)

    def forward(self, x):
        size = x.shape[2:]
        x = self.head(self.encoder(x))
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class LogProbabilities(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return F.log_softmax(self.fc(x), dim=1)


class ProbabilitiesInEvaluation(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.fc(x)
        return x if self.training else x.log_softmax(dim=1)


class WithAnActivation(nn.Module):
    def __init__(self, activation=None):
        super().__init__()
        self.fc = nn.Linear(4, 1)
        self.activation = activation

    def forward(self, x):
        x = self.fc(x)
        return x if self.activation is None else self.activation(x)


class OtherHead(Logits):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(8, 3), nn.LogSoftmax(dim=1))


# ── reported: logits ──────────────────────────────────────────────────────────────────────────


def layer_into_function(x, y):
    layer = nn.Linear(4, 1)
    return F.binary_cross_entropy(layer(x), y)  # expect: logits-into-probability-loss


def layer_into_an_imported_function(x, y):
    layer = nn.Linear(4, 3)
    return nll_loss(layer(x), y)  # expect: logits-into-probability-loss


def convolution_into_loss_object(x, y):
    head = th.nn.Conv2d(8, 1, kernel_size=1)
    criterion = th.nn.BCELoss(reduction="sum")
    return criterion(head(x), y)  # expect: logits-into-probability-loss


def model_ends_with_the_layer(loader):
    model = Logits()
    criterion = nn.NLLLoss()  # the classes are balanced
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        outputs = model(x)
        loss = criterion(outputs, y)  # expect: logits-into-probability-loss
        loss.backward()
        optimizer.step()


def model_resizes_what_the_layer_gives(x, y):
    model = Segmentation()
    return nn.BCELoss()(model(x), y)  # expect: logits-into-probability-loss


def sequence_ends_with_the_layer(x, y):
    model = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), nn.Linear(8, 1), nn.Flatten(0))
    return F.binary_cross_entropy(model(x), y, reduction="none").mean()  # expect: logits-into-probability-loss


def list_ends_with_the_layer(x, y, sizes):
    layers = [nn.Linear(4, 8)]
    for size in sizes:
        layers.append(nn.ReLU())
        layers.append(nn.Linear(8, size))
    model = nn.Sequential(*layers)
    return F.binary_cross_entropy(model(x), y)  # expect: logits-into-probability-loss


def known_model_with_its_own_head(x, y):
    model = models.resnet18(weights=None)
    return F.nll_loss(model(x), y)  # expect: logits-into-probability-loss


def known_model_with_a_new_head(x, y):
    model = models.resnet50(weights="DEFAULT")
    model.fc = nn.Linear(model.fc.in_features, 2)
    criterion = nn.NLLLoss()
    return criterion(model(x), y)  # expect: logits-into-probability-loss


def last_layer_of_a_known_head_replaced(x, y):
    model = models.vgg16(weights=None)
    model.classifier[6] = nn.Linear(4096, 2)
    return F.nll_loss(model(x), y)  # expect: logits-into-probability-loss


def model_of_a_collection(x, y):
    model = timm.create_model("resnet50", num_classes=1)
    return F.binary_cross_entropy(model(x).squeeze(1), y)  # expect: logits-into-probability-loss


def scores_by_their_name(model: nn.Module, batch, y):
    output = model(**batch)
    return F.nll_loss(output.logits, y)  # expect: logits-into-probability-loss


def divergence_of_logits(x, wanted):
    student = Logits()
    return F.kl_div(student(x), wanted, reduction="batchmean")  # expect: logits-into-probability-loss


def scores(model, x):
    return model(x).squeeze(-1)


def layer_in_a_helper(x, y):
    return F.binary_cross_entropy(scores(nn.Linear(4, 1), x), y)  # expect: logits-into-probability-loss


class Trainer:
    def __init__(self, lr):
        self.model = Logits()
        self.criterion = nn.NLLLoss()
        self.optimizer = optim.SGD(self.model.parameters(), lr=lr)

    def train_step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)  # expect: logits-into-probability-loss
        loss.backward()
        self.optimizer.step()
        return loss.item()


# ── reported: probabilities instead of their logarithms ───────────────────────────────────────


def softmax_into_nll_loss(logits, y):
    return F.nll_loss(F.softmax(logits, dim=1), y)  # expect: logits-into-probability-loss


def model_ends_with_softmax(x, y):
    model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    criterion = nn.NLLLoss()
    return criterion(model(x), y)  # expect: logits-into-probability-loss


def divergence_of_probabilities(x, wanted):
    divergence = nn.KLDivLoss(reduction="batchmean")
    return divergence(Logits()(x).softmax(dim=-1), wanted)  # expect: logits-into-probability-loss


# ── silent: the activation is there ───────────────────────────────────────────────────────────


def sigmoid_before_the_loss(x, y):
    model = nn.Linear(4, 1)
    return F.binary_cross_entropy(torch.sigmoid(model(x)), y)


def sigmoid_in_place(x, y):
    model = nn.Linear(4, 1)
    output = model(x)
    output.sigmoid_()
    return F.binary_cross_entropy(output, y)


def sigmoid_of_a_part(x, y):
    model = nn.Linear(4, 2)
    output = model(x)
    output[:, 0] = output[:, 0].sigmoid()
    return F.binary_cross_entropy(output[:, 0], y)


def scaled_to_the_range(x, y):
    model = nn.Linear(4, 1)
    return F.binary_cross_entropy((torch.tanh(model(x)) + 1) / 2, y)


def limited_to_the_range(x, y):
    model = nn.Linear(4, 1)
    return F.binary_cross_entropy(model(x).clamp(0, 1), y)


def log_softmax_before_the_loss(x, y):
    return F.nll_loss(F.log_softmax(Logits()(x), dim=1), y)


def logarithm_of_probabilities(logits, y):
    return F.nll_loss(torch.log(torch.sigmoid(logits) + 1e-9), y)


def log_softmax_in_the_model(x, y):
    model = LogProbabilities()
    criterion = nn.NLLLoss()
    return criterion(model(x), y)


def log_softmax_in_the_head_of_a_subclass(x, y):
    return F.nll_loss(OtherHead()(x), y)


def log_softmax_in_a_new_head(x, y):
    model = models.densenet121(weights=None)
    model.classifier = nn.Sequential(nn.Linear(1024, 2), nn.LogSoftmax(dim=1))
    return F.nll_loss(model(x), y)


def log_softmax_in_a_part_that_was_replaced(x, y):
    model = Logits()
    model.fc = nn.Sequential(nn.Linear(8, 3), nn.LogSoftmax(dim=1))
    return F.nll_loss(model(x), y)


def log_softmax_in_the_last_layer_of_a_head(x, y):
    model = models.vgg16(weights=None)
    model.classifier[6] = nn.Sequential(nn.Linear(4096, 2), nn.LogSoftmax(dim=1))
    return F.nll_loss(model(x), y)


def sigmoid_in_the_head_of_a_collection(x, y):
    model = timm.create_model("resnet50", num_classes=1)
    model.fc = nn.Sequential(nn.Linear(2048, 1), nn.Sigmoid())
    return F.binary_cross_entropy(model(x).squeeze(1), y)


def features_of_a_collection(x, y):
    model = timm.create_model("resnet50", num_classes=0)
    return F.binary_cross_entropy(model(x), y)


def log_softmax_added_to_a_part(x, y):
    model = models.vgg16(weights=None)
    model.classifier.add_module("7", nn.LogSoftmax(dim=1))
    return F.nll_loss(model(x), y)


def divergence_of_logarithms(student: nn.Module, teacher: nn.Module, x):
    wanted = F.softmax(teacher(x), dim=1)
    return F.kl_div(F.log_softmax(student(x), dim=1), wanted, reduction="batchmean")


def divergence_between_two_layers(x):
    a, b = nn.Linear(4, 3), nn.Linear(4, 3)
    return F.kl_div(a(x).log_softmax(dim=-1), b(x).log_softmax(dim=-1), log_target=True, reduction="batchmean")


def logits_into_the_losses_for_them(x, y, labels):
    model = Logits()
    return F.cross_entropy(model(x), y) + F.binary_cross_entropy_with_logits(model(x), labels)


# ── silent: last activation unknown ───────────────────────────────────────────────────────────


def any_model(model: nn.Module, x, y):
    return F.binary_cross_entropy(model(x), y)


def model_that_may_have_one(model: WithAnActivation, x, y):
    return F.binary_cross_entropy(model(x), y)


def model_that_was_given_one(x, y):
    model = WithAnActivation(activation=torch.sigmoid)
    return F.binary_cross_entropy(model(x), y)


def activation_depends_on_the_mode(x, y):
    return F.nll_loss(ProbabilitiesInEvaluation()(x), y)


def sequence_that_may_go_on(x, y, binary):
    layers = [nn.Linear(4, 1)]
    if binary:
        layers.append(nn.Sigmoid())
    return F.binary_cross_entropy(nn.Sequential(*layers)(x), y)


def head_that_may_have_been_replaced(x, y, logarithmic):
    model = models.resnet18(weights=None)
    if logarithmic:
        model.fc = nn.Sequential(nn.Linear(512, 2), nn.LogSoftmax(dim=1))
    return F.nll_loss(model(x), y)


def distribution_of_a_policy(policy: nn.Module, x, y):
    distribution = policy(x)
    return F.nll_loss(distribution.logits, y)


def arithmetic_in_between(x, y):
    model = nn.Linear(4, 1)
    return F.binary_cross_entropy(model(x) * 0.1 + 0.5, y)


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_tensor_under_two_names(x, y):
    out = layers.Linear(4, 1)(x)
    same = out
    return F.binary_cross_entropy(same, y)  # expect: logits-into-probability-loss


class Run:
    def __init__(self):
        self.net = self.build()
        self.criterion = layers.NLLLoss()

    def build(self):
        return Logits()

    def loss(self, out, y):
        return self.criterion(out, y)

    def step(self, x, y):
        return self.loss(self.net(x), y)  # expect: logits-into-probability-loss


# fmt: off
def in_odd_layouts(x, y):
    net = layers.Linear(4, 1); criterion = layers.BCELoss(); criterion(net(x), y).backward()  # expect: logits-into-probability-loss
    for _ in range(2): criterion(net(x), y).backward()  # expect: logits-into-probability-loss
    return criterion(  # expect: logits-into-probability-loss
        net(x),  # as they are
        y,
    )
# fmt: on


def another_activation(x, y):
    return F.binary_cross_entropy(F.relu(layers.Linear(4, 1)(x)), y)
