"""``torch.distributed``: what wraps modules, and what communicates in the background. Data only."""

from __future__ import annotations

WRAPPER = "torch.nn.parallel.DistributedDataParallel"
"""The wrapper whose hooks on the parameters average gradients."""

MOVES = frozenset({"to", "cuda", "cpu", "xpu", "half", "float", "double", "bfloat16", "type", "to_empty"})
"""Methods of modules that give the parameters new memory, and with it new gradient accumulators."""

SENDS = frozenset({"isend"})
POINT_TO_POINT = frozenset({"isend", "irecv"})
"""Functions that always return before they are done."""

COLLECTIVES = frozenset(
    """
    all_reduce reduce broadcast all_gather all_gather_into_tensor gather scatter reduce_scatter
    reduce_scatter_tensor all_to_all all_to_all_single barrier
    """.split()
)
"""Functions that return before they are done with ``async_op=True``."""

FIRST = ("tensor", "output_tensor", "tensor_list", "output_tensor_list", "output")
"""What the first parameter of those functions is called: what is sent or received."""
