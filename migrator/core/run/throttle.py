"""Limits the speed of a run, and decides when its workers pause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrator.settings import Limits

# What may be taken at once after a rest, in seconds of the rate: less would stall at every block, more would be bursts.
_BURST_SECONDS = 0.5


class Bucket:
    """A token bucket: bytes are taken from it, and it says how long to wait for them. Times are seconds of a clock."""

    def __init__(self, now: float) -> None:
        self._filled = now
        self._bytes = 0.0

    def take(self, size: int, rate: float, now: float) -> float:
        """Takes `size` bytes at `rate` bytes a second; how many seconds to wait before the next."""
        self._bytes = min(self._bytes + (now - self._filled) * rate, rate * _BURST_SECONDS) - size
        self._filled = now
        return max(0.0, -self._bytes / rate)


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """What a run does to others, as it was measured last."""

    replicas: Mapping[str, int]  # bytes of WAL that each of the source's standbys has still to replay
    active_sessions: int  # of others, on the source
    free_disk: Mapping[str, int]  # by server, where it can be known


def reasons_to_pause(load: ServerLoad, limits: Limits) -> Iterable[str]:
    """What is beyond a limit, each in words."""
    if limits.max_replica_lag is not None:
        for name, lag in load.replicas.items():
            if lag > limits.max_replica_lag:
                allowed = limits.max_replica_lag.human_readable(decimal=True)
                yield f"the replica {name} is {lag:,} bytes behind the source (limit {allowed})"
    if limits.max_active_sessions is not None and load.active_sessions > limits.max_active_sessions:
        yield f"{load.active_sessions} sessions are active on the source (limit {limits.max_active_sessions})"
    if limits.min_free_disk is not None:
        for name, free in load.free_disk.items():
            if free < limits.min_free_disk:
                wanted = limits.min_free_disk.human_readable(decimal=True)
                yield f"server {name} has {free:,} bytes of disk left (limit {wanted})"
