import functools

import torch
import torch.utils.checkpoint
import torch.utils.checkpoint as cp
from torch import nn
from torch.utils import checkpoint as ckpt
from torch.utils.checkpoint import checkpoint, checkpoint_sequential


# ── reported ──────────────────────────────────────────────────────────────────────────────────


class Encoder(nn.Module):
    def __init__(self, blocks, saving=False):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.saving = saving

    def forward(self, x, mask):
        for block in self.blocks:
            if self.saving and self.training:
                x = checkpoint(block, x, mask)  # expect: checkpoint-without-use-reentrant
            else:
                x = block(x, mask)
        return x


def aliased(block, x):
    return cp.checkpoint(block, x)  # expect: checkpoint-without-use-reentrant


def module_by_name(block, x):
    return ckpt.checkpoint(block, x)  # expect: checkpoint-without-use-reentrant


def spelled_out(block, x):
    return torch.utils.checkpoint.checkpoint(block, x, preserve_rng_state=False)  # expect: checkpoint-without-use-reentrant


def unpacked(block, inputs):
    return checkpoint(block, *inputs)  # expect: checkpoint-without-use-reentrant


def in_a_helper(make_forward, block, x):
    return checkpoint(  # expect: checkpoint-without-use-reentrant
        make_forward(block),
        x,
    )


def sequential(layers, x):
    return checkpoint_sequential(layers, 2, x)  # expect: checkpoint-without-use-reentrant


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def given(block, x):
    return checkpoint(block, x, use_reentrant=False), cp.checkpoint(block, x, use_reentrant=True)


def may_be_given(block, x, options):
    return checkpoint(block, x, **options)


def given_before(block, x):
    saving = functools.partial(checkpoint, use_reentrant=False)
    return saving(block, x)


def somebody_elses(checkpoint, block, x):
    return checkpoint(block, x)


def for_an_older_torch(block, x):
    if torch.__version__ < "1.11":
        return checkpoint(block, x)
    return checkpoint(block, x, use_reentrant=False)


# ── in methods and other layouts ──────────────────────────────────────────────────────────────


class Saved(nn.Module):
    def run(self, block, x):
        return torch.utils.checkpoint.checkpoint(block, x)  # expect: checkpoint-without-use-reentrant


# fmt: off
def in_odd_layouts(block, x):
    a = 1; b = checkpoint(block, x); print(a, b)  # expect: checkpoint-without-use-reentrant
    for _ in range(2): x = checkpoint(block, x,)  # expect: checkpoint-without-use-reentrant
    return checkpoint(  # expect: checkpoint-without-use-reentrant
        block,
        x  # the input
    )
# fmt: on
