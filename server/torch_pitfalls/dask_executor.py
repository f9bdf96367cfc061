"""Dask as an executor: ``pip install torch-pitfalls[dask]``, then ``check --executor dask``.

The cluster is that of ``DASK_SCHEDULER_ADDRESS``; without it one is started on this machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def executor() -> Iterator[Executor]:
    """The executor of a cluster; what was started here is ended at the end."""
    distributed = import_module("distributed")
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    if address:
        with distributed.Client(address) as client:
            yield client.get_executor()
        return
    with distributed.LocalCluster(dashboard_address=None) as cluster, distributed.Client(cluster) as client:
        yield client.get_executor()
