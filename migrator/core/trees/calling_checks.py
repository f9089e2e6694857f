"""Drops CHECK constraints whose function reads tables of another database, where no row could pass them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migrator.core.schema.catalog import Relation
from migrator.core.trees.division import ROUTINES, Division, Entry, LeftOut, bare_name


@dataclass(frozen=True, slots=True)
class CallingCheck:
    """A check constraint, one function of the user's own that it calls, and the statements that add and drop it."""

    table: Relation
    name: str
    routine: Relation  # by its name alone: of several that share it any may be meant
    add: str
    drop: str


def without_unreadable_checks(
    division: Division, checks: Iterable[CallingCheck], homes: Mapping[Relation, frozenset[str]]
) -> Division:
    """The division with a constraint dropped wherever its function would not find the tables that it reads.

    pg_dump writes a check inside of its table's definition, from which it cannot be left out.
    """
    reads: dict[Relation, set[Relation]] = {}
    for entries in division.targets.values():
        for entry in entries:
            if entry.kind in ROUTINES:
                reads.setdefault(Relation(entry.schema, bare_name(entry)), set()).update(division.tables[entry.id])
    unreadable: dict[tuple[Relation, str], tuple[CallingCheck, set[Relation]]] = {}
    for check in checks:
        tables_read = reads.get(check.routine, set())
        if any(not homes.get(check.table, frozenset()) <= homes.get(one, frozenset()) for one in tables_read):
            unreadable.setdefault((check.table, check.name), (check, set()))[1].update(tables_read)
    last = max((entry.id for entries in division.targets.values() for entry in entries), default=0)
    targets, left = dict(division.targets), list(division.left)
    tables, needs = dict(division.tables), dict(division.needs)
    made = {entry.relation: entry.id for entries in targets.values() for entry in entries if entry.relation is not None}
    for number, (check, tables_read) in enumerate(unreadable.values(), last + 1):
        name = f"{check.table.full_name} {check.name}"
        dropped = Entry(number, "CHECK CONSTRAINT", name, check.drop, (made[check.table],), check.table.schema)
        apart = {
            target for target in homes[check.table] if any(target not in homes.get(one, ()) for one in tables_read)
        }
        for target in apart:
            targets[target] = (*targets[target], dropped)
        tables[number], needs[number] = frozenset({check.table}), (made[check.table],)
        where = ", ".join(
            f"{one} ({' + '.join(sorted(homes.get(one, ()))) or 'nowhere'})" for one in sorted(tables_read)
        )
        reason = f"its function reads {where}, which {' and '.join(sorted(apart))} will not have"
        left.append(LeftOut(replace(dropped, sql=check.add), reason, spans=True))
    return replace(division, targets=targets, left=tuple(left), tables=tables, needs=needs)
