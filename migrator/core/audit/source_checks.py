"""What in the source itself keeps a split from being carried out, and was met with the source fenced before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrator.core.placement.model import Placements
from migrator.core.plan.checks import Check
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import Relation
from migrator.core.schema.identifiers import identifier

# What an event trigger's function does that a fence refuses, or that refuses a fence.
_WRITES = re.compile(
    r"\b(insert|update|delete|merge|truncate|execute|raise\s+(?!notice|info|log|debug|warning)['\w])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ForeignPartition:
    """A partition whose rows are on another server; `parent` and `name` are quoted for a statement."""

    relation: Relation
    root: Relation
    server: str
    parent: str
    name: str


@dataclass(frozen=True, slots=True)
class RowTypeUse:
    """A column whose type is made of the row type of another table."""

    table: Relation
    column: str
    used: Relation


@dataclass(frozen=True, slots=True)
class SourceSessions:
    """Whether the source is a standby, and how many more sessions it lets in; None where nothing limits them."""

    standby: bool
    database: str
    role: str
    database_room: int | None = None
    role_room: int | None = None


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What was asked of the source beside its schema; `event_triggers` are (name, text of the function)."""

    sessions: SourceSessions
    event_triggers: tuple[tuple[str, str], ...] = ()
    foreign_partitions: tuple[ForeignPartition, ...] = ()
    row_types: tuple[RowTypeUse, ...] = ()


def source_sessions_needed(jobs: int) -> int:
    """How many sessions migrate holds on the source: its readers, the snapshot's, the counter's, the coordinator's."""
    return jobs + 4


def check_source_facts(facts: SourceFacts, placements: Placements, jobs: int) -> Iterator[Check]:
    """Each obstacle with what takes it away."""
    yield from _check_sessions(facts.sessions, jobs)
    yield from check_foreign_partitions(facts, placements)
    yield from _check_row_types(facts.row_types, placements)
    for name, text in facts.event_triggers:
        if _WRITES.search(text):
            yield Check(
                f"event trigger {name}", "block",
                "it fires when the fence is put up and taken down, and writes or refuses: the fence would refuse it in "
                "turn, and what it writes would stay after rollback",
                f"Switch it off for the migration: ALTER EVENT TRIGGER {identifier(name)} DISABLE; afterwards: ENABLE.",
            )  # fmt: skip


def check_foreign_partitions(facts: SourceFacts, placements: Placements) -> Iterator[Check]:
    """Whether every partition's rows are in the source; a table with one that is elsewhere may not even be readable."""
    for one in facts.foreign_partitions:
        if _travels(placements, one.root):
            yield Check(
                f"partition {one.relation} of {one.root}", "block",
                f"it is a foreign table: its rows are on the server {one.server}, where no fence holds them and no "
                "snapshot sees them",
                f"Bring its rows here, or take it off: ALTER TABLE {one.parent} DETACH PARTITION {one.name};",
            )  # fmt: skip


def _check_sessions(sessions: SourceSessions, jobs: int) -> Iterator[Check]:
    if sessions.standby:
        yield Check(
            "the source's server", "block", "it is a standby: nothing can be fenced there",
            "Connect to its primary: --source, MIGRATOR_SOURCE_URL (hosts of both, target_session_attrs=read-write).",
        )  # fmt: skip
    needed = source_sessions_needed(jobs)
    for what, name, room in (
        ("DATABASE", sessions.database, sessions.database_room),
        ("ROLE", sessions.role, sessions.role_room),
    ):
        if room is not None and room < needed:
            yield Check(
                "sessions of the source", "block",
                f"the CONNECTION LIMIT of the {what.lower()} {name} leaves {plural(max(0, room), 'session')}, and "
                f"{needed} are needed for {plural(jobs, 'job')}",
                f"ALTER {what} {identifier(name)} CONNECTION LIMIT -1; or fewer --source-jobs.",
            )  # fmt: skip


def _travels(placements: Placements, relation: Relation) -> bool:
    placement = placements.tables.get(relation)
    return placement is None or bool(placement.target)


def _check_row_types(uses: Iterable[RowTypeUse], placements: Placements) -> Iterator[Check]:
    for use in uses:
        here, there = placements.tables.get(use.table), placements.tables.get(use.used)
        if here is None or there is None or not here.target:
            continue
        missing = [target for target in here.targets if target not in there.targets]
        if missing:
            entry = f'[tables."{use.used}"]'
            yield Check(
                f"type of {use.table}.{use.column}", "block",
                f"it is made of the row type of {use.used}, which {listed(missing)} will not have",
                f"Have the table there too: {entry} replicate = {json.dumps(missing)}; or give the "
                "column a type of its own (CREATE TYPE … AS).",
            )  # fmt: skip
