"""doctor on real servers: what it sees is so, its remedies are enough, and it leaves nothing behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator.commands.doctor.command import Examination, doctor
from migrator.core.doctor.diagnosis import Diagnosis
from migrator.postgres.doctor.examine import examine_source, knows_locale
from migrator.postgres.programs.local_server import LocalServer
from migrator.postgres.session.connect import Endpoint
from tests.postgres.plan.transaction_pooler import TransactionPooler
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import WorkspaceFactory, fetch, run_sql
from tests.servers import DatabaseFactory, PostgresServer


def of(examination: Examination, part: str, subject: str | None = None) -> list[Diagnosis]:
    return [one for one in examination.diagnoses if one.part == part and subject in (None, one.subject)]


def failed(answer: Mapping[str, Any], part: str) -> dict[str, str]:
    return {
        one["subject"]: one["remedy"]
        for one in answer["diagnoses"]
        if one["part"] == part and one["health"] == "failed"
    }


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory(prefix)
    load_shop(url)
    return make_shop(tmp_path / "shop", url, prefix)


def test_a_server_that_is_well_is_told_so_and_nothing_is_made(shop: Shop, server_url: str) -> None:
    before = (fetch(server_url, "SELECT datname FROM pg_database ORDER BY 1"), sorted(shop.directory.rglob("*")))
    answer = shop.succeed("doctor")
    assert answer.document["summary"]["failed"] == 0
    parts = {one["part"] for one in answer.document["diagnoses"]}
    assert {"servers", "clocks", "TLS", "collations", "extensions", "disk", "privileges", "programs"} <= parts
    after = (fetch(server_url, "SELECT datname FROM pg_database ORDER BY 1"), sorted(shop.directory.rglob("*")))
    assert after == before


def test_what_is_measured_is_so(shop: Shop, server: PostgresServer) -> None:
    source = examine_source(Endpoint(shop.source), None)
    way = source.server.connectedness
    # One machine has one clock.
    assert abs(way.clock_ahead) <= way.clock_uncertainty + 0.01
    assert not way.is_pooled
    ((encoding, locale, size),) = fetch(
        shop.source,
        "SELECT pg_encoding_to_char(encoding), datcollate, pg_database_size(datname) FROM pg_database "
        "WHERE datname = current_database()",
    )
    assert (source.server.locale.encoding, source.server.locale.name, source.bytes) == (encoding, locale, size)
    assert knows_locale(Endpoint(server.url()), source.server.locale)
    assert dict(source.extensions) == dict(fetch(shop.source, "SELECT extname, extversion FROM pg_extension"))


def test_a_stage_is_told_what_matters_to_it(shop: Shop) -> None:
    subjects = {
        (one["part"], one["subject"]) for one in shop.succeed("doctor", "--stage", "audit").document["diagnoses"]
    }
    assert ("privileges", "audit") in subjects
    assert not {("privileges", "migrate"), ("programs", "pg_dump"), ("disk", "paths.backups")} & subjects
    assert shop.run("doctor", "--stage", "nope").exit_code == 2


def test_the_grants_that_it_prints_are_enough(shop: Shop, prefix: str, server_url: str) -> None:
    """As a role that may do nothing: every remedy is executed as it is printed, and then nothing has failed."""
    role, owner = f"{prefix}_poor", f"{prefix}_owner"
    with psycopg.connect(shop.source, autocommit=True) as connection:
        for statement in (
            "CREATE ROLE {role} LOGIN",
            "CREATE ROLE {owner}",
            "ALTER TABLE orders OWNER TO {owner}",
            "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        ):
            connection.execute(sql.SQL(statement).format(role=sql.Identifier(role), owner=sql.Identifier(owner)))
    poor = Shop(shop.directory, make_conninfo(shop.source, user=role), prefix)
    (shop.directory / ".env").write_text(f"MIGRATOR_SOURCE_URL='{poor.source}'\nMIGRATOR_PREFIX={prefix}\n")
    answer = poor.run("doctor")
    assert answer.exit_code == 1
    lacking = failed(answer.document, "privileges")
    assert {"journal", "backup", "audit", "clean", "dry-run", "migrate", "verify", "rollback"} == set(lacking)
    assert "CREATEDB" in lacking["migrate"]
    assert f"GRANT {owner} TO {role};" in lacking["clean"]
    assert f"GRANT {owner} TO {role};" not in lacking["audit"]
    for _ in range(3):  # what a missing USAGE hides is seen once that is given
        if not lacking:
            break
        for remedy in lacking.values():
            run_sql(shop.source, remedy.partition("; or ")[0])
        answer = poor.run("doctor")
        lacking = failed(answer.document, "privileges")
    assert lacking == {}
    assert answer.exit_code == 0, answer.document["headline"]
    assert fetch(poor.source, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]


def test_a_pooler_in_between_fails(shop: Shop, server: PostgresServer, make_workspace: WorkspaceFactory) -> None:
    with TransactionPooler(server.url()) as pooler:
        examination = doctor(make_workspace(pooler.url(shop.prefix)))
    assert any(
        "pooler in transaction mode" in one.detail for one in of(examination, "servers") if one.health == "failed"
    )


def test_a_server_that_does_not_answer_is_a_line_and_the_others_are_looked_at(
    database_url: str, second_server: LocalServer, make_workspace: WorkspaceFactory
) -> None:
    target = {"database": "{prefix}_x", "migrations": "m"}
    servers = {"east": {"url": second_server.url()}, "gone": {"url": "postgresql://nobody@127.0.0.1:1/postgres"}}
    examination = doctor(
        make_workspace(
            database_url,
            servers=servers,
            targets={"a": {**target, "server": "east"}, "b": {**target, "server": "gone"}},
        )
    )
    (gone,) = of(examination, "servers", "server gone")
    assert (gone.health, "server runs" in gone.remedy) == ("failed", True)
    assert [one.health for one in of(examination, "servers", "server east")] == ["ok"]
    assert [one.health for one in of(examination, "disk", "server east")] == ["ok"]
    assert of(examination, "privileges", "migrate")[0].health == "ok"


def test_without_the_source_the_target_servers_are_looked_at(
    database_url: str, prefix: str, server_url: str, make_workspace: WorkspaceFactory
) -> None:
    absent = make_conninfo(database_url, dbname=f"{prefix}_none")
    examination = doctor(make_workspace(absent, servers={"default": {"url": server_url}}))
    (source,) = of(examination, "servers", "source")
    assert source.health == "failed"
    assert "does not exist" in source.detail
    assert [one.health for one in of(examination, "servers", "server default")] == ["ok"]
    assert [one.subject for one in of(examination, "privileges")] == ["journal"]


def test_one_server_under_two_names_is_seen(
    database_url: str, server_url: str, make_workspace: WorkspaceFactory
) -> None:
    target = {"database": "{prefix}_x", "migrations": "m"}
    examination = doctor(
        make_workspace(
            database_url,
            servers={"again": {"url": server_url}},
            targets={"a": target, "b": {**target, "server": "again"}},
        )
    )
    assert any("the same server as" in one.detail for one in of(examination, "servers") if one.health == "failed")


def test_a_database_of_another_name_in_the_place_of_the_journal_fails(
    database_url: str, prefix: str, database_factory: DatabaseFactory, make_workspace: WorkspaceFactory
) -> None:
    control = database_factory(f"{prefix}_migrator")
    workspace = make_workspace(database_url)
    assert of(doctor(workspace), "privileges", "journal")[0].health == "ok"  # empty: made for us beforehand
    run_sql(control, "CREATE TABLE somebody_elses ()")
    assert of(doctor(workspace), "privileges", "journal")[0].health == "failed"


def test_collations_of_another_version_than_the_library_are_named(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    versioned = fetch(
        database_url,
        "SELECT quote_ident(collname) FROM pg_collation WHERE collversion IS NOT NULL "
        "AND pg_collation_actual_version(oid) IS NOT NULL AND collencoding IN (-1, 6) ORDER BY collname LIMIT 1",
    )
    if not versioned:
        pytest.skip("this build of PostgreSQL has no collation with a version")
    name = versioned[0][0]
    run_sql(database_url, f"CREATE COLLATION aged FROM {name}; CREATE TABLE t (c text COLLATE aged)")
    assert all(one.health == "ok" for one in of(doctor(make_workspace(database_url)), "collations"))
    run_sql(database_url, "UPDATE pg_collation SET collversion = '0' WHERE collname = 'aged'")
    (line,) = [one for one in of(doctor(make_workspace(database_url)), "collations", "source") if one.health != "ok"]
    assert "public.aged (0, now " in line.detail


def test_an_extension_that_a_target_server_lacks_is_named(database_url: str, make_workspace: WorkspaceFactory) -> None:
    assert [one.health for one in of(doctor(make_workspace(database_url, targets=A_TARGET)), "extensions")] == ["ok"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        # As if the source's server had a package that the target's has not.
        connection.execute(
            "INSERT INTO pg_extension SELECT 99999, 'from_elsewhere', extowner, extnamespace, false, '2.1' "
            "FROM pg_extension WHERE extname = 'plpgsql'"
        )
    (line,) = of(doctor(make_workspace(database_url, targets=A_TARGET)), "extensions")
    assert line.health == "warning"
    assert line.detail.startswith("from_elsewhere 2.1 of the source is not offered")


A_TARGET = {"a": {"database": "{prefix}_a", "migrations": "m"}}


def test_directories_that_cannot_be_written_fail(
    database_url: str, tmp_path: Path, make_workspace: WorkspaceFactory
) -> None:
    (tmp_path / "file").write_text("")
    examination = doctor(make_workspace(database_url, paths={"spool": str(tmp_path / "file" / "below")}))
    (line,) = of(examination, "disk", "paths.spool")
    assert (line.health, line.stages) == ("failed", ("migrate",))
