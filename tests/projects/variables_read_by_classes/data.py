import torch
from torch.utils.data import TensorDataset


def samples():
    return TensorDataset(torch.rand(64, 4, 1), torch.randint(2, (64,)))
