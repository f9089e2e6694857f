"""Runs a PostgreSQL server of our own on this machine, for the demonstration and the tests.

It is driven through pg_ctl alone, so the embedded binaries and an installed PostgreSQL are the same to it. It
listens on a Unix socket inside its data directory only, which nobody but its owner can enter.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from psycopg import sql

from migrator.errors import ConfigurationError, DatabaseError
from migrator.postgres.programs.account import Account, owner_account, server_account
from migrator.postgres.programs.embedded import embedded_bin_dir, runnable_bin_dir
from migrator.postgres.session.connect import Endpoint, rows, session

SUPERUSER = "postgres"
PORT = 5432

StopMode = Literal["smart", "fast", "immediate"]

# sizeof(sockaddr_un.sun_path), less the terminating zero: 108 on Linux, 104 on macOS and the BSDs.
_SOCKET_PATH_LIMIT = 103
_SOCKET_NAME = f".s.PGSQL.{PORT}"
_LOG_NAME = "server.log"
_WAIT_SECONDS = 60


class LocalServer:
    """A server of our own, running or stopped, in a data directory of its own.

    Made by `start` or found by `attach`. As a context manager it stops the server at the end; the data stays.
    """

    def __init__(self, data_dir: Path, bin_dir: Path, socket_dir: Path, account: Account | None) -> None:
        self.data_dir = data_dir
        self.bin_dir = bin_dir
        self._socket_dir = socket_dir
        self._account = account

    @classmethod
    def start(cls, data_dir: Path, *, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None) -> Self:
        """Start a server in `data_dir`, which is initialised if it is empty, and apply `settings` to it.

        `bin_dir` is where initdb, pg_ctl and postgres are; the default is the embedded PostgreSQL 18. Root
        starts the server under another account, which becomes the owner of `data_dir`.

        Raises:
            ConfigurationError: the programs are missing, or the account cannot reach them or `data_dir`.
            DatabaseError: the server does not start; the message ends with its log's last lines.
        """
        data_dir = data_dir.absolute()
        account = server_account()
        programs = runnable_bin_dir(bin_dir or embedded_bin_dir(), account)
        _prepare_directory(data_dir, account)
        server = cls(data_dir, programs, _socket_dir(data_dir, account), account)
        if not (data_dir / "PG_VERSION").exists():
            server._initialise()
        server._start()
        try:
            server.configure(settings or {})
        except BaseException:
            server.stop()
            raise
        return server

    @classmethod
    def attach(cls, data_dir: Path) -> Self | None:
        """Return the server that runs in `data_dir`, or None if none does.

        Raises ConfigurationError if the data directory is another account's.
        """
        data_dir = data_dir.absolute()
        try:
            # Lines of postmaster.pid: 1 pid, 2 data directory, 3 start, 4 port, 5 socket directory.
            socket_dir = Path((data_dir / "postmaster.pid").read_text().splitlines()[4])
            # postmaster.opts is the command line: the program's path as it is, then each argument in quotes.
            program = Path((data_dir / "postmaster.opts").read_text().partition(' "')[0])
        except (FileNotFoundError, IndexError):
            return None
        except PermissionError:
            owner_account(data_dir)
            raise
        server = cls(data_dir, program.parent, socket_dir, owner_account(data_dir))
        return server if server.running else None

    def url(self, database: str = "postgres") -> str:
        """Return the libpq URL of a database of this server."""
        host = quote(str(self._socket_dir), safe="/")
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={host}"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.data_dir / _LOG_NAME

    @property
    def running(self) -> bool:
        """Whether the server runs."""
        return self._run("pg_ctl", "status").returncode == 0

    def configure(self, settings: Mapping[str, str]) -> None:
        """Write `settings` with ALTER SYSTEM and put them into force, by a restart only where one is needed.

        Raises DatabaseError if the server does not know a setting or refuses its value.
        """
        if not settings:
            return
        with session(Endpoint(self.url()), purpose="server") as connection:
            for name, value in settings.items():
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            connection.execute("SELECT pg_catalog.pg_reload_conf()")
            awaiting_restart = rows(connection, "programs/settings_awaiting_restart")
        if awaiting_restart:
            self.restart()

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server; do nothing if it does not run.

        `immediate` is a crash: nothing is written back, and the next start recovers from the log.
        """
        if not self.data_dir.exists() or not self.running:
            return
        self._pg_ctl("stop", "-m", mode)
        if self._socket_dir != self.data_dir:
            shutil.rmtree(self._socket_dir)

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop the server in this mode and start it again, at the same URL."""
        self.stop(mode)
        self._socket_dir = _socket_dir(self.data_dir, self._account)
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _initialise(self) -> None:
        initialised = self._run(
            "initdb", "--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"
        )
        if initialised.returncode != 0:
            raise DatabaseError(
                f"initdb failed in {self.data_dir}: {initialised.stderr.strip()}",
                "The data directory must be empty, on a file system with space left.",
            )

    def _start(self) -> None:
        # pg_ctl hands the options to a shell. The port is spelt out because PGPORT would change it.
        options = f"-c listen_addresses= -p {PORT} -k {shlex.quote(str(self._socket_dir))}"
        self._pg_ctl("start", "-l", str(self.log), "-o", options)

    def _pg_ctl(self, *arguments: str) -> None:
        done = self._run("pg_ctl", *arguments, "-w", "-t", str(_WAIT_SECONDS))
        if done.returncode != 0:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:]) if self.log.exists() else ""
            raise DatabaseError(
                f"pg_ctl {arguments[0]} failed in {self.data_dir}: {done.stderr.strip()}\n{tail}".rstrip(),
                f"The server's log is {self.log}",
            )

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # PGDATA, PGOPTIONS and the like of the caller's shell are about other servers.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return subprocess.run(
            [self.bin_dir / program, "-D", self.data_dir, *arguments],
            env=environment,
            cwd="/",  # the caller's directory may be closed to the server's account
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **(self._account.credentials() if self._account else {}),
        )


@contextmanager
def temporary_server(
    *, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None, parent: Path | None = None
) -> Iterator[LocalServer]:
    """Run a server in a new temporary directory, which is removed with everything in it at the end.

    The directory is made in `parent`, by default where temporary files go.

    Raises what `LocalServer.start` raises.
    """
    data_dir = Path(tempfile.mkdtemp(prefix="migrator-server-", dir=parent))
    try:
        with LocalServer.start(data_dir, bin_dir=bin_dir, settings=settings) as server:
            yield server
    finally:
        shutil.rmtree(data_dir)


def _prepare_directory(data_dir: Path, account: Account | None) -> None:
    """Create the data directory where it is missing, and give it to the account."""
    for parent in reversed(data_dir.parents):
        if not parent.exists():
            parent.mkdir()
            # Whatever root's umask says, the server's account has to pass through.
            parent.chmod(0o755)
    data_dir.mkdir(mode=0o700, exist_ok=True)
    if account is None:
        return
    if (obstacle := account.blocked_at(data_dir)) is not None:
        raise ConfigurationError(
            f"The server runs as {account.name}, which cannot enter {obstacle} on the way to {data_dir}.",
            f"Choose a data directory outside of {obstacle}, or run as an ordinary user.",
        )
    if data_dir.stat().st_uid != account.uid and not any(data_dir.iterdir()):
        os.chown(data_dir, account.uid, account.gid)


def _socket_dir(data_dir: Path, account: Account | None) -> Path:
    """Return the directory of the socket: the data directory, unless its path is too long for a socket."""
    if len(os.fsencode(data_dir / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT:
        return data_dir
    socket_dir = Path(tempfile.mkdtemp(prefix="migrator-socket-"))
    if account is not None:
        os.chown(socket_dir, account.uid, account.gid)
    return socket_dir
