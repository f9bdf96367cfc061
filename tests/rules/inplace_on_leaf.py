import copy

import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from recipes import make_weights
from torch import nn as layers

# ── reported ──────────────────────────────────────────────────────────────────────────────────


def gradient_step_with_autograd_on(x, lr=0.1):
    w = torch.zeros(4, requires_grad=True)
    for _ in range(3):
        loss = (x @ w - 1).pow(2).mean()
        loss.backward()
        w -= lr * w.grad  # expect: inplace-on-leaf
        w.grad.zero_()


def method_with_an_underscore():
    w = torch.randn(3, requires_grad=True)
    w.add_(1.0)  # expect: inplace-on-leaf
    return w


def slice_is_assigned():
    w = torch.randn(3, 4, requires_grad=True)
    w[0] = 0.0  # expect: inplace-on-leaf
    return w


def slice_is_scaled():
    w = torch.randn(3, 4, requires_grad=True)
    w[:, 1] *= 2  # expect: inplace-on-leaf
    return w


def result_is_written_into_a_leaf(a, b):
    w = torch.zeros(4, requires_grad=True)
    torch.add(a, b, out=w)  # expect: inplace-on-leaf
    return w


def parameters_updated_by_hand(model: nn.Module, x, y, lr=0.1):
    F.cross_entropy(model(x), y).backward()
    for p in model.parameters():
        p -= lr * p.grad  # expect: inplace-on-leaf


def parameters_updated_by_a_method(x, y, lr=0.1):
    model = nn.Linear(4, 3)
    F.cross_entropy(model(x), y).backward()
    for p in model.parameters():
        p.sub_(lr * p.grad)  # expect: inplace-on-leaf


def weights_set_to_a_constant():
    layer = nn.Linear(4, 3)
    layer.weight.fill_(0.5)  # expect: inplace-on-leaf
    layer.bias[0] = 1.0  # expect: inplace-on-leaf
    return layer


def weights_copied_from_another_tensor(values):
    layer = nn.Linear(4, 3, bias=False)
    layer.weight.copy_(values)  # expect: inplace-on-leaf
    return layer


def told_to_require_grad_before_the_change(x, epsilon=0.1):
    image = x.detach().clone()
    image.requires_grad_()
    image += epsilon  # expect: inplace-on-leaf
    return image


def told_by_an_attribute_before_the_change():
    w = torch.ones(3)
    w.requires_grad = True
    w.mul_(2)  # expect: inplace-on-leaf
    return w


def parameter_object_is_filled():
    scale = nn.Parameter(torch.empty(4))
    scale.fill_(1.0)  # expect: inplace-on-leaf
    return scale


def changed_through_an_alias():
    weight = torch.zeros(3, requires_grad=True)
    first, second = weight, torch.zeros(3)
    second.add_(1)
    first.add_(1)  # expect: inplace-on-leaf
    return weight


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(4))
        self.weight.uniform_(-1, 1)  # expect: inplace-on-leaf

    def forward(self, x):
        return x * self.weight

    def clip(self):
        self.weight.clamp_(0, 1)  # expect: inplace-on-leaf


class Regression:
    def __init__(self):
        self.w = torch.zeros(4, requires_grad=True)
        self.lr = 0.1

    def step(self, x, y):
        loss = F.mse_loss(x @ self.w, y)
        loss.backward()
        self.w -= self.lr * self.w.grad  # expect: inplace-on-leaf
        self.w.grad = None


def image_that_is_optimised(content, features):
    image = content.clone()
    image.requires_grad = True
    optimizer = torch.optim.Adam([image], lr=0.02)
    for _ in range(10):
        optimizer.zero_grad()
        image.clamp_(0, 1)  # expect: inplace-on-leaf
        features(image).sum().backward()
        optimizer.step()


def perturbed_input(model, x, epsilon):
    x.requires_grad_()
    model(x).sum().backward()
    x += epsilon * x.grad.sign()  # expect: inplace-on-leaf


# ── silent: autograd is off ───────────────────────────────────────────────────────────────────


def gradient_step_under_no_grad(x, lr=0.1):
    w = torch.zeros(4, requires_grad=True)
    for _ in range(3):
        (x @ w - 1).pow(2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
            w.grad.zero_()


@torch.no_grad()
def weights_initialised_in_a_decorated_function():
    layer = nn.Linear(4, 3)
    layer.weight.normal_(0, 0.02)
    layer.bias.zero_()
    return layer


@torch.no_grad()
def moving_average(average: nn.Module, model: nn.Module, decay=0.99):
    for kept, new in zip(average.parameters(), model.parameters()):
        kept.mul_(decay).add_(new, alpha=1 - decay)


def gradients_switched_off_for_the_change():
    w = torch.randn(3, requires_grad=True)
    with torch.set_grad_enabled(False):
        w.add_(1)
    return w


def zero_bias(layer):
    layer.bias.zero_()


def caller_turns_gradients_off():
    layer = nn.Linear(4, 3)
    with torch.no_grad():
        zero_bias(layer)
    return layer


class Clipped(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))
        with torch.no_grad():
            self.weight.uniform_(-1, 1)

    @torch.no_grad()
    def clip(self):
        self.weight.clamp_(0, 1)

    def forward(self, x):
        return x * self.weight


# ── silent: not through autograd ──────────────────────────────────────────────────────────────


def changed_through_data():
    layer = nn.Linear(4, 3)
    layer.weight.data.fill_(0.5)  # expect: tensor-data-access
    layer.weight.data[0] = 1.0  # expect: tensor-data-access
    layer.bias.data -= 1.0  # expect: tensor-data-access
    return layer


def initialised_by_torch():
    layer = nn.Linear(4, 3)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def changed_after_detach():
    w = torch.randn(3, requires_grad=True)
    copy = w.detach().clone()
    copy += 1
    copy[0] = 0.0
    w.detach().zero_()
    return copy


def gradient_is_changed(model: nn.Module, x):
    model(x).sum().backward()
    for p in model.parameters():
        p.grad.clamp_(-1, 1)
        p.grad *= 0.5


# ── silent: no leaf that requires grad ────────────────────────────────────────────────────────


def result_is_no_leaf():
    w = torch.randn(3, requires_grad=True)
    doubled = w * 2
    doubled += 1
    doubled[0] = 0.0
    return doubled.sum()


def tensor_without_grad():
    x = torch.zeros(3)
    x += 1
    x[0] = 2.0
    x.mul_(3)
    torch.add(x, 1, out=x)
    return x


def filled_before_it_requires_grad():
    w = torch.empty(3, 4).uniform_(-1, 1).requires_grad_()
    v = torch.empty(3)
    v.normal_()
    v.requires_grad_()
    return w, v


def frozen_before_the_change():
    layer = nn.Linear(4, 3)
    layer.requires_grad_(False)
    layer.weight.fill_(0.5)
    return layer


def no_longer_requires_grad():
    w = torch.randn(3, requires_grad=True)
    w.requires_grad_(False)
    w.add_(1)
    return w


def leaf_is_bound_again(lr=0.1):
    w = torch.randn(3, requires_grad=True)
    w.sum().backward()
    w = w - lr * w.grad
    return w


class RunningMean(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x):
        self.count += 1
        self.mean.lerp_(x.mean(dim=0).detach(), 0.1)
        return x - self.mean


def perturbed_anew(model, x, epsilon):
    for _ in range(3):
        x.requires_grad = True
        (gradient,) = torch.autograd.grad(model(x).sum(), x)
        x = x.detach() + epsilon * gradient.sign()
        x.clamp_(0, 1)
    return x


def output_that_has_a_gradient_already(x):
    y = nn.Linear(4, 3)(x)
    y.requires_grad = True
    y.clamp_(0, 1)
    return y


# ── silent: methods that only look in-place, and unknown tensors ──────────────────────────────


def flags_of_a_leaf():
    w = torch.randn(3, requires_grad=True)
    w.requires_grad_(True)
    w.share_memory_()
    w.retain_grad()
    w.register_hook(lambda gradient: gradient * 2)
    return w


def requires_grad_of_a_parameter_is_unknown(w, values):
    w += 1
    w[0] = 0.0
    w.copy_(values)


def annotated_tensor(x: torch.Tensor):
    x.add_(1)
    x[0] = 1.0
    return x


def requires_grad_of_an_imported_result_is_unknown():
    w = make_weights()
    w.mul_(2)
    return w


def requires_grad_is_a_parameter(trainable):
    w = torch.zeros(3, requires_grad=trainable)
    w += 1
    return w


def activation_in_place(x):
    layer = nn.Linear(4, 3)
    hidden = layer(x)
    hidden.relu_()
    return F.relu_(hidden + 1)


class MovingAverage:
    def __init__(self, model: nn.Module):
        self.model = model
        self.average = copy.deepcopy(model)
        for parameter in self.average.parameters():
            parameter.detach_()

    def update(self, momentum):
        for averaged, parameter in zip(self.average.parameters(), self.model.parameters()):
            averaged.mul_(1.0 - momentum).add_(parameter.data, alpha=momentum)  # expect: tensor-data-access


# ── under other names, through helpers and methods ────────────────────────────────────────────


def one_leaf_under_two_names():
    w = th.zeros(3, requires_grad=True)
    v = w
    v += 1  # expect: inplace-on-leaf
    th.mul(w, 2, out=w)  # expect: inplace-on-leaf


def make(size):
    return th.randn(size, requires_grad=True)


def shifted(values):
    values.add_(1)


@th.no_grad()
def shifted_without_gradients(values):
    values.add_(1)


def by_helpers():
    w = make(3)
    w *= 2  # expect: inplace-on-leaf
    shifted(w)  # expect: inplace-on-leaf
    shifted(layers.Linear(4, 3).weight)  # expect: inplace-on-leaf
    shifted(w.detach())
    shifted(w * 2)
    shifted_without_gradients(w)


class Decayed:
    def __init__(self):
        self.w = make(3)
        self.net = layers.Linear(4, 3)

    def update(self, lr):
        self.decay(self.w, lr)  # expect: inplace-on-leaf
        self.decay(self.net.weight, lr)  # expect: inplace-on-leaf

    def update_without_gradients(self, lr):
        with th.no_grad():
            self.decay(self.w, lr)

    def decay(self, values, lr):
        values.mul_(1 - lr)


def several_methods():
    w = th.zeros(3, requires_grad=True)
    w.index_fill_(0, th.tensor([0]), 1.0)  # expect: inplace-on-leaf
    w.masked_fill_(w > 0, 1.0)  # expect: inplace-on-leaf
    w.clamp_(min=0)  # expect: inplace-on-leaf
    layers.functional.relu(w, inplace=True)  # expect: inplace-on-leaf


def through_views():
    w = th.zeros(3, 3, requires_grad=True)
    w.view(9)[0] = 1  # expect: inplace-on-leaf
    w[0].add_(1)  # expect: inplace-on-leaf
    w.t().zero_()  # expect: inplace-on-leaf
    w[0, 1:].t()[0] -= 1  # expect: inplace-on-leaf


class Padded(layers.Module):
    def __init__(self):
        super().__init__()
        self.embedding = layers.Embedding(10, 4)
        self.embedding.weight[0].fill_(0)  # expect: inplace-on-leaf
        self.embedding.weight.data[0].fill_(0)  # expect: tensor-data-access
        with th.no_grad():
            self.embedding.weight[0].fill_(0)


def through_copies(mask):
    w = th.zeros(3, 3, requires_grad=True)
    w[mask].add_(1)
    w[[0, 1]].zero_()
    w.reshape(9).clone()[0] = 1
    (w.t() * 2).zero_()
    w.detach()[0].add_(1)


# fmt: off
def in_odd_layouts():
    w = th.zeros(3, requires_grad=True); w.add_(1)  # expect: inplace-on-leaf
    for k in range(3): w[k] = 1.0  # expect: inplace-on-leaf
    w.add_(  # expect: inplace-on-leaf
        1,  # one
    )
    if w.sum() > 3: w -= 1  # expect: inplace-on-leaf
    else: w += 1  # expect: inplace-on-leaf
# fmt: on


def gradients_switched_off_for_good():
    w = th.zeros(3, requires_grad=True)
    with th.inference_mode():
        w.add_(1)
    th.set_grad_enabled(False)
    w.add_(1)
    th.set_grad_enabled(True)


class SetsItsState(nn.Module):
    def __init__(self):
        super().__init__()
        setattr(self, "weight", torch.zeros(3))

    def update(self, values):
        self.weight += values.sum()


class ScaledLinear(nn.Linear):
    def update(self, values):
        self.weight += values.sum()  # expect: inplace-on-leaf
