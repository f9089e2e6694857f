"""Settings that databases give their sessions: which travel, which hold the tenant key, which nobody sets."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from migrator.core.placement.key_paths import KeyPath
from migrator.core.placement.tenants import Tenant
from migrator.core.plan.database_parameters import (
    DatabaseSetting,
    SettingReader,
    check_settings,
    expected_settings,
    tenant_setting,
)
from migrator.settings import Tenants
from tests.schema import public

DOCS = public("docs")
PATHS = {DOCS: KeyPath((), DOCS, "company_id")}
POLICY = SettingReader("policy", "public.docs.p", "(company_id = (current_setting('App.Scope'::text))::int)", DOCS)


def test_a_tenants_value_stands_over_the_sources_own() -> None:
    travelling = (DatabaseSetting("", "app.scope", "0"), DatabaseSetting("web", "work_mem", "64MB"))
    tenant = Tenant("42", "acme", "Acme {Ltd}")
    assert expected_settings(travelling, {"app.Scope": "{key}/{slug}/{name}"}, tenant) == (
        DatabaseSetting("", "app.scope", "42/acme/Acme {Ltd}"),
        DatabaseSetting("web", "work_mem", "64MB"),
    )
    assert expected_settings(travelling, {"app.scope": "{key}"}, None) == travelling


@pytest.mark.parametrize(
    ("reader", "evidence"),
    [
        (POLICY, ("app.scope", "the policy public.docs.p compares it with the tenant key company_id")),
        (
            SettingReader("default", "public.docs.company_id", "current_setting('app.scope', true)::int", DOCS),
            ("app.scope", "it is the default of the tenant key public.docs.company_id"),
        ),
        (
            SettingReader("function", "public.f", "RETURN current_setting('my.current_tenant')", None),
            ("my.current_tenant", "by its name; the function public.f reads it"),
        ),
        (SettingReader("function", "public.f", "current_setting('app.user') || current_setting('TimeZone')"), None),
        (SettingReader("policy", "public.docs.q", "(author = current_setting('app.user'))", DOCS), None),
    ],
)
def test_what_holds_the_tenant_key_is_told_with_its_evidence(
    reader: SettingReader, evidence: tuple[str, str] | None
) -> None:
    assert tenant_setting([reader], PATHS) == ((evidence,) if evidence else ())


def test_a_setting_that_nothing_gives_a_value_is_told() -> None:
    (check,) = check_settings([], {}, [POLICY], {})
    assert (check.name, check.state) == ("setting app.scope", "warn")
    assert check.detail == "read by policy public.docs.p; the application has to set it, as before"
    assert check.remedy.endswith('[tenants] settings = { "app.scope" = "{key}" }.')
    assert list(check_settings([], {}, [POLICY], {"app.Scope": "{key}"})) == []


def test_what_travels_and_what_does_not_is_told() -> None:
    one, other = DatabaseSetting("web", "work_mem", "64MB"), DatabaseSetting("", "app.x", "1")
    travels, refused = check_settings([other], {one: "the server has no role web"}, [], {})
    assert travels.detail == "every target database gets those of the source: app.x"
    assert (refused.state, refused.detail) == (
        "warn",
        "work_mem of role web does not travel: the server has no role web",
    )


@pytest.mark.parametrize("settings", [{"tenant": "{key}"}, {"app.x": "{id}"}, {"app.x": "{"}])
def test_a_setting_without_a_prefix_or_with_an_unknown_field_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Tenants(root="companies", settings=settings)
