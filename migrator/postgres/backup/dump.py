"""Dumps databases by pg_dump, reads archives back, and restores them by pg_restore."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from migrator.errors import DatabaseError, RefusedError
from migrator.files import PRIVATE_DIRECTORY
from migrator.postgres.backup.cipher import NO_CIPHER, Cipher, read_encrypted, write_encrypted
from migrator.postgres.backup.search_path import found_by_path
from migrator.postgres.programs.programs import Completed, find_program, for_programs, program_version, run_program
from migrator.postgres.session.connect import Endpoint, session
from migrator.postgres.session.durability import durable

# Best first: what a build does not support is refused before it connects. The last one, gzip, every build has;
# level 3 costs half the time of the default for a tenth more bytes.
_COMPRESSIONS = ("zstd", "lz4", "3")
_COMPRESSION_BY_NAME_SINCE = 160000
_UNSUPPORTED = ("does not support compression", "invalid compression specification")

_LOCK_WAIT_MILLISECONDS = 60_000

# The one file of an archive that was encrypted, in the place of pg_dump's directory of many.
ENCRYPTED = "archive.encrypted"

# pg_restore 17 and newer sets it on every server; older servers do not know it, and nothing depends on it.
_HARMLESS = ('unrecognized configuration parameter "transaction_timeout"',)

Ownership = Literal["keep", "drop"]
Watch = Callable[[], None]


def server_version(endpoint: Endpoint) -> int:
    """The server's version as server_version_num: 180004."""
    with session(endpoint, purpose="version") as connection:
        return connection.info.server_version


def dump_directory(
    endpoint: Endpoint,
    directory: Path,
    *,
    jobs: int = 1,
    snapshot: str | None = None,
    programs: Path | None = None,
    cipher: Cipher = NO_CIPHER,
    purpose: str = "dump",
    watch: Watch | None = None,
) -> str:
    """Dumps a whole database into a new directory, compressed and flushed to disk; returns the program's version.

    `snapshot` is the id that another session exported: the dump holds what that session sees. With a cipher that
    encrypts it is one stream into one file, which takes one job.

    Raises:
        ConfigurationError: no pg_dump fits the server.
        DatabaseError: pg_dump failed; the directory may hold a part then.
    """
    program = find_program("pg_dump", server_version(endpoint), programs)
    endpoint = for_programs(endpoint)
    version = program_version(program) or 0
    arguments = [f"--lock-wait-timeout={_LOCK_WAIT_MILLISECONDS}"]
    if cipher.encrypt:
        directory.mkdir(mode=PRIVATE_DIRECTORY)
        arguments.append("--format=custom")
    else:
        arguments += ["--format=directory", f"--file={directory}", f"--jobs={jobs}"]
    if snapshot is not None:
        arguments.append(f"--snapshot={snapshot}")
    compressions = _COMPRESSIONS if version >= _COMPRESSION_BY_NAME_SINCE else _COMPRESSIONS[-1:]
    for compression in compressions:
        compressed = [*arguments, f"--compress={compression}"]
        try:
            if cipher.encrypt:
                (directory / ENCRYPTED).unlink(missing_ok=True)
                write_encrypted(
                    program, compressed, endpoint, directory / ENCRYPTED, cipher, purpose=purpose, watch=watch
                )
            else:
                run_program(program, compressed, endpoint, purpose=purpose, watch=watch)
            break
        except DatabaseError as error:
            if compression == compressions[-1] or not any(sign in error.message for sign in _UNSUPPORTED):
                raise
    return f"pg_dump {version // 10000}.{version % 10000}"


def restore(
    endpoint: Endpoint,
    directory: Path,
    *,
    jobs: int = 1,
    ownership: Ownership = "keep",
    programs: Path | None = None,
    cipher: Cipher = NO_CIPHER,
    purpose: str = "restore",
    watch: Watch | None = None,
) -> tuple[str, ...]:
    """Restores an archive into an existing, empty database; returns what could not be made, in pg_restore's words.

    With `ownership` "drop" everything belongs to the connected role and nobody is granted anything, for servers that
    lack the roles. It goes on after an error, so that the answer names all of them. What was restored is on the disk
    then, also where the server, the database or the role has `synchronous_commit` off. Functions find others by the
    endpoint's search_path meanwhile, where it has one.

    Raises:
        ConfigurationError: no pg_restore fits.
        DatabaseError: the database cannot be reached, or the archive cannot be read.
        RefusedError: the archive is encrypted and cannot be decrypted.
    """
    search_path, endpoint = endpoint.search_path, for_programs(endpoint)
    arguments = []
    if ownership == "drop":
        arguments += ["--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions"]
    with durable(endpoint, purpose=purpose) as connection:
        if is_encrypted(directory):
            # What wrote it cannot be seen from outside: the newest reads all.
            newest = find_program("pg_restore", None, programs)

            def run(*more: str) -> Completed:
                return read_encrypted(
                    newest, [*arguments, *more], endpoint, directory / ENCRYPTED, cipher,
                    purpose=purpose, accept=(0, 1), watch=watch,
                )  # fmt: skip
        else:
            version = max(connection.info.server_version, oldest_reader(directory))
            program = find_program("pg_restore", version, programs)
            arguments += [f"--jobs={jobs}", str(directory)]

            def run(*more: str) -> Completed:
                return run_program(program, [*more, *arguments], endpoint, purpose=purpose, accept=(0, 1), watch=watch)

        if not search_path:
            return _left_out(run(), endpoint)
        failed = _left_out(run("--section=pre-data"), endpoint)
        with found_by_path(connection, search_path):
            failed += _left_out(run("--section=data"), endpoint)
            failed += _left_out(run("--section=post-data"), endpoint)
        return failed


def _left_out(done: Completed, endpoint: Endpoint) -> tuple[str, ...]:
    """What pg_restore could not make, in its words.

    Raises:
        DatabaseError: it did not go on after the first error.
    """
    if done.exit_code == 0:
        return ()
    errors = _errors(done.stderr)
    if "errors ignored on restore" not in done.stderr:
        raise DatabaseError(
            f"{endpoint}: pg_restore failed: {'; '.join(errors) or done.stderr.strip()[-500:]}",
            "The archive, the server's log and its free disk space are where to look.",
        )
    return tuple(error for error in errors if not any(sign in error for sign in _HARMLESS))


def _errors(stderr: str) -> tuple[str, ...]:
    """pg_restore's errors, each with its detail and the first line of the command that failed."""
    errors: list[str] = []
    for line in stderr.splitlines():
        text = line.removeprefix("pg_restore: ").strip()
        if text.startswith("error: "):
            message = text.removeprefix("error: ").removeprefix("could not execute query: ").removeprefix("ERROR:")
            errors.append(message.strip())
        elif errors and text.startswith("DETAIL:"):
            errors[-1] += f" ({text.removeprefix('DETAIL:').strip()})"
        elif errors and text.startswith("Command was:"):
            errors[-1] += f", in: {text.removeprefix('Command was:').strip()}"
    return tuple(errors)


def oldest_reader(directory: Path) -> int:
    """The oldest version whose pg_restore reads this archive; 0 where its head cannot be read."""
    try:
        with (directory / "toc.dat").open("rb") as file:
            head = file.read(8)
    except OSError:
        return 0
    if head[:5] != b"PGDMP":
        return 0
    # The magic word is followed by the format's major and minor number (pg_backup_archiver.h): 1.14 came with
    # PostgreSQL 12, 1.15 with 16, 1.16 with 17.
    return {14: 120000, 15: 160000, 16: 170000}.get(head[6], 0)


def is_encrypted(directory: Path) -> bool:
    """Whether an archive was written through an encrypting command."""
    return (directory / ENCRYPTED).exists()


def read_back(directory: Path, *, programs: Path | None = None, cipher: Cipher = NO_CIPHER) -> None:
    """Reads every byte of an archive as a restore would, into nowhere.

    Raises:
        RefusedError: some part is missing, truncated or damaged; or it is encrypted and cannot be decrypted.
    """
    if not is_encrypted(directory):
        _read(directory, [f"--file={os.devnull}"], programs)
        return
    program = find_program("pg_restore", None, programs)
    try:
        read_encrypted(program, [f"--file={os.devnull}"], None, directory / ENCRYPTED, cipher)
    except DatabaseError as error:
        raise _unreadable(directory, error) from error


def _read(directory: Path, arguments: list[str], programs: Path | None) -> str:
    program = find_program("pg_restore", None, programs)
    try:
        return run_program(program, [*arguments, str(directory)]).stdout
    except DatabaseError as error:
        raise _unreadable(directory, error) from error


def _unreadable(directory: Path, error: DatabaseError) -> RefusedError:
    return RefusedError(
        f"The archive {directory} cannot be read back: {error.message}",
        "It is not fit for a restore: take another one.",
    )
