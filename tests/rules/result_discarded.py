import time

import pytest
import torch
import torch as t
import torch.nn.functional as F
from torch import nn
from torch import nn as layers


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        h = self.fc(x)
        h.clamp(-1, 1)  # expect: result-discarded
        return h


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def annotated_tensor(x: torch.Tensor):
    x.add(1)  # expect: result-discarded
    return x


def made_here():
    scores = torch.randn(3)
    scores.sort()  # expect: result-discarded
    scores.unsqueeze(0)  # expect: result-discarded
    return scores


def masked(x: torch.Tensor, mask):
    x.masked_fill(mask, 0)  # expect: result-discarded
    return x


def name_is_enough(batch):
    batch.unsqueeze(1)  # expect: result-discarded
    return batch


def loss_detached(x, y):
    loss = F.mse_loss(Policy()(x), y)
    loss.detach()  # expect: result-discarded
    return loss


def flag_asked_for(x: torch.Tensor):
    x.requires_grad  # expect: result-discarded
    return x


def function_of_torch(x: torch.Tensor):
    torch.clamp(x, 0, 1)  # expect: result-discarded
    t.relu(x)  # expect: result-discarded
    F.relu(x)  # expect: result-discarded
    return x


def weights_clipped(model: nn.Module):
    for p in model.parameters():
        p.clamp(-0.01, 0.01)  # expect: result-discarded
        p.grad.mul(0.5)  # expect: result-discarded


def element(rows: torch.Tensor):
    rows[0].add(1)  # expect: result-discarded
    return rows


def under_no_grad(w: torch.Tensor):
    with torch.no_grad():
        w.mul(0.9)  # expect: result-discarded
    return w


# ── silent: the result is kept ────────────────────────────────────────────────────────────────


def kept(x: torch.Tensor):
    x = x.add(1)
    y = x.clamp(0)
    print(x.abs())
    return y.unsqueeze(0)


def in_place(x: torch.Tensor):
    x.add_(1)
    x.clamp_(0, 1)
    torch.add(x, 1, out=x)
    F.relu(x, inplace=True)
    return x


# ── silent: it does something ─────────────────────────────────────────────────────────────────


def side_effects(x, y):
    net = nn.Linear(4, 3)
    h = net(x)
    h.retain_grad()
    h.register_hook(print)
    F.mse_loss(h, y).backward()
    h.detach_()
    x.share_memory_()


def kind_is_unknown(thing, other):
    thing.add(1)
    thing.sort()
    other.detach()
    thing.requires_grad


def sets_and_lists(names):
    seen = set()
    seen.add(1)
    names = list(names)
    names.sort()


# ── silent: on purpose ────────────────────────────────────────────────────────────────────────


def it_raises(x: torch.Tensor):
    with pytest.raises(RuntimeError):
        x.view(7)
    try:
        x.reshape(5)
    except RuntimeError:
        return False


def it_is_timed(x: torch.Tensor):
    start = time.perf_counter()
    x.exp()
    return time.perf_counter() - start


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_tensor_under_two_names():
    w = torch.zeros(3)
    v = w
    v.clamp(0)  # expect: result-discarded
    t.squeeze(v)  # expect: result-discarded
    F.softmax(w, dim=0)  # expect: result-discarded
    F.normalize(w, dim=0)  # expect: result-discarded


def zeros():
    return torch.zeros(3)


class Run:
    def __init__(self):
        self.w = zeros()
        self.net = layers.Linear(4, 3)

    def prepare(self, x):
        self.w.mul(2)  # expect: result-discarded
        y = self.encode(x)
        y.transpose(0, 1)  # expect: result-discarded
        y.view(-1)  # expect: result-discarded
        F.dropout(y, training=self.net.training)  # expect: result-discarded
        return y

    def encode(self, x):
        return self.net(x)


# fmt: off
def in_odd_layouts():
    w = zeros(); w.add(1); print(w)  # expect: result-discarded
    for _ in range(3): w.mul(2)  # expect: result-discarded
    w.masked_fill(  # expect: result-discarded
        w > 0,  # positive
        1.0,
    )
    if w.sum() > 0: w.add(1)  # expect: result-discarded
    w.abs().sqrt()  # expect: result-discarded
# fmt: on


def waits_for_the_device(w: torch.Tensor):
    w.item()
    w.tolist()
    w.numpy()
    F.dropout(w, inplace=True)


def run_once_before(net: layers.Module, x: torch.Tensor):
    net(x)
    torch.matmul(x, x)
