import functorch
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from functorch import make_functional, vmap
from torch import cuda
from torch import nn as layers
from torch.cuda import amp
from torch.cuda.amp import GradScaler, autocast, custom_bwd, custom_fwd
from torch.nn.init import xavier_uniform
from torch.nn.utils import clip_grad_norm
from torch.optim.lr_scheduler import (
    CosineAnnealingWarmRestarts,
    ReduceLROnPlateau,
    StepLR,
)
from torchvision.transforms import v2

try:
    from torch.amp import custom_bwd as backward_pass
except ImportError:
    from torch.cuda.amp import custom_bwd as backward_pass


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def mixed_precision(model, x):
    scaler = torch.cuda.amp.GradScaler(2.0, enabled=False)  # expect: deprecated-api
    with torch.cuda.amp.autocast():  # expect: deprecated-api
        loss = model(x).sum()
    with amp.autocast(enabled=False, dtype=torch.float16):  # expect: deprecated-api
        loss = loss.float()
    with torch.cuda.amp.autocast(False):  # expect: deprecated-api
        loss = loss.float()
    with torch.cpu.amp.autocast(dtype=torch.bfloat16):  # expect: deprecated-api
        loss = loss.float()
    return scaler.scale(loss)


def imported_by_name(model, x):
    scaler = GradScaler()  # expect: deprecated-api
    with autocast():  # expect: deprecated-api
        return scaler.scale(model(x))


class Doubled(torch.autograd.Function):
    @staticmethod
    @custom_fwd  # expect: deprecated-api
    def forward(ctx, x):
        return x * 2

    @staticmethod
    @custom_bwd  # expect: deprecated-api
    def backward(ctx, grad):
        return grad * 2


class Tripled(torch.autograd.Function):
    @staticmethod
    @torch.cuda.amp.custom_fwd(cast_inputs=torch.float32)  # expect: deprecated-api
    def forward(ctx, x):
        return x * 3

    @staticmethod
    @backward_pass
    def backward(ctx, grad):
        return grad * 3


class Head(nn.Container):  # expect: deprecated-api
    upsample = nn.UpsamplingBilinear2d(scale_factor=2)  # expect: deprecated-api

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        nn.init.kaiming_normal(self.fc.weight)  # expect: deprecated-api
        xavier_uniform(self.fc.weight, gain=2.0)  # expect: deprecated-api

    def forward(self, x):
        return F.upsample(x, scale_factor=2, mode="bilinear")  # expect: deprecated-api


def factors(a, b):
    q, r = torch.qr(a)  # expect: deprecated-api
    q, r = torch.qr(a, some=False)  # expect: deprecated-api
    c = torch.cholesky(b)  # expect: deprecated-api
    return torch.chain_matmul(q, r), torch.ger(a[0], b[0]), c  # expect: deprecated-api, deprecated-api


def step(model, optimizer):
    clip_grad_norm(model.parameters(), 1.0)  # expect: deprecated-api
    torch.nn.utils.clip_grad_norm(model.parameters(), max_norm=1.0)  # expect: deprecated-api
    optimizer.step()


def memory():
    return torch.cuda.memory_cached(), cuda.max_memory_cached()  # expect: deprecated-api, deprecated-api


def per_sample(f, model, x):
    g, params = make_functional(model)  # expect: deprecated-api
    return vmap(f)(x), functorch.grad(f)(x), g, params  # expect: deprecated-api, deprecated-api


def reductions(output, target):
    total = F.mse_loss(output, target, size_average=False)  # expect: deprecated-api
    each = nn.CrossEntropyLoss(reduce=False)  # expect: deprecated-api
    both = nn.L1Loss(size_average=False, reduce=False)  # expect: deprecated-api, deprecated-api
    unknown = nn.NLLLoss(size_average=target.size(0) > 1)  # expect: deprecated-api
    return total, each, both, unknown


def grid(h, w):
    return torch.meshgrid(torch.arange(h), torch.arange(w))  # expect: deprecated-api


def to_tensor():
    return v2.Compose([v2.ToTensor()])  # expect: deprecated-api


def rate_by_epoch(optimizer, epochs):
    scheduler = StepLR(optimizer, 30)
    for epoch in range(epochs):
        optimizer.step()
        scheduler.step(epoch)  # expect: deprecated-api


def scripted(model):
    return torch.jit.script(model)  # expect: deprecated-api


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def modern(model, x, a, optimizer):
    scaler = torch.amp.GradScaler("cuda")
    with torch.amp.autocast("cuda"), torch.autocast("cuda"):
        loss = model(x).sum()
    nn.init.kaiming_normal_(a)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    return scaler.scale(loss), torch.linalg.qr(a), torch.outer(a[0], a[0]), F.interpolate(a, scale_factor=2)


def modern_arguments(output, target, h, w):
    loss = F.mse_loss(output, target, reduction="sum") + nn.L1Loss(reduction="none")(output, target).mean()
    return loss, torch.meshgrid(h, w, indexing="ij")


def unseen_arguments(tensors, options):
    return torch.meshgrid(*tensors, **options)


def schedulers_that_are_given_something(optimizer, losses, batches):
    plateau = ReduceLROnPlateau(optimizer)
    restarts = CosineAnnealingWarmRestarts(optimizer, 10)
    decay = StepLR(optimizer, 30)
    for number, loss in enumerate(losses):
        optimizer.step()
        plateau.step(loss)
        restarts.step(number / batches)
        decay.step()


def something_elses_step(engine, epoch):
    engine.step(epoch)


def by_version(model, x):
    if torch.__version__ >= "2.4":
        context = torch.amp.autocast("cuda")
    else:
        context = torch.cuda.amp.autocast()
    with context:
        return model(x)


def other_names(x, qr, reduce):
    return x.norm(), qr(x), reduce(x, size_average=False), torch.sum(x, dtype=x.dtype)


# ── under other names, in methods and other layouts ───────────────────────────────────────────


class Run:
    def __init__(self, optimizer):
        self.scaler = amp.GradScaler()  # expect: deprecated-api
        self.scheduler = StepLR(optimizer, 3)

    def step(self, net, x, epoch):
        with autocast():  # expect: deprecated-api
            y = net(x)
        self.scheduler.step(epoch)  # expect: deprecated-api
        return y

    @autocast()  # expect: deprecated-api
    def forward(self, x):
        return x


# fmt: off
def in_odd_layouts(a):
    b = 1; c = th.qr(a); print(b, c)  # expect: deprecated-api
    for _ in range(2): layers.init.xavier_uniform(a)  # expect: deprecated-api
    return th.cuda.amp.GradScaler(  # expect: deprecated-api
        enabled=True,  # as ever
    )
# fmt: on


def with_a_fallback():
    try:
        return th.amp.GradScaler("cuda")
    except AttributeError:
        return th.cuda.amp.GradScaler()
