import random

import numpy as np
import torch

print(random.random(), np.random.rand(), torch.rand(2))
