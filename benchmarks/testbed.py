"""Where everything is measured: a server of its own, one monolith on it, and a directory for files."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.case import Case
from benchmarks.consumption import Consumption
from migrator import LocalServer, temporary_server

HERE = Path(__file__).parent
SQL = HERE / "sql"
MONOLITH = "monolith"

_MOST_WAL_MB = 6144

# A server as people set one up for a load: everything durable, memory for this machine, checkpoints far apart.
_DURABLE: Mapping[str, str] = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "300",
    "max_wal_size": "8GB",
    "min_wal_size": f"{_MOST_WAL_MB}MB",
    "checkpoint_timeout": "15min",
    "maintenance_work_mem": "256MB",
}
_MOST_SHARED_BUFFERS_MB = 1024
_LINES = 30  # of what a failed program said


class BenchmarkError(Exception):
    """A contender did not do what it has to: a measurement of it would be of something else."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program took and wrote."""

    seconds: float
    began: float  # seconds since the epoch
    stdout: str


class Testbed:
    """A running server and the monolith that it holds at the moment."""

    def __init__(self, server: LocalServer, directory: Path) -> None:
        self.server = server
        self.directory = directory
        self._monolith: tuple[Any, ...] | None = None

    # -- databases ------------------------------------------------------------------------------------------------

    def load(self, case: Case) -> None:
        """Makes the monolith of this case, unless it is the one that is there."""
        if self._monolith == case.monolith:
            return
        self._monolith = None
        self.drop(MONOLITH)
        self.create(MONOLITH)
        if case.shape == "ledger":
            names: tuple[str, ...] = ("tenants", "tenant_rows", "ledger_tables", "ledger_rows")
        else:
            names = ("tenants", "tenant_rows", "tables", "rows", "keys", "root_keys")
        sizes = {
            "tenants": case.tenants,
            "customers": case.customers,
            "orders": case.orders,
            "lines": case.lines,
            "bytes": case.bytes_per_row,
        }
        self.psql(
            MONOLITH,
            *(f"--set={name}={value}" for name, value in sizes.items()),
            *(f"--file={SQL / name}.sql" for name in names),
            *(() if case.tenant_index else ("--command=DROP INDEX customers_tenant, orders_tenant",)),
            "--command=VACUUM (ANALYZE)",
        )
        self._monolith = case.monolith

    def create(self, name: str) -> None:
        """Makes an empty database."""
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def drop(self, *names: str) -> None:
        """Drops databases, where they are there."""
        for name in names:
            self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def databases(self, *names: str) -> Iterator[None]:
        """Databases that are empty at first and dropped at the end."""
        try:
            for name in names:
                self.create(name)
            yield
        finally:
            self.drop(*names)

    def drop_prefixed(self, prefix: str) -> None:
        """Drops every database whose name begins so."""
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
            names = [name for (name,) in found]
        self.drop(*names)

    def settle(self, case: Case) -> None:
        """Makes the server as every contender finds it: nothing unwritten, the monolith in memory."""
        with psycopg.connect(self.server.url(MONOLITH), autocommit=True) as connection:
            for table in tables(case):
                connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            connection.execute("CHECKPOINT")

    def fill_wal(self, megabytes: int) -> None:
        """Lets the server make WAL files for that much: one that has been in use writes into files that are there.

        New ones make `CREATE DATABASE` a quarter dearer (docs/performance.md), for whoever comes first.
        """
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_logical_emit_message(false, 'benchmark', repeat('x', 1024 * 1024)) "
                "FROM generate_series(1, %s)",
                [min(megabytes, _MOST_WAL_MB)],
            )
            connection.execute("CHECKPOINT")

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(statement)

    # -- programs -------------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """The caller's, less what is about other servers, migrations and Python; the server's own programs come first.

        A Python that may not keep its bytecode, as in a container's image, would compile migrator in each process.
        """
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "PYTHON", "DB_", "MIGRATOR_", "VIRTUAL"))
        }
        return {**kept, "PATH": f"{self.server.bin_dir}{os.pathsep}{kept.get('PATH', os.defpath)}", "LC_ALL": "C.UTF-8"}

    def program(self, name: str) -> str:
        """The server's own program of that name."""
        return str(self.server.bin_dir / name)

    def run(self, command: Sequence[str], *, input_: Path | None = None, output: Path | None = None) -> Ran:
        """Runs a program to its end.

        Raises:
            BenchmarkError: it failed; the message holds what it said first.
        """
        began, started = time.time(), time.monotonic()
        with (
            tempfile.TemporaryFile("w+", dir=self.directory) as errors,
            open(input_ or os.devnull, "rb") as source,
            open(output, "wb") if output else tempfile.TemporaryFile(dir=self.directory) as sink,
        ):
            done = subprocess.run(
                command, stdin=source, stdout=sink, stderr=errors, env=self.environment, cwd=self.directory, check=False
            )
            seconds = time.monotonic() - started
            text = ""
            if output is None:
                sink.seek(0)
                text = sink.read().decode(errors="replace")
            if done.returncode != 0:
                errors.seek(0)
                words = errors.read().strip() or text.strip()
                told = "\n".join(words.splitlines()[:_LINES])
                raise BenchmarkError(f"{command[0]} ended with exit code {done.returncode}:\n{told}")
        return Ran(seconds, began, text)

    def psql(self, database: str, *arguments: str, input_: Path | None = None, output: Path | None = None) -> Ran:
        """Runs psql on a database, stopping at the first error."""
        command = [self.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", self.server.url(database)]
        return self.run([*command, *arguments], input_=input_, output=output)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A directory for a contender's files."""
        directory = Path(tempfile.mkdtemp(dir=self.directory))
        try:
            yield directory
        finally:
            shutil.rmtree(directory)

    def watched(self) -> Consumption:
        """Watches what runs in its block."""
        postmaster = int((self.server.data_dir / "postmaster.pid").read_text().splitlines()[0])
        return Consumption(postmaster)


def tables(case: Case) -> tuple[str, ...]:
    """The tables of a company, the largest last."""
    if case.shape == "ledger":
        return tuple(f"ledger_{number:02}" for number in range(1, 41))
    return ("customers", "orders", "lines")


@contextmanager
def testbed(bin_dir: Path | None, say: Callable[[str], None]) -> Iterator[Testbed]:
    """Starts a server (the embedded PostgreSQL 18, or that of `bin_dir`) and ends it with everything in it."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    settings = {**_DURABLE, "shared_buffers": f"{min(_MOST_SHARED_BUFFERS_MB, memory_mb // 4)}MB"}
    with (
        temporary_server(bin_dir=bin_dir, settings=settings) as server,
        tempfile.TemporaryDirectory(prefix="migrator-bench-") as directory,
    ):
        say(f"PostgreSQL of {server.bin_dir.parent.name} is up")
        yield Testbed(server, Path(directory))
