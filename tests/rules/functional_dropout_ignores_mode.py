import math

import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.functional as func
from blocks import Mixin
from torch import nn as layers
from torch.nn import Module
from torch.nn.functional import dropout2d, scaled_dot_product_attention

# ── reported ──────────────────────────────────────────────────────────────────────────────────


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = F.relu(self.fc(x))
        x = F.dropout(x)  # expect: functional-dropout-ignores-mode
        return F.log_softmax(x, dim=1)


class Aliased(Module):
    def forward(self, x):
        x = func.dropout1d(x, p=0.3)  # expect: functional-dropout-ignores-mode
        return dropout2d(x, 0.3, inplace=True)  # expect: functional-dropout-ignores-mode


class ThroughTheWholeName(th.nn.Module):
    def forward(this, x):
        return th.nn.functional.dropout(  # expect: functional-dropout-ignores-mode
            x,
            p=0.1,  # a light one
        )


class InAnotherMethod(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def features(self, x):
        return F.dropout(self.fc(x), p=0.5)  # expect: functional-dropout-ignores-mode

    def forward(self, x):
        return self.features(x)


class Inherited(Net):
    def forward(self, x):
        return F.dropout(super().forward(x), 0.5)  # expect: functional-dropout-ignores-mode


class InANestedFunction(nn.Module):
    def forward(self, xs):
        def drop(x):
            return F.dropout(x, 0.5)  # expect: functional-dropout-ignores-mode

        return [drop(x) for x in xs]


class ConstantInTheAttention(nn.Module):
    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=0.1)  # expect: functional-dropout-ignores-mode


class AttributeInTheAttention(nn.Module):
    def __init__(self, dim, dropout):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.dropout = dropout

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return scaled_dot_product_attention(q, k, v, None, self.dropout)  # expect: functional-dropout-ignores-mode


class ShareOfALayerInTheAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.1)

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.drop.p)  # expect: functional-dropout-ignores-mode


class LayerMadeInForward(nn.Module):
    def forward(self, x):
        return nn.Dropout(0.5)(x)  # expect: functional-dropout-ignores-mode


class LayerMadeInForwardAndNamed(nn.Module):
    def forward(self, x):
        drop = nn.Dropout2d(p=0.2)  # expect: functional-dropout-ignores-mode
        return drop(x)


class FunctionWithASecondName(layers.Module):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate
        self.fc = layers.Linear(4, 4)

    def forward(self, x):
        drop = func.dropout
        h = drop(self.fc(x), self.rate)  # expect: functional-dropout-ignores-mode
        h = func.dropout3d(h, p=self.rate)  # expect: functional-dropout-ignores-mode
        return x + h


class AttentionOverSeveralLines(layers.Module):
    def forward(self, q, k, v):
        return func.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=None,
            dropout_p=0.2,  # expect: functional-dropout-ignores-mode
        )


class AlphaLayerMadeInForward(layers.Module):
    def forward(self, x):
        return layers.AlphaDropout(0.1)(x)  # expect: functional-dropout-ignores-mode


class OnOneLine(layers.Module):
    def forward(self, x): return func.dropout(x)  # fmt: skip  # expect: functional-dropout-ignores-mode


# ── silent: training is given ─────────────────────────────────────────────────────────────────


class FollowsTheMode(nn.Module):
    def forward(self, x):
        x = F.dropout(x, 0.5, self.training)
        return F.dropout(x, training=self.training)


class MonteCarlo(nn.Module):
    def forward(self, x):
        return F.dropout(x, p=0.5, training=True)


class OptionsThatCannotBeSeen(nn.Module):
    def forward(self, x, *args, **options):
        return F.dropout(x, **options) + F.dropout(x, *args)


class UnderACondition(nn.Module):
    def forward(self, x):
        if self.training:
            x = F.dropout(x, 0.5)
        return x


class EarlyReturn(nn.Module):
    def forward(self, x):
        if not self.training:
            return x
        return F.dropout(x, 0.5)


class ShareFollowsTheMode(nn.Module):
    def forward(self, x):
        p = 0.5 if self.training else 0.0
        return F.dropout(x, p)


class OnlyForTraining(nn.Module):
    def training_step(self, x):
        return F.dropout(x, 0.5).sum()


class NothingToDrop(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.0)


class FunctionOfTorchAsksForTheMode(nn.Module):
    def forward(self, x):
        return torch.dropout(x, 0.5, self.training)


# ── silent: relatives whose default is False ──────────────────────────────────────────────────


class AlphaDropout(nn.Module):
    def forward(self, x):
        return F.feature_alpha_dropout(F.alpha_dropout(x, 0.5), 0.5)


# ── silent: outside a module ──────────────────────────────────────────────────────────────────


def augment(x):
    return F.dropout(x, 0.1)


class Augmentation:
    def __call__(self, x):
        return F.dropout(x, 0.1)


class PartOfSomethingElse(Mixin):
    def forward(self, x):
        return F.dropout(x, 0.1)


class Static(nn.Module):
    @staticmethod
    def corrupt(x):
        return F.dropout(x, 0.1)

    def forward(self, x):
        return x


# ── silent: attention ─────────────────────────────────────────────────────────────────────────


class AttentionFollowsTheMode(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.dropout = dropout

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout if self.training else 0.0)


class AttentionWithoutDropout(nn.Module):
    def __init__(self):
        super().__init__()
        self.dropout = 0.0

    def forward(self, q, k, v):
        plain = F.scaled_dot_product_attention(q, k, v)
        zero = F.scaled_dot_product_attention(q, k, v, dropout_p=0.0)
        return plain + zero + F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout)


class ShareComesFromTheCaller(nn.Module):
    def forward(self, q, k, v, dropout_p):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout_p, scale=1 / math.sqrt(8))


class ShareSwitchedByTrain(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.configured = self.dropout = dropout

    def train(self, mode=True):
        self.dropout = self.configured if mode else 0.0
        return super().train(mode)

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout)


class ShareIsAProperty(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.configured = dropout

    @property
    def share(self):
        return self.configured if self.training else 0.0

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.share)


# ── silent: layers ────────────────────────────────────────────────────────────────────────────


class LayerMadeInInit(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)


class LayerSwitchedByHand(nn.Module):
    def forward(self, x):
        drop = nn.Dropout(0.5)
        drop.train(self.training)
        return drop(x)


class LayerOfAnotherKind(nn.Module):
    def forward(self, x):
        return nn.ReLU()(x)


class LayersMadeByAMethod(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = self.build(0.1)

    def build(self, p):
        return nn.Sequential(nn.Linear(4, 4), nn.Dropout(p))

    def forward(self, x):
        return self.block(x)


def drop_path(x, p):
    return F.dropout(x, p)


class CallsAFunctionOutside(nn.Module):
    def forward(self, x):
        return drop_path(x, 0.1)


class LayerPutInEvaluationMode(nn.Module):
    def forward(self, x):
        drop = nn.Dropout(0.5)
        if not self.training:
            drop.eval()
        return drop(x)


class OtherRandomFunctions(nn.Module):
    def forward(self, x):
        return F.rrelu(x) + F.gumbel_softmax(x)
