"""rollback --tenant: one tenant goes, comes back with what its applications wrote, and nobody else notices."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import psycopg
import pytest
from psycopg import sql

from migrator.commands.rollback import report, tenant
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import state
from tests.project import Answer
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url, orders=12)
    return make_shop(tmp_path / "shop", url, prefix)


def take_back(shop: Shop, tenant: str, *options: str) -> Answer:
    return shop.run("rollback", "--tenant", tenant, "--confirm", shop.run_id(), *options)


def test_a_tenant_goes_and_comes_back_with_its_writes(shop: Shop) -> None:
    before = state(shop.source)
    shop.split()
    shop.execute("tenant_2", "INSERT INTO notes VALUES (1000, 2, 'of tenant 2')")
    shop.execute("tenant_1", "INSERT INTO notes VALUES (1001, 1, 'of tenant 1')")
    assert shop.run("rollback", "--tenant", "2").exit_code == 3
    assert shop.run("rollback", "--tenant", "nobody", "--validate").exit_code == 3
    outlook = shop.run("rollback", "--tenant", "tenant_2", "--validate")
    assert outlook.exit_code == 1
    assert [row["database"] for row in outlook.section("Written since")] == [f"{shop.prefix}_tenant_2"]
    assert all("--tenant tenant_2" in command for command in outlook.document["next"])
    refused = take_back(shop, "2")
    assert refused.exit_code == 3
    assert "tenant_2" in refused.error
    assert "tenant_1" not in refused.error

    answer = take_back(shop, "2", "--replay-writes")
    assert answer.exit_code == 0, answer.document
    assert answer.summary["changes_carried_back"] == 1
    assert "tenant_2" not in shop.databases()
    assert {"tenant_1", "tenant_3", "auth", "shared"} <= set(shop.databases())
    assert shop.value("", "SELECT body FROM notes WHERE id = 1000") == "of tenant 2"
    assert shop.run("rollback", "--tenant", "2", "--confirm", shop.run_id()).document["status"] == "nothing-to-do"

    # What is said of it stays true.
    status = shop.succeed("status")
    assert status.summary["tenants taken back"] == "2"
    assert status.summary["source writes"] == "FENCED"
    assert f"{shop.prefix}_tenant_2" not in {row["database"] for row in status.section("Databases of this run")}
    shop.execute("tenant_1", "DELETE FROM notes WHERE id = 1001")
    verified = shop.succeed("verify")
    assert "taken back: 2" in verified.document["headline"]
    assert verified.summary["databases_examined"] == 4

    # And it comes back, while another tenant's applications write on.
    shop.execute("tenant_1", "INSERT INTO notes VALUES (1001, 1, 'of tenant 1')")
    again = shop.succeed("migrate", "--without-backup")
    assert again.document["status"] == "done"
    assert shop.value("tenant_2", "SELECT body FROM notes WHERE id = 1000") == "of tenant 2"
    assert shop.value("tenant_1", "SELECT body FROM notes WHERE id = 1001") == "of tenant 1"
    assert shop.run("migrate", "--without-backup").document["status"] == "nothing-to-do"
    shop.execute("tenant_1", "DELETE FROM notes WHERE id = 1001")
    verified = shop.succeed("verify")
    assert verified.summary["databases_examined"] == 5
    assert "tenants taken back" not in shop.succeed("status").summary

    # The whole is taken back from where it stands: the source has what was carried back, and nothing else.
    whole = shop.take_back()
    assert whole.exit_code == 0, whole.document
    assert whole.summary["source_identical"] is True
    after = state(shop.source)
    assert after.objects == before.objects
    assert after.rows == {**before.rows, "notes": before.rows["notes"] + 1}


@pytest.mark.exhaustive
def test_half_way_it_goes_on_and_migrate_waits(shop: Shop) -> None:
    before = state(shop.source)
    shop.split()
    with mock.patch.object(tenant, "dump_and_drop", side_effect=KeyboardInterrupt):
        assert take_back(shop, "3").exit_code == 130
    refused = shop.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert "half taken back" in refused.error
    assert take_back(shop, "3").exit_code == 0
    assert "tenant_3" not in shop.databases()
    # Taken back with the rest, it is not missed.
    assert shop.take_back().exit_code == 0
    assert state(shop.source) == before
    assert shop.databases() == ["migrator"]


def test_without_the_fence_rows_of_two_moments_are_not_mixed(shop: Shop) -> None:
    shop.split("--no-fence")
    assert take_back(shop, "1").exit_code == 0
    refused = shop.run("migrate", "--without-backup", "--no-fence")
    assert refused.exit_code == 3
    assert "not been fenced all the time" in refused.error
    assert {"tenant_2", "tenant_3"} <= set(shop.databases())


def test_a_database_that_somebody_dropped_is_missed_and_made_anew(shop: Shop) -> None:
    shop.split()
    database = f"{shop.prefix}_tenant_2"
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(database)))
    for command in (("migrate", "--without-backup"), ("verify",)):
        refused = shop.run(*command)
        assert refused.exit_code == 3
        assert f"gone, and not by migrator: {database}." in refused.error
        assert f"rollback --tenant 2 --confirm {shop.run_id()} --discard-writes" in refused.document["error"]["hint"]
    assert take_back(shop, "2", "--discard-writes").exit_code == 0
    assert shop.succeed("migrate", "--without-backup").document["status"] == "done"
    assert shop.succeed("verify").summary["databases_examined"] == 5


def test_a_database_that_somebody_renamed_is_not_taken_for_lost(shop: Shop) -> None:
    shop.split()
    database = f"{shop.prefix}_tenant_2"

    def rename(old: str, new: str) -> None:
        with psycopg.connect(shop.source, autocommit=True) as connection:
            names = sql.Identifier(old), sql.Identifier(new)
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))

    rename(database, f"{shop.prefix}_aside")
    for command in (("migrate", "--without-backup"), ("verify",)):
        refused = shop.run(*command)
        assert refused.exit_code == 3
        assert f"{database} is {shop.prefix}_aside now" in refused.error
        assert f"RENAME TO {database};" in refused.document["error"]["hint"]
    rename(f"{shop.prefix}_aside", database)
    assert shop.succeed("verify").summary["databases_examined"] == 5


def test_a_migrate_that_was_refused_leaves_the_completed_one(shop: Shop) -> None:
    shop.split()
    shop.execute("", "CREATE TABLE extra (id bigint PRIMARY KEY)")
    refused = shop.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    shop.execute("", "DROP TABLE extra")
    assert [command.split()[-1] for command in shop.succeed("status").document["next"]] == ["verify"]
    assert shop.succeed("verify").summary["differences"] == 0
    assert shop.run("migrate", "--without-backup").document["status"] == "nothing-to-do"


def test_thousands_of_databases_fit_on_a_page(shop: Shop) -> None:
    shop.split()
    with mock.patch.object(report, "_MOST_DATABASES", 2):
        outlook = shop.run("rollback", "--validate")
    assert len(outlook.section("Databases of this run")) == 2
    (text,) = [one["text"] for one in outlook.document["sections"] if one["title"] == "Databases of this run"]
    assert "--output json has every one" in text
    assert {f"{shop.prefix}_{name}" for name in shop.databases() if name != "migrator"} == {
        one["database"] for one in outlook.document["databases"]
    }
