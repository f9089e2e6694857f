"""Rows of fixed queries by name: a record that does not say what the query returns is refused."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from migrator.postgres.schema.catalog_rows import DatabaseRow
from migrator.postgres.session.connect import Endpoint, session
from migrator.postgres.session.records import records
from tests.servers import DatabaseFactory


class _Swapped(NamedTuple):
    server_version: int
    name: str
    system_identifier: str
    encoding: str
    large_objects: int


def test_fields_are_the_columns_of_the_query(database_factory: DatabaseFactory) -> None:
    endpoint = Endpoint(database_factory())
    with session(endpoint, purpose="test") as connection:
        (database,) = records(connection, "schema/database", DatabaseRow)
        assert (database.name, database.large_objects) == (endpoint.database, 0)
        with pytest.raises(TypeError, match="schema/database returns name, server_version"):
            records(connection, "schema/database", _Swapped)
