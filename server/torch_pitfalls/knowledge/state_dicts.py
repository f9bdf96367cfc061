"""What copies a state dict without copying what is in it. Data only."""

from __future__ import annotations

SHALLOW_COPIES = frozenset({"copy.copy", "collections.OrderedDict"})
"""Functions and classes that make a new dict of the same tensors."""

SAME_MEMORY = frozenset({"detach", "data", "cpu", "to", "contiguous"})
"""Methods of tensors that may return the tensor itself, or another one on the same memory."""
