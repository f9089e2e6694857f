"""Schemas as values, written in few words: what unit tests of decisions are made from."""

from __future__ import annotations

from typing import Any

from migrator.core.placement.model import Placements
from migrator.core.plan.decisions import Decisions
from migrator.core.plan.steps import Plan, Step
from migrator.core.plan.survey import Survey
from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Relation, Sequence, Table
from migrator.settings import Settings


def public(name: str) -> Relation:
    return Relation("public", name)


def column(text: str) -> Column:
    """A column from "name type", "name type!" (NOT NULL), or "name type! seq" (drawing from the sequence seq)."""
    name, _, rest = text.partition(" ")
    type_, mark, drawn = rest.partition("!")
    sequence = drawn.strip() if mark else ""
    return Column(name, type_, not_null=bool(mark), sequence=public(sequence) if sequence else None)


def key(table: str, columns: str, referenced: str, referenced_columns: str = "id", **settings: Any) -> ForeignKey:
    """`orders`, "customer_id", `customers`: named as PostgreSQL would name it."""
    here = names(columns)
    return ForeignKey(
        settings.pop("name", f"{table}_{'_'.join(here)}_fkey"), public(table), here, public(referenced),
        names(referenced_columns), **settings,
    )  # fmt: skip


def table(
    name: str,
    *columns: str,
    pk: str = "id",
    keys: tuple[ForeignKey, ...] = (),
    unique: tuple[str, ...] = (),
    **more: Any,
) -> Table:
    """A table whose primary key and unique keys are comma-separated column names."""
    primary = names(pk)
    return Table(
        public(name),
        tuple(column(text) for text in columns),
        primary_key=primary,
        unique_keys=(*((primary,) if primary else ()), *(names(text) for text in unique)),
        foreign_keys=keys,
        **more,
    )


def catalog(*tables: Table, sequences: tuple[Sequence, ...] = (), **more: Any) -> Catalog:
    return Catalog(
        "monolith", 180000, {each.relation: each for each in tables},
        {each.relation: each for each in sequences}, **more,
    )  # fmt: skip


def planned(*steps: Step) -> Plan:
    """A plan of these steps, for an empty source."""
    survey = Survey(catalog(), Placements({}, (), None, None), (), {})
    return Plan("source", survey, Decisions.of(Settings(), "erp"), steps, "f")


def names(text: str) -> tuple[str, ...]:
    """ "a, b" as ("a", "b")."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
