"""The fence under writers at full speed: nothing after it, and nothing of before lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.safety.trial import Trial, plan, split, take_back

# One session each: as the superuser, as one that switches triggers off for itself, as the application, as a batch of
# several statements in a transaction.
_WRITERS = ("superuser", "replica", "application", "batch")
_INSERT = "INSERT INTO notes (company_id, written, body) VALUES (1, now(), %s)"


class Writer:
    """Writes as fast as it can until it is refused, and remembers what the server has acknowledged."""

    def __init__(self, url: str, kind: str, role: str) -> None:
        self.kind = kind
        self.acknowledged: list[str] = []
        self.refusal: psycopg.Error | None = None
        self._connection = psycopg.connect(url, autocommit=kind != "batch")
        if kind == "replica":
            self._connection.execute("SET session_replication_role = replica")
        if kind == "application":
            self._connection.execute(psycopg.sql.SQL("SET ROLE {}").format(psycopg.sql.Identifier(role)))
        self._connection.commit()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def _write(self) -> None:
        number = 0
        while self.refusal is None:
            bodies = [f"{self.kind} {number + one}" for one in range(20 if self.kind == "batch" else 1)]
            number += len(bodies)
            try:
                for body in bodies:
                    self._connection.execute(_INSERT, [body])
                    if self.kind != "batch":
                        self.acknowledged.append(body)
                self._connection.execute("UPDATE notes SET body = body WHERE body = %s", [bodies[0]])
                self._connection.commit()
            except psycopg.Error as error:
                self.refusal = error
            else:
                if self.kind == "batch":
                    self.acknowledged += bodies

    def join(self) -> None:
        self._thread.join(60)
        self._connection.close()
        assert self.refusal is not None, f"{self.kind} was never refused"


@contextmanager
def application_role(here: Trial) -> Iterator[str]:
    role = f"{here.prefix}_app"
    with psycopg.connect(here.url_of(here.source), autocommit=True) as admin:
        admin.execute(f'CREATE ROLE "{role}"')
        admin.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"')
    try:
        yield role
    finally:
        with psycopg.connect(here.url_of(here.source), autocommit=True) as admin:
            admin.execute(f'DROP OWNED BY "{role}"')
            admin.execute(f'DROP ROLE "{role}"')


def bodies(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT body FROM notes WHERE body ~ '^[a-z]+ [0-9]+$'")}


def write(connection: psycopg.Connection[Any], statement: str) -> None:
    if statement.startswith("COPY"):
        with connection.cursor().copy(statement.encode()) as copy:
            copy.write(b"1\t2026-01-01\tx\n")
    else:
        connection.execute(statement.encode())


@pytest.mark.timeout(300)
def test_no_write_after_the_fence_and_none_before_it_is_lost(here: Trial) -> None:
    here.run(plan)
    source = here.url_of(here.source)
    with application_role(here) as role:
        writers = [Writer(source, kind, role) for kind in _WRITERS]
        time.sleep(0.5)
        outcome = here.run(split)
        for writer in writers:
            writer.join()
        assert outcome.exit_code == 0
        acknowledged = {body for writer in writers for body in writer.acknowledged}
        assert all(len(writer.acknowledged) > 20 for writer in writers)
        for writer in writers:
            assert writer.refusal is not None
            assert writer.refusal.sqlstate == "25006"
            assert str(outcome.run_id) in str(writer.refusal.diag.message_detail)
        standing = bodies(source)
        assert acknowledged == standing
        assert bodies(here.url_of(f"{here.prefix}_acme")) == standing
        for statement in (
            "DELETE FROM notes",
            "UPDATE notes SET body = 'x'",
            "TRUNCATE notes",
            "COPY notes FROM STDIN",
            "MERGE INTO notes USING (SELECT 1) s ON false WHEN NOT MATCHED THEN INSERT (company_id) VALUES (1)",
        ):
            with psycopg.connect(source, autocommit=True) as connection:
                connection.execute("SET session_replication_role = replica")
                with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                    write(connection, statement)
        here.run(take_back)
        assert not here.fenced()
        with psycopg.connect(source) as connection:
            connection.execute("DELETE FROM notes WHERE body ~ '^[a-z]+ [0-9]+$'")


def test_a_transaction_that_is_open_across_the_fence_is_waited_for(here: Trial) -> None:
    here.run(plan)
    with psycopg.connect(here.url_of(here.source)) as writer:
        writer.execute(_INSERT, ["waited for"])
        ending = threading.Timer(2, writer.commit)
        ending.start()
        assert here.run(split).exit_code == 0
        ending.join()
    with psycopg.connect(here.url_of(f"{here.prefix}_acme")) as target:
        assert target.execute("SELECT count(*) FROM notes WHERE body = 'waited for'").fetchone() == (1,)


def test_a_writer_that_does_not_end_is_named_and_the_fence_is_lifted(here: Trial) -> None:
    here.run(plan)
    with psycopg.connect(here.url_of(here.source), application_name="a batch of hours") as writer:
        writer.execute(_INSERT, ["endless"])
        with pytest.raises(Exception, match="a batch of hours") as refused:
            here.run(split)
    assert getattr(refused.value, "exit_code", None) == 5
    assert not here.fenced()
    with psycopg.connect(here.url_of(here.source)) as connection:
        connection.execute("DELETE FROM notes WHERE body = 'endless'")
