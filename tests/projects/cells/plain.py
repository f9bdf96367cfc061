import torch

z = torch.randn(3, 4)
z.softmax(dim=1)  # expect: result-discarded
