"""Counts what a transaction has written so far, as a guard against cascades and triggers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from migrator.core.schema.catalog import Catalog, Relation
from migrator.errors import RefusedError
from migrator.postgres.session.connect import Connection, rows

Written = Counter[tuple[str, Relation]]


def written_rows(connection: Connection, catalog: Catalog) -> Written:
    """Rows inserted, updated and deleted in this transaction so far, partitions counted as their table."""
    whole = {partition: relation for relation, table in catalog.tables.items() for partition in table.partitions}
    written: Written = Counter()
    for schema, name, inserted, updated, deleted in rows(connection, "session/written_rows"):
        relation = whole.get(Relation(schema, name), Relation(schema, name))
        for kind, count in (("inserted", inserted), ("updated", updated), ("deleted", deleted)):
            written[kind, relation] += count
    return written


def require_only(written: Written, *, inserted: Mapping[Relation, int], deleted: Mapping[Relation, int]) -> None:
    """Refuses where rows were written that nobody picked: by a cascade, a rule or a trigger that got through."""
    allowed: Written = Counter()
    allowed.update({("inserted", relation): count for relation, count in inserted.items()})
    allowed.update({("deleted", relation): count for relation, count in deleted.items()})
    surplus = written - allowed
    if surplus:
        (kind, relation), count = next(iter(surplus.items()))
        raise RefusedError(
            f"{count} rows of {relation} would have been {kind} beside those that are moved; nothing was changed.",
            "A foreign key's ON DELETE action, a trigger or a rule that the catalog does not show: look at that table.",
        )


def counted(counts: Mapping[Relation, int]) -> str:
    """ "3 of orders, 5 of order_lines"."""
    return ", ".join(f"{count} of {relation}" for relation, count in sorted(counts.items())) or "no rows"
