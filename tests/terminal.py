"""A command at a terminal of 80 columns, with somebody who reads what it shows and types."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.project import Project, clean_environment

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r")


# The terminal becomes the program's own, so that Ctrl-C reaches it as a signal.
_OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
)


@dataclass
class Terminal:
    """A running `migrator …` whose stdin, stdout and stderr are one terminal."""

    project: Project
    arguments: tuple[str, ...]
    rows: int = 40
    columns: int = 80
    raw: str = ""  # all that was shown, with its escapes
    _process: subprocess.Popen[bytes] = field(init=False, repr=False)
    _master: int = field(init=False, repr=False)

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
        command = (sys.executable, "-m", "migrator", "--config", str(self.project.toml), *self.arguments)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _OWN_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**clean_environment(), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        os.close(slave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    @property
    def text(self) -> str:
        """What was shown, without escapes: lines that were drawn over are in it too."""
        return _ESCAPES.sub("", self.raw)

    def read_until(self, pattern: str, *, within: float = 120) -> str:
        """Reads on until what was shown matches; returns all of it."""
        deadline = time.monotonic() + within
        while not re.search(pattern, self.text):
            assert self._read(deadline), f"{pattern!r} did not come:\n{self.text}"
        return self.text

    def type(self, line: str) -> None:
        """Types a line and Enter."""
        os.write(self._master, f"{line}\n".encode())

    def press(self, key: bytes) -> None:
        """Presses a key (Ctrl-C is b"\\x03"), no faster than a person: before it reads, the program would lose it."""
        time.sleep(0.3)
        os.write(self._master, key)

    def exit_code(self, *, within: float = 120) -> int:
        """Reads to the end, and how the command ended."""
        deadline = time.monotonic() + within
        while self._read(deadline):
            pass
        return self._process.wait(timeout=max(1.0, deadline - time.monotonic()))

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        shown = b""
        if ready:
            with contextlib.suppress(OSError):  # EIO: nobody has the other side open any more
                shown = os.read(self._master, 65536)
        self.raw += shown.decode("utf-8", "replace")
        return bool(shown)
