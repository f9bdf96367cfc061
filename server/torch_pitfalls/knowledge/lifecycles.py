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

# The gradients of the parameters that an optimizer holds, under a gradient scaler.
#   given     as the unit found them                           plain     not scaled, or used up and the scaler updated
#   bare      of a backward from a loss that was not scaled    scaled    of a backward from a scaled loss
#   unscaled  divided by the scale again                       stepped   the scaler has stepped, and was not updated
SCALING = Lifecycle(
    name="scaling",
    of=kinds.OPTIMIZER,
    start="given",
    moves=(
        ("*", Effect.CREATE, "plain"),
        ("*", Effect.LOSE, "unknown"),
        # What has stepped stays so until the update, and remembers the step.
        *((state, Effect.SCALED_BACKWARD, "scaled") for state in ("given", "plain", "bare", "scaled", "unscaled")),
        ("unknown", Effect.SCALED_BACKWARD, "scaled"),
        ("given", Effect.BACKWARD, "bare"),
        ("plain", Effect.BACKWARD, "bare"),
        *((state, Effect.UNSCALE, "unscaled") for state in ("given", "plain", "bare", "scaled", "unscaled")),
        ("*", Effect.SCALED_STEP, "stepped"),
        ("scaled", Effect.ZERO_GRAD, "plain"),
        ("bare", Effect.ZERO_GRAD, "plain"),
        ("bare", Effect.BARE_STEP, "plain"),
        *((state, Effect.UPDATE, "plain") for state in ("given", "bare", "unscaled", "stepped")),
    ),
)

# Whether an optimizer has stepped, for those who schedule its rate.
#   given  as the unit found it      waiting  made here, and has not stepped
#   stepped                          resumed  goes on from a checkpoint
SCHEDULE = Lifecycle(
    name="schedule",
    of=kinds.OPTIMIZER,
    start="given",
    moves=(
        ("*", Effect.CREATE, "waiting"),
        ("*", Effect.LOSE, "unknown"),
        ("*", Effect.RESUME, "resumed"),
        ("given", Effect.STEP, "stepped"),
        ("waiting", Effect.STEP, "stepped"),
    ),
)

# Whether the parameters of a module require gradients.
#   given   as the unit found them    trainable    frozen, all of them    partly  frozen, but for something in it
TRAINING = Lifecycle(
    name="training",
    of=kinds.MODULE,
    start="given",
    moves=(
        ("*", Effect.CREATE, "trainable"),
        ("*", Effect.LOSE, "unknown"),
        ("*", Effect.FREEZE, "frozen"),
        ("*", Effect.UNFREEZE, "trainable"),
        ("frozen", Effect.REPLACE, "partly"),
    ),
)

# Whether what a state dict refers to is still as it was when it was made.
#   current    as it was    overtaken  changed by a step since    unknown  the module may have other tensors by now
KEPT = Lifecycle(
    name="kept",
    of=kinds.STATE_DICT,
    start="given",
    moves=(
        ("current", Effect.STEP, "overtaken"),
        ("*", Effect.LOSE, "unknown"),
    ),
)

# Whether the weights that a module was called with are still those that its graph will need.
#   current    as they were    overtaken  changed by a step since
GRAPH = Lifecycle(
    name="graph",
    of=kinds.TENSOR,
    start="given",
    moves=(("current", Effect.STEP, "overtaken"),),
)

FURTHER = (SCALING, SCHEDULE)
"""Lifecycles of optimizers beside ``GRADIENTS``."""
