import torch

has_gpu = torch.cuda.is_available()


def stacked(tensors):
    return torch.stack(tensors).cuda()
