"""One tick: reads what changed on one side since a position, and brings databases of the other side to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg.pq import TransactionStatus

from migrator.core.online.captured import LogEntry
from migrator.core.online.position import Position
from migrator.core.online.routing import Holders, Routing
from migrator.core.schema.catalog import Relation
from migrator.errors import DatabaseError, MigratorError
from migrator.postgres.placement.tenants import read_members
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync.apply import Application, Applied, SurplusError
from migrator.postgres.sync.flow import Flow, TableFlow
from migrator.postgres.sync.live_digests import differing_keys
from migrator.postgres.sync.positions import SOURCE, require_between, write_position
from migrator.postgres.sync.present_rows import SourceRows
from migrator.postgres.sync.read_rows import RowReader, Share
from migrator.postgres.sync.typed_keys import Key

Batch = Callable[[Connection, Position], tuple[Position, tuple[LogEntry, ...]]]
# Is called when a database is as the source is at the position, with both transactions still open; what it raises ends
# the database's part of the tick.
Proof = Callable[[Connection, "TickTarget", Position], None]


@dataclass(frozen=True, slots=True)
class TickTarget:
    """One database that is written: its session, and whose rows it holds ('' where it is no tenant's).

    On the way back it is the source, and `tenant` is whose rows are carried there. `side` is by which name the database
    that is read has its position in the one that is written.

    Tables that are `suspects` (by their names on the read side) may have been changed past the log, or hold what they
    should not: they and all that hangs on them are compared row by row, and made equal.
    """

    connection: Connection
    tenant: str = ""
    side: str = SOURCE
    suspects: Collection[Relation] = ()


@dataclass
class TickResult:
    """What a tick did. `failures` are the databases that stay where they were, by name, with the reasons."""

    position: Position
    entries: int = 0
    upserted: int = 0
    deleted: int = 0
    replaced: list[str] = field(default_factory=list)  # the databases in which rows had to make room for each other
    failures: dict[str, MigratorError] = field(default_factory=dict)
    suspects: set[Relation] = field(default_factory=set)


def tick(
    source: Connection, databases: Mapping[str, TickTarget], flow: Flow, since: Position, *,
    read_batch: Batch, proof: Proof | None = None,
) -> TickResult:  # fmt: skip
    """Brings the databases from `since`, or a later position of their own, to one new position.

    A database that fails falls out with its error; the others go on.

    Raises:
        psycopg.Error: the source failed. Databases that were brought to the new position stay there.
    """
    with _reading(source):
        position, entries = read_batch(source, since)
        result = TickResult(position, len(entries))
        suspects = {relation for target in databases.values() for relation in target.suspects}
        doubted = tuple(LogEntry(table.number, None) for table in flow.captured if table.relation in suspects)
        changes = _Changes(source, flow, (*entries, *doubted), [target.tenant for target in databases.values()])
        for name, target in databases.items():
            try:
                with target.connection.transaction():
                    applied = _apply(target, changes, since, position)
                    if proof is not None:
                        proof(source, target, position)
                    write_position(target.connection, position, target.side)
            except SurplusError as error:
                result.failures[name] = error
                result.suspects.add(error.relation)
            except MigratorError as error:
                result.failures[name] = error
            except psycopg.Error as error:
                if source.broken or source.info.transaction_status != TransactionStatus.INTRANS:
                    raise
                result.failures[name] = _failure(name, error)
            else:
                result.upserted += applied.upserted
                result.deleted += applied.deleted
                if applied.replaced:
                    result.replaced.append(name)
    return result


@contextmanager
def _reading(source: Connection) -> Iterator[None]:
    """One snapshot for the log and for the rows: two would be two positions."""
    source.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    finally:
        if not source.broken:
            source.execute("ROLLBACK")


def _apply(target: TickTarget, changes: _Changes, since: Position, until: Position) -> Applied:
    connection = target.connection
    # Only as long as this transaction: a pooled session that somebody else goes on with writes as anybody does.
    connection.execute("SET LOCAL migrator.applier = 'on'; SET CONSTRAINTS ALL DEFERRED")
    require_between(connection, since, until, target.side)
    shares = changes.shares(target)
    if not shares:
        return Applied()
    return Application(connection, changes.flow, shares, changes.refill(target.tenant), target.tenant).run()


class _Changes:
    """What a batch means for each of some databases, read once for all of them."""

    def __init__(self, source: Connection, flow: Flow, entries: Sequence[LogEntry], tenants: Sequence[str]) -> None:
        self.flow = flow
        self._tenants = tenants
        self._reader = RowReader(source, flow)
        tree = next((way.tree for way in flow.ways.values() if way.tree is not None), None)
        tops = {node: top for top, nodes in read_members(source, tree).items() for node in nodes} if entries else {}
        routing = Routing(flow.captured, flow.ways, entries, SourceRows(source, flow), tops)
        self._source = source
        whole = self._dirty_as_a_whole(routing, bool(entries))
        self._compared = [table for table in flow.tables if table.relation in whole and self._is_comparable(table)]
        self._shares: dict[str, dict[Relation, Share]] = {tenant: {} for tenant in tenants}
        for table in flow.tables:
            if table in self._compared:
                continue
            if table.relation in whole:
                self._deal(table, None, self._reader.whole(table, tenants))
            elif table.relation in routing.dirty.rows:
                wanted = self._wanted(table, routing.holders(table.relation))
                if wanted:
                    self._deal(table, wanted, self._reader.by_key(table, wanted))

    def shares(self, target: TickTarget) -> Mapping[Relation, Share]:
        """What a database is to hold of each table that is dirty there."""
        shares = self._shares[target.tenant]
        read = self.refill(target.tenant)
        for table in self._compared:
            if not table.transfer.is_in(target.tenant):
                continue
            keys = differing_keys(self._source, target.connection, self.flow, table, target.tenant)
            if keys:
                share = shares[table.relation] = Share(keys)
                for line in read(table, keys):
                    share.take(table, line)
        return shares

    def _is_comparable(self, table: TableFlow) -> bool:
        """Whether a table that is dirty as a whole can be compared row by row, instead of being written anew."""
        return bool(table.key) and table.scope is None and len(self.flow.of_destination[table.destination]) == 1

    def refill(self, tenant: str) -> Callable[[TableFlow, set[Key] | None], Iterable[bytes]]:
        """Reads further rows of that tenant at the same position."""

        def read(table: TableFlow, keys: set[Key] | None) -> Iterator[bytes]:
            rows = self._reader.whole(table, [tenant]) if keys is None else self._reader.by_key(table, keys)
            return (line for key, line in rows if _belongs(table, key, tenant))

        return read

    def _dirty_as_a_whole(self, routing: Routing, changed: bool) -> set[Relation]:
        """The tables that are rewritten: those of one destination together, and queries whenever anything changed."""
        whole = {
            table.relation
            for table in self.flow.tables
            if table.relation in routing.dirty.whole
            or (table.transfer.placement.query is not None and changed)
            or (not table.key and table.relation in routing.dirty.rows)
        }
        for tables in self.flow.of_destination.values():
            if any(table.relation in whole for table in tables):
                whole.update(table.relation for table in tables)
        return whole

    def _wanted(self, table: TableFlow, holders: Mapping[Key, Holders]) -> dict[Key, Collection[str]]:
        """By key the tenants among these whose databases may hold the row."""
        everybody = self._shares.keys()
        if not table.transfer.per_tenant:
            return dict.fromkeys(holders, everybody)
        everyones = table.transfer.for_everyone
        wanted: dict[Key, Collection[str]] = {}
        for key, held in holders.items():
            if held.anybody or (everyones and held.unowned):
                wanted[key] = everybody
            elif tenants := held.tenants & everybody:
                wanted[key] = tenants
        return wanted

    def _deal(
        self, table: TableFlow, wanted: Mapping[Key, Collection[str]] | None, rows: Iterable[tuple[str | None, bytes]]
    ) -> None:
        """Deals rows out to the databases that they belong to."""
        shares = {
            tenant: Share(None if wanted is None else set()) for tenant in self._tenants if table.transfer.is_in(tenant)
        }
        for dirty, tenants in wanted.items() if wanted is not None else ():
            for tenant in tenants:
                if (share := shares.get(tenant)) is not None and share.dirty is not None:
                    share.dirty.add(dirty)
        for key, line in rows:
            if key is not None and table.transfer.per_tenant:
                if (own := shares.get(key)) is not None:
                    own.take(table, line)
                continue
            for tenant, share in shares.items():
                if _belongs(table, key, tenant):
                    share.take(table, line)
        for tenant, share in shares.items():
            if share.dirty is None or share.dirty or share.lines:
                self._shares[tenant][table.relation] = share


def _belongs(table: TableFlow, key: str | None, tenant: str) -> bool:
    """Whether a row with that tenant key is one of the database of `tenant`."""
    transfer = table.transfer
    if transfer.unowned_only:
        return key is None
    if not transfer.per_tenant:
        return True
    return transfer.for_everyone if key is None else key == tenant


def _failure(name: str, error: psycopg.Error) -> DatabaseError:
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    failure = DatabaseError(
        f"{name}: {error.diag.message_primary or error}{detail}", "The next tick tries again from where it stands."
    )
    failure.sqlstate = error.sqlstate or ""
    return failure
