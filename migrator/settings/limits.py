"""The section [limits]: how much of the machines a run may take."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import ByteSize, Field, field_validator

from migrator.settings.section import Section

Positive = Annotated[int, Field(gt=0)]


class Limits(Section):
    """`[limits]`: how much of the machines a run may take. Times are seconds, sizes bytes."""

    jobs: Positive = 2
    max_source_connections: Positive | None = None
    max_target_connections: Positive | None = None
    executor: str = "processes"
    throttle: Annotated[ByteSize, Field(gt=0)] | None = None  # a second, over all workers
    max_replica_lag: ByteSize | None = None
    max_active_sessions: Positive | None = None
    min_free_disk: ByteSize | None = None
    lock_timeout: Positive = 2
    fence_patience: Positive = 120

    @property
    def throttles(self) -> bool:
        """Whether there is anything that may slow a run down or stop it for a while."""
        return any(
            limit is not None
            for limit in (self.throttle, self.max_replica_lag, self.max_active_sessions, self.min_free_disk)
        )

    @property
    def source_jobs(self) -> int:
        """How many sessions may work at once on the source's server."""
        return self._jobs_within(self.max_source_connections)

    @property
    def target_jobs(self) -> int:
        """How many sessions may work at once on each target server."""
        return self.target_jobs_of(1)

    def target_jobs_of(self, sessions: int) -> int:
        """How many jobs may work at once on each target server, where each has that many sessions there."""
        return self._jobs_within(self.max_target_connections, sessions)

    def _jobs_within(self, budget: int | None, sessions: int = 1) -> int:
        # Two are always there besides: the program's own, and the one that holds the snapshot.
        return self.jobs if budget is None else max(1, min(self.jobs, (budget - 2) // sessions))

    @field_validator("executor")
    @classmethod
    def _known_executor(cls, executor: str) -> str:
        if executor != "processes" and not re.fullmatch(r"dask(\+tls)?://[^/\s]+:\d+", executor):
            raise ValueError(f"{executor!r} is neither 'processes' nor a scheduler: dask://host:8786, dask+tls://…")
        return executor
