"""Policies compare keys as the server does: a bound session sees the rows that the declared key gives to its tenant."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.project import Project
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

# The type of the tenants' key, that of the rows' column, two tenants, and three ways to write the first one's key.
KINDS = {
    "numeric": ("", "numeric", "numeric", ("1", "2"), ("1", "1.0", "1.00")),
    "int over numeric": ("", "numeric", "int", ("1.00", "2"), ("1", "1", "1")),
    "citext": ("CREATE EXTENSION citext;", "citext", "citext", ("Acme", "Beta"), ("Acme", "ACME", "acme")),
    "a collation that ignores case": (
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);",
        'text COLLATE public.ci', 'text COLLATE public.ci', ("Acme", "Beta"), ("Acme", "ACME", "acme"),
    ),
    "only the referenced column ignores case": (
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);",
        'text COLLATE public.ci', 'text', ("Acme", "Beta"), ("Acme", "ACME", "acme"),
    ),
}  # fmt: skip

SCHEMA = """
CREATE TABLE tenants (key {root} PRIMARY KEY, name text NOT NULL);
CREATE TABLE pages (id int PRIMARY KEY, tenant {own} NOT NULL REFERENCES tenants, body text);
CREATE TABLE parts (id int PRIMARY KEY, page_id int NOT NULL REFERENCES pages);
"""
ROWS = """
INSERT INTO tenants VALUES ('{0[0]}', 'North'), ('{0[1]}', 'South');
INSERT INTO pages VALUES (1, '{1[0]}', 'x'), (2, '{1[1]}', 'y'), (3, '{1[2]}', 'z'), (4, '{0[1]}', 's');
INSERT INTO parts SELECT id, id FROM pages;
"""
REVISION = """from alembic import op
revision = "1"
down_revision = None

def upgrade():
    op.execute('''{script}''')
"""
CONFIGURATION = """
[tenants]
root = "tenants"
key = "key"
name = "name"

[targets.erp]
database = "{prefix}_erp"
migrations = "tree"
row_level_security = true

[tables]
tenants = { target = "erp" }
pages = { target = "erp" }
parts = { target = "erp" }
"""


def project_of(kind: str, url: str, prefix: str, directory: Path) -> Project:
    before, root, own, tenants, spellings = KINDS[kind]
    schema = before + SCHEMA.format(root=root, own=own)
    with psycopg.connect(url) as connection:
        connection.execute((schema + ROWS.format(tenants, spellings)).encode())
    versions = directory / "tree" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "env.py").write_text("from migrator.revisions import run_environment\nrun_environment(None)\n")
    (versions / "1.py").write_text(REVISION.format(script=schema))
    return Project.make(directory, url, prefix, CONFIGURATION)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bound_session_sees_every_row_of_its_tenant_and_no_other(
    kind: str, database_factory: DatabaseFactory, prefix: str, tmp_path: Path
) -> None:
    url = database_factory(prefix)
    with psycopg.connect(url, autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_available_extensions WHERE name = 'citext'").fetchone()
        if kind == "citext" and known is None:
            pytest.skip("this server has no citext")
        if "provider = icu" in KINDS[kind][0]:
            try:
                connection.execute("CREATE COLLATION probe (provider = icu, locale = 'und'); DROP COLLATION probe")
            except psycopg.errors.FeatureNotSupported:
                pytest.skip("this server is built without ICU")
    project = project_of(kind, url, prefix, tmp_path)
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")
    project.succeed("verify")
    role = sql.Identifier(f"{prefix}_reader")
    with psycopg.connect(make_conninfo(project.url("erp")), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
        try:
            connection.execute(
                sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(role)
            )
            connection.execute(sql.SQL("SET ROLE {}").format(role))
            seen = {}
            for tenant in KINDS[kind][3]:
                connection.execute("SELECT set_config('app.current_tenant', %s, false)", [tenant])
                seen[tenant] = [
                    [one for (one,) in connection.execute(f"SELECT id FROM {table} ORDER BY 1".encode())]  # noqa: S608
                    for table in ("pages", "parts")
                ] + [len(connection.execute("SELECT FROM tenants").fetchall())]
            first, second = KINDS[kind][3]
            assert seen == {first: [[1, 2, 3], [1, 2, 3], 1], second: [[4], [4], 1]}
            # A row that the second tenant writes under another spelling of the first's key is refused.
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                connection.execute("INSERT INTO pages VALUES (9, %s, 'no')", [KINDS[kind][4][1]])
        finally:
            connection.execute("RESET ROLE")
            connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
            connection.execute(sql.SQL("DROP ROLE {}").format(role))
