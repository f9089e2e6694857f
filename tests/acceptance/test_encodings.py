"""Databases of other encodings are split like any other: names, keys, slugs, comments, functions, rows beyond ASCII."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator.commands.audit.command import audit
from migrator.commands.backup.command import backup
from migrator.commands.clean.command import clean
from migrator.commands.dry_run.command import dry_run
from migrator.commands.init.command import init
from migrator.commands.migrate.command import migrate
from migrator.commands.rollback.command import rollback
from migrator.commands.shared.workspace import Workspace
from migrator.commands.verify.command import verify
from migrator.core.result.progress import Silent
from migrator.postgres.schema.catalog import read_objects
from migrator.postgres.session.connect import Endpoint, session
from migrator.settings.load import DEFAULT_FILE, load_settings
from tests.servers import PostgresServer

pytestmark = pytest.mark.timeout(300)

# {0} and {1} are words beyond ASCII that the encoding has.
_MONOLITH = """
CREATE TABLE "t{0}" (code text PRIMARY KEY, slug text UNIQUE NOT NULL, name text);
COMMENT ON TABLE "t{0}" IS '{0} {1}';
CREATE TABLE "i{1}" (
    id serial PRIMARY KEY, "c{0}" text NOT NULL REFERENCES "t{0}", "v{1}" text DEFAULT '{0}', CHECK ("v{1}" <> '{1}')
);
CREATE INDEX "x{0}" ON "i{1}" ("v{1}") WHERE "v{1}" > '{0}';
CREATE FUNCTION "f{0}"(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '{1}: ' || t $$;
CREATE VIEW "w{1}" AS SELECT id, "v{1}" || ' {0}' AS "v{0}" FROM "i{1}";
CREATE TYPE "m{0}" AS ENUM ('{0}', '{1}');
CREATE TABLE moods (company text NOT NULL REFERENCES "t{0}", mood "m{0}", tags text[], PRIMARY KEY (company, mood));
INSERT INTO "t{0}" VALUES ('{0}', 'a{0}', '{0} {1}'), ('{1}', 'b{1}', NULL);
INSERT INTO "i{1}" ("c{0}", "v{1}") VALUES ('{0}', '{0} {1}'), ('{1}', ''), ('{0}', E'tab\\t{0}\\\\N');
INSERT INTO moods VALUES ('{0}', '{0}', '{{"{1}", NULL}}'), ('{1}', '{1}', '{{}}');
"""
_WORDS = {
    "UTF8": ("société", "漢字😀"),
    "LATIN1": ("société", "müßig"),
    "WIN1252": ("cœur", "„müßig“"),
    "EUC_JP": ("会社", "さくら"),
    "KOI8R": ("фирма", "склад"),
    # The server does not look at the bytes; they are UTF-8 as most applications write them.
    "SQL_ASCII": ("société", "漢字"),
}


_OFTEN = ("LATIN1", "EUC_JP", "SQL_ASCII")


@pytest.fixture(params=[pytest.param(one, marks=() if one in _OFTEN else pytest.mark.exhaustive) for one in _WORDS])
def monolith(request: pytest.FixtureRequest, server: PostgresServer, prefix: str) -> str:
    encoding: str = request.param
    name = f"{prefix}_monolith"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0").format(
                sql.Identifier(name), sql.Literal(encoding)
            )
        )
    url = server.url(name)
    with psycopg.connect(url, autocommit=True, client_encoding="UTF8") as connection:
        connection.execute(_MONOLITH.format(*_WORDS[encoding]).encode())
    return url


def test_a_monolith_of_another_encoding_is_split_and_taken_back(monolith: str, prefix: str, tmp_path: Path) -> None:
    fresh = load_settings(flags={("source", "url"): monolith}, environment={}, directory=tmp_path, without_file=True)
    init(Workspace.of(fresh, Silent()), tmp_path)
    flags: dict[tuple[str, ...], Any] = {("source", "url"): monolith, ("source", "prefix"): prefix}
    settings = load_settings(tmp_path / DEFAULT_FILE, flags=flags, environment={})
    before = everything(monolith)
    for stage in (partial(backup, verify=True), audit, clean, dry_run, migrate, verify):
        workspace = Workspace.of(settings, Silent())
        try:
            outcome = stage(workspace)
        finally:
            workspace.close()
        assert outcome.exit_code == 0 or stage is audit, outcome.headline
    assert rows_of_tenants(monolith, prefix) == before[1]
    workspace = Workspace.of(settings, Silent())
    try:
        assert rollback(workspace, confirm=outcome.run_id).exit_code == 0
    finally:
        workspace.close()
    assert everything(monolith) == before


def everything(url: str) -> tuple[dict[tuple[str, str], str], list[str]]:
    with session(Endpoint(url), purpose="test") as connection:
        return dict(read_objects(connection)), rows(url)


def rows(url: str) -> list[str]:
    """Every row of every table as text."""
    found: list[str] = []
    with psycopg.connect(url, client_encoding="UTF8") as connection:
        tables: list[tuple[Any, ...]] = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND relname <> 'alembic_version'"
        ).fetchall()
        for (table,) in tables:
            found += [
                f"{table}: {row}"
                for (row,) in connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            ]
    return sorted(found)


def rows_of_tenants(url: str, prefix: str) -> list[str]:
    """The rows of every database of a tenant or shared one, together."""
    with psycopg.connect(url, client_encoding="UTF8") as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND datname <> current_database() "
            "AND datname !~ '_(template|bare|migrator)$'",
            [f"{prefix}_"],
        ).fetchall()
    return sorted({row for (name,) in names for row in rows(make_conninfo(url, dbname=str(name)))})
