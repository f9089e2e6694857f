"""Facts for the audit's rules, and what the rules find in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.core.audit.facts import Facts, IndexFact
from migrator.core.audit.finding import Finding
from migrator.core.audit.rules import RULES
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Table
from migrator.settings import Settings
from tests.schema import catalog, names, public, table

SPLIT: Mapping[str, Any] = {
    "tenants": {"root": "companies"},
    "targets": {
        "auth": {"database": "{prefix}_auth", "migrations": "auth"},
        "shared": {"database": "{prefix}_shared", "migrations": "shared"},
        "tenant": {"database": "{prefix}_{slug}", "migrations": "tenant", "per_tenant": True},
    },
}


COMPANIES = table("companies", "id integer!", "code text!")


def index(table: str, columns: str, **more: Any) -> IndexFact:
    """A usable btree index named after its columns."""
    key = names(columns)
    name = more.pop("name", f"{table}_{'_'.join(key)}_idx")
    relation = more.pop("relation", public(table))
    return IndexFact(public(name), relation, more.pop("root", relation), key, **more)


def facts(*tables: Table, configured: Mapping[str, Any] | None = None, **more: Any) -> Facts:
    """Facts about these tables and the tenant root `companies`, placed as `configured` ([tables]) says."""
    settings = Settings.model_validate({**SPLIT, "tables": configured or {}})
    catalog_settings = {name: more.pop(name) for name in ("sequences", "large_objects", "extensions") if name in more}
    found = catalog(
        *({COMPANIES.relation: COMPANIES} | {each.relation: each for each in tables}).values(), **catalog_settings
    )
    return Facts(found, place(found, settings), tenant_targets=frozenset({"tenant"}), **more)


def found(rule: str, known: Facts) -> dict[str, Finding]:
    """The rule's findings by their key, without the rule's id."""
    return {finding.key.removeprefix(f"{rule}:"): finding for finding in RULES[rule].findings(known)}


def severities(rule: str, known: Facts) -> dict[str, str]:
    """The severity of each of the rule's findings."""
    return {name: finding.severity for name, finding in found(rule, known).items()}
