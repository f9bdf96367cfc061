import torch
import torch.nn.functional as F
from accelerate import Accelerator
from models import Backbone


def main(loader, val_loader):
    accelerator = Accelerator()
    model = Backbone()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model, optimizer, loader, val_loader = accelerator.prepare(model, optimizer, loader, val_loader)
    for epoch in range(3):
        model.train()
        for x, y in loader:
            with accelerator.accumulate(model):
                loss = F.cross_entropy(model(x), y)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
        model.eval()
        for x, y in val_loader:
            with torch.no_grad():
                output = model(x)
            output, y = accelerator.gather_for_metrics((output, y))
            print(epoch, (output.argmax(dim=1) == y).float().mean().item())
        accelerator.save_state(f"epoch-{epoch}")
