import sys

import torch
from models import Net
from torch.utils.data import DataLoader, TensorDataset

model = Net()
model.load_state_dict(torch.load(sys.argv[1], map_location="cpu"))
model.eval()

loader = DataLoader(TensorDataset(torch.randn(64, 4)), batch_size=8)
outputs = []
for (x,) in loader:
    scores = model(x)  # expect: inference-without-no-grad
    outputs.append(scores.softmax(dim=1))  # expect: graph-retained
print(torch.cat(outputs).numpy())  # expect: numpy-requires-grad
