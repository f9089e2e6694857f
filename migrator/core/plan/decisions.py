"""The part of migrator.toml that decides a split, kept with the plan; connections and limits are not in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel

from migrator.settings import Roles, Settings, TableSettings, Target, Tenants


@dataclass(frozen=True)
class Decisions:
    """The sections of migrator.toml that decide where rows go, what is made, and who may use it.

    ServingMap, limits, paths and the command that takes the passwords are not among them: they may change between two
    commands, and some of them are secret.
    """

    prefix: str
    schemas: tuple[str, ...]
    targets: tuple[tuple[str, Target], ...]  # in the file's order: the first of those that share a database is its host
    tenants: Tenants
    tables: tuple[tuple[str, TableSettings], ...]
    roles: Roles
    ignore_large_objects: str | None = None

    @classmethod
    def of(cls, settings: Settings, prefix: str) -> Decisions:
        """What these settings decide, databases being named with that prefix."""
        return cls(
            prefix,
            settings.source.schemas,
            tuple(settings.targets.items()),
            settings.tenants,
            tuple(settings.tables.items()),
            settings.roles.model_copy(update={"hand_out": ()}),
            settings.source.ignore_large_objects,
        )

    def applied_to(self, settings: Settings) -> Settings:
        """The settings with these decisions in the place of their own."""
        decided = {
            "schemas": self.schemas,
            "prefix": self.prefix,
            "ignore_large_objects": self.ignore_large_objects,
        }
        source = settings.source.model_copy(update=decided)
        roles = self.roles.model_copy(update={"hand_out": settings.roles.hand_out})
        return settings.model_copy(
            update={
                "source": source,
                "targets": dict(self.targets),
                "tenants": self.tenants,
                "tables": dict(self.tables),
                "roles": roles,
            }
        )


class DecisionChange(NamedTuple):
    """A section or setting of migrator.toml, or a tree, that is otherwise now, and how."""

    what: str
    how: str


def decision_changes(before: Decisions, after: Decisions) -> Iterable[DecisionChange]:
    """Everything of migrator.toml that is decided otherwise."""
    if before.prefix != after.prefix:
        yield DecisionChange("[source] prefix", _instead(before.prefix, after.prefix))
    if before.schemas != after.schemas:
        yield DecisionChange("[source] schemas", _instead(before.schemas, after.schemas))
    if before.ignore_large_objects != after.ignore_large_objects:
        yield DecisionChange(
            "[source] ignore_large_objects", _instead(before.ignore_large_objects, after.ignore_large_objects)
        )
    yield from _entry_changes("targets", before.targets, after.targets)
    if [name for name, _ in before.targets] != [name for name, _ in after.targets]:
        yield DecisionChange("[targets]", "in another order, or with others")
    yield from _setting_changes("[tenants]", before.tenants, after.tenants)
    yield from _entry_changes("tables", before.tables, after.tables)
    yield from _setting_changes("[roles]", before.roles, after.roles)


def _entry_changes(
    section: str, before: Iterable[tuple[str, BaseModel]], after: Iterable[tuple[str, BaseModel]]
) -> Iterable[DecisionChange]:
    old, new = dict(before), dict(after)
    for name in sorted(old.keys() | new.keys()):
        title = f"[{section}.{name}]"
        if name not in new:
            yield DecisionChange(title, "removed")
        elif name not in old:
            yield DecisionChange(title, "added")
        else:
            yield from _setting_changes(title, old[name], new[name])


def _setting_changes(title: str, before: BaseModel, after: BaseModel) -> Iterable[DecisionChange]:
    for name in type(before).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        setting = f"{title} {name.removesuffix('_')}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for key in sorted(old.keys() | new.keys()):
                if old.get(key) != new.get(key):
                    yield DecisionChange(f"{setting}.{key}", _instead(old.get(key), new.get(key)))
        else:
            yield DecisionChange(setting, _instead(old, new))


def _instead(before: object, after: object) -> str:
    return f"{_spelt(before)} before, {_spelt(after)} now"


def _spelt(value: object) -> str:
    """A setting's value in a few words."""
    if value is None or value == ():
        return "nothing"
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    text = value if isinstance(value, str) else str(value)
    return repr(text) if text == "" else text if len(text) <= 60 else f"{text[:57]}..."
