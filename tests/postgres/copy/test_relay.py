"""The relay: each row into the database of its tenant, whatever its key and its values are, and exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrator.core.placement.tenants import UNOWNED
from migrator.core.run.step_id import StepId
from migrator.core.verify.digests import HASH_MODULUS
from migrator.errors import DatabaseError, MigratorError, RefusedError, TargetsFailedError
from migrator.journal import Journal
from migrator.postgres.copy.receipts import read_receipts
from migrator.postgres.copy.relay import CopyResult, CopyUnit, Destination, relay
from migrator.postgres.copy.sinks import escaped
from migrator.postgres.copy.spool import Load, is_spooled, load
from migrator.postgres.session.connect import Endpoint, query, revision_connect, session
from migrator.postgres.session.connection_pool import Sessions
from migrator.postgres.session.snapshot import Snapshot
from tests.servers import DatabaseFactory

TABLE = "CREATE TABLE things (id bigint, owner text, payload text, bytes bytea, list text[], document jsonb)"
COLUMNS = "id, owner, payload, bytes, list, document"
SELECT = (
    "SELECT owner, hashtextextended(ROW(id, owner, payload, bytes, list, document)::text, 0), "
    "id, owner, payload, bytes, list, document FROM public.things"
)

# Keys that look alike, that hold COPY's own characters, and that only their bytes tell apart.
KEYS = (
    "1", "01", "1.0", " 1", "1 ", "a\tb", "a\nb", "a\\tb", "a\\", "\\", "\\\\N", "\\.", "a\rb", "\b\f\v", "N", "NULL",
    "null", '"', "'", "é", "e\u0301", "É", "ß", "ss", "日本", "👩‍🏭", "\u202eabc", "\u00a0", "a" * 5000, "x;--",
)  # fmt: skip
VALUES: tuple[tuple[Any, ...], ...] = (
    (None, None, None, None),
    ("", b"", [], "{}"),
    ("\\N", b"\\N", ["\\N", None, "NULL", ""], '{"\\\\N": null}'),
    ("\\.", b"\\.\n", ["\\."], '["\\\\."]'),
    ("tab\tnewline\nreturn\rbackslash\\bell\a", b"\t\n\r\\\x00\xff", ["a\tb", "c\nd", 'e"f', "g\\h"], '"\\t\\n"'),
    ("\\t\\n\\r\\\\", b"\\x00", ["\\t", "{", "}", ","], '{"a\\\\b": "c\\td"}'),
    ("日本語 👩‍🏭 \u202e\u2028\ufeff", "日本".encode(), ["é", "e\u0301"], '{"日本": "\\ud83d\\ude00"}'),
    (" leading and trailing ", b" ", [" "], '" "'),
)


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    with psycopg.connect(url) as connection:
        connection.execute(TABLE)
    return url


def fill(url: str, keys: tuple[str | None, ...]) -> None:
    """Each key with each row of values, and row numbers that say which."""
    rows = [(number, key, *values) for number, (key, values) in enumerate((k, v) for v in VALUES for k in keys)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO things VALUES (%s, %s, %s, %s, %s, %s::jsonb)", rows)


@pytest.fixture
def targets(database_factory: DatabaseFactory) -> list[str]:
    """Three target databases, ready for a copy."""
    return [prepared(database_factory) for _ in range(3)]


def prepared(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    with psycopg.connect(url) as connection:
        connection.execute(TABLE)
        connection.execute(query("copy/receipts_schema"))
    return url


@pytest.fixture
def control(database_factory: DatabaseFactory) -> Endpoint:
    endpoint = Endpoint(database_factory())
    journal = Journal(partial(revision_connect, endpoint, "test"))
    journal.prepare()
    journal.close()
    return endpoint


def unit_of(source: str, destinations: Mapping[str, str], **more: Any) -> CopyUnit:
    return CopyUnit(
        run="run", step=StepId("copy", "tenant", "public.things", part=0), receipt="copy:public.things>tenant#0",
        relation="public.things", target="tenant", epoch="e1", snapshot="", source=Endpoint(source), select=SELECT,
        insert=f"COPY public.things ({COLUMNS}) FROM STDIN", columns=COLUMNS,
        destinations=tuple(Destination(key, Endpoint(url)) for key, url in destinations.items()), **more,
    )  # fmt: skip


@contextmanager
def sessions(limit: int = 10) -> Iterator[Sessions]:
    made = Sessions(limit)
    try:
        yield made
    finally:
        made.close()


def carry_out(unit: CopyUnit, *, limit: int = 10) -> CopyResult:
    snapshot = Snapshot(unit.source)
    try:
        with sessions(limit) as made:
            return relay(replace(unit, snapshot=snapshot.id), made, lambda rows, size: None)
    finally:
        snapshot.close()


def rows_of(url: str, condition: str = "true") -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        statement = f"SELECT {COLUMNS} FROM things WHERE {condition} ORDER BY id"  # noqa: S608
        return connection.execute(statement.encode()).fetchall()


def digest_of(url: str) -> tuple[int, int]:
    """(rows, hash) of a whole table, by the aggregate that verify uses."""
    statement = f"SELECT count(*), coalesce(sum(hash::numeric), 0) FROM ({SELECT}) d (owner, hash)"  # noqa: S608
    with psycopg.connect(url) as connection:
        ((rows, total),) = connection.execute(statement.encode()).fetchall()
    return rows, int(total) % HASH_MODULUS


def test_keys_and_values_of_every_kind_arrive_in_their_own_database_unchanged(
    source: str, database_factory: DatabaseFactory
) -> None:
    fill(source, KEYS)
    # Every key has a destination of its own; three databases take turns, told apart by a schema's worth of keys each.
    databases = {key: prepared(database_factory) for key in KEYS[:12]}
    several = prepared(database_factory)
    unit = unit_of(source, databases)
    result = carry_out(replace(unit, select=f"{SELECT} WHERE owner = ANY ({literal(KEYS[:12])})"), limit=20)
    assert result.failures == {}
    for key, url in databases.items():
        found = rows_of(url)
        with psycopg.connect(source) as connection:
            expected = connection.execute(
                f"SELECT {COLUMNS} FROM things WHERE owner = %s ORDER BY id".encode(),  # noqa: S608
                [key],
            ).fetchall()
        assert found == expected
        assert len(found) == len(VALUES)
        assert result.digests[key] == digest_of(url)
    # The rest one after the other into one database: a row of any other key would be refused.
    for number, key in enumerate(KEYS[12:]):
        one = unit_of(source, {key: several})
        one = replace(one, select=f"{SELECT} WHERE owner = {literal([key])}[1]", receipt=f"{one.receipt}{number}")
        assert carry_out(one).failures == {}
    assert rows_of(several) == [row for row in rows_of(source) if row[1] in KEYS[12:]]


def literal(keys: Any) -> str:
    """An array literal of those texts."""
    with_quotes = ", ".join("E'" + key.replace("\\", "\\\\").replace("'", "''") + "'" for key in keys)
    return f"(ARRAY[{with_quotes}]::text[])"


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_written_as_the_server_writes_it(source: str, key: str) -> None:
    with (
        psycopg.connect(source) as connection,
        connection.cursor().copy("COPY (SELECT %s::text) TO STDOUT", [key]) as copy,
    ):
        line = b"".join(bytes(block) for block in copy)
    assert escaped(key) + b"\n" == line


def test_rows_of_megabytes(source: str, targets: list[str]) -> None:
    with psycopg.connect(source) as connection:
        connection.execute(
            "INSERT INTO things (id, owner, payload, bytes) "
            "SELECT n, 1 + n % 2, repeat(md5(n::text) || E'\\\\\\t\\n', 50000), "
            "decode(repeat(md5(n::text), 40000), 'hex') FROM generate_series(1, 6) n"
        )
        ((size,),) = connection.execute("SELECT max(length(payload)) FROM things").fetchall()
    assert size > 1_000_000
    result = carry_out(unit_of(source, {"1": targets[0], "2": targets[1]}))
    assert result.rows == 6
    assert rows_of(targets[0]) == rows_of(source, "owner = '1'")
    assert rows_of(targets[1]) == rows_of(source, "owner = '2'")


def test_copied_again_nothing_comes_twice(source: str, targets: list[str]) -> None:
    fill(source, ("a", "b"))
    unit = unit_of(source, {"a": targets[0], "b": targets[1]})
    first, second = carry_out(unit), carry_out(unit)
    assert second.digests == first.digests
    assert second.failures == {}
    assert rows_of(targets[0]) == rows_of(source, "owner = 'a'")


def test_what_was_copied_of_another_state_of_the_source_is_not_taken_for_this_one(
    source: str, targets: list[str]
) -> None:
    fill(source, ("a",))
    unit = unit_of(source, {"a": targets[0]})
    carry_out(unit)
    assert "another state of the source" in carry_out(replace(unit, epoch="e2")).failures["a"]
    with psycopg.connect(source) as connection:
        connection.execute("DELETE FROM things WHERE id = 0")
    assert "are not those that were copied before" in carry_out(unit).failures["a"]


def test_a_database_that_fails_loses_its_own_rows_only(source: str, targets: list[str]) -> None:
    fill(source, ("a", "b", "c"))
    with psycopg.connect(targets[1]) as connection:
        connection.execute("ALTER TABLE things ADD CHECK (payload <> '\\N')")
    unit = unit_of(source, dict(zip("abc", targets, strict=True)))
    result = carry_out(unit)
    assert result.failures.keys() == {"b"}
    assert "things_payload_check" in result.failures["b"]
    assert rows_of(targets[0]) == rows_of(source, "owner = 'a'")
    assert rows_of(targets[1]) == []
    assert rows_of(targets[2]) == rows_of(source, "owner = 'c'")
    # Mended, the same unit brings what is missing and nothing else.
    with psycopg.connect(targets[1]) as connection:
        connection.execute("ALTER TABLE things DROP CONSTRAINT things_payload_check")
    assert carry_out(unit).failures == {}
    assert [rows_of(url) for url in targets] == [rows_of(source, f"owner = '{key}'") for key in "abc"]


def test_a_trigger_that_swallows_rows_is_found(source: str, targets: list[str]) -> None:
    fill(source, ("a",))
    with psycopg.connect(targets[0]) as connection:
        connection.execute(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
            "CREATE TRIGGER swallow BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION swallow()"
        )
    failure = carry_out(unit_of(source, {"a": targets[0]})).failures["a"]
    assert f"of {len(VALUES)} rows of public.things 0 arrived" in failure
    assert rows_of(targets[0]) == []


@pytest.mark.parametrize(("key", "said"), [(None, "rows with no tenant key"), ("z", "the unknown tenant key 'z'")])
def test_a_row_of_nobody_stops_the_unit_and_nothing_stays(
    source: str, targets: list[str], key: str | None, said: str
) -> None:
    fill(source, ("a", key))
    with pytest.raises(RefusedError) as caught:
        carry_out(unit_of(source, {"a": targets[0]}))
    assert said in caught.value.message
    assert 'unowned = "quarantine"' in caught.value.hint
    assert rows_of(targets[0]) == []


def test_rows_of_nobody_are_kept_whole_in_quarantine(source: str, targets: list[str], control: Endpoint) -> None:
    fill(source, ("a", "z\t\\", None))
    unit = unit_of(source, {"a": targets[0]}, quarantine=control)
    for _ in range(2):
        # The second time as after a crash: what the first one kept is replaced.
        result = carry_out(unit)
        assert result.quarantined == 2 * len(VALUES)
        assert result.digests[UNOWNED][0] == 2 * len(VALUES)
    with psycopg.connect(control.conninfo) as connection:
        kept = connection.execute('SELECT tenant_key, columns, "row" FROM migrator.quarantine').fetchall()
    assert {key for key, _, _ in kept} == {None, "z\t\\"}
    assert {columns for _, columns, _ in kept} == {COLUMNS}
    # The kept lines are what COPY takes: they restore the rows exactly.
    with psycopg.connect(targets[2]) as connection:
        with connection.cursor().copy(f"COPY things ({COLUMNS}) FROM STDIN".encode()) as copy:
            for _, _, line in kept:
                copy.write(f"{line}\n")
        connection.commit()
    assert rows_of(targets[2]) == rows_of(source, "owner IS DISTINCT FROM 'a'")


def test_rows_of_everybody_go_to_everybody(source: str, targets: list[str]) -> None:
    fill(source, ("a", None))
    result = carry_out(unit_of(source, dict(zip("abc", targets, strict=True)), unowned="everyone"))
    assert rows_of(targets[0]) == rows_of(source)
    for url in targets[1:]:
        assert rows_of(url) == rows_of(source, "owner IS NULL")
    assert result.digests[UNOWNED][0] == len(VALUES)
    assert result.digests["b"] == digest_of(targets[1])


def test_rows_of_another_unit_are_left_to_it(source: str, targets: list[str]) -> None:
    fill(source, ("a", None))
    result = carry_out(unit_of(source, {"a": targets[0]}, unowned="elsewhere"))
    assert rows_of(targets[0]) == rows_of(source, "owner = 'a'")
    assert result.digests[UNOWNED][0] == len(VALUES)
    fill(source, ("z",))
    with pytest.raises(RefusedError, match="unknown tenant key"):
        carry_out(unit_of(source, {"a": targets[1]}, unowned="elsewhere"))


def test_by_way_of_a_file_every_row_arrives_as_it_would_directly(
    source: str, targets: list[str], tmp_path: Path
) -> None:
    fill(source, (*KEYS[:2], None))
    direct = unit_of(source, {KEYS[0]: targets[0], "nobody's": targets[1]}, unowned="everyone")
    unit = replace(
        direct, spool=str(tmp_path / "unit.rows"), select=f"{SELECT} WHERE owner IS DISTINCT FROM '{KEYS[1]}'"
    )
    result = carry_out(unit)
    assert is_spooled(unit.spool)
    assert rows_of(targets[0]) == []
    for tenant, url in ((KEYS[0], targets[0]), ("nobody's", targets[1])):
        loaded(unit, tenant, url)
        loaded(unit, tenant, url)  # its receipt says that it has been
        assert digest_of(url) == result.digests[tenant]
    assert rows_of(targets[0]) == rows_of(source, f"owner = '{KEYS[0]}' OR owner IS NULL")
    assert rows_of(targets[1]) == rows_of(source, "owner IS NULL")


def test_each_tenant_gets_its_own_rows_out_of_a_file(source: str, targets: list[str], tmp_path: Path) -> None:
    fill(source, KEYS)
    unit = replace(unit_of(source, dict.fromkeys(KEYS, targets[0])), spool=str(tmp_path / "unit.rows"))
    result = carry_out(unit)
    for key in KEYS:
        with psycopg.connect(targets[0]) as connection:
            connection.execute("TRUNCATE things, migrator_receipts.receipts")
        loaded(unit, key, targets[0])
        assert digest_of(targets[0]) == result.digests[key]
        with psycopg.connect(targets[0]) as connection:
            assert connection.execute("SELECT DISTINCT owner FROM things").fetchall() == [(key,)]


def test_the_files_of_one_table_are_loaded_once_each(source: str, targets: list[str], tmp_path: Path) -> None:
    fill(source, ("a",))
    whole = unit_of(source, {"a": targets[0]})
    halves = [
        replace(
            whole,
            receipt=f"things#{part}",
            spool=str(tmp_path / f"{part}.rows"),
            select=f"{whole.select} WHERE id % 2 = {part}",
        )
        for part in (0, 1)
    ]
    results = [carry_out(unit) for unit in halves]
    loads = [Load(unit.receipt, unit.relation, unit.insert, unit.spool) for unit in halves]
    with session(Endpoint(targets[0]), purpose="test") as connection:
        load(connection, loads[:1], "a", whole.epoch)
        load(connection, loads, "a", whole.epoch)  # the first has its receipt
        load(connection, loads, "a", whole.epoch)
        receipts = read_receipts(connection)
    assert rows_of(targets[0]) == rows_of(source)
    for unit, result in zip(halves, results, strict=True):
        found = receipts[unit.receipt]
        assert (found.rows, found.hash) == result.digests["a"]
    carry_out(replace(halves[0], spool=halves[1].spool))  # other rows than those of its receipt
    with (
        session(Endpoint(targets[0]), purpose="test") as connection,
        pytest.raises(DatabaseError, match="are not those that were copied before"),
    ):
        load(connection, loads, "a", whole.epoch)


def test_a_file_that_was_cut_or_replaced_is_noticed(source: str, targets: list[str], tmp_path: Path) -> None:
    fill(source, ("a",))
    unit = replace(unit_of(source, {"a": targets[0]}), spool=str(tmp_path / "unit.rows"))
    carry_out(unit)
    file = tmp_path / "unit.rows"
    file.write_bytes(file.read_bytes()[:-40])
    assert not is_spooled(unit.spool)
    with pytest.raises(DatabaseError, match="shorter than when it was written"):
        loaded(unit, "a", targets[0])
    assert rows_of(targets[0]) == []


def test_a_full_disk_under_the_files_is_told(source: str, targets: list[str], tmp_path: Path) -> None:
    fill(source, ("a",))
    (tmp_path / "unit.rows").symlink_to("/dev/full")
    unit = replace(unit_of(source, {"a": targets[0]}), spool=str(tmp_path / "unit.rows"))
    with pytest.raises(TargetsFailedError, match="No space left"):
        carry_out(unit)
    assert not is_spooled(unit.spool)


def loaded(unit: CopyUnit, tenant: str, url: str) -> None:
    with session(Endpoint(url), purpose="test") as connection, connection.transaction():
        load(connection, [Load(unit.receipt, unit.relation, unit.insert, unit.spool)], tenant, unit.epoch)


def test_an_error_in_the_middle_of_the_source_leaves_nothing(source: str, targets: list[str]) -> None:
    fill(source, ("a",))
    with psycopg.connect(source) as connection:
        connection.execute("INSERT INTO things (id, owner) VALUES (1000000, 'a')")
    broken = SELECT.replace("SELECT owner", "SELECT CASE WHEN id = 1000000 THEN (1 / (id - id))::text ELSE owner END")
    with pytest.raises(DatabaseError, match="division by zero"):
        carry_out(replace(unit_of(source, {"a": targets[0]}), select=broken))
    assert rows_of(targets[0]) == []


def test_a_snapshot_that_is_gone(source: str, targets: list[str]) -> None:
    snapshot = Snapshot(Endpoint(source))
    lost = snapshot.id
    snapshot.close()
    with sessions() as made, pytest.raises(MigratorError, match="snapshot that this run reads from is gone"):
        relay(replace(unit_of(source, {"a": targets[0]}), snapshot=lost), made, lambda rows, size: None)


def test_what_was_written_after_the_snapshot_is_not_read(source: str, targets: list[str]) -> None:
    fill(source, ("a",))
    snapshot = Snapshot(Endpoint(source))
    fill(source, ("a",))
    with sessions() as made:
        unit = replace(unit_of(source, {"a": targets[0]}), snapshot=snapshot.id)
        assert relay(unit, made, lambda rows, size: None).rows == len(VALUES)
    snapshot.close()
    assert len(rows_of(targets[0])) == len(VALUES)
