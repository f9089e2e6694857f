"""Which rows of a table with many tenants' rows a tick may write: those whose path leads to its tenant."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from psycopg import sql

from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, Relation
from migrator.errors import RefusedError
from migrator.postgres.placement.from_items import qualified
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync.typed_keys import Key, KeyColumn, in_parts, same_key, typed_keys

_SHOWN = 3


class ConflictError(RefusedError):
    """Rows cannot be carried over: on the side that is written they are, or would be, somebody else's."""

    def __init__(self, relation: Relation, keys: Collection[Key], why: str) -> None:
        shown = ", ".join("(" + ", ".join(key) + ")" for key in sorted(keys)[:_SHOWN])
        more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        super().__init__(
            f"{relation} {shown}{more}: {why}.",
            "Nothing of the database is carried over until that is settled: change the row, or the one in its place.",
        )
        self.relation = relation
        self.keys = frozenset(keys)


class Scope:
    """The rows of one written table that are the tenant's."""

    def __init__(
        self, connection: Connection, catalog: Catalog, transfer: Transfer, key: Sequence[KeyColumn], tenant: str
    ) -> None:
        """`transfer` is the way that rows took from there; `key` are the columns that it is written by."""
        self._connection = connection
        self._relation = transfer.relation
        self._source = source_of(transfer.placement, catalog)
        self._key = key
        owner = tenant_key(transfer.placement)
        if transfer.unowned_only:
            self._mine = sql.SQL("{} IS NULL").format(owner)
        elif transfer.per_tenant:
            self._mine = sql.SQL("{} IS NOT DISTINCT FROM {}").format(owner, sql.Literal(tenant))
        else:
            self._mine = sql.SQL("true").format()

    def strangers(self, keys: Collection[Key]) -> set[Key]:
        """Those of the keys whose rows are there and somebody else's."""
        read = sql.SQL(", ").join(sql.SQL("t.{}::text").format(sql.Identifier(column.name)) for column in self._key)
        strangers: set[Key] = set()
        for part in in_parts(keys):
            statement = sql.SQL("SELECT {} FROM {} AS d, {} WHERE {} AND NOT ({})").format(
                read, typed_keys(self._key, part), self._source, same_key(self._key, "t", "d"), self._mine
            )
            strangers.update(tuple(row) for row in self._connection.execute(statement))
        return strangers

    def own_keys(self) -> set[Key]:
        """The keys of all rows that are the tenant's."""
        read = sql.SQL(", ").join(sql.SQL("t.{}::text").format(sql.Identifier(column.name)) for column in self._key)
        statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(read, self._source, self._mine)
        return {tuple(row) for row in self._connection.execute(statement)}

    def count(self) -> int:
        """How many rows are the tenant's."""
        statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(self._source, self._mine)
        ((rows,),) = self._connection.execute(statement).fetchall()
        return int(rows)

    def clear(self) -> int:
        """Deletes every row that is the tenant's; returns how many there were."""
        statement = sql.SQL(
            "DELETE FROM {} AS o WHERE (o.tableoid, o.ctid) IN (SELECT t.tableoid, t.ctid FROM {} WHERE {})"
        ).format(qualified(self._relation), self._source, self._mine)
        return self._connection.execute(statement).rowcount
