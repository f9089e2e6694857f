"""The gate over tenant roots of other shapes: trees, and keys that are texts in a collation of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrator.core.online.captured import captured_tables
from migrator.core.placement.place import place
from migrator.postgres.capture.install import install_capture
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.gate.arm import arm, install_gate
from migrator.postgres.gate.decision import decide
from migrator.postgres.gate.forms import gate_forms
from migrator.postgres.gate.freeze import Entrants, FreezeTimes, Gate
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Endpoint, session
from migrator.settings import Settings
from tests.postgres.gate.monolith import RUN, SETTINGS
from tests.postgres.gate.test_door import refusal_of

TABLES = """
CREATE TABLE units (id int PRIMARY KEY, name text, parent_id int REFERENCES units);
CREATE TABLE orders (id bigserial PRIMARY KEY, unit_id int NOT NULL REFERENCES units);
INSERT INTO units VALUES (1, 'top', NULL), (2, 'below 1', 1), (3, 'below 2', 2),
    (10, 'another top', NULL), (11, 'x', 10);
INSERT INTO orders (unit_id) SELECT id FROM units;
"""
OF_TENANT = (
    "INSERT INTO orders (unit_id) VALUES (3)",
    "UPDATE orders SET unit_id = 11 WHERE unit_id = 3",
    "UPDATE orders SET unit_id = 3 WHERE unit_id = 11",
    "DELETE FROM orders WHERE unit_id = 1",
    "INSERT INTO units VALUES (4, 'new', 3)",
    "UPDATE units SET name = 'x' WHERE id = 2",
)
OF_OTHERS = (
    "INSERT INTO orders (unit_id) VALUES (10), (11)",
    "INSERT INTO units VALUES (20, 'new top', NULL), (12, 'new', 11)",
    "UPDATE units SET name = 'x' WHERE id >= 10",
    "DELETE FROM orders WHERE unit_id = 11",
)


@contextmanager
def fenced(
    url: str, tables: str, tenants: Mapping[str, str], settings: Mapping[str, Any], tenant: str
) -> Iterator[psycopg.Connection[Any]]:
    """A session of an application of a source in which the tenant has moved away."""
    endpoint = Endpoint(url)
    with psycopg.connect(url) as loader:
        loader.execute(tables.encode())
    with session(endpoint, purpose="test") as connection, psycopg.connect(url, autocommit=True) as application:
        catalog = read_catalog(connection)
        placements = place(catalog, Settings.model_validate({**SETTINGS, "tenants": tenants, "tables": settings}))
        assert placements.undecided == ()
        captured = captured_tables(catalog, placements)
        install_capture(connection, captured, LockWait(endpoint, 1, 5, lambda _: None), run=RUN, epoch="e1")
        install_gate(connection)
        arm(connection, 1, [tenant], gate_forms(captured, placements, catalog, RUN).armed)
        gate = Gate(connection, endpoint, 1, FreezeTimes())
        assert gate.try_shut(Entrants.WAIT)
        decide(gate, [tenant], 0)
        yield application


def test_all_below_a_fenced_tenant_is_fenced_and_nothing_is_put_below_another(database_url: str) -> None:
    tenants = {"root": "units", "tree": "top", "parent": "parent_id"}
    with fenced(database_url, TABLES, tenants, {"units": {"target": "tenant"}}, "1") as application:
        for statement in OF_TENANT:
            assert refusal_of(application, statement) == "25006", statement
        for statement in OF_OTHERS:
            assert refusal_of(application, statement) is None, statement
        for child, parent in ((11, 3), (3, 11), (2, None), (11, None)):
            change = sql.SQL("UPDATE units SET parent_id = {} WHERE id = {}").format(
                sql.Literal(parent), sql.Literal(child)
            )
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="below another"):
                application.execute(change)


COLLATED = """
CREATE TABLE shops (code text COLLATE "POSIX" PRIMARY KEY);
CREATE TABLE sales (id bigserial PRIMARY KEY, shop text COLLATE "POSIX" NOT NULL REFERENCES shops, other text);
CREATE TABLE parts (
    id bigserial PRIMARY KEY, sale_id bigint REFERENCES sales, "OLD" text, migrator_tenant text, tenant text
);
INSERT INTO shops VALUES ('Zoë''s'), ('b');
INSERT INTO sales (shop) VALUES ('Zoë''s'), ('b');
"""


def test_keys_in_a_collation_of_their_own_and_columns_called_as_variables_are(database_url: str) -> None:
    with fenced(database_url, COLLATED, {"root": "shops"}, {"shops": {"target": "tenant"}}, "Zoë's") as application:
        for statement in (
            "INSERT INTO sales (shop) VALUES ('Zoë''s')",
            "INSERT INTO parts (sale_id, tenant) VALUES (1, 'b')",
            "DELETE FROM sales WHERE shop <> 'b'",
        ):
            assert refusal_of(application, statement) == "25006", statement
        assert refusal_of(application, "INSERT INTO parts (sale_id, \"OLD\", tenant) VALUES (2, 'x', 'Zoë''s')") is None
        assert refusal_of(application, "UPDATE parts SET migrator_tenant = 'Zoë''s'") is None
        assert refusal_of(application, "UPDATE sales SET other = 'x' WHERE shop = 'b'") is None
