"""Gradient scaling, for one and several losses."""

import torch
import torch.nn.functional as F
from networks import MLP


def one_optimizer(loader, val_loader, device="cuda"):
    model = MLP().to(device)
    optimizer = torch.optim.AdamW(model.parameters())
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=100)
    scaler = torch.amp.GradScaler(device)
    for _ in range(3):
        model.train()
        for x, y in loader:
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(device, dtype=torch.float16):
                loss = F.cross_entropy(model(x.to(device)), y.to(device))
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scale = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            if scaler.get_scale() >= scale:
                scheduler.step()
        model.eval()
        with torch.inference_mode(), torch.autocast(device, dtype=torch.float16):
            for x, y in val_loader:
                print((model(x.to(device)).argmax(dim=1) == y.to(device)).sum().item())


def two_optimizers(loader, device="cuda"):
    first, second = MLP().to(device), MLP().to(device)
    one, other = torch.optim.SGD(first.parameters(), lr=0.1), torch.optim.SGD(second.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler(device)
    for x, y in loader:
        one.zero_grad()
        other.zero_grad()
        with torch.autocast(device):
            a, b = first(x.to(device)), second(x.to(device))
            loss_a = F.cross_entropy(2 * a + 3 * b, y.to(device))
            loss_b = F.cross_entropy(3 * a - 5 * b, y.to(device))
        scaler.scale(loss_a).backward(retain_graph=True)
        scaler.scale(loss_b).backward()
        scaler.step(one)
        scaler.step(other)
        scaler.update()


def optional(model, loader, optimizer, criterion, scaler=None):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda", enabled=scaler is not None):
            loss = criterion(model(x), y)
        if scaler is not None:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss.backward()
            optimizer.step()


def bfloat(loader):
    model = MLP()
    optimizer = torch.optim.AdamW(model.parameters())
    for x, y in loader:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
