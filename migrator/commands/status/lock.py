"""The command lock: shows who works on the source, and releases a lock whose holder is gone."""

from __future__ import annotations

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Cell, Outcome
from migrator.errors import RefusedError


def lock(workspace: Workspace, *, release: bool = False) -> Outcome:
    """Shows who holds the source's lock; with `release`, ends the session of a holder whose process is gone.

    Raises:
        RefusedError: the holder lives, or that cannot be seen from this machine.
        DatabaseError: the control database cannot be reached.
    """
    holder = workspace.journal.locks.holder(workspace.source_id) if workspace.has_journal() else None
    if holder is None:
        return Outcome(
            "lock",
            "nothing-to-do",
            headline=f"Nobody holds the lock of {workspace.source}.",
            summary={"lock": "free"},
            data={"holder": None},
        )
    where = f"{holder.host}, pid {holder.pid}"
    seen = {True: "alive", False: "gone", None: "cannot be seen from this machine"}[holder.alive]
    summary: dict[str, Cell] = {
        "host": holder.host,
        "pid": holder.pid,
        "since": f"{holder.since:%Y-%m-%d %H:%M:%S %Z}",
        "process": seen,
    }
    if not release:
        return Outcome(
            "lock",
            headline=f"The lock of {workspace.source} is held by {where}; its process: {seen}.",
            summary=summary,
            data={"holder": holder},
            next=("migrator lock --release",) if holder.alive is False else ("migrator status",),
        )
    if holder.alive:
        raise RefusedError(
            f"The lock's holder lives: {where}.", "Wait for it, or stop it there: its first Ctrl-C ends it in order."
        )
    if holder.alive is None:
        raise RefusedError(
            f"Whether the lock's holder lives cannot be seen from this machine: {where}.",
            "Look there, and run `migrator lock --release` there. Where that machine is gone, the server finds out "
            "within about a minute and frees the lock by itself.",
        )
    if not workspace.journal.locks.end(holder):
        raise RefusedError(f"The session of {where} does not end.", f"Look at backend {holder.backend} on the server.")
    return Outcome(
        "lock",
        headline=f"The lock is free: its holder ({where}) was gone.",
        summary={**summary, "lock": "free"},
        data={"holder": None},
        next=("migrator status",),
    )
