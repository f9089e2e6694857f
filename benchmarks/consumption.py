"""Peak memory and processor time of processes, read from /proc while they run."""

from __future__ import annotations

import os
import resource
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_PROC = Path("/proc")
_INTERVAL_SECONDS = 0.2
SERVER = "postgres"


class Consumption:
    """Watches the descendants of this process and those of a server while its block runs.

    `peaks` is the largest process of each kind, in bytes. A client's is its highest resident set, which the kernel
    keeps; a server process's is what it alone holds, because shared buffers are counted in each that touched them.
    `processor` is the seconds of processor time of all of them, `server` of the server's alone: other than wall time it
    hardly depends on what else the machine does. Empty and 0 where there is no /proc.
    """

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster
        self._peaks: dict[str, int] = defaultdict(int)
        self._clients: dict[int, float] = {}
        self._waited = self._server = 0.0
        self.processor = 0.0
        self.server = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    @property
    def peaks(self) -> Mapping[str, int]:
        return dict(sorted(self._peaks.items()))

    def __enter__(self) -> Self:
        if _PROC.joinpath("self", "status").exists():
            self._waited, self._server = _children_seconds(), server_seconds(self._postmaster)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
            # Neither sees all: short programs end between two looks, and daemons are not waited for.
            clients = max(_children_seconds() - self._waited, sum(self._clients.values()))
            self.server = server_seconds(self._postmaster) - self._server
            self.processor = clients + self.server

    def _watch(self) -> None:
        while not self._over.wait(_INTERVAL_SECONDS):
            parents = _parents()
            for pid in _descendants(parents, os.getpid()):
                self._note(_kind(pid), _status(pid, "VmHWM"))
                self._clients[pid] = max(self._clients.get(pid, 0.0), _seconds(pid))
            for pid in _descendants(parents, self._postmaster):
                self._note(SERVER, _status(pid, "RssAnon"))

    def _note(self, kind: str, size: int) -> None:
        if kind:
            self._peaks[kind] = max(self._peaks[kind], size)


def server_seconds(postmaster: int) -> float:
    """The processor time of a server so far: of the postmaster, its living children, and those that have ended."""
    living = sum(_seconds(pid) for pid in _descendants(_parents(), postmaster))
    return living + _seconds(postmaster) + _seconds(postmaster, ended_children=True)


def processor_seconds(pid: int) -> float:
    """The processor time of one process so far, in seconds; 0 once it has ended."""
    return _seconds(pid)


def _parents() -> dict[int, int]:
    """Every process with its parent."""
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]
    return {pid: int(fields[1]) for pid in pids if (fields := _stat(pid))}


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _seconds(pid: int, *, ended_children: bool = False) -> float:
    fields = _stat(pid)
    user, system = (13, 14) if ended_children else (11, 12)
    return (int(fields[user]) + int(fields[system])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; the name before them may hold spaces and parentheses."""
    return _text(_PROC / str(pid) / "stat").rpartition(")")[2].split()


def _descendants(parents: Mapping[int, int], root: int) -> Iterator[int]:
    children = defaultdict(list)
    for pid, parent in parents.items():
        children[parent].append(pid)
    waiting = list(children[root])
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children[pid]


def _kind(pid: int) -> str:
    """What a client process is; '' where it is none of the contender's, or gone."""
    command = _text(_PROC / str(pid) / "cmdline").split("\0")
    if "python" in Path(command[0]).name:
        line = " ".join(command)
        if "resource_tracker" in line:
            return ""
        return "migrator worker" if "multiprocessing" in line else "migrator"
    return "" if command[0] in ("", "bash", "/bin/bash", "sh") else Path(command[0].split()[0].rstrip(":")).name


def _status(pid: int, name: str) -> int:
    for line in _text(_PROC / str(pid) / "status").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def _text(path: Path) -> str:
    """A file of /proc, '' where its process has ended."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
