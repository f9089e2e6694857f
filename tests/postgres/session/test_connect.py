"""Sessions: what becomes of one that cannot be used."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from migrator.errors import DatabaseError
from migrator.postgres.session.connect import Endpoint, connect
from tests.servers import DatabaseFactory


def test_a_session_that_cannot_be_set_up_is_ended(database_factory: DatabaseFactory, database_url: str) -> None:
    refusing = Endpoint(database_factory())
    with pytest.raises(DatabaseError, match="work_mem"):
        connect(refusing, purpose="test", settings={"work_mem": "plenty"})
    with psycopg.connect(database_url, autocommit=True) as connection:
        # Without FORCE, which is refused while a session is in it.
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(refusing.database)))
