import math

import numpy as np
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import exp, log


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return F.softmax(self.fc(x), dim=-1)


# ── reported: log of a sum of exponentials ────────────────────────────────────────────────────


def functions(x):
    return torch.log(torch.sum(torch.exp(x), dim=1, keepdim=True))  # expect: logsumexp-by-hand


def aliased_functions(x):
    return log(th.sum(exp(x / 0.07), -1))  # expect: logsumexp-by-hand


def methods(x):
    return x.exp().sum(dim=1).log()  # expect: logsumexp-by-hand


def a_mixture_over_everything(x: torch.Tensor):
    return -torch.log(torch.exp(x).sum())  # expect: logsumexp-by-hand


def over_variables(anchor, others):
    similarity = anchor @ others.T
    exponentials = torch.exp(similarity)
    total = exponentials.sum(1)
    loss = -(torch.diag(similarity) - torch.log(total))  # expect: logsumexp-by-hand
    return loss.mean()


def sum_of_scaled_scores(x, y, temperature):
    return (x @ y.T / temperature).exp().sum().log()  # expect: logsumexp-by-hand


class Energy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        logits = self.fc(x)
        return -logits.exp().sum(-1).log()  # expect: logsumexp-by-hand


# ── reported: log of softmax, of sigmoid, of 1 and an exponential ─────────────────────────────


def log_of_softmax(x):
    return torch.log(F.softmax(x, dim=1))  # expect: logsumexp-by-hand


def log_of_softmax_by_methods(x):
    return x.softmax(dim=-1).log()  # expect: logsumexp-by-hand


def log_of_softmax_in_a_variable(x):
    probabilities = torch.softmax(x, dim=-1)
    entropy = -(probabilities * torch.log(probabilities)).sum(-1)  # expect: logsumexp-by-hand
    return entropy


def log_of_softmax_by_a_layer(x):
    softmax = nn.Softmax(dim=1)
    return torch.log(softmax(x))  # expect: logsumexp-by-hand


def log_of_a_model_that_ends_with_it(x):
    policy = Policy()
    return policy(x).log()  # expect: logsumexp-by-hand


def log_of_softmax_of_a_sum(x, y):
    return (x + y).softmax(1).log()  # expect: logsumexp-by-hand


def log_of_sigmoid(positive, negative):
    return -torch.log(torch.sigmoid(positive - negative)).mean()  # expect: logsumexp-by-hand


def log_of_sigmoid_by_methods(x):
    return x.sigmoid().log()  # expect: logsumexp-by-hand


def softplus(x):
    return torch.log(1 + torch.exp(x))  # expect: logsumexp-by-hand


# ── silent: stabilised ────────────────────────────────────────────────────────────────────────


def maximum_subtracted(x):
    top = x.max(dim=1, keepdim=True).values
    return torch.log(torch.sum(torch.exp(x - top), dim=1)) + top.squeeze(1)


def maximum_subtracted_by_methods(x, top):
    return (x - top).exp().sum(1).log() + top


def maximum_subtracted_before(x):
    x = x - x.amax(dim=1, keepdim=True).detach()
    return x - torch.log(torch.exp(x).sum(1, keepdim=True)), x.exp().sum(1).log()


def maximum_subtracted_in_place(x: torch.Tensor):
    x -= x.max()
    return x.exp().sum(1).log()


def something_small_added(x, eps=1e-8):
    return torch.log(torch.exp(x).sum(1) + eps), torch.log(torch.softmax(x, dim=1) + 1e-8)


def probabilities_clamped(x):
    return torch.log(torch.softmax(x, dim=1).clamp(min=1e-8)), torch.log(torch.sigmoid(x).clamp_min(1e-6))


def functions_for_it(x):
    return torch.logsumexp(x, dim=1), F.log_softmax(x, dim=1), F.logsigmoid(x), F.softplus(x)


# ── silent: something else in between ─────────────────────────────────────────────────────────


def weights_in_between(x, mask):
    return torch.log((torch.exp(x) * mask).sum(1)), torch.log(torch.softmax(x, dim=1) @ mask)


def logarithm_of_something_else(x):
    return torch.log(torch.sum(x, dim=1)), torch.log(torch.exp(x)), x.abs().sum(1).log()


def picked_probability(x, index):
    return torch.softmax(x, dim=1).gather(1, index).log()


# ── silent: no tensor ─────────────────────────────────────────────────────────────────────────


def arrays(x):
    return np.log(np.sum(np.exp(x), axis=1)), math.log(sum(math.exp(y) for y in x))


# ── reported: digits lost next to 1 ───────────────────────────────────────────────────────────


def logarithm_next_to_one(rate: torch.Tensor):
    first = torch.log(1 + rate)  # expect: logsumexp-by-hand
    second = log(rate.abs() + 1.0)  # expect: logsumexp-by-hand
    return first, second, (rate + 1).log()  # expect: logsumexp-by-hand


def exponential_less_one(rate: torch.Tensor):
    return th.exp(rate) - 1, rate.exp() - 1.0  # expect: logsumexp-by-hand, logsumexp-by-hand


def not_next_to_one(rate: torch.Tensor):
    return torch.log(2 + rate), torch.log(1 - rate), torch.exp(rate) - 2, 1 - torch.exp(rate), torch.exp(rate - 1)


def functions_for_small_numbers(rate: torch.Tensor):
    return torch.log1p(rate), torch.expm1(rate), np.log(1 + rate.numpy()), math.exp(0.1) - 1


# ── under other names, in helpers and other layouts ───────────────────────────────────────────


def one_tensor_under_two_names(x: torch.Tensor):
    exponentials = x.exp()
    same = exponentials
    return same.sum(1).log()  # expect: logsumexp-by-hand


def probabilities(x):
    return x.softmax(-1)


class Head:
    def __init__(self):
        self.policy = Policy()

    def act(self, x):
        return probabilities(self.policy.fc(x))

    def log_act(self, x):
        return self.act(x).log()  # expect: logsumexp-by-hand


# fmt: off
def in_odd_layouts(x: torch.Tensor):
    a = 1; b = x.softmax(-1).log(); print(a, b)  # expect: logsumexp-by-hand
    for _ in range(2): print(torch.log(F.softmax(x, dim=1)))  # expect: logsumexp-by-hand
    return torch.log(  # expect: logsumexp-by-hand
        F.softmax(x, dim=1),  # probabilities
    )
# fmt: on
