"""Databases of other encodings are split like any other: names, keys, slugs, comments, functions, rows beyond ASCII."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import migrator
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
    migrator.init(monolith, tmp_path, environment={})
    flags: dict[tuple[str, ...], Any] = {("source", "url"): monolith, ("source", "prefix"): prefix}
    settings = migrator.load_settings(tmp_path / "migrator.toml", flags=flags, environment={})
    before = everything(monolith)
    with migrator.Migration(settings) as migration:
        ends_well(migration.backup(verify=True))
        migration.audit()
        ends_well(migration.clean())
        ends_well(migration.dry_run())
        migrated = migration.migrate()
        ends_well(migrated)
        ends_well(migration.verify())
        assert rows_of_tenants(monolith, prefix) == before[1]
        ends_well(migration.rollback(confirm=migrated.run_id))
    assert everything(monolith) == before


def ends_well(result: Any) -> None:
    outcome = migrator.present(result)
    assert outcome.exit_code == 0, outcome.headline


def everything(url: str) -> tuple[dict[tuple[str, str], str], list[str]]:
    return dict(migrator.read_objects(url)), rows(url)


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
