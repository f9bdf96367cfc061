import random

import torch
from helpers import set_seed

torch.manual_seed(0)
set_seed(0)
print(random.random(), torch.rand(2))
