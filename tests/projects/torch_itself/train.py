import torch


def total(gradients: list[torch.Tensor]) -> torch.Tensor:
    return torch.norm(torch.stack(gradients))  # expect: deprecated-api


def reset(layer: torch.nn.Linear):
    layer.weight.data.zero_()  # expect: tensor-data-access
