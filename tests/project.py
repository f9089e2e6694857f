"""A migration's project directory, and its commands run as an operator runs them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator import logs
from migrator.cli.run import run

REPOSITORY = Path(__file__).parents[1]
TOPSTEEL = REPOSITORY / "examples" / "topsteel"


@dataclass(frozen=True)
class Answer:
    """What one command said: its exit code, its JSON document (checked for its shape), and its stderr."""

    exit_code: int
    document: Mapping[str, Any]
    stderr: str = field(repr=False)

    @property
    def summary(self) -> Mapping[str, Any]:
        return dict(self.document["summary"])

    @property
    def error(self) -> str:
        """The message and the hint of an error."""
        return f"{self.document['error']['message']}\n{self.document['error']['hint']}"

    def section(self, title: str) -> list[dict[str, Any]]:
        """The rows of the section whose title begins so, each by its columns' names; [] where there is none."""
        for section in self.document["sections"]:
            if section["title"].startswith(title):
                return [dict(zip(section["columns"], row, strict=True)) for row in section["rows"]]
        return []


@dataclass(frozen=True)
class Project:
    """A directory with a migrator.toml and an .env that names the source and the prefix of all databases."""

    directory: Path
    source: str
    prefix: str

    @classmethod
    def make(cls, directory: Path, source: str, prefix: str, configuration: str | None = None) -> Project:
        """A project on that source; by default with the reference ERP's own migrator.toml."""
        text = (TOPSTEEL / "migrator.toml").read_text(encoding="utf-8") if configuration is None else configuration
        project = cls(directory, source, prefix)
        directory.mkdir(parents=True, exist_ok=True)
        project.toml.write_text(text.replace('"../../migrations/', f'"{REPOSITORY}/migrations/'), encoding="utf-8")
        (directory / ".env").write_text(f"MIGRATOR_SOURCE_URL='{source}'\nMIGRATOR_PREFIX={prefix}\n", encoding="utf-8")
        return project

    @property
    def toml(self) -> Path:
        return self.directory / "migrator.toml"

    def replace(self, old: str, new: str) -> None:
        """Changes migrator.toml; `old` has to be in it."""
        text = self.toml.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {self.toml}"
        self.toml.write_text(text.replace(old, new), encoding="utf-8")

    # -- commands -------------------------------------------------------------------------------------------------

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Answer:
        """Runs a command within this process; `migrate` is confirmed, because nobody can be asked here."""
        return self.run_as_typed(*_confirmed(arguments), environment=environment)

    def run_as_typed(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Answer:
        """Runs a command within this process, with nothing added to confirm it."""
        out, err = _Stream(), _Stream()
        with _environment(environment or {}), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                exit_code = run(["--config", str(self.toml), "--output", "json", *arguments])
            finally:
                logs.close_file()
                structlog.reset_defaults()
                structlog.contextvars.clear_contextvars()
        return _answer(exit_code, out.text, err.text)

    def succeed(self, *arguments: str) -> Answer:
        """Runs a command that has to end well."""
        answer = self.run(*arguments)
        told = {name: answer.document.get(name) for name in ("headline", "summary", "error")}
        bad = [section for section in answer.document["sections"] if section["tone"] == "bad"]
        assert answer.exit_code == 0, f"{' '.join(arguments)}: {json.dumps([told, bad], indent=1)}"
        return answer

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "migrator", "--config", str(self.toml), "--output", "json", *_confirmed(arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
            start_new_session=True,
        )

    def end(self, process: subprocess.Popen[str], number: signal.Signals | None = None) -> Answer | None:
        """Waits for a started command, after a signal to its whole group where one is given.

        None where it was killed before it could write its document.
        """
        if number is not None:
            os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
        return _answer(process.returncode, out, err) if out else None

    # -- databases ------------------------------------------------------------------------------------------------

    def url(self, name: str) -> str:
        """The conninfo of the database {prefix}_{name}; '' is the source."""
        return make_conninfo(self.source, dbname=f"{self.prefix}_{name}") if name else self.source

    def fetch(self, name: str, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query in {prefix}_{name}, or in the source."""
        with psycopg.connect(self.url(name)) as connection:
            return connection.execute(statement.encode()).fetchall()

    def value(self, name: str, statement: str) -> Any:
        """The only value of a query."""
        ((value,),) = self.fetch(name, statement)
        return value

    def execute(self, name: str, script: str) -> None:
        """Runs statements in {prefix}_{name}, or in the source, in one transaction, without their triggers."""
        with psycopg.connect(self.url(name)) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(script.encode())

    def databases(self) -> list[str]:
        """What exists under the prefix, without the source, the prefix taken off."""
        with psycopg.connect(self.source) as connection:
            found = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND datname <> current_database() "
                "ORDER BY 1",
                [f"{self.prefix}_"],
            ).fetchall()
        return [name.removeprefix(f"{self.prefix}_") for (name,) in found]

    def journal(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query of the journal's tables."""
        with psycopg.connect(self.url("migrator"), options="-c search_path=migrator") as connection:
            return connection.execute(statement.encode()).fetchall()


def _confirmed(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The command line with what answers migrate's question where there is no terminal."""
    asks = "migrate" in arguments and not {"--yes", "--plan"} & set(arguments)
    return (*arguments, "--yes") if asks else arguments


def awaited(condition: Callable[[], Any], *, within: float = 30) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not true within {within} s")


def identifier(*names: str) -> str:
    """A quoted name."""
    return sql.Identifier(*names).as_string(None)


class _Stream(io.TextIOWrapper):
    """A stand-in for stdout that keeps what was written to it and to its buffer."""

    def __init__(self) -> None:
        self._kept = io.BytesIO()
        super().__init__(self._kept, encoding="utf-8", write_through=True)

    @property
    def text(self) -> str:
        return self._kept.getvalue().decode()


def _answer(exit_code: int, out: str, err: str) -> Answer:
    document = json.loads(out)
    assert document["schema_version"] == 1
    assert document["exit_code"] == exit_code, err
    assert {"command", "run_id", "status", "headline", "summary", "sections", "next"} <= document.keys()
    assert document["origin"].keys() == {"source", "server", "role", "machine", "version", "time"}
    assert all(document["origin"][name] for name in ("machine", "version", "time"))
    assert ("error" in document) == (document["status"] not in ("done", "nothing-to-do", "findings"))
    if "error" in document:
        assert document["error"]["message"]
        assert document["error"]["hint"], document["error"]["message"]
    return Answer(exit_code, document, err)


_OURS = ("DB_", "MIGRATOR_", "PG")


def clean_environment() -> dict[str, str]:
    """The environment without what configures a migration of the developer's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


@contextlib.contextmanager
def _environment(added: Mapping[str, str]) -> Iterator[None]:
    """The environment without what configures a migration of the developer's own."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(_OURS):
            del os.environ[name]
    os.environ.update(added)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
