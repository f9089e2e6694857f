"""Decides which session settings each target database gets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.core.placement.key_paths import KeyPath
from migrator.core.placement.tenants import Tenant
from migrator.core.plan.checks import Check
from migrator.core.result.wording import listed
from migrator.core.schema.catalog import Relation

_READ = re.compile(r"current_setting\s*\(\s*E?'((?:[^']|'')+)'", re.IGNORECASE)
_NAMED_LIKE_A_TENANT = re.compile(
    r"tenant|org(ani[sz]ation)?|compan|societe|account|workspace|realm|customer|mandant", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class DatabaseSetting:
    """A setting of ALTER DATABASE … SET; `role` is '' where it holds for all roles."""

    role: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SettingReader:
    """An object whose text reads session settings: "policy", "default", "function", "view" or "trigger"."""

    kind: str
    name: str  # "public.docs.p", for people
    text: str
    relation: Relation | None = None  # of policies and defaults: whose table

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings of applications that it reads: their names have two parts, those of the server one."""
        return tuple(dict.fromkeys(name.lower() for name in _READ.findall(self.text) if "." in name))


def expected_settings(
    travelling: Iterable[DatabaseSetting], by_tenant: Mapping[str, str], tenant: Tenant | None
) -> tuple[DatabaseSetting, ...]:
    """What one target database has: the source's own settings, and over them the values for its tenant."""
    found = {(one.role, one.name): one for one in travelling}
    if tenant is not None:
        for name, pattern in by_tenant.items():
            value = pattern.format(key=tenant.key, slug=tenant.slug, name=tenant.name)
            found["", name.lower()] = DatabaseSetting("", name.lower(), value)
    return tuple(found[place] for place in sorted(found))


def tenant_setting(readers: Sequence[SettingReader], paths: Mapping[Relation, KeyPath]) -> tuple[tuple[str, str], ...]:
    """The settings that hold the tenant key, each with the evidence: compared with it, or named like a tenant."""
    found: dict[str, str] = {}
    for reader in readers:
        path = paths.get(reader.relation) if reader.relation is not None else None
        for name in reader.settings:
            column = path.column if path is not None and not path.hops else None
            if column is not None and reader.kind == "policy" and re.search(rf"\b{re.escape(column)}\b", reader.text):
                found.setdefault(name, f"the policy {reader.name} compares it with the tenant key {column}")
            elif column is not None and reader.kind == "default" and reader.name.endswith(f".{column}"):
                found.setdefault(name, f"it is the default of the tenant key {reader.name}")
    for reader in readers:
        for name in reader.settings:
            if _NAMED_LIKE_A_TENANT.search(name.rpartition(".")[2]):
                found.setdefault(name, f"by its name; the {reader.kind} {reader.name} reads it")
    return tuple(sorted(found.items()))


def check_settings(
    travelling: Sequence[DatabaseSetting],
    refused: Mapping[DatabaseSetting, str],
    readers: Sequence[SettingReader],
    by_tenant: Mapping[str, str],
) -> Iterable[Check]:
    """What becomes of the source's settings, and of objects that read a setting which nothing gives a value."""
    if travelling:
        named = ", ".join(f"{one.role} {one.name}".strip() for one in travelling)
        yield Check("database settings", "ok", f"every target database gets those of the source: {named}")
    for one, why in refused.items():
        what = f"{one.name} of role {one.role}" if one.role else one.name
        yield Check(
            "database settings", "warn", f"{what} does not travel: {why}",
            "Set it in the targets yourself: ALTER DATABASE … SET, ALTER ROLE … IN DATABASE … SET.",
        )  # fmt: skip
    given = {name.lower() for name in by_tenant} | {one.name.lower() for one in travelling}
    lacking: dict[str, list[str]] = {}
    for reader in readers:
        for name in reader.settings:
            if name not in given:
                lacking.setdefault(name, []).append(f"{reader.kind} {reader.name}")
    for name, objects in sorted(lacking.items()):
        yield Check(
            f"setting {name}", "warn",
            f"read by {listed(objects, 3)}; the application has to set it, as before",
            f'Or let each tenant\'s database say it: [tenants] settings = {{ "{name}" = "{{key}}" }}.',
        )  # fmt: skip
