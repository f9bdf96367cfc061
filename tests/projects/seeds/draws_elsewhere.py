import torch
from helpers import tossed

torch.manual_seed(0)  # expect: half-seeded-run
print(tossed(), torch.rand(2))
