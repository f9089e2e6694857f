"""Keeps the source in its snapshot until the last of what is read from it, and takes the digests of whole tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from migrator.commands.proof.records import covered_tables, whole_tables
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import Transfer
from migrator.core.run.facts import SOURCE_ROWS
from migrator.journal import Run
from migrator.postgres.copy.row_counts import RowCounts
from migrator.postgres.schema.partitions import require_same_partitions
from migrator.postgres.session.snapshot import Snapshot, release_readers

Read = Literal["copies", "large objects"]


class SourceReading:
    """What is still to be read in the snapshot; tables that no copy reads whole are counted meanwhile."""

    def __init__(
        self,
        workspace: Workspace,
        run: Run,
        surveyed: Survey,
        snapshot: Snapshot,
        transfers: Mapping[str, tuple[Transfer, ...]],
    ) -> None:
        self._workspace = workspace
        self._run = run
        self._survey = surveyed
        self._snapshot = snapshot
        self._covered = covered_tables(surveyed, transfers)
        uncovered = surveyed.catalog.tables.keys() - self._covered
        self._counts = RowCounts(workspace.source, snapshot.id, surveyed.catalog, uncovered)
        self._left: set[Read] = {"copies"}
        if surveyed.catalog.large_objects:
            self._left.add("large objects")

    def awaits(self, what: Read) -> bool:
        """Whether that is still to be read."""
        return what in self._left

    def has_read(self, what: Read) -> None:
        """Lets the source go with the last of what is read from it."""
        self._left.discard(what)
        if self._left:
            return
        counted, digested = self._counts.result()
        require_same_partitions(self._workspace.source, self._survey.catalog)
        journal, run = self._workspace.journal, self._run.id
        journal.record(run, SOURCE_ROWS, dict(counted))
        whole = whole_tables(journal, run, self._survey.placements, self._covered)
        journal.store_digests(run, [("source before", one) for one in (*digested, *whole)])
        self._snapshot.close()
        release_readers(self._workspace.source)

    def close(self) -> None:
        """Ends the sessions that count."""
        self._counts.close()
