"""Sessions: what becomes of one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from migrator.errors import DatabaseError
from migrator.postgres.session.connect import Endpoint, connect
from migrator.settings import Server
from tests.servers import DatabaseFactory


def test_a_session_that_cannot_be_set_up_is_ended(database_factory: DatabaseFactory, database_url: str) -> None:
    refusing = Endpoint(database_factory())
    with pytest.raises(DatabaseError, match="work_mem"):
        connect(refusing, purpose="test", settings={"work_mem": "plenty"})
    with psycopg.connect(database_url, autocommit=True) as connection:
        # Without FORCE, which is refused while a session is in it.
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(refusing.database)))


def test_a_service_stands_for_the_database_that_its_file_names(
    database_factory: DatabaseFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Endpoint(database_factory()).parameters
    file = tmp_path / "services.conf"
    lines = "\n".join(f"{name}={value}" for name, value in there.items() if name in ("host", "port", "user", "dbname"))
    file.write_text(f"[erp]\n{lines}\napplication_name=erp\n[other]\ndbname=other\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    named = Endpoint.of(Server.model_validate({"url": "service=erp"}))
    assert named.database == there["dbname"]
    with connect(named, purpose="test") as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (there["dbname"],)
    # What the URL says itself counts; another database of the same server is one of the service's server.
    assert Endpoint.of(Server.model_validate({"url": "service=erp dbname=mine"})).database == "mine"
    with connect(named.at("postgres"), purpose="test") as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("postgres",)
    monkeypatch.setenv("PGSERVICE", "other")
    assert Endpoint.of(Server.model_validate({"url": "host=/tmp"})).database == "other"
    assert named.database == there["dbname"]


def test_a_service_that_does_not_exist_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "none.conf"))
    with pytest.raises(DatabaseError, match=r"none\.conf|service"):
        connect(Endpoint.of(Server.model_validate({"url": "service=erp"})), purpose="test")
