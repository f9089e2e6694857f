"""The command lock: shows who works on the source, and releases a lock whose holder is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Cell, Outcome
from migrator.errors import RefusedError

if TYPE_CHECKING:
    from migrator.journal import Holder


@dataclass(frozen=True)
class SourceLock:
    """Who holds a source's lock, None where it is free; `released`: that one was gone, and holds it no more."""

    source: str
    holder: Holder | None
    alive: bool | None = None  # whether its process is there; None where that cannot be seen from this machine
    released: bool = False


def lock(workspace: Workspace, *, release: bool = False) -> SourceLock:
    """Who holds the source's lock; with `release`, ends the session of a holder whose process is gone.

    Raises:
        RefusedError: the holder lives, or that cannot be seen from this machine.
        DatabaseError: the control database cannot be reached.
    """
    holder = workspace.journal.locks.holder(workspace.source_id) if workspace.has_journal() else None
    if holder is None:
        return SourceLock(str(workspace.source), None)
    alive = holder.alive
    if not release:
        return SourceLock(str(workspace.source), holder, alive)
    where = f"{holder.host}, pid {holder.pid}"
    if alive:
        raise RefusedError(
            f"The lock's holder lives: {where}.", "Wait for it, or stop it there: its first Ctrl-C ends it in order."
        )
    if alive is None:
        raise RefusedError(
            f"Whether the lock's holder lives cannot be seen from this machine: {where}.",
            "Look there, and run `migrator lock --release` there. Where that machine is gone, the server finds out "
            "within about a minute and frees the lock by itself.",
        )
    if not workspace.journal.locks.end(holder):
        raise RefusedError(f"The session of {where} does not end.", f"Look at backend {holder.backend} on the server.")
    return SourceLock(str(workspace.source), holder, alive, released=True)


def present(result: SourceLock) -> Outcome:
    """Who holds the lock, and whether that process lives."""
    holder = result.holder
    if holder is None:
        return Outcome(
            "lock",
            "nothing-to-do",
            headline=f"Nobody holds the lock of {result.source}.",
            summary={"lock": "free"},
            data={"holder": None},
        )
    where = f"{holder.host}, pid {holder.pid}"
    seen = {True: "alive", False: "gone", None: "cannot be seen from this machine"}[result.alive]
    summary: dict[str, Cell] = {
        "host": holder.host,
        "pid": holder.pid,
        "since": f"{holder.since:%Y-%m-%d %H:%M:%S %Z}",
        "process": seen,
    }
    if result.released:
        return Outcome(
            "lock",
            headline=f"The lock is free: its holder ({where}) was gone.",
            summary={**summary, "lock": "free"},
            data={"holder": None},
            next=("migrator status",),
        )
    return Outcome(
        "lock",
        headline=f"The lock of {result.source} is held by {where}; its process: {seen}.",
        summary=summary,
        data={"holder": holder},
        next=("migrator lock --release",) if result.alive is False else ("migrator status",),
    )
