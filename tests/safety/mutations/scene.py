"""A finished split that is damaged, looked at by one command, and put back as it was."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from migrator.commands.shared.workspace import Workspace
from migrator.core.backup.manifest import DatabaseProperties
from migrator.core.result.outcome import Outcome
from migrator.errors import MigratorError, RefusedError
from migrator.postgres.session.connect import Endpoint, session
from migrator.postgres.verify.inventory import apply_properties, read_properties
from migrator.report.text import to_text
from tests.safety.case import inline
from tests.safety.mutations.monolith import monolith
from tests.safety.trial import Stage, Trial, back_up, load_monolith, plan, trial
from tests.servers import drop_databases, drop_roles
from tests.stages import audit, backup, rollback, status, verify

SOURCE, JOURNAL = "mono", "migrator"
_FILES = "files"  # of the directory that migrator.toml is in, the backup's among them


def _confirmed(workspace: Workspace, *, restore_backup: bool = False, replay: bool = False) -> Outcome:
    run = workspace.journal.current_run(workspace.source_id)
    return rollback(workspace, confirm=run.id if run else None, restore_backup=restore_backup, replay=replay)


def _migrate(workspace: Workspace) -> Outcome:
    # Looked up when it is called: the mutations of code change its module.
    from tests.stages import migrate

    return migrate(workspace)


# The commands by the names that an operator types, with whether they take apart what they are let loose on.
COMMANDS: Mapping[str, Stage] = {
    "verify": verify,
    "status": status,
    "audit": partial(audit, rules=("S22",)),
    "backup": backup,
    "backup --verify": back_up,
    "migrate": _migrate,
    "rollback --validate": partial(rollback, validate=True),
    "rollback": _confirmed,
    "rollback --restore-backup": partial(_confirmed, restore_backup=True),
    "rollback --replay-writes": partial(_confirmed, replay=True),
}
_LOOKS = frozenset({"verify", "status", "audit", "rollback --validate"})


@dataclass(frozen=True)
class Answer:
    """What a command came to: its exit code, and its report or error as lines."""

    exit_code: int
    lines: tuple[str, ...]

    def says(self, words: tuple[str, ...]) -> bool:
        """Whether one of the lines holds all of the words."""
        return any(all(word in line for word in words) for line in self.lines)


@dataclass(frozen=True)
class _Kept:
    """A copy of a database, with what belongs to the database as a whole."""

    copy: str
    properties: DatabaseProperties


class Scene:
    """The split of the monolith, and a copy of each of its databases and files to put it back from."""

    def __init__(self, here: Trial) -> None:
        self.here = here
        for stage in (back_up, plan, _migrate):
            outcome = here.run(stage)
            assert outcome.exit_code == 0, outcome.headline
        ((run_id,),) = self.fetch(JOURNAL, "SELECT id FROM migrator.runs")
        self.run_id = str(run_id)
        names = [SOURCE, JOURNAL, *here.databases()]
        self._kept = {name: self._keep(name, number) for number, name in enumerate(names)}
        self._roles = self._keep_roles()
        self._files = here.directory.with_name(f"{here.directory.name}-kept")
        shutil.copytree(here.directory, self._files)
        self._targets = [name for name, role in here.databases().items() if role == "target"]
        self._touched: set[str] = set()

    # -- damaging -----------------------------------------------------------------------------------------------------

    def database(self, name: str) -> str:
        """The full name of "acme", "shared", "mono", "migrator", …"""
        return f"{self.here.prefix}_{name}"

    def execute(self, name: str, statements: str) -> None:
        """Runs statements in a database as a superuser, past its triggers; {prefix} is that of all names, {run} the run.

        Each stands in a transaction of its own where they are divided by lines of "--".
        """
        self._touched.add(name)
        with psycopg.connect(self.here.url_of(self.database(name)), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in self._statements(statements):
                connection.execute(statement)

    def execute_on_server(self, statements: str, *touched: str) -> None:
        """Runs statements in no database of the split; `touched` are those that they change."""
        self._touched.update(touched)
        with psycopg.connect(self.here.url_of("postgres"), autocommit=True) as connection:
            for statement in self._statements(statements):
                connection.execute(statement)

    def _statements(self, text: str) -> list[bytes]:
        return [statement.encode() for statement in self.spelt(text).split("\n--\n")]

    def spelt(self, text: str) -> str:
        """A text with the prefix of all names in the place of {prefix}, and the run's id in that of {run}."""
        return text.replace("{prefix}", self.here.prefix).replace("{run}", self.run_id)

    def fetch(self, name: str, statement: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with psycopg.connect(self.here.url_of(self.database(name))) as connection:
            return connection.execute(statement.encode()).fetchall()

    def backup_files(self) -> Path:
        """The directory of the run's backup."""
        self._touched.add(_FILES)
        return self.here.directory / "backups" / "pre-migration" / self.run_id

    # -- looking ------------------------------------------------------------------------------------------------------

    def look(self, command: str) -> Answer:
        """Carries a command out as an operator would."""
        here = self.here.workspace()
        try:
            with inline():
                outcome = COMMANDS[command](here)
            answer = Answer(outcome.exit_code, tuple(to_text(outcome).splitlines()))
        except MigratorError as error:
            answer = Answer(error.exit_code, (*error.message.splitlines(), *error.hint.splitlines()))
        finally:
            self.here.forget(here)
        self._touched.update(self._touched_by(command, answer))
        return answer

    def _touched_by(self, command: str, answer: Answer) -> Iterable[str]:
        """What a command may have changed; one that refuses changes nothing but the journal."""
        if command in _LOOKS:
            return ()
        if answer.exit_code == RefusedError.exit_code:
            return (JOURNAL,)
        if command.startswith("backup"):
            return (JOURNAL, _FILES)
        if command == "migrate":
            return (JOURNAL, SOURCE, *self._targets)
        return (*self._kept, _FILES)

    # -- putting back -------------------------------------------------------------------------------------------------

    def _keep(self, name: str, number: int) -> _Kept:
        copy = f"kept_{self.here.prefix}_{number}"
        with session(Endpoint(self.here.url_of(self.database(name))), purpose="test") as connection:
            properties = read_properties(connection)
        with psycopg.connect(self.here.url_of("postgres"), autocommit=True) as server:
            server.execute(_copy_statement(copy, self.database(name)))
        return _Kept(copy, properties)

    def _keep_roles(self) -> list[tuple[str, str, list[str]]]:
        with psycopg.connect(self.here.url_of("postgres")) as server:
            return server.execute(
                "SELECT rolname, shobj_description(r.oid, 'pg_authid'), "
                "ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = r.oid) "
                "FROM pg_roles r WHERE starts_with(rolname, %s) ORDER BY 1",
                [self.here.prefix],
            ).fetchall()

    def put_back(self) -> None:
        """Makes every database and file that was touched what it was."""
        with session(Endpoint(self.here.url_of("postgres")), purpose="test") as server:
            self._put_back_roles(server)
            known = {self.database(name) for name in self._kept}
            there = server.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{self.here.prefix}_"]
            ).fetchall()
            for (name,) in there:
                if name not in known:
                    server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            for name in sorted(self._touched & self._kept.keys()):
                self._put_back_database(server, name)
        if _FILES in self._touched:
            shutil.rmtree(self.here.directory)
            shutil.copytree(self._files, self.here.directory)
        self._touched.clear()

    def _put_back_roles(self, server: psycopg.Connection[tuple[object, ...]]) -> None:
        """Makes those again that a rollback has dropped."""
        there = {name for (name,) in server.execute("SELECT rolname FROM pg_roles").fetchall()}
        for name, comment, groups in self._roles:
            if name not in there:
                role = sql.Identifier(name)
                server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
                server.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, sql.Literal(comment)))
                for group in groups:
                    server.execute(sql.SQL("GRANT {} TO {}").format(sql.SQL(group), role))

    def _put_back_database(self, server: psycopg.Connection[tuple[object, ...]], name: str) -> None:
        kept, database = self._kept[name], self.database(name)
        named = sql.Identifier(database)
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))
        server.execute(_copy_statement(database, kept.copy))
        apply_properties(server, database, kept.properties)
        if kept.properties.comment is not None:
            server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(named, sql.Literal(kept.properties.comment)))

    def close(self) -> None:
        """Removes the copies; the trial removes the rest."""
        drop_databases(self.here.url_of("postgres"), f"kept_{self.here.prefix}")
        shutil.rmtree(self._files, ignore_errors=True)


def _copy_statement(name: str, template: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))


@contextmanager
def split_scene(url_of: Callable[[str], str]) -> Iterator[Scene]:
    """The monolith, backed up and split on a server; everything is removed at the end."""
    server = url_of("postgres")
    template = f"template_{uuid.uuid4().hex[:8]}"
    load_monolith(url_of, template)
    try:
        with trial(url_of, template, monolith(server)) as here:
            made = Scene(here)
            try:
                yield made
            finally:
                made.close()
                drop_databases(server, here.prefix)
                drop_roles(server, here.prefix)
    finally:
        drop_databases(server, template)
