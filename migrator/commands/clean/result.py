"""What clean would move, has moved, or has put back, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from migrator.core.clean.rules import Share
from migrator.core.schema.catalog import Relation
from migrator.core.schema.identifiers import identifier
from migrator.postgres.clean.quarantine import Held
from migrator.settings import CleanRule


class StuckTable(NamedTuple):
    """A table that no row of a rule can leave, because of a publication, and what lets them."""

    rule: str
    table: str
    publication: str
    remedy: str


@dataclass(frozen=True)
class Finding:
    """What one rule takes, and the keys of a few of its rows by table."""

    rule: str
    settings: CleanRule
    shares: tuple[Share, ...]
    samples: Mapping[Relation, tuple[str, ...]]
    undeletable: Mapping[Relation, str] = field(default_factory=dict)  # tables that no row leaves: the publication

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

    @property
    def stuck(self) -> tuple[StuckTable, ...]:
        """The tables that no row of the rule can leave."""
        return tuple(
            StuckTable(
                self.rule,
                str(relation),
                publication,
                f"ALTER TABLE {identifier(relation.schema)}.{identifier(relation.name)} REPLICA IDENTITY FULL",
            )
            for relation, publication in self.undeletable.items()
        )


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
