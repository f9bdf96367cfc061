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


def gradients_are_never_cleared(loader):
    accelerator = Accelerator(gradient_accumulation_steps=4)
    model = Backbone()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    for x, y in loader:
        with accelerator.accumulate(model):
            loss = F.cross_entropy(model(x), y)
            accelerator.backward(loss)  # expect: missing-zero-grad
            optimizer.step()


def trained_in_evaluation_mode(loader, val_loader):
    accelerator = Accelerator()
    model = Backbone()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model, optimizer, loader, val_loader = accelerator.prepare(model, optimizer, loader, val_loader)
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            accelerator.backward(F.cross_entropy(model(x), y))  # expect: training-in-eval-mode
            optimizer.step()
        print(epoch, evaluate(accelerator.unwrap_model(model), val_loader))


def evaluate(model, val_loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(dim=1) == y).sum().item() for x, y in val_loader)


def prepared_for_evaluation_alone(val_loader):
    accelerator = Accelerator()
    model, val_loader = accelerator.prepare(Backbone(), val_loader)
    model.eval()
    correct = 0
    for x, y in val_loader:
        correct += (model(x).argmax(dim=1) == y).sum().item()  # expect: inference-without-no-grad
    return correct


class Trainer:
    def __init__(self, accelerator: Accelerator, lr):
        self.accelerator = accelerator
        self.model = Backbone()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=lr)
        self.model, self.optimizer = accelerator.prepare(self.model, self.optimizer)

    def fit(self, loader):
        total = 0
        for x, y in loader:
            loss = F.cross_entropy(self.model(x), y)
            total += loss  # expect: graph-retained
            self.optimizer.zero_grad()
            self.accelerator.backward(loss)
            self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.accelerator.log({"loss": loss})
        return total


def losses_of_several_batches_by_hand(loader):
    accelerator = Accelerator(gradient_accumulation_steps=4)
    model = Backbone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    for step, (x, y) in enumerate(loader):
        accelerator.backward(F.cross_entropy(model(x), y))
        if (step + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()
