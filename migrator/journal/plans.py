"""Records the plans that dry-run made, and which of them a run carries out."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator.core.plan.document import read_plan, stored_plan
from migrator.core.plan.steps import Plan
from migrator.journal.database import RunRecords
from migrator.journal.records import PlanRecord
from migrator.journal.tables import plans, runs

# In the order of PlanRecord's fields.
PLAN_RECORD = (plans.c.fingerprint, plans.c.made_at, plans.c.passed, plans.c.run_id)


class Plans(RunRecords):
    """The plans of a run."""

    def record_plan(self, plan: Plan, *, passed: bool) -> None:
        """Keeps a plan and whether its dry-run passed."""
        values = {"document": stored_plan(plan), "passed": passed, "made_at": sa.func.clock_timestamp()}
        with self._begin() as connection:
            connection.execute(
                insert(plans)
                .values(run_id=self.run_id, fingerprint=plan.fingerprint, **values)
                .on_conflict_do_update(index_elements=["run_id", "fingerprint"], set_=values)
            )

    def begin_plan(self, plan: Plan) -> None:
        """Ties the run to a recorded plan, which it carries out from now on, with the sizes that it has by now."""
        of_run = plans.c.run_id == self.run_id, plans.c.fingerprint == plan.fingerprint
        with self._begin() as connection:
            connection.execute(sa.update(plans).where(*of_run).values(document=stored_plan(plan)))
            connection.execute(sa.update(runs).where(runs.c.id == self.run_id).values(fingerprint=plan.fingerprint))

    def plan_records(self) -> tuple[PlanRecord, ...]:
        """The plans that were made in a run, the newest first."""
        statement = sa.select(*PLAN_RECORD).where(plans.c.run_id == self.run_id).order_by(plans.c.made_at.desc())
        with self._begin() as connection:
            return tuple(PlanRecord(*row) for row in connection.execute(statement))

    def read_plan(self, fingerprint: str) -> Plan | None:
        """The plan of that fingerprint that was made in a run, or None.

        Raises:
            RefusedError: another version of the program wrote it, in a shape that this one cannot read.
        """
        statement = sa.select(plans.c.document).where(plans.c.run_id == self.run_id, plans.c.fingerprint == fingerprint)
        with self._begin() as connection:
            document = connection.execute(statement).scalar_one_or_none()
        return None if document is None else read_plan(document)

    def plan(self) -> Plan | None:
        """The plan that a run carries out, or has carried out: what every stage goes by. None before migrate.

        Raises:
            RefusedError: another version of the program wrote it, in a shape that this one cannot read.
        """
        with self._begin() as connection:
            fingerprint = connection.execute(
                sa.select(runs.c.fingerprint).where(runs.c.id == self.run_id)
            ).scalar_one_or_none()
        return None if fingerprint is None else self.read_plan(fingerprint)
