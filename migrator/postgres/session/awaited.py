"""Remembers which statements run now, so that a display can name what is being waited for."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import sql
from psycopg.abc import Params, Query
from psycopg.rows import Row

_LOCK = threading.Lock()
_NUMBERS = itertools.count()
_RUNNING: dict[int, tuple[float, str, str]] = {}  # number -> (since when, what, where)

# Of a statement its verb says enough, and of what is made or altered its kind: CREATE DATABASE, ALTER TABLE.
_WITH_KIND = frozenset({"CREATE", "ALTER", "DROP", "REFRESH", "LOCK"})


@contextmanager
def awaited(what: str, where: str) -> Iterator[None]:
    """Remembers for as long as the block runs that `what` (a statement's verb, a login) is waited for at `where`."""
    number = next(_NUMBERS)
    with _LOCK:
        _RUNNING[number] = (monotonic(), what, where)
    try:
        yield
    finally:
        with _LOCK:
            _RUNNING.pop(number, None)


def longest_awaited() -> str:
    """What this process has been waiting for the longest, in words; "" where nothing of a server is waited for."""
    with _LOCK:
        running = list(_RUNNING.values())
    if not running:
        return ""
    _, what, where = min(running)
    others = f" and {len(running) - 1} more" if len(running) > 1 else ""
    return f"waiting for {what} in {where}{others}"


class WatchedCursor(psycopg.Cursor[Row]):
    """A cursor whose statements are named while they run."""

    def execute(
        self, query: Any, params: Params | None = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Self:
        """As psycopg does, remembered as awaited."""
        with awaited(verb(query), _where(self.connection)):
            return super().execute(query, params, prepare=prepare, binary=binary)


def verb(query: Query) -> str:
    """The first words of a statement: `SELECT`, `CREATE DATABASE`. Comments before it say nothing."""
    match query:
        case bytes():
            text = query.decode(errors="replace")
        case str():
            text = query
        case sql.SQL():
            text = query.as_string()
        case sql.Composed():
            # The words of ours come first; names of objects are left alone.
            text = "".join(part.as_string() if isinstance(part, sql.SQL) else " ? " for part in query)
        case _:
            text = ""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("--"))
    words = next(lines, "").replace("(", " ").split()[:2]
    if not words:
        return "a statement"
    return " ".join(words if words[0].upper() in _WITH_KIND else words[:1]).upper().rstrip(";")


def _where(connection: psycopg.Connection[Any]) -> str:
    info = connection.info
    host = info.host
    server = "" if not host or host.startswith("/") else f" on {host}:{info.port}"
    return f"{info.dbname}{server}"
