import torch.nn as nn
from torch import optim


def unfreeze(model):
    for p in model.parameters():
        p.requires_grad = True


def build():
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    model.requires_grad_(False)
    return model, optim.SGD(model.parameters(), lr=0.1)


def at_epoch(model, epoch):
    if epoch == 5:
        unfreeze(model)
