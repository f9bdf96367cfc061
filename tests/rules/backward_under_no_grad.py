import pytest
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import inference_mode, no_grad, optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


class Energy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        with torch.enable_grad():
            return self.fc(x).sum()


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def whole_loop_under_no_grad(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with torch.no_grad():
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()  # expect: backward-under-no-grad
            optimizer.step()


def forward_alone_under_no_grad(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        with torch.no_grad():
            output = model(x)
        loss = criterion(output, y)
        loss.backward()  # expect: backward-under-no-grad
        optimizer.step()


@no_grad()
def decorated(model: nn.Module, x, y):
    loss = F.mse_loss(model(x), y)
    loss.backward()  # expect: backward-under-no-grad


def under_inference_mode(x, y):
    net = Net()
    with inference_mode():
        loss = F.cross_entropy(net(x), y)
    loss.backward()  # expect: backward-under-no-grad


def switched_off_by_a_call(model: nn.Module, x, y):
    th.set_grad_enabled(False)
    loss = ((model(x) - y) ** 2).mean()
    loss.backward()  # expect: backward-under-no-grad


@torch.no_grad()
def loss_of(model, x, y):
    return F.cross_entropy(model(x), y)


def helper_without_gradients(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_of(net, x, y)
        loss.backward()  # expect: backward-under-no-grad
        optimizer.step()


class Trainer:
    def __init__(self):
        self.model = Net()

    @torch.no_grad()
    def predict(self, x):
        return self.model(x)

    def train_step(self, x, y):
        loss = F.cross_entropy(self.predict(x), y)
        loss.backward()  # expect: backward-under-no-grad


def leaf_used_under_no_grad():
    w = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        loss = (w * 2).sum()
    loss.backward()  # expect: backward-under-no-grad


def scaled_under_no_grad(model: nn.Module, x, y):
    scaler = torch.amp.GradScaler()
    with torch.no_grad():
        loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward()  # expect: backward-under-no-grad


def of_the_autograd_module(model: nn.Module, loader):
    for x, y in loader:
        with th.no_grad():
            out = model(x)
        th.autograd.backward(F.mse_loss(out, y))  # expect: backward-under-no-grad


def train(model, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: backward-under-no-grad


def caller_turns_gradients_off(x, y):
    net = Net()
    with torch.no_grad():
        train(net, x, y)


# ── silent: computed outside ──────────────────────────────────────────────────────────────────


def backward_alone_under_no_grad(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    with torch.no_grad():
        loss.backward()


def target_under_no_grad(model: nn.Module, teacher: nn.Module, x):
    with torch.no_grad():
        target = teacher(x)
    loss = F.mse_loss(model(x), target)
    loss.backward()


def update_by_hand(w, x, y):
    loss = ((x @ w - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad


# ── silent: autograd on inside ────────────────────────────────────────────────────────────────


@torch.no_grad()
def enabled_inside(model: nn.Module, x, y):
    with torch.enable_grad():
        loss = F.cross_entropy(model(x), y)
    loss.backward()


@torch.no_grad()
def enabled_by_the_module(x):
    energy = Energy()
    energy(x).backward()


def phases(model, loaders, criterion, optimizer):
    for phase in ["train", "val"]:
        for x, y in loaders[phase]:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "train"):
                loss = criterion(model(x), y)
                if phase == "train":
                    loss.backward()
                    optimizer.step()


def switched_by_an_argument(model: nn.Module, x, y, train):
    with torch.set_grad_enabled(train):
        loss = F.cross_entropy(model(x), y)
    if train:
        loss.backward()


def optional_context(model: nn.Module, x, y, frozen, nullcontext):
    with torch.no_grad() if frozen else nullcontext():
        output = model(x)
    F.cross_entropy(output, y).backward()


def test_loss_under_no_grad_raises(model: nn.Module, x, y):
    with torch.no_grad():
        loss = F.cross_entropy(model(x), y)
    with pytest.raises(RuntimeError, match="grad_fn"):
        loss.backward()


@torch.no_grad()
def step_with_a_closure(optimizer, closure):
    with torch.enable_grad():
        loss = closure()
    optimizer.step()
    return loss


@th.enable_grad()
def with_gradients(model, x, y):
    F.cross_entropy(model(x), y).backward()


@th.no_grad()
def calls_one_that_turns_them_on(x, y):
    with_gradients(Net(), x, y)


def inference_mode_that_is_off(model: nn.Module, x, y):
    with th.inference_mode(False):
        loss = F.cross_entropy(model(x), y)
    loss.backward()


def one_term_without_gradients(model: nn.Module, x, y):
    with th.no_grad():
        penalty = model(x).pow(2).mean()
    loss = F.cross_entropy(model(x), y) + penalty
    loss.backward()


def inference_mode_that_is_off_by_keyword(model: nn.Module, x, y):
    with th.inference_mode(mode=False):
        loss = F.cross_entropy(model(x), y)
    loss.backward()


def switched_on_and_off_by_keyword(model: nn.Module, x, y):
    with th.set_grad_enabled(mode=True):
        F.cross_entropy(model(x), y).backward()
    with th.set_grad_enabled(mode=False):
        F.cross_entropy(model(x), y).backward()  # expect: backward-under-no-grad
