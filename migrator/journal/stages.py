"""Records attempts at stages: when each began, how it ended, and its summary."""

from __future__ import annotations

import os
import pwd
import socket
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from migrator import logs
from migrator.errors import MigratorError
from migrator.journal.database import RunRecords
from migrator.journal.records import ENDED, StageRecord
from migrator.journal.tables import stages, steps

_log = logs.logger(__name__)


_INTERRUPTED = "interrupted (Ctrl-C, SIGTERM or a closed terminal)"
_EARLIER = {"KeyboardInterrupt": _INTERRUPTED}  # as earlier versions wrote it


def _told(error: BaseException) -> str:
    match error:
        case MigratorError():
            return error.message
        case KeyboardInterrupt():
            return _INTERRUPTED
    return "".join(traceback.format_exception_only(error)).strip()


def account() -> str:
    """Who typed the command: the account of the operating system, and before it whoever became that by sudo."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        name = f"uid {os.geteuid()}"  # a container may run under a number that has no name
    person = os.environ.get("SUDO_USER")
    return f"{person} as {name}" if person and person != name else name


class Stages(RunRecords):
    """The attempts at the stages of a run."""

    @contextmanager
    def stage(self, stage: str) -> Iterator[dict[str, Any]]:
        """Records one attempt at a stage; the caller fills the yielded summary.

        The status is "done", unless the summary holds "status", or an exception ends the block.
        """
        with self._begin() as connection:
            # An attempt that died without a word is told as what it was, and ended where it was last seen alive.
            seen = (
                sa.select(sa.func.max(sa.func.coalesce(steps.c.finished_at, steps.c.started_at)))
                .where(steps.c.run_id == self.run_id)
                .scalar_subquery()
            )
            connection.execute(
                sa.update(stages)
                .where(stages.c.run_id == self.run_id, stages.c.stage == stage, stages.c.status == "running")
                .values(
                    status="interrupted",
                    finished_at=sa.func.greatest(stages.c.started_at, seen),
                    error="its process is gone",
                )
            )
            attempt = connection.execute(
                sa.insert(stages)
                .values(
                    run_id=self.run_id,
                    stage=stage,
                    status="running",
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    account=account(),
                    role=sa.func.session_user(),
                )
                .returning(stages.c.id)
            ).scalar_one()
        _log.info("stage begins", attempt=attempt)
        summary: dict[str, Any] = {}
        try:
            yield summary
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt) or getattr(error, "exit_code", None) == 130
            if isinstance(error, MigratorError):
                summary[ENDED] = error.status
            self._finish_stage(attempt, "interrupted" if interrupted else "failed", summary, _told(error))
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

    def stage_records(self) -> tuple[StageRecord, ...]:
        """Every attempt of a run, oldest first."""
        columns = (
            stages.c.stage, stages.c.status, stages.c.started_at, stages.c.finished_at,
            stages.c.host, stages.c.pid, stages.c.summary, stages.c.error, stages.c.account, stages.c.role,
        )  # fmt: skip
        with self._begin() as connection:
            found = connection.execute(sa.select(*columns).where(stages.c.run_id == self.run_id).order_by(stages.c.id))
            return tuple(
                StageRecord(*row[:7], _EARLIER.get(row[7], row[7]), account=row[8], role=row[9]) for row in found
            )

    def attempts(self, stage: str) -> list[StageRecord]:
        """The attempts of that stage that were not refused, oldest first."""
        return [one for one in self.stage_records() if one.stage == stage and not one.refused]

    def last(self, stage: str) -> StageRecord | None:
        """The newest of the `attempts` of that stage, or None."""
        return next(reversed(self.attempts(stage)), None)
