from torch import nn
import torch.nn.functional as F


def clear(optimizer):
    optimizer.zero_grad(set_to_none=True)


def apply(optimizer, scheduler=None):
    optimizer.step()
    if scheduler is not None:
        scheduler.step()


def train_step(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def complete_step(model, optimizer, x, y):
    clear(optimizer)
    return train_step(model, optimizer, x, y)


def apply_and_clip(optimizer, model):
    optimizer.step()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
