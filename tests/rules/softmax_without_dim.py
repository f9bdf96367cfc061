import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch.nn import LogSoftmax
from torch.nn import functional as functions
from torch.nn.functional import softmax as normalised


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(4, 4)
        self.softmax = nn.Softmax()  # expect: softmax-without-dim
        self.rest = nn.Sequential(
            nn.Linear(4, 3),
            LogSoftmax(),  # expect: softmax-without-dim
        )

    def forward(self, x):
        weights = F.softmax(self.query(x))  # expect: softmax-without-dim
        return self.rest(weights * x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def functions_of_torch(scores):
    first = functions.log_softmax(scores)  # expect: softmax-without-dim
    second = torch.nn.functional.softmin(input=scores)  # expect: softmax-without-dim
    third = normalised(scores, dtype=torch.float32)  # expect: softmax-without-dim
    return first, second, third


activate = lambda scores: F.softmax(  # expect: softmax-without-dim
    scores,  # a comment that stays
)


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def dim_is_given(scores, axis):
    first = F.softmax(scores, dim=-1)
    second = F.log_softmax(scores, 1)
    third = nn.Softmax(1), nn.LogSoftmax(dim=axis), nn.Softmin(dim=-1)
    return first, second, third, torch.softmax(scores, -1), scores.softmax(-1)


def dim_may_hide(scores, options, *args):
    return F.softmax(*args), F.softmax(scores, **options), nn.Softmax(*args), nn.Softmax(**options)


def not_called():
    return {"softmax": F.softmax, "layer": nn.Softmax}


def has_no_axis(scores):
    return nn.Softmax2d()(scores), torch.sigmoid(scores)


def softmax(scores):
    return scores


def own_function(scores):
    return softmax(scores)


# ── under other names, in methods and other layouts ───────────────────────────────────────────


class Head(layers.Module):
    def __init__(self):
        super().__init__()
        self.act = self.make()

    def make(self):
        return layers.Softmax()  # expect: softmax-without-dim

    def forward(self, x):
        return self.act(x)


# fmt: off
def in_odd_layouts(x):
    a = 1; b = F.softmax(x); print(a, b)  # expect: softmax-without-dim
    for _ in range(2): print(F.log_softmax(x,))  # expect: softmax-without-dim
    return th.nn.functional.softmin(  # expect: softmax-without-dim
        x  # scores
    )
# fmt: on


def dim_is_none(x):
    return F.softmax(x, dim=None), th.softmax(x, 0), layers.Softmax(dim=None)
