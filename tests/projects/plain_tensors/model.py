import masks
from torch import nn


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.frequencies = masks.frequencies(width)  # expect: unregistered-buffer
        self.scale = nn.Linear(width, width)

    def forward(self, x):
        scores = self.scale(x * self.frequencies)
        return scores.masked_fill(masks.causal_mask(x.size(1)), -1e9)  # expect: tensor-on-default-device
