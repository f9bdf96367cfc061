import random

import torch

random.seed(0)
generator = torch.Generator().manual_seed(0)
print(random.random(), torch.rand(2, generator=generator))
