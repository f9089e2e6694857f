"""dry-run: what it says, what it refuses to let pass, and that it changes nothing; migrate holds to its word."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from migrator.commands.dry_run import rehearsal
from migrator.commands.shared.workspace import Workspace
from migrator.errors import DatabaseError
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import run_sql, state
from tests.project import Answer
from tests.servers import DatabaseFactory, PostgresServer, create_database, drop_databases


@pytest.fixture(scope="module")
def source(server: PostgresServer) -> Iterator[str]:
    """A loaded shop that no test changes."""
    name = f"d{uuid.uuid4().hex[:8]}"
    create_database(server.url(), name)
    load_shop(server.url(name))
    yield server.url(name)
    drop_databases(server.url(), name)


@pytest.fixture
def shop(source: str, prefix: str, tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop", source, prefix)


@pytest.fixture
def own_shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    """One whose source the test may change."""
    url = database_factory()
    load_shop(url)
    return make_shop(tmp_path / "shop", url, prefix)


def blocking(answer: Answer) -> dict[str, str]:
    """What blocks: name -> what is true."""
    return {check["name"]: check["detail"] for check in answer.document["checks"] if check["state"] == "block"}


def test_it_tells_everything_and_changes_nothing(shop: Shop) -> None:
    before = state(shop.source)
    answer = shop.succeed("dry-run", "--sql")
    assert state(shop.source) == before
    assert shop.databases() == ["migrator"]
    assert answer.summary["tables"] == 9
    assert answer.summary["databases"] == 5
    rows = {row["database"].removeprefix(f"{shop.prefix}_"): row["rows"] for row in answer.section("Targets")}
    assert rows.keys() == {"auth", "shared", "tenant_1", "tenant_2", "tenant_3"}
    assert rows["auth"] == 3 + 10 + 10
    assert sum(rows.values()) == sum(before.rows.values()) + 3 * 3  # units, again in every tenant's database
    assert [(one["database"], one["rows"]) for one in answer.document["databases"]] == [
        (row["database"], row["rows"]) for row in answer.section("Targets")
    ]
    placed = {row["table"]: row for row in answer.section("Placements")}
    assert placed["units"]["target"] == "shared + tenant"
    assert placed["customers"]["rows"] == before.rows["customers"]
    assert set(answer.document["severed"]) == {
        "customers(created_by) -> users(id)",
        "customers(tenant_id) -> tenants(id)",
    }
    steps = [step["kind"] for step in answer.document["plan"]["steps"]]
    assert steps.count("CreateDatabase") == steps.count("FinishDatabase") == 5
    assert steps.index("RaiseFence") < steps.index("CopyTable")
    assert answer.document["next"] == [f"migrator --config {shop.toml} migrate"]
    # Renamed in the target: read by its name there, written by its name here.
    read, written = (
        item["sql"] for item in answer.document["statements"] if item["step"] == "copy:public.orders>tenant"
    )
    assert '"amount"' in read
    assert written.startswith('COPY "public"."sales" (')
    assert '"net"' in written
    assert '"amount"' not in written
    # The tests' server is on this machine, which proves itself by its data directory: its disk can be seen.
    disk = [check["detail"] for check in answer.document["checks"] if "disk" in check["detail"]]
    assert len(disk) == 1
    assert " of disk free, about " in disk[0]
    again = shop.succeed("dry-run")
    assert again.summary["fingerprint"] == answer.summary["fingerprint"]


def test_a_rehearsal_leaves_nothing_behind(shop: Shop) -> None:
    before = state(shop.source)
    answer = shop.succeed("dry-run", "--rehearse")
    phases = {row["phase"] for row in answer.section("Rehearsal")}
    assert {"migrate", "verify", "steps: copy", "steps: finish"} <= phases
    assert "all digests agree" in answer.document["headline"]
    assert state(shop.source) == before
    assert shop.databases() == ["migrator"]
    assert not list((shop.directory / "backups").iterdir())


def test_both_times_are_told_and_what_a_rehearsal_measured_replaces_what_was_computed(shop: Shop) -> None:
    computed = shop.succeed("dry-run").summary
    assert computed["source_fenced_seconds"] > 0
    assert computed["going_back_seconds"] > 0
    assert computed["times"].startswith("computed")
    rehearsed = shop.succeed("dry-run", "--rehearse")
    told = {row["phase"]: row["seconds"] for row in rehearsed.section("Rehearsal")}
    for measured in (rehearsed.summary, shop.succeed("dry-run").summary):
        assert measured["times"].startswith("measured by the rehearsal of ")
        assert measured["source_fenced_seconds"] == round(told["source fenced"], 1)
        assert measured["going_back_seconds"] == round(told["going back"], 1)
    assert 0 < told["source fenced"] < told["migrate"]
    shop.replace("[tenants]", "[tenants]\nsettings = { 'app.a' = 'b' }")
    assert shop.succeed("dry-run").summary["times"].startswith("computed")


def test_a_rehearsal_that_fails_leaves_nothing_behind(shop: Shop) -> None:
    before = state(shop.source)
    with (shop.directory / "tenant" / "schema.sql").open("a", encoding="utf-8") as schema:
        # Nothing that the source can be asked: true there, false in the database to come.
        schema.write("ALTER TABLE notes ADD CHECK (current_database() !~ 'tenant_1$');")
    answer = shop.run("dry-run", "--rehearse")
    assert answer.exit_code == 4
    assert "tenant_1" in answer.error
    assert state(shop.source) == before
    assert shop.databases() == ["migrator"]


@pytest.mark.exhaustive
def test_a_rehearsal_whose_databases_cannot_be_dropped_ends_its_sessions(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(scratch: Workspace) -> None:
        raise DatabaseError("DROP DATABASE: permission denied", "Ask its owner.")

    monkeypatch.setattr(rehearsal, "drop_run", refuse)
    assert shop.run("dry-run", "--rehearse").exit_code == 5
    # Without FORCE, which is refused while a session is in it; the journal, which knows what is left, is there still.
    (left,) = [name for name in shop.databases() if name.endswith("rehearsal_migrator")]
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(f"{shop.prefix}_{left}")))


def test_a_table_that_nobody_placed_blocks(shop: Shop) -> None:
    shop.replace('notes = { target = "tenant", key = "tenant_id" }\n', "")
    answer = shop.run("dry-run")
    assert answer.exit_code == 1
    assert blocking(answer) == {"placement of notes": "no foreign key leads from it to the tenant root"}
    (remedy,) = (check["remedy"] for check in answer.document["checks"] if check["state"] == "block")
    assert '[tables."notes"]' in remedy
    assert answer.summary["undecided"] == 1
    refused = shop.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert shop.databases() == ["migrator"]


def test_rows_of_nobody_block_until_it_is_said_where_they_go(own_shop: Shop) -> None:
    shop = own_shop
    run_sql(
        shop.source, "INSERT INTO notes (tenant_id, body) VALUES (NULL, 'nobody'), (77, 'no tenant 77'), (78, 'nor 78')"
    )
    answer = shop.run("dry-run")
    assert answer.exit_code == 1
    assert blocking(answer) == {
        "S03 notes": "3 rows of 9 by notes.tenant_id: 1 with NULL, 2 with a key that no tenant has (77, 78)."
    }
    assert answer.summary["unowned_rows"] == 3
    assert shop.run("migrate", "--without-backup").exit_code == 3
    shop.replace(
        'notes = { target = "tenant", key = "tenant_id" }',
        'notes = { target = "tenant", key = "tenant_id", unowned = "quarantine" }',
    )
    shop.split()
    assert shop.fetch("migrator", "SELECT tenant_key FROM migrator.quarantine ORDER BY 1") == [
        ("77",),
        ("78",),
        (None,),
    ]
    conservation = {row["table"]: row for row in shop.succeed("verify").section("Conservation")}
    assert conservation["public.notes"]["quarantined rows"] == 3
    assert conservation["public.notes"]["placed rows"] == 6


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE notes ADD COLUMN added text",
        "INSERT INTO tenants VALUES (4, 'late', 'Late & Co')",
        "UPDATE tenants SET code = 'renamed' WHERE id = 1",
        "CREATE TABLE another (id integer PRIMARY KEY)",
        "ALTER TABLE notes ALTER COLUMN body TYPE varchar(1000)",
    ],
)
def test_a_plan_that_rests_on_another_source_is_stale(own_shop: Shop, change: str) -> None:
    own_shop.plan()
    run_sql(own_shop.source, change)
    refused = own_shop.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert "stale" in refused.error
    assert f"migrator --config {own_shop.toml} dry-run" in refused.error
    assert own_shop.databases() == ["migrator"]


def test_a_plan_that_rests_on_another_configuration_is_stale(shop: Shop) -> None:
    shop.plan()
    shop.replace('as = "sales", ', "")
    refused = shop.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert "stale" in refused.error


def test_rows_that_come_and_go_do_not_make_a_plan_stale(own_shop: Shop) -> None:
    before = own_shop.succeed("dry-run").summary["fingerprint"]
    run_sql(own_shop.source, "DELETE FROM order_lines WHERE order_id < 30; VACUUM; ".removesuffix("VACUUM; "))
    with psycopg.connect(own_shop.source, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    assert own_shop.succeed("dry-run").summary["fingerprint"] == before


def test_migrate_refuses_without_a_dry_run_and_without_a_backup(shop: Shop) -> None:
    first = shop.run("migrate")
    assert first.exit_code == 3
    assert "dry-run" in first.error
    shop.plan()
    second = shop.run("migrate")
    assert second.exit_code == 3
    assert f"migrator --config {shop.toml} backup" in second.error
    assert "--without-backup" in second.error
    assert shop.databases() == ["migrator"]


@pytest.mark.exhaustive
def test_a_database_of_somebody_else_is_in_the_way_and_stays_as_it_is(
    shop: Shop, database_factory: DatabaseFactory, prefix: str
) -> None:
    shop.plan()
    foreign = database_factory(f"{prefix}_tenant_2")
    run_sql(foreign, "CREATE TABLE precious AS SELECT 42 AS value")
    # The dry-run passed before it came: migrate finds it by itself, before the monolith is fenced.
    refused = shop.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert f"{prefix}_tenant_2" in refused.error
    with psycopg.connect(shop.source) as connection:
        assert connection.execute("SELECT to_regnamespace('migrator_fence')").fetchall() == [(None,)]
    blocked = shop.run("dry-run")
    assert blocked.exit_code == 1
    (detail,) = blocking(blocked).values()
    assert f"{prefix}_tenant_2" in detail
    assert shop.fetch("tenant_2", "SELECT value FROM precious") == [(42,)]
    assert shop.take_back().exit_code == 0
    assert shop.databases() == ["migrator", "tenant_2"]
    assert shop.fetch("tenant_2", "SELECT value FROM precious") == [(42,)]


def test_more_databases_than_sessions_and_each_row_once(
    database_factory: DatabaseFactory, prefix: str, tmp_path: Path
) -> None:
    url = database_factory()
    load_shop(url, tenants=11, orders=200)
    shop = make_shop(tmp_path / "shop", url, prefix)
    # A budget of 8 sessions: two databases at a time for each of two jobs.
    shop.plan()
    answer = shop.succeed("--max-target-connections", "8", "migrate", "--without-backup")
    assert answer.summary["databases"] == 13
    assert answer.summary["target_rows"] == answer.summary["source_rows"] + 11 * 3
    groups = {step.rpartition("/")[2] for (step,) in shop.journal("SELECT step FROM steps WHERE step LIKE 'copy:%'")}
    assert len(groups) > 1
    shop.succeed("verify")


def test_the_guides_variables_say_where_the_source_is(shop: Shop) -> None:
    (shop.directory / ".env").unlink()
    server = conninfo_to_dict(shop.source)
    environment = {
        "DB_HOST": str(server["host"]),
        "DB_USERNAME": str(server["user"]),
        "DB_DATABASE": str(server["dbname"]),
        "DB_TENANT_PREFIX": shop.prefix,
        "DB_AUTH_NAME": f"{shop.prefix}_identity",
        "DB_SHARED_NAME": f"{shop.prefix}_common",
        **({"DB_PORT": str(server["port"])} if "port" in server else {}),
        **({"DB_PASSWORD": str(server["password"])} if "password" in server else {}),
    }
    answer = shop.run("dry-run", environment=environment)
    assert answer.exit_code == 0, answer.document
    names = {row["database"] for row in answer.section("Targets")}
    assert {f"{shop.prefix}_identity", f"{shop.prefix}_common", f"{shop.prefix}_tenant_1"} <= names
    # A flag is higher than the environment, the environment higher than .env.
    (shop.directory / ".env").write_text("DB_TENANT_PREFIX=of_the_file\n", encoding="utf-8")
    flagged = shop.run("--prefix", f"{shop.prefix}_flag", "dry-run", environment=environment)
    assert f"{shop.prefix}_flag_tenant_1" in {row["database"] for row in flagged.section("Targets")}
