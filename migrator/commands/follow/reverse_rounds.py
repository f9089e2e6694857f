"""Carries what applications write in tenants' own databases back into the source, tenant by tenant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from migrator.commands.follow.followed_run import FollowedRun
from migrator.commands.follow.watched import require_as_read, watched_batches
from migrator.errors import MigratorError, RefusedError
from migrator.postgres.gate.door import read_door
from migrator.postgres.session.connect import Connection, connect, translated
from migrator.postgres.sync.positions import read_position, write_position
from migrator.postgres.sync.tick import TickResult, TickTarget, tick

_SOURCE = "the source"


@dataclass
class ReverseTicks:
    """The sessions of the way back: one in the source, which writes there, and one in each tenant's database."""

    followed: FollowedRun
    _source: Connection | None = None
    _databases: dict[str, Connection] = field(default_factory=dict)

    def close(self) -> None:
        """Ends its sessions."""
        for connection in (self._source, *self._databases.values()):
            if connection is not None:
                connection.close()
        self._databases.clear()

    def tick(self, database: str) -> TickResult:
        """Brings the source's rows of one tenant to what its database holds now.

        Raises:
            MigratorError: they could not be carried back: a row is somebody else's there, or a server failed.
        """
        step, endpoint = self.followed.databases[database], self.followed.endpoint(database)
        source, read = self._writing(), self._reading(database)
        with translated(self.followed.context.source), source.transaction():
            since = read_position(source, database)
        if since is None:
            # A standby that was promoted may lack it; the door's own is older, or the same.
            with translated(endpoint):
                since = read_door(read).opened_at
            if since is None:
                raise RefusedError(
                    f"The source does not say since when {database} takes writes.",
                    "Its door has not opened, or the source was restored since: migrator follow status.",
                )
            with translated(self.followed.context.source), source.transaction():
                write_position(source, since, database)
        with translated(endpoint):
            target = TickTarget(source, step.tenant, side=database)
            result = tick(
                read,
                {_SOURCE: target},
                self.followed.reverse_flow(step),
                since,
                read_batch=watched_batches(endpoint),
                proof=lambda reading, _target, _position: require_as_read(reading),
            )
        if (failure := result.failures.get(_SOURCE)) is not None:
            raise failure
        return result

    def _writing(self) -> Connection:
        if self._source is None or self._source.closed or self._source.broken:
            self._source = connect(self.followed.context.workspace.source_rows, purpose="follow back")
        return self._source

    def _reading(self, database: str) -> Connection:
        known = self._databases.get(database)
        if known is None or known.closed or known.broken:
            known = self._databases[database] = connect(self.followed.endpoint(database), purpose="follow back")
        return known

    def __enter__(self) -> ReverseTicks:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def tick_back(ticks: ReverseTicks, databases: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """One tick of each; (those that were carried back, why others could not be)."""
    carried: list[str] = []
    failures: dict[str, str] = {}
    for name in databases:
        try:
            ticks.tick(name)
        except MigratorError as error:
            failures[name] = error.message
        else:
            carried.append(name)
    return carried, failures
