import torch
import torch.nn as nn
import torch.nn.functional as F
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
