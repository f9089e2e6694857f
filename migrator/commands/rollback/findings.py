"""What rollback read of a run: databases, writes since, and what is missing; with its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from migrator.commands.changes.find import Writes
from migrator.core.changes.row_changes import DatabaseChanges
from migrator.core.verify.digests import Difference
from migrator.errors import MigratorError, RefusedError
from migrator.postgres.databases.databases import MarkedDatabase
from migrator.postgres.fence.fence import FenceState


class ServerRole(NamedTuple):
    """A role of the run on one of its servers."""

    server: str
    role: str


@dataclass(frozen=True)
class Findings:
    """What a run has left behind, as servers and source say it; the journal is asked second."""

    databases: tuple[MarkedDatabase, ...]
    fence: FenceState | None
    writes: Writes | None  # since migrate; None where no database is finished
    unfinished: tuple[str, ...]  # databases that migrate never finished
    roles: tuple[ServerRole, ...] = ()
    gone: tuple[str, ...] = ()  # databases that migrate finished, and that somebody else dropped
    untold: MigratorError | None = None  # why nobody can tell what was written since migrate

    @property
    def written(self) -> tuple[tuple[str, Difference], ...]:
        """(database, difference) of every table that was written to since migrate."""
        return self.writes.differences if self.writes is not None else ()

    @property
    def strays(self) -> Mapping[str, Sequence[int]]:
        """By database, large objects that applications made there and that no row names."""
        return self.writes.strays if self.writes is not None else {}

    @property
    def lost(self) -> bool:
        """Whether something of what applications wrote can neither be saved nor carried back."""
        return bool(self.gone or self.untold is not None or self.strays)

    @property
    def changes(self) -> tuple[DatabaseChanges, ...]:
        """The same row by row; nothing where the fence has not kept the source as it was."""
        return (self.writes.changes or ()) if self.writes is not None else ()


def written_rows(findings: Findings) -> list[tuple[str, str, int | None, int | None, int | None, str]]:
    """(database, table, inserted, updated, deleted, all of it in words) of every table that was written to."""
    counted = {
        (part.database, relation.full_name): figures
        for part in findings.changes
        for relation, figures in part.counts().items()
    }
    rows: list[tuple[str, str, int | None, int | None, int | None, str]] = []
    for database, one in findings.written:
        figures = counted.get((database, one.relation))
        if figures is None:
            told = f"{one.source_rows:,} rows after migrate, {one.target_rows:,} now ({one.kind})"
            rows.append((database, one.relation, None, None, None, told))
        else:
            told = ", ".join(f"{count:,} {kind}" for kind, count in figures.items() if count)
            rows.append((database, one.relation, figures["inserted"], figures["updated"], figures["deleted"], told))
    return rows


def written_message(findings: Findings) -> str:
    """What applications changed in the targets, as a sentence and a list."""
    lines = [f"  {database}: {table}: {told}" for database, table, *_, told in written_rows(findings)]
    more = len(lines) - 20
    rest = f"\n  and {more} more" if more > 0 else ""
    return "Applications have written to the targets since migrate:\n" + "\n".join(lines[:20]) + rest


def strays_message(findings: Findings) -> str:
    """Which large objects no row names, as a sentence."""
    listed = "; ".join(f"{database}: {some_of(oids)}" for database, oids in findings.strays.items())
    return f"Applications made large objects in the targets that no row names, so that none brings them back: {listed}."


def some_of(oids: Sequence[int]) -> str:
    """The first few numbers, as words."""
    return ", ".join(map(str, oids[:5])) + (", …" if len(oids) > 5 else "")


def foreign_fence(run: str, findings: Findings) -> str | None:
    """The run whose fence stands, where it is not this one's."""
    return findings.fence.run if findings.fence is not None and findings.fence.run != run else None


def unknown_fence(fence: FenceState, why: str) -> RefusedError:
    """The refusal where the fence is of a run that the journal does not know."""
    return RefusedError(
        f"The source is fenced by run {fence.run}, which the journal does not know, and {why}.",
        "Its journal was lost, or is another one ([control] database). To find the run by what it left: "
        f"migrator rollback --adopt --validate, then migrator rollback --adopt --confirm {fence.run}",
    )
