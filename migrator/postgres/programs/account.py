"""Chooses the operating-system account that a server of ours runs under."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from migrator.errors import ConfigurationError


class Credentials(TypedDict, total=False):
    """The arguments of `subprocess.run` that change the account of the child."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """An account of this machine other than our own."""

    name: str
    uid: int
    gid: int

    def credentials(self) -> Credentials:
        """Return the arguments that make `subprocess.run` start the child under this account."""
        return Credentials(user=self.uid, group=self.gid, extra_groups=[])

    def blocked_at(self, path: Path) -> Path | None:
        """Return the first directory above `path` that this account cannot pass, or None."""
        for directory in reversed(path.resolve().parents):
            status = directory.stat()
            bit = 0o100 if status.st_uid == self.uid else 0o010 if status.st_gid == self.gid else 0o001
            if not status.st_mode & bit:
                return directory
        return None


def server_account() -> Account | None:
    """Return the account that a new server runs under, or None for our own.

    PostgreSQL refuses to run as root. Root then borrows `postgres` where there is one, else `nobody`, rather
    than adding an account to a machine that is not ours.

    Raises ConfigurationError if there is neither.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL does not run as root, and this machine has neither an account postgres nor nobody.",
        "Run as an ordinary user, or: useradd --system postgres",
    )


def owner_account(path: Path) -> Account | None:
    """Return the account that owns `path`, or None if that is our own.

    Raises ConfigurationError if it is another's and we are not root.
    """
    owner = path.stat().st_uid
    if owner == os.geteuid():
        return None
    entry = pwd.getpwuid(owner)
    if os.geteuid() != 0:
        raise ConfigurationError(f"{path} belongs to {entry.pw_name}.", f"Run as {entry.pw_name}, or as root.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
