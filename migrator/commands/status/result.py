"""How far a migration is, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from migrator.core.schema.catalog import Relation
from migrator.postgres.fence.fence import FenceState

if TYPE_CHECKING:
    from migrator.commands.sequences.levels import Level
    from migrator.commands.status.databases import DatabaseState
    from migrator.core.run.lock_wait import LockWait
    from migrator.journal import Artefact, Holder, Run, StageRecord, StepRecord


@dataclass(frozen=True)
class BlocksLeft:
    """The blocks of numbers that run out, in as many databases as were looked at; `error` says why none could be."""

    low: tuple[Level, ...] = ()
    not_looked_at: int = 0  # databases
    error: str = ""


@dataclass(frozen=True)
class Status:
    """How far the newest run of a source is; `run` is None where nothing has run, and all of the rest is empty then."""

    source: str
    control_database: str
    fence: FenceState | None
    gaps: tuple[Relation, ...]  # tables of the fenced source that take writes
    run: Run | None
    now: datetime
    snapshot: tuple[float, int] | None = None  # that a run holds: (seconds, transactions behind)
    holder: Holder | None = None  # of the source's lock
    stages: tuple[StageRecord, ...] = ()
    steps: tuple[StepRecord, ...] = ()  # those that a process that is gone left behind are "stopped"
    planned: Mapping[str, int] = field(default_factory=dict)  # how many steps there are, by kind
    fenced_since: datetime | None = None
    lock_waits: tuple[LockWait, ...] = ()  # where migrator waits, or is waited for
    paused: str = ""  # why a run waits
    servers: Mapping[str, str] = field(default_factory=dict)  # by tenant
    dropped_tenants: tuple[str, ...] = ()  # tenants
    waiting: Mapping[str, int] = field(default_factory=dict)  # changes that could not be carried back, by file
    databases: tuple[Artefact, ...] = ()
    states: tuple[DatabaseState, ...] = ()  # of the databases, or of one tenant's
    blocks: BlocksLeft | None = None

    @property
    def fenced(self) -> bool:
        """Whether the source refuses writes."""
        return self.fence is not None
