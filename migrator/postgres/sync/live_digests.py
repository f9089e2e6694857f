"""Digests of both sides at one position, while rows go on being written: exact, because the position is a snapshot."""

from __future__ import annotations

from psycopg import sql

from migrator.core.verify.digests import HASH_MODULUS, Difference, Digest, differences
from migrator.errors import DatabaseError
from migrator.postgres.changes.read_changes import Sides, differing
from migrator.postgres.placement.from_items import bare_names
from migrator.postgres.placement.key_path import source_of
from migrator.postgres.placement.row_hash import source_hash
from migrator.postgres.placement.select_rows import where
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync.flow import Flow, TableFlow
from migrator.postgres.sync.typed_keys import Key, in_parts
from migrator.postgres.verify.digest import target_digests


class UnequalError(DatabaseError):
    """A database that was brought to a position is not as the source is there."""

    def __init__(self, database: str, unequal: tuple[Difference, ...]) -> None:
        names = ", ".join(difference.relation for difference in unequal)
        super().__init__(
            f"{database} differs from the source at one and the same snapshot in: {names}.",
            "Name them as suspects to the next tick, which compares them row by row; nothing is cut over before.",
        )
        self.unequal = unequal


def live_digests(
    source: Connection, target: Connection, flow: Flow, tenant: str
) -> tuple[tuple[Digest, ...], tuple[Digest, ...]]:
    """(of the source, of the target): the tables of one database, each side as its open transaction sees it."""
    tables = [table for table in flow.tables if table.transfer.is_in(tenant)]
    there = target_digests(target, [table.transfer for table in tables], tenant)
    return tuple(_source_digest(source, flow, table, tenant) for table in tables), there


def require_equal(source: Connection, target: Connection, flow: Flow, tenant: str) -> tuple[Digest, ...]:
    """The digests of a database's tables, the same on both sides.

    Raises:
        UnequalError: some table differs.
    """
    here, there = live_digests(source, target, flow, tenant)
    if unequal := differences(here, there):
        raise UnequalError(target.info.dbname, unequal)
    return here


def differing_keys(source: Connection, target: Connection, flow: Flow, table: TableFlow, tenant: str) -> set[Key]:
    """The keys of the rows of one table that the two sides have differently, or one of them has not."""
    transfer = table.transfer
    here, there = _source_digest(source, flow, table, tenant), target_digests(target, [transfer], tenant)
    if not differences([here], there):
        return set()
    sides = Sides(transfer, flow.catalog, tenant)
    assert sides.key == table.key, f"{transfer.relation} is known by {sides.key} and by {table.key}"
    with bare_names(source, transfer.placement):
        texts = [key for key, _ in differing(source, target, sides)]
    keys: set[Key] = set()
    for part in in_parts(texts):
        statement = sql.SQL("SELECT key::text[] FROM unnest({}::text[]) AS u (key)").format(sql.Literal(part))
        keys.update(tuple(key) for (key,) in target.execute(statement))
    return keys


def _source_digest(connection: Connection, flow: Flow, table: TableFlow, tenant: str) -> Digest:
    transfer = table.transfer
    limits = where(transfer, keys=[tenant] if transfer.per_tenant else None, everyones=transfer.for_everyone)
    statement = sql.SQL("SELECT count(*), coalesce(sum(hash), 0) FROM (SELECT {} AS hash FROM {}{}) d").format(
        source_hash(transfer), source_of(transfer.placement, flow.catalog), limits
    )
    with bare_names(connection, transfer.placement):
        ((rows, total),) = connection.execute(statement).fetchall()
    return Digest(transfer.relation.full_name, tenant, rows, int(total) % HASH_MODULUS)
