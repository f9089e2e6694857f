"""What migrate made of the source, as a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrator.commands.plan.changes import PlanChanges
from migrator.commands.proof.compare_sides import Proof
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.result.outcome import Cell
from migrator.core.verify.digests import Difference, Digest


@dataclass(frozen=True, slots=True)
class MadeDatabase:
    """A database of the split, with how many tables and rows of the source it holds."""

    name: str
    target: str
    tenant: str  # its key; "" where it is of no tenant
    server: str
    tables: int
    rows: int


@dataclass(frozen=True)
class Migrated:
    """A split that was carried out: what was made, and how source and targets compare.

    Where an earlier migrate did all of it, `proof` is None and `earlier` its figures, as the journal has them.
    """

    run_id: str
    source: str  # the database's name
    databases: tuple[MadeDatabase, ...]
    tenants: int
    tables: int  # of the source, those that are left behind included
    proof: Proof | None
    fenced: bool = True
    changed_since: tuple[Difference, ...] = ()  # in a source that is not fenced, since the snapshot
    earlier: Mapping[str, Cell] | None = None
    plan_changes: PlanChanges | None = None

    @property
    def holds(self) -> bool:
        """Whether all digests agree and every row is accounted for."""
        return self.proof is None or self.proof.holds


def made_databases(plan: Plan, held: Mapping[str, Sequence[Digest]]) -> tuple[MadeDatabase, ...]:
    """The databases of a plan, in its order; `held` are the digests taken in them, by target."""
    rows: Counter[tuple[str, str]] = Counter()
    tables: Counter[tuple[str, str]] = Counter()
    for target, digests in held.items():
        for digest in digests:
            rows[target, digest.tenant] += digest.rows
            tables[target, digest.tenant] += 1
    return tuple(
        MadeDatabase(step.database, step.target, step.tenant, step.server, tables[place], rows[place])
        for step in plan.of(CreateDatabase)
        if (place := (step.target, step.tenant))
    )
