import numpy as np
import pytest
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from losses import combined
from torch import optim
from torch.autograd import Variable


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported: raises ──────────────────────────────────────────────────────────────────────────


def number_of_item(model: nn.Module, loader):
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss = loss.item()
        loss.backward()  # expect: backward-on-detached


def item_and_backward_in_one(model: nn.Module, x, y):
    F.cross_entropy(model(x), y).item().backward()  # expect: backward-on-detached


def detached_loss(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y).detach()
        loss.backward()  # expect: backward-on-detached
        optimizer.step()


def detached_in_place(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.detach_()
    loss.backward()  # expect: backward-on-detached


def data_of_the_output(model: nn.Module, loader):
    for x, y in loader:
        output = model(x).data  # expect: tensor-data-access
        loss = F.mse_loss(output, y)
        loss.backward()  # expect: backward-on-detached


def output_detached_before_the_loss(loader):
    net = Net()
    for x, y in loader:
        out = net(x).detach().clone()
        loss = ((out - y) ** 2).mean()
        loss.backward()  # expect: backward-on-detached


def copied_tensor(model: nn.Module, x, y):
    loss = th.tensor(F.cross_entropy(model(x), y))
    loss.backward()  # expect: backward-on-detached


def tensor_of_losses(model: nn.Module, batches):
    losses = [F.cross_entropy(model(x), y) for x, y in batches]
    total = torch.tensor(losses).sum()
    total.backward()  # expect: backward-on-detached


def float_of_the_loss(model: nn.Module, x, y):
    loss = float(F.cross_entropy(model(x), y))
    loss.backward()  # expect: backward-on-detached


def array_of_the_loss(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y).cpu().detach().numpy()
    loss.backward()  # expect: backward-on-detached


def classes_instead_of_scores(model: nn.Module, loader):
    for x, y in loader:
        predicted = model(x).argmax(dim=1)
        loss = F.mse_loss(predicted.float(), y.float())
        loss.backward()  # expect: backward-on-detached


def accuracy_as_a_loss(x, y):
    net = Net()
    correct = (net(x).argmax(dim=1) == y).float()
    loss = 1 - correct.mean()
    loss.backward()  # expect: backward-on-detached


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

    def loss(self, x, y):
        return F.cross_entropy(self.model(x), y).item()

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss(x, y)
        loss.backward()  # expect: backward-on-detached
        self.optimizer.step()


def go_back(loss):
    loss.backward()


def helper_holds_the_backward(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y).detach()
    go_back(loss)  # expect: backward-on-detached


def scaled_under_amp(model: nn.Module, x, y):
    scaler = torch.amp.GradScaler()
    loss = F.cross_entropy(model(x), y).detach()
    scaler.scale(loss).backward()  # expect: backward-on-detached


# ── reported: trains nothing ──────────────────────────────────────────────────────────────────


def number_wrapped_again(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        value = F.cross_entropy(model(x), y).item()
        loss = torch.tensor(value, requires_grad=True)
        loss.backward()  # expect: backward-on-detached
        optimizer.step()


def variable_of_the_loss(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    loss = Variable(loss, requires_grad=True)  # expect: legacy-tensor-constructor
    loss.backward()  # expect: backward-on-detached


def detached_and_required_again(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y).detach().requires_grad_()
    loss.backward()  # expect: backward-on-detached


def flag_set_on_a_detached_loss(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y).detach()
    loss.requires_grad = True
    loss.backward()  # expect: backward-on-detached


def flag_set_on_a_loss_without_graph(model: nn.Module, x, y):
    with torch.no_grad():
        loss = F.cross_entropy(model(x), y)
    loss.requires_grad_(True)
    loss.backward()  # expect: backward-on-detached


def of_the_autograd_module(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y).detach()
    th.autograd.backward(loss)  # expect: backward-on-detached


def two_more_names(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    total = loss.detach()
    error = total
    error.backward()  # expect: backward-on-detached


def integers_instead_of_scores(model: nn.Module, loader):
    for x, y in loader:
        loss = F.mse_loss(model(x).long().float(), y)
        loss.backward()  # expect: backward-on-detached


def sum_of_numbers(model: nn.Module, loader):
    total = 0.0
    for x, y in loader:
        total += F.cross_entropy(model(x), y).item()
    total.backward()  # expect: backward-on-detached


def mean_of_numbers(model: nn.Module, batches):
    total = 0
    for x, y in batches:
        total = total + F.cross_entropy(model(x), y).item()
    mean = total / len(batches)
    mean.backward()  # expect: backward-on-detached


def predicted(model, x):
    return model(x).argmax(dim=1)


def classes_of_a_helper(model: nn.Module, loader):
    for x, y in loader:
        loss = F.l1_loss(predicted(model, x).float(), y)
        loss.backward()  # expect: backward-on-detached


# ── silent: only one term is cut ──────────────────────────────────────────────────────────────


def detached_term(model: nn.Module, teacher: nn.Module, x, y):
    target = teacher(x).detach()
    loss = F.cross_entropy(model(x), y) + F.mse_loss(model(x), target)
    loss.backward()


def weighted_by_a_number(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    weight = loss.item()
    (loss * weight).backward()


def policy_gradient(policy: nn.Module, critic: nn.Module, states, returns):
    advantage = (returns - critic(states)).detach()
    loss = -(policy(states).log_softmax(dim=1) * advantage).mean()
    loss.backward()


def masked(model: nn.Module, x, y):
    scores = model(x)
    mask = scores > 0
    (scores * mask).sum().backward()


def running_total(model: nn.Module, loader):
    total = 0.0
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        total += loss.item()
    return total


# ── silent: the graph is whole ────────────────────────────────────────────────────────────────


def logged_after_backward(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    print(loss.item(), loss.detach(), float(loss))


def same_tensor(model: nn.Module, x, y):
    loss = torch.as_tensor(F.cross_entropy(model(x), y))
    loss.backward()


def stacked(model: nn.Module, batches):
    losses = [F.cross_entropy(model(x), y) for x, y in batches]
    torch.stack(losses).mean().backward()


def required_on_a_connected_loss(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.requires_grad_()
    loss.backward()


# ── silent: gradients of inputs ───────────────────────────────────────────────────────────────


def adversarial_input(model: nn.Module, x, y):
    x = x.detach().requires_grad_()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    return x.grad.sign()


def split_backward(encoder: nn.Module, decoder: nn.Module, x, y):
    hidden = encoder(x)
    inner = hidden.detach().requires_grad_()
    F.mse_loss(decoder(inner), y).backward()
    hidden.backward(inner.grad)


def quadratic_of_a_leaf():
    w = torch.tensor(3.0, requires_grad=True)
    (w * w).backward()


# ── silent: not certain, or wanted ────────────────────────────────────────────────────────────


def detached_on_one_path(model: nn.Module, x, y, frozen):
    loss = F.cross_entropy(model(x), y)
    if frozen:
        loss = loss.detach()
    loss.backward()


def target_may_have_a_graph(model: nn.Module, x, y):
    F.mse_loss(model(x).detach(), y).backward()


def loss_of_another_package(model: nn.Module, x, y):
    loss = combined(model(x).detach(), y, model)
    loss.backward()


def test_backward_of_a_detached_loss_raises(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y).detach()
    with pytest.raises(RuntimeError):
        loss.backward()


def error_is_handled(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y).detach()
    try:
        loss.backward()
    except RuntimeError:
        return False
    return True


def engine_takes_the_number(engine, model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    engine.backward(loss)
    return np.mean(loss.item())


# ── silent: a way back is left ────────────────────────────────────────────────────────────────


def straight_through(model: nn.Module, loader):
    for x, y in loader:
        soft = model(x).sigmoid()
        hard = (soft > 0.5).float()
        F.mse_loss(hard + soft - soft.detach(), y).backward()


def gathered_at_the_largest(model: nn.Module, x):
    out = model(x)
    out.gather(1, out.argmax(dim=1, keepdim=True)).sum().backward()
    values, _ = model(x).max(dim=1)
    values.sum().backward()


def rounded_mask(model: nn.Module, x):
    out = model(x)
    (out * (out > 0).long()).sum().backward()


def weights_by_the_losses(model: nn.Module, x, y):
    losses = [F.cross_entropy(model(x), y), model(x).pow(2).mean()]
    weights = th.tensor([loss.item() for loss in losses])
    sum(w * loss for w, loss in zip(weights, losses)).backward()


def sum_that_begins_as_a_number(model: nn.Module, loader):
    total, shown = 0.0, 0.0
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        total = total + loss
        shown += loss.item()
    print(shown)
    total.backward()
