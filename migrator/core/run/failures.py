"""Failures of many databases, as few lines: what failed for the same reason is told once, with what mends it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from migrator.core.result.wording import listed

# What PostgreSQL, the kernel and quotas say of a disk that takes nothing more.
_FULL = re.compile(r"No space left on device|SQLSTATE 53100|[Dd]isk quota exceeded")

# Names of files, places in a COPY, numbers: what differs between databases that failed for one reason.
_PARTICULAR = re.compile(r'"[^"]*"|\[[^\]]*\]|\d+')

_NAMED = 6  # databases on a line


def failure_lines(failures: Mapping[str, str]) -> tuple[str, ...]:
    """One line for each reason, the most frequent first: the databases, and what the first of them was told.

    `failures` are messages by database.
    """
    by_reason: dict[str, list[str]] = defaultdict(list)
    for database, message in sorted(failures.items()):
        by_reason[_PARTICULAR.sub("…", message.replace(database, "…"))].append(database)
    groups = sorted(by_reason.values(), key=len, reverse=True)
    return tuple(f"{listed(databases, _NAMED)}: {failures[databases[0]]}" for databases in groups)


def is_full_disk(messages: Iterable[str]) -> bool:
    """Whether one of the messages says that a disk is full."""
    return any(_FULL.search(message) for message in messages)


FULL_DISK = (
    "A server's disk is full: free space where it keeps its data (SHOW data_directory, and its tablespaces and pg_wal)."
)
