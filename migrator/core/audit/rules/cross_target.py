"""The rule on objects that use tables of several targets: S08."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.audit.places import place
from migrator.core.result.wording import listed
from migrator.core.schema.catalog import Relation
from migrator.core.schema.function_tables import named_tables, spellings


@rule(
    "S08", "W", Category.READINESS, "database", "View or function over tables that end up apart",
    why="A query sees one database. What reads or writes tables of two targets works in none of them.",
    remedy="Rewrite what uses it: two queries joined in the application, a replicated table, or a foreign server.",
)  # fmt: skip
def spanning_object(facts: Facts) -> Iterator[Observation]:
    """Views, functions, checks and triggers whose tables have no target in common."""
    for view in facts.views:
        if apart := _apart(facts, view.tables):
            kind = "materialized view" if view.materialized else "view"
            yield Observation(f"{kind} {view.relation}", place(view.relation), f"It reads {apart}.")
    names = spellings(facts.catalog)
    used = {routine.identity: {*routine.tables, *named_tables(routine.body, names)} for routine in facts.routines}
    for identity, relations in used.items():
        if apart := _apart(facts, relations):
            yield Observation(f"function {identity.removeprefix('public.')}", identity, f"It uses {apart}.")
    yield from _checks_across_databases(facts, used)
    for trigger in facts.triggers:
        relations = used.get(trigger.routine, set())
        if not _apart(facts, relations) and (apart := _apart(facts, {trigger.table, *relations})):
            yield Observation(
                f"trigger {trigger.name} on {trigger.table}", place(trigger.table, (trigger.name,)),
                f"With its function {trigger.routine.removeprefix('public.')} it uses {apart}.", trigger.table,
            )  # fmt: skip


def _checks_across_databases(facts: Facts, used: Mapping[str, set[Relation]]) -> Iterator[Observation]:
    """Checks that no row passes where the tables are missing that their function reads."""
    for check in facts.checks:
        if apart := _apart(facts, {check.table, *used.get(check.routine, set())}):
            yield Observation(
                f"check {check.name} on {check.table}", place(check.table, (check.name,)),
                f"Its function {check.routine.removeprefix('public.')} needs {apart}.", check.table,
            )  # fmt: skip


def _apart(facts: Facts, relations: Iterable[Relation]) -> str:
    """What to say about tables that no single target holds; empty where one does."""
    placed = [
        placement
        for relation in sorted(set(relations))
        if (placement := facts.placement(relation)) and not placement.ignored
    ]
    if not placed or set[str].intersection(*(set(placement.homes) for placement in placed)):
        return ""
    return listed(f"{placement.relation} ({placement.target})" for placement in placed)


RULES = (spanning_object,)
