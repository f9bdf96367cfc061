"""Stages of one model on several ranks: the schedule goes backward."""

import torch
import torch.nn.functional as F
from networks import MLP
from torch.distributed.pipelining import PipelineStage, ScheduleGPipe


def with_a_schedule(rank, world, loader):
    module = MLP()
    stage = PipelineStage(module, rank, world, torch.device(f"cuda:{rank}"))
    schedule = ScheduleGPipe(stage, n_microbatches=4, loss_fn=F.cross_entropy)
    optimizer = torch.optim.AdamW(module.parameters())
    for x, y in loader:
        optimizer.zero_grad()
        if rank == 0:
            schedule.step(x)
        else:
            losses = []
            schedule.step(target=y, losses=losses)
        optimizer.step()


def by_hand(stages, loader, micro=4):
    optimizers = [torch.optim.SGD(stage.parameters(), lr=0.1) for stage in stages]
    for x, y in loader:
        for optimizer in optimizers:
            optimizer.zero_grad()
        outputs = []
        for part in x.chunk(micro):
            for stage in stages:
                part = stage(part)
            outputs.append(part)
        for output, wanted in zip(outputs, y.chunk(micro)):
            (F.cross_entropy(output, wanted) / micro).backward()
        for optimizer in optimizers:
            optimizer.step()


def inner_gradients(stage: MLP, received, sent_back):
    received.requires_grad_(True)
    output = stage(received)
    output.backward(sent_back)
    return output.detach(), received.grad
