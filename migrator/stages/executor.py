"""The executor that the configuration asks for."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import AbstractContextManager

from migrator.core.settings import Limits
from migrator.errors import ConfigurationError
from migrator.workers import Work, processes


def executor(limits: Limits, work: Work, jobs: int) -> AbstractContextManager[Executor]:
    """Where the run's units are carried out, `jobs` at once.

    Raises:
        ConfigurationError: a cluster is asked for, and the library for it is not installed.
    """
    if limits.executor == "processes":
        return processes(work, jobs)
    try:
        from migrator.cluster import cluster
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"--executor {limits.executor} needs the library `distributed`.", "pip install 'migrator[cluster]'"
        ) from error
    secured = limits.executor.startswith("dask+tls://")
    return cluster(f"{'tls' if secured else 'tcp'}://{limits.executor.partition('://')[2]}", work, jobs)
