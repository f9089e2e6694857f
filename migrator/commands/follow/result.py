"""What the commands of follow return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

# asked: by `follow stop`. followed: every database has been followed and proved once, which was all that was wanted.
FollowEnd = Literal["asked", "followed"]


@dataclass(frozen=True)
class Followed:
    """A follower that has ended by itself. `failures` are databases that it could not bring on, and why."""

    run_id: str
    source: str
    end: FollowEnd
    databases: int
    proved: int
    rounds: int
    entries: int  # changed rows that were read of the log
    upserted: int
    deleted: int
    failures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DatabaseLag:
    """How far one database is behind the source.

    `seconds` are counted from when it was last brought on; `rows` are entries of the log that it does not have yet.
    Of one that serves its rows itself they are None, and `seconds` those since what was written there was carried back.
    """

    database: str
    target: str
    tenant: str
    state: str
    seconds: float
    rows: int | None
    proved_seconds: float | None  # since both sides were compared and equal; None: never
    error: str | None


@dataclass(frozen=True)
class FollowStatus:
    """How following stands. `follower` says who follows now, or ''; without a run that follows, `run_id` is None."""

    run_id: str | None
    source: str
    follower: str = ""
    since: datetime | None = None
    tables: int = 0  # that are captured
    log_rows: int = 0
    log_bytes: int = 0
    databases: tuple[DatabaseLag, ...] = ()

    @property
    def rows_behind(self) -> int:
        """The most entries that any database does not have yet."""
        return max((one.rows or 0 for one in self.databases), default=0)


@dataclass(frozen=True)
class FollowStopped:
    """What became of a request to stop: `running` says that somebody followed, `ended` that he has ended since."""

    run_id: str | None
    source: str
    running: bool = False
    ended: bool = True


@dataclass(frozen=True)
class FollowUninstalled:
    """Capture is off the source: `tables` had it. The databases stay as they were last followed."""

    run_id: str | None
    source: str
    tables: int
