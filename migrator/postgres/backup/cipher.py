"""Passes archives through the operator's encryption command, on their way to the disk and back.

Nothing of them is on the disk in the clear, and no shell is involved: a command is a list of arguments.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from migrator.errors import ConfigurationError, DatabaseError, RefusedError
from migrator.files import PRIVATE_FILE, sync_directory
from migrator.postgres.programs.programs import Completed, end_process, invocation, program_failure
from migrator.postgres.session.connect import Endpoint

_POLL_SECONDS = 0.2

Command = tuple[str, ...]
Watch = Callable[[], None]


@dataclass(frozen=True)
class Cipher:
    """The commands of `[backup]`, each a filter from stdin to stdout; their relative paths begin at `directory`.

    Either may be empty: nothing is encrypted then, or what is encrypted cannot be read back on this machine.
    """

    encrypt: Command
    decrypt: Command
    directory: Path

    @property
    def name(self) -> str:
        """The encrypting program's name; its arguments are nobody's business."""
        return Path(self.encrypt[0]).name if self.encrypt else ""

    def require(self) -> None:
        """Raises ConfigurationError where a configured program is not there."""
        for setting, command in (("encrypt", self.encrypt), ("decrypt", self.decrypt)):
            if command and shutil.which(self.directory / command[0] if "/" in command[0] else command[0]) is None:
                raise ConfigurationError(
                    f"[backup] {setting}: there is no program {command[0]!r}.", "Install it, or write its whole path."
                )

    def require_decrypting(self, what: Path) -> None:
        """Raises RefusedError where there is no command to decrypt `what` with."""
        if not self.decrypt:
            raise RefusedError(
                f"{what} is encrypted, and nothing says how to decrypt it.",
                'Set [backup] decrypt to a command that filters stdin to stdout: "age --decrypt --identity key.txt".',
            )


NO_CIPHER = Cipher((), (), Path())


def write_encrypted(
    program: Path, arguments: Sequence[str], endpoint: Endpoint, file: Path, cipher: Cipher, *,
    purpose: str, watch: Watch | None = None,
) -> None:  # fmt: skip
    """Runs a program whose stdout goes through the encrypting command into a new file, flushed to disk.

    Raises:
        DatabaseError: either of the two failed; the file may hold a part then.
    """
    command, environment = invocation(program, endpoint, purpose)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with (
        os.fdopen(descriptor, "wb") as out,
        _started([*command, *arguments], environment, None, subprocess.DEVNULL, subprocess.PIPE) as dump,
        _started(cipher.encrypt, None, cipher.directory, dump.stdout, out) as filtered,
    ):
        _finish(dump, filtered, watch)
        # Whichever fails takes the other with it, by a pipe that nobody reads.
        if filtered.returncode and dump.returncode in (0, -signal.SIGPIPE):
            raise DatabaseError(
                f"[backup] encrypt failed: {_said(filtered)}", "Try the command by hand: it filters stdin to stdout."
            )
        if dump.returncode:
            raise program_failure(program.name, dump.returncode, _stderr(dump), endpoint)
        os.fsync(out.fileno())
    sync_directory(file.parent)


def read_encrypted(
    program: Path, arguments: Sequence[str], endpoint: Endpoint | None, file: Path, cipher: Cipher, *,
    purpose: str = "", accept: Sequence[int] = (0,), watch: Watch | None = None,
) -> Completed:  # fmt: skip
    """Runs a program whose stdin is the file, decrypted; returns how it ended.

    Raises:
        RefusedError: there is no decrypting command, or it failed: the wrong key, or a damaged file.
        DatabaseError: the program's exit code is not in `accept`.
    """
    cipher.require_decrypting(file)
    command, environment = invocation(program, endpoint, purpose)
    with (
        file.open("rb") as source,
        _started(cipher.decrypt, None, cipher.directory, source, subprocess.PIPE) as filtered,
        _started([*command, *arguments], environment, None, filtered.stdout, subprocess.DEVNULL) as reader,
    ):
        _finish(filtered, reader, watch)
        accepted = reader.returncode in accept
        # A reader that gives up breaks the pipe; then what the filter says about that is no news.
        if filtered.returncode and (accepted or not _broken_pipe(filtered)):
            raise RefusedError(f"{file} cannot be decrypted: {_said(filtered)}", "Check [backup] decrypt and its key.")
        if not accepted:
            raise program_failure(program.name, reader.returncode, _stderr(reader), endpoint)
        return Completed(reader.returncode, "", _stderr(reader))


@contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str] | None, directory: Path | None,
    stdin: IO[bytes] | int | None, stdout: IO[bytes] | int,
) -> Iterator[_Process]:  # fmt: skip
    """Runs a process for the duration of the block; it is not running any more however that is left."""
    with tempfile.TemporaryFile() as errors:
        try:
            process = _Process(command, errors, environment, directory, stdin, stdout)
        except OSError as error:
            raise ConfigurationError(
                f"The program {command[0]!r} cannot be run: {error.strerror}.", "Check [backup] in migrator.toml."
            ) from error
        try:
            yield process
        finally:
            end_process(process)


class _Process(subprocess.Popen[bytes]):
    """A process whose stderr goes into a file: reading it from a pipe would take a thread."""

    def __init__(
        self, command: Sequence[str], errors: IO[bytes], environment: Mapping[str, str] | None, directory: Path | None,
        stdin: IO[bytes] | int | None, stdout: IO[bytes] | int,
    ) -> None:  # fmt: skip
        self.words = errors
        super().__init__(command, stdin=stdin, stdout=stdout, stderr=errors, env=environment, cwd=directory)


def _finish(first: _Process, second: _Process, watch: Watch | None) -> None:
    """Waits for both ends of a pipe."""
    assert first.stdout is not None
    first.stdout.close()  # the second process's own is what keeps the pipe open: its end must be the first one's
    for process in (second, first):
        while True:
            try:
                process.wait(_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if watch is not None:
                    watch()


def _stderr(process: _Process) -> str:
    process.words.seek(0)
    return process.words.read().decode("utf-8", "replace")


def _said(process: _Process) -> str:
    lines = [line.strip() for line in _stderr(process).splitlines() if line.strip()]
    return " ".join(lines[-3:]) or f"exit code {process.returncode}"


def _broken_pipe(process: _Process) -> bool:
    return process.returncode == -signal.SIGPIPE or "broken pipe" in _stderr(process).lower()
