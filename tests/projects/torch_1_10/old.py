import torch
from torch.utils.checkpoint import checkpoint
from torchvision import models


def arguments_that_do_not_exist_yet(x):
    model = models.resnet18(pretrained=True)
    return checkpoint(model, x)


def deprecated_already(x):
    return torch.qr(x)  # expect: deprecated-api
