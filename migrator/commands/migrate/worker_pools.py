"""Makes the pools of workers that carry out a run's units, as [limits] executor says."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager

from migrator.engine.workers import Work, WorkerPools, processes
from migrator.errors import ConfigurationError
from migrator.settings import Limits


def worker_pools(limits: Limits, work: Work, readers: int, builders: int) -> AbstractContextManager[WorkerPools]:
    """Where the run's units are carried out: that many at once that copy, and that make and finish databases.

    A cluster's workers do either, as many at once as read.

    Raises:
        ConfigurationError: a cluster is asked for, and the library for it is not installed.
    """
    if limits.executor == "processes":
        return processes(work, readers, builders)
    try:
        from migrator.engine.dask import cluster
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"--executor {limits.executor} needs the library `distributed`.", "pip install 'migrator[cluster]'"
        ) from error
    secured = limits.executor.startswith("dask+tls://")
    return cluster(f"{'tls' if secured else 'tcp'}://{limits.executor.partition('://')[2]}", work, readers)


def preparers(count: int) -> Executor:
    """Where that many targets are prepared at once: threads, which wait for the server and for pg_dump."""
    return ThreadPoolExecutor(max(1, count), thread_name_prefix="prepare")
