"""Which tables are captured, and which columns of a changed row the log holds: its key, and what says whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.core.changes.row_changes import identifying_columns
from migrator.core.placement.key_paths import KeyPath
from migrator.core.placement.model import Placement, Placements
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Relation, without_modifier
from migrator.errors import RefusedError

# Types whose text no setting changes; dates, intervals, floats, bytea and money have others, and what is made of them.
_PLAIN = frozenset(
    {"smallint", "integer", "bigint", "numeric", "oid", "boolean", "uuid", "inet", "cidr"}
    | {"text", "character varying", "character", "name", "citext"}
)


@dataclass(frozen=True, slots=True)
class CapturedTable:
    """One table whose changes are logged.

    `number` stands for the table in the log; it never means anything else in that database. `key` are the columns
    that tell its rows apart; () where nothing does: then any change makes the table dirty as a whole. `route` are the
    further columns that say whose a row is, or whose the rows are whose paths pass through it.
    """

    number: int
    relation: Relation
    key: tuple[str, ...]
    route: tuple[str, ...]
    formatted: bool = True  # whether the text of a value depends on settings of the session that writes it

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the log holds: the key's, then the route's."""
        return (*self.key, *self.route)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """That a row was changed, as it was before or after, or (without `key`) that any row of the table may have been.

    `number` is the captured table's. Values are in the order of its columns, as text in the formats that sessions of
    ours pin, whatever the writer's own were. A change of values that the log holds gives two entries.
    """

    number: int
    key: tuple[str, ...] | None
    route: tuple[str | None, ...] = ()

    @classmethod
    def of(cls, table: CapturedTable, key: str | None, route: str | None, more: Sequence[str | None]) -> LogEntry:
        """The entry that the log holds as its first columns of key and route, and `more`: those of the key first."""
        if key is None:
            return cls(table.number, None)
        further = len(table.key) - 1
        values = (key, *(value for value in more[:further] if value is not None))
        return cls(table.number, values, (route, *more[further:]) if table.route else ())

    def values(self, table: CapturedTable) -> Mapping[str, str | None]:
        """The columns that the log holds, by name; {} where the entry is for the whole table."""
        if self.key is None:
            return {}
        return dict(zip(table.columns, (*self.key, *self.route), strict=True))


def captured_tables(
    catalog: Catalog, placements: Placements, standing: Sequence[CapturedTable] = ()
) -> tuple[CapturedTable, ...]:
    """Every placed table, and every table that a key path passes through, by name.

    `standing` are those that a database has numbers for. A table keeps its number for as long as its key and its
    route are the same; anything else gets a number that nothing had.
    """
    routes = _routes(catalog, placements)
    wanted = {placement.relation for placement in placements.tables.values() if placement.target}
    numbers = {(table.relation, table.key, table.route): table.number for table in standing}
    following = max((table.number for table in standing), default=0) + 1
    captured = []
    for relation in sorted((wanted | routes.keys()) & catalog.tables.keys()):
        table = catalog.tables[relation]
        left_behind = _left_behind(placements.tables.get(relation))
        key = identifying_columns(table, set(table.column_names) - left_behind)
        read = routes.get(relation, set())
        # In the table's order: it does not depend on which path was looked at first.
        route = tuple(name for name in table.column_names if name in read and name not in key)
        number = numbers.get((relation, key, route))
        if number is None:
            number, following = following, following + 1
        formatted = any(column.name in (*key, *route) and not _is_plain(column) for column in table.columns)
        captured.append(CapturedTable(number, relation, key, route, formatted))
    return tuple(captured)


def _is_plain(column: Column) -> bool:
    """Whether a value has the same text in every session."""
    return without_modifier(column.value_type) in _PLAIN


def _left_behind(placement: Placement | None) -> set[str]:
    """The columns that do not travel, which no key can be made of."""
    return {name for name, there in placement.columns.items() if not there} if placement is not None else set()


def _routes(catalog: Catalog, placements: Placements) -> dict[Relation, set[str]]:
    """For each table the columns of it that a key path reads, starting at it or passing through it."""
    read: dict[Relation, set[str]] = {}
    for placement in placements.tables.values():
        if not placement.target:
            continue
        for path in (placement.key_path, placement.policy_path):
            for relation, column in _columns_read(catalog, path):
                read.setdefault(relation, set()).add(column)
        if placement.tree is not None:
            read.setdefault(placement.tree.root, set()).add(placement.tree.key)
            for relation, column in _columns_of(catalog, placement.tree.above):
                read.setdefault(relation, set()).add(column)
    return read


def _columns_read(catalog: Catalog, path: KeyPath | None) -> Iterator[tuple[Relation, str]]:
    for alternative in path.alternatives if path is not None else ():
        for key in alternative.joins:
            yield from _columns_of(catalog, key)
        if alternative.column is not None:
            yield alternative.relation, alternative.column


def _columns_of(catalog: Catalog, key: ForeignKey) -> Iterator[tuple[Relation, str]]:
    """The columns on both sides of a key, with those that say for which rows it holds, and which of several counts."""
    for column in key.columns:
        yield key.table, column
    if key.when is not None:
        yield key.table, key.when[0]
    for column in key.referenced_columns:
        yield key.referenced, column
    if key.of is not None:
        yield key.referenced, key.of[0]
    if key.first:
        for column in catalog.tables[key.referenced].primary_key:
            yield key.referenced, column


@dataclass(frozen=True, slots=True)
class ClosedTable:
    """A table of a followed database: how its changes are logged once it is open, and whether it ever is.

    `is_copy` says that its rows stay the source's: those of another target, or of every tenant alike.
    """

    captured: CapturedTable
    is_copy: bool


def closed_tables(transfers: Sequence[Transfer], target: Catalog) -> tuple[ClosedTable, ...]:
    """Every table of a target that rows travel into, by name, with the key by which its rows are known there.

    Raises:
        RefusedError: rows of several tables meet in one: whose a changed row was could not be told.
    """
    into: dict[Relation, list[Transfer]] = {}
    for transfer in transfers:
        into.setdefault(transfer.destination, []).append(transfer)
    closed = []
    for number, (relation, travelling) in enumerate(sorted(into.items()), 1):
        if len(travelling) > 1:
            names = ", ".join(str(transfer.relation) for transfer in travelling)
            raise RefusedError(
                f"The rows of {names} meet in {relation}: which of them a changed row came from cannot be told, so it "
                "could not go back.",
                "Split such a source behind a fence: migrator migrate.",
            )
        (transfer,) = travelling
        table = target.tables.get(relation)
        key = identifying_columns(table, {column.target for column in transfer.columns}) if table is not None else ()
        formatted = table is None or any(column.name in key and not _is_plain(column) for column in table.columns)
        is_copy = transfer.is_replica and not transfer.unowned_only
        closed.append(ClosedTable(CapturedTable(number, relation, key, (), formatted), is_copy))
    return tuple(closed)
