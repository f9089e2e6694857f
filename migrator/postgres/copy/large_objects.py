"""Copies large objects into the databases of the rows that name them, under their own OIDs.

They belong to a database and to no row, so only `large_objects` in migrator.toml says whose they are. What they hold is
part of the row's hash (reading.row_hash), so digests, verify and rollback compare it like any column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from psycopg import sql

from migrator.core.placement.model import Placements
from migrator.core.placement.tenants import UNOWNED
from migrator.core.plan.checks import LargeObjectFacts
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, Relation
from migrator.postgres.copy.receipts import find_receipt, write_receipt
from migrator.postgres.copy.relay import Destination
from migrator.postgres.placement.from_items import own_rows
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.placement.select_rows import where
from migrator.postgres.session.connect import Connection, Endpoint, rows, session
from migrator.postgres.session.connection_pool import join_snapshot

RECEIPT = "large objects"
_CHUNK = 1024 * 1024
# A row's hash reads an object as one value, which ends at a gigabyte.
LARGEST = 1024**3 - 1024


@dataclass(frozen=True, slots=True)
class NamingColumn:
    """A column whose values are all large objects, and how many it names."""

    relation: Relation
    column: str
    objects: int


def naming_columns(connection: Connection, catalog: Catalog) -> tuple[NamingColumn, ...]:
    """Columns that name large objects and nothing else, by their rows."""
    if not catalog.large_objects:
        return ()
    columns = []
    for schema, table, column in rows(connection, "copy/large_object_columns"):
        relation = Relation(schema, table)
        if relation not in catalog.tables:
            continue
        row = connection.execute(
            sql.SQL(
                "SELECT count(DISTINCT m.oid), count(*) FILTER (WHERE m.oid IS NULL) FROM {} AS t "
                "LEFT JOIN pg_catalog.pg_largeobject_metadata m ON m.oid = t.{} WHERE t.{} IS NOT NULL"
            ).format(own_rows(catalog, relation), sql.Identifier(column), sql.Identifier(column))
        ).fetchone()
        if row is not None and row[0] and not row[1]:
            columns.append(NamingColumn(relation, column, int(row[0])))
    return tuple(columns)


def read_large_objects(
    connection: Connection, catalog: Catalog, placements: Placements, ignored: str = ""
) -> LargeObjectFacts:
    """What the configured columns leave of the source's large objects, in the open transaction.

    `ignored` is the reason why those stay behind that no column names, as migrator.toml says it.
    """
    total = connection.execute("SELECT count(*) FROM pg_catalog.pg_largeobject_metadata").fetchone()
    assert total is not None
    if not total[0]:
        return LargeObjectFacts(0)
    naming = [
        (placement, (own_rows(catalog, placement.relation), column))
        for placement in placements.tables.values()
        if placement.relation in catalog.tables
        for column in placement.large_objects
    ]
    unnamed = unnamed_objects(connection, (column for _, column in naming))
    # Neither the tables that travel name these, nor is it that nobody does.
    staying = len(unnamed_objects(connection, (column for one, column in naming if one.target))) - len(unnamed)
    ((unreadable, sizes_known),) = connection.execute(
        "SELECT count(*) FILTER (WHERE NOT pg_catalog.pg_has_role(lomowner, 'USAGE')), "
        "pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT') "
        "FROM pg_catalog.pg_largeobject_metadata"
    ).fetchall()
    too_large = (
        connection.execute(
            "SELECT loid::bigint FROM pg_catalog.pg_largeobject GROUP BY loid "
            "HAVING max(pageno)::bigint * 2048 >= %s ORDER BY 1",
            [LARGEST],
        ).fetchall()
        if sizes_known
        else []
    )
    return LargeObjectFacts(
        total[0], unnamed, unreadable, tuple(oid for (oid,) in too_large), ignored=ignored, named_by_ignored=staying
    )


def unnamed_objects(connection: Connection, columns: Iterable[tuple[sql.Composable, str]]) -> tuple[int, ...]:
    """The OIDs of a database's large objects that no row names, ascending; `columns` are (rows' origin, column)."""
    named = [
        sql.SQL("SELECT t.{}::oid FROM {} AS t").format(sql.Identifier(column), origin) for origin, column in columns
    ] or [sql.SQL("SELECT NULL::oid").format()]
    unnamed = connection.execute(
        sql.SQL(
            "SELECT m.oid::bigint FROM pg_catalog.pg_largeobject_metadata m "
            "WHERE NOT EXISTS (SELECT FROM ({}) AS n (oid) WHERE n.oid = m.oid) ORDER BY 1"
        ).format(sql.SQL(" UNION ALL ").join(named))
    ).fetchall()
    return tuple(oid for (oid,) in unnamed)


def copy_large_objects(
    source: Endpoint,
    snapshot: str,
    catalog: Catalog,
    transfers: Mapping[str, Sequence[Transfer]],
    databases: Mapping[str, Sequence[Destination]],
    *,
    epoch: str,
    jobs: int,
) -> int:
    """Copies, under the snapshot, each large object into every database that gets a row which names it.

    A database's objects and their receipt commit together; one that has its receipt is passed over. Returns how many
    objects were written.

    Raises:
        DatabaseError: an object cannot be read or made; the databases finished before keep theirs.
    """
    naming = {name: [one for one in of_target if one.placement.large_objects] for name, of_target in transfers.items()}
    if not any(naming.values()):
        return 0
    wanted: list[tuple[Endpoint, frozenset[int]]] = []
    with session(source, purpose="large objects") as connection:
        join_snapshot(connection, source, snapshot)
        for name, items in naming.items():
            by_tenant: dict[str, set[int]] = defaultdict(set)
            for item in items:
                for tenant, oid in _named(connection, catalog, item):
                    by_tenant[tenant].add(oid)
            everyones = by_tenant.pop(UNOWNED, set())
            for one in databases[name]:
                if oids := by_tenant.get(one.tenant, set()) | everyones:
                    wanted.append((one.endpoint, frozenset(oids)))
    copy = partial(_copy_into, source=source, snapshot=snapshot, epoch=epoch)
    with ThreadPoolExecutor(max(1, min(jobs, len(wanted))), thread_name_prefix="large-objects") as pool:
        return sum(pool.map(lambda destination: copy(*destination), wanted))


def _named(connection: Connection, catalog: Catalog, item: Transfer) -> Iterator[tuple[str, int]]:
    """(tenant, OID) of the existing large objects that a transfer's rows name; UNOWNED where every database gets it."""
    key = tenant_key(item.placement) if item.per_tenant else sql.SQL("''::text").format()
    source = source_of(item.placement, catalog)
    for column in item.placement.large_objects:
        statement = sql.SQL(
            "SELECT DISTINCT w.key, m.oid::bigint FROM (SELECT {} AS key, t.{}::oid AS oid FROM {}{}) w "
            "JOIN pg_catalog.pg_largeobject_metadata m ON m.oid = w.oid"
        ).format(key, sql.Identifier(column), source, where(item))
        for tenant, oid in connection.execute(statement).fetchall():
            if tenant is not None:
                yield tenant, oid
            elif item.for_everyone:
                yield UNOWNED, oid


def _copy_into(endpoint: Endpoint, oids: frozenset[int], *, source: Endpoint, snapshot: str, epoch: str) -> int:
    with (
        session(source, purpose="large objects") as reader,
        session(endpoint, purpose="large objects") as writer,
        writer.transaction(),
    ):
        if find_receipt(writer, RECEIPT, epoch) is not None:
            return 0
        join_snapshot(reader, source, snapshot)
        for oid in sorted(oids):
            writer.execute("SELECT pg_catalog.lo_create(%s)", [oid])
            for offset, block in blocks(reader, oid):
                writer.execute("SELECT pg_catalog.lo_put(%s, %s, %s)", [oid, offset, block], binary=True)
            _set_properties(reader, writer, oid)
        write_receipt(writer, RECEIPT, epoch, len(oids))
    return len(oids)


def blocks(reader: Connection, oid: int) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of a large object, a part at a time."""
    offset = 0
    while True:
        row = reader.execute("SELECT pg_catalog.lo_get(%s, %s, %s)", [oid, offset, _CHUNK], binary=True).fetchone()
        block = bytes(row[0]) if row is not None else b""
        if block:
            yield offset, block
        if len(block) < _CHUNK:
            return
        offset += len(block)


def _set_properties(reader: Connection, writer: Connection, oid: int) -> None:
    """Owner, comment and privileges, as the source has them."""
    ((owner, comment, grants),) = rows(reader, "copy/large_object", {"oid": oid})
    name = sql.Literal(oid)
    for grantee, privilege, grantable in grants:
        writer.execute(
            sql.SQL("GRANT {} ON LARGE OBJECT {} TO {}{}").format(
                sql.SQL(privilege), name, sql.Identifier(grantee) if grantee else sql.SQL("PUBLIC"),
                sql.SQL(" WITH GRANT OPTION" if grantable else ""),
            )
        )  # fmt: skip
    if comment is not None:
        writer.execute(sql.SQL("COMMENT ON LARGE OBJECT {} IS {}").format(name, sql.Literal(comment)))
    if owner != writer.info.user:
        writer.execute(sql.SQL("ALTER LARGE OBJECT {} OWNER TO {}").format(name, sql.Identifier(owner)))
