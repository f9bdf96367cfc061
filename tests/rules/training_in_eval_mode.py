import contextlib
import copy

import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from recipes import report_progress, run_validation
from torch import nn as layers
from torch import optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU())
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(8, 3))

    def forward(self, x):
        return self.head(self.backbone(x))


class PlainNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    return sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader)


@torch.no_grad()
def evaluate_and_restore(model, loader):
    model.eval()
    correct = sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader)
    model.train()
    return correct


@torch.no_grad()
def evaluate_and_restore_the_earlier_mode(model, loader):
    was_training = model.training
    model.eval()
    correct = sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader)
    model.train(was_training)
    return correct


@torch.no_grad()
def evaluate_and_restore_in_finally(model, loader):
    was_training = model.training
    model.eval()
    try:
        return sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader)
    finally:
        model.train(was_training)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def train_mode_set_once_before_the_epochs(model: nn.Module, loader, val_loader, epochs=3):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()  # expect: training-in-eval-mode
            optimizer.step()
        evaluate(model, val_loader)


def conventional_names_without_annotations(model, loader, val_loader, criterion, optimizer):
    model.train()
    for epoch in range(10):
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()  # expect: training-in-eval-mode
            optimizer.step()
        accuracy = evaluate(model, val_loader)
        print(epoch, accuracy)


def validation_written_into_the_epoch(loader, val_loader):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    net.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()  # expect: training-in-eval-mode
            optimizer.step()
        net.eval()
        with torch.no_grad():
            for x, y in val_loader:
                print(F.cross_entropy(net(x), y).item())


def evaluated_every_hundred_steps(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for step, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: training-in-eval-mode
        optimizer.step()
        if step % 100 == 0:
            evaluate(model, val_loader)


def measured_first_and_then_trained(loader, val_loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    print(evaluate(model, val_loader))
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: training-in-eval-mode
        optimizer.step()


def given_a_model_that_it_measures_first(model: nn.Module, loader, val_loader, criterion, optimizer):
    model.eval()
    with torch.no_grad():
        print(sum((model(x).argmax(dim=1) == y).sum().item() for x, y in val_loader))
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()  # expect: training-in-eval-mode
        optimizer.step()


def put_in_evaluation_mode_by_train_false(loader):
    model = Net()
    opt = optim.SGD(model.parameters(), lr=0.1)
    model.train(False)
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: training-in-eval-mode
        opt.step()


def train_one_epoch(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


def helper_trains_what_another_helper_evaluated(loader, val_loader, epochs=3):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(epochs):
        train_one_epoch(model, loader, optimizer)  # expect: training-in-eval-mode
        evaluate(model, val_loader)


def build():
    model = Net()
    return model, optim.SGD(model.parameters(), lr=0.1)


def scaled_loss_after_an_evaluation(loader, val_loader):
    model, optimizer = build()
    scaler = torch.amp.GradScaler()
    model.train()
    while True:
        for x, y in loader:
            optimizer.zero_grad()
            with torch.autocast(x.device.type):
                loss = F.cross_entropy(model(x), y)
            scaler.scale(loss).backward()  # expect: training-in-eval-mode
            scaler.step(optimizer)
            scaler.update()
        if evaluate(model, val_loader) > 90:
            break


class Trainer:
    def __init__(self, lr):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=lr)

    @torch.no_grad()
    def validate(self, loader):
        self.model.eval()
        total = 0.0
        for x, y in loader:
            total += F.cross_entropy(self.model(x), y).item()
        return total

    def fit(self, loader, val_loader, epochs):
        self.model.train()
        for epoch in range(epochs):
            for x, y in loader:
                self.optimizer.zero_grad()
                loss = F.cross_entropy(self.model(x), y)
                loss.backward()  # expect: training-in-eval-mode
                self.optimizer.step()
            print(epoch, self.validate(val_loader))


def restored_only_when_the_score_improves(loader, val_loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    best = 0
    model.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()  # expect: training-in-eval-mode
            optimizer.step()
        correct = evaluate(model, val_loader)
        if correct > best:
            best = correct
            model.train()


def two_names_for_one_model(loader, val_loader):
    model = layers.Sequential(layers.Linear(4, 8), layers.Dropout(0.5), layers.Linear(8, 3))
    net = model
    optimizer = th.optim.SGD(model.parameters(), lr=0.1)
    net.train()
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()  # expect: training-in-eval-mode
            optimizer.step()
        evaluate(net, val_loader)


class Experiment:
    def __init__(self):
        self.net = Net()
        self.optimizer = optim.Adam(self.net.parameters())

    def train_epoch(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self.net(x), y)
            loss.backward()
            self.optimizer.step()

    def validate(self, loader):
        self.net.eval()
        with torch.no_grad():
            return sum(F.cross_entropy(self.net(x), y).item() for x, y in loader)

    def run(self, loader, val_loader):
        self.net.train()
        for _ in range(10):
            self.train_epoch(loader)  # expect: training-in-eval-mode
            self.validate(val_loader)


@torch.no_grad()
def evaluate_and_restore_what_was_off(model, loader):
    was_training = model.training
    model.eval()
    correct = sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader)
    if not was_training:
        model.train()
    return correct


def restored_under_the_wrong_condition(loader, val_loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()  # expect: training-in-eval-mode
            optimizer.step()
        evaluate_and_restore_what_was_off(model, val_loader)


# ── silent: the training mode comes back ──────────────────────────────────────────────────────


def train_mode_at_the_start_of_each_epoch(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(3):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        evaluate(model, val_loader)


def train_mode_after_each_evaluation(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for step, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        if step % 100 == 0:
            evaluate(model, val_loader)
            model.train()


def callee_restores_the_mode(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        evaluate_and_restore(model, val_loader)


def callee_restores_the_earlier_mode(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        evaluate_and_restore_the_earlier_mode(model, val_loader)


def callee_restores_the_mode_in_finally(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        evaluate_and_restore_in_finally(model, val_loader)


@contextlib.contextmanager
def evaluating(model):
    model.eval()
    try:
        yield
    finally:
        model.train()


def context_manager_restores_the_mode(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        with evaluating(model), torch.no_grad():
            for x, y in val_loader:
                print(F.cross_entropy(model(x), y).item())


def train_one_epoch_in_train_mode(model, loader, optimizer):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def helper_sets_the_train_mode(loader, val_loader):
    model, optimizer = build()
    for epoch in range(3):
        train_one_epoch_in_train_mode(model, loader, optimizer)
        evaluate(model, val_loader)


class TrainerThatSwitches:
    def __init__(self):
        self.net = Net()
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)

    def switch(self, training):
        self.net.train(training)

    def fit(self, loader, val_loader):
        for epoch in range(3):
            self.switch(True)
            for x, y in loader:
                self.optimizer.zero_grad()
                F.cross_entropy(self.net(x), y).backward()
                self.optimizer.step()
            self.switch(False)
            with torch.no_grad():
                for x, y in val_loader:
                    print(F.cross_entropy(self.net(x), y).item())


def phases_of_one_loop(model, loaders, criterion, optimizer):
    for epoch in range(3):
        for phase in ["train", "val"]:
            if phase == "train":
                model.train()
            else:
                model.eval()
            for x, y in loaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    loss = criterion(model(x), y)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()


def linear_protocol(model, loader, criterion, optimizer, device):
    """Only the head is trained: the caller froze the rest, and its batch norm is to stay as it is."""
    model.eval()
    correct = 0
    for i, (x, y) in enumerate(loader):
        output = model(x.to(device))
        loss = criterion(output, y.to(device))
        _, predicted = output.topk(1, 1, True, True)
        correct += predicted.t().eq(y.view(1, -1).expand_as(predicted)).sum().item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return correct


# ── silent: the module in evaluation mode is not the one that is trained ──────────────────────


def teacher_in_evaluation_mode(teacher: nn.Module, student: nn.Module, loader):
    teacher.eval()
    optimizer = optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        with torch.no_grad():
            wanted = teacher(x)
        optimizer.zero_grad()
        F.mse_loss(student(x), wanted).backward()
        optimizer.step()


def perceptual_network_in_the_loss(generator: nn.Module, features: nn.Module, loader):
    features.eval()
    optimizer = optim.Adam(generator.parameters(), lr=1e-4)
    for x, _ in loader:
        optimizer.zero_grad()
        loss = F.l1_loss(features(generator(x)), features(x).detach())
        loss.backward()
        optimizer.step()


def frozen_backbone_and_trained_head(loader):
    model = Net()
    model.backbone.requires_grad_(False)
    model.backbone.eval()
    optimizer = optim.SGD(model.head.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def backbone_outside_the_optimizer(backbone: nn.Module, head: nn.Module, loader):
    backbone.eval()
    optimizer = optim.SGD(head.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(head(backbone(x)), y).backward()
        optimizer.step()


def only_batch_norm_in_evaluation_mode(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.eval()
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def no_layer_depends_on_the_mode(loader, val_loader):
    model = PlainNet()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        evaluate(model, val_loader)


def image_optimised_through_a_fixed_network(model: nn.Module, x, steps=10):
    model.eval()
    image = x.clone().requires_grad_(True)
    optimizer = optim.Adam([image], lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = -model(image)[:, 0].mean()
        loss.backward()
        optimizer.step()
    return image.detach()


def gradients_of_the_input_only(model: nn.Module, x, y):
    model.eval()
    x.requires_grad_()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    return x.grad.sign()


def copy_is_evaluated(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        snapshot = copy.deepcopy(model)
        evaluate(snapshot, val_loader)


def unknown_callee_may_switch(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        evaluate(model, val_loader)
        report_progress(model)


def imported_validation(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        run_validation(model, val_loader)


# ── silent: put back if it was in training mode before ────────────────────────────────────────


def accuracy_of(model, loader):
    training = model.training
    try:
        model.eval()
        with torch.no_grad():
            return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)
    finally:
        if training:
            model.train()


def put_back_in_finally_if_it_was_training(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        accuracy_of(model, loader)


def mode_of_a_given_model_is_put_back(model: nn.Module, loader, val_loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        in_training = model.training
        if in_training:
            model.eval()
        with torch.no_grad():
            print(sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader))
        if in_training:
            model.train()


class Scorer:
    def __init__(self, loader):
        self.loader = loader

    def __call__(self, model):
        was_training = model.training
        model.eval()
        with torch.no_grad():
            score = sum((model(x).argmax(1) == y).sum().item() for x, y in self.loader)
        if was_training:
            model.train()
        return score


def scored_by_an_object(loader, val_loader):
    model = Net()
    scorer = Scorer(val_loader)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        print(scorer(model))


def set_bn_eval(module):
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        module.eval()


def batch_norm_is_kept_by_apply(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        model.train()
        model.apply(set_bn_eval)
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        evaluate(model, loader)


class KeepsItsNorms(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def train(self, mode=True):
        super().train(mode)
        for m in self.modules():
            if isinstance(m, nn.BatchNorm1d):
                m.eval()
        return self

    def forward(self, x):
        return self.net(x)


def norms_kept_by_the_class(loader):
    model = KeepsItsNorms()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        evaluate(model, loader)
