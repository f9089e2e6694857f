"""The fence that stands when a command ends: whose it is, since when, and what lifts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

# The run that raised it is open, has been migrated and is open, was finished with its source kept fenced, is none that
# the journal knows, or is one of which the journal could not be asked.
RunState = Literal["open", "migrated", "finished", "lost", "unrecorded"]


@dataclass
class StandingFence:
    """What this invocation knows of the source's fence, kept in memory: the server may be gone when it is told.

    `known` says whether anybody has asked; `since` is None where the journal does not say.
    """

    run: str = ""
    since: datetime | None = None
    state: RunState = "open"
    known: bool = False

    def raised(self, run: str, since: datetime | None, state: RunState = "open") -> None:
        """Remembers that the run's fence stands; of one that is known already since when it did."""
        self.since = since if self.run != run or self.since is None else self.since
        self.run, self.state, self.known = run, state, True

    def lifted(self) -> None:
        """Remembers that none stands."""
        self.run, self.since, self.known = "", None, True

    def migrated(self) -> None:
        """Remembers that the run whose fence stands, if one does, has been migrated: nothing is left to go on with."""
        self.state = "migrated"

    def finished(self) -> None:
        """Remembers that the run whose fence stands, if one does, has passed its point of no return."""
        self.state = "finished"

    @property
    def sentence(self) -> str:
        """The last line of a command, "" where no fence stands."""
        if not self.run:
            return ""
        since = f" since {self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if self.since is not None else ""
        stands = f"The source is fenced{since} by run {self.run}"
        match self.state:
            case "open":
                return (
                    f"{stands}: it takes no writes. `migrator migrate` goes on under the fence where it is not done; "
                    "`migrator rollback` lifts it."
                )
            case "migrated":
                return (
                    f"{stands}: it takes no writes. The split is complete: `migrator finish` ends the run for good, "
                    "`migrator rollback` takes it back and lifts it."
                )
            case "finished":
                return (
                    f"{stands}, which is finished: it takes no writes, as was chosen. "
                    f"`migrator finish --retire unfence --confirm {self.run}` lifts it."
                )
            case "lost":
                return (
                    f"{stands}, which the journal does not know: it takes no writes. "
                    f"`migrator rollback --adopt --confirm {self.run}` lifts it."
                )

            case "unrecorded":
                return (
                    f"{stands}: it takes no writes. The journal does not answer; once it does, `migrator status` says "
                    "what goes on under the fence and what lifts it."
                )

    @property
    def unknown(self) -> str:
        """The last line of a command that could not ask; "" where it could."""
        if self.known:
            return ""
        return (
            "Whether the source is fenced cannot be known: it did not answer. `migrator status` says so once it does."
        )
