import random

import torch
from lightning.fabric import seed_everything

seed_everything(0)
torch.manual_seed(0)
print(random.random(), torch.rand(2))
