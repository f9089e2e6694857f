"""Measures the load of the source's server while a run works on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrator.core.run.throttle import ServerLoad
from migrator.postgres.plan.server_facts import free_bytes
from migrator.postgres.session.connect import READ_ONLY, Connection, Endpoint, rows, session


def read_server_load(source: Connection, servers: Mapping[str, Endpoint]) -> ServerLoad:
    """The load of the source, and the disk that is left on each of `servers`, where that can be known from here."""
    ((replicas, active),) = rows(source, "plan/server_load")
    return ServerLoad(replicas, active, dict(_disks(servers)))


def _disks(servers: Mapping[str, Endpoint]) -> Iterable[tuple[str, int]]:
    for name, endpoint in servers.items():
        with session(endpoint, purpose="watch", settings=READ_ONLY) as connection:
            if (free := free_bytes(connection)) is not None:
                yield name, free
