"""Records runs, of which a source has one open at a time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator import logs
from migrator.errors import RefusedError
from migrator.journal.database import ControlDatabase
from migrator.journal.plans import PLAN_RECORD
from migrator.journal.records import PlanRecord, Run
from migrator.journal.tables import artefacts, plans, runs

_log = logs.logger(__name__)


class Runs(ControlDatabase):
    """Opening, adopting and closing runs."""

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
        adopted = self.current_run(source)
        assert adopted is not None
        return adopted

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
            records = connection.execute(
                sa.select(runs).where(runs.c.source == source).order_by(runs.c.opened_at.desc())
            )
            return tuple(_run(row) for row in records)

    def plans_of_source(self, source: str) -> tuple[PlanRecord, ...]:
        """Every plan that was made for a source, in whichever run, the newest first."""
        statement = sa.select(*PLAN_RECORD).join(runs).where(runs.c.source == source).order_by(plans.c.made_at.desc())
        with self._begin() as connection:
            return tuple(PlanRecord(*row) for row in connection.execute(statement))

    def close_run(self, run: str, outcome: str) -> None:
        """Ends a run; the next stage opens a new one."""
        with self._begin() as connection:
            connection.execute(sa.update(runs).where(runs.c.id == run).values(closed_at=sa.func.now(), outcome=outcome))
        _log.info("run closed", outcome=outcome)


def _run(row: Any) -> Run:
    return Run(row.id, row.source, row.opened_at, row.closed_at, row.outcome, row.fingerprint)
