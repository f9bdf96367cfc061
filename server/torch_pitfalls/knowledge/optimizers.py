"""What optimizers keep from step to step. Data only."""

from __future__ import annotations

MOMENTS_BY_OPTION = {"torch.optim.SGD": "momentum"}
"""Optimizers that keep something only if an option asks for it, and the option. All others do."""

MOMENTS = "moments"
"""The keyword under which a step tells whether its optimizer keeps something."""
