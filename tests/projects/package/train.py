import torch
from torch.utils.data import DataLoader, TensorDataset
from vision import Encoder, Trainer, build_model


def warm_up(loader):
    model, optimizer = build_model(depth=1, lr=0.01)
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.save(model, "warm.pt")  # expect: whole-model-saved


def agreement(loader):
    first, second = Encoder(), Encoder()
    first.eval()
    same = 0
    with torch.no_grad():
        for x, _ in loader:
            wanted = first(x).argmax(dim=1)
            same += (second(x).argmax(dim=1) == wanted).sum().item()  # expect: inference-in-train-mode
    return same


def main():
    data = TensorDataset(torch.randn(64, 4), torch.randint(3, (64,)))
    loader = DataLoader(data, batch_size=8)
    warm_up(loader)
    trainer = Trainer(loader, torch.device("cpu"))
    trainer.fit(epochs=2)
    print(trainer.accuracy(loader), agreement(loader))
    trainer.save("trainer.pt")


main()
