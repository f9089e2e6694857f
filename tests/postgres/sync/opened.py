"""A tenant's database that applications write in, and the source that follows it."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from migrator.core.online.position import Position
from migrator.errors import MigratorError
from migrator.postgres.capture.install import install_capture
from migrator.postgres.capture.read_log import read_batch
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.session.connect import Connection, Endpoint
from migrator.postgres.sync.flow import Flow
from migrator.postgres.sync.live_digests import require_equal
from migrator.postgres.sync.positions import prepare_positions, write_position
from migrator.postgres.sync.reverse import captured_in_target, reverse_flow
from migrator.postgres.sync.tick import TickResult, TickTarget, tick
from tests.postgres.sync.followed import Followed, slice_of


@dataclass
class Opened:
    """A tenant's database that applications write in, and the source that follows it."""

    followed: Followed
    tenant: str
    session: Connection
    flow: Flow
    position: Position

    def write(self, *statements: str) -> None:
        """Runs statements of an application in the tenant's database, in one transaction."""
        with psycopg.connect(self.followed.urls[self.tenant]) as application:
            for statement in statements:
                application.execute(statement)

    def try_tick(self) -> TickResult:
        """One tick back, with a proof that the tenant's slice of the source is what its database holds."""
        source = TickTarget(self.followed.source, self.tenant, side=f"tenant {self.tenant}")
        result = tick(
            self.session, {"source": source}, self.flow, self.position, read_batch=read_batch,
            proof=lambda read, written, _: self._prove(read, written),
        )  # fmt: skip
        if not result.failures:
            self.position = result.position
        return result

    def _prove(self, read: Connection, written: TickTarget) -> None:
        require_equal(written.connection, read, self.followed.flow, self.tenant)

    def tick(self) -> TickResult:
        others = self.others()
        result = self.try_tick()
        assert not result.failures, {name: str(error) for name, error in result.failures.items()}
        assert self.others() == others
        return result

    def failure(self) -> MigratorError:
        """The error by which a tick ends; nothing of it is in the source."""
        before = self.source_rows()
        result = self.try_tick()
        assert result.failures
        assert self.source_rows() == before
        return result.failures["source"]

    def source_rows(self) -> list[list[tuple[object, ...]]]:
        with psycopg.connect(self.followed.url) as connection:
            return [
                sorted(connection.execute(f"SELECT t.*::text FROM {name} t").fetchall())  # noqa: S608
                for name in ("customers", "orders", "lines", "visits", "news")
            ]

    def others(self) -> list[list[str]]:
        """The rows of the other tenants in the source, table by table."""
        return [
            sorted(map(repr, slice_of(self.followed.source, self.followed.flow, table, other)))
            for other in self.followed.databases
            if other != self.tenant
            for table in self.followed.flow.tables
        ]


def open_database(followed: Followed, tenant: str) -> Opened:
    """Captures what is written in a tenant's database from now on, and has the source follow it."""
    session = followed.databases[tenant].connection
    captured = captured_in_target(followed.flow)
    install_capture(session, captured, LockWait(Endpoint(followed.urls[tenant]), 5, 30, print), run="r", epoch="back")
    ((snapshot,),) = session.execute("SELECT pg_catalog.txid_current_snapshot()::text").fetchall()
    made = Opened(followed, tenant, session, reverse_flow(followed.flow, captured), Position.parse(snapshot))
    prepare_positions(followed.source, "r")
    write_position(followed.source, made.position, f"tenant {tenant}")
    return made
