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


class DiceAndEntropy(nn.Module):
    def __init__(self, weight=0.5):
        super().__init__()
        self.weight = weight
        self.entropy = nn.BCEWithLogitsLoss()

    def forward(self, masks, wanted):
        overlap = 1 - (2 * (masks * wanted).sum() + 1) / (masks.sum() + wanted.sum() + 1)
        return self.weight * self.entropy(masks, wanted) + (1 - self.weight) * overlap


class WithLogits(DiceAndEntropy):
    def forward(self, masks, wanted):
        return self.entropy(masks, wanted)
