"""The migrator.toml of the three further monoliths: every table has a place, and the documents' numbers are met."""

from __future__ import annotations

from collections import Counter

import psycopg
import pytest

from examples.monoliths.__main__ import MONOLITHS
from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Catalog
from migrator.postgres.schema.catalog import read_catalog
from migrator.settings import Settings
from migrator.settings.load import load_settings

each = pytest.mark.parametrize("name", ["crm-services", "nukleo-domains", "react-crm"])


def catalog_of(name: str, url: str) -> Catalog:
    """The catalog of the monolith without rows."""
    monolith = MONOLITHS[name]
    with psycopg.connect(url) as connection:
        for script in ("monolith.sql", "monolith_after_load.sql"):
            connection.execute(monolith.script(script).encode())
        return read_catalog(connection)


def settings_of(name: str) -> Settings:
    return load_settings(MONOLITHS[name].directory / "migrator.toml", environment={})


def placed(name: str, url: str) -> tuple[Catalog, Placements]:
    catalog = catalog_of(name, url)
    return catalog, place(catalog, settings_of(name))


@each
def test_every_table_has_a_place(name: str, database_url: str) -> None:
    catalog, placements = placed(name, database_url)
    assert placements.undecided == ()
    assert placements.tables.keys() == catalog.tables.keys()


@each
def test_no_two_tables_of_a_target_get_one_name(name: str, database_url: str) -> None:
    _, placements = placed(name, database_url)
    homes = Counter((found.target, found.destination) for found in placements.tables.values() if found.target)
    assert [home for home, number in homes.items() if number > 1] == []


@each
def test_clean_rules_name_what_there_is(name: str, database_url: str) -> None:
    catalog = catalog_of(name, database_url)
    flaws = {(flaw.kind, flaw.table) for flaw in MONOLITHS[name].flaws}
    rules = settings_of(name).clean.values()
    assert {(rule.kind, rule.table) for rule in rules} == flaws
    for rule in rules:
        table = catalog.find(rule.table or "")
        assert table is not None
        assert rule.column is None or catalog.tables[table].column(rule.column) is not None


# -- crm-services ----------------------------------------------------------------------------------------------------


def test_each_service_has_as_many_tables_as_the_audit_counts(database_url: str) -> None:
    catalog, placements = placed("crm-services", database_url)
    assert len(catalog.tables) == 74
    assert Counter(found.target for found in placements.tables.values()) == {
        "users": 7,
        "referentiel": 6,  # the audit's table says 5, its appendix lists 6, and its sum needs them
        "relance": 2,
        "payments": 7,
        "products": 4,
        "organisations": 8,
        "logistics": 4,
        "notifications": 1,
        "factures": 7,
        "email": 1,
        "documents": 2,
        "contrats": 5,
        "commission": 7,
        "commerciaux": 4,
        "clients": 5,
        "activites": 4,
    }


def test_services_get_the_databases_that_the_audit_names() -> None:
    targets = settings_of("crm-services").targets
    assert {target.database for target in targets.values()} == {f"{name}_db" for name in targets}
    assert not any(target.per_tenant for target in targets.values())


def test_entities_that_two_services_have_get_their_plain_name_back(database_url: str) -> None:
    _, placements = placed("crm-services", database_url)
    renamed = Counter(
        found.destination.name for relation, found in placements.tables.items() if found.destination != relation
    )
    assert renamed == {
        "palier_commission": 2,
        "bareme_commission": 2,
        "statut_client": 2,
        "invitation_compte": 2,
        "emission_facture": 2,
    }


def test_foreign_keys_are_severed_between_services_and_nowhere_else(database_url: str) -> None:
    catalog, placements = placed("crm-services", database_url)
    severed = {key.name for key in placements.severed}
    assert {"FK_facture_clientBaseId", "FK_contrat_organisationId", "FK_activite_clientId"} <= severed
    assert {"FK_ligne_facture_factureId", "FK_societe_organisationId"}.isdisjoint(severed)
    assert 0 < len(severed) < len(catalog.foreign_keys)


def test_six_entities_have_the_indexes_of_the_audit(database_url: str) -> None:
    catalog = catalog_of("crm-services", database_url)
    assert {
        (relation.name, index.columns, index.unique)
        for relation, table in catalog.tables.items()
        for index in table.indexes
        if not index.primary
    } == {
        ("facture_settings", ("societeId",), True),
        ("statut_facture", ("code",), True),
        ("ligne_facture", ("factureId",), False),
        ("factures_emission_facture", ("code",), True),
        ("facture", ("organisationId", "numero"), False),
        ("facture", ("organisationId", "dateEmission"), False),
        ("facture", ("clientBaseId",), False),
        ("facture", ("contratId",), False),
        ("invoice", ("invoiceNumber",), False),
        ("invoice", ("status",), False),
        ("invoice", ("issueDate",), False),
    }


# -- nukleo-domains --------------------------------------------------------------------------------------------------


def test_eleven_domains_share_one_database(database_url: str) -> None:
    _, placements = placed("nukleo-domains", database_url)
    targets = settings_of("nukleo-domains").targets
    assert {target.database for target in targets.values()} == {"{prefix}_domains"}
    assert all(found.destination.schema == found.target for found in placements.tables.values())
    assert {found.home for found in placements.tables.values()} == {"users"}
    assert placements.severed == ()
    assert Counter(found.target for found in placements.tables.values()) == {
        "users": 4,
        "commercial": 5,
        "projects": 6,
        "team": 5,
        "billing": 6,
        "communication": 5,
        "contracts": 5,
        "approvals": 4,
        "support": 3,
        "notifications": 3,
        "system": 4,
    }


def test_the_hub_has_the_indexes_of_the_strategy(database_url: str) -> None:
    catalog = catalog_of("nukleo-domains", database_url)
    assert len(catalog.tables) == 50
    named = {index.name for table in catalog.tables.values() for index in table.indexes}
    assert {
        "idx_opportunities_stage",
        "idx_projects_status",
        "idx_tasks_assigned_to",
        "idx_invoices_client_id",
    } <= named
    (partitioned,) = (table for table in catalog.tables.values() if table.partitions)
    assert [str(partition) for partition in partitioned.partitions] == [
        f"time_entries_{year}" for year in (2022, 2023, 2024)
    ]


# -- react-crm -------------------------------------------------------------------------------------------------------


def test_indexes_that_the_audit_misses_are_missing(database_url: str) -> None:
    catalog = catalog_of("react-crm", database_url)
    leading = {(table.relation.name, index.columns[0]) for table in catalog.tables.values() for index in table.indexes}
    assert leading.isdisjoint(
        {
            ("messages", "customer_id"),
            ("activities", "customer_id"),
            ("activities", "created_at"),
            ("invoices", "customer_id"),
            ("invoices", "created_at"),
            ("work_orders", "scheduled_date"),
            ("work_orders", "status"),
        }
    )
    assert leading >= {
        ("api_users", "email"),
        ("customers", "email"),
        ("work_orders", "customer_id"),
        ("work_orders", "technician_id"),
        ("api_clients", "client_id"),
        ("api_tokens", "token_hash"),
        ("api_tokens", "client_id"),
        ("api_tokens", "refresh_token_hash"),
    }


def test_accounts_go_to_auth_and_one_company_gets_the_rest(database_url: str) -> None:
    catalog, placements = placed("react-crm", database_url)
    assert len(catalog.tables) == 53  # 52 of the application, and Alembic's own
    assert Counter(found.target for found in placements.tables.values()) == {
        "auth": 3,
        "shared": 8,
        "tenant": 41,
        "": 1,
    }
    default = settings_of("react-crm").tenants.default
    assert default is not None
    assert all(
        found.key_path is not None and found.key_path.constant == default.key
        for found in placements.tables.values()
        if found.per_tenant
    )
