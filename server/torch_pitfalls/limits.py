"""Numbers from which on rules speak, as a configuration may set them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The table ``limits``; a key is the name of a field with hyphens.

    max_workers  worker processes that one data loader may have
    """

    max_workers: int = 64
