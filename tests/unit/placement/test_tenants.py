"""Tenants and the names of their databases."""

from __future__ import annotations

import pytest
from hypothesis import given

from migrator.core.placement.tenants import Tenant, assign_databases
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.errors import ConfigurationError
from tests.unit.schema.test_names import TENANTS


def test_names_are_filled_from_slug_or_key() -> None:
    rows = [("1", "acier-nord", "Aciers du Nord"), ("2", "sud", "Sud")]
    assert assign_databases(rows, lambda slug, key: f"erp_{slug}") == (
        Tenant("1", "acier_nord", "Aciers du Nord", "erp_acier_nord"),
        Tenant("2", "sud", "Sud", "erp_sud"),
    )
    assert [tenant.database for tenant in assign_databases(rows, lambda slug, key: f"erp_{key}")] == ["erp_1", "erp_2"]


@given(TENANTS)
def test_every_name_fits_and_differs(tenants: list[tuple[str, str]]) -> None:
    rows = [(key, text, text) for key, text in tenants if key not in ("", "\\N")]
    found = assign_databases(rows, lambda slug, key: f"erp_topsteel_{slug}")
    assert len({tenant.database for tenant in found}) == len(rows)
    assert all(len(tenant.database.encode()) <= MAX_IDENTIFIER_BYTES for tenant in found)
    assert [tenant.key for tenant in found] == [key for key, _, _ in rows]


@pytest.mark.parametrize("key", ["", "\\N"])
def test_a_key_that_means_none_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be told from having none"):
        assign_databases([("1", "a", "a"), (key, "b", "b")], lambda slug, key: f"erp_{slug}")


def test_a_pattern_that_tells_nobody_apart_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the same name"):
        assign_databases([("1", "a", "a"), ("2", "b", "b")], lambda slug, key: "erp_tenant")


def test_a_pattern_without_room_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="leaves 3 bytes for the slug"):
        assign_databases([("1", "a", "a")], lambda slug, key: "x" * 60 + slug)


def test_no_tenants_need_no_names() -> None:
    assert assign_databases([], lambda slug, key: "x" * 100) == ()


def test_two_tenants_of_one_key_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="Two tenants have the key '7'"):
        assign_databases([("7", "a", "A"), ("7", "b", "B")], lambda slug, key: slug)
