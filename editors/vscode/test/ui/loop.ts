/** Code that the windows show. */

/** A loop that never clears its gradients: one pitfall, on the line of `loss.backward()`. */
export const LOOP = `import torch
from torch import nn

model = nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.MSELoss()
for inputs, targets in torch.randn(10, 2, 4, 8):
    loss = criterion(model(inputs), targets)
    loss.backward()
    optimizer.step()
`;

/** What repairs it. */
export const FIX = "optimizer.zero_grad()";
