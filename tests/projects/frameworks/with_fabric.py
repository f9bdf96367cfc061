import torch
import torch.nn.functional as F
from lightning.fabric import Fabric
from models import Backbone


def main(loader, val_loader):
    fabric = Fabric(accelerator="auto", precision="bf16-mixed")
    fabric.launch()
    model = Backbone()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model, optimizer = fabric.setup(model, optimizer)
    loader, val_loader = fabric.setup_dataloaders(loader, val_loader)
    for epoch in range(3):
        model.train()
        for step, (x, y) in enumerate(loader):
            accumulating = step % 4 != 3
            with fabric.no_backward_sync(model, enabled=accumulating):
                loss = F.cross_entropy(model(x), y) / 4
                fabric.backward(loss)
            if not accumulating:
                fabric.clip_gradients(model, optimizer, max_norm=1.0)
                optimizer.step()
                optimizer.zero_grad()
        model.eval()
        with torch.no_grad():
            for x, y in val_loader:
                fabric.log("accuracy", (model(x).argmax(dim=1) == y).float().mean())
        fabric.save(f"epoch-{epoch}.ckpt", {"model": model, "optimizer": optimizer})


def gradients_are_never_cleared(loader):
    fabric = Fabric()
    model = Backbone()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model, optimizer = fabric.setup(model, optimizer)
    for x, y in fabric.setup_dataloaders(loader):
        fabric.backward(F.cross_entropy(model(x), y))  # expect: missing-zero-grad
        optimizer.step()


def validated_in_training_mode(fabric: Fabric, loader, val_loader):
    model = Backbone()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model, optimizer = fabric.setup(model, optimizer)
    for x, y in loader:
        optimizer.zero_grad()
        fabric.backward(F.cross_entropy(model(x), y))
        optimizer.step()
    correct = 0
    with torch.no_grad():
        for x, y in val_loader:
            correct += (model(x).argmax(dim=1) == y).sum().item()  # expect: inference-in-train-mode
    return correct
