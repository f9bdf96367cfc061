from torch import nn


def make_criterion(smoothing=0.0):
    return nn.CrossEntropyLoss(label_smoothing=smoothing)


def mask_loss(logits, masks):
    return nn.functional.binary_cross_entropy_with_logits(logits, masks)


def own_loss(criterion, output, target):
    return criterion(target, output)


def share_right(net, x, y):
    return ((net(x) > 0.5) == y).float().mean()


def squared_error(net, x, y):
    return nn.functional.mse_loss(net(x), y)
