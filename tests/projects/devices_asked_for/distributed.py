import torch
from torch import nn


def worker(local_rank):
    torch.cuda.set_device(local_rank)
    return nn.Linear(4, 2).cuda()
