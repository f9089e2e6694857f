"""Rows that name rows of another table without being bound to name each once: do they own them?"""

from __future__ import annotations

import pytest
from psycopg import sql

from migrator.core.placement.key_paths import KeyPath
from migrator.core.placement.model import Placement
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.postgres.init.ownership_evidence import OwnershipEvidence, ownership_evidence
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, Endpoint, session
from tests.audit_source import run
from tests.schema import public

FLOWS, LINKS = public("flows"), public("links")
OWNED = KeyPath((), LINKS, "tenant_id")
LINKED = """
    CREATE TABLE flows (id bigint PRIMARY KEY);
    CREATE TABLE links (no bigint PRIMARY KEY, kind text, flow_id bigint, tenant_id bigint);
    INSERT INTO flows SELECT generate_series(1, 5);
    INSERT INTO links VALUES
        (5, 'owner', 1, 20), (4, 'guest', 1, 10), (1, 'owner', 2, 20), (2, 'owner', 2, 20), (3, 'guest', 3, NULL),
        (6, 'guest', 4, 30);
"""


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (None, OwnershipEvidence(rows=3, disputed=1, tenants=3, naming=5)),
        (("kind", "owner"), OwnershipEvidence(rows=2, disputed=0, tenants=1, naming=3)),
    ],
)
def test_rows_are_claimed_by_tenants_and_torn_between_two(
    database_url: str, when: tuple[str, str] | None, expected: OwnershipEvidence
) -> None:
    run(database_url, LINKED)
    with session(Endpoint(database_url), purpose="test") as connection:
        catalog = read_catalog(connection, ())
        key = ForeignKey("", LINKS, ("flow_id",), FLOWS, ("id",), when=when)
        assert ownership_evidence(connection, catalog, key, OWNED) == expected


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        # The link with the lowest number counts, and no row comes twice.
        (None, {1: "10", 2: "20", 3: None, 4: "30", 5: None}),
        (("kind", "owner"), {1: "20", 2: "20", 3: None, 4: None, 5: None}),
    ],
)
def test_of_several_rows_that_name_a_row_the_first_counts(
    database_url: str, of: tuple[str, str] | None, expected: dict[int, str | None]
) -> None:
    run(database_url, LINKED)
    hop = ForeignKey("", FLOWS, ("id",), LINKS, ("flow_id",), virtual=True, of=of, first=True)
    with session(Endpoint(database_url), purpose="test") as connection:
        found = _tenants(connection, read_catalog(connection, ()), FLOWS, KeyPath((hop,), LINKS, "tenant_id"))
    assert found == list(expected.items())


def _tenants(
    connection: Connection, catalog: Catalog, relation: Relation, path: KeyPath
) -> list[tuple[int, str | None]]:
    placement = Placement(relation, "tenant", True, relation, "", key_path=path)
    statement = sql.SQL("SELECT t.id, {} FROM {} ORDER BY t.id").format(
        tenant_key(placement), source_of(placement, catalog)
    )
    return [(number, tenant) for number, tenant in connection.execute(statement)]
