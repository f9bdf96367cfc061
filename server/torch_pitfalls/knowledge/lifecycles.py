"""Lifecycles: the states that calls take an object through. Rules name a fault in a table."""

from __future__ import annotations

from dataclasses import dataclass

from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A state table. ``moves`` holds (state or "*", effect, next state); the first match wins."""

    name: str
    of: int
    start: str
    moves: tuple[tuple[str, Effect, str], ...]

    def next(self, state: str, effect: Effect) -> str:
        """The state after an effect; effects that the table does not name change nothing."""
        for before, happens, after in self.moves:
            if happens is effect and before in (state, "*"):
                return after
        return state


# The gradients of the parameters that an optimizer holds.
#   new      nothing happened since the optimizer was made        due    a backward on top of an unknown past
#   clean    cleared                                              fresh  of this step only
#   spent    used by a step                                       mixed  new ones added to used ones
#   wiped    cleared before a step could use them                 unknown  out of sight
GRADIENTS = Lifecycle(
    name="gradients",
    of=kinds.OPTIMIZER,
    start="unknown",
    moves=(
        ("*", Effect.CREATE, "new"),
        ("*", Effect.LOSE, "unknown"),
        ("new", Effect.BACKWARD, "fresh"),
        ("clean", Effect.BACKWARD, "fresh"),
        ("wiped", Effect.BACKWARD, "fresh"),
        ("unknown", Effect.BACKWARD, "due"),
        ("spent", Effect.BACKWARD, "mixed"),
        ("fresh", Effect.STEP, "spent"),
        ("due", Effect.STEP, "spent"),
        ("mixed", Effect.STEP, "spent"),
        ("wiped", Effect.STEP, "clean"),
        ("fresh", Effect.ZERO_GRAD, "wiped"),
        ("due", Effect.ZERO_GRAD, "wiped"),
        ("wiped", Effect.ZERO_GRAD, "wiped"),
        ("*", Effect.ZERO_GRAD, "clean"),
        ("new", Effect.MAYBE_BACKWARD, "unknown"),
        ("clean", Effect.MAYBE_BACKWARD, "unknown"),
        ("wiped", Effect.MAYBE_BACKWARD, "unknown"),
    ),
)

# The mode of a module.
MODE = Lifecycle(
    name="mode",
    of=kinds.MODULE,
    start="unknown",
    moves=(
        ("*", Effect.CREATE, "train"),
        ("*", Effect.TRAIN, "train"),
        ("*", Effect.EVAL, "eval"),
        ("*", Effect.LOSE, "unknown"),
    ),
)
