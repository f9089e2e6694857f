"""Records the steps of a run: which are done, their digests, and which are to be done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator import logs
from migrator.core.run.facts import OF_PLAN
from migrator.core.run.moments import COPIED, HELD
from migrator.core.run.step_id import StepId
from migrator.core.verify.digests import Digest
from migrator.journal.database import RunRecords
from migrator.journal.digests import store
from migrator.journal.records import StepRecord
from migrator.journal.tables import digests, quarantine, records, steps

_log = logs.logger(__name__)

# In the order of StepRecord's fields.
_RECORD = (
    steps.c.step, steps.c.kind, steps.c.target, steps.c.relation, steps.c.database, steps.c.part, steps.c.status,
    steps.c.rows, steps.c.bytes, steps.c.seconds, steps.c.detail, steps.c.started_at, steps.c.error,
)  # fmt: skip

_OF_COPIES = sa.or_(digests.c.moment.startswith(COPIED), digests.c.moment.startswith(HELD))


def named(step: StepId) -> dict[str, Any]:
    """The columns that say which step it is."""
    return {
        "step": str(step),
        "kind": step.kind,
        "target": step.target,
        "relation": step.relation,
        "database": step.database,
        "part": step.part,
    }


class Steps(RunRecords):
    """The steps of a run."""

    def start_step(self, step: StepId) -> None:
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
                .values(run_id=self.run_id, **named(step), **values)
                .on_conflict_do_update(index_elements=["run_id", "step"], set_={**values, "started_at": sa.func.now()})
            )
        _log.info("step begins", step=str(step))

    def progress(self, step: StepId, rows: int, bytes_: int) -> None:
        """How far a running step is; an absolute figure, so that a repeated call does no harm."""
        with self._begin() as connection:
            connection.execute(
                sa.update(steps)
                .where(steps.c.run_id == self.run_id, steps.c.step == str(step))
                .values(rows=rows, bytes=bytes_)
            )

    def finish_step(
        self, step: StepId, *, seconds: float, rows: int = 0, bytes_: int = 0,
        detail: Mapping[str, Any] | None = None, taken: Iterable[tuple[str, Digest]] = (),
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
            store(connection, self.run_id, taken)
            connection.execute(
                insert(steps)
                .values(run_id=self.run_id, **named(step), started_at=began, **values)
                .on_conflict_do_update(index_elements=["run_id", "step"], set_=values)
            )
        _log.info("step done", step=str(step), rows=rows, bytes=bytes_, seconds=round(seconds, 3), detail=detail)

    def fail_step(self, step: StepId, error: str) -> None:
        """Marks a step as failed, with the reason."""
        values = {"status": "failed", "finished_at": sa.func.now(), "error": error}
        with self._begin() as connection:
            connection.execute(
                insert(steps)
                .values(run_id=self.run_id, **named(step), **values)
                .on_conflict_do_update(index_elements=["run_id", "step"], set_=values)
            )
        _log.error("step failed", step=str(step), error=error, told=True)

    def step_records(self) -> dict[str, StepRecord]:
        """Every step of a run by its id."""
        with self._begin() as connection:
            records = connection.execute(
                sa.select(*_RECORD).where(steps.c.run_id == self.run_id).order_by(steps.c.started_at)
            )
            return {row.step: StepRecord(*tuple(row)) for row in records}

    def running_steps(self) -> tuple[StepRecord, ...]:
        """The steps that are under way."""
        with self._begin() as connection:
            records = connection.execute(
                sa.select(*_RECORD).where(steps.c.run_id == self.run_id, steps.c.status == "running")
            )
            return tuple(StepRecord(*tuple(row)) for row in records)

    def forget_copies(self) -> None:
        """Forgets everything that was copied, so that it is copied again: steps, digests, quarantined rows."""
        begun = steps.c.kind.in_(("copy", "finish", "create"))
        with self._begin() as connection:
            connection.execute(sa.delete(steps).where(steps.c.run_id == self.run_id, begun))
            # "source before" was read with them: of another state of the source it would be held against this one.
            read = sa.or_(_OF_COPIES, digests.c.moment == "source before")
            connection.execute(sa.delete(digests).where(digests.c.run_id == self.run_id, read))
            connection.execute(sa.delete(quarantine).where(quarantine.c.run_id == self.run_id))

    def forget_steps(self) -> None:
        """Forgets all that was done for a plan, templates too, so that another one is carried out from its start."""
        self.forget_copies()
        of_plan = records.c.name.in_([fact.name for fact in OF_PLAN])
        with self._begin() as connection:
            connection.execute(sa.delete(steps).where(steps.c.run_id == self.run_id))
            connection.execute(sa.delete(records).where(records.c.run_id == self.run_id, of_plan))

    def forget_tenant(self, tenant: str, names: Iterable[str]) -> None:
        """Forgets steps together with the digests of one tenant, so that these are done and taken again."""
        with self._begin() as connection:
            connection.execute(sa.delete(steps).where(steps.c.run_id == self.run_id, steps.c.step.in_(list(names))))
            connection.execute(
                sa.delete(digests).where(digests.c.run_id == self.run_id, digests.c.tenant == tenant, _OF_COPIES)
            )
