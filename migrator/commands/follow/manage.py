"""follow status, stop and uninstall: how following stands, asking the follower to end, and taking capture away."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from migrator.commands.follow.result import DatabaseLag, FollowStatus, FollowStopped, FollowUninstalled
from migrator.commands.plan.finished import standing_source
from migrator.commands.shared.following import is_followed, is_moved, require_nothing_moved
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.online.position import Position
from migrator.core.run.facts import FOLLOW_START, FOLLOW_STOP
from migrator.journal import FollowedDatabase
from migrator.postgres.capture.install import read_capture, uninstall_capture
from migrator.postgres.capture.read_log import entries_since, log_size
from migrator.postgres.session.connect import Connection, session

_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.2


def is_following(workspace: Workspace) -> bool:
    """Whether the open run copies a source that is written to, or has begun to; makes no journal where there is none.

    Raises:
        DatabaseError: the source or the control database cannot be reached.
    """
    workspace, _ = standing_source(workspace)
    context = _open_run(workspace)
    return context is not None and is_followed(context.journal)


def follow_status(workspace: Workspace) -> FollowStatus:
    """How far each followed database of the open run is behind the source. Reads only.

    Raises:
        DatabaseError: the source or the control database cannot be reached.
    """
    workspace, _ = standing_source(workspace)
    context = _open_run(workspace)
    if context is None:
        return FollowStatus(None, str(workspace.source))
    known = context.journal.followed_databases()
    with workspace.read_source("follow") as connection:
        standing = read_capture(connection)
        if standing is None or standing.run != context.id:
            return FollowStatus(None, str(workspace.source))
        entries, size = log_size(connection)
        lags = tuple(_lags(connection, known))
    holder = workspace.journal.locks.holder(workspace.source_id)
    follower = f"{holder.host}, pid {holder.pid}" if holder is not None else ""
    return FollowStatus(
        context.id, str(workspace.source), follower, holder.since if holder is not None else None,
        len(standing.tables), entries, size, lags,
    )  # fmt: skip


def stop_following(workspace: Workspace) -> FollowStopped:
    """Asks the follower to end after its round, and waits for it a minute."""
    context = _open_run(workspace)
    source = str(workspace.source)
    if context is None or context.journal.recorded(FOLLOW_START) is None:
        return FollowStopped(None, source)
    locks = workspace.journal.locks
    if locks.holder(workspace.source_id) is None:
        return FollowStopped(context.id, source)
    context.journal.record(FOLLOW_STOP, True)
    deadline = time.monotonic() + _STOP_SECONDS
    while (holder := locks.holder(workspace.source_id)) is not None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return FollowStopped(context.id, source, running=True, ended=holder is None)


def uninstall_following(workspace: Workspace) -> FollowUninstalled:
    """Takes capture off the source, which is as before then; what was followed is copied anew the next time.

    Raises:
        RefusedError: somebody follows, or a tenant is served by its own database: nothing could go back then.
        DatabaseError: a table could not be locked; the same call goes on from there.
    """
    if (context := _open_run(workspace)) is not None:
        require_nothing_moved(context)
    with workspace.stage("follow-uninstall") as (run, summary):
        tables = summary["tables"] = end_following(run)
        return FollowUninstalled(run.id, str(workspace.source), tables)


def end_following(context: RunContext) -> int:
    """Takes capture off the source and forgets what was followed; returns of how many tables.

    Raises:
        DatabaseError: a table could not be locked; the same call goes on from there.
    """
    # Forgotten first: nobody goes on from positions behind which nothing is captured any more.
    context.journal.record(FOLLOW_START, None)
    context.journal.forget_followed()
    with session(context.source, purpose="capture") as connection:
        tables = uninstall_capture(connection, context.workspace.lock_wait)
    context.journal.artefact("capture", "source", "dropped")
    return tables


def _open_run(workspace: Workspace) -> RunContext | None:
    run = workspace.current_run()
    return RunContext(workspace, run) if run is not None else None


def _lags(connection: Connection, known: Sequence[FollowedDatabase]) -> Iterator[DatabaseLag]:
    now = datetime.now(UTC)
    behind = {text: _entries_since(connection, text) for text in {one.snapshot for one in known}}
    for one in known:
        yield DatabaseLag(
            one.database,
            one.target,
            one.tenant,
            one.state,
            round((now - one.followed_at).total_seconds(), 1),
            None if is_moved(one) else behind[one.snapshot],
            round((now - one.proved_at).total_seconds(), 1) if one.proved_at is not None else None,
            one.error,
        )


def _entries_since(connection: Connection, snapshot: str) -> int | None:
    try:
        return entries_since(connection, Position.parse(snapshot))
    except ValueError:  # written by another version
        return None
