"""A source database of a few statements, examined as the stage audit does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from migrator.core.audit.facts import Facts
from migrator.core.result.progress import Silent
from migrator.postgres.audit.facts import examine
from migrator.postgres.session.connect import READ_ONLY, Endpoint, session
from migrator.settings import Settings
from tests.audit_facts import SPLIT, found

ROOT = """
CREATE TABLE companies (id integer PRIMARY KEY, code text NOT NULL);
INSERT INTO companies VALUES (1, 'one'), (2, 'two');
"""
TENANT_TABLES = """
CREATE TABLE clients (id bigint PRIMARY KEY, company_id integer REFERENCES companies);
CREATE TABLE quotes (id bigint PRIMARY KEY, company_id integer NOT NULL REFERENCES companies,
                     client_id bigint REFERENCES clients);
"""


def run(url: str, *scripts: str) -> None:
    """Runs SQL scripts, each statement its own transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        for script in scripts:
            connection.execute(script.encode())


def read(url: str, tables: Mapping[str, Any] | None = None, **settings: Any) -> Facts:
    """The facts of a database; `tables` and `settings` are what migrator.toml would say beside SPLIT."""
    loaded = Settings.model_validate({**SPLIT, "tables": tables or {}, **settings})
    with session(Endpoint(url), purpose="audit", settings=READ_ONLY) as connection:
        return examine(connection, loaded, Silent())


def rows(rule: str, facts: Facts) -> dict[str, int | None]:
    """The rule's findings, each with its number of rows."""
    return {key: finding.rows for key, finding in found(rule, facts).items()}
