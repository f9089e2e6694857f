"""What in the source itself would stop a split behind the fence: found by dry-run, with what takes it away."""

# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from migrator.postgres.plan.pooler import is_pooled
from migrator.postgres.session.connect import Endpoint
from tests.postgres.plan.projects import (
    ROOT,
    ProjectFactory,
    blocking,
    is_fenced,
    load,
    project_factory,
    remedies,
    split_and_back,
)
from tests.postgres.plan.transaction_pooler import TransactionPooler
from tests.project import Project
from tests.servers import DatabaseFactory, PostgresServer

pytestmark = pytest.mark.timeout(300)

_NOTES = """
CREATE TABLE notes (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies);
INSERT INTO notes VALUES (1, 1), (2, 2);
"""


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


# -- event triggers ---------------------------------------------------------------------------------------------------

_LOG = "CREATE TABLE ddl_log (id bigserial PRIMARY KEY, tag text);"


def event_trigger(body: str, event: str = "ddl_command_end", tags: str = "") -> str:
    when = f"WHEN TAG IN ({tags})" if tags else ""
    return (
        f"CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;"
        f"CREATE EVENT TRIGGER watch ON {event} {when} EXECUTE FUNCTION watch();"
    )


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ("INSERT INTO public.ddl_log (tag) VALUES (tg_tag);", "ddl_command_end"),
        ("INSERT INTO public.ddl_log (tag) VALUES ('drop');", "sql_drop"),
        ("EXECUTE 'DELETE FROM public.ddl_log';", "ddl_command_start"),
        ("RAISE EXCEPTION 'no DDL here';", "ddl_command_start"),
        ("RAISE 'no DDL here';", "ddl_command_start"),
    ],
)
def test_an_event_trigger_that_writes_or_refuses_blocks(make: ProjectFactory, body: str, event: str) -> None:
    project = make(ROOT + _NOTES + _LOG)
    load(project.source, event_trigger(body, event))
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert set(blocking(answer)) == {"event trigger watch"}
    assert "ALTER EVENT TRIGGER watch DISABLE" in remedies(answer)
    load(project.source, "ALTER EVENT TRIGGER watch DISABLE")
    split_and_back(project)


def test_an_event_trigger_that_only_tells_is_none_of_ours(make: ProjectFactory) -> None:
    project = make(ROOT + _NOTES)
    load(project.source, event_trigger("NOTIFY changed; RAISE NOTICE 'changed';"))
    split_and_back(project)


# -- rows and types that are elsewhere --------------------------------------------------------------------------------


def test_a_partition_that_is_a_foreign_table_blocks(make: ProjectFactory) -> None:
    project = make(
        ROOT + "CREATE TABLE events (id int, company_id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);"
        "CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);"
        "ALTER TABLE events_new ADD FOREIGN KEY (company_id) REFERENCES companies;"
    )
    project.toml.write_text(
        project.toml.read_text(encoding="utf-8") + '\n[tables.events]\ntarget = "tenant"\nkey = "company_id"\n'
        if "[tables.events]" not in project.toml.read_text(encoding="utf-8")
        else project.toml.read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    load(
        project.source,
        "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;"
        "CREATE FOREIGN TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2024-01-01') SERVER far;",
    )
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert "its rows are on the server far" in blocking(answer)["partition events_old of events"]
    assert "ALTER TABLE public.events DETACH PARTITION public.events_old;" in remedies(answer)


@pytest.mark.parametrize(
    "column",
    ["old currencies", "olds currencies[]", "two pair", "known named"],
)
def test_a_type_of_a_table_that_will_be_elsewhere_blocks_and_the_remedy_is_enough(
    make: ProjectFactory, column: str
) -> None:
    project = make(
        ROOT + "CREATE TABLE currencies (code text PRIMARY KEY, digits int);"
        "CREATE TYPE pair AS (one currencies, other int); CREATE DOMAIN named AS currencies CHECK ((value).code <> '');"
        f"CREATE TABLE prices (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, {column});"
        "INSERT INTO currencies VALUES ('EUR', 2); INSERT INTO prices (id, company_id) VALUES (1, 1), (2, 2);"
    )
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    name = f"type of prices.{column.split()[0]}"
    assert "row type of currencies, which tenant will not have" in blocking(answer)[name]
    assert '[tables."currencies"] replicate = ["tenant"]' in remedies(answer)
    text = project.toml.read_text(encoding="utf-8")
    heading = "[tables.currencies]\n"
    assert heading in text
    project.toml.write_text(text.replace(heading, f'{heading}replicate = ["tenant"]\n'), encoding="utf-8")
    project.succeed("init", "--trees")
    split_and_back(project)


# -- keys that are no way to a tenant ---------------------------------------------------------------------------------


def test_a_key_to_one_partition_is_a_way_to_the_tenant_and_reads_each_row_once(make: ProjectFactory) -> None:
    # Number 1 is in both partitions, of different tenants: only the one that the key names may count.
    project = make(
        ROOT
        + "CREATE TABLE ev (id int, company_id int NOT NULL REFERENCES companies, at date) PARTITION BY RANGE (at);"
        "CREATE TABLE ev_1 (id int UNIQUE, company_id int NOT NULL, at date);"
        "ALTER TABLE ev ATTACH PARTITION ev_1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "CREATE TABLE ev_2 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);"
        "CREATE TABLE parts (id int PRIMARY KEY, ev_id int NOT NULL REFERENCES ev_1 (id));"
        "INSERT INTO ev VALUES (1, 1, '2024-05-05'), (2, 2, '2024-05-05'), (1, 2, '2025-05-05'), (1, 2, '2026-05-05');"
        "INSERT INTO parts VALUES (10, 1), (20, 2);"
    )
    split_and_back(project)


def test_a_key_of_a_period_is_no_way_to_the_tenant(make: ProjectFactory, server_url: str) -> None:
    script = (
        ROOT + "CREATE TABLE flats (flat int4range NOT NULL, company_id int NOT NULL REFERENCES companies,"
        " during int4range NOT NULL, UNIQUE (flat, during WITHOUT OVERLAPS));"
        "CREATE TABLE leases (id int PRIMARY KEY, c int4range NOT NULL, during int4range NOT NULL,"
        " company_id int NOT NULL REFERENCES companies,"
        " FOREIGN KEY (c, PERIOD during) REFERENCES flats (flat, PERIOD during));"
        "INSERT INTO flats VALUES ('[1,2)', 1, '[1,10)'), ('[1,2)', 1, '[10,20)'), ('[2,3)', 2, '[1,20)');"
        "INSERT INTO leases VALUES (1, '[1,2)', '[2,12)', 1), (2, '[2,3)', '[3,4)', 2);"
    )
    with psycopg.connect(server_url) as connection:
        version = connection.info.server_version
    if version < 180000:
        with pytest.raises(psycopg.errors.SyntaxError):
            make(script)
        return
    project = make(script)
    project.succeed("dry-run")
    # The row of two flats' periods is one row, also where its table has no key of its own.
    load(project.source, "ALTER TABLE leases DROP COLUMN company_id")
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert "placement of leases" in blocking(answer)


# -- sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["DATABASE", "ROLE"])
def test_a_limit_of_connections_is_met_before_the_fence(make: ProjectFactory, prefix: str, of: str) -> None:
    project = make(ROOT + _NOTES)
    role = f"{prefix}_limited"
    load(
        project.source,
        f"CREATE ROLE {role} LOGIN CREATEDB; ALTER DATABASE {{database}} OWNER TO {role};"
        f"ALTER SCHEMA public OWNER TO {role}; ALTER TABLE companies OWNER TO {role};"
        f"ALTER TABLE notes OWNER TO {role};",
    )
    url = psycopg.conninfo.make_conninfo(project.source, user=role)
    (project.directory / ".env").write_text(f"MIGRATOR_SOURCE_URL='{url}'\nMIGRATOR_PREFIX={prefix}\n")
    project.succeed("init", "--trees")
    project.succeed("dry-run")
    name = role if of == "ROLE" else "{database}"
    load(project.source, f"ALTER {of} {name} CONNECTION LIMIT {6 if of == 'ROLE' else 4}")
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert f"the CONNECTION LIMIT of the {of.lower()}" in blocking(answer)["sessions of the source"]
    assert not is_fenced(project)


def test_a_standby_is_no_source(make: ProjectFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(ROOT + _NOTES)
    # The server's own answer is taken from one of its functions; here a standby's.
    from migrator.postgres.session import connect

    original = connect.query
    monkeypatch.setattr(
        connect,
        "query",
        lambda name: (
            original(name).replace("pg_catalog.pg_is_in_recovery()", "true")
            if name == "plan/source_sessions"
            else original(name)
        ),
    )
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert "it is a standby" in blocking(answer)["the source's server"]


@pytest.fixture
def pooler(server: PostgresServer) -> Iterator[TransactionPooler]:
    with TransactionPooler(server.url()) as running:
        yield running


def test_a_pooler_in_transaction_mode_is_refused_on_either_side(
    make: ProjectFactory, pooler: TransactionPooler
) -> None:
    project = make(ROOT + _NOTES)
    database = str(psycopg.conninfo.conninfo_to_dict(project.source)["dbname"])
    assert not is_pooled(Endpoint(project.source))
    assert is_pooled(Endpoint(pooler.url(database)))
    for command in ("backup", "dry-run", "migrate"):
        refused = project.run("--source", pooler.url(database), command)
        assert refused.exit_code == 3, refused.document
        assert "behind a pooler in transaction mode" in refused.error
    target = project.run("--target", pooler.url("postgres"), "dry-run")
    assert target.exit_code == 3
    assert "behind a pooler in transaction mode" in target.error


# -- names ------------------------------------------------------------------------------------------------------------


def test_slugs_that_would_make_names_of_ours_get_their_keys(make: ProjectFactory) -> None:
    names = ("auth_bare", "tenant_template", "shared", "auth", "migrator", "shared_bare")
    rows = ", ".join(f"({number}, '{name}')" for number, name in enumerate(names, 3))
    project: Project = make(ROOT + _NOTES + f"INSERT INTO companies VALUES {rows};")
    answer = project.succeed("dry-run")
    databases = [row["database"].removeprefix(f"{project.prefix}_") for row in answer.section("Targets")]
    assert {"auth_bare_3", "tenant_template_4", "auth_6", "migrator_7"} <= set(databases)
    assert len(databases) == len(set(databases))
    split_and_back(project)


def test_a_source_name_of_63_bytes_is_refused_and_left_as_it_is(
    database_factory: DatabaseFactory, prefix: str, tmp_path: Path
) -> None:
    name = prefix.ljust(63, "x")
    url = database_factory(name)
    load(url, ROOT + _NOTES + "COMMENT ON DATABASE {database} IS 'the application''s own'")
    project = Project(tmp_path, url, name)
    environment = {"MIGRATOR_SOURCE_URL": url}
    made = project.run("init", "--into", str(tmp_path), "--tenant-root", "companies", environment=environment)
    answers = [made, *(project.run(one, environment=environment) for one in ("audit", "backup", "dry-run", "status"))]
    for answer in answers[1:]:
        assert answer.exit_code in (2, 3), answer.document
        assert "bytes" in answer.error
        assert "--prefix" in answer.error
    with psycopg.connect(url) as connection:
        ((comment, ours),) = connection.execute(
            "SELECT shobj_description(oid, 'pg_database'), to_regnamespace('migrator') FROM pg_database "
            "WHERE datname = current_database()"
        ).fetchall()
    assert (comment, ours) == ("the application's own", None)
    assert project.run("--prefix", prefix, "dry-run", environment=environment).exit_code in (0, 1)
