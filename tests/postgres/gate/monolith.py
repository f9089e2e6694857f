"""A small live monolith with an armed gate, for the tests of the gate: its roles are no superusers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator.core.online.captured import CapturedTable, captured_tables
from migrator.core.online.gated import gated_table
from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Catalog, Relation
from migrator.postgres.capture.functions import capture_function
from migrator.postgres.capture.install import install_capture
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.gate.arm import arm
from migrator.postgres.gate.armed_check import armed_check
from migrator.postgres.gate.freeze import FreezeTimes, Gate
from migrator.postgres.gate.older_transactions import wait_for_older_transactions
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, Endpoint, connect
from migrator.settings import Settings

RUN = "20200101-000000-0000"

TABLES = """
CREATE TABLE companies (id int PRIMARY KEY, name text NOT NULL, orders_made int NOT NULL DEFAULT 0);
CREATE TABLE units (code text PRIMARY KEY, label text);
CREATE TABLE orders (id bigserial PRIMARY KEY, company_id int REFERENCES companies, note text);
CREATE TABLE lines (
    id bigserial PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE, quantity int
);
CREATE TABLE remarks (id bigserial PRIMARY KEY, line_id bigint NOT NULL, body text);
CREATE TABLE files (id bigserial PRIMARY KEY, owner_type text NOT NULL, owner_id bigint NOT NULL);
CREATE TABLE labels (id bigserial PRIMARY KEY, order_id bigint REFERENCES orders, company_id int, body text);
CREATE TABLE events (id bigserial, company_id int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE events_new (at date NOT NULL, id bigint NOT NULL, gone int, company_id int NOT NULL);
ALTER TABLE events_new DROP COLUMN gone;
ALTER TABLE events ATTACH PARTITION events_new FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
INSERT INTO companies SELECT n, 'Company ' || n FROM generate_series(1, 6) n;
INSERT INTO orders (company_id, note) SELECT 1 + n % 6, 'first' FROM generate_series(1, 24) n;
INSERT INTO lines (order_id, quantity) SELECT id, 1 FROM orders;
INSERT INTO remarks (line_id, body) SELECT id, 'first' FROM lines;
INSERT INTO files (owner_type, owner_id) SELECT 'order', id FROM orders;
INSERT INTO files (owner_type, owner_id) SELECT 'company', id FROM companies;
INSERT INTO labels (order_id, body) SELECT id, 'of an order' FROM orders WHERE id % 2 = 0;
INSERT INTO labels (company_id, body) SELECT id, 'of a company' FROM companies;
INSERT INTO events (company_id, at) SELECT 1 + n % 6, date '2023-10-01' + n * 10 FROM generate_series(1, 18) n;
"""
SETTINGS: Mapping[str, Any] = {
    "tenants": {"root": "companies"},
    "targets": {
        "auth": {"database": "{prefix}_auth", "migrations": "auth"},
        "shared": {"database": "{prefix}_shared", "migrations": "shared"},
        "tenant": {"database": "{prefix}_{slug}", "migrations": "tenant", "per_tenant": True},
    },
    "tables": {
        "companies": {"target": "tenant"},
        "units": {"target": "shared"},
        "events": {"target": "tenant", "key": "company_id"},
        "remarks": {
            "target": "tenant",
            "key_path": ["line_id -> lines.id", "order_id -> orders.id", "orders.company_id"],
        },
        "labels": {
            "target": "tenant",
            "key_path": [["labels.company_id"], ["order_id -> orders.id", "orders.company_id"]],
        },
        "files": {
            "target": "tenant",
            "polymorphic": [
                {"type": "owner_type", "id": "owner_id", "tables": {"order": "orders", "company": "companies"}}
            ],
        },
    },
}


@dataclass
class Monolith:
    """The source of the tests: `url` is a superuser's, `owner` and `application` are roles without any privilege."""

    url: str
    owner: str
    application: str
    catalog: Catalog = field(init=False)
    placements: Placements = field(init=False)
    captured: tuple[CapturedTable, ...] = field(init=False)

    def as_owner(self) -> Endpoint:
        return Endpoint(_as(self.url, self.owner))

    def write(self, **options: Any) -> psycopg.Connection[Any]:
        """A session of the application, in autocommit unless said otherwise."""
        return psycopg.connect(_as(self.url, self.application), **{"autocommit": True, **options})

    def coordinator(self, purpose: str = "test") -> Connection:
        return connect(self.as_owner(), purpose=purpose)

    def gate(self, connection: Connection, wave: int = 1, times: FreezeTimes | None = None) -> Gate:
        return Gate(connection, self.as_owner(), wave, times or FreezeTimes())

    def functions(self, *damages: tuple[str, str]) -> list[sql.Composed]:
        """The trigger functions in their armed form, in which each text of `damages` is replaced by the other."""
        return [capture_function(table, gate=self._check(table.relation, damages)) for table in self.captured]

    def arm(self, tenants: Collection[str], *damages: tuple[str, str], wave: int = 1) -> int:
        with self.coordinator() as connection:
            return arm(connection, wave, tenants, self.functions(*damages))

    def arm_and_wait(self, tenants: Collection[str], *damages: tuple[str, str], wave: int = 1) -> None:
        committed = self.arm(tenants, *damages, wave=wave)
        with self.coordinator() as connection:
            wait_for_older_transactions(connection, committed, patience=30, say=lambda _: None)

    def _check(self, table: Relation, damages: Sequence[tuple[str, str]]) -> sql.Composed:
        check = armed_check(gated_table(self.placements, table), self.catalog, RUN)
        text = check.as_string(None)
        for before, after in damages:
            assert before in text or table.name == "units", f"{before} is not in the check of {table}"
            text = text.replace(before, after)
        return sql.SQL("{}").format(sql.SQL(text))  # our own text, damaged


def make_monolith(url: str, prefix: str) -> Monolith:
    """Fills an empty database, makes its roles, and puts triggers without a check on all tables."""
    made = Monolith(url, f"{prefix}_owner", f"{prefix}_application")
    with psycopg.connect(url, autocommit=True) as superuser:
        there = superuser.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [prefix]).fetchall()
        for role in {made.owner, made.application} - {name for (name,) in there}:
            superuser.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        superuser.execute(
            sql.SQL("ALTER SCHEMA public OWNER TO {}; GRANT CREATE ON DATABASE {} TO {}").format(
                sql.Identifier(made.owner), sql.Identifier(superuser.info.dbname), sql.Identifier(made.owner)
            )
        )
        superuser.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(made.owner)))
        superuser.execute(TABLES.encode())
        superuser.execute(
            sql.SQL(
                "GRANT ALL ON ALL TABLES IN SCHEMA public TO {0}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {0}"
            ).format(sql.Identifier(made.application))
        )
    with made.coordinator() as connection:
        made.catalog = read_catalog(connection)
        made.placements = place(made.catalog, Settings.model_validate(SETTINGS))
        made.captured = captured_tables(made.catalog, made.placements)
        wait = LockWait(made.as_owner(), 1, 5, lambda _: None)
        install_capture(connection, made.captured, wait, run=RUN, epoch="e1")
    return made


def _as(url: str, role: str) -> str:
    return make_conninfo(url, user=role)
