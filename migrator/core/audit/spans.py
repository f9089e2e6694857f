"""Does anything use tables that end up apart? S08."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.audit.wording import listed, place
from migrator.core.catalog import Relation

_NAME = r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))?'
# What follows these words in SQL is a relation; a column that bears a table's name is not mistaken for it.
_USE = re.compile(rf"\b(?:from|join|into|update)\s+(?:only\s+)?({_NAME})", re.IGNORECASE)
# FROM a, b x, c AS y: after a relation and its alias, a comma brings the next one.
_NEXT = re.compile(rf"(?:\s+(?:as\s+)?\w+)?\s*,\s*(?:only\s+)?({_NAME})", re.IGNORECASE)
_COMMENT_OR_STRING = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)


@rule(
    "S08", "W", Category.READINESS, "database", "View or function over tables that end up apart",
    why="A query sees one database. What reads or writes tables of two targets works in none of them.",
    remedy="Rewrite what uses it: two queries joined in the application, a replicated table, or a foreign server.",
)  # fmt: skip
def spanning_object(facts: Facts) -> Iterator[Observation]:
    """Views, functions and triggers whose tables have no target in common."""
    for view in facts.views:
        if apart := _apart(facts, view.tables):
            kind = "materialized view" if view.materialized else "view"
            yield Observation(f"{kind} {view.relation}", place(view.relation), f"It reads {apart}.")
    names = _spellings(facts)
    used = {routine.identity: {*routine.tables, *_named(routine.body, names)} for routine in facts.routines}
    for identity, relations in used.items():
        if apart := _apart(facts, relations):
            yield Observation(f"function {identity.removeprefix('public.')}", identity, f"It uses {apart}.")
    for trigger in facts.triggers:
        relations = used.get(trigger.routine, set())
        if not _apart(facts, relations) and (apart := _apart(facts, {trigger.table, *relations})):
            yield Observation(
                f"trigger {trigger.name} on {trigger.table}", place(trigger.table, (trigger.name,)),
                f"With its function {trigger.routine.removeprefix('public.')} it uses {apart}.", trigger.table,
            )  # fmt: skip


def _apart(facts: Facts, relations: Iterable[Relation]) -> str:
    """What to say about tables that no single target holds; empty where one does."""
    placed = [
        placement
        for relation in sorted(set(relations))
        if (placement := facts.placement(relation)) and not placement.ignored
    ]
    if not placed or set[str].intersection(*(set(placement.targets) for placement in placed)):
        return ""
    return listed(f"{placement.relation} ({placement.target})" for placement in placed)


def _named(body: str, names: Mapping[str, Relation]) -> Iterator[Relation]:
    """The tables that a function's text reads or writes, as far as the text says: SQL built at run time does not."""
    text = _COMMENT_OR_STRING.sub(" ", body)
    for use in _USE.finditer(text):
        match: re.Match[str] | None = use
        while match is not None:
            parts = re.findall(r'"([^"]+)"|(\w+)', match.group(1))
            name = ".".join(quoted or plain.lower() for quoted, plain in parts)
            if name in names:
                yield names[name]
            match = _NEXT.match(text, match.end())


def _spellings(facts: Facts) -> Mapping[str, Relation]:
    """Tables by every name that a function's text may use; bare names only where they can mean one table."""
    found = {f"{relation.schema}.{relation.name}": relation for relation in facts.catalog.tables}
    for relation in facts.catalog.tables:
        if facts.catalog.find(relation.name) == relation:
            found[relation.name] = relation
    return found


RULES = (spanning_object,)
