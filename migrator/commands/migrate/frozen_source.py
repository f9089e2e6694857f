"""Holds the source in one state for a run: the fence, its epoch, and the shared snapshot."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from migrator.commands.sequences.blocks import put_back
from migrator.commands.shared.epochs import epoch_of, record_tables, same_state
from migrator.commands.shared.survey import survey_in
from migrator.commands.shared.workspace import RunContext
from migrator.core.online.captured import captured_tables
from migrator.core.plan.steps import CopyTable, CreateDatabase, Plan, same_source
from migrator.core.plan.survey import Survey
from migrator.core.run.facts import EPOCH, FILES, FOLLOW_START, PARTS, SOURCE_OBJECTS, FollowStart
from migrator.core.run.source_hold import SourceHold
from migrator.errors import InterruptedRunError, RefusedError, SnapshotLostError
from migrator.journal import Artefact
from migrator.postgres.capture.install import install_capture, read_capture
from migrator.postgres.capture.read_log import read_position
from migrator.postgres.copy.row_counts import lock_against_ddl
from migrator.postgres.copy.spool import discard
from migrator.postgres.databases.databases import drop_database
from migrator.postgres.fence.fence import fences_partitions, lift_fence, raise_fence, read_fence
from migrator.postgres.gate.arm import install_gate
from migrator.postgres.schema.catalog import read_objects
from migrator.postgres.session.connect import Connection, session, translated
from migrator.postgres.session.snapshot import Snapshot


class FrozenSource:
    """The source as a run reads it: under the fence, or as it was at the moment of the snapshot."""

    def __init__(self, context: RunContext, plan: Plan, survey: Survey, hold: SourceHold) -> None:
        self.context = context
        self.journal = context.journal
        self.plan = plan
        self.survey = survey
        self.hold = hold

    def freeze(self) -> str:
        """Raises the fence, or finds this run's standing, or begins to capture; returns the epoch of what is read."""
        fresh = f"{self.context.id}-{secrets.token_hex(4)}"
        match self.hold:
            case SourceHold.FENCE:
                return self._fence(fresh)
            case SourceHold.CAPTURE:
                self._capture(fresh)
        return epoch_of(fresh)

    def _capture(self, epoch: str) -> None:
        """Logs every change from here on. Each attempt copies anew, from a snapshot that comes after its capture."""
        self.journal.record(FOLLOW_START, None)
        self.journal.forget_followed()
        with session(self.context.source, purpose="capture") as connection:
            standing = read_capture(connection)
            captured = captured_tables(
                self.survey.catalog, self.survey.placements, standing.tables if standing is not None else ()
            )
            self.journal.artefact("capture", "source", "intended")
            self.context.progress.say(f"capturing what changes in {len(captured)} tables of the source")
            install_capture(connection, captured, self.context.workspace.lock_wait, run=self.context.id, epoch=epoch)
            install_gate(connection)
            self.journal.artefact("capture", "source", "created")

    def _note_start(self, connection: Connection) -> None:
        """Records at which position everything is copied, before the first row is."""
        standing = read_capture(connection)
        assert standing is not None
        self.journal.record(FOLLOW_START, FollowStart(standing.epoch, str(read_position(connection))))

    def _fence(self, fresh: str) -> str:
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
        with session(self.context.source, purpose="fence") as connection:
            standing = read_fence(connection)
            if standing is not None and standing.run != self.context.id:
                raise RefusedError(
                    f"The source is fenced by run {standing.run}.", "Finish or take back that run: migrator rollback."
                )
            known = self.journal.artefacts("fence")
            complete = any(artefact.state == "created" for artefact in known)
            whole = (
                standing is not None and set(tables) <= standing.fenced and later <= set(standing.fencing_partitions)
            )
            if standing is not None and complete and not whole:
                # Somebody took a part of it away: what was read before may have changed since.
                self._lift()
                standing = None
            if standing is None or not complete:
                self.journal.artefact("fence", "source", "intended")
                # From the first table on: what happens next may end this process's connections, not what it knows.
                self.context.workspace.fence.raised(self.context.id, datetime.now(UTC))
                self.context.progress.say(f"fencing {len(tables)} tables of the source against writes")
                raise_fence(connection, tables, self.context.workspace.lock_wait, run=self.context.id, epoch=fresh)
                self.journal.artefact("fence", "source", "created")
                # Every command tells the same moment, the journal's.
                self.context.workspace.fence.since = self.journal.fenced_since()
                standing = read_fence(connection)
        assert standing is not None
        return epoch_of(standing.epoch)

    def _lift(self) -> None:
        with session(self.context.source, purpose="fence") as own:
            put_back(self.context, own)
            lift_fence(own, self.context.workspace.lock_wait)
        self.journal.artefact("fence", "source", "dropped")
        self.context.workspace.fence.lifted()

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
            if self.hold is SourceHold.FENCE and any(one.state != "dropped" for one in self.journal.artefacts("fence")):
                self._lift()
                self.context.progress.say("the fence is lifted: the source takes writes again")
            raise

    def forget_unless(self, epoch: str) -> None:
        """Drops what was copied from another state of the source: two snapshots are never mixed."""
        before = self.journal.recorded(EPOCH)
        # VACUUM FULL and CLUSTER pass the fence and move rows between parts of a table, without writing any.
        files = {str(table.relation): table.file for table in self.survey.catalog.tables.values()}
        moved = before is not None and self.journal.recorded(FILES) != files
        if before is not None and (before != epoch or moved):
            records = self.journal.step_records().values()
            copied = [record for record in records if record.kind in ("copy", "finish")]
            if copied:
                why = (
                    "the source was writable since the last attempt"
                    if moved or not same_state(before, epoch)
                    else "the last attempt was of a version that hashed rows in another way"
                )
                self.context.progress.say(f"{why}: {len(copied)} steps are done again")
            discard(self.context.spool)
            steps = list(self.plan.of(CreateDatabase))
            # Before they go: a rollback takes finished databases that are "created" and gone for somebody else's work.
            intended = [Artefact("database", step.database, "intended", step.target, step.tenant) for step in steps]
            self.journal.record_artefacts(intended)
            for step in steps:
                with session(self.context.server(step.server), purpose="reset") as connection:
                    drop_database(connection, step.database, run=self.context.id)
            self.journal.forget_copies()
        if before != epoch or moved:
            parts = [(step.id, step.parts) for step in self.plan.of(CopyTable)]
            self.journal.record(PARTS, parts)
            self.journal.record(FILES, files)
            record_tables(self.journal, self.survey.catalog)
            self.journal.record(EPOCH, epoch)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The snapshot that all readers of this attempt share, on tables that nobody alters meanwhile.

        Raises:
            RefusedError: what the plan rests on has changed since it was read.
        """
        snapshot = Snapshot(self.context.workspace.source_rows)
        try:
            with translated(self.context.source):
                if self.hold is not SourceHold.CAPTURE:
                    # Of a source that is in use a lock for hours would hold up whoever alters a table, and behind him
                    # everybody else: its schema is compared again when everything is copied.
                    lock_against_ddl(snapshot.connection, self.survey.catalog)
                else:
                    self._note_start(snapshot.connection)
            seen = survey_in(snapshot.connection, self.context.workspace)
            if not same_source(seen, self.plan.survey):
                raise RefusedError(
                    "The source's schema or its tenants changed while migrate was starting.",
                    "Run `migrator dry-run` again.",
                )
            if self.journal.recorded(SOURCE_OBJECTS) is None:
                self.journal.record(SOURCE_OBJECTS, read_objects(snapshot.connection))
            yield snapshot
        finally:
            snapshot.close()
