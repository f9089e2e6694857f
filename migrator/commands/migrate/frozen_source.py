"""Holds the source in one state for a run: the fence, its epoch, and the shared snapshot."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from migrator.commands.sequences.blocks import put_back
from migrator.commands.shared.epochs import epoch_of, record_tables, same_state
from migrator.commands.shared.survey import survey_in
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import CopyTable, CreateDatabase, Plan, same_source
from migrator.core.plan.survey import Survey
from migrator.core.run.facts import EPOCH, FILES, PARTS, SOURCE_OBJECTS
from migrator.errors import InterruptedRunError, RefusedError, SnapshotLostError
from migrator.journal import Artefact, Run
from migrator.postgres.copy.row_counts import lock_against_ddl
from migrator.postgres.copy.spool import discard
from migrator.postgres.databases.databases import drop_database
from migrator.postgres.fence.fence import fences_partitions, lift_fence, raise_fence, read_fence
from migrator.postgres.schema.catalog import read_objects
from migrator.postgres.session.connect import session, translated
from migrator.postgres.session.snapshot import Snapshot


class FrozenSource:
    """The source under the fence of a run; not fenced, it is what it was at the moment of the snapshot."""

    def __init__(self, workspace: Workspace, run: Run, plan: Plan, survey: Survey, *, fenced: bool) -> None:
        self.workspace = workspace
        self.journal = workspace.journal
        self.run = run
        self.plan = plan
        self.survey = survey
        self.fenced = fenced

    def freeze(self) -> str:
        """Raises the fence, or finds this run's standing; returns the epoch of what is read under it."""
        fresh = f"{self.run.id}-{secrets.token_hex(4)}"
        if not self.fenced:
            return epoch_of(fresh)
        tables = [
            relation
            for table in self.survey.catalog.tables.values()
            for relation in (table.relation, *table.partitions)
        ]
        version = self.survey.catalog.server_version
        later = {
            relation
            for relation, table in self.survey.catalog.tables.items()
            if table.kind == "p" and fences_partitions(version)
        }
        with session(self.workspace.source, purpose="fence") as connection:
            standing = read_fence(connection)
            if standing is not None and standing.run != self.run.id:
                raise RefusedError(
                    f"The source is fenced by run {standing.run}.", "Finish or take back that run: migrator rollback."
                )
            known = self.journal.artefacts(self.run.id, "fence")
            complete = any(artefact.state == "created" for artefact in known)
            whole = (
                standing is not None and set(tables) <= standing.fenced and later <= set(standing.fencing_partitions)
            )
            if standing is not None and complete and not whole:
                # Somebody took a part of it away: what was read before may have changed since.
                self._lift()
                standing = None
            if standing is None or not complete:
                self.journal.artefact(self.run.id, "fence", "source", "intended")
                # From the first table on: what happens next may end this process's connections, not what it knows.
                self.workspace.fence.raised(self.run.id, datetime.now(UTC))
                self.workspace.progress.say(f"fencing {len(tables)} tables of the source against writes")
                raise_fence(connection, tables, self.workspace.lock_wait, run=self.run.id, epoch=fresh)
                self.journal.artefact(self.run.id, "fence", "source", "created")
                # Every command tells the same moment, the journal's.
                self.workspace.fence.since = self.journal.fenced_since(self.run.id)
                standing = read_fence(connection)
        assert standing is not None
        return epoch_of(standing.epoch)

    def _lift(self) -> None:
        with session(self.workspace.source, purpose="fence") as own:
            put_back(self.workspace, own, self.run.id)
            lift_fence(own, self.workspace.lock_wait)
        self.journal.artefact(self.run.id, "fence", "source", "dropped")
        self.workspace.fence.lifted()

    @contextmanager
    def lifted_on_failure(self) -> Iterator[None]:
        """Gives the monolith back to its users when the attempt fails.

        An interruption and a lost snapshot keep the fence: nothing is wrong then, and what is copied is worth keeping.
        """
        try:
            yield
        except (KeyboardInterrupt, InterruptedRunError, SnapshotLostError):
            raise
        except BaseException:
            if self.fenced and any(one.state != "dropped" for one in self.journal.artefacts(self.run.id, "fence")):
                self._lift()
                self.workspace.progress.say("the fence is lifted: the source takes writes again")
            raise

    def forget_unless(self, epoch: str) -> None:
        """Drops what was copied from another state of the source: two snapshots are never mixed."""
        before = self.journal.recorded(self.run.id, EPOCH)
        # VACUUM FULL and CLUSTER pass the fence and move rows between parts of a table, without writing any.
        files = {str(table.relation): table.file for table in self.survey.catalog.tables.values()}
        moved = before is not None and self.journal.recorded(self.run.id, FILES) != files
        if before is not None and (before != epoch or moved):
            records = self.journal.step_records(self.run.id).values()
            copied = [record for record in records if record.kind in ("copy", "finish")]
            if copied:
                why = (
                    "the source was writable since the last attempt"
                    if moved or not same_state(before, epoch)
                    else "the last attempt was of a version that hashed rows in another way"
                )
                self.workspace.progress.say(f"{why}: {len(copied)} steps are done again")
            discard(self.workspace.spool(self.run.id))
            steps = list(self.plan.of(CreateDatabase))
            # Before they go: a rollback takes finished databases that are "created" and gone for somebody else's work.
            intended = [Artefact("database", step.database, "intended", step.target, step.tenant) for step in steps]
            self.journal.record_artefacts(self.run.id, intended)
            for step in steps:
                with session(self.workspace.server(step.server), purpose="reset") as connection:
                    drop_database(connection, step.database, run=self.run.id)
            self.journal.forget_copies(self.run.id)
        if before != epoch or moved:
            parts = [(step.id, step.parts) for step in self.plan.of(CopyTable)]
            self.journal.record(self.run.id, PARTS, parts)
            self.journal.record(self.run.id, FILES, files)
            record_tables(self.journal, self.run.id, self.survey.catalog)
            self.journal.record(self.run.id, EPOCH, epoch)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The snapshot that all readers of this attempt share, on tables that nobody alters meanwhile.

        Raises:
            RefusedError: what the plan rests on has changed since it was read.
        """
        snapshot = Snapshot(self.workspace.source_rows)
        try:
            with translated(self.workspace.source):
                lock_against_ddl(snapshot.connection, self.survey.catalog)
            seen = survey_in(snapshot.connection, self.workspace)
            if not same_source(seen, self.plan.survey):
                raise RefusedError(
                    "The source's schema or its tenants changed while migrate was starting.",
                    "Run `migrator dry-run` again.",
                )
            if self.journal.recorded(self.run.id, SOURCE_OBJECTS) is None:
                self.journal.record(self.run.id, SOURCE_OBJECTS, read_objects(snapshot.connection))
            yield snapshot
        finally:
            snapshot.close()
