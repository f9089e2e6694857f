"""What clean would move, has moved, or has put back, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.core.clean.rules import Share
from migrator.core.schema.catalog import Relation
from migrator.postgres.clean.quarantine import Held
from migrator.settings import CleanRule


@dataclass(frozen=True)
class Finding:
    """What one rule takes, and the keys of a few of its rows by table."""

    rule: str
    settings: CleanRule
    shares: tuple[Share, ...]
    samples: Mapping[Relation, tuple[str, ...]]

    @property
    def rows(self) -> int:
        return sum(share.rows for share in self.shares)

    @property
    def hanging(self) -> int:
        return sum(share.rows for share in self.shares if share.hanging)

    @property
    def blocked(self) -> bool:
        """Whether rows hang on what it takes although the rule says that none must."""
        return self.settings.dependents == "block" and self.hanging > 0


@dataclass(frozen=True)
class Cleaned:
    """What the rules take: what has been moved to quarantine where that was `executed`, else what would be."""

    run_id: str
    findings: tuple[Finding, ...]
    tenants: Mapping[str, str]  # names by key
    held: tuple[Held, ...]  # in quarantine now
    executed: bool

    @property
    def rows(self) -> int:
        return sum(finding.rows for finding in self.findings)


@dataclass(frozen=True)
class Restored:
    """What came back from quarantine."""

    run_id: str
    restored: Mapping[Relation, int]  # rows by table
    held: tuple[Held, ...]  # still in quarantine

    @property
    def rows(self) -> int:
        return sum(self.restored.values())
