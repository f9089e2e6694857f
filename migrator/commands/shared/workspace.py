"""One configured migration: endpoints, the journal, the open run and its lock."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import structlog

from migrator.core.plan.decisions import Decisions
from migrator.core.result.origin import Origin
from migrator.core.result.progress import Progress
from migrator.core.result.standing_fence import StandingFence
from migrator.core.run.facts import TENANTS_DROPPED
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.errors import ConfigurationError, DatabaseError
from migrator.postgres.databases.databases import ensure_control, exists
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.plan.pooler import require_sessions
from migrator.postgres.session.connect import (
    READ_ONLY,
    Connection,
    Endpoint,
    journal_connect,
    session,
    system_identifier,
)
from migrator.postgres.session.search_path import read_search_path
from migrator.settings import Settings, TargetServer
from migrator.version import __version__

if TYPE_CHECKING:
    # Imported when they are needed: SQLAlchemy is half of what `status` would load where nothing has run yet.
    from migrator.journal import Journal, Run, RunJournal
    from migrator.postgres.backup.cipher import Cipher

_NO_SUCH_DATABASE = "3D000"


def _to_journal(control: Endpoint) -> Any:
    """A session in the control database, which was there a moment ago.

    Raises:
        DatabaseError: it cannot be reached, or is gone.
    """
    try:
        return journal_connect(control)
    except DatabaseError as error:
        if error.sqlstate != _NO_SUCH_DATABASE:
            raise
        raise DatabaseError(
            f"The control database, {control}, is gone, and with it what is known of the run.",
            "Take the run back by what it left on the servers and in the source: migrator rollback --adopt --validate.",
        ) from error


def journal_exists(server: Endpoint, control_name: str) -> bool:
    """Whether the control database of that name has the journal's tables.

    Raises:
        DatabaseError: the server cannot be reached.
    """
    if not exists(server, control_name):
        return False
    with session(server.at(control_name), purpose="status") as connection:
        row = connection.execute("SELECT pg_catalog.to_regclass('migrator.runs') IS NOT NULL").fetchone()
    return bool(row and row[0])


@dataclass(frozen=True)
class Workspace:
    """One configured migration: where the source is, where targets go, who reports progress."""

    settings: Settings
    source: Endpoint
    progress: Progress
    fence: StandingFence = field(default_factory=StandingFence, compare=False)

    @property
    def lock_wait(self) -> LockWait:
        """How long is waited for locks of the source, as [limits] says."""
        limits = self.settings.limits
        return LockWait(self.source, limits.lock_timeout, limits.fence_patience, self.progress.say)

    @classmethod
    def of(cls, settings: Settings, progress: Progress) -> Workspace:
        """Resolves the settings; connects to nothing yet.

        Raises:
            ConfigurationError: no source is named.
        """
        named = settings.source.url.get_secret_value() or settings.source.database or settings.source.host
        if not named:
            raise ConfigurationError(
                "No source database is named.",
                "Pass --source, or set MIGRATOR_SOURCE_URL or DB_HOST and DB_DATABASE. [source] url in migrator.toml "
                "will do too, save for init, which writes that file.",
            )
        return cls(settings, Endpoint.of(settings.source, setting=settings.described("source.url")), progress)

    def decided_by(self, decisions: Decisions) -> Workspace:
        """The same workspace with what a stored plan decided in the place of what migrator.toml says now.

        It shares the journal, which belongs to the workspace that opened it.
        """
        decided = replace(self, settings=decisions.applied_to(self.settings))
        shared = ("control", "journal", "source_id")
        vars(decided).update({name: value for name, value in vars(self).items() if name in shared})
        return decided

    def server(self, name: str = "default") -> Endpoint:
        """The server of that name, at a maintenance database; by default the source's server.

        Its databases are written under the search_path of the source's sessions, as far as that can be asked.

        Raises:
            ConfigurationError: [servers.NAME] is missing.
        """
        try:
            return replace(self._server(name), search_path=self.search_path)
        except DatabaseError:
            return self._server(name)  # whatever needs the source next says what is wrong with it

    def maintenance(self, name: str = "default") -> Endpoint:
        """The same server without a search_path, which only the source could tell: nothing is connected to.

        Raises:
            ConfigurationError: [servers.NAME] is missing.
        """
        return self._server(name)

    def _server(self, name: str = "default") -> Endpoint:
        if name != "default" and name not in self.settings.servers:
            raise ConfigurationError(f"[servers.{name}] is missing.", "Add it to migrator.toml with its url.")
        configured = self.settings.servers.get(name, TargetServer())
        endpoint = Endpoint.of(configured, default=self.source, setting=self.settings.described(f"servers.{name}.url"))
        # CREATE DATABASE must not run from the source itself: nobody may be connected to a template or a dropped one.
        return endpoint.at("postgres") if endpoint.database == self.source.database else endpoint

    @property
    def prefix(self) -> str:
        return self.settings.source.prefix or self.source.database

    def database_name(self, pattern: str, **fields: str) -> str:
        """A database's name from its configured pattern.

        Raises:
            ConfigurationError: the pattern names a field that does not exist.
        """
        try:
            return pattern.format(prefix=self.prefix, **fields)
        except (KeyError, IndexError, ValueError) as error:
            raise ConfigurationError(
                f"The database pattern {pattern!r} cannot be filled: {error}.",
                "It may hold {prefix}, {slug} and {key}.",
            ) from error

    @cached_property
    def control(self) -> Endpoint:
        """The control database, made where it is missing."""
        return ensure_control(self._server(), self.control_name)

    @property
    def control_name(self) -> str:
        name = self.database_name(self.settings.control.database)
        if len(name.encode()) > MAX_IDENTIFIER_BYTES:
            # The server would cut it, without an error, to what may be the source's own name.
            raise ConfigurationError(
                f"The control database's name takes {len(name.encode())} bytes, and a name holds "
                f"{MAX_IDENTIFIER_BYTES}: {name}.",
                "Choose a shorter prefix ([source] prefix, --prefix, MIGRATOR_PREFIX), or [control] database.",
            )
        return name

    @cached_property
    def journal(self) -> Journal:
        """The journal, its tables in place."""
        from migrator.journal import Journal

        journal = Journal(partial(_to_journal, self.control))
        try:
            journal.prepare()
        except BaseException:
            journal.close()
            raise
        return journal

    def close(self) -> None:
        """Ends the journal's sessions; harmless where none were opened."""
        if "journal" in vars(self):
            self.journal.close()

    def has_journal(self) -> bool:
        """Whether the journal's tables are there already; asking for `journal` would make them."""
        return journal_exists(self._server(), self.control_name)

    def current_run(self) -> Run | None:
        """The source's open run, or None; makes no journal where there is none."""
        return self.journal.current_run(self.source_id) if self.has_journal() else None

    @cached_property
    def source_id(self) -> str:
        """The source's identity: system identifier and database, the same from whichever machine."""
        with self.read_source("identify") as connection:
            return f"{system_identifier(connection)}/{self.source.database}"

    def shares_server_with_source(self) -> bool:
        """Whether targets are made on the server that the source is on, whatever the two are called."""
        for name in self.settings.server_names:
            with session(self.server(name), purpose="identify") as connection:
                if self.source_id.startswith(f"{system_identifier(connection)}/"):
                    return True
        return False

    @cached_property
    def search_path(self) -> str:
        """Under which schemas functions that rows call find others; '' where none needs to."""
        return read_search_path(self.source)

    @property
    def origin(self) -> Origin:
        """What a report of this moment is about."""
        source = self.source
        return Origin(socket.gethostname(), __version__, datetime.now(UTC), source.database, source.server, source.role)

    @property
    def source_rows(self) -> Endpoint:
        """The source, for whoever reads or writes its rows."""
        return replace(self.source, search_path=self.search_path)

    @contextmanager
    def read_source(self, purpose: str) -> Iterator[Connection]:
        """A read-only session on the source."""
        with session(self.source_rows, purpose=purpose, settings=READ_ONLY) as connection:
            yield connection

    @property
    def backups(self) -> Path:
        return self.settings.path(self.settings.paths.backups)

    @property
    def programs(self) -> Path | None:
        """The directory of pg_dump and friends, where one is configured."""
        configured = self.settings.paths.programs
        return self.settings.path(configured) if configured is not None else None

    @property
    def cipher(self) -> Cipher:
        """How dumps are encrypted and decrypted, if they are."""
        from migrator.postgres.backup.cipher import Cipher

        return Cipher(self.settings.backup.encrypt, self.settings.backup.decrypt, self.settings.root)

    def _require_sessions(self) -> None:
        """Refuses where a pooler would take from the run what its sessions hold; asks each server once a process."""
        asked: set[tuple[str, str]] = set()
        for endpoint in (self.source, *(self._server(name) for name in sorted(self.settings.server_names))):
            parameters = endpoint.parameters
            place = (str(parameters.get("host", "")), str(parameters.get("port", "")))
            if place in asked:
                continue
            asked.add(place)
            try:
                require_sessions(endpoint)
            except DatabaseError:
                # A command that needs the source or this server says itself that it cannot be reached.
                continue

    def open_state(self, run: str) -> Literal["open", "migrated"]:
        """Whether an open run's last attempt at migrate ended well, and no tenant was taken back since."""
        journal = self.journal.of(run)
        last = journal.last("migrate")
        whole = last is not None and last.status == "done" and not journal.recorded(TENANTS_DROPPED)
        return "migrated" if whole else "open"

    @contextmanager
    def stage(self, name: str, run: Run | None = None) -> Iterator[tuple[RunContext, dict[str, Any]]]:
        """One attempt at a stage, under the source's lock: yields the open run and the summary to fill for the journal.

        `run` is one that is closed, where the stage is about that one.

        Raises:
            RefusedError: another migrator holds the lock.
        """
        with self._stage(name, run, self.source_id) as attempt:
            yield attempt

    @contextmanager
    def stage_beside(self, name: str) -> Iterator[tuple[RunContext, dict[str, Any]]]:
        """The same under a lock of its own: a stage that goes on beside whoever follows the source.

        Raises:
            RefusedError: another migrator is at this very stage.
        """
        with self._stage(name, None, f"{self.source_id} {name}") as attempt:
            yield attempt

    @contextmanager
    def _stage(self, name: str, run: Run | None, lock: str) -> Iterator[tuple[RunContext, dict[str, Any]]]:
        self._require_sessions()
        with self.journal.locks.hold(lock):
            run = run or self.journal.open_run(self.source_id, str(self.source))
            context = RunContext(self, run)
            structlog.contextvars.bind_contextvars(run_id=run.id, stage=name)
            try:
                if (since := context.journal.fenced_since()) is not None:
                    self.fence.raised(run.id, since, self.open_state(run.id) if run.closed_at is None else "finished")
                with context.journal.stage(name) as summary:
                    yield context, summary
            finally:
                structlog.contextvars.unbind_contextvars("stage")


@dataclass(frozen=True)
class RunContext:
    """One run, as a command works on it: its journal, and the workspace by whose settings it is carried out.

    What needs only the journal of the run takes that, and what is about no run takes a workspace.
    """

    workspace: Workspace
    run: Run

    @property
    def id(self) -> str:
        return self.run.id

    @cached_property
    def journal(self) -> RunJournal:
        """What is known of this run, and is to be recorded of it."""
        return self.workspace.journal.of(self.run.id)

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    @property
    def source(self) -> Endpoint:
        return self.workspace.source

    @property
    def progress(self) -> Progress:
        return self.workspace.progress

    def server(self, name: str = "default") -> Endpoint:
        """The server of that name; raises as `Workspace.server` does."""
        return self.workspace.server(name)

    @property
    def spool(self) -> Path:
        """Where the run keeps rows that are read and not loaded yet."""
        return self.settings.path(self.settings.paths.spool) / self.run.id

    def decided_by(self, decisions: Decisions) -> RunContext:
        """The same run by the settings that a stored plan decided, as `Workspace.decided_by` has them."""
        return RunContext(self.workspace.decided_by(decisions), self.run)
