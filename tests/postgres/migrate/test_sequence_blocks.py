"""Each database's sequences have numbers of their own: of every kind of sequence, after a crash, on the way back."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import psycopg
import pytest

from migrator.commands.migrate import execution
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

# Steps, directions, narrow types, an identity, a sequence of two tables, one that nobody draws from, one that starts
# anew, and rows whose numbers no sequence gave.
KINDS = """
CREATE SEQUENCE steps_seq INCREMENT 50;
CREATE SEQUENCE falling_seq INCREMENT -1;
CREATE SEQUENCE both_seq;
CREATE SEQUENCE free_seq;
CREATE SEQUENCE rounds_seq MAXVALUE 9 CYCLE;
CREATE DOMAIN ident AS integer;
CREATE TABLE kinds (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id integer NOT NULL,
    steps bigint NOT NULL DEFAULT nextval('steps_seq') UNIQUE,
    falling integer NOT NULL DEFAULT nextval('falling_seq') UNIQUE,
    both_ ident NOT NULL DEFAULT nextval('both_seq'),
    rounds integer NOT NULL DEFAULT nextval('rounds_seq')
);
CREATE TABLE more (id bigint PRIMARY KEY DEFAULT nextval('both_seq'), tenant_id integer NOT NULL);
CREATE TABLE small (id smallserial PRIMARY KEY, tenant_id integer NOT NULL);
CREATE TABLE far (id serial PRIMARY KEY, tenant_id integer NOT NULL);
"""
ROWS = """
INSERT INTO kinds (tenant_id) SELECT 1 + n % 3 FROM generate_series(1, 30) n;
INSERT INTO more (tenant_id) SELECT 1 + n % 3 FROM generate_series(1, 30) n;
INSERT INTO small (tenant_id) SELECT 1 + n % 3 FROM generate_series(1, 3) n;
INSERT INTO far VALUES (5000, 1), (2147483647, 2);
SELECT setval('small_id_seq', 32600), setval('free_seq', 7);
"""
TABLES = "".join(f'\n{name} = {{ target = "tenant", key = "tenant_id" }}' for name in ("kinds", "more", "small", "far"))


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url, orders=12)
    with psycopg.connect(url) as connection:
        connection.execute((KINDS + ROWS).encode())
    made = make_shop(tmp_path / "shop", url, prefix)
    with (made.directory / "tenant" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write(KINDS)
    made.replace("events = {", TABLES.lstrip("\n") + "\nevents = {")
    return made


TENANTS = ("tenant_1", "tenant_2", "tenant_3")


def drawn(shop: Shop, name: str) -> dict[str, int]:
    """The next number of each sequence."""
    names = ("kinds_id_seq", "steps_seq", "falling_seq", "both_seq", "free_seq", "small_id_seq", "far_id_seq")
    return {one: shop.value(name, f"SELECT nextval('{one}')") for one in names}


def positions(shop: Shop) -> list[tuple[object, ...]]:
    """Where the source's sequences stand, to the flag."""
    names = [name for (name,) in shop.fetch("", "SELECT sequencename FROM pg_sequences ORDER BY 1")]
    return [(name, *shop.fetch("", f'SELECT last_value, is_called FROM "{name}"')[0]) for name in names]  # noqa: S608


def test_no_two_databases_give_the_same_number_and_all_of_it_is_put_back(shop: Shop) -> None:
    shop.execute("", "CREATE SEQUENCE fresh_seq START 9")  # of no target: never used, and left as it is
    before, places = state(shop.source), positions(shop)
    plan = shop.succeed("dry-run")
    # 32,600 of 32,767 are given: nothing is left to divide.
    short = [row for row in plan.section("Readiness") if "small_id_seq" in str(row)]
    assert len(short) == 1
    assert "167 numbers are left for 3 databases" in str(short[0])
    shop.succeed("migrate", "--without-backup")
    first = {name: shop.fetch(name, "SELECT sequencename, min_value, max_value FROM pg_sequences") for name in TENANTS}
    assert shop.succeed("verify").summary["sequence_collisions"] == 0
    limits = {name: {row[0]: row[1:] for row in rows} for name, rows in first.items()}
    assert limits["tenant_1"]["rounds_seq"] == (1, 9)
    assert limits["tenant_1"]["falling_seq"][0] > -(2**31)
    numbers = [drawn(shop, name) for name in TENANTS]
    for sequence in numbers[0]:
        if sequence != "small_id_seq":
            assert len({found[sequence] for found in numbers}) == 3, sequence
    assert numbers[0]["kinds_id_seq"] == 31
    assert numbers[0]["steps_seq"] == 1501
    assert numbers[0]["falling_seq"] == -31
    assert numbers[0]["both_seq"] == 61
    assert numbers[0]["free_seq"] == 8
    assert numbers[0]["small_id_seq"] == 32601
    # Behind 5,000, which is in use, and before the end of the line, which is too.
    assert numbers[0]["far_id_seq"] > 5000 or numbers[0]["far_id_seq"] < 5000
    assert [found["falling_seq"] for found in numbers] == sorted(
        (found["falling_seq"] for found in numbers), reverse=True
    )
    # The source's next number is nobody's either.
    assert shop.value("", "SELECT last_value FROM kinds_id_seq") > numbers[2]["kinds_id_seq"] + 900

    # What was drawn is not given again, though no row has it; what was not is as if nothing had been.
    assert shop.take_back().exit_code == 0
    now = positions(shop)
    kept = [place for place in places if place[0] not in numbers[0]]
    assert [place for place in now if place[0] not in numbers[0]] == kept
    furthest = {place[0]: place[1] for place in now}
    assert furthest["kinds_id_seq"] == numbers[2]["kinds_id_seq"]
    assert furthest["falling_seq"] == numbers[2]["falling_seq"]
    assert state(shop.source).digests == before.digests


@pytest.mark.exhaustive
def test_where_nothing_was_drawn_the_sequences_are_as_they_were(shop: Shop) -> None:
    places = positions(shop)
    shop.split()
    assert positions(shop) != places
    assert shop.take_back().exit_code == 0
    assert positions(shop) == places


@pytest.mark.exhaustive
def test_numbers_that_were_given_up_are_given_again(shop: Shop) -> None:
    places = positions(shop)
    shop.split()
    shop.execute("tenant_2", "INSERT INTO kinds (tenant_id) VALUES (2)")
    assert shop.take_back("--discard-writes").exit_code == 0
    assert positions(shop) == places


def test_a_run_that_was_stopped_goes_on_with_the_same_blocks(shop: Shop) -> None:
    shop.plan()
    with mock.patch.object(execution, "worker_pools", side_effect=KeyboardInterrupt):
        assert shop.run("migrate", "--without-backup").exit_code == 130
    places = positions(shop)
    shop.succeed("migrate", "--without-backup")
    assert positions(shop) == places
    assert shop.value("tenant_1", "SELECT nextval('kinds_id_seq')") == 31


def test_an_attempt_that_fails_gives_the_sequences_back_with_the_source(shop: Shop) -> None:
    places = positions(shop)
    shop.plan()
    with mock.patch.object(execution, "worker_pools", side_effect=OSError("no more processes")):
        assert shop.run("migrate", "--without-backup").exit_code != 0
    assert positions(shop) == places
    shop.execute("", "INSERT INTO notes (tenant_id, body) VALUES (1, 'not fenced')")


def test_without_the_fence_nothing_is_reserved(shop: Shop) -> None:
    places = positions(shop)
    shop.split("--no-fence")
    assert positions(shop) == places
    assert shop.value("tenant_1", "SELECT nextval('kinds_id_seq')") == shop.value(
        "tenant_2", "SELECT nextval('kinds_id_seq')"
    )


def test_a_tenant_that_is_made_again_goes_on_behind_what_it_had_drawn(shop: Shop) -> None:
    shop.split()
    last = shop.value("tenant_2", "INSERT INTO notes (tenant_id, body) VALUES (2, 'drawn') RETURNING id")
    ahead = shop.value("tenant_2", "INSERT INTO more (id, tenant_id) VALUES (1070, 2) RETURNING id")
    run = shop.run_id()
    assert shop.run("rollback", "--tenant", "2", "--confirm", run, "--replay-writes").exit_code == 0
    shop.succeed("migrate", "--without-backup")
    assert shop.succeed("verify").summary["sequence_collisions"] == 0
    assert shop.value("tenant_2", "SELECT nextval('notes_id_seq')") == last + 1
    assert shop.value("tenant_2", "SELECT nextval('both_seq')") == ahead + 1


def test_a_sequence_outside_of_its_block_and_a_number_that_is_taken_are_differences(shop: Shop) -> None:
    shop.split()
    shop.execute("tenant_1", "INSERT INTO more (id, tenant_id) VALUES (100, 1)")
    other = shop.value("tenant_2", "SELECT nextval('notes_id_seq')")
    shop.execute("tenant_1", f"ALTER SEQUENCE notes_id_seq MAXVALUE 100000; SELECT setval('notes_id_seq', {other})")
    answer = shop.run("verify")
    assert answer.exit_code == 1
    found = {row["sequence"]: row["stands at"] for row in answer.section("Sequences that would collide")}
    assert found == {"both_seq": 60, "notes_id_seq": other} or found == {"both_seq": 0, "notes_id_seq": other}
    assert ("sequence", "public.notes_id_seq") in {
        (row["kind"], row["object"]) for row in answer.section("Schemas that differ")
    }


def test_a_block_that_runs_out_is_foretold_and_refilled(shop: Shop) -> None:
    shop.split()
    assert shop.succeed("sequences").summary["low"] == 0
    insert = "INSERT INTO more (tenant_id) SELECT 3 FROM generate_series(1, {})"
    shop.execute("tenant_3", insert.format(800))
    told = shop.succeed("status").section("Blocks of numbers that run out")
    assert [(row["sequence"], row["left"]) for row in told] == [("both_seq", 200)]
    assert shop.run("sequences").exit_code == 1
    shop.execute("tenant_3", insert.format(200))
    with pytest.raises(psycopg.errors.SequenceGeneratorLimitExceeded):
        shop.execute("tenant_3", insert.format(1))
    assert shop.succeed("sequences", "refill").summary["refilled"] == 1
    shop.execute("tenant_3", insert.format(300))
    assert shop.succeed("sequences").summary["low"] == 0
    assert shop.succeed("sequences", "--refill").document["status"] == "nothing-to-do"
    # All of it comes back, and the next number is nobody's.
    answer = shop.take_back("--replay-writes")
    assert (answer.exit_code, answer.summary["conflicts"]) == (0, 0)
    shop.execute("", "INSERT INTO more (tenant_id) SELECT 3 FROM generate_series(1, 5)")
    assert shop.value("", "SELECT count(*) FROM more") == 30 + 1300 + 5


@pytest.mark.exhaustive
def test_a_refill_that_died_before_it_was_handed_over_is_handed_over(shop: Shop) -> None:
    shop.split()
    shop.execute("tenant_3", "INSERT INTO more (tenant_id) SELECT 3 FROM generate_series(1, 1000)")
    with mock.patch("migrator.commands.sequences.command.set_blocks", side_effect=KeyboardInterrupt):
        assert shop.run("sequences", "refill").exit_code == 130
    places = positions(shop)
    assert shop.succeed("sequences", "refill").summary["refilled"] == 1
    assert positions(shop) == places
    shop.execute("tenant_3", "INSERT INTO more (tenant_id) VALUES (3)")
    assert shop.take_back("--replay-writes").exit_code == 0
