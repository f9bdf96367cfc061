"""Gradients of several batches for one step."""

import contextlib

import torch
import torch.nn.functional as F
from networks import MLP
from torch.nn.parallel import DistributedDataParallel


def every_fourth_batch(loader, k=4):
    model = MLP()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y) / k
        loss.backward()
        if (i + 1) % k == 0 or i + 1 == len(loader):
            optimizer.step()
            optimizer.zero_grad()


def without_synchronizing(rank, loader, k=4):
    model = DistributedDataParallel(MLP().to(rank), device_ids=[rank])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        last = (i + 1) % k == 0
        with contextlib.nullcontext() if last else model.no_sync():
            (F.cross_entropy(model(x.to(rank)), y.to(rank)) / k).backward()
        if last:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)


def micro_batches(loader, k=4):
    model = MLP()
    optimizer = torch.optim.AdamW(model.parameters())
    for x, y in loader:
        optimizer.zero_grad()
        for part, wanted in zip(x.chunk(k), y.chunk(k)):
            loss = F.cross_entropy(model(part), wanted) / k
            loss.backward()
        optimizer.step()


def mixed_precision(loader, k=4):
    model = MLP().cuda()
    optimizer = torch.optim.AdamW(model.parameters())
    scaler = torch.amp.GradScaler("cuda")
    for i, (x, y) in enumerate(loader):
        with torch.autocast("cuda"):
            loss = F.cross_entropy(model(x.cuda()), y.cuda()) / k
        scaler.scale(loss).backward()
        if (i + 1) % k == 0:
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)


class Trainer:
    def __init__(self, accumulate):
        self.accumulate = accumulate
        self.model = MLP()
        self.optimizer = torch.optim.AdamW(self.model.parameters())
        self.scaler = torch.amp.GradScaler("cuda", enabled=torch.cuda.is_available())
        self.step = 0

    def train_batch(self, x, y):
        with torch.autocast("cuda", enabled=torch.cuda.is_available()):
            loss = F.cross_entropy(self.model(x), y) / self.accumulate
        self.scaler.scale(loss).backward()
        self.step += 1
        if self.step % self.accumulate == 0:
            self.scaler.step(self.optimizer)
            self.scaler.update()
            self.optimizer.zero_grad()
        return loss.item()
