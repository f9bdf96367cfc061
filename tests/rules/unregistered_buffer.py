import lightning
import numpy as np
import torch as th
import torch.nn as nn
from torch import Tensor
from torch import nn as layers

# ── reported ──────────────────────────────────────────────────────────────────────────────────


class Standardize(nn.Module):
    def __init__(self, std):
        super().__init__()
        self.mean = th.tensor([0.5, 0.4, 0.4])  # the channels  # expect: unregistered-buffer
        self.std = th.as_tensor(std, device="cpu")
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc((x - self.mean) / self.std)


class Positions(nn.Module):
    def __init__(self, length: int, width: int):
        super().__init__()
        table = th.zeros(length, width)
        table[:, 0::2] = th.sin(th.arange(length).unsqueeze(1).float())
        self.table = table.unsqueeze(0)  # expect: unregistered-buffer

    def forward(self, tokens):
        return tokens + self.table[:, : tokens.size(1)]


class MeetsParameters(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(th.randn(4, 4))
        self.mask = th.tril(th.ones(4, 4))  # expect: unregistered-buffer

    def forward(self, x):
        return x @ (self.weight * self.mask)


class UsedInAHelper(nn.Module):
    def __init__(self):
        super().__init__()
        self.offsets = th.arange(3)  # expect: unregistered-buffer

    def forward(self, x: Tensor):
        return self._shift(x)

    def _shift(self, x):
        return x + self.offsets


class MadeInAHelper(nn.Module):
    def __init__(self):
        super().__init__()
        self._build(8)

    def _build(self, size):
        self.window = th.hann_window(size)  # expect: unregistered-buffer

    def forward(self, signal):
        return signal * self.window


def grid(size):
    return th.stack([th.arange(size), th.arange(size)])


class MadeByAFunction(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.grid = grid(size)  # expect: unregistered-buffer

    def forward(self, boxes):
        return boxes + self.grid


class LooksUpClassWeights(nn.Module):
    def __init__(self):
        super().__init__()
        self.class_weights = th.tensor([0.2, 0.8])  # expect: unregistered-buffer

    def forward(self, logits: Tensor, target: Tensor):
        return (logits * self.class_weights[target]).mean()


class OneOfTwo(nn.Module):
    def __init__(self, wide):
        super().__init__()
        if wide:
            self.kernel = th.ones(5)  # expect: unregistered-buffer
        else:
            self.kernel = th.ones(3)

    def forward(self, x):
        return x * self.kernel


class NothingYet(nn.Module):
    scale = None

    def __init__(self):
        super().__init__()
        self.scale = th.ones(4)  # expect: unregistered-buffer

    def forward(self, x):
        return x * self.scale


class StandardizesImages(nn.Module):
    def __init__(self, mean=(0.5, 0.4, 0.4), scale=2.0):
        super().__init__()
        self.mean = th.tensor(mean).view(1, 3, 1, 1)  # expect: unregistered-buffer
        self.std = th.tensor(mean).unsqueeze(-1)  # expect: unregistered-buffer
        self.scale = th.tensor(scale)

    def forward(self, x):
        return (x - self.mean) / self.std * self.scale


class Spectra(nn.Module):
    def __init__(self):
        super().__init__()
        self.window = th.hann_window(400)  # expect: unregistered-buffer

    def forward(self, sound):
        return th.stft(sound, 400, 160, window=self.window, return_complex=True).abs()



class OtherNames(layers.Module):
    def __init__(self):
        super().__init__()
        mean = th.zeros(3)
        self.mean = mean  # expect: unregistered-buffer

    def forward(self, x):
        mean = self.mean
        return x - mean


class TwoAtOnce(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean, self.std = th.zeros(3), th.ones(3)  # expect: unregistered-buffer, unregistered-buffer
        self.kernel = th.from_numpy(np.ones(3))  # expect: unregistered-buffer

    def forward(self, x):
        return (x - self.mean) / self.std * self.kernel


class OverSeveralLines(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = th.zeros(  # expect: unregistered-buffer
            3,
            4,  # wide
        ); self.n = 3  # fmt: skip

    def forward(self, x):
        return x + self.table


class Graded(lightning.LightningModule):
    def __init__(self, backbone):
        super().__init__()
        self.features = backbone.features
        self.head = nn.Linear(4, 3)
        self.weights = th.tensor([1.0, 1.2, 1.8])  # expect: unregistered-buffer
        self.register_buffer("scale", th.ones(3))

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3))) * self.weights * self.scale


# ── silent: it moves ──────────────────────────────────────────────────────────────────────────


class Registered(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", th.zeros(3))
        self.scale = nn.Parameter(th.ones(3))
        self.frozen = nn.Parameter(th.ones(3), requires_grad=False)

    def forward(self, x):
        return (x - self.mean) * self.scale * self.frozen


class MovedWhereItIsUsed(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = th.zeros(3)
        self.std = th.ones(3)

    def forward(self, x):
        return (x - self.mean.to(x.device)) / self.std.type_as(x)


class MovedOnce(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = th.zeros(3)

    def forward(self, x):
        if self.mean.device != x.device:
            self.mean = self.mean.to(x.device)
        return x - self.mean


class MovesItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = th.zeros(3)

    def _apply(self, fn, recurse=True):
        self.mean = fn(self.mean)
        return super()._apply(fn, recurse)

    def forward(self, x):
        return x - self.mean


class MovedByAMethod(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = th.zeros(3)

    def place(self, device):
        self.mean = self.mean.to(device)

    def forward(self, x):
        return x - self.mean


class MadeThere(nn.Module):
    def __init__(self, device):
        super().__init__()
        self.mean = th.zeros(3, device=device)
        self.std = th.ones(3).to(device)

    def forward(self, x):
        return (x - self.mean) / self.std


# ── silent: forward does not need it ──────────────────────────────────────────────────────────


class OnlyAnIndex(nn.Module):
    def __init__(self):
        super().__init__()
        self.order = th.arange(3)
        self.last = th.zeros(2)

    def forward(self, x):
        self.last = th.ones_like(x)
        return x[:, self.order]


class WithoutDimensions(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = th.tensor(0.5)
        self.steps = th.arange(3).tolist()

    def forward(self, x):
        return x * self.scale + self.steps[0]


class NoModule:
    def __init__(self):
        self.mean = th.zeros(3)

    def forward(self, x):
        return x - self.mean


class GivenFromOutside(nn.Module):
    def __init__(self, mean):
        super().__init__()
        self.mean = mean

    def forward(self, x):
        return x - self.mean


class PicksIndices(nn.Module):
    def __init__(self):
        super().__init__()
        self.chances = th.ones(10)
        self.weight = nn.Parameter(th.randn(10, 4))

    def forward(self, x, target):
        chosen = th.multinomial(self.chances, x.shape[0] * 2, replacement=True)
        return self.weight[chosen].sum()


class MakesItsGridInEachCall(nn.Module):
    """What is wrong is where the tensor is made, not how it is kept."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        self.grid = th.zeros(x.size(0), 4)  # expect: tensor-on-default-device
        return self.fc(x + self.grid)


class NotPersistent(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", th.zeros(3), persistent=False)
        self.offset = nn.Buffer(th.zeros(3))

    def forward(self, x):
        return x - self.mean + self.offset


class MovesWithItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = th.zeros(3)

    def to(self, *args, **kwargs):
        self = super().to(*args, **kwargs)
        self.mean = self.mean.to(*args, **kwargs)
        return self

    def forward(self, x):
        return x - self.mean


class OnlyAnExample(nn.Module):
    def __init__(self):
        super().__init__()
        self.example = th.zeros(1, 3)

    def forward(self, x):
        return x * 2

    def graph(self):
        return self(self.example)


class FilledLater(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mask", None)

    def forward(self, x):
        if self.mask is None:
            self.mask = th.ones(3, device=x.device)
        return x * self.mask


class BecomesAParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = th.ones(3)
        self.scale = nn.Parameter(self.scale)

    def forward(self, x):
        return x * self.scale
