"""The journal: runs, stages, steps, artefacts and digests, kept in a control database of their own.

What must be atomic is committed here in one transaction; what must be unique is a unique index here.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import socket
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator import logs
from migrator.core.compare import Digest
from migrator.errors import DatabaseError, MigratorError, RefusedError
from migrator.journal.lock import Holder, Locks, machine
from migrator.journal.records import Artefact, Run, StageRecord, StepRecord
from migrator.journal.tables import artefacts, digests, metadata, plans, quarantine, records, runs, stages, steps

__all__ = ["Artefact", "Holder", "Journal", "Run", "StageRecord", "StepRecord", "machine"]

_log = logs.logger(__name__)

_INSUFFICIENT_PRIVILEGE = "42501"


class Journal:
    """The control database. `connect` opens a raw driver connection to it; picklable callables make it so too."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._engine = sa.create_engine(
            "postgresql+psycopg://", creator=connect, pool_size=1, max_overflow=4, pool_pre_ping=True
        )
        self.locks = Locks(self._engine, self._begin)

    def close(self) -> None:
        """Ends the sessions that the journal keeps open between statements."""
        self._engine.dispose()

    def prepare(self) -> None:
        """Creates the state tables where they are missing."""
        with self._begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('migrator.journal'))"))
            connection.execute(sa.schema.CreateSchema("migrator", if_not_exists=True))
            metadata.create_all(connection)

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            raise DatabaseError(
                f"The control database failed: {error.orig}",
                "Run the same command again when it is reachable.",
            ) from error
        except sa.exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != _INSUFFICIENT_PRIVILEGE:
                raise
            raise DatabaseError(
                f"The control database refuses: {error.orig}",
                "It belongs to the role that made it: type the same as that role, or have it granted to yours.",
            ) from error

    # -- runs ---------------------------------------------------------------------------------------------------------

    def open_run(self, source: str, label: str) -> Run:
        """The open run of `source`, a new one where there is none."""
        fresh = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        with self._begin() as connection:
            connection.execute(
                insert(runs)
                .values(id=fresh, source=source, label=label)
                .on_conflict_do_nothing(index_elements=["source"], index_where=sa.text("closed_at IS NULL"))
            )
        run = self.current_run(source)
        if run is None:
            raise RefusedError("The run was closed by another migrator just now.", "Run `migrator status`.")
        return run

    def adopt_run(self, source: str, label: str, run: str) -> Run:
        """Makes a run that another journal knew the open run of `source`; an open one that made nothing gives way.

        Raises:
            RefusedError: another run is open and has made something.
        """
        with self._begin() as connection:
            open_ = connection.execute(
                sa.select(runs.c.id).where(runs.c.source == source, runs.c.closed_at.is_(None))
            ).scalar_one_or_none()
            if open_ is not None and open_ != run:
                made = connection.execute(
                    sa.select(sa.func.count()).where(artefacts.c.run_id == open_, artefacts.c.state != "dropped")
                ).scalar_one()
                if made:
                    raise RefusedError(
                        f"Run {open_} is open and has made something itself.", "Take it back first: migrator rollback."
                    )
                connection.execute(
                    sa.update(runs).where(runs.c.id == open_).values(closed_at=sa.func.now(), outcome="gave way")
                )
            statement = insert(runs).values(id=run, source=source, label=label)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["id"], set_={"closed_at": None, "outcome": None})
            )
        found = self.current_run(source)
        assert found is not None
        return found

    def current_run(self, source: str) -> Run | None:
        """The open run of `source`, or None."""
        with self._begin() as connection:
            row = connection.execute(
                sa.select(runs).where(runs.c.source == source, runs.c.closed_at.is_(None))
            ).one_or_none()
        return _run(row) if row else None

    def all_runs(self, source: str) -> tuple[Run, ...]:
        """Every run of `source`, newest first."""
        with self._begin() as connection:
            found = connection.execute(sa.select(runs).where(runs.c.source == source).order_by(runs.c.opened_at.desc()))
            return tuple(_run(row) for row in found)

    def close_run(self, run: str, outcome: str) -> None:
        """Ends a run; the next stage opens a new one."""
        with self._begin() as connection:
            connection.execute(sa.update(runs).where(runs.c.id == run).values(closed_at=sa.func.now(), outcome=outcome))
        _log.info("run closed", outcome=outcome)

    def set_fingerprint(self, run: str, fingerprint: str) -> None:
        """Ties the run to the plan that it carries out from now on."""
        with self._begin() as connection:
            connection.execute(sa.update(runs).where(runs.c.id == run).values(fingerprint=fingerprint))

    # -- stages -------------------------------------------------------------------------------------------------------

    @contextmanager
    def stage(self, run: str, stage: str) -> Iterator[dict[str, Any]]:
        """Records one attempt at a stage; the caller fills the yielded summary.

        The status is "done", unless the summary holds "status", or an exception ends the block.
        """
        with self._begin() as connection:
            # An attempt that died without a word is told as what it was.
            connection.execute(
                sa.update(stages)
                .where(stages.c.run_id == run, stages.c.stage == stage, stages.c.status == "running")
                .values(status="interrupted", finished_at=sa.func.now(), error="its process is gone")
            )
            attempt = connection.execute(
                sa.insert(stages)
                .values(run_id=run, stage=stage, status="running", host=socket.gethostname(), pid=os.getpid())
                .returning(stages.c.id)
            ).scalar_one()
        _log.info("stage begins", attempt=attempt)
        summary: dict[str, Any] = {}
        try:
            yield summary
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt) or getattr(error, "exit_code", None) == 130
            text = (
                error.message
                if isinstance(error, MigratorError)
                else "".join(traceback.format_exception_only(error)).strip()
            )
            self._finish_stage(attempt, "interrupted" if interrupted else "failed", summary, text)
            raise
        self._finish_stage(attempt, summary.pop("status", "done"), summary, None)

    def _finish_stage(self, attempt: int, status: str, summary: Mapping[str, Any], error: str | None) -> None:
        with self._begin() as connection:
            connection.execute(
                sa.update(stages)
                .where(stages.c.id == attempt)
                .values(status=status, finished_at=sa.func.now(), summary=dict(summary), error=error)
            )
        _log.info("stage ended", attempt=attempt, status=status, error=error, summary=dict(summary))

    def stage_records(self, run: str) -> tuple[StageRecord, ...]:
        """Every attempt of a run, oldest first."""
        columns = (
            stages.c.stage, stages.c.status, stages.c.started_at, stages.c.finished_at,
            stages.c.host, stages.c.pid, stages.c.summary, stages.c.error,
        )  # fmt: skip
        with self._begin() as connection:
            found = connection.execute(sa.select(*columns).where(stages.c.run_id == run).order_by(stages.c.id))
            return tuple(StageRecord(*row) for row in found)

    def last(self, run: str, stage: str) -> StageRecord | None:
        """The newest attempt of that stage, or None."""
        return next((record for record in reversed(self.stage_records(run)) if record.stage == stage), None)

    # -- steps --------------------------------------------------------------------------------------------------------

    def start_step(self, run: str, step: str) -> None:
        """Marks a step as running, from zero."""
        values = {
            "status": "running",
            "rows": 0,
            "bytes": 0,
            "error": None,
            "seconds": None,
            "finished_at": None,
        }
        with self._begin() as connection:
            connection.execute(
                insert(steps)
                .values(run_id=run, step=step, **values)
                .on_conflict_do_update(index_elements=["run_id", "step"], set_={**values, "started_at": sa.func.now()})
            )
        _log.info("step begins", step=step)

    def progress(self, run: str, step: str, rows: int, bytes_: int) -> None:
        """How far a running step is; an absolute figure, so that a repeated call does no harm."""
        with self._begin() as connection:
            connection.execute(
                sa.update(steps).where(steps.c.run_id == run, steps.c.step == step).values(rows=rows, bytes=bytes_)
            )

    def finish_step(
        self, run: str, step: str, *, seconds: float, rows: int = 0, bytes_: int = 0,
        detail: Mapping[str, Any] | None = None, found: Iterable[tuple[str, Digest]] = (),
    ) -> None:  # fmt: skip
        """Marks a step as done, together with the digests that it took, each as (moment, digest).

        A short step need not have been marked as running before.
        """
        values = {
            "status": "done",
            "rows": rows,
            "bytes": bytes_,
            "seconds": seconds,
            "detail": dict(detail or {}),
            "finished_at": sa.func.clock_timestamp(),
        }
        began = sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
        with self._begin() as connection:
            self._store_digests(connection, run, found)
            connection.execute(
                insert(steps)
                .values(run_id=run, step=step, started_at=began, **values)
                .on_conflict_do_update(index_elements=["run_id", "step"], set_=values)
            )
        _log.info("step done", step=step, rows=rows, bytes=bytes_, seconds=round(seconds, 3), detail=detail)

    def fail_step(self, run: str, step: str, error: str) -> None:
        """Marks a step as failed, with the reason."""
        values = {"status": "failed", "finished_at": sa.func.now(), "error": error}
        with self._begin() as connection:
            connection.execute(
                insert(steps)
                .values(run_id=run, step=step, **values)
                .on_conflict_do_update(index_elements=["run_id", "step"], set_=values)
            )
        _log.error("step failed", step=step, error=error, told=True)

    def step_records(self, run: str) -> dict[str, StepRecord]:
        """Every step of a run by its id."""
        columns = (
            steps.c.step, steps.c.status, steps.c.rows, steps.c.bytes,
            steps.c.seconds, steps.c.detail, steps.c.started_at, steps.c.error,
        )  # fmt: skip
        with self._begin() as connection:
            found = connection.execute(sa.select(*columns).where(steps.c.run_id == run).order_by(steps.c.started_at))
            return {row.step: StepRecord(*row) for row in found}

    def running_steps(self, run: str) -> tuple[StepRecord, ...]:
        """The steps that are under way."""
        columns = (
            steps.c.step, steps.c.status, steps.c.rows, steps.c.bytes,
            steps.c.seconds, steps.c.detail, steps.c.started_at, steps.c.error,
        )  # fmt: skip
        with self._begin() as connection:
            found = connection.execute(sa.select(*columns).where(steps.c.run_id == run, steps.c.status == "running"))
            return tuple(StepRecord(*row) for row in found)

    def forget_steps(self, run: str, names: Iterable[str]) -> None:
        """Removes steps so that they are done again."""
        with self._begin() as connection:
            connection.execute(sa.delete(steps).where(steps.c.run_id == run, steps.c.step.in_(list(names))))

    # -- artefacts ----------------------------------------------------------------------------------------------------

    def artefact(
        self,
        run: str,
        kind: str,
        name: str,
        state: str,
        *,
        target: str | None = None,
        tenant: str | None = None,
    ) -> None:
        """Records that an artefact is intended, created or dropped. "intended" comes before it exists."""
        self.record_artefacts(run, [Artefact(kind, name, state, target, tenant)])

    def record_artefacts(self, run: str, found: Sequence[Artefact]) -> None:
        """Records the states of several artefacts in one transaction."""
        statement = insert(artefacts)
        statement = statement.on_conflict_do_update(
            index_elements=["run_id", "kind", "name"],
            set_={"state": statement.excluded.state, "changed_at": sa.func.now()},
        )
        with self._begin() as connection:
            connection.execute(statement, [{"run_id": run, **dataclasses.asdict(one)} for one in found])
        for one in found:
            _log.info("artefact", **{name: value for name, value in dataclasses.asdict(one).items() if value})

    def artefacts(self, run: str, kind: str | None = None) -> tuple[Artefact, ...]:
        """What the run made or meant to make, in the order of making."""
        columns = (
            artefacts.c.kind,
            artefacts.c.name,
            artefacts.c.state,
            artefacts.c.target,
            artefacts.c.tenant,
        )
        statement = (
            sa.select(*columns).where(artefacts.c.run_id == run).order_by(artefacts.c.changed_at, artefacts.c.name)
        )
        if kind is not None:
            statement = statement.where(artefacts.c.kind == kind)
        with self._begin() as connection:
            return tuple(Artefact(*row) for row in connection.execute(statement))

    # -- plans, digests, records --------------------------------------------------------------------------------------

    def record_plan(self, run: str, fingerprint: str, document: Mapping[str, Any], *, passed: bool) -> None:
        """Keeps a plan and whether its dry-run passed."""
        values = {"document": dict(document), "passed": passed, "made_at": sa.func.now()}
        with self._begin() as connection:
            connection.execute(
                insert(plans)
                .values(run_id=run, fingerprint=fingerprint, **values)
                .on_conflict_do_update(index_elements=["run_id", "fingerprint"], set_=values)
            )

    def last_plan(self, run: str) -> tuple[str, bool, Mapping[str, Any]] | None:
        """(fingerprint, passed, document) of the newest dry-run, or None."""
        statement = (
            sa.select(plans.c.fingerprint, plans.c.passed, plans.c.document)
            .where(plans.c.run_id == run).order_by(plans.c.made_at.desc()).limit(1)
        )  # fmt: skip
        with self._begin() as connection:
            row = connection.execute(statement).one_or_none()
        return (row.fingerprint, row.passed, row.document) if row else None

    def store_digests(self, run: str, found: Iterable[tuple[str, Digest]]) -> None:
        """Keeps digests, each as (moment, digest); a newer one replaces the older."""
        with self._begin() as connection:
            self._store_digests(connection, run, found)

    def _store_digests(self, connection: sa.Connection, run: str, found: Iterable[tuple[str, Digest]]) -> None:
        values = [
            {
                "run_id": run,
                "moment": moment,
                "relation": digest.relation,
                "tenant": digest.tenant,
                "rows": digest.rows,
                "hash": digest.hash,
            }
            for moment, digest in found
        ]
        for start in range(0, len(values), 1000):
            statement = insert(digests).values(values[start : start + 1000])
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["run_id", "moment", "relation", "tenant"],
                    set_={"rows": statement.excluded.rows, "hash": statement.excluded.hash},
                )
            )

    def digests(self, run: str, moment: str) -> tuple[Digest, ...]:
        """The digests of that moment."""
        columns = (digests.c.relation, digests.c.tenant, digests.c.rows, digests.c.hash)
        with self._begin() as connection:
            found = connection.execute(sa.select(*columns).where(digests.c.run_id == run, digests.c.moment == moment))
            return tuple(Digest(row.relation, row.tenant, row.rows, int(row.hash)) for row in found)

    def digests_by_moment(self, run: str, prefix: str) -> tuple[tuple[str, Digest], ...]:
        """(moment, digest) of every moment that starts with `prefix`."""
        columns = (digests.c.moment, digests.c.relation, digests.c.tenant, digests.c.rows, digests.c.hash)
        statement = sa.select(*columns).where(
            digests.c.run_id == run, digests.c.moment.startswith(prefix, autoescape=True)
        )
        with self._begin() as connection:
            return tuple(
                (row.moment, Digest(row.relation, row.tenant, row.rows, int(row.hash)))
                for row in connection.execute(statement)
            )

    def forget_copies(self, run: str) -> None:
        """Forgets everything that was copied, so that it is copied again: steps, digests, quarantined rows."""
        begun = sa.or_(*(steps.c.step.startswith(prefix) for prefix in ("copy:", "finish:", "create:")))
        with self._begin() as connection:
            connection.execute(sa.delete(steps).where(steps.c.run_id == run, begun))
            connection.execute(
                sa.delete(digests).where(
                    digests.c.run_id == run,
                    sa.or_(digests.c.moment.startswith("copied:"), digests.c.moment.startswith("target:")),
                )
            )
            connection.execute(sa.delete(quarantine).where(quarantine.c.run_id == run))

    def forget_tenant(self, run: str, tenant: str, names: Iterable[str]) -> None:
        """Forgets steps together with the digests of one tenant, so that these are done and taken again."""
        with self._begin() as connection:
            connection.execute(sa.delete(steps).where(steps.c.run_id == run, steps.c.step.in_(list(names))))
            connection.execute(
                sa.delete(digests).where(
                    digests.c.run_id == run,
                    digests.c.tenant == tenant,
                    sa.or_(digests.c.moment.startswith("copied:"), digests.c.moment.startswith("target:")),
                )
            )

    def quarantined(self, run: str) -> Mapping[str, int]:
        """Rows that migrate put into quarantine, by "schema.table"."""
        columns = (quarantine.c.relation, sa.func.count())
        with self._begin() as connection:
            found = connection.execute(
                sa.select(*columns).where(quarantine.c.run_id == run).group_by(quarantine.c.relation)
            )
            return {relation: count for relation, count in found}

    def record(self, run: str, name: str, document: Any) -> None:
        """Keeps a fact that later stages read; a newer one replaces the older."""
        with self._begin() as connection:
            connection.execute(
                insert(records)
                .values(run_id=run, name=name, document=document)
                .on_conflict_do_update(index_elements=["run_id", "name"], set_={"document": document})
            )

    def recorded(self, run: str, name: str) -> Any:
        """The fact of that name, or None."""
        statement = sa.select(records.c.document).where(records.c.run_id == run, records.c.name == name)
        with self._begin() as connection:
            return connection.execute(statement).scalar_one_or_none()


def _run(row: Any) -> Run:
    return Run(row.id, row.source, row.opened_at, row.closed_at, row.outcome, row.fingerprint)
