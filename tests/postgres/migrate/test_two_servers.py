"""Tenants on two servers: where each is put, that it stays there, and that all of it is proven and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from migrator.core.placement import assign_servers as spread
from migrator.postgres.programs.local_server import LocalServer
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory, drop_databases

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, second_server: LocalServer, tmp_path: Path) -> Iterator[Shop]:
    url = database_factory()
    load_shop(url, tenants=4, orders=80)
    made = make_shop(tmp_path / "shop", url, prefix)
    made.replace('name = "name"', 'name = "name"\nservers = ["default", "west"]')
    with made.toml.open("a", encoding="utf-8") as file:
        file.write(f'\n[servers.west]\nurl = "{second_server.url()}"\n')
    yield made
    drop_databases(second_server.url(), prefix)


def databases(url: str, prefix: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{prefix}_"])
        return {name.removeprefix(f"{prefix}_") for (name,) in found}


def test_split_verified_and_taken_back_after_the_journal_is_lost(shop: Shop, second_server: LocalServer) -> None:
    before = state(shop.source)
    shop.replace('servers = ["default", "west"]', 'servers = ["default", "west"]\npinned = { tenant_2 = "default" }')
    shop.split()
    assert databases(second_server.url(), shop.prefix) == {
        "tenant_1", "tenant_4", "tenant_template", "tenant_bare",
    }  # fmt: skip
    assert {"tenant_2", "tenant_3", "auth", "shared"} <= set(shop.databases())
    assert shop.succeed("verify").summary["databases_examined"] == 6
    where = {row["database"]: row["server"] for row in shop.run("status").section("Databases of this run")}
    assert where[f"{shop.prefix}_tenant_1"] == "west"
    assert where[f"{shop.prefix}_auth"] == ""
    run = shop.run_id()
    with psycopg.connect(second_server.url(f"{shop.prefix}_tenant_1")) as connection:
        connection.execute("INSERT INTO notes (tenant_id, body) VALUES (1, 'written since')")
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{shop.prefix}_migrator" WITH (FORCE)'.encode())
    answer = shop.run("rollback", "--adopt", "--confirm", run)
    assert answer.exit_code == 3
    assert "notes" in answer.error
    shop.succeed("rollback", "--confirm", run, "--replay-writes")
    assert databases(second_server.url(), shop.prefix) == set()
    assert shop.databases() == ["migrator"]
    assert shop.value("", "SELECT count(*) FROM notes WHERE body = 'written since'") == 1
    assert state(shop.source).rows == {**before.rows, "notes": before.rows["notes"] + 1}


@pytest.mark.exhaustive
def test_by_size_and_it_stays_whatever_sizes_become(
    shop: Shop, second_server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "EMPTY_DATABASE_BYTES", 1)
    shop.replace('servers = ["default", "west"]', 'servers = ["default", "west"]\nspread = "by_size"')
    shop.execute("", "INSERT INTO notes (tenant_id, body) SELECT 3, repeat('x', 100) FROM generate_series(1, 5000)")
    shop.execute("", "ANALYZE notes")
    shop.plan()
    shop.execute("", "INSERT INTO notes (tenant_id, body) SELECT 1, repeat('x', 100) FROM generate_series(1, 20000)")
    shop.succeed("migrate", "--without-backup")
    west = {name for name in databases(second_server.url(), shop.prefix) if name[-1].isdecimal()}
    assert west in ({"tenant_3"}, {"tenant_1", "tenant_2", "tenant_4"})
    shop.succeed("verify")
    shop.succeed("rollback", "--confirm", shop.run_id())
    assert databases(second_server.url(), shop.prefix) == set()


def test_one_server_under_two_names_is_told(shop: Shop, second_server: LocalServer) -> None:
    shop.replace('["default", "west"]', '["east", "west"]')
    with shop.toml.open("a", encoding="utf-8") as file:
        file.write(f'\n[servers.east]\nurl = "{second_server.url()}"\n')
    answer = shop.run("dry-run")
    assert answer.exit_code == 1
    found = [row["what is true"] for row in answer.section("Readiness") if row["result"] == "BLOCKS"]
    assert found == ["it is the same server as 'east'"]
