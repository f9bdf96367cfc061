"""What calls do to the objects that are tracked."""

from __future__ import annotations

from enum import Enum


class Effect(Enum):
    """Something that happens to a module, an optimizer or a tensor."""

    CREATE = "create"
    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    LEARN = "learn"
    MAYBE_BACKWARD = "maybe backward"
    STEP = "step"
    CLOSURE_STEP = "closure step"
    ZERO_GRAD = "zero grad"
    CLIP = "clip"
    SCALED_BACKWARD = "scaled backward"
    UNSCALE = "unscale"
    SCALED_CLIP = "scaled clip"
    SCALED_STEP = "scaled step"
    BARE_STEP = "bare step"
    UPDATE = "update"
    SCHEDULE = "schedule"
    RESUME = "resume"
    TRAIN = "train"
    EVAL = "eval"
    LOSE = "lose"
    ACCUMULATE = "accumulate"
    ITERATE = "iterate"
    LOADER = "loader"
    READ = "read"
    IN_PLACE = "in place"
    METHOD = "method"
    CALL = "call"
    STORE = "store"
    MENTION = "mention"
    MEET = "meet"
