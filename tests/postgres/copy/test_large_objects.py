"""Large objects: which columns name them, which none does, and that what they hold is part of a row's digest."""

from __future__ import annotations

from contextlib import nullcontext

import psycopg

from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.plan.transfer import transfers_into
from migrator.core.schema.catalog import Relation
from migrator.postgres.changes.large_objects import stray_objects
from migrator.postgres.copy.large_objects import NamingColumn, naming_columns, read_large_objects
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Endpoint, session
from migrator.postgres.verify.digest import target_digests
from migrator.settings import Settings
from tests.audit_source import ROOT, run

TARGETS = {
    "shared": {"database": "s", "migrations": "s"},
    "tenant": {"database": "{slug}", "migrations": "t", "per_tenant": True},
}
PICTURES = Relation("public", "pictures")


def made(url: str) -> None:
    run(
        url,
        ROOT,
        """
        CREATE DOMAIN lo AS oid;
        CREATE TABLE pictures (
            id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, content oid, preview lo, relation oid
        );
        INSERT INTO pictures VALUES
            (1, 1, lo_from_bytea(4242001, 'one'), lo_from_bytea(4242002, ''), 1259),
            (2, 2, NULL, 4242002, NULL);
        SELECT lo_from_bytea(4242003, 'nobody names it');
        """,
    )


def placed(connection: psycopg.Connection[tuple[object, ...]], *columns: str) -> Placements:
    tables = {"companies": {"target": "shared"}, "pictures": {"target": "tenant", "large_objects": columns}}
    tenants = {"root": "companies", "key": "id"}
    settings = Settings.model_validate({"tenants": tenants, "targets": TARGETS, "tables": tables})
    return place(read_catalog(connection), settings)


def test_only_columns_that_name_large_objects_alone_are_proposed(database_url: str) -> None:
    made(database_url)
    with session(Endpoint(database_url), purpose="test") as connection:
        found = naming_columns(connection, read_catalog(connection))
    assert found == (NamingColumn(PICTURES, "content", 1), NamingColumn(PICTURES, "preview", 1))


def test_what_no_configured_column_names_is_told(database_url: str) -> None:
    made(database_url)
    with session(Endpoint(database_url), purpose="test") as connection:
        catalog = read_catalog(connection)
        none = read_large_objects(connection, catalog, placed(connection))
        both = read_large_objects(connection, catalog, placed(connection, "content", "preview"))
    assert (none.total, none.unnamed) == (3, (4242001, 4242002, 4242003))
    assert (both.unnamed, both.unreadable, both.too_large) == ((4242003,), 0, ())


def test_what_an_object_holds_is_part_of_the_digest(database_url: str) -> None:
    made(database_url)
    with session(Endpoint(database_url), purpose="test") as connection:
        catalog = read_catalog(connection)
        settings = Settings.model_validate({"tenants": {"root": "companies"}, "targets": TARGETS})
        transfers = transfers_into("tenant", placed(connection, "content"), catalog, catalog, settings, {})
        (before,) = target_digests(connection, transfers, "1")
        (again,) = target_digests(connection, transfers, "1")
        connection.execute("SELECT lo_put(4242001, 0, 'ONE')")
        (changed,) = target_digests(connection, transfers, "1")
        connection.execute("SELECT lo_unlink(4242001)")
        (gone,) = target_digests(connection, transfers, "1")
    assert before == again
    assert len({before.hash, changed.hash, gone.hash}) == 3


def test_what_no_row_of_a_target_names_is_found_by_what_it_holds(database_url: str) -> None:
    made(database_url)
    with (
        session(Endpoint(database_url), purpose="test") as source,
        session(Endpoint(database_url), purpose="test") as target,
        target.transaction(),
    ):
        catalog = read_catalog(source)
        settings = Settings.model_validate({"tenants": {"root": "companies"}, "targets": TARGETS})
        transfers = transfers_into("tenant", placed(source, "content", "preview"), catalog, catalog, settings, {})
        read_source = lambda: nullcontext(source)  # noqa: E731
        assert stray_objects(read_source, target, transfers) == [], "the source holds the unnamed one alike"
        # Uncommitted, so that only the second session sees it.
        target.execute("SELECT lo_put(4242001, 0, 'ONE'), lo_put(4242003, 0, 'N')")
        target.execute("SELECT lo_from_bytea(4242004, 'new')")
        assert stray_objects(read_source, target, transfers) == [4242003, 4242004]
        assert stray_objects(read_source, target, []) == [4242001, 4242003, 4242004]
