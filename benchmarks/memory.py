"""Peak memory of processes, read from /proc while they run."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_PROC = Path("/proc")
_INTERVAL_SECONDS = 0.2
SERVER = "postgres"


class PeakMemory:
    """Watches the descendants of this process and those of a server while its block runs.

    `peaks` is the largest process of each kind, in bytes. A client's is its highest resident set, which the kernel
    keeps; a server process's is what it alone holds, because shared buffers are counted in each that touched them.
    Empty where there is no /proc.
    """

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster
        self._peaks: dict[str, int] = defaultdict(int)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    @property
    def peaks(self) -> Mapping[str, int]:
        return dict(sorted(self._peaks.items()))

    def __enter__(self) -> Self:
        if _PROC.joinpath("self", "status").exists():
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_INTERVAL_SECONDS):
            parents = _parents()
            for pid in _descendants(parents, os.getpid()):
                self._note(_kind(pid), _status(pid, "VmHWM"))
            for pid in _descendants(parents, self._postmaster):
                self._note(SERVER, _status(pid, "RssAnon"))

    def _note(self, kind: str, size: int) -> None:
        if kind:
            self._peaks[kind] = max(self._peaks[kind], size)


def _parents() -> dict[int, int]:
    """Every process with its parent."""
    found = {}
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            # The name in parentheses may itself hold spaces and parentheses.
            fields = _text(entry / "stat").rpartition(")")[2].split()
            if fields:
                found[int(entry.name)] = int(fields[1])
    return found


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
