import torch
from torch import nn


def save(path):
    model = nn.DataParallel(nn.Linear(4, 2))
    torch.save(model.state_dict(), path)


def resume(model, path):
    model.load_state_dict(torch.load(path, map_location="cpu"))
