"""The map in each format, read back by what will read it."""

from __future__ import annotations

import configparser
import json
import shlex
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from migrator.core.connections.formats import url, written
from migrator.core.connections.map import DatabaseAddress, DatabaseMap, MapEntry, ServingState
from migrator.errors import ConfigurationError

MONOLITH = DatabaseAddress("erp", "10.0.0.1", "5432")
NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=12)


def entry(
    slug: str, state: ServingState = "live", own: DatabaseAddress | None = None, *, target: str = "tenant"
) -> MapEntry:
    name = f"erp_{slug}"
    key = f"key of {slug}" if target == "tenant" else ""
    return MapEntry(name, target, key, slug, state, own or DatabaseAddress(name, "10.0.0.2", "5433"), MONOLITH)


def of(*entries: MapEntry) -> DatabaseMap:
    return DatabaseMap("20260101-120000-ab12", 7, entries)


@given(NAMES, st.sampled_from(["", "10.0.0.2", "::1", "/var/run/a socket", "db.example.org"]), NAMES)
def test_libpq_reads_a_url_back(database: str, host: str, user: str) -> None:
    address = DatabaseAddress(database, host, "5433", user)
    assert conninfo_to_dict(url(address)) == address.parameters


def test_what_is_not_live_is_served_by_the_monolith() -> None:
    for state in ("monolith", "frozen"):
        assert entry("acme", state).address == MONOLITH
    assert entry("acme").address.database == "erp_acme"


def test_json_has_targets_and_tenants_with_their_states() -> None:
    document = json.loads(written(of(entry("auth", target="auth"), entry("acme", "frozen"), entry("bolt")), "json"))
    assert document["generation"] == 7
    assert document["targets"]["auth"]["database"] == "erp_auth"
    assert document["tenants"]["key of acme"]["state"] == "frozen"
    assert document["tenants"]["key of acme"]["database"] == "erp"
    assert document["tenants"]["key of bolt"] == {
        "name": "erp_bolt", "slug": "bolt", "target": "tenant", "state": "live",
        "database": "erp_bolt", "host": "10.0.0.2", "port": 5433, "user": None,
    }  # fmt: skip


def test_env_has_a_variable_for_each_and_needs_no_quotes() -> None:
    text = written(of(entry("auth", target="auth"), entry("a-b c", own=DatabaseAddress("it's $x"))), "env")
    variables = dict(line.split("=", 1) for line in text.splitlines())
    assert list(variables) == ["AUTH_DATABASE_URL", "TENANT_A_B_C_DATABASE_URL"]
    for value in variables.values():
        assert shlex.split(value) == [value]
    assert unquote(variables["TENANT_A_B_C_DATABASE_URL"]).endswith("/it's $x")


def test_names_that_would_be_one_variable_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"TENANT_A_B_DATABASE_URL"):
        written(of(entry("a-b"), entry("a_b")), "env")


def test_a_service_file_has_a_section_for_each() -> None:
    parser = configparser.RawConfigParser()
    parser.read_string(written(of(entry("acme"), entry("bolt", "monolith")), "pg_service"))
    assert dict(parser["erp_acme"]) == {"host": "10.0.0.2", "port": "5433", "dbname": "erp_acme"}
    assert parser["erp_bolt"]["dbname"] == "erp"


@pytest.mark.parametrize("name", ["a]b", "a\nb"])
def test_a_service_file_refuses_names_that_it_cannot_hold(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot hold"):
        written(of(entry(name)), "pg_service")


@pytest.mark.parametrize("database", [" a", "a ", "a\nb"])
def test_a_service_file_refuses_values_that_it_cannot_hold(database: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot hold"):
        written(of(entry("acme", own=DatabaseAddress(database))), "pg_service")


def test_one_tenant_is_chosen_by_key_slug_or_database_and_a_target_by_its_name() -> None:
    everything = of(entry("auth", target="auth"), entry("acme"), entry("bolt"))
    for name in ("key of acme", "acme", "erp_acme"):
        assert [one.slug for one in everything.of(name).entries] == ["acme"]
    assert [one.slug for one in everything.of("tenant").entries] == ["acme", "bolt"]
    assert everything.of("nobody").entries == ()
