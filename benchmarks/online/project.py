"""The migration of the load's monolith: its migrator.toml, and migrator's commands on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator import LocalServer

PREFIX = "split"

_TOML = """\
[source]
url = "{url}"
prefix = "{prefix}"

[tenants]
root = "companies"
slug = "code"
name = "name"

[targets.auth]
database = "{{prefix}}_auth"
migrations = "migrations/auth"

[targets.tenant]
database = "{{prefix}}_{{slug}}"
per_tenant = true
migrations = "migrations/tenant"

[tables]
companies = {{ target = "auth" }}
users = {{ target = "auth" }}
customers = {{ target = "tenant", key = "company_id" }}
orders = {{ target = "tenant", key = "company_id" }}
lines = {{ target = "tenant", key_path = ["order_id -> orders.id", "orders.company_id"] }}
notes = {{ target = "tenant", key_path = ["line_id -> lines.id", "order_id -> orders.id", "orders.company_id"] }}
settings = {{ target = "tenant", key = "company_id", unowned = "replicate" }}
counters = {{ target = "tenant", key = "company_id" }}

[paths]
programs = "{programs}"
"""


class CommandError(Exception):
    """A command of migrator ended otherwise than it had to."""


@dataclass(frozen=True)
class MigrationProject:
    """A directory with the monolith's migrator.toml and trees."""

    directory: Path
    server: LocalServer
    monolith: str

    @classmethod
    def make(cls, directory: Path, server: LocalServer, database: str, prefix: str = PREFIX) -> MigrationProject:
        """Writes migrator.toml, and the trees from the monolith's own tables."""
        write_configuration(directory, server, database, prefix)
        project = cls(directory, server, server.url(database))
        project.run("init", "--trees")
        return project

    @property
    def file(self) -> Path:
        return self.directory / "migrator.toml"

    def run(self, *arguments: str, codes: Collection[int] = (0,)) -> Mapping[str, Any]:
        """Runs a command to its end; returns its JSON document.

        Raises:
            CommandError: its exit code is none of these.
        """
        done = subprocess.run(
            self._command(*arguments),
            capture_output=True,
            text=True,
            env=_environment(),
            cwd=self.directory,
            check=False,
        )
        if done.returncode not in codes:
            said = (done.stdout + done.stderr).strip()[-4000:]
            raise CommandError(f"migrator {' '.join(arguments)} ended with exit code {done.returncode}:\n{said}")
        document: Mapping[str, Any] = json.loads(done.stdout)
        return document

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs while the block does, and is interrupted at its end.

        Raises:
            CommandError: it ended before.
        """
        log = self.directory / f"{arguments[0]}.log"
        with open(log, "w", encoding="utf-8") as written:
            process = subprocess.Popen(
                self._command(*arguments), stdout=written, stderr=written, text=True, env=_environment(),
                cwd=self.directory,
            )  # fmt: skip
            try:
                yield process
                if process.poll() is not None:
                    said = log.read_text(encoding="utf-8")[-4000:]
                    raise CommandError(f"migrator {' '.join(arguments)} ended by itself:\n{said}")
            finally:
                process.terminate()
                process.wait()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "migrator", "--config", str(self.file), "--output", "json", *arguments]


def write_configuration(directory: Path, server: LocalServer, database: str, prefix: str = PREFIX) -> Path:
    """Writes migrator.toml, without the trees that it names; returns where it is."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "migrator.toml"
    file.write_text(configuration(server.url(database), server.bin_dir, prefix), encoding="utf-8")
    return file


def configuration(source: str, programs: Path, prefix: str = PREFIX) -> str:
    """The text of migrator.toml for the monolith with that URL."""
    return _TOML.format(url=source, prefix=prefix, programs=programs)


def offers(command: str) -> bool:
    """Whether this migrator has the command."""
    done = subprocess.run(
        [sys.executable, "-m", "migrator", command, "--help"], capture_output=True, env=_environment(), check=False
    )
    return done.returncode == 0


def _environment() -> dict[str, str]:
    """The caller's, less what is about other servers and migrations."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DB_", "MIGRATOR_"))}
