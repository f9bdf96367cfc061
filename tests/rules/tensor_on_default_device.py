import numpy as np
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor, zeros
from torch import nn as layers

# ── reported ──────────────────────────────────────────────────────────────────────────────────


class AddsNoise(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x: Tensor):
        noise = th.randn(4) * 0.1  # fresh each time  # expect: tensor-on-default-device
        return self.fc(x + noise)


class StartsWithZeros(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(4, 8)

    def forward(self, steps):
        hidden = th.zeros(steps.size(1), 8)  # expect: tensor-on-default-device
        for step in steps:
            hidden = self.cell(step, hidden)
        return hidden


class MeetsParameters(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(th.randn(4, 4))

    def forward(self, x):
        mask = th.tril(
            th.ones(  # expect: tensor-on-default-device
                4,
                4,
            )
        )
        return x @ (self.weight * mask)


class Pads(nn.Module):
    def forward(self, x):
        x = F.relu(x)
        return th.cat([x, th.zeros(1, 4)])  # expect: tensor-on-default-device


class InAHelperMethod(nn.Module):
    def forward(self, x: Tensor):
        return x.masked_fill(self._mask(x.size(-1)), 0.0)  # expect: tensor-on-default-device

    def _mask(self, size):
        return th.triu(th.ones(size, size)).bool()


def sinusoid(length, width):
    table = th.zeros(length, width)
    table[:, 0::2] = th.sin(th.arange(length).unsqueeze(1).float())
    return table


class MadeByAFunction(nn.Module):
    def forward(self, x):
        return x + sinusoid(x.size(1), x.size(2))  # expect: tensor-on-default-device


class FromAnArray(nn.Module):
    def forward(self, logits: Tensor):
        weights = th.from_numpy(np.ones(4))  # expect: tensor-on-default-device
        return (logits * weights).sum()


class AppliesANewLayer(nn.Module):
    def forward(self, x):
        layer = nn.Linear(4, 4)  # expect: tensor-on-default-device
        return layer(x)


class UsesAnotherMethod(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 4)

    def generate(self, length):
        start = th.zeros(1, length).long()  # expect: tensor-on-default-device
        return self.embed(start)


class DropsWholeSamples(nn.Module):
    def forward(self, x):
        kept = th.rand(x.shape[0], *([1] * (x.dim() - 1)))  # expect: tensor-on-default-device
        return x * (kept < 0.9)


class WeighsPositions(nn.Module):
    def forward(self, heat):
        chances = heat.flatten(2).softmax(-1)
        rows = th.linspace(0, 1, chances.size(-1))  # expect: tensor-on-default-device
        return (chances * rows).sum(-1)


class Attends(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(4, 4)

    def forward(self, x: Tensor):
        scores = th.einsum("bic,bjc->bij", self.query(x), x)
        return scores + th.ones(1, 4)  # expect: tensor-on-default-device


class Denoises(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(4, 4)
        self.register_buffer("betas", th.linspace(0.1, 0.9, 10))

    def forward(self, x: Tensor):
        return self.net(x)

    @th.no_grad()
    def sample(self, count, shape):
        x = th.randn(count, *shape, device=self.betas.device)
        for beta in self.betas:
            x = self.net(x) + beta.sqrt() * th.randn(count, *shape)  # expect: tensor-on-default-device
        return x



class OtherNames(layers.Module):
    def __init__(self):
        super().__init__()
        self.fc = layers.Linear(4, 4)

    def forward(self, x):
        noise = zeros(4)  # expect: tensor-on-default-device
        same = noise
        return self.fc(x) + same


class LooksPositionsUp(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(100, 8)

    def forward(self, tokens):
        positions = th.arange(tokens.size(1))  # expect: tensor-on-default-device
        return self.table(positions)


class ConstantInTheMiddle(nn.Module):
    def forward(self, x):
        return x * th.tensor([0.1, 0.2, 0.3])  # expect: tensor-on-default-device


class StartsFromWhatLearns(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(4, 8, batch_first=True)

    def forward(self, x):
        hidden = th.zeros(1, x.size(0), 8).requires_grad_()  # expect: tensor-on-default-device
        return self.gru(x, hidden.detach())



# ── silent: it is where the inputs are ────────────────────────────────────────────────────────


class FollowsItsInput(nn.Module):
    def __init__(self, device):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.device = device

    def forward(self, x):
        x = x + th.zeros(4, device=x.device) + x.new_ones(4) + th.rand_like(x)
        x = x + th.zeros(4).to(x) + th.ones(4).type_as(x) + th.ones(4).to(self.fc.weight.device)
        x = x + th.zeros(4, device=self.device) + th.ones(4).to(next(self.parameters()).device)
        return self.fc(x)


class MovedLater(nn.Module):
    def forward(self, x):
        mask = th.ones(4, 4)
        mask = th.triu(mask, diagonal=1)
        if x.is_cuda:
            mask = mask.cuda()
        return x * mask


class TakesOptions(nn.Module):
    """The keywords may name a device."""

    def forward(self, x: Tensor, *sizes, **options):
        return x + th.zeros(4, **options) + th.ones(*sizes, **options)


class PicksByPosition(nn.Module):
    """A list has an index as well."""

    def forward(self, parts):
        return parts.index(4) + th.zeros(4)



# ── silent: it never meets the inputs ─────────────────────────────────────────────────────────


class IndexesAndShapes(nn.Module):
    def forward(self, x):
        picked = x[th.arange(3)]
        sizes = th.tensor([1, 2]).tolist()
        return picked.view(*sizes) * th.tensor(2.0) * float(th.ones(3).sum())


class LosesTheDimension(nn.Module):
    def forward(self, x):
        return x * th.rand(3)[0] * th.ones(2, 2).mean() + th.tensor(1)


class CountsOnTheHost(nn.Module):
    def forward(self, x):
        lengths = th.ones(3) * 2
        return x, lengths + th.arange(3)


# ── silent: it runs before the module moves ───────────────────────────────────────────────────


class TriesItselfOut(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.size = self.conv(th.zeros(1, 3, 8, 8)).numel()
        self.scale = self._measured(th.ones(1, 3, 8, 8))
        self.reset_parameters()

    def _measured(self, x):
        return float(self.conv(x).mean())

    def reset_parameters(self):
        with th.no_grad():
            self.conv.weight += th.randn(8, 3, 3, 3)

    def forward(self, x):
        return self.conv(x)

    def output_size(self, height, width):
        return self(th.zeros(1, 3, height, width)).shape[1]


# ── silent: no module ─────────────────────────────────────────────────────────────────────────


class Noise:
    def forward(self, x):
        return x + th.randn(4)


def added(x: Tensor):
    return x + th.ones(4)


class AsksForAShape(nn.Module):
    """A dry run while the layers are made, before anything moves."""

    def __init__(self, shape):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten())
        self.head = nn.Linear(self.feature_size(shape), 2)

    def feature_size(self, shape):
        return self.features(th.zeros(1, *shape)).view(1, -1).size(1)

    def sequence_length(self, height, width):
        return self.features(th.zeros(1, 3, height, width)).shape[1]

    def forward(self, x):
        return self.head(self.features(x))


class Sparse(nn.Module):
    """A sparse tensor is where its values are."""

    def __init__(self):
        super().__init__()
        self.values = nn.ParameterDict({"a": nn.Parameter(th.ones(2))})

    def weight(self, indices, size):
        return th.sparse_coo_tensor(indices, self.values["a"] * 2, size)

    def forward(self, x, indices):
        return x + self.weight(indices, x.shape).to_dense()


class OnTheDeviceByDefault(nn.Module):
    def forward(self, x):
        with x.device:
            mask = th.ones(4)
        return x * mask


class MovedInOtherWays(nn.Module):
    def forward(self, x):
        mask = th.ones(4)
        mask = mask.to(x)
        steps = th.arange(3)
        rows = [x[i] for i in steps]
        return x * mask + th.zeros(4).to(x.device, non_blocking=True), rows, x.cpu() + th.ones(4)
