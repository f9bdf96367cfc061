import random

import numpy as np
import torch

torch.manual_seed(0)
rng = np.random.default_rng(0)
other = random.Random(0)
print(rng.random(), other.random(), torch.rand(2))
