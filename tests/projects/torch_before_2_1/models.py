import torch
from torch import nn


def make_model():
    return nn.Linear(4, 3)


def load_model(path):
    model = make_model()
    model.load_state_dict(torch.load(path, map_location="cpu"))  # expect: unsafe-load
    return model


def load_weights_alone(path, **options):
    model = make_model()
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    model.load_state_dict(torch.load(path, map_location="cpu", **options))
    return model
