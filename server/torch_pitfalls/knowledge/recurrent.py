"""What the recurrent layers of torch return. Data only, checked against torch 2.13."""

from __future__ import annotations

STATES = {"torch.nn.LSTM": 2, "torch.nn.GRU": 1, "torch.nn.RNN": 1}
"""Layers that return an output and a state, and the number of tensors in the state."""
