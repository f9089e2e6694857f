"""Stable names of what a finding is about, by which a baseline recognises it."""

from __future__ import annotations

from collections.abc import Iterable

from migrator.core.schema.catalog import ForeignKey, Relation


def place(relation: Relation, columns: Iterable[str] = ()) -> str:
    """The stable name of a table, or of columns of it, in a finding's key: "public.orders(customer_id)"."""
    inside = ", ".join(columns)
    return relation.full_name + (f"({inside})" if inside else "")


def key_place(key: ForeignKey) -> str:
    """The stable name of a foreign key, by its columns: constraints are renamed, and configured keys have no name."""
    return f"{place(key.partition or key.table, key.columns)}->{place(key.referenced, key.referenced_columns)}"
