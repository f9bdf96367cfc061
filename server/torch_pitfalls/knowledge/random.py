"""Generators of random numbers: how they are made, seeded and drawn from. Data only."""

from __future__ import annotations

import re

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

SEEDED_ELSEWHERE = re.compile(r"seed|determinis|reproducib", re.I)
"""Names of functions that may seed every generator there is."""

SEED_OF = {"random": "random.seed", "numpy": "numpy.random.seed", "torch": "torch.manual_seed"}
"""Whose generator → the function that seeds it."""

_DRAWS = {
    "random": """
        betavariate choice choices expovariate gauss getrandbits lognormvariate normalvariate paretovariate randbytes
        randint random randrange sample shuffle triangular uniform vonmisesvariate weibullvariate
    """,
    "numpy.random": """
        beta binomial bytes chisquare choice dirichlet exponential f gamma geometric gumbel hypergeometric laplace
        logistic lognormal logseries multinomial multivariate_normal negative_binomial normal pareto permutation poisson
        power rand randint randn random random_integers random_sample ranf rayleigh sample shuffle standard_cauchy
        standard_exponential standard_gamma standard_normal standard_t triangular uniform vonmises wald weibull zipf
    """,
    "torch": "bernoulli multinomial normal rand rand_like randint randint_like randn randn_like randperm",
    "torch.nn.init": """
        kaiming_normal_ kaiming_uniform_ normal_ orthogonal_ sparse_ trunc_normal_ uniform_ xavier_normal_
        xavier_uniform_
    """,
    "torch.nn": """
        Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d Embedding EmbeddingBag GRU
        GRUCell LSTM LSTMCell Linear MultiheadAttention RNN RNNCell Transformer TransformerDecoderLayer
        TransformerEncoderLayer
    """,
    "torch.utils.data": "random_split RandomSampler SubsetRandomSampler WeightedRandomSampler",
}
DRAWS = {f"{module}.{name}": module.partition(".")[0] for module, names in _DRAWS.items() for name in names.split()}
"""Functions and classes that draw from a global generator → whose it is."""
