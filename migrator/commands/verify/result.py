"""What verify saw on both sides, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from migrator.commands.plan.changes import PlanChanges
from migrator.commands.proof.compare_sides import Proof
from migrator.commands.shared.roles import AccessDifference
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Difference
from migrator.postgres.verify.verify_database import DatabaseFacts


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that source and target do not agree on; `kind` is missing, extra or different."""

    database: str
    table: str
    key: str
    kind: str


@dataclass(frozen=True, slots=True)
class CrossReference:
    """A foreign key across databases, as it is in one of them: how many of its keys lead nowhere, and some of them."""

    foreign_key: str
    database: str
    orphans: int
    samples: str


@dataclass(frozen=True)
class Verified:
    """Everything that was read of the source and of the databases that were examined."""

    run_id: str
    databases: int  # that the plan makes, examined or not
    proof: Proof
    facts: tuple[DatabaseFacts, ...]
    changed_since: tuple[Difference, ...]  # in the source, since the snapshot
    rows: tuple[WrongRow, ...]
    references: tuple[CrossReference, ...]
    released: tuple[CrossReference, ...] = ()  # of keys that were let go: counted, no fault
    access: tuple[AccessDifference, ...] = ()
    gaps: tuple[Relation, ...] = ()  # tables of the fenced source that take writes
    scope: Literal["everything", "structure"] = "everything"  # without the rows, once applications write them
    sample: float | None = None  # percent of the tenants' databases; None for all of them
    dropped_tenants: tuple[str, ...] = ()  # keys of the tenants that were
    plan_changes: PlanChanges | None = None

    @property
    def holds(self) -> bool:
        """Whether everything agrees, and goes on to as long as the source is fenced."""
        return self.agrees and not self.gaps

    @property
    def agrees(self) -> bool:
        """Whether nothing disagrees; what changed in the source since is no disagreement."""
        clean = all(not (fact.objects or fact.leaks or fact.sequences) for fact in self.facts)
        return self.proof.holds and clean and not self.access and not any(one.orphans for one in self.references)

    @property
    def differences(self) -> tuple[tuple[str, Difference], ...]:
        """(target, difference) of every table and tenant on which both sides do not agree."""
        return self.proof.differences


@dataclass(frozen=True, slots=True)
class LiveProof:
    """One database that was compared with the source at `position`; `problem` says why it could not be."""

    database: str
    target: str
    tenant: str
    position: str
    rows: int
    differences: tuple[Difference, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class VerifiedLive:
    """What a comparison of all followed databases came to; those that serve their rows already are left out."""

    run_id: str
    source: str
    proofs: tuple[LiveProof, ...]
    moved: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every database was compared and is as the source is."""
        return not any(proof.differences or proof.problem for proof in self.proofs)
