from torch import nn


def make_criterion(smoothing=0.0):
    return nn.CrossEntropyLoss(label_smoothing=smoothing)
