"""A script whose classes read its variables, and whose variables are instances of its classes."""

import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
hidden = 16


class RNN(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, batch_first=True)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, x):
        state = torch.zeros(1, x.size(0), hidden).to(device)
        output, _ = self.rnn(x, (state, state))
        return self.head(self.dropout(output[:, -1]))


def evaluate(loader):
    model.eval()
    correct = 0
    for x, y in loader:
        correct += (model(x.to(device)).argmax(dim=1) == y.to(device)).sum().item()  # expect: inference-without-no-grad
    return correct


if __name__ == "__main__":
    model = RNN(4, 3).to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters())
    inputs, classes = torch.randn(64, 8, 4), torch.randint(3, (64,))
    batches = torch.utils.data.TensorDataset(inputs, classes)
    loader = torch.utils.data.DataLoader(batches, batch_size=8, shuffle=True, pin_memory=True)
    for epoch in range(3):
        for x, y in loader:
            loss = criterion(model(x.to(device)), y.to(device))
            loss.backward()  # expect: missing-zero-grad, training-in-eval-mode
            optimizer.step()
        print(evaluate(loader))
