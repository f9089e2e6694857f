"""Compares two plans: migrator.toml, trees, source, placements, tenants, databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from migrator.core.placement.model import Placement
from migrator.core.plan.decisions import decision_changes
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.result.wording import listed
from migrator.core.schema.catalog import Catalog, Table
from migrator.core.schema.digest import digest_of

Part = Literal["migrator.toml", "tree", "source", "placement", "tenant", "database"]


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """One thing that is otherwise in the later of two plans."""

    part: Part
    what: str
    how: str


def plan_differences(before: Plan, after: Plan) -> tuple[PlanDifference, ...]:
    """Everything that is otherwise, part by part; sizes, which change in use, are left out."""
    parts: Mapping[Part, Iterable[tuple[str, str]]] = {
        "migrator.toml": decision_changes(before.decisions, after.decisions),
        "tree": _trees(before, after),
        "source": _source(before, after),
        "placement": _placements(before, after),
        "tenant": _entries(_tenants(before), _tenants(after), _fields),
        "database": _entries(_databases(before), _databases(after), _fields),
    }
    return tuple(PlanDifference(part, what, how) for part, found in parts.items() for what, how in found)


def _entries(before: Mapping[str, Any], after: Mapping[str, Any], how: Any) -> Iterable[tuple[str, str]]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield name, "removed"
        elif name not in before:
            yield name, "added"
        elif changed := how(before[name], after[name]):
            yield name, changed


def _fields(before: Any, after: Any) -> str:
    """The fields of a dataclass that differ, with both values."""
    changed = [
        f"{field.name}: {_text(old)} before, {_text(new)} now"
        for field in dataclasses.fields(before)
        if (old := getattr(before, field.name)) != (new := getattr(after, field.name))
    ]
    return "; ".join(changed)


def _text(value: Any) -> str:
    text = str(value)
    return "nothing" if text in ("", "None", "()") else text if len(text) <= 60 else f"{text[:57]}..."


def _trees(before: Plan, after: Plan) -> Iterable[tuple[str, str]]:
    def states(plan: Plan) -> Mapping[str, tuple[str, str]]:
        return {f"target {tree.target}": (", ".join(tree.heads), tree.digest) for tree in plan.trees}

    def how(old: tuple[str, str], new: tuple[str, str]) -> str:
        if old == new:
            return ""
        return "files were edited" if old[0] == new[0] else f"head {old[0]} before, {new[0]} now"

    return _entries(states(before), states(after), how)


def _tenants(plan: Plan) -> Mapping[str, Any]:
    return {f"{tenant.key} ({tenant.name})": tenant for tenant in plan.tenants}


def _databases(plan: Plan) -> Mapping[str, CreateDatabase]:
    return {step.database: step for step in plan.of(CreateDatabase)}


# -- the source ---------------------------------------------------------------------------------------------------


def _source(before: Plan, after: Plan) -> Iterable[tuple[str, str]]:
    one, other = before.survey, after.survey
    places = [(f"{each.catalog.system_identifier}/{each.catalog.database}") for each in (one, other)]
    if places[0] != places[1]:
        yield "database", f"{places[0]} before, {places[1]} now"
    yield from _entries(_tables(one.catalog), _tables(other.catalog), _table)
    yield from _entries(
        {
            f"sequence {name}": digest_of(dataclasses.replace(each, last_value=None))
            for name, each in one.catalog.sequences.items()
        },
        {
            f"sequence {name}": digest_of(dataclasses.replace(each, last_value=None))
            for name, each in other.catalog.sequences.items()
        },
        lambda old, new: "" if old == new else "is defined otherwise",
    )
    if one.parameters_digest != other.parameters_digest:
        names = sorted({*one.parameters} ^ {*other.parameters})
        yield "parameters of the database", listed(names) if names else "a value is another one"


def _tables(catalog: Catalog) -> Mapping[str, Table]:
    return {f"table {relation}": table for relation, table in catalog.tables.items()}


def _table(before: Table, after: Table) -> str:
    sizes = {"rows": 0, "bytes": 0, "pages": 0, "file": 0}
    if digest_of(dataclasses.replace(before, **sizes)) == digest_of(dataclasses.replace(after, **sizes)):  # type: ignore[arg-type]
        return ""
    old, new = ({column.name: column for column in table.columns} for table in (before, after))
    changes = [
        *(f"column {name} removed" for name in old.keys() - new.keys()),
        *(f"column {name} added" for name in new.keys() - old.keys()),
        *(
            f"column {name}: {old[name].type} before, {new[name].type} now"
            if old[name].type != new[name].type
            else f"column {name} is defined otherwise"
            for name in old.keys() & new.keys()
            if digest_of(old[name]) != digest_of(new[name])
        ),
    ]
    rest = [
        field.name.replace("_", " ")
        for field in dataclasses.fields(before)
        if field.name not in ("columns", *sizes)
        and digest_of(getattr(before, field.name)) != digest_of(getattr(after, field.name))
    ]
    return "; ".join([*sorted(changes), *([f"other {', '.join(rest)}"] if rest else [])])


# -- placements ---------------------------------------------------------------------------------------------------


def _placements(before: Plan, after: Plan) -> Iterable[tuple[str, str]]:
    one, other = (
        {str(relation): placement for relation, placement in plan.survey.placements.tables.items()}
        for plan in (before, after)
    )
    yield from _entries(one, other, _placement)


def _placement(before: Placement, after: Placement) -> str:
    told = [
        f"{name}: {_text(old)} before, {_text(new)} now"
        for name, old, new in zip(
            ("target", "name", "key path", "rows of nobody", "replicas"), _told(before), _told(after), strict=True
        )
        if old != new
    ]
    columns = before.columns.keys() | after.columns.keys()
    told += [
        f"column {name}: {_becomes(before, name)} before, {_becomes(after, name)} now"
        for name in sorted(columns)
        if before.columns.get(name) != after.columns.get(name)
    ]
    if not told and digest_of(before) != digest_of(after):
        told.append("is read otherwise")
    return "; ".join(told)


def _told(placement: Placement) -> tuple[str, ...]:
    return (
        placement.target or "ignored",
        str(placement.destination),
        placement.key_path.text if placement.key_path else "",
        placement.unowned,
        ", ".join(placement.replicate),
    )


def _becomes(placement: Placement, column: str) -> str:
    name = placement.columns.get(column, column)
    return name or "dropped"
