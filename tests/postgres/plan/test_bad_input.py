"""What is wrong with the input is said clearly, with a hint and the right exit code, and nothing is made or changed."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import run_sql, state
from tests.project import Answer
from tests.servers import DatabaseFactory, PostgresServer, ServerFactory, create_database, drop_databases

STAGES = ("backup", "audit", "clean", "dry-run", "migrate", "verify", "status", "placements")


@pytest.fixture(scope="module")
def source(server: PostgresServer) -> Iterator[str]:
    """A loaded shop that no test changes."""
    name = f"b{uuid.uuid4().hex[:8]}"
    create_database(server.url(), name)
    load_shop(server.url(name))
    yield server.url(name)
    drop_databases(server.url(), name)


@pytest.fixture
def shop(source: str, prefix: str, tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop", source, prefix)


@pytest.mark.parametrize(
    ("old", "new", "said", "hint"),
    [
        ("[tables]", "[tables]\nnotess = { target = 'tenant' }", "[tables.notess]", "Did you mean notes?"),
        ('root = "tenants"', 'root = "tennants"', "'tennants'", "Did you mean tenants?"),
        ('slug = "code"', 'slug = "kode"', "no column 'kode'", "Did you mean code?"),
        ('"tenant_id" }\nevents', '"tenantid" }\nevents', "no column 'tenantid'", "Did you mean tenant_id?"),
        ("columns = { amount = ", "columns = { amounts = ", "no column 'amounts'", "Did you mean amount?"),
        ('migrations = "shared"', 'migrations = "sharde"', "is not an Alembic tree", "[targets.X] migrations"),
        ('{prefix}_shared"', '{prefix}_auth"', "Two targets would have the same database", "[targets.X] database"),
        ('{prefix}_{slug}"', '{prefix}_{slugg}"', "cannot be filled: 'slugg'", "{slug}"),
        ('{prefix}_{slug}"', '{prefix}_tenant"', "gives several tenants the same name", "{slug}"),
        ("[tables]", "[tables", "is not valid TOML", "Correct that line"),
        ("[tables]", "[tabels]", "tabels: there is no such setting", "docs/configuration.md"),
        ('target = "shared"', 'target = "shard"', "names the target 'shard'", "docs/configuration.md"),
        ("per_tenant = true", "per_tenant = 'perhaps'", "targets.tenant.per_tenant", "docs/configuration.md"),
        (
            'notes = { target = "tenant", key = "tenant_id" }',
            'notes = { target = "tenant", key = "tenant_id", query = "SELECT * FROM nots" }',
            "query cannot be run",
            "Correct it in migrator.toml",
        ),
    ],
)  # fmt: skip
def test_a_configuration_that_does_not_fit(shop: Shop, old: str, new: str, said: str, hint: str) -> None:
    shop.replace(old, new)
    answer = shop.run("dry-run")
    assert answer.exit_code == 2, answer.document
    assert answer.document["status"] == "usage"
    message, _, hinted = answer.error.rpartition("\n")
    assert said in message
    assert hint in hinted


def test_columns_that_do_not_meet_are_told_before_the_monolith_is_fenced(shop: Shop) -> None:
    shop.replace(', columns = { amount = "net" }', "")
    answer = shop.run("dry-run")
    assert answer.exit_code == 1
    assert "has no column 'amount'" in schema_check(answer, "tenant")
    remedies = " ".join(check["remedy"] for check in answer.document["checks"])
    assert 'columns = { amount = "<its name there>" }' in remedies
    assert shop.run("migrate", "--without-backup").exit_code == 3
    with psycopg.connect(shop.source) as connection:
        assert connection.execute("SELECT to_regnamespace('migrator_fence')").fetchall() == [(None,)]


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_does_not_answer(shop: Shop, stage: str) -> None:
    answer = shop.run("--source", "postgresql://somebody:hidden@127.0.0.1:1/erp?connect_timeout=2", stage)
    assert answer.exit_code == 5
    assert answer.document["status"] == "database-error"
    assert "127.0.0.1:1" in answer.error
    assert "Check that the server runs" in answer.error
    assert "hidden" not in answer.stderr + str(answer.document)


def test_a_database_that_does_not_exist(shop: Shop) -> None:
    answer = shop.run("--source", make_conninfo(shop.source, dbname="no_such_erp"), "status")
    assert answer.exit_code == 5
    assert 'database "no_such_erp" does not exist' in answer.error
    assert "psql -l" in answer.error


@pytest.mark.parametrize("stage", ["backup", "dry-run", "migrate", "status"])
def test_a_wrong_password(own_server: ServerFactory, tmp_path: Path, stage: str) -> None:
    server = own_server({"listen_addresses": "''"})
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("ALTER ROLE postgres PASSWORD 'right-word'")
        connection.execute("CREATE DATABASE erp")
    load_shop(server.url("erp"))
    access = server.data_dir / "pg_hba.conf"
    access.write_text("local all all scram-sha-256\n", encoding="ascii")
    if os.geteuid() == 0:
        # The server's account reads it, whoever wrote it.
        owner = server.data_dir.stat()
        os.chown(access, owner.st_uid, owner.st_gid)
    server.restart()
    shop = make_shop(tmp_path / "shop", make_conninfo(server.url("erp"), password="wrong-word"), "erp")
    answer = shop.run(stage)
    assert answer.exit_code == 5
    assert "password authentication failed" in answer.error
    assert "28P01" in answer.error
    assert "DB_PASSWORD" in answer.error
    told = answer.stderr + str(answer.document)
    assert "wrong-word" not in told
    # The right one, from the environment.
    right = shop.run(stage, "--source", server.url("erp"), environment={"DB_PASSWORD": "right-word"})
    assert right.exit_code in (0, 3), right.document


@pytest.fixture
def role(server: PostgresServer, source: str, prefix: str) -> Iterator[str]:
    """A role that may log in, and nothing else."""
    name = f"{prefix}_role"
    run_sql(source, f'CREATE ROLE "{name}" LOGIN')
    yield name
    drop_databases(server.url(), prefix)  # the control database, which it owns
    with psycopg.connect(source) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_role_that_may_not_create_databases(shop: Shop, role: str) -> None:
    answer = shop.run("--source", make_conninfo(shop.source, user=role), "dry-run")
    assert answer.exit_code == 5
    assert "permission denied to create database" in answer.error
    assert "docs/privileges.md" in answer.error


def test_a_role_that_owns_nothing(shop: Shop, role: str) -> None:
    before = state(shop.source)
    run_sql(shop.source, f'ALTER ROLE "{role}" CREATEDB')
    answer = shop.run("--source", make_conninfo(shop.source, user=role), "dry-run")
    # It cannot read what the rows say; that is told first.
    assert answer.exit_code in (1, 5)
    run_sql(shop.source, f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{role}"')
    answer = shop.run("--source", make_conninfo(shop.source, user=role), "dry-run")
    assert answer.exit_code == 1
    blocks = {check["name"]: check["detail"] for check in answer.document["checks"] if check["state"] == "block"}
    assert "tables belong to" in blocks["fence the source"]
    run_sql(shop.source, f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{role}"')
    after = state(shop.source)
    assert after.digests == before.digests


def test_a_target_that_is_the_source(shop: Shop, source: str) -> None:
    name = str(psycopg.conninfo.conninfo_to_dict(source)["dbname"])
    shop.replace('"{prefix}_shared"', f'"{name}"')
    before = state(source)
    for stage in ("dry-run", "migrate"):
        answer = shop.run(stage)
        assert answer.exit_code == 3
        assert "is the source itself" in answer.error
    assert state(source) == before


def test_the_same_server_by_another_name_is_the_same_server(shop: Shop, source: str, server: PostgresServer) -> None:
    name = str(psycopg.conninfo.conninfo_to_dict(source)["dbname"])
    host = str(psycopg.conninfo.conninfo_to_dict(source).get("host", ""))
    if not host.startswith("/"):
        pytest.skip("the server has one name only")
    shop.replace('"{prefix}_shared"', f'"{name}"')
    answer = shop.run("--target", make_conninfo(server.url(), host=f"{host}/."), "dry-run")
    assert answer.exit_code == 3
    assert "is the source itself" in answer.error


def test_a_control_database_that_is_somebody_elses(shop: Shop, database_factory: DatabaseFactory, prefix: str) -> None:
    foreign = database_factory(f"{prefix}_migrator")
    run_sql(foreign, "CREATE TABLE precious AS SELECT 42 AS value")
    for stage in ("dry-run", "migrate", "backup"):
        answer = shop.run(stage)
        assert answer.exit_code == 3
        assert "is not a control database of migrator" in answer.error
        assert "MIGRATOR_CONTROL_DATABASE" in answer.error
    with psycopg.connect(foreign) as connection:
        assert connection.execute("SELECT value FROM precious").fetchall() == [(42,)]
        assert connection.execute("SELECT to_regnamespace('migrator')").fetchall() == [(None,)]


def test_no_source_at_all(shop: Shop) -> None:
    (shop.directory / ".env").unlink()
    answer = shop.run("dry-run")
    assert answer.exit_code == 2
    assert "No source database is named" in answer.error
    assert "MIGRATOR_SOURCE_URL" in answer.error


def test_no_configuration(shop: Shop) -> None:
    shop.toml.unlink()
    answer = shop.run("dry-run")
    assert answer.exit_code == 2
    assert "There is no configuration file" in answer.error


def test_a_tree_that_writes_rows_where_the_sources_rows_go(shop: Shop) -> None:
    shop.plan()
    with (shop.directory / "shared" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write("INSERT INTO units VALUES ('t', 'Tonne');")
    blocked = shop.run("dry-run")
    assert blocked.exit_code == 1
    assert "puts rows of its own into units" in schema_check(blocked, "shared")
    assert shop.run("migrate", "--without-backup").exit_code == 3


def test_a_revision_that_fails(shop: Shop) -> None:
    shop.plan()
    with (shop.directory / "shared" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write("CREATE TABLE broken (id nosuchtype);")
    blocked = shop.run("dry-run")
    assert blocked.exit_code == 1
    assert "A revision of" in schema_check(blocked, "shared")
    assert "nosuchtype" in schema_check(blocked, "shared")
    assert shop.run("migrate", "--without-backup").exit_code == 3
    assert not [name for name in shop.databases() if re.match(r"(schema|bare)\d", name)]


def schema_check(answer: Answer, target: str) -> str:
    """What dry-run says of that target's schema, which has to block."""
    ((state, detail),) = [
        (check["state"], check["detail"])
        for check in answer.document["checks"]
        if check["name"] == f"schema of {target}"
    ]
    assert state == "block"
    return str(detail)


def test_stages_in_the_wrong_order(shop: Shop) -> None:
    answer = shop.run("verify")
    assert answer.exit_code == 3
    assert f"migrator --config {shop.toml} migrate" in answer.error
    assert shop.run("rollback").exit_code in (0, 3)
