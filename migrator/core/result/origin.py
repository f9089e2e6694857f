"""What a report is about and where it was made: the line that tells two reports apart a year later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """The source with its server and our role there, None where no source was named; and who wrote the report, when."""

    machine: str
    version: str  # of migrator
    time: datetime
    source: str | None = None  # the database
    server: str | None = None
    role: str | None = None

    @property
    def sentence(self) -> str:
        """The same on one line."""
        source = f"{self.source} on {self.server} as {self.role}, " if self.source else ""
        at = self.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"{source}from {self.machine} by migrator {self.version}, {at}"
