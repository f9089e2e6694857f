"""Presents what the commands of follow return."""

from __future__ import annotations

from typing import assert_never

from migrator.commands.follow.result import DatabaseLag, Followed, FollowStatus, FollowStopped, FollowUninstalled
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural

_MOST_DATABASES = 50

FollowResult = Followed | FollowStatus | FollowStopped | FollowUninstalled


def present(result: FollowResult) -> Outcome:
    """The report of one of them."""
    match result:
        case Followed():
            return _followed(result)
        case FollowStatus():
            return _status(result)
        case FollowStopped():
            return _stopped(result)
        case FollowUninstalled():
            return _uninstalled(result)
        case _:
            assert_never(result)


def _followed(result: Followed) -> Outcome:
    behind = Section(
        "Databases that stay behind",
        ("database", "why"),
        tuple(sorted(result.failures.items())),
        "Each is tried again with every round; a database that stays behind cannot be cut over.",
        "bad",
    )
    why = {
        "asked": "Following has ended as it was asked to.",
        "followed": "Every database has been followed, and compared with the source at one position.",
    }
    return Outcome(
        "follow start",
        status="findings" if result.failures else "done",
        exit_code=4 if result.failures else 0,
        run_id=result.run_id,
        headline=f"{why[result.end]} {result.source} takes writes as before.",
        summary={
            "databases": result.databases,
            "proved_databases": result.proved,
            "rounds": result.rounds,
            "changed_rows": result.entries,
            "written_rows": result.upserted,
            "deleted_rows": result.deleted,
        },
        sections=(behind,) if result.failures else (),
        data={"end": result.end, "failures": dict(result.failures)},
        next=("migrator follow status", "migrator follow start"),
    )


def _status(result: FollowStatus) -> Outcome:
    if result.run_id is None:
        return Outcome(
            "follow status",
            "nothing-to-do",
            headline=f"Nothing follows {result.source}.",
            data={"databases": []},
            next=("migrator dry-run", "migrator follow start"),
        )
    failed = sum(one.error is not None for one in result.databases)
    worst = sorted(result.databases, key=_urgency)
    shown = worst[:_MOST_DATABASES]
    more = len(worst) - len(shown)
    table = Section(
        "Databases, those that are furthest behind first",
        ("database", "target", "state", "rows behind", "seconds behind", "proved seconds ago", "problem"),
        tuple(
            (one.database, one.target, one.state, one.rows, one.seconds, one.proved_seconds, one.error) for one in shown
        ),
        f"{plural(more, 'database')} more in the document (--output json)." if more else "",
        "bad" if failed else "plain",
    )
    who = f"{result.follower} follows it" if result.follower else "nobody follows it now: its log grows"
    return Outcome(
        "follow status",
        status="findings" if failed or not result.follower else "done",
        exit_code=1 if failed or not result.follower else 0,
        run_id=result.run_id,
        headline=f"What changes in {result.source} is captured; {who}.",
        summary={
            "captured_tables": result.tables,
            "log_rows": result.log_rows,
            "log_bytes": result.log_bytes,
            "databases": len(result.databases),
            "behind_rows": result.rows_behind,
            "failed_databases": failed,
        },
        sections=(table,),
        data={"follower": result.follower or None, "databases": [_document(one) for one in worst]},
        next=() if result.follower else ("migrator follow start", "migrator follow uninstall"),
    )


def _urgency(lag: DatabaseLag) -> tuple[bool, int, float, str]:
    return lag.error is None, -(lag.rows or 0), -lag.seconds, lag.database


def _document(lag: DatabaseLag) -> dict[str, object]:
    return {
        "database": lag.database, "target": lag.target, "tenant": lag.tenant, "state": lag.state, "rows": lag.rows,
        "seconds": lag.seconds, "proved_seconds": lag.proved_seconds, "error": lag.error,
    }  # fmt: skip


def _stopped(result: FollowStopped) -> Outcome:
    if not result.running:
        return Outcome(
            "follow stop", "nothing-to-do", run_id=result.run_id, headline=f"Nobody follows {result.source}."
        )
    return Outcome(
        "follow stop",
        status="done" if result.ended else "findings",
        exit_code=0 if result.ended else 1,
        run_id=result.run_id,
        headline=f"Nobody follows {result.source} any more. What changes there is captured on."
        if result.ended
        else "The follower has been asked to end, and is still at work after a minute.",
        next=("migrator follow start", "migrator follow uninstall") if result.ended else ("migrator follow status",),
    )


def _uninstalled(result: FollowUninstalled) -> Outcome:
    return Outcome(
        "follow uninstall",
        status="done" if result.tables else "nothing-to-do",
        run_id=result.run_id,
        headline=f"{plural(result.tables, 'table')} of {result.source} had triggers of ours; the source is as it was "
        "before. The databases stay as they were last followed."
        if result.tables
        else f"There is no trigger of ours in {result.source}.",
        summary={"tables": result.tables},
        next=("migrator rollback --validate",) if result.tables else (),
    )
