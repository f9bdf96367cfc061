"""Generators of random numbers: how they are made, seeded and drawn from. Data only."""

from __future__ import annotations

GENERATORS = frozenset(
    {
        "numpy.random.default_rng",
        "numpy.random.Generator",
        "numpy.random.RandomState",
        "random.Random",
        "torch.Generator",
    }
)
"""Constructors of generators; a copy of one goes on drawing the same numbers."""

SEEDS = {
    "random.seed": "random",
    "numpy.random.seed": "numpy",
    "torch.manual_seed": "torch",
    "torch.random.manual_seed": "torch",
}
"""Functions that seed a global generator → whose it is."""

RESEEDING = frozenset({"seed", "manual_seed", "set_state", "setstate", "bit_generator"})
"""Methods and attributes that put a generator into another state."""

NOT_DRAWING = RESEEDING | {"get_state", "getstate", "initial_seed", "clone_state", "device", "spawn"}
"""Methods of generators that draw nothing."""

NUMPY_IN_WORKERS = (1, 9)
"""The version of torch from which on workers seed NumPy's global generator."""
