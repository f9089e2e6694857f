"""The statements that write rows: upserts, inserts and deletes of one table, small ones at once, large ones staged."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import psycopg
from psycopg import sql

from migrator.core.schema.digest import digest_of
from migrator.errors import DatabaseError
from migrator.postgres.copy.libpq_copy import begin_copy, end_copy, put, require_arrived
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync.flow import TableFlow
from migrator.postgres.sync.read_rows import fields
from migrator.postgres.sync.typed_keys import Key, KeyColumn, in_parts, same_key, typed_keys

# Up to so many values a statement of their own is cheaper than a COPY and a second statement.
INLINE_VALUES = 400


class FixedColumnChangedError(Exception):
    """A column that no UPDATE may set (an identity that is GENERATED ALWAYS) has another value now."""


class TableWriter:
    """Writes one table of one database, within the caller's transaction."""

    def __init__(self, connection: Connection, table: TableFlow, columns: Sequence[KeyColumn]) -> None:
        """`columns` are those of the table's key there."""
        self.connection = connection
        self.table = table
        self._key = columns

    def upsert(self, lines: Sequence[bytes], staged: sql.Identifier | None = None) -> int:
        """Writes rows over those of their keys; returns how many were written, which is all of them.

        `staged` is where they have been put already.

        Raises:
            FixedColumnChangedError: a row cannot be updated, only replaced.
            psycopg.Error: what else the server refuses.
        """
        if not lines:
            return 0
        if staged is None and self._is_small(lines) and self.table.arbiter and not self.table.fixed:
            return self._written(self._insert(self._values(lines)) + self._on_conflict(), len(lines))
        staged = staged or self.stage(lines)
        if self.table.fixed:
            self._require_unchanged(staged)
        if self.table.arbiter:
            return self._written(self._insert(self._select(staged)) + self._on_conflict(), len(lines))
        return self._update_and_insert(staged, len(lines))

    def insert(self, lines: Sequence[bytes]) -> int:
        """Inserts rows of which none is there."""
        if not lines:
            return 0
        rows = self._values(lines) if self._is_small(lines) else self._select(self.stage(lines))
        return self._written(self._insert(rows), len(lines))

    def delete(self, keys: Collection[Key], kept: Collection[Key] = ()) -> int:
        """Deletes the rows of these keys, as the column types compare them; returns how many there were.

        None of `kept` is deleted, which may be the same key written differently.
        """
        condition = same_key(self._key, "t", "d")
        if self.table.loose and kept:
            condition += sql.SQL(" AND NOT EXISTS (SELECT FROM {} AS s WHERE {})").format(
                typed_keys(self._key, kept), same_key(self._key, "t", "s")
            )
        deleted = 0
        for part in in_parts(keys):
            statement = sql.SQL("DELETE FROM {} AS t USING {} AS d WHERE {}").format(
                self.table.written_rows, typed_keys(self._key, part), condition
            )
            deleted += self.connection.execute(statement).rowcount
        return deleted

    def count(self, keys: Collection[Key]) -> int:
        """How many rows of these keys there are."""
        there = 0
        for part in in_parts(keys):
            statement = sql.SQL("SELECT count(*) FROM {} AS t, {} AS d WHERE {}").format(
                self.table.written_rows, typed_keys(self._key, part), same_key(self._key, "t", "d")
            )
            ((number,),) = self.connection.execute(statement).fetchall()
            there += number
        return there

    def clear(self) -> int:
        """Deletes every row; returns how many there were."""
        return self.connection.execute(sql.SQL("DELETE FROM {}").format(self.table.written_rows)).rowcount

    # -- staging ---------------------------------------------------------------------------------------------------

    def stage(self, lines: Sequence[bytes]) -> sql.Identifier:
        """Puts rows into the session's temporary table for this one; returns its name."""
        name = self._staging_name()
        staged, columns = sql.Identifier("pg_temp", name), self._names()
        there = sql.SQL("SELECT pg_catalog.to_regclass({}) IS NOT NULL").format(
            sql.Literal(staged.as_string(self.connection))
        )
        if self.connection.execute(there).fetchall() == [(True,)]:
            self.connection.execute(sql.SQL("DELETE FROM {}").format(staged))
        else:
            self.connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA").format(
                    sql.Identifier(name), columns, self.table.written_rows
                )
            )
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(staged, columns)
        begin_copy(self.connection, copy.as_string(self.connection))
        block: list[bytes] = []
        for line in lines:
            block.append(line)
            if len(block) >= 1024:
                put(self.connection, b"".join(block))
                block.clear()
        if block:
            put(self.connection, b"".join(block))
        require_arrived(self.connection, str(self.table.relation), sent=len(lines), arrived=end_copy(self.connection))
        return staged

    def _staging_name(self) -> str:
        """A name that no other flow of the session has: two may write the same table, or the same columns of it."""
        columns = [column.target for column in self.table.columns]
        return f"migrator_staged_{digest_of([self.table.relation, self.table.destination, columns])[:16]}"

    def delete_unstaged(self, staged: Sequence[sql.Identifier]) -> int:
        """Deletes the rows that are in none of the staging tables."""
        missing = sql.SQL(" AND ").join(
            sql.SQL("NOT EXISTS (SELECT FROM {} AS s WHERE {})").format(each, same_key(self._key, "t", "s"))
            for each in staged
        )
        statement = sql.SQL("DELETE FROM {} AS t WHERE {}").format(self.table.written_rows, missing)
        return self.connection.execute(statement).rowcount

    # -- statements ------------------------------------------------------------------------------------------------

    def _is_small(self, lines: Sequence[bytes]) -> bool:
        return len(lines) * len(self.table.columns) <= INLINE_VALUES

    def _names(self) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(column.target) for column in self.table.columns)

    def _insert(self, rows: sql.Composable) -> sql.Composed:
        return sql.SQL("INSERT INTO {} AS t ({}) OVERRIDING SYSTEM VALUE {}").format(
            sql.Identifier(*self.table.destination), self._names(), rows
        )

    def _values(self, lines: Sequence[bytes]) -> sql.Composed:
        """VALUES of untyped literals: each is read as a value of the column's type, as COPY reads it."""
        rows = (
            sql.SQL("({})").format(sql.SQL(", ").join(sql.Literal(value) for value in fields(line))) for line in lines
        )
        return sql.SQL("VALUES {}").format(sql.SQL(", ").join(rows))

    def _select(self, staged: sql.Identifier) -> sql.Composed:
        return sql.SQL("SELECT {} FROM {}").format(self._names(), staged)

    def _on_conflict(self) -> sql.Composed:
        key = sql.SQL(", ").join(map(sql.Identifier, self.table.target_key))
        if not self.table.updated:
            return sql.SQL(" ON CONFLICT ({}) DO NOTHING").format(key)
        assigned = sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in self.table.updated
        )
        return sql.SQL(" ON CONFLICT ({}) DO UPDATE SET {}").format(key, assigned)

    def _update_and_insert(self, staged: sql.Identifier, number: int) -> int:
        """For a key without a unique index that decides at once: a deferrable one, or none in this database."""
        same = same_key(self._key, "t", "s")
        updated = 0
        if self.table.updated:
            assigned = sql.SQL(", ").join(
                sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in self.table.updated
            )
            statement = sql.SQL("UPDATE {} AS t SET {} FROM {} AS s WHERE {}").format(
                self.table.written_rows, assigned, staged, same
            )
            updated = self.connection.execute(statement).rowcount
        missing = self._select(staged) + sql.SQL(" AS s WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {})").format(
            self.table.written_rows, same
        )
        inserted = self.connection.execute(self._insert(missing)).rowcount
        if self.table.updated and updated + inserted != number:
            raise _lost(self.table, number, updated + inserted)
        return updated + inserted

    def _require_unchanged(self, staged: sql.Identifier) -> None:
        changed = sql.SQL(" OR ").join(
            sql.SQL("t.{0} IS DISTINCT FROM s.{0}").format(sql.Identifier(name)) for name in self.table.fixed
        )
        statement = sql.SQL("SELECT FROM {} AS t, {} AS s WHERE {} AND ({}) LIMIT 1").format(
            self.table.written_rows, staged, same_key(self._key, "t", "s"), changed
        )
        if self.connection.execute(statement).fetchone() is not None:
            raise FixedColumnChangedError

    def _written(self, statement: sql.Composed, number: int) -> int:
        cursor = self.connection.execute(statement)
        if cursor.rowcount != number and (self.table.updated or not self.table.key):
            raise _lost(self.table, number, cursor.rowcount)
        return number


def _lost(table: TableFlow, sent: int, written: int) -> DatabaseError:
    return DatabaseError(
        f"Of {sent} rows of {table.destination} {written} were written.",
        "A rule or a trigger of the target's schema takes rows away: remove it, or disable it for the time being.",
    )


UNIQUE = (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation, FixedColumnChangedError)
