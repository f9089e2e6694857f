"""Applies a target's changed rows to the source: one transaction for a tenant, parents first.

What cannot be carried back is a conflict, and so is whatever hangs on it. A row's key may be another tenant's row by
now: each tenant's database has drawn its numbers from where the source's sequence stood.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import psycopg
from psycopg import sql

from migrator.core.changes.row_changes import ChangeKind, Conflict, RowChange, dependents, parents_first, row_key
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.postgres.changes.large_objects import TargetObjects
from migrator.postgres.changes.read_changes import foreign_keys_of
from migrator.postgres.fence.locks import LockWait, under_locks
from migrator.postgres.placement.from_items import own_rows, qualified
from migrator.postgres.session.connect import Connection
from migrator.postgres.session.triggers import triggers_disabled
from migrator.postgres.session.written_rows import written_rows

# What a row of somebody else's can be the reason for; anything else (a lost session, a full disk) ends the replay.
_IMMEDIATE = "SET CONSTRAINTS ALL IMMEDIATE"
_CONFLICTING = (psycopg.IntegrityError, psycopg.DataError)


class _TakenBack(Exception):
    """Some of what was written hangs on what could not be: the transaction ends, and is done again without."""


class _Deferred(Exception):
    """A constraint that is checked at the end does not hold: done again with each row checked by itself."""


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why a row is not carried back; `taken` are the columns of a key that another row has."""

    text: str
    taken: tuple[str, ...] = ()
    of_another_tenant: bool = False  # in the source it would be another tenant's


@dataclass
class Replayed:
    """What became of one database's changes."""

    applied: list[RowChange] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


@dataclass(frozen=True)
class Monolith:
    """The source that changes are carried back into. Its fence stands, and is opened within each transaction only."""

    connection: Connection
    catalog: Catalog
    wait: LockWait
    objects: TargetObjects | None = None  # of the database whose rows are carried back
    references: tuple[ForeignKey, ...] = ()  # declared, virtual and polymorphic ones

    def replay(
        self,
        rows: Sequence[RowChange],
        transfers: Mapping[Relation, Transfer],
        *,
        tenant: str,
        database: str,
        lost: Iterable[RowChange] = (),
    ) -> Replayed:
        """Carries the rows back in one transaction.

        `lost` are rows of databases before this one that could not be: what references them cannot either.

        Raises:
            DatabaseError: the source failed; nothing of this database's changes is in it then.
        """
        why: dict[int, _Reason] = {}  # position in rows -> why it is not carried back
        earlier = list(lost)
        strict = False
        while True:
            refused = [rows[position] for position in why] + earlier
            for position, parent in dependents(refused, rows, self.references).items():
                text = f"it references {parent.relation} {parent.key}, which could not be carried back"
                why.setdefault(position, _Reason(text))
            chosen = [position for position in range(len(rows)) if position not in why]
            try:
                applied = under_locks(
                    self.connection,
                    self.catalog,
                    {rows[position].relation for position in chosen},
                    partial(self._write, rows, chosen, why, transfers, tenant, strict=strict),
                    self.wait,
                )
            except _TakenBack:
                continue
            except _Deferred:
                strict = True
                continue
            conflicts = [
                Conflict(database, rows[position], reason.text, reason.taken, tenant=tenant)
                for position, reason in why.items()
            ]
            return Replayed(applied, conflicts)

    def _write(
        self,
        rows: Sequence[RowChange],
        chosen: Sequence[int],
        why: dict[int, _Reason],
        transfers: Mapping[Relation, Transfer],
        tenant: str,
        *,
        strict: bool,
    ) -> list[RowChange]:
        concerned = {rows[position].relation for position in chosen}
        order = parents_first(concerned, self.catalog)
        before = dict(why)
        self.connection.execute(_IMMEDIATE if strict else "SET CONSTRAINTS ALL DEFERRED")
        with triggers_disabled(self.connection, self.catalog, concerned):
            self._each(rows, [p for relation in reversed(order) for p in _of(rows, chosen, relation, "deleted")], why)
            self._each(
                rows,
                [
                    position
                    for relation in order
                    for kind in ("updated", "inserted")
                    for position in _of(rows, chosen, relation, kind)
                ],
                why,
            )
            self._check_deferred(strict)
            for relation in order:
                keys = [rows[p].key for p in chosen if rows[p].relation == relation and rows[p].kind != "deleted"]
                other_owners = foreign_keys_of(self.connection, transfers[relation], self.catalog, tenant, keys)
                for position in chosen:
                    row = rows[position]
                    if row.relation == relation and row.key in other_owners and row.kind != "deleted":
                        text = f"in the source it would belong to tenant {other_owners[row.key]!r}"
                        why.setdefault(position, _Reason(text, of_another_tenant=True))
        new = [rows[position] for position in why if position not in before]
        if new and (
            any(position in chosen for position in dependents(new, rows, self.references))
            or any(reason.of_another_tenant for position, reason in why.items() if position not in before)
        ):
            raise _TakenBack
        return [rows[position] for position in chosen if position not in why]

    def _check_deferred(self, strict: bool) -> None:
        try:
            with self.connection.transaction():
                self.connection.execute(_IMMEDIATE)
        except _CONFLICTING as error:
            if strict:
                raise
            raise _Deferred from error

    def _each(self, rows: Sequence[RowChange], positions: Sequence[int], why: dict[int, _Reason]) -> None:
        """Writes row by row; those refused are tried again as long as others get through, which may make room."""
        waiting = list(positions)
        while waiting:
            failed: dict[int, _Reason] = {}
            for position in waiting:
                if problem := self._one(rows[position]):
                    failed[position] = problem
            if len(failed) == len(waiting):
                why.update(failed)
                return
            waiting = list(failed)

    def _one(self, row: RowChange) -> _Reason | None:
        """Writes one row; returns why it could not be written, and has written nothing then."""
        statement, parameters = _statement(row, self.catalog)
        hanging = row.kind == "deleted" and any(
            key.on_delete in ("c", "n", "d") for key in self.catalog.referencing.get(row.relation, ())
        )
        try:
            with self.connection.transaction():
                if self.objects and (problem := self.objects.carry(self.connection, row, self.catalog)):
                    raise _Refused(problem)
                before = written_rows(self.connection, self.catalog) if hanging else None
                cursor = self.connection.execute(statement, parameters)
                if cursor.rowcount != 1:
                    raise _Refused(f"{cursor.rowcount} rows of that key are in the source")
                if before is not None:
                    more = written_rows(self.connection, self.catalog) - before
                    more.subtract({("deleted", row.relation): 1})
                    if others := {str(relation) for (_, relation), count in more.items() if count > 0}:
                        raise _Refused(f"rows of {', '.join(sorted(others))} hang on it in the source")
        except _Refused as refused:
            return _Reason(str(refused))
        except psycopg.errors.ReadOnlySqlTransaction as error:
            return _Reason(f"rows hang on it in the source: {error.diag.message_primary}")
        except _CONFLICTING as error:
            detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
            taken = self._taken(row) if isinstance(error, psycopg.errors.UniqueViolation) else ()
            return _Reason(f"{error.diag.message_primary}{detail}", taken)
        return None

    def _taken(self, row: RowChange) -> tuple[str, ...]:
        """The columns of the first key of an inserted row that is another row's in the source."""
        if row.kind != "inserted":
            return ()
        for key in self.catalog.tables[row.relation].unique_keys:
            if set(key) <= row.values.keys() and self._is_there(row, key):
                return key
        return ()

    def _is_there(self, row: RowChange, columns: Sequence[str]) -> bool:
        condition = sql.SQL(" AND ").join(sql.SQL("t.{} = %s").format(sql.Identifier(name)) for name in columns)
        statement = sql.SQL("SELECT FROM {} AS t WHERE {} LIMIT 1").format(
            own_rows(self.catalog, row.relation), condition
        )
        return self.connection.execute(statement, [row.values[name] for name in columns]).fetchone() is not None

    def holds(self, row: RowChange) -> bool:
        """Whether the source is already as the change of a row with a key would make it."""
        key = row_key(row, self.catalog)
        if not key:
            return False
        if row.kind == "deleted":
            return not self._is_there(row, key)
        values = sql.SQL("ARRAY[{}]::text[]").format(
            sql.SQL(", ").join(sql.SQL("t.{}::text").format(sql.Identifier(name)) for name in row.values)
        )
        condition = sql.SQL(" AND ").join(sql.SQL("t.{} = %s").format(sql.Identifier(name)) for name in key)
        statement = sql.SQL("SELECT FROM {} AS t WHERE {} AND {} = %s::text[]").format(
            own_rows(self.catalog, row.relation), condition, values
        )
        parameters = [*(row.values[name] for name in key), list(row.values.values())]
        return self.connection.execute(statement, parameters).fetchone() is not None

    def next_number(self, relation: Relation, column: str, used: Container[str]) -> str:
        """A number that no row of the table has and that is none of `used`: of its sequence, else above the highest."""
        numbered = self.catalog.tables[relation].column(column)
        assert numbered is not None
        if numbered.sequence is None:
            highest = sql.SQL("SELECT coalesce(max({}), 0)::bigint FROM {}").format(
                sql.Identifier(column), qualified(relation)
            )
            ((start,),) = self.connection.execute(highest).fetchall()
            return next(number for number in map(str, count(start + 1)) if number not in used)
        draw = sql.SQL("SELECT pg_catalog.nextval({})::text").format(
            sql.Literal(sql.Identifier(*numbered.sequence).as_string(self.connection))
        )
        while True:
            ((number,),) = self.connection.execute(draw).fetchall()
            row = RowChange(relation, "", "inserted", {column: number})
            if number not in used and not self._is_there(row, [column]):
                return str(number)


class _Refused(Exception):
    """A row that is not to be written."""


def _of(rows: Sequence[RowChange], chosen: Sequence[int], relation: Relation, kind: str) -> list[int]:
    return [position for position in chosen if rows[position].relation == relation and rows[position].kind == kind]


def _statement(row: RowChange, catalog: Catalog) -> tuple[sql.Composed, list[str | None]]:
    table = catalog.tables[row.relation]
    generated = {column.name for column in table.columns if column.generated}
    written = [name for name in row.values if name not in generated]
    key = row_key(row, catalog)
    kind: ChangeKind = row.kind
    if kind == "inserted":
        return (
            sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
                qualified(row.relation),
                sql.SQL(", ").join(map(sql.Identifier, written)),
                sql.SQL(", ").join([sql.Placeholder()] * len(written)),
            ),
            [row.values[name] for name in written],
        )
    if key:
        condition = sql.SQL(" AND ").join(sql.SQL("t.{} = %s").format(sql.Identifier(name)) for name in key)
        values = [row.values[name] for name in key]
    else:
        # One of possibly several equal rows, by the text of what travelled.
        compared = sql.SQL("ARRAY[{}]::text[] = %s::text[]").format(
            sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in row.values)
        )
        condition = sql.SQL("(t.tableoid, t.ctid) = (SELECT tableoid, ctid FROM {} WHERE {} LIMIT 1)").format(
            own_rows(catalog, row.relation), compared
        )
        values = [list(row.values.values())]  # type: ignore[list-item]
    if kind == "deleted":
        return sql.SQL("DELETE FROM {} AS t WHERE {}").format(own_rows(catalog, row.relation), condition), values
    identities = {column.name for column in table.columns if column.identity == "a"}
    # The key's own columns too: equal keys may be written differently (citext, numeric).
    assigned = [name for name in written if name not in identities]
    statement = sql.SQL("UPDATE {} AS t SET {} WHERE {}").format(
        own_rows(catalog, row.relation),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in assigned),
        condition,
    )
    return statement, [*(row.values[name] for name in assigned), *values]
