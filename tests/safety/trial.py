"""One trial: a copy of the small monolith, something that happens to it, and what must be true afterwards."""

from __future__ import annotations

import gc
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import psycopg

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Outcome
from migrator.core.verify.digests import Digest
from migrator.errors import MigratorError
from migrator.postgres.clean.quarantine import held
from migrator.postgres.databases.databases import Mark, marks
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.schema.catalog import read_catalog, read_objects, read_sequences
from migrator.postgres.session.connect import Endpoint, session
from migrator.postgres.verify.digest import whole_table
from tests.project import awaited
from tests.safety.case import MONOLITH, SMALL, Apart, Variation, inline, workspace
from tests.safety.faults import Crash, Faults, Point, injected
from tests.servers import create_database, drop_databases
from tests.stages import backup, clean, dry_run, finish, migrate, rollback, rollback_tenant, status

# A restart comes before the point takes effect, a late one when it has.
Kind = Literal["crash", "terminate", "timeout", "lost", "interrupt", "restart", "late restart"]
Stage = Callable[[Workspace], Outcome]


@dataclass(frozen=True)
class Holding:
    """What a database holds: rows, definitions, sequences."""

    digests: Mapping[str, Digest]
    objects: Mapping[tuple[str, str], str]
    sequences: Mapping[str, int | None]


def holding(url: str) -> Holding:
    """What the database holds now."""
    with session(Endpoint(url), purpose="test") as connection:
        catalog = read_catalog(connection)
        return Holding(
            {one.relation: one for one in (whole_table(connection, table) for table in catalog.tables.values())},
            dict(read_objects(connection)),
            {str(one.relation): one.last_value for one in read_sequences(connection)},
        )


@dataclass(frozen=True)
class Met:
    """What came of a stage that something may have happened to: at `point`, None where nothing did."""

    faults: Faults
    result: BaseException | Outcome
    point: Point | None


class Trial:
    """A source of its own on a server; everything bears its prefix and is removed at the end."""

    def __init__(
        self,
        url_of: Callable[[str], str],
        template: str,
        directory: Path,
        variation: Variation = SMALL,
        restart: Callable[[], None] | None = None,
        targets_at: Callable[[str], str] | None = None,
    ) -> None:
        self.url_of = url_of
        self.targets_at = targets_at or url_of
        self.variation = variation
        self.restart = restart
        self.journal_at = self.targets_at  # or the source's server: set before anything runs
        self.through = url_of  # how migrator reaches the server, where that is another way than the test's
        self.prefix = f"s{uuid.uuid4().hex[:8]}"
        self.source = f"{self.prefix}_mono"
        self.directory = directory
        create_database(url_of("postgres"), self.source, template)
        if variation.monolith:
            with _application(url_of(self.source)) as connection:
                connection.execute(variation.monolith.encode())
        self.source_before = holding(url_of(self.source))
        self._workspaces: list[Workspace] = []

    def workspace(self) -> Workspace:
        """A new process, as it were: nothing is known but what stands in databases and files."""
        apart = Apart(self.targets_at("postgres"), journal_stays=self.journal_at is not self.targets_at)
        targets = apart if self.targets_at is not self.url_of else None
        made = workspace(self.through(self.source), self.prefix, self.directory, self.variation, targets)
        self._workspaces.append(made)
        return made

    def run(self, stage: Stage) -> Outcome:
        """Carries a stage out undisturbed."""
        here = self.workspace()
        with inline():
            outcome = stage(here)
        self.forget(here)
        return outcome

    def disturbed(self, stage: Stage, kind: Kind, where: str | int) -> tuple[Faults, BaseException | Outcome]:
        """Carries a stage out until something happens; returns what came of it.

        `where` is the name of a point, whose first time it is, or the point's number. A number may be beyond the end;
        a name has to be met.
        """
        met = self.meet(stage, lambda point: kind if where in (point.name, point.number) else None)
        names = met.faults.names
        assert met.point or isinstance(where, int), f"the point {where!r} was not reached; points: {names}"
        return met.faults, met.result

    def meet(self, stage: Stage, choose: Callable[[Point], Kind | None]) -> Met:
        """Carries a stage out; at the first point that `choose` names something for, it happens."""
        faults = Faults()
        happened: list[Point] = []

        def action(point: Point) -> Callable[[], None] | None:
            if happened or (kind := choose(point)) is None:
                return None
            if kind in ("terminate", "timeout", "lost") and point.connection is None:
                return None
            happened.append(point)
            return self._happen(faults, kind, point)

        faults.action = action
        here = self.workspace()
        result: BaseException | Outcome
        with injected(faults), inline():
            try:
                result = stage(here)
            except (Crash, KeyboardInterrupt, MigratorError) as error:
                result = error
        self.forget(here)
        self.end_sessions(faults)  # a command is a process, and this one has ended
        if isinstance(result, Crash):
            # A dead process closes nothing; what it had open goes with the frames that the exception holds.
            result = Crash()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()
        return Met(faults, result, happened[0] if happened else None)

    def _happen(self, faults: Faults, kind: Kind, point: Point) -> Callable[[], None] | None:
        match kind:
            case "crash":
                faults.die()
            case "interrupt":
                raise KeyboardInterrupt
            case "terminate":
                self._terminate(point)
            case "timeout":
                self._time_out(point)
            case "lost":
                return lambda: self._lose(point)
            case "restart":
                assert self.restart is not None
                self.restart()
            case "late restart":
                return self.restart
        return None

    def _time_out(self, point: Point) -> None:
        assert point.connection is not None
        # Underneath the connection, whose lock is held where the point is a COMMIT.
        result = point.connection.pgconn.exec_(b"SET statement_timeout = 1; SELECT pg_sleep(1)")
        if point.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            point.connection.pgconn.exec_(b"RESET statement_timeout")
        raise psycopg.errors.error_from_result(result)

    def _terminate(self, point: Point) -> None:
        assert point.connection is not None
        self._end([point.connection.info.backend_pid])

    def _end(self, sessions: list[int]) -> None:
        # Servers of one machine do not share the numbers of their processes.
        for url_of in {self.url_of, self.targets_at} if sessions else ():
            with psycopg.connect(url_of("postgres"), autocommit=True) as admin:
                _end_on(admin, sessions)

    def _lose(self, point: Point) -> None:
        assert point.connection is not None
        self._terminate(point)
        point.connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    def end_sessions(self, faults: Faults) -> None:
        """What the operating system does for a dead process: its sessions end."""
        self._end([one.info.backend_pid for one in faults.connections.values() if not one.closed])
        for connection in faults.connections.values():
            connection.close()

    def forget(self, here: Workspace) -> None:
        """Ends a workspace's sessions."""
        if "journal" in vars(here):
            here.journal.close()

    def databases(self) -> dict[str, str]:
        """The databases that bear the prefix, less source and control: name without prefix -> role or 'unmarked'."""
        control = f"{self.prefix}_migrator"
        found: dict[str, Mark | None] = {}
        for url_of in {self.url_of, self.targets_at}:
            with session(Endpoint(url_of("postgres")), purpose="test") as connection:
                found.update(marks(connection))
        runs: set[str] = set()
        if control in found:
            with psycopg.connect(self.journal_at(control)) as journal:
                if journal.execute("SELECT to_regclass('migrator.runs')").fetchone() != (None,):
                    runs = {row[0] for row in journal.execute("SELECT id FROM migrator.runs")}
        return {
            name.removeprefix(f"{self.prefix}_"): mark.role if mark else "unmarked"
            for name, mark in found.items()
            if (name.startswith(self.prefix) and name not in (self.source, control))
            or (mark is not None and mark.run in runs)
        }

    def targets(self) -> dict[str, Holding]:
        """What every target database holds."""
        return {
            name: holding(self.targets_at(f"{self.prefix}_{name}"))
            for name, role in self.databases().items()
            if role in ("target", "finished")
        }

    def quarantined(self) -> dict[tuple[str, str], int]:
        """How many rows each rule of clean has taken from which table."""
        with session(Endpoint(self.url_of(self.source)), purpose="test") as connection:
            return {(one.rule, str(one.relation)): one.rows for one in held(connection)}

    def fenced(self) -> bool:
        with session(Endpoint(self.url_of(self.source)), purpose="test") as connection:
            return read_fence(connection) is not None

    def is_back(self) -> list[str]:
        """What is not as it was before anything ran."""
        now, before = holding(self.url_of(self.source)), self.source_before
        wrong = [name for name in ("digests", "objects", "sequences") if getattr(now, name) != getattr(before, name)]
        wrong += [f"database {name} ({role})" for name, role in self.databases().items()]
        return wrong + (["the fence stands"] if self.fenced() else [])

    def status(self) -> Outcome:
        here = self.workspace()
        outcome = status(here)
        self.forget(here)
        return outcome

    def close(self) -> None:
        for one in self._workspaces:
            self.forget(one)
        for url_of in {self.url_of, self.targets_at}:
            drop_databases(url_of("postgres"), self.prefix)
        shutil.rmtree(self.directory, ignore_errors=True)


def _application(url: str) -> psycopg.Connection[Any]:
    """A session of whoever wants to keep what it commits: it waits for the log, whatever the server's default is."""
    return psycopg.connect(url, options="-c synchronous_commit=on")


def _end_on(admin: psycopg.Connection[Any], sessions: list[int]) -> None:
    def alive() -> list[Any]:
        return admin.execute("SELECT FROM pg_stat_activity WHERE pid = ANY (%s)", [sessions]).fetchall()

    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY (%s)", [sessions])
    # The function's own waiting looks every tenth of a second, for one session after another.
    awaited(lambda: not alive())


@contextmanager
def trial(
    url_of: Callable[[str], str],
    template: str,
    variation: Variation = SMALL,
    restart: Callable[[], None] | None = None,
    targets_at: Callable[[str], str] | None = None,
) -> Iterator[Trial]:
    """A trial in a directory of its own."""
    made = Trial(url_of, template, Path(tempfile.mkdtemp(prefix="migrator-trial-")), variation, restart, targets_at)
    try:
        yield made
    finally:
        made.close()


def load_monolith(url_of: Callable[[str], str], name: str) -> None:
    """Makes the database that trials are copied from."""
    create_database(url_of("postgres"), name)
    with _application(url_of(name)) as connection:
        connection.execute(MONOLITH)


@contextmanager
def _untried(*_: Any) -> Iterator[tuple[()]]:
    yield ()


def plan(workspace: Workspace) -> Outcome:
    """dry-run without its scratch databases: hundreds of trials need a plan; tests/postgres/plan try the schemas."""
    with mock.patch("migrator.commands.dry_run.command.tried_schemas", _untried):
        return dry_run(workspace)


def split(workspace: Workspace) -> Outcome:
    return migrate(workspace, without_backup=True)


def take_back(workspace: Workspace) -> Outcome:
    """Rolls whatever run is open back."""
    run = workspace.journal.current_run(workspace.source_id)
    return rollback(workspace, confirm=run.id if run is not None else None)


def back_up(workspace: Workspace) -> Outcome:
    return backup(workspace, verify=True)


def clean_up(workspace: Workspace) -> Outcome:
    return clean(workspace, execute=True)


def put_back(workspace: Workspace) -> Outcome:
    return clean(workspace, restore=True)


# What an application does to the targets: something of each kind, in tables that hang on each other.
SCRIBBLE = """
INSERT INTO customers (company_id, name) VALUES ((SELECT min(company_id) FROM customers), 'new');
INSERT INTO orders (id, customer_id, total) SELECT 1000 + company_id, id, 5 FROM customers WHERE name = 'new';
DELETE FROM order_lines WHERE line = 2;
UPDATE notes SET body = body || '!';
"""


def scribble(workspace: Workspace) -> Outcome:
    """Applications write to the targets."""
    for slug, sequence in (("acme", 100), ("bolt", 200)):
        with _application(workspace.server().at(f"{workspace.prefix}_{slug}").conninfo) as connection:
            connection.execute("SELECT setval('customers_id_seq', %s)", [sequence])
            connection.execute(SCRIBBLE)
    return Outcome("scribble")


def carry_back(workspace: Workspace) -> Outcome:
    run = workspace.journal.current_run(workspace.source_id)
    return rollback(workspace, confirm=run.id if run is not None else None, replay=True)


def take_tenant_back(workspace: Workspace) -> Outcome:
    run = workspace.journal.current_run(workspace.source_id)
    return rollback_tenant(workspace, "acme", confirm=run.id if run is not None else None)


def lose_journal(workspace: Workspace) -> Outcome:
    """Somebody drops the control database; a command since has made another one."""
    drop_databases(workspace.server().conninfo, workspace.control_name)
    workspace.journal.all_runs(workspace.source_id)
    return Outcome("lose")


def adopt_back(workspace: Workspace) -> Outcome:
    """Takes the run back that the fence tells of, or that an attempt before has found."""
    with workspace.read_source("test") as connection:
        fence = read_fence(connection)
    run = fence.run if fence is not None else None
    if run is None and (found := workspace.journal.current_run(workspace.source_id)) is not None:
        run = found.id
    return rollback(workspace, confirm=run, lost_journal=True)


def keep_backup(workspace: Workspace) -> Outcome:
    return backup(workspace)


def damage(workspace: Workspace) -> Outcome:
    """A superuser makes his way through the fence."""
    with _application(workspace.source.conninfo) as connection:
        connection.execute("DROP TRIGGER migrator_fence ON order_lines")
        connection.execute("DELETE FROM order_lines WHERE order_id < 10")
    return Outcome("damage")


def restore_back(workspace: Workspace) -> Outcome:
    run = workspace.journal.current_run(workspace.source_id)
    return rollback(workspace, confirm=run.id if run is not None else None, restore_backup=True)


def end_well(workspace: Workspace) -> Outcome:
    """Finishes the newest run, which a finish that died may have closed already."""
    return finish(
        workspace, confirm=workspace.journal.all_runs(workspace.source_id)[0].id, source="unfence", drop_templates=True
    )


# Each stage with what has to have run before it.
STAGES: Mapping[str, tuple[tuple[Stage, ...], Stage]] = {
    "backup": ((), back_up),
    "clean": ((), clean_up),
    "migrate": ((plan,), split),
    "rollback": ((plan, split), take_back),
    "replay": ((plan, split, scribble), carry_back),
    "put back": ((clean_up,), put_back),
    "tenant": ((plan, split), take_tenant_back),
    "adopt": ((plan, split, lose_journal), adopt_back),
    "finish": ((plan, split), end_well),
    "restore": ((keep_backup, plan, split, damage), restore_back),
}
