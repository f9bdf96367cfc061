"""Networks that only give targets: teachers, momentum encoders, moving averages."""

import copy

import torch
import torch.nn.functional as F
from networks import ConvNet
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn


def distillation(teacher, loader, temperature=4.0):
    student = ConvNet()
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    teacher.eval()
    student.train()
    for x, y in loader:
        with torch.no_grad():
            soft = F.softmax(teacher(x) / temperature, dim=1)
        logits = student(x)
        loss = F.cross_entropy(logits, y)
        loss = loss + F.kl_div(F.log_softmax(logits / temperature, dim=1), soft, reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


class MoCo(nn.Module):
    def __init__(self, momentum=0.999, temperature=0.07):
        super().__init__()
        self.momentum, self.temperature = momentum, temperature
        self.encoder_q = ConvNet(classes=128)
        self.encoder_k = ConvNet(classes=128)
        for query, key in zip(self.encoder_q.parameters(), self.encoder_k.parameters()):
            key.data.copy_(query)  # expect: tensor-data-access
            key.requires_grad = False
        self.register_buffer("queue", F.normalize(torch.randn(128, 4096), dim=0))

    @torch.no_grad()
    def _update(self):
        for query, key in zip(self.encoder_q.parameters(), self.encoder_k.parameters()):
            key.data = key * self.momentum + query * (1.0 - self.momentum)  # expect: tensor-data-access

    def forward(self, first, second):
        query = F.normalize(self.encoder_q(first), dim=1)
        with torch.no_grad():
            self._update()
            key = F.normalize(self.encoder_k(second), dim=1)
        same = torch.einsum("nc,nc->n", query, key).unsqueeze(-1)
        others = torch.einsum("nc,ck->nk", query, self.queue.clone().detach())
        return torch.cat([same, others], dim=1) / self.temperature


def contrastive(loader):
    model = MoCo()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
    for first, second in loader:
        logits = model(first, second)
        loss = F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def mean_teacher(loader, unlabeled, decay=0.99):
    student = ConvNet()
    teacher = copy.deepcopy(student)
    for parameter in teacher.parameters():
        parameter.detach_()
    optimizer = torch.optim.Adam(student.parameters())
    for (x, y), u in zip(loader, unlabeled):
        with torch.no_grad():
            wanted = teacher(u).softmax(dim=1)
        loss = F.cross_entropy(student(x), y) + F.mse_loss(student(u).softmax(dim=1), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for old, new in zip(teacher.parameters(), student.parameters()):
            old.data.mul_(decay).add_(new.detach(), alpha=1 - decay)  # expect: tensor-data-access


def averaged_weights(loader, val_loader):
    model = ConvNet()
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            averaged.update_parameters(model)
        update_bn(loader, averaged)
        averaged.eval()
        with torch.no_grad():
            print(sum((averaged(x).argmax(dim=1) == y).sum().item() for x, y in val_loader))


class BYOL(nn.Module):
    def __init__(self):
        super().__init__()
        self.online = ConvNet(classes=64)
        self.predictor = nn.Linear(64, 64)
        self.target = copy.deepcopy(self.online)
        self.target.requires_grad_(False)

    @torch.no_grad()
    def move_target(self, tau=0.99):
        for target, online in zip(self.target.parameters(), self.online.parameters()):
            target.lerp_(online, 1 - tau)

    def forward(self, first, second):
        predicted = self.predictor(self.online(first))
        with torch.no_grad():
            wanted = self.target(second)
        return 2 - 2 * F.cosine_similarity(predicted, wanted.detach(), dim=-1).mean()


def bootstrap(loader):
    learner = BYOL()
    optimizer = torch.optim.Adam([p for p in learner.parameters() if p.requires_grad], lr=3e-4)
    for first, second in loader:
        loss = learner(first, second) + learner(second, first)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        learner.move_target()
