import random as rnd

import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


def augment(image):
    return image * rnd.uniform(0.9, 1.1)


def noise(size):
    return np.random.randn(size)


def never_called():
    np.random.seed(1)
    return rnd.random()


def main(seed=0):
    torch.manual_seed(seed)  # expect: half-seeded-run
    model = Net()
    return model(torch.randn(2, 4)), augment(1.0), noise(3)


if __name__ == "__main__":
    main()
