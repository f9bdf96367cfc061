"""What copies a state dict without copying what is in it. Data only."""

from __future__ import annotations

import re

SHALLOW_COPIES = frozenset({"copy.copy", "collections.OrderedDict"})
"""Functions and classes that make a new dict of the same tensors."""

SAME_MEMORY = frozenset({"detach", "data", "cpu", "to", "contiguous"})
"""Methods of tensors that may return the tensor itself, or another one on the same memory."""

PROGRESS = frozenset({"epoch", "epochs", "start_epoch", "iteration", "iter", "iters", "step", "global_step"})
"""Keys under which checkpoints keep how far training has come."""

OTHER_ENTRIES = re.compile(
    r"^(?:arch\w*|args?|cfg|config\w*|hparams|hyper_?param\w*|options?|params|name|class\w*|classes|vocab\w*|seed|version"
    r"|lr|history|time|date|data\w*|rng\w*|(?:lr_)?scheduler\w*|scaler\w*|amp\w*|epochs?|iter\w*|\w*step"
    r"|(?:\w+_)?(?:loss|losses|acc\w*|score|metrics?|prec\w*|iou|miou|map|psnr|ssim|bleu|f1|auc|fitness|error|results?)\d*"
    r"|best\w*)$",
    re.I,
)
"""Keys under which checkpoints keep what is surely no optimizer."""

PREFIXES = {
    "torch.nn.parallel.DataParallel": "module",
    "torch.nn.parallel.DistributedDataParallel": "module",
    "torch.compile": "_orig_mod",
}
"""Wrappers of modules → the attribute that holds the module, and that the keys of a state dict begin with."""
