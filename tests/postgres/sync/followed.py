"""A source and databases that follow it, with a log that plain triggers write: what the tests of ticks are made on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from migrator.core.online.captured import CapturedTable, LogEntry, captured_tables
from migrator.core.online.position import Position
from migrator.core.placement.place import place
from migrator.core.plan.transfer import transfers_into
from migrator.core.verify.digests import Digest
from migrator.postgres.placement.select_rows import select_rows
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, Endpoint, connect
from migrator.postgres.sync.flow import Flow, TableFlow, forward_flow
from migrator.postgres.sync.live_digests import require_equal
from migrator.postgres.sync.positions import prepare_positions, write_position
from migrator.postgres.sync.tick import TickResult, TickTarget, tick
from migrator.settings import Settings
from tests.servers import DatabaseFactory

_LOG = """
CREATE SCHEMA migrator_follow;
CREATE TABLE migrator_follow.log (
    xid bigint NOT NULL DEFAULT pg_catalog.txid_current(), relation integer NOT NULL, key text[], route text[]
);
CREATE INDEX ON migrator_follow.log (xid);
"""
_FUNCTION = """
CREATE FUNCTION migrator_follow.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET timezone = 'UTC' AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO migrator_follow.log (relation) VALUES ({number});
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO migrator_follow.log (relation, key, route) VALUES ({number}, {old_key}, {old_route});
    END IF;
    IF TG_OP = 'INSERT'
        OR (TG_OP = 'UPDATE' AND ({old_key}, {old_route}) IS DISTINCT FROM ({new_key}, {new_route})) THEN
        INSERT INTO migrator_follow.log (relation, key, route) VALUES ({number}, {new_key}, {new_route});
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER "!migrator_capture" AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION migrator_follow.{name}();
CREATE TRIGGER "!migrator_capture_truncate" AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION migrator_follow.{name}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER "!migrator_capture";
ALTER TABLE {table} ENABLE ALWAYS TRIGGER "!migrator_capture_truncate";
"""
_BATCH = """
SELECT DISTINCT relation, key, route FROM migrator_follow.log
WHERE pg_catalog.txid_visible_in_snapshot(xid, pg_catalog.txid_current_snapshot())
    AND NOT pg_catalog.txid_visible_in_snapshot(xid, %(since)s::txid_snapshot)
"""
TARGETS: Mapping[str, Any] = {
    "auth": {"database": "p_auth", "migrations": "auth"},
    "shared": {"database": "p_shared", "migrations": "shared"},
    "tenant": {"database": "p_{slug}", "per_tenant": True, "migrations": "tenant"},
}


def read_batch(connection: Connection, since: Position) -> tuple[Position, tuple[LogEntry, ...]]:
    """(the transaction's position, the distinct entries that it sees and `since` does not)."""
    ((snapshot,),) = connection.execute("SELECT pg_catalog.txid_current_snapshot()::text").fetchall()
    entries = connection.execute(_BATCH, {"since": str(since)})
    return Position.parse(snapshot), tuple(
        LogEntry(number, None if key is None else tuple(key), tuple(route or ())) for number, key, route in entries
    )


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

    def write(self, *statements: str) -> None:
        """Runs statements of an application, in one transaction."""
        with psycopg.connect(self.url) as application:
            for statement in statements:
                application.execute(statement)

    def tick(self) -> TickResult:
        """One tick with a proof of every database at its position; no database may fail."""
        result = self.try_tick()
        assert not result.failures, {name: str(error) for name, error in result.failures.items()}
        self.compare()
        return result

    def try_tick(self) -> TickResult:
        """One tick; the position moves where every database went along."""
        result = tick(
            self.source, self.databases, self.flow, self.position, read_batch=read_batch,
            proof=lambda source, target, _: self.proofs.extend(
                require_equal(source, target.connection, self.flow, target.tenant)
            ),
        )  # fmt: skip
        if not result.failures:
            self.position = result.position
        return result

    def compare(self) -> None:
        """Holds every database to its slice of the source as it is now, row by row."""
        for name, target in self.databases.items():
            for table in self.flow.tables:
                here = sorted(map(repr, slice_of(self.source, self.flow, table, target.tenant)))
                there = sorted(map(repr, rows_of(target.connection, table)))
                assert there == here, f"{name}: {table.relation}"

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
    for key, *row in source.execute(statement):
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
        target_ddl: str | None = None, target: str = "tenant", more: Mapping[str, Any] | None = None,
    ) -> Followed:  # fmt: skip
        """A source made by `ddl`, copied into databases made by `target_ddl` (the same without it), and captured.

        `tables` is [tables] of migrator.toml; the tenant root is `tenants` unless `more` settings say otherwise.
        """
        url = self._databases()
        made(url, ddl)
        source = self.session(url)
        urls = {tenant or target: self._databases() for tenant in (tenants if target == "tenant" else ("",))}
        databases = {}
        for name, there in urls.items():
            made(there, target_ddl or ddl)
            connection = self.session(there)
            prepare_positions(connection)
            databases[name] = TickTarget(connection, name if target == "tenant" else "")
        catalog = read_catalog(source)
        written = read_catalog(next(iter(databases.values())).connection)
        settings = Settings.model_validate(
            {"tenants": {"root": "tenants"}, "targets": TARGETS, "tables": tables or {}, **(more or {})}
        )
        placements = place(catalog, settings)
        assert not placements.undecided, placements.undecided
        captured = captured_tables(catalog, placements)
        capture(source, captured)
        flow = forward_flow(
            transfers_into(target, placements, catalog, written, settings, {}), catalog, written, captured
        )
        ((snapshot,),) = source.execute("SELECT pg_catalog.txid_current_snapshot()::text").fetchall()
        followed = Followed(source, url, flow, databases, urls, Position.parse(snapshot))
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


def capture(source: Connection, tables: Sequence[CapturedTable]) -> None:
    """Makes the log, and the triggers that write it."""
    source.execute(_LOG.encode())
    for table in tables:
        parts = {}
        for row in ("old", "new"):
            for kind, names in (("key", table.key), ("route", table.route)):
                values = sql.SQL(", ").join(
                    sql.SQL("{}.{}::text").format(sql.SQL(row.upper()), sql.Identifier(name)) for name in names
                )
                array = sql.SQL("ARRAY[{}]::text[]").format(values)
                parts[f"{row}_{kind}"] = array if kind == "route" or table.key else sql.SQL("NULL::text[]")
        source.execute(
            sql.SQL(_FUNCTION).format(
                name=sql.Identifier(f"capture_{table.number}"), number=sql.Literal(table.number),
                table=sql.Identifier(*table.relation), **parts,
            )
        )  # fmt: skip
