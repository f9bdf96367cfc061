import sys

import torch
from models import Net
from torch.utils.data import DataLoader, TensorDataset

torch.set_grad_enabled(False)

model = Net()
model.load_state_dict(torch.load(sys.argv[1], map_location="cpu"))
model.eval()

loader = DataLoader(TensorDataset(torch.randn(64, 4)), batch_size=8)
outputs = []
for (x,) in loader:
    outputs.append(model(x).softmax(dim=1))
print(torch.cat(outputs).numpy())


def predict(batches):
    return [model(x).argmax(dim=1) for x in batches]


model.fc.bias.zero_()
