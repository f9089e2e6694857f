"""The small case: a monolith of two tenants that has one of everything, and undisturbed copies of which are cheap."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import migrator.commands.migrate.execution as migrate_module
import migrator.commands.migrate.templates as preparing_module
from migrator.commands.shared.workspace import Workspace
from migrator.core.result.progress import Silent
from migrator.engine.workers import Work, WorkerPools, begin_worker, end_worker
from migrator.settings import Limits, Settings

MONOLITH = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE companies (id int PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE units (code text PRIMARY KEY, label text NOT NULL);
CREATE TABLE customers (
    id bigserial PRIMARY KEY, company_id int REFERENCES companies, name text NOT NULL, feeling mood,
    tags text[], UNIQUE (company_id, name)
);
CREATE TABLE orders (
    id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    parent_id bigint REFERENCES orders, total numeric(12,2) NOT NULL,
    doubled numeric GENERATED ALWAYS AS (total * 2) STORED
);
CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders, line int NOT NULL, unit text REFERENCES units, payload jsonb,
    PRIMARY KEY (order_id, line)
);
CREATE TABLE notes (company_id int, written timestamptz NOT NULL DEFAULT '2026-01-01', body text);
INSERT INTO companies VALUES (1, 'acme', 'Acme'), (2, 'bolt', E'Bolt & "Sons"');
INSERT INTO units VALUES ('kg', 'kilogram'), ('m', 'metre');
INSERT INTO customers (company_id, name, feeling, tags)
    SELECT 1 + n % 2, E'name\\t' || n, (ARRAY['sad', 'ok', 'happy'])[1 + n % 3]::mood, ARRAY['a,b', NULL, E'c\\\\']
    FROM generate_series(1, 20) n;
INSERT INTO customers (company_id, name) VALUES (NULL, 'nobody''s');
INSERT INTO orders (customer_id, parent_id, total)
    SELECT 1 + n % 20, CASE WHEN n > 40 THEN n - 20 END, n * 1.5 FROM generate_series(1, 60) n;
INSERT INTO order_lines SELECT o, l, CASE l WHEN 1 THEN 'kg' END, jsonb_build_object('n', o * l)
    FROM generate_series(1, 60) o, generate_series(1, 2) l;
INSERT INTO notes VALUES (1, '2026-02-01', 'one'), (2, '2026-02-02', 'two'), (2, '2026-02-02', 'two'),
    (9, '2026-02-03', 'of no company');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
"""

SHARED = """
CREATE TABLE units (code text PRIMARY KEY, label text NOT NULL);
CREATE TABLE companies (id int PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL);
"""
TENANT = """
CREATE TABLE units (code text PRIMARY KEY, label text NOT NULL);
CREATE TYPE mood AS ENUM ('happy', 'ok', 'sad');
CREATE TABLE customers (
    id bigserial PRIMARY KEY, company_id int, name text NOT NULL, feeling mood, tags text[], UNIQUE (company_id, name)
);
CREATE TABLE orders (
    id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    parent_id bigint REFERENCES orders, total numeric(12,2) NOT NULL,
    doubled numeric GENERATED ALWAYS AS (total * 2) STORED
);
CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders, line int NOT NULL, unit text REFERENCES units, payload jsonb,
    PRIMARY KEY (order_id, line)
);
CREATE INDEX order_lines_unit ON order_lines (unit);
CREATE TABLE notes (company_id int, written timestamptz NOT NULL, body text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE VIEW order_totals AS
    SELECT c.id, c.name, sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id;
"""

_REVISION = """from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute({ddl!r})


def downgrade() -> None:
    raise NotImplementedError
"""
_ENV = "from migrator.revisions import run_environment\n\nrun_environment(None)\n"


def write_tree(directory: Path, ddl: str) -> Path:
    """An Alembic tree of one revision."""
    (directory / "versions").mkdir(parents=True, exist_ok=True)
    (directory / "env.py").write_text(_ENV)
    (directory / "versions" / "0001_all.py").write_text(_REVISION.format(ddl=ddl))
    return directory


@dataclass(frozen=True)
class Variation:
    """What a case has beyond the small one: the monolith's SQL, DDL of its targets, settings of tables and others."""

    monolith: str = ""
    tenant: str = ""
    tables: Mapping[str, Any] = field(default_factory=dict)
    shared: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)  # top-level sections of migrator.toml


SMALL = Variation()


@dataclass(frozen=True)
class Apart:
    """A server of the targets' own, and whether the journal stays with the source instead of going there."""

    url: str
    journal_stays: bool = False


def document(
    url: str, prefix: str, directory: Path, variation: Variation = SMALL, targets: Apart | None = None
) -> dict[str, Any]:
    """The configuration of the small case, as migrator.toml would hold it; `targets` is a server of their own."""
    name = "targets" if targets is not None and targets.journal_stays else "default"
    for tree, ddl in (("shared", SHARED + variation.shared), ("tenant", TENANT + variation.tenant)):
        write_tree(directory / tree, ddl)
    return {
        "source": {"url": url, "prefix": prefix},
        **({"servers": {name: {"url": targets.url}}} if targets is not None else {}),
        "tenants": {"root": "companies", "slug": "code", "name": "name"},
        "targets": {
            "shared": {"database": "{prefix}_shared", "migrations": "shared", "server": name},
            "tenant": {"database": "{prefix}_{slug}", "per_tenant": True, "migrations": "tenant", "server": name},
        },
        "tables": {
            "companies": {"target": "shared"},
            "units": {"target": "shared", "replicate": ["tenant"]},
            "customers": {"unowned": "quarantine"},
            "notes": {"target": "tenant", "key": "company_id", "unowned": "quarantine"},
            **variation.tables,
        },
        "clean": {
            "twins": {"table": "notes", "where": "body = 'two'"},
            "last-orders": {"table": "orders", "where": "id > 58"},
        },
        "limits": {"jobs": 1, "lock_timeout": 1, "fence_patience": 5},
        "paths": {"backups": "backups", "logs": "logs"},
        "root": str(directory),
        **variation.settings,
    }


def workspace(
    url: str, prefix: str, directory: Path, variation: Variation = SMALL, targets: Apart | None = None
) -> Workspace:
    """A workspace on the small case, or on one that is more than it."""
    return Workspace.of(Settings.model_validate(document(url, prefix, directory, variation, targets)), Silent())


class Inline(Executor):
    """Runs each unit at once, in the caller's process: one thread, one order, so that points can be numbered."""

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def _in_this_process(_limits: Limits, work: Work, _readers: int, _builders: int) -> Iterator[WorkerPools]:
    worker = begin_worker(work)
    try:
        yield WorkerPools(Inline(), Inline())
    finally:
        end_worker()
        worker.after_unit()


@contextmanager
def inline() -> Iterator[None]:
    """migrate without processes and threads of its own."""
    with (
        mock.patch.object(migrate_module, "worker_pools", _in_this_process),
        mock.patch.object(preparing_module, "preparers", return_value=Inline()),
    ):
        yield


def write_configuration(url: str, prefix: str, directory: Path, *, jobs: int = 2) -> Path:
    """The small case's migrator.toml and trees, for the program as users run it."""
    found = document(url, prefix, directory)
    del found["root"]
    found["limits"] = {**found["limits"], "jobs": jobs}
    file = directory / "migrator.toml"
    file.write_text("".join(f"{json.dumps(name)} = {_toml(value)}\n" for name, value in found.items()))
    return file


def _toml(value: Any) -> str:
    match value:
        case Mapping():
            return "{ " + ", ".join(f"{json.dumps(name)} = {_toml(one)}" for name, one in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
