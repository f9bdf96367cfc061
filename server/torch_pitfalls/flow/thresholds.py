"""Outputs that are cut into two classes."""

from __future__ import annotations

import ast

from torch_pitfalls.flow.saving import Saving
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge.activations import COMPARING, LINEAR, OUTPUT, ROUNDING
from torch_pitfalls.knowledge.effects import Effect


class Thresholds(Saving):
    """Notes where the output of a module, as it came, is compared with one half."""

    def note_threshold(self, node: ast.AST, operation: str, *values: Value) -> None:
        """An operation on values that may compare an output with one half, or round it to whole numbers."""
        rounds = operation in ROUNDING and len(values) == 1
        if not rounds and not (operation in COMPARING and any(value.literal == (0.5,) for value in values)):
            return
        output = next((value for value in values if value.act is not None and value.act.name in (LINEAR, OUTPUT)), None)
        if output is not None:
            self.record(Effect.THRESHOLD, node, operation, output)
