"""What an audit came to, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Finding
from migrator.core.audit.review import Review


@dataclass(frozen=True)
class Audited:
    """The facts that an audit read, what its rules say of them, and the file in which its document is kept."""

    run_id: str
    facts: Facts
    review: Review
    file: Path | None = None

    @property
    def blocked(self) -> bool:
        """Whether a reported finding stands in the way of the split."""
        return self.review.blocks

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is reported: neither of the baseline nor suppressed."""
        return tuple(self.review.findings)
