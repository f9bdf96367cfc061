import argparse
import os

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

from checkpoints import resume, save_checkpoint
from engine import evaluate, train_one_epoch
from models import SmallNet


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--checkpoint", default="last.pt")
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def make_loaders(workers):
    images, labels = torch.randn(64, 3, 16, 16), torch.randint(10, (64,))
    train = TensorDataset(images[:48], labels[:48])
    val = TensorDataset(images[48:], labels[48:])
    return (
        DataLoader(train, batch_size=8, shuffle=True, num_workers=workers, drop_last=True),
        DataLoader(val, batch_size=8, num_workers=workers),
    )


def main():
    args = parse_arguments()
    device = torch.device(args.device)
    loader, val_loader = make_loaders(args.workers)

    model = SmallNet().to(device)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs)
    scaler = torch.amp.GradScaler(device.type)

    start = 0
    if os.path.exists(args.checkpoint):
        start = resume(args.checkpoint, model, optimizer, scheduler, device)

    for epoch in range(start, args.epochs):
        train_loss = train_one_epoch(model, loader, criterion, optimizer, scaler, device)
        val_loss, accuracy = evaluate(model, val_loader, criterion, device)
        scheduler.step()
        save_checkpoint(args.checkpoint, model, optimizer, scheduler, epoch)
        print(f"epoch {epoch}: {train_loss:.3f} {val_loss:.3f} {accuracy:.1%}")


if __name__ == "__main__":
    main()
