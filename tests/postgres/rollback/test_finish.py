"""finish: a run ends well. Its databases are their applications' own, and nothing takes it back."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import psycopg
import pytest

from migrator.commands.finish import command
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory, drop_databases

pytestmark = pytest.mark.timeout(300)

WRITE = "INSERT INTO notes (tenant_id, body) VALUES (1, 'legitimate')"


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url, orders=12)
    made = make_shop(tmp_path / "shop", url, prefix)
    made.split()
    return made


def limits(shop: Shop, name: str) -> list[tuple[object, ...]]:
    return shop.fetch(name, "SELECT sequencename, min_value, max_value, cycle FROM pg_sequences ORDER BY 1")


def test_a_finished_run_gives_its_databases_away_and_is_not_taken_back(shop: Shop) -> None:
    run = shop.run_id()
    shop.execute("tenant_1", WRITE)
    refused = shop.run("finish")
    assert refused.exit_code == 3
    assert "no return" in refused.error
    assert shop.run("finish", "--confirm", "20200101-000000-0000").exit_code == 3
    outlook = shop.succeed("finish", "--validate")
    assert outlook.summary["tables_written_since_migrate"] == 1
    assert any("point of no return" in section["title"] for section in outlook.document["sections"])
    number = shop.value("tenant_2", "INSERT INTO notes (tenant_id, body) VALUES (2, 'x') RETURNING id")

    done = shop.succeed("finish", "--confirm", run)
    assert done.summary["databases"] == 5
    assert {row["database"] for row in done.section("Databases")} == {
        f"{shop.prefix}_{name}" for name in ("auth", "shared", "tenant_1", "tenant_2", "tenant_3")
    }
    # The sequences are as their template has them, and go on where they stood.
    assert limits(shop, "tenant_2") == limits(shop, "tenant_template")
    again = shop.value("tenant_2", "INSERT INTO notes (tenant_id, body) VALUES (2, 'y') RETURNING id")
    assert again == number + 1
    assert [name for name in shop.databases() if name.endswith("_bare")] == []
    # The source refuses writes for good, and status calls it no problem.
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        shop.execute("", WRITE)
    status = shop.succeed("status")
    assert "finished" in status.document["headline"]
    assert all(section["tone"] != "bad" for section in status.document["sections"])

    before = state(shop.source)
    for options in (("--validate",), ("--confirm", run), ("--tenant", "1", "--confirm", run)):
        answer = shop.run("rollback", *options)
        assert answer.exit_code == 3, answer.document
        assert f"Run {run} was finished" in answer.error
    # Neither without the journal.
    drop_databases(shop.url(""), f"{shop.prefix}_migrator")
    answer = shop.run("rollback", "--adopt", "--confirm", run)
    assert answer.exit_code == 3
    assert "was finished" in answer.error
    assert state(shop.source) == before
    assert "tenant_3" in shop.databases()


@pytest.mark.parametrize("options", [(), ("--drop-templates",)], ids=["templates-kept", "templates-dropped"])
def test_verify_compares_what_stays_true(shop: Shop, options: tuple[str, ...]) -> None:
    shop.succeed("finish", "--confirm", shop.run_id(), *options)
    assert ("tenant_template" in shop.databases()) is (options == ())
    shop.execute("tenant_1", WRITE)
    verified = shop.succeed("verify")
    assert verified.summary["databases_examined"] == 5
    shop.execute("tenant_1", "ALTER TABLE notes ADD extra int; INSERT INTO events VALUES (1, 2, '2024-06-01', 'leak')")
    damaged = shop.run("verify")
    assert damaged.exit_code == 1
    assert damaged.summary["leaked_rows"] == 1
    assert {(row["kind"], row["object"]) for row in damaged.section("Schemas that differ")} >= {
        ("column", "public.notes.extra")
    }


def test_what_is_not_proven_is_not_finished(shop: Shop) -> None:
    shop.execute("tenant_2", "ALTER TABLE notes ADD extra int")
    run = shop.run_id()
    answer = shop.run("finish", "--confirm", run)
    assert answer.exit_code == 1
    assert "Nothing was changed" in answer.document["headline"]
    shop.execute("tenant_2", "ALTER TABLE notes DROP extra")
    assert shop.take_back().exit_code == 0


def test_the_source_becomes_what_was_chosen_and_may_be_chosen_anew(shop: Shop) -> None:
    run = shop.run_id()
    shop.succeed("finish", "--confirm", run, "--retire", "read-only")
    setting = "SELECT current_setting('default_transaction_read_only')"
    assert shop.value("", setting) == "on"
    assert shop.succeed("finish", "--confirm", run, "--retire", "read-only").document["status"] == "nothing-to-do"
    numbers = shop.value("", "SELECT last_value FROM notes_id_seq")
    shop.succeed("finish", "--confirm", run, "--retire", "unfence")
    assert shop.value("", setting) == "off"
    shop.execute("", WRITE)
    # Behind the numbers that the new databases give.
    assert shop.value("", "SELECT max(id) FROM notes") == numbers
    refused = shop.run("finish", "--confirm", run, "--retire", "keep-fenced")
    assert refused.exit_code == 3


def test_a_source_that_is_renamed_is_still_known(shop: Shop) -> None:
    run = shop.run_id()
    shop.succeed("finish", "--confirm", run, "--retire", "rename")
    source = shop.source
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(source)
    try:
        assert shop.succeed("finish", "--confirm", run, "--retire", "rename").document["status"] == "nothing-to-do"
        assert shop.succeed("verify").summary["databases_examined"] == 5
        assert "finished" in shop.succeed("status").document["headline"]
        assert "was finished" in shop.run("rollback", "--validate").error
    finally:
        name = psycopg.conninfo.conninfo_to_dict(source)["dbname"]
        with psycopg.connect(source, dbname="postgres", autocommit=True) as connection:
            kept = f"{name}_retired_{run.replace('-', '_')}"
            connection.execute(f'ALTER DATABASE "{kept}" RENAME TO "{name}"'.encode())


def test_half_way_nothing_is_taken_back_and_the_same_command_ends_it(shop: Shop) -> None:
    run = shop.run_id()
    with mock.patch.object(command._Finish, "_scaffolds", side_effect=KeyboardInterrupt):
        assert shop.run("finish", "--confirm", run).exit_code == 130
    refused = shop.run("rollback", "--confirm", run)
    assert refused.exit_code == 3
    assert f"finish --confirm {run}" in refused.error
    assert shop.succeed("finish", "--confirm", run).summary["databases"] == 5
    assert "was finished" in shop.run("rollback", "--validate").error
