"""Reads the rows of fixed queries by the names of their columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import psycopg

from migrator.postgres.session.connect import Connection, answered

R = TypeVar("R", bound=NamedTuple)


def records(
    connection: Connection, name: str, record: type[R], parameters: Mapping[str, Any] | Sequence[Any] | None = None
) -> list[R]:
    """All rows of the fixed query NAME; the fields of `record` are its columns, in the query's order.

    Named tuples, because a catalog has tens of thousands of rows: psycopg's class_row over frozen dataclasses takes
    thirty times as long for each.

    Raises:
        TypeError: the query returns other columns than the record has fields.
    """

    def by_name(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], R]:
        columns = tuple(column.name for column in cursor.description or ())
        if columns != record._fields:
            raise TypeError(f"{name} returns {', '.join(columns)}; {record.__name__} has {', '.join(record._fields)}")
        return record._make

    return answered(connection, name, parameters, by_name)
