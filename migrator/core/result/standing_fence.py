"""The fence that stands when a command ends: whose it is, since when, and what lifts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass
class StandingFence:
    """What this invocation knows of the source's fence, kept in memory: the server may be gone when it is told."""

    run: str = ""
    since: datetime | None = None

    def raised(self, run: str, since: datetime) -> None:
        """Remembers that the run's fence stands; of one that is known already since when it did."""
        if self.run != run or self.since is None:
            self.run, self.since = run, since

    def lifted(self) -> None:
        """Remembers that none stands."""
        self.run, self.since = "", None

    @property
    def sentence(self) -> str:
        """The last line of a command, "" where no fence stands."""
        if not self.run or self.since is None:
            return ""
        since = self.since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return (
            f"The source is fenced since {since} by run {self.run}: it takes no writes. `migrator migrate` goes on "
            "under the fence where it is not done; `migrator rollback` lifts it."
        )
