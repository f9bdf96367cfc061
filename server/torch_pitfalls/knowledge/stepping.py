"""Clipping, scaling and scheduling: what stands between ``backward()`` and the next ``step()``."""

from __future__ import annotations

CLIPPING = frozenset(
    f"torch.nn.utils.{name}"
    for name in """
        clip_grad_norm clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_ clip_grad.clip_grad_norm
        clip_grad.clip_grad_norm_ clip_grad.clip_grad_value_
    """.split()
)
"""Functions that change the gradients of the parameters they are given."""

SCALED = "scaled"
"""``what`` of a loss that a gradient scaler has multiplied."""

DISABLED = "disabled"
"""``what`` of a gradient scaler that was made to do nothing."""

WITHOUT_ORDER = frozenset(
    f"torch.optim.lr_scheduler.{name}" for name in ("ReduceLROnPlateau", "ChainedScheduler", "SequentialLR")
)
"""Schedulers that torch does not check, or that leave the order to others."""
