import numpy
import torch
import torch.nn as nn

numpy.random.seed(0)  # expect: half-seeded-run
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
print(model(torch.zeros(2, 4)), numpy.random.rand(3))
