"""Going back after applications have written to the targets: told row by row, saved, carried back, never dropped."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrator.commands.changes.conflicts import Settlement
from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Outcome
from migrator.errors import RefusedError
from migrator.postgres.backup.dump import server_version
from migrator.postgres.programs.programs import find_program
from migrator.postgres.session.connect import Endpoint
from tests.safety.trial import Holding, Trial, holding, plan
from tests.servers import drop_databases
from tests.stages import migrate, rollback

# What an application of Acme's does after the split: every kind of change, in tables that hang on each other, in one
# without a key, with values that COPY and SQL have to escape.
ACME = r"""
INSERT INTO customers (company_id, name, feeling, tags)
    VALUES (1, E'new \\ "quoted" \t''%s''\n--;', 'happy', ARRAY['{a}', NULL, E'\\N']), (1, E'\\N', NULL, '{}');
INSERT INTO orders (customer_id, total) SELECT id, 99.90 FROM customers WHERE name ~ '^new';
INSERT INTO orders (customer_id, parent_id, total)
    SELECT customer_id, id, 1 FROM orders WHERE total = 99.90;
INSERT INTO order_lines SELECT id, 7, 'm', '{"k": "\\"}' FROM orders WHERE total = 99.90;
UPDATE customers SET name = upper(name), feeling = 'sad' WHERE id IN (2, 4);
DELETE FROM order_lines WHERE order_id = 5;
DELETE FROM orders WHERE id = 5;
INSERT INTO notes VALUES (1, '2026-03-01', 'noted'), (1, '2026-03-01', 'noted');
DELETE FROM notes WHERE body = 'one';
"""
BOLT = (
    "UPDATE notes SET body = 'one of two' WHERE ctid = (SELECT min(ctid) FROM notes); DELETE FROM orders WHERE id = 60"
)
COMMON = "INSERT INTO units VALUES ('l', 'litre'); UPDATE companies SET name = 'Acme & Co' WHERE id = 1"


def write(here: Trial, database: str, script: str) -> None:
    with psycopg.connect(here.url_of(f"{here.prefix}_{database}")) as connection:
        connection.execute(script.encode())


def monolith(here: Trial) -> Holding:
    return holding(here.url_of(here.source))


def back(workspace: Workspace, **options: Any) -> Outcome:
    run = workspace.journal.current_run(workspace.source_id)
    assert run is not None
    return rollback(workspace, confirm=run.id, **options)


def test_writes_are_told_by_table_and_kind_and_rollback_refuses(split_here: Trial) -> None:
    write(split_here, "acme", ACME)
    write(split_here, "shared", COMMON)
    workspace = split_here.workspace()
    outlook = rollback(workspace, validate=True)
    assert outlook.exit_code == 1
    section = next(one for one in outlook.sections if one.title == "Written since migrate")
    told = {(str(row[0]).removeprefix(f"{split_here.prefix}_"), row[1]): row[2:5] for row in section.rows}
    assert told == {
        ("acme", "public.customers"): (2, 2, 0),
        ("acme", "public.orders"): (2, 0, 1),
        ("acme", "public.order_lines"): (1, 0, 2),
        ("acme", "public.notes"): (2, 0, 1),
        ("shared", "public.units"): (1, 0, 0),
        ("shared", "public.companies"): (0, 1, 0),
    }
    before = split_here.targets()
    with pytest.raises(RefusedError, match=r"public\.orders: 2 inserted, 1 deleted") as refused:
        back(workspace)
    assert "--replay-writes" in refused.value.hint
    assert split_here.targets() == before
    assert split_here.fenced()


def texts(table: str, where: str = "true") -> sql.Composed:
    return sql.SQL("SELECT t::text FROM {} t WHERE {}").format(sql.Identifier(table), sql.SQL(where))


def expected(here: Trial) -> dict[str, set[tuple[object, ...]]]:
    """The rows of the monolith's tables as the targets have them."""
    found: dict[str, set[tuple[object, ...]]] = {}
    tables = {"customers": ("acme", "bolt"), "orders": ("acme", "bolt"), "order_lines": ("acme", "bolt"),
              "notes": ("acme", "bolt"), "units": ("shared",), "companies": ("shared",)}  # fmt: skip
    for table, databases in tables.items():
        rows: list[tuple[object, ...]] = []
        for database in databases:
            with psycopg.connect(here.url_of(f"{here.prefix}_{database}")) as connection:
                rows += connection.execute(texts(table)).fetchall()
        found[table] = {(*row, rows.count(row)) for row in rows}
    return found


def actual(here: Trial) -> dict[str, set[tuple[object, ...]]]:
    found: dict[str, set[tuple[object, ...]]] = {}
    # Rows that nobody owns stay in the monolith only.
    conditions = {"customers": "company_id IS NOT NULL", "notes": "company_id IN (1, 2)"}
    with psycopg.connect(here.url_of(here.source)) as connection:
        for table in ("customers", "orders", "order_lines", "notes", "units", "companies"):
            where = conditions.get(table, "true")
            rows = connection.execute(texts(table, where)).fetchall()
            found[table] = {(*row, rows.count(row)) for row in rows}
    return found


def test_replayed_writes_make_the_monolith_equal_to_the_targets(split_here: Trial) -> None:
    write(split_here, "acme", ACME)
    write(split_here, "bolt", BOLT)
    write(split_here, "shared", COMMON)
    wanted = expected(split_here)
    outcome = back(split_here.workspace(), replay=True)
    assert outcome.exit_code == 0, outcome.headline
    assert outcome.summary["conflicts"] == 0
    assert actual(split_here) == wanted
    assert not split_here.fenced()
    assert split_here.databases() == {}
    now = monolith(split_here)
    assert now.objects == split_here.source_before.objects
    assert now.sequences == {"customers_id_seq": 23, "orders_id_seq": 62}
    with psycopg.connect(split_here.url_of(split_here.source)) as connection:
        connection.execute("INSERT INTO customers (company_id, name) VALUES (1, 'the next number is free')")
        connection.rollback()


def test_a_number_that_two_tenants_drew_is_a_conflict_with_all_that_hangs_on_it(split_here: Trial) -> None:
    # Numbers that no sequence gave: the highest that the application saw, and one more.
    new = (
        "INSERT INTO orders (id, customer_id, total) VALUES (61, (SELECT min(id) FROM customers), 7);"
        "INSERT INTO order_lines SELECT max(id), 1, NULL, '{}' FROM orders;"
        "INSERT INTO orders (id, customer_id, parent_id, total) SELECT 62, customer_id, id, 8 FROM orders "
        "WHERE total = 7;"
    )
    write(split_here, "acme", new)
    write(split_here, "bolt", new)
    write(split_here, "bolt", "UPDATE customers SET feeling = 'ok'")
    foreseen = rollback(split_here.workspace(), validate=True)
    assert foreseen.summary["conflicts"] == 3
    assert foreseen.summary["conflicts_settled_by_new_numbers"] == 2
    section = next(one for one in foreseen.sections if one.title == "Changes that conflict with the source")
    assert {row[:4] for row in section.rows} == {
        (f"{split_here.prefix}_bolt", "2", "orders", 2),
        (f"{split_here.prefix}_bolt", "2", "order_lines", 1),
    }
    assert foreseen.next[0].endswith("--replay-writes --renumber")
    targets = split_here.targets()
    source = monolith(split_here)
    with pytest.raises(RefusedError, match="3 changes of the targets cannot be carried back") as refused:
        back(split_here.workspace(), replay=True)
    assert "--accept-conflicts" in refused.value.hint
    # Nothing is dropped, nothing is in the monolith, and the targets take writes as before.
    assert split_here.targets() == targets
    assert monolith(split_here) == source
    write(split_here, "acme", "UPDATE customers SET feeling = feeling")
    outcome = back(split_here.workspace(), replay=True, settlement=Settlement(accept=True))
    assert outcome.exit_code == 1
    assert outcome.summary["conflicts"] == 3
    (file,) = Path(split_here.directory).rglob("conflicts.*.jsonl")
    assert file.stat().st_mode & 0o777 == 0o600
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert {(one["table"], one["key"], one["kind"]) for one in kept} == {
        ("orders", "{61}", "inserted"),
        ("orders", "{62}", "inserted"),
        ("order_lines", "{61,1}", "inserted"),
    }
    assert all(one["database"] == f"{split_here.prefix}_bolt" for one in kept)
    assert all(one["row"] for one in kept)
    with psycopg.connect(split_here.url_of(split_here.source)) as connection:
        lines = connection.execute(
            "SELECT c.company_id, count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id "
            "JOIN customers c ON c.id = o.customer_id WHERE o.id > 60 GROUP BY 1"
        ).fetchall()
        assert lines == [(1, 1)]
        assert connection.execute(
            "SELECT count(*) FROM customers WHERE company_id = 2 AND feeling <> 'ok'"
        ).fetchone() == (0,)
    assert split_here.databases() == {}
    # The run is over: what waits in the file does not hold it.
    workspace = split_here.workspace()
    (run,) = workspace.journal.all_runs(workspace.source_id)
    assert run.closed_at is not None
    assert rollback(workspace, confirm=run.id).status == "nothing-to-do"
    with pytest.raises(RefusedError, match="none is the id of none that was"):
        rollback(split_here.workspace(), confirm="none")


def test_changes_of_a_replica_are_kept_and_not_carried_back(split_here: Trial) -> None:
    write(split_here, "acme", "UPDATE units SET label = 'kilo' WHERE code = 'kg'")
    with pytest.raises(RefusedError, match="1 change of the targets cannot be carried back"):
        back(split_here.workspace(), replay=True)
    outcome = back(split_here.workspace(), replay=True, settlement=Settlement(accept=True))
    assert outcome.exit_code == 1
    (file,) = Path(split_here.directory).rglob("conflicts.*.jsonl")
    assert "at home in target shared" in json.loads(file.read_text())["reason"]
    assert split_here.is_back() == []


def test_what_hangs_on_a_deleted_row_in_the_monolith_only_is_not_deleted_with_it(split_here: Trial) -> None:
    # In the target the lines are gone too, but their deletion is kept back here by a row that nobody else has.
    with psycopg.connect(split_here.url_of(f"{split_here.prefix}_bolt")) as connection:
        connection.execute("ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey")
        connection.execute("DELETE FROM customers WHERE id = 3")
    with pytest.raises(RefusedError, match="1 change of the targets cannot be carried back"):
        back(split_here.workspace(), replay=True)
    outcome = back(split_here.workspace(), replay=True, settlement=Settlement(accept=True))
    assert outcome.exit_code == 1
    (file,) = Path(split_here.directory).rglob("conflicts.*.jsonl")
    assert "hang on it" in json.loads(file.read_text())["reason"]
    assert split_here.is_back() == []


def test_saved_writes_are_replayed_by_psql(split_here: Trial) -> None:
    write(split_here, "acme", ACME)
    write(split_here, "bolt", BOLT)
    write(split_here, "shared", COMMON)
    wanted = expected(split_here)
    directory = Path(split_here.directory) / "writes"
    outcome = back(split_here.workspace(), save=directory)
    assert outcome.exit_code == 0, outcome.headline
    # The rows in the files have numbers, which the monolith must not give to others before they are replayed.
    assert split_here.is_back() == ["sequences"]
    assert monolith(split_here).sequences == {"customers_id_seq": 23, "orders_id_seq": 62}
    assert {path.stat().st_mode & 0o777 for path in directory.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in directory.rglob("*") if path.is_dir()} == {0o700}
    url = split_here.url_of(split_here.source)
    psql = find_program("psql", server_version(Endpoint(url)), None)
    for name in ("shared", "acme", "bolt"):
        done = subprocess.run(
            [psql, "-X", "-f", "replay.sql", url],
            cwd=directory / f"{split_here.prefix}_{name}",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert actual(split_here) == wanted


def test_without_the_fence_it_cannot_be_told_whose_change_it_is(here: Trial) -> None:
    here.run(plan)
    here.run(lambda workspace: migrate(workspace, without_backup=True, fence=False))
    write(here, "acme", "DELETE FROM notes")
    for options in ({"replay": True}, {"save": Path(here.directory) / "writes"}):
        with pytest.raises(RefusedError, match="may have changed as well"):
            back(here.workspace(), **options)
    assert back(here.workspace(), discard_writes=True).exit_code == 0
    assert here.is_back() == []


@pytest.mark.parametrize("fence", [True, False])
def test_a_run_whose_journal_is_lost_is_adopted(here: Trial, fence: bool) -> None:
    here.run(plan)
    run = here.run(lambda workspace: migrate(workspace, without_backup=True, fence=fence)).run_id
    assert run is not None
    drop_databases(here.url_of("postgres"), f"{here.prefix}_migrator")
    told = here.status()
    assert told.next == (("migrator rollback --adopt --validate",) if fence else ("migrator backup --verify",))
    if fence:
        assert f"--adopt --confirm {run}" in told.sections[0].text
        with pytest.raises(RefusedError, match=run) as refused:
            rollback(here.workspace(), confirm=run)
        assert f"--adopt --confirm {run}" in refused.value.hint
    else:
        assert rollback(here.workspace(), validate=True).next == ("migrator rollback --adopt --validate",)
    with pytest.raises(RefusedError, match=run):
        rollback(here.workspace(), confirm="20200101-000000-0000", lost_journal=True)
    if fence:
        write(here, "acme", "UPDATE customers SET name = 'changed' WHERE id = 2")
        with pytest.raises(RefusedError, match=r"public\.customers: 1 updated"):
            rollback(here.workspace(), confirm=run, lost_journal=True)
        assert rollback(here.workspace(), confirm=run, lost_journal=True, replay=True).exit_code == 0
        assert not here.fenced()
        with psycopg.connect(here.url_of(here.source)) as connection:
            assert connection.execute("SELECT name FROM customers WHERE id = 2").fetchone() == ("changed",)
    else:
        with pytest.raises(RefusedError, match="written to the targets"):
            rollback(here.workspace(), confirm=run, lost_journal=True)
        assert rollback(here.workspace(), confirm=run, lost_journal=True, discard_writes=True).exit_code == 0
        assert here.is_back() == []
    assert here.databases() == {}
