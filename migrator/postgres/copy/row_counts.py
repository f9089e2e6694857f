"""Counts every table's rows in the snapshot, independently of how they are copied."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from psycopg import sql

from migrator.core.plan.transfer import RECORD_HASH_SINCE
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.verify.digests import Digest
from migrator.postgres.placement.from_items import own_rows
from migrator.postgres.schema.partitions import lock_partitions
from migrator.postgres.session.connect import Connection, Endpoint, session
from migrator.postgres.session.connection_pool import join_snapshot
from migrator.postgres.verify.digest import whole_table


class RowCounts:
    """Counts in a thread of its own, in a session under the snapshot, while workers copy.

    The tables in `digested` are digested as well: those whose digest the copies do not give.
    """

    def __init__(self, source: Endpoint, snapshot: str, catalog: Catalog, digested: Collection[Relation]) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="counts")
        self._future = self._pool.submit(_count, source, snapshot, catalog, digested)

    def result(self) -> tuple[dict[str, int], tuple[Digest, ...]]:
        """Rows by "schema.table", and the digests; waits for the last one."""
        return self._future.result()

    def close(self) -> None:
        """Ends the thread."""
        self._future.cancel()
        self._pool.shutdown(wait=False)


def _count(
    source: Endpoint, snapshot: str, catalog: Catalog, digested: Collection[Relation]
) -> tuple[dict[str, int], tuple[Digest, ...]]:
    with session(source, purpose="count") as connection:
        join_snapshot(connection, source, snapshot)
        return count_rows(connection, catalog), tuple(
            whole_table(connection, table, records=catalog.server_version >= RECORD_HASH_SINCE)
            for table in catalog.tables.values()
            if table.relation in digested
        )


def count_rows(connection: Connection, catalog: Catalog) -> dict[str, int]:
    """Rows by "schema.table", partitions within their parent."""
    counts = {}
    for relation in catalog.tables:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(own_rows(catalog, relation))).fetchone()
        assert row is not None
        counts[relation.full_name] = int(row[0])
    return counts


def lock_against_ddl(connection: Connection, catalog: Catalog) -> None:
    """Keeps every table as it is while the transaction lasts: no ALTER, DROP or TRUNCATE, which no snapshot hides.

    Nor does a snapshot hide partitions that are attached with rows older than itself.
    """
    for relation in catalog.tables:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(own_rows(catalog, relation)))
    lock_partitions(connection, catalog)
