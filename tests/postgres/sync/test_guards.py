"""What ends a database's part of a tick: rows that are not the batch's, a wrong position, an unequal side."""

from __future__ import annotations

import psycopg
import pytest

from migrator.core.online.position import Position
from migrator.errors import RefusedError
from migrator.postgres.capture.read_log import read_batch
from migrator.postgres.sync.apply import SurplusError
from migrator.postgres.sync.live_digests import UnequalError
from migrator.postgres.sync.positions import prepare_positions, read_position, write_position
from migrator.postgres.sync.tick import tick
from tests.postgres.sync.followed import Followed, Follower

ORDERS = """
CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, body text);
CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE);
CREATE TABLE counts (tenant_id integer PRIMARY KEY REFERENCES tenants, orders integer NOT NULL);
INSERT INTO orders VALUES (1, 1, 'a'), (2, 2, 'b');
INSERT INTO lines VALUES (10, 1), (20, 2);
INSERT INTO counts VALUES (1, 1), (2, 1);
"""


def orders(follow: Follower) -> Followed:
    return follow(ORDERS)


def change(followed: Followed, tenant: str, statement: str) -> None:
    """Somebody else writes into a tenant's database."""
    with psycopg.connect(followed.urls[tenant]) as connection:
        connection.execute(statement.encode())


def test_what_a_trigger_writes_beside_the_batch_ends_the_databases_part(follow: Follower) -> None:
    followed = orders(follow)
    change(
        followed, "1",
        "CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE public.counts SET orders = orders + 1; RETURN NULL; END $$;"
        "CREATE TRIGGER counted AFTER INSERT ON orders EXECUTE FUNCTION counted()",
    )  # fmt: skip
    followed.write("INSERT INTO orders VALUES (3, 1, 'c'), (4, 2, 'd')")
    result = followed.try_tick()
    assert isinstance(result.failures.pop("1"), SurplusError)
    assert [relation.name for relation in result.suspects] == ["counts"]
    assert not result.failures
    assert followed.rows("1", "SELECT id FROM orders") == [(1,)]
    assert len(followed.rows("2", "SELECT id FROM orders")) == 2  # the others go on


def test_a_row_that_lives_is_not_deleted_by_a_cascade(follow: Follower) -> None:
    followed = orders(follow)
    change(followed, "1", "INSERT INTO lines VALUES (11, 1)")  # nobody's but hers who made it
    followed.write("DELETE FROM orders WHERE id = 1")
    error = followed.failure("1")
    assert isinstance(error, SurplusError)
    assert error.relation.name == "lines"
    assert len(followed.rows("1", "SELECT FROM lines")) == 2


def test_a_row_that_a_rule_takes_away_ends_the_databases_part(follow: Follower) -> None:
    followed = orders(follow)
    change(
        followed, "1",
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER nothing BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION nothing()",
    )  # fmt: skip
    followed.write("INSERT INTO orders VALUES (3, 1, 'c')")
    assert "0 were written" in str(followed.failure("1"))


def test_a_database_that_fails_is_brought_on_by_the_next_tick_that_it_can_take(follow: Follower) -> None:
    followed = orders(follow)
    change(followed, "1", "ALTER TABLE orders ADD CONSTRAINT no_c CHECK (body <> 'c')")
    followed.write("INSERT INTO orders VALUES (3, 1, 'c'), (4, 2, 'd')")
    assert list(followed.try_tick().failures) == ["1"]
    followed.write("UPDATE orders SET body = 'e' WHERE id = 4", "INSERT INTO orders VALUES (5, 1, 'f')")
    change(followed, "1", "ALTER TABLE orders DROP CONSTRAINT no_c")
    followed.tick()  # from the position of the one that is behind: to the other the same twice


def test_a_database_without_a_position_is_left_alone(follow: Follower) -> None:
    followed = orders(follow)
    change(followed, "1", "DELETE FROM migrator_follow.positions")
    followed.write("DELETE FROM orders")
    assert "has no position" in str(followed.failure("1"))
    assert followed.rows("1", "SELECT id FROM orders") == [(1,)]


def test_a_batch_that_begins_behind_where_the_database_stands_is_refused(follow: Follower) -> None:
    followed = orders(follow)
    begin = followed.position
    followed.write("INSERT INTO orders VALUES (3, 1, 'c')")
    followed.tick()
    write_position(followed.databases["1"].connection, begin)
    followed.write("INSERT INTO orders VALUES (4, 1, 'd')")
    error = followed.failure("1")
    assert isinstance(error, RefusedError)
    assert "would be left out" in error.message


def test_a_database_that_another_follower_has_brought_further_is_refused(follow: Follower) -> None:
    followed = orders(follow)
    ahead = Position(followed.position.xmax + 1_000, followed.position.xmax + 1_000)
    write_position(followed.databases["1"].connection, ahead)
    followed.write("INSERT INTO orders VALUES (3, 1, 'c')")
    error = followed.failure("1")
    assert isinstance(error, RefusedError)
    assert "Another follower" in error.hint
    assert read_position(followed.databases["1"].connection) == ahead


def test_a_proof_sees_what_somebody_else_wrote(follow: Follower) -> None:
    followed = orders(follow)
    before = followed.position
    change(followed, "1", "UPDATE orders SET body = 'changed' WHERE id = 1")
    followed.write("INSERT INTO orders VALUES (3, 1, 'c')")
    error = followed.failure("1")
    assert isinstance(error, UnequalError)
    assert [difference.relation for difference in error.unequal] == ["public.orders"]
    assert read_position(followed.databases["1"].connection) == before
    assert followed.rows("1", "SELECT id FROM orders") == [(1,)]


def test_the_session_is_as_anybodys_after_a_tick(follow: Follower) -> None:
    followed = orders(follow)
    followed.write("INSERT INTO orders VALUES (3, 1, 'c')")
    followed.tick()
    session = followed.databases["1"].connection
    assert session.execute("SELECT current_setting('migrator.applier', true)").fetchall() in ([("",)], [(None,)])


@pytest.mark.parametrize("statement", ["DELETE FROM orders", "UPDATE orders SET tenant_id = 3 - tenant_id"])
def test_nothing_of_a_tick_remains_where_its_process_ends(follow: Follower, statement: str) -> None:
    followed = orders(follow)
    followed.write(statement)
    session = followed.databases["2"].connection

    class EndedError(Exception):
        pass

    def end(*_: object) -> None:
        raise EndedError

    with pytest.raises(EndedError):
        tick(
            followed.source, followed.databases, followed.flow, followed.position, read_batch=read_batch, proof=end
        )  # fmt: skip
    assert session.info.transaction_status.name == "IDLE"
    followed.tick()


def test_positions_are_not_kept_in_a_schema_of_somebody_else(follow: Follower, database_url: str) -> None:
    with psycopg.connect(database_url) as stranger:
        stranger.execute("CREATE SCHEMA migrator_follow")
    with pytest.raises(RefusedError, match="this run did not make"):
        prepare_positions(follow.session(database_url), "r")
    with psycopg.connect(database_url) as stranger:
        stranger.execute("DROP SCHEMA migrator_follow")
    prepare_positions(follow.session(database_url), "r")
    prepare_positions(follow.session(database_url), "r")
    with pytest.raises(RefusedError, match="this run did not make"):
        prepare_positions(follow.session(database_url), "another")
