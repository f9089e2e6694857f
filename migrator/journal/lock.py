"""Locks a source, so that one migrator at a time works on it, from whichever machine."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from migrator.errors import RefusedError

_LOCK_NAME = re.compile(r"migrator lock: (\S+) (\d+) ([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a source's lock. `backend` is the session's pid on the server, `pid` the process's on its machine."""

    application: str
    host: str
    pid: int
    since: datetime
    backend: int = 0
    machine: str = ""

    @property
    def alive(self) -> bool | None:
        """Whether the holding process is there; None where that cannot be seen from here."""
        if self.machine != machine() or self.pid <= 0:
            return None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


@cache
def machine() -> str:
    """Tells apart what a pid is counted in: this boot of this machine, this PID namespace (a container has its own)."""
    parts = [socket.gethostname()]
    with suppress(OSError):  # not Linux: the host's name has to do
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text(), os.readlink("/proc/self/ns/pid")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


class Locks:
    """The sources' locks in one control database."""

    def __init__(self, engine: sa.Engine, begin: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self._engine = engine
        self._begin = begin

    @contextmanager
    def hold(self, source: str) -> Iterator[None]:
        """Holds the source's lock: an advisory lock of one session, so that it is free when its owner is gone.

        Raises:
            RefusedError: somebody else holds it; says who and since when.
        """
        key = sa.func.hashtextextended(f"migrator {source}", 0)
        connection = self._engine.connect()
        connection.detach()  # closing it must end the session, which frees the lock; the pool would keep both
        try:
            with connection.begin():
                # 63 bytes are kept of it.
                name = f"migrator lock: {socket.gethostname()[:28]} {os.getpid()} {machine()}"
                connection.execute(sa.select(sa.func.set_config("application_name", name, False)))
                # A machine that is gone without a word must not keep the lock: the server asks after it.
                for setting, seconds in (("idle", "30"), ("interval", "10"), ("count", "3")):
                    connection.execute(sa.select(sa.func.set_config(f"tcp_keepalives_{setting}", seconds, False)))
                taken = connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar_one()
            if not taken:
                holder = self.holder(source)
                who = (
                    f"{holder.host}, pid {holder.pid}, since {holder.since:%Y-%m-%d %H:%M:%S %Z}"
                    if holder
                    else "just let go of it"
                )
                raise RefusedError(
                    f"Another migrator works on this source ({who}).",
                    "Wait for it, or stop it; `migrator status` shows its progress, `migrator lock` whether it lives.",
                )
            try:
                yield
            finally:
                # A closed session ends a moment later on the server, and the next stage may be faster than that. One
                # that is lost has let go already.
                with suppress(sa.exc.DBAPIError), connection.begin():
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
        finally:
            connection.close()

    def holder(self, source: str) -> Holder | None:
        """Who holds the source's lock now, or None."""
        statement = sa.text(
            "SELECT a.application_name, a.backend_start, a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
            "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(:source, 0)"
        )
        with self._begin() as connection:
            row = connection.execute(statement, {"source": f"migrator {source}"}).first()
        if row is None:
            return None
        found = _LOCK_NAME.fullmatch(str(row[0]))
        host, pid, machine_ = (found[1], int(found[2]), found[3]) if found else ("an unknown host", 0, "")
        return Holder(str(row[0]), host, pid, row[1], row[2], machine_)

    def end(self, holder: Holder) -> bool:
        """Ends the session that holds a lock, if it still is the same one; True where it is gone.

        Whoever calls this has made sure that the holder's process is.
        """
        statement = sa.text(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE pid = :pid AND backend_start = :since AND application_name = :name"
        )
        with self._begin() as connection:
            ended = connection.execute(
                statement, {"pid": holder.backend, "since": holder.since, "name": holder.application}
            ).scalar_one_or_none()
        return ended is not False
