import random

import torch


def set_seed(seed):
    random.seed(seed)
    torch.manual_seed(seed)


def tossed():
    return random.random() < 0.5
