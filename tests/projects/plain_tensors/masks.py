import torch


def causal_mask(size):
    return torch.triu(torch.ones(size, size), diagonal=1).bool()


def frequencies(width):
    return 1.0 / 10000 ** (torch.arange(0, width, 2).float() / width)


