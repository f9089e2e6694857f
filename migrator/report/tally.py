"""Counts what finished tasks have done together."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.core.result.wording import size
from migrator.report.cells import count


@dataclass
class Tally:
    """What tasks have done together that finished while others ran; it begins anew when nothing runs."""

    tasks: int = 0
    rows: int = 0
    bytes: int = 0

    def add(self, rows: int, bytes_: int, unit: str) -> None:
        """Counts a task that has finished; only tasks that count rows add to the rows."""
        self.tasks += 1
        self.rows += rows if unit == "rows" else 0
        self.bytes += bytes_

    def clear(self) -> None:
        """Begins anew."""
        self.tasks = self.rows = self.bytes = 0

    def __str__(self) -> str:
        amounts = [f"{count(self.rows)} rows"] if self.rows else []
        amounts += [size(self.bytes)] if self.bytes else []
        # What counted databases or tables has no rows to tell of.
        return f"{self.tasks} finished" + (f": {', '.join(amounts)}" if amounts else "")
