"""A file of torch's own: it implements what others are warned of."""

import torch
from torch import Tensor
from torch.nn import Module


class Replicated(Module):
    def __init__(self, module: Module):
        super().__init__()
        self.module = module

    def forward(self, *inputs):
        return self.module.forward(*inputs)

    def convert(self, convert):
        for parameter in self.module.parameters():
            parameter.data = convert(parameter.data)
            if parameter.grad is not None:
                parameter.grad.data = convert(parameter.grad)


def total(gradients: list[Tensor]) -> Tensor:
    return torch.norm(torch.stack([torch.norm(gradient) for gradient in gradients]))


def compiled(module: Module):
    return torch.jit.script(module)


def running_total(module: Module, batches):
    total = 0
    for batch in batches:
        loss = torch.nn.functional.cross_entropy(module(batch), batch)
        loss.backward()
        total += loss  # expect: graph-retained
    return total
