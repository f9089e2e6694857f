"""Finds PostgreSQL's client programs, and runs them without secrets in argv."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from psycopg import pq
from psycopg.conninfo import make_conninfo

from migrator.errors import ConfigurationError, DatabaseError
from migrator.postgres.programs.embedded import VERSIONS, embedded_bin_dir
from migrator.postgres.session.connect import Endpoint, rows, session
from migrator.postgres.session.pinned import pinned_for_programs

ProgramName = Literal["pg_dump", "pg_restore", "psql"]

# Where packages install the programs of several versions side by side, beside PATH.
_INSTALLATIONS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # the RPMs of the PostgreSQL project
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
_POLL_SECONDS = 0.5
_TERMINATION_SECONDS = 10

_HINTS = (
    ("No space left on device", "Free space there, then run the same command again."),
    ("password", "Check the user and the password: --source, MIGRATOR_SOURCE_URL, DB_PASSWORD, or ~/.pgpass."),
    ("permission denied", "The role lacks a privilege: docs/privileges.md lists what each stage needs."),
    ("row-level security", "The role needs BYPASSRLS, or must own the tables: a backup must hold every row."),
    # What pg_dump --lock-wait-timeout ends in: it waits for nothing else with a timeout.
    ("statement timeout", "Another session holds a lock on a table: `SELECT * FROM pg_locks` shows who."),
    ("server version mismatch", "Install client programs of the server's version: [paths] programs names them."),
)


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program said and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


def find_program(name: ProgramName, server_version: int | None, configured: Path | None) -> Path:
    """The program of the lowest major version that is not older than the server's.

    Older programs refuse newer servers; newer ones write for newer servers, so the closest is taken. Without a
    `server_version` (as server_version_num: 180004) it is the newest. `configured` is [paths] programs; only that
    directory is searched then.

    Raises:
        ConfigurationError: there is none; the hint says what to install.
    """
    wanted = (server_version or 0) // 10000
    candidates: list[tuple[int, Path]] = []
    for directory in [configured] if configured is not None else _directories():
        program = directory / name
        version = program_version(program)
        if version is not None and version // 10000 >= wanted:
            candidates.append((version // 10000, program))
    if candidates:
        choose = min if server_version is not None else max
        return choose(candidates, key=lambda candidate: candidate[0])[1]
    where = f"in {configured} ([paths] programs)" if configured is not None else "on this machine"
    raise ConfigurationError(
        f"There is no {name} for PostgreSQL {wanted} or newer {where}.",
        f"Install it (Debian: apt install postgresql-client-{wanted}; or pip install 'migrator[embedded]'), "
        "or name its directory: [paths] programs, MIGRATOR_PROGRAMS.",
    )


def _directories() -> Iterator[Path]:
    for entry in os.get_exec_path():
        yield Path(entry)
    for pattern in _INSTALLATIONS:
        yield from sorted(Path("/").glob(pattern.lstrip("/")))
    for version in VERSIONS:
        try:
            yield embedded_bin_dir(version)
        except ConfigurationError:
            continue  # the extra is not installed


@cache
def program_version(program: Path) -> int | None:
    """A program's version as server_version_num spells it (180004), or None where it cannot be run."""
    try:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\) (\d+)(?:\.(\d+))?", shown)
    return int(match[1]) * 10000 + int(match[2] or 0) if match else None


def libpq_version() -> str:
    """The version of the client library that sessions go through."""
    number = pq.version()
    return f"{number // 10000}.{number % 10000}"


def run_program(
    program: Path,
    arguments: Sequence[str],
    endpoint: Endpoint | None = None,
    *,
    purpose: str = "",
    accept: Sequence[int] = (0,),
    watch: Callable[[], None] | None = None,
) -> Completed:
    """Runs a client program to its end and returns what it wrote.

    `endpoint` becomes its --dbname, without secrets: those go through the environment. `purpose` becomes the
    application_name of its sessions. `watch` is called about twice a second. However this function is left, the program
    is not running any more.

    Raises:
        DatabaseError: its exit code is not in `accept`; the message holds its own words, secrets masked.
    """
    command, environment = invocation(program, endpoint, purpose)
    process = subprocess.Popen(
        [*command, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        stdout, stderr = _communicate(process, watch)
    finally:
        end_process(process)
    # Decoded here: Popen would turn the carriage returns of names and function bodies into line feeds.
    said = stderr.decode("utf-8", "replace")
    if process.returncode not in accept:
        raise program_failure(program.name, process.returncode, said, endpoint)
    return Completed(process.returncode, stdout.decode("utf-8", "replace"), said)


def for_programs(endpoint: Endpoint) -> Endpoint:
    """The endpoint as client programs are to be given it: with the settings that they depend on, where its own deviate.

    Only then, because a pooler may refuse options that it does not know.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    wanted = pinned_for_programs()
    with session(endpoint, purpose="settings") as connection:
        parameters = {"names": list(wanted), "values": list(wanted.values())}
        deviating = [name for (name,) in rows(connection, "programs/deviating_settings", parameters)]
    if not deviating:
        return endpoint
    given = endpoint.parameters.get("options") or os.environ.get("PGOPTIONS") or ""
    options = " ".join([given, *(f"-c {name}={wanted[name]}" for name in deviating)])
    return Endpoint(make_conninfo(endpoint.conninfo, options=options.strip()))


def invocation(program: Path, endpoint: Endpoint | None, purpose: str) -> tuple[list[str], dict[str, str]]:
    """The beginning of a command line that connects to `endpoint`, and the environment with what is secret of it."""
    environment = dict(os.environ)
    command = [str(program)]
    if endpoint is not None:
        named = make_conninfo(endpoint.conninfo, application_name=f"migrator {purpose or program.name}")
        conninfo, environment = Endpoint(named).for_program()
        # --no-password: a prompt without a terminal would wait for ever.
        command += ["--no-password", f"--dbname={conninfo}"]
    # Messages are matched below, so they must come in one language.
    environment["LC_ALL"] = "C"
    return command, environment


def _communicate(process: subprocess.Popen[bytes], watch: Callable[[], None] | None) -> tuple[bytes, bytes]:
    while True:
        try:
            return process.communicate(timeout=_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if watch is not None:
                watch()


def end_process(process: subprocess.Popen[Any]) -> None:
    """Ends a process that still runs: politely first, so that it cancels the queries of its own workers."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_TERMINATION_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def program_failure(name: str, exit_code: int, stderr: str, endpoint: Endpoint | None) -> DatabaseError:
    """What a program's end means to an operator, in the program's words, secrets masked."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line or "ERROR:" in line or "DETAIL:" in line] or lines[-3:]
    text = " ".join(line.removeprefix(f"{name}: ").removeprefix("error: ") for line in errors[:4])
    if exit_code < 0:
        text = f"it was ended by {signal.Signals(-exit_code).name}. {text}".strip()
    password = endpoint.parameters.get("password") if endpoint is not None else None
    if password:
        text = text.replace(str(password), "********")
    hint = next((hint for sign, hint in _HINTS if sign in text), "The server's log has the details.")
    where = f"{endpoint}: " if endpoint is not None else ""
    return DatabaseError(f"{where}{name} failed: {text or f'exit code {exit_code}'}", hint)
