"""Classes that a configuration chooses by name."""

from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LRScheduler


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 2))

    def forward(self, x):
        return self.head(x)


class Large(Small):
    pass


class Warmup(LRScheduler):
    def __init__(self, optimizer, after, steps, last_epoch=-1):
        self.after, self.steps = after, steps
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        return [rate * min(1.0, (self.last_epoch + 1) / self.steps) for rate in self.base_lrs]


MODELS = {"small": Small, "large": Large}
OPTIMIZERS = {"sgd": optim.SGD, "adam": optim.Adam, "adamw": optim.AdamW}
SCHEDULERS = {"cosine": CosineAnnealingLR, "exponential": ExponentialLR}


def get_optimizer(parameters, name, **options):
    return OPTIMIZERS[name](parameters, **options)


def get_scheduler(optimizer, options):
    scheduler = SCHEDULERS[options.pop("name")](optimizer, **options)
    return Warmup(optimizer, scheduler, 10)
