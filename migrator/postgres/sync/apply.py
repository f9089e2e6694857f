"""Brings one database from one position to the next, in one transaction: parents first, deletes last.

Both states satisfy the foreign keys. Rows written parents first reference only what is there at the second; once all
are written nothing references what is gone, so no ON DELETE action and no RESTRICT ever has anything to act upon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from psycopg import sql

from migrator.core.schema.catalog import ForeignKey, Relation
from migrator.errors import RefusedError
from migrator.postgres.placement.from_items import qualified
from migrator.postgres.placement.key_path import joined
from migrator.postgres.session.connect import Connection
from migrator.postgres.session.written_rows import Written, written_rows
from migrator.postgres.sync.flow import Flow, TableFlow
from migrator.postgres.sync.read_rows import Share
from migrator.postgres.sync.scope import ConflictError, Scope
from migrator.postgres.sync.typed_keys import Key, KeyColumn, in_parts, same_key, typed_keys
from migrator.postgres.sync.write_rows import UNIQUE, TableWriter

# The rows of a table that are this database's at the batch's position: those of some keys, or (None) all.
Refill = Callable[[TableFlow, "set[Key] | None"], Iterable[bytes]]


class SurplusError(RefusedError):
    """Rows were written that are not the batch's; `relation` is their table."""

    def __init__(self, relation: Relation, kind: str, count: int) -> None:
        super().__init__(
            f"{count} rows of {relation} would have been {kind} beside those of the batch; nothing was changed.",
            "A foreign key's action, a trigger or a rule reaches that table: compare it with `migrator verify`.",
        )
        self.relation = relation


@dataclass(frozen=True, slots=True)
class Applied:
    """How many rows were written and deleted; `replaced` where rows had to make room for each other."""

    upserted: int = 0
    deleted: int = 0
    replaced: bool = False


class Application:
    """One batch for one database, within the caller's transaction, which checks at its end what can be checked then."""

    def __init__(
        self, connection: Connection, flow: Flow, shares: Mapping[Relation, Share], refill: Refill, tenant: str = ""
    ) -> None:
        """`shares` say, by the read side's tables, what there is to be; `refill` reads what they do not have.

        `tenant` is whose rows are written, where the written tables hold those of others too.
        """
        self.tenant = tenant
        self.connection = connection
        self.flow = flow
        self.shares = shares
        self.refill = refill
        self._allowed: Written = Counter()

    def run(self) -> Applied:
        """Writes the batch.

        Raises:
            ConflictError: a row is, or would be, somebody else's on the side that is written.
            SurplusError: an action, a trigger or a rule wrote more than that.
            psycopg.Error: the database refuses it.
        """
        for table in self.flow.tables:
            if (share := self.shares.get(table.relation)) is not None and table.scope is not None:
                self._leave_strangers(table, share)
        try:
            with self.connection.transaction():
                return self._guarded(self._write)
        except UNIQUE:
            # Values that must be unique change hands: no order of single rows gets there.
            with self.connection.transaction():
                self.connection.execute("SET CONSTRAINTS ALL DEFERRED")
                return self._guarded(self._replace)

    def _guarded(self, write: Callable[[], Applied]) -> Applied:
        self._allowed.clear()
        before = written_rows(self.connection, self.flow.target_catalog)
        applied = write()
        self._require_own_rows()
        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        surplus = written_rows(self.connection, self.flow.target_catalog) - before - self._allowed
        if surplus:
            (kind, relation), count = next(iter(surplus.items()))
            raise SurplusError(relation, kind, count)
        return applied

    def _allow(self, kind: str, relation: Relation, count: int) -> None:
        self._allowed[kind, relation] += count

    def _writer(self, table: TableFlow) -> TableWriter:
        return TableWriter(self.connection, table, self._typed(table))

    def _typed(self, table: TableFlow) -> list[KeyColumn]:
        columns = self.flow.written_columns(self.connection, table.destination)
        return [columns[name] for name in table.target_key]

    # -- rows of others --------------------------------------------------------------------------------------------

    def _scope(self, table: TableFlow) -> Scope | None:
        if table.scope is None:
            return None
        return Scope(self.connection, self.flow.target_catalog, table.scope, self._typed(table), self.tenant)

    def _leave_strangers(self, table: TableFlow, share: Share) -> None:
        """Takes out of a share the rows of others; one that this side has too cannot be written over."""
        scope = self._scope(table)
        if scope is None or not table.key:
            return
        if share.dirty is None:
            share.dirty = share.kept | scope.own_keys()
        strangers = scope.strangers(share.dirty)
        # Equal keys may be different texts: which of them is meant is not worth a guess.
        if taken := strangers if table.loose else strangers & share.kept:
            raise ConflictError(table.destination, taken, "that key is a row of somebody else's")
        share.dirty -= strangers

    def _require_own_rows(self) -> None:
        """Holds what was written to be the tenant's, by where its path leads now."""
        for table in self.flow.tables:
            share, scope = self.shares.get(table.relation), self._scope(table)
            if share is None or scope is None:
                continue
            strangers = scope.strangers(share.kept) if table.key else set()
            if strangers or (not table.key and scope.count() != len(share.lines)):
                raise ConflictError(table.destination, strangers, "it would belong to somebody else")

    # -- upserts, then deletes -------------------------------------------------------------------------------------

    def _write(self) -> Applied:
        staged: dict[Relation, list[sql.Identifier]] = {}
        cleared: set[Relation] = set()
        upserted = deleted = 0
        for table in self.flow.tables:
            share = self.shares.get(table.relation)
            if share is None:
                continue
            writer = self._writer(table)
            self._allow("inserted", table.destination, len(share.lines))
            # A key that is written anew may be written anew in what references it too: once more, by its own row.
            self._allow("updated", table.destination, len(share.lines) * 2)
            if not table.key:
                if table.destination not in cleared:
                    cleared.add(table.destination)
                    deleted += self._clear(writer)
                upserted += writer.insert(share.lines)
            elif share.dirty is None:
                place = writer.stage(share.lines)
                staged.setdefault(table.destination, []).append(place)
                upserted += writer.upsert(share.lines, place)
            else:
                upserted += writer.upsert(share.lines)
        for destination in reversed([*self.flow.of_destination]):
            deleted += self._delete(destination, staged.get(destination, []))
        return Applied(upserted, deleted)

    def _clear(self, writer: TableWriter) -> int:
        scope = self._scope(writer.table)
        count = scope.clear() if scope is not None else writer.clear()
        self._allow("deleted", writer.table.destination, count)
        return count

    def _delete(self, destination: Relation, staged: list[sql.Identifier]) -> int:
        flows = self.flow.of_destination[destination]
        shares = [share for table in flows if (share := self.shares.get(table.relation)) is not None]
        if not flows[0].key:
            return 0
        writer = self._writer(flows[0])
        if staged:
            count = writer.delete_unstaged(staged)
            self._allow("deleted", destination, count)
            return count
        kept = set().union(*(share.kept for share in shares))
        gone = set().union(*(share.gone for share in shares)) - kept
        if not gone:
            return 0
        # Within a circle an action may delete what the next statement would: counted before either does.
        circular = writer.count(gone) if destination in self.flow.in_circles else 0
        count = writer.delete(gone, kept)
        self._allow("deleted", destination, max(circular, count))
        return count

    # -- the replace set -------------------------------------------------------------------------------------------

    def _replace(self) -> Applied:
        """Takes out what is dirty with all that hangs on it here, and puts in what of that there is by now."""
        keys = self._hanging()
        self._require_own_to_replace(keys)
        deleted = upserted = 0
        for destination in reversed([*self.flow.of_destination]):
            if destination in keys:
                deleted += self._take_out(destination, keys[destination])
        for table in self.flow.tables:
            if table.destination in keys:
                lines = list(self.refill(table, keys[table.destination]))
                self._allow("inserted", table.destination, len(lines))
                upserted += self._writer(table).insert(lines)
        return Applied(upserted, deleted, replaced=True)

    def _require_own_to_replace(self, keys: Mapping[Relation, set[Key] | None]) -> None:
        for table in self.flow.tables:
            scope, hanging = self._scope(table), keys.get(table.destination)
            if scope is not None and hanging and (strangers := scope.strangers(hanging)):
                raise ConflictError(table.destination, strangers, "somebody else's rows hang on what has to make room")

    def _take_out(self, destination: Relation, keys: set[Key] | None) -> int:
        writer = self._writer(self.flow.of_destination[destination][0])
        if keys is None:
            return self._clear(writer)
        there = writer.count(keys)
        self._allow("deleted", destination, there)
        writer.delete(keys)
        return there

    def _hanging(self) -> dict[Relation, set[Key] | None]:
        """By written table the keys of what is dirty and of what references it here; None for the whole table."""
        keys: dict[Relation, set[Key] | None] = {}
        waiting: list[tuple[Relation, set[Key] | None]] = []
        for table in self.flow.tables:
            if (share := self.shares.get(table.relation)) is not None:
                waiting.append((table.destination, share.dirty if table.key else None))
        while waiting:
            relation, more = waiting.pop()
            known = keys.get(relation, set())
            if known is None:
                continue
            if more is not None:
                more = more - known
                if not more and relation in keys:
                    continue
            keys[relation] = None if more is None else known | more
            for key in self.flow.referencing[relation]:
                if key.table in self.flow.of_destination:
                    child = self.flow.of_destination[key.table][0]
                    whole = more is None or not child.key
                    waiting.append((key.table, None if whole else self._children(key, relation, more or set())))
        return {relation: rows for relation, rows in keys.items() if rows is None or rows}

    def _children(self, key: ForeignKey, relation: Relation, parents: set[Key]) -> set[Key]:
        """The keys of the rows here that reference one of the parents."""
        parent, child = self.flow.of_destination[relation][0], self.flow.of_destination[key.table][0]
        typed = self._typed(parent)
        read = sql.SQL(", ").join(sql.SQL("c.{}::text").format(sql.Identifier(name)) for name in child.target_key)
        children: set[Key] = set()
        for part in in_parts(parents):
            statement = sql.SQL("SELECT {} FROM {} AS d, {} AS p, {} AS c WHERE {} AND {}").format(
                read, typed_keys(typed, part), qualified(relation), qualified(key.table),
                same_key(typed, "d", "p"), joined(key, "p", "c"),
            )  # fmt: skip
            children.update(tuple(row) for row in self.connection.execute(statement))
        return children
