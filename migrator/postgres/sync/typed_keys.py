"""Keys as a FROM item: texts become values of the columns' own types, compared as the indexes compare them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.postgres.placement.from_items import qualified
from migrator.postgres.session.connect import Connection, rows

Key = tuple[str, ...]
T = TypeVar("T")

KEYS_A_STATEMENT = 5_000


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column, its type as format_type spells it, and the operator that its type's own indexes compare it by."""

    name: str
    type: str
    operator: tuple[str, str] = ("pg_catalog", "=")


def key_columns_of(connection: Connection, relation: Relation) -> Mapping[str, KeyColumn]:
    """Every column of a table by its name."""
    table = qualified(relation).as_string(connection)
    return {
        name: KeyColumn(name, type_, (schema, operator) if operator else ("pg_catalog", "="))
        for name, type_, schema, operator in rows(connection, "sync/key_columns", {"table": table})
    }


def typed_keys(columns: Sequence[KeyColumn], keys: Collection[Key], *, distinct: bool = False) -> sql.Composed:
    """A sub-select of the keys with a column of each name; `distinct` leaves one of those that the types call equal."""
    names = [sql.Identifier(column.name) for column in columns]
    casts = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(_cast(column), name) for name, column in zip(names, columns, strict=True)
    )
    return sql.SQL("(SELECT {}{} FROM {})").format(
        sql.SQL("DISTINCT " if distinct else ""), casts, _given(columns, keys)
    )


def missing_keys(columns: Sequence[KeyColumn], keys: Collection[Key], present: sql.Composable) -> sql.Composed:
    """SELECT of those of the keys, as they are given, that no row of the FROM item `present` has."""
    same = sql.SQL(" AND ").join(
        sql.SQL("{} {} {}").format(sql.Identifier("t", column.name), _operator(column.operator), _cast(column))
        for column in columns
    )
    given = sql.SQL(", ").join(sql.Identifier("u", column.name) for column in columns)
    return sql.SQL("SELECT {} FROM {} WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {})").format(
        given, _given(columns, keys), present, same
    )


def _given(columns: Sequence[KeyColumn], keys: Collection[Key]) -> sql.Composed:
    """The keys as texts, as the FROM item `u`."""
    arrays = sql.SQL(", ").join(
        sql.SQL("{}::text[]").format(sql.Literal([key[place] for key in keys])) for place, _ in enumerate(columns)
    )
    return sql.SQL("unnest({}) AS u ({})").format(
        arrays, sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    )


def _cast(column: KeyColumn) -> sql.Composed:
    # The type's name comes from the catalog, spelt by format_type, quoted where it needs to be.
    return sql.SQL("CAST({} AS {})").format(sql.Identifier("u", column.name), sql.SQL(column.type))


def same_key(columns: Sequence[KeyColumn], left: str, right: str, names: Sequence[str] = ()) -> sql.Composed:
    """The condition that the rows of two aliases have the same key; `names` are the columns' in `right`."""
    return sql.SQL(" AND ").join(
        sql.SQL("{} {} {}").format(
            sql.Identifier(left, column.name), _operator(column.operator), sql.Identifier(right, name)
        )
        for column, name in zip(columns, names or [column.name for column in columns], strict=True)
    )


def in_parts(keys: Iterable[T], size: int = KEYS_A_STATEMENT) -> Iterator[list[T]]:
    """The keys, some thousands at a time."""
    listed = list(keys)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def _operator(operator: tuple[str, str]) -> sql.Composable:
    schema, symbol = operator
    if operator == ("pg_catalog", "="):
        return sql.SQL("=")
    # An operator's name cannot be quoted; this one comes from pg_operator.
    return sql.SQL("OPERATOR({}.{})").format(sql.Identifier(schema), sql.SQL(symbol))
