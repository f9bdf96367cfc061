from torch import nn


def make_criterion(smoothing=0.0):
    return nn.CrossEntropyLoss(label_smoothing=smoothing)


def mask_loss(logits, masks):
    return nn.functional.binary_cross_entropy_with_logits(logits, masks)
