"""What is being waited for: named while a statement runs, forgotten when it has ended."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from psycopg import sql

from migrator.errors import DatabaseError
from migrator.postgres.session.awaited import longest_awaited, verb
from migrator.postgres.session.connect import Endpoint, session


def awaited_within(seconds: float) -> str:
    deadline = time.monotonic() + seconds
    while not (words := longest_awaited()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return words


def test_a_statement_that_does_not_return_is_named_with_its_database(database_url: str) -> None:
    endpoint = Endpoint(database_url)
    with session(endpoint, purpose="test") as holder, session(endpoint, purpose="test") as waiting:
        holder.execute("SELECT pg_advisory_lock(4711)")
        assert longest_awaited() == ""
        thread = threading.Thread(target=waiting.execute, args=("-- why\nSELECT pg_advisory_lock(4711)",))
        thread.start()
        words = awaited_within(10)
        holder.execute("SELECT pg_advisory_unlock(4711)")
        thread.join()
    assert words.startswith(f"waiting for SELECT in {endpoint.database}")
    assert longest_awaited() == ""


def test_what_failed_is_not_waited_for(database_url: str) -> None:
    with pytest.raises(DatabaseError), session(Endpoint(database_url), purpose="test") as connection:
        connection.execute("SELECT 1/0")
    with pytest.raises(DatabaseError), session(Endpoint("postgresql://127.0.0.1:1/erp"), purpose="test"):
        pass
    assert longest_awaited() == ""


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("-- a purpose\n\nSELECT 1", "SELECT"),
        (b"create database erp", "CREATE DATABASE"),
        (sql.SQL("ALTER TABLE {} ADD x int").format(sql.Identifier("orders")), "ALTER TABLE"),
        (sql.SQL("COPY(SELECT 1) TO STDOUT"), "COPY"),
        (sql.Composed([sql.Identifier("a")]), "?"),
        ("", "a statement"),
    ],
)
def test_of_a_statement_its_verb_is_told_and_no_value(statement: psycopg.abc.Query, words: str) -> None:
    assert verb(statement) == words
