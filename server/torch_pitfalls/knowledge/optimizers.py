"""What optimizers keep from step to step. Data only."""

from __future__ import annotations

MOMENTS_BY_OPTION = {"torch.optim.SGD": ("momentum", 2)}
"""Optimizers that keep something only if an option asks for it: the option, and its position. All others do."""

MOMENTS = "moments"
"""The keyword under which a step tells whether its optimizer keeps something."""
