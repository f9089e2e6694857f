"""A source, and databases that follow it: what the tests of ticks are made on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from psycopg import sql

from migrator.core.online.captured import captured_tables
from migrator.core.online.position import Position
from migrator.core.placement.place import place
from migrator.core.plan.transfer import transfers_into
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Digest
from migrator.errors import MigratorError
from migrator.postgres.capture.install import install_capture
from migrator.postgres.capture.read_log import read_batch
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.placement.from_items import bare_names, query_columns
from migrator.postgres.placement.select_rows import select_rows
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, Endpoint, connect
from migrator.postgres.sync.flow import Flow, TableFlow, forward_flow
from migrator.postgres.sync.live_digests import require_equal
from migrator.postgres.sync.positions import prepare_positions, write_position
from migrator.postgres.sync.tick import TickResult, TickTarget, tick
from migrator.settings import Settings
from tests.servers import DatabaseFactory

_TENANTS = "CREATE TABLE tenants (id integer PRIMARY KEY, name text);INSERT INTO tenants VALUES (1, 'one'), (2, 'two');"
TARGETS: Mapping[str, Any] = {
    "auth": {"database": "p_auth", "migrations": "auth"},
    "shared": {"database": "p_shared", "migrations": "shared"},
    "tenant": {"database": "p_{slug}", "per_tenant": True, "migrations": "tenant"},
}


@dataclass
class Followed:
    """One source, the databases of one target, and the position that these are at."""

    source: Connection
    url: str
    flow: Flow
    databases: Mapping[str, TickTarget]
    urls: Mapping[str, str]
    position: Position
    proofs: list[Digest] = field(default_factory=list)
    proved: bool = True

    def write(self, *statements: str) -> None:
        """Runs statements of an application, in one transaction."""
        with psycopg.connect(self.url) as application:
            for statement in statements:
                application.execute(statement)

    def tick(self, suspects: Collection[Relation] = ()) -> TickResult:
        """One tick with a proof of every database at its position; no database may fail."""
        result = self.try_tick(suspects)
        assert not result.failures, {name: str(error) for name, error in result.failures.items()}
        self.compare()
        return result

    def try_tick(self, suspects: Collection[Relation] = ()) -> TickResult:
        """One tick; the position moves where every database went along."""
        databases = {name: replace(target, suspects=suspects) for name, target in self.databases.items()}
        result = tick(
            self.source, databases, self.flow, self.position,
            read_batch=read_batch, proof=self._prove if self.proved else None,
        )  # fmt: skip
        if not result.failures:
            self.position = result.position
        return result

    def failure(self, name: str) -> MigratorError:
        """The error by which a database's part of a tick ends."""
        failures = self.try_tick().failures
        assert name in failures
        return failures[name]

    def _prove(self, source: Connection, target: TickTarget, position: Position) -> None:
        ((snapshot,),) = source.execute("SELECT pg_catalog.txid_current_snapshot()::text").fetchall()
        assert snapshot == str(position)
        self.proofs.extend(require_equal(source, target.connection, self.flow, target.tenant))

    def compare(self) -> None:
        """Holds every database to its slice of the source as it is now, row by row."""
        for name, target in self.databases.items():
            for table in self.flow.tables:
                merged = self.flow.of_destination[table.destination]
                here = [row for each in merged for row in slice_of(self.source, self.flow, each, target.tenant)]
                there = rows_of(target.connection, table)
                assert sorted(map(repr, there)) == sorted(map(repr, here)), f"{name}: {table.relation}"

    def rows(self, tenant: str, statement: str) -> list[tuple[Any, ...]]:
        """What a query says in a tenant's database."""
        with psycopg.connect(self.urls[tenant]) as connection:
            return connection.execute(statement.encode()).fetchall()


def slice_of(source: Connection, flow: Flow, table: TableFlow, tenant: str) -> list[tuple[Any, ...]]:
    """The rows that a database has to hold, by a full read of the table."""
    transfer = table.transfer
    names = [column.target for column in transfer.copied]
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(f"c{n}")) for n, _ in enumerate(names))
    listed = sql.SQL(", ").join(sql.Identifier(name) for name in ("k", "h", *(f"c{n}" for n, _ in enumerate(names))))
    statement = sql.SQL("SELECT k, {} FROM ({}) d ({})").format(columns, select_rows(transfer, flow.catalog), listed)
    found = []
    with bare_names(source, transfer.placement):
        rows = source.execute(statement).fetchall()
    for key, *row in rows:
        mine = key == tenant or (key is None and transfer.for_everyone)
        if (key is None) if transfer.unowned_only else (mine or not transfer.per_tenant):
            found.append(tuple(row))
    return found


def rows_of(connection: Connection, table: TableFlow) -> list[tuple[Any, ...]]:
    """The rows of a written table, in the order of the transfer's columns."""
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c.target)) for c in table.transfer.copied)
    return connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, table.written_rows)).fetchall()


class Follower:
    """Makes what follows and closes its sessions at the end of the test."""

    def __init__(self, databases: DatabaseFactory) -> None:
        self._databases = databases
        self._open = ExitStack()

    def __call__(
        self, ddl: str, tables: Mapping[str, Any] | None = None, *, tenants: Sequence[str] = ("1", "2"),
        target_ddl: str | None = None, target: str = "tenant", proved: bool = True,
    ) -> Followed:  # fmt: skip
        """A source made by `ddl`, and databases made by `target_ddl` (the same without it) that follow it.

        The tenants 1 and 2 are everywhere, in a table that is nobody's to follow. `tables` is [tables] of
        migrator.toml; `proved` says whether ticks digest both sides.
        """
        url = self._databases()
        made(url, _TENANTS + ddl)
        source = self.session(url)
        urls = {tenant or target: self._databases() for tenant in (tenants if target == "tenant" else ("",))}
        databases = {}
        for name, there in urls.items():
            made(there, _TENANTS + (target_ddl or ddl))
            connection = self.session(there)
            prepare_positions(connection, "r")
            databases[name] = TickTarget(connection, name if target == "tenant" else "")
        catalog = read_catalog(source)
        written = read_catalog(next(iter(databases.values())).connection)
        settings = Settings.model_validate({"tenants": {"root": "tenants"}, "targets": TARGETS, "tables": tables or {}})
        placements = place(catalog, settings)
        assert not placements.undecided, placements.undecided
        queries = {
            relation: query_columns(source, placement)
            for relation, placement in placements.tables.items()
            if placement.query is not None
        }
        captured = captured_tables(catalog, placements)
        install_capture(source, captured, LockWait(Endpoint(url), 5, 30, print), run="r", epoch="e")
        flow = forward_flow(
            transfers_into(target, placements, catalog, written, settings, queries), catalog, written, captured
        )
        ((snapshot,),) = source.execute("SELECT pg_catalog.txid_current_snapshot()::text").fetchall()
        followed = Followed(source, url, flow, databases, urls, Position.parse(snapshot), proved=proved)
        for each in databases.values():
            write_position(each.connection, followed.position)
        # The copy is a tick in which every table is dirty as a whole.
        source.execute(
            "INSERT INTO migrator_follow.log (relation) SELECT unnest(%s::integer[])",
            [[table.number for table in captured]],
        )
        followed.tick()
        return followed

    def session(self, url: str) -> Connection:
        """A session as migrator opens it."""
        return self._open.enter_context(connect(Endpoint(url), purpose="test"))

    def close(self) -> None:
        self._open.close()


def made(url: str, ddl: str) -> None:
    """Fills a database."""
    with psycopg.connect(url) as connection:
        connection.execute(ddl.encode())
