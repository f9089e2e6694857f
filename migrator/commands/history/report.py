"""Presents the runs of a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from migrator.commands.history.command import History, RunHistory
from migrator.core.result.outcome import Cell, Outcome, Section
from migrator.core.result.wording import plural

if TYPE_CHECKING:
    from migrator.journal import StageRecord

_OPEN = "open"


def present(result: History) -> Outcome:
    """The runs, or the attempts of the one that was chosen."""
    if result.chosen is not None:
        return _one_run(result.chosen)
    if not result.runs:
        return Outcome(
            "history",
            "nothing-to-do",
            headline=f"Nothing has run yet on {result.source}.",
            summary={"source": result.source, "runs": 0},
            data={"runs": []},
            next=("migrator backup --verify",),
        )
    open_ = [one for one in result.runs if one.run.closed_at is None]
    return Outcome(
        "history",
        run_id=open_[0].run.id if open_ else None,
        headline=f"{plural(len(result.runs), 'run')} of {result.source}, the newest first.",
        summary={"source": result.source, "runs": len(result.runs), "open run": open_[0].run.id if open_ else None},
        sections=(
            Section(
                "Runs",
                ("run", "begun", "ended", "how it ended", "stages", "who", "machines"),
                tuple(_row(one) for one in result.runs),
            ),
        ),
        data={"runs": [_document(history) for history in result.runs]},
        next=(f"migrator history --run {result.runs[0].run.id}",),
    )


def _row(history: RunHistory) -> tuple[Cell, ...]:
    return (
        history.run.id,
        _time(history.run.opened_at),
        _time(history.run.closed_at),
        history.run.outcome or _OPEN,
        "\n".join(_stages(history.stages)),
        "\n".join(dict.fromkeys(who(stage) for stage in history.stages)),
        "\n".join(dict.fromkeys(stage.host for stage in history.stages)),
    )


def _stages(stages: Iterable[StageRecord]) -> Iterable[str]:
    """ "migrate: failed, done", attempts that follow each other together."""
    for name, attempts in groupby(stages, key=lambda stage: stage.stage):
        yield f"{name}: {', '.join(attempt.status for attempt in attempts)}"


def who(stage: StageRecord) -> str:
    """The account that typed a stage, and its role in the database where that is called otherwise."""
    if not stage.account:
        return stage.role or "not recorded"
    return f"{stage.account}, role {stage.role}" if stage.role not in ("", stage.account) else stage.account


def _one_run(history: RunHistory) -> Outcome:
    run = history.run
    return Outcome(
        "history",
        run_id=run.id,
        headline=f"Run {run.id}: {run.outcome or _OPEN}; {plural(len(history.stages), 'attempt')} at stages.",
        summary={
            "begun": _time(run.opened_at),
            "ended": _time(run.closed_at),
            "how it ended": run.outcome or _OPEN,
            "plan": run.fingerprint[:12] if run.fingerprint else None,
        },
        sections=(
            Section(
                "Stages",
                ("stage", "begun", "seconds", "status", "who", "machine", "pid", "error"),
                tuple(
                    (
                        stage.stage, _time(stage.started_at), _seconds(stage), stage.status, who(stage), stage.host,
                        stage.pid, stage.error or "",
                    )
                    for stage in history.stages
                ),
            ),
        ),
        data={"runs": [_document(history)]},
        next=("migrator status",) if run.closed_at is None else ("migrator history",),
    )  # fmt: skip


def _document(history: RunHistory) -> Mapping[str, Any]:
    return {
        "id": history.run.id,
        "opened_at": history.run.opened_at,
        "closed_at": history.run.closed_at,
        "outcome": history.run.outcome,
        "plan": history.run.fingerprint,
        "stages": [
            {
                "stage": stage.stage,
                "status": stage.status,
                "started_at": stage.started_at,
                "finished_at": stage.finished_at,
                "account": stage.account or None,
                "role": stage.role or None,
                "machine": stage.host,
                "pid": stage.pid,
                "summary": stage.summary,
                "error": stage.error,
            }
            for stage in history.stages
        ],
    }


def _seconds(stage: StageRecord) -> float | None:
    return (stage.finished_at - stage.started_at).total_seconds() if stage.finished_at is not None else None


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment is not None else None
