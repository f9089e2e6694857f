"""Runs every stage on the reference monolith on a server of its own, and reports the result."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrator import logs
from migrator.commands.shared.workspace import Workspace
from migrator.core.backup.manifest import Inventory
from migrator.core.result.outcome import Cell, Outcome, Section
from migrator.core.result.progress import Progress
from migrator.core.run.moments import held_by
from migrator.demo.playground import Loaded, Playground, load_reference
from migrator.errors import MigratorError
from migrator.postgres.programs.embedded import embedded_bin_dir
from migrator.postgres.programs.local_server import LocalServer
from migrator.postgres.session.connect import Endpoint
from migrator.postgres.session.connect import session as open_session
from migrator.postgres.verify.inventory import exported_snapshot, take_inventory
from migrator.report.cells import count, duration
from migrator.settings import Settings
from migrator.settings.load import DEFAULT_FILE, load_settings

DATABASE = "erp_topsteel"

# The server is thrown away at the end, so it may trust the operating system with its writes.
_SERVER_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
}


class StageFailedError(MigratorError):
    """A stage of the demonstration did not end as it has to."""

    exit_code = 4
    status = "failed"


@dataclass(frozen=True)
class Viewer:
    """Who watches a demonstration: where its progress and its failures are shown, and the limits asked for."""

    progress: Progress
    show: Callable[[Outcome], None]
    limits: Mapping[tuple[str, ...], Any]


def demonstrate(
    viewer: Viewer, *, tenants: int, scale: float, keep: bool, version: int, directory: Path | None
) -> Outcome:
    """Runs the whole pipeline on a new monolith; with `keep`, stops before rollback and leaves the server up.

    Raises:
        ConfigurationError: the embedded PostgreSQL is not installed, or tenants and scale do not go together.
        RefusedError: a demonstration is still up.
        StageFailedError: a stage did not end as it has to.
    """
    began = time.monotonic()
    bin_dir = embedded_bin_dir(version)
    place = Playground.of(directory)
    with place.occupied(keep=keep):
        with _shown(viewer, f"starting PostgreSQL {version}"):
            server = LocalServer.start(place.data, bin_dir=bin_dir, settings=_SERVER_SETTINGS)
        outcome = _Demonstration(viewer, place, server, keep=keep).run(tenants, scale)
    return replace(outcome, summary={**outcome.summary, "seconds": round(time.monotonic() - began, 1)})


def stop(directory: Path | None) -> Outcome:
    """Ends the server that `demo --keep` left up, and removes its files."""
    place = Playground.of(directory)
    place.stop_server()
    if not place.project.is_dir():
        return Outcome("demo", "nothing-to-do", headline="No demonstration is up.")
    place.remove()
    return Outcome("demo", headline="The demonstration is ended and its files are removed.")


@dataclass(frozen=True)
class _Took:
    """One stage of the demonstration, as it went."""

    command: str
    outcome: Outcome
    seconds: float


class _Demonstration:
    """One demonstration on a running server."""

    def __init__(self, viewer: Viewer, place: Playground, server: LocalServer, *, keep: bool) -> None:
        self.viewer = viewer
        self.place = place
        self.server = server
        self.keep = keep
        self.taken: list[_Took] = []

    def run(self, tenants: int, scale: float) -> Outcome:
        """Loads the monolith and walks through the stages."""
        say = self.viewer.progress.say
        with open_session(Endpoint(self.server.url()), purpose="demo") as connection:
            ((version,),) = connection.execute("SELECT current_setting('server_version')").fetchall()
            connection.execute("CREATE DATABASE erp_topsteel")
        say(f"PostgreSQL {version} is up, on a socket of its own")
        with _timed() as seconds, _shown(self.viewer, f"loading {DATABASE}"):
            counts = load_reference(self.server.url(DATABASE), tenants, scale)
        say(
            f"{DATABASE} is loaded: {tenants} companies, {len(counts.rows)} tables, {count(counts.total)} rows, "
            f"among them test accounts, orphans and other flaws ({duration(seconds())})"
        )
        settings = self._settings()
        logs.to_file(settings.path(settings.paths.logs))
        with closing(Workspace.of(settings, self.viewer.progress)) as workspace:
            return self._walked(workspace, counts)

    def _walked(self, workspace: Workspace, counts: Loaded) -> Outcome:
        before = self._inventory(workspace)
        self._split(workspace)
        split = _Split.of(workspace, self._last("migrate"))
        if self.keep:
            return self._kept(counts, split)
        self._take_back(workspace)
        return self._finished(counts, split, before.changes(self._inventory(workspace)), before)

    def _split(self, workspace: Workspace) -> None:
        from migrator.commands.audit.command import audit
        from migrator.commands.audit.report import present as present_audit
        from migrator.commands.backup.command import backup
        from migrator.commands.backup.report import present as present_backup
        from migrator.commands.clean.command import clean
        from migrator.commands.clean.report import present as present_clean
        from migrator.commands.dry_run.command import dry_run
        from migrator.commands.dry_run.report import present as present_look
        from migrator.commands.migrate.command import migrate
        from migrator.commands.migrate.report import present as present_split
        from migrator.commands.verify.command import verify
        from migrator.commands.verify.report import present

        # The audit has something to find, and says so with exit code 1: that is what the flaws are for.
        self._walk(
            ("backup --verify", lambda: present_backup(backup(workspace, verify=True)), {0}),
            ("audit", lambda: present_audit(audit(workspace)), {0, 1}),
            ("clean", lambda: present_clean(clean(workspace)), {0}),
            ("clean --execute", lambda: present_clean(clean(workspace, execute=True)), {0}),
            ("dry-run", lambda: present_look(dry_run(workspace)), {0}),
            ("migrate", lambda: present_split(migrate(workspace)), {0}),
            ("verify", lambda: present(verify(workspace)), {0}),
        )

    def _take_back(self, workspace: Workspace) -> None:
        from migrator.commands.rollback.command import rollback
        from migrator.commands.rollback.report import present

        self._walk(
            ("rollback --validate", lambda: present(rollback(workspace, validate=True)), {0}),
            (
                "rollback --restore-quarantine",
                lambda: present(rollback(workspace, confirm=self._last("migrate").run_id, restore_quarantine=True)),
                {0},
            ),
        )

    def _walk(self, *stages: tuple[str, Callable[[], Outcome], set[int]]) -> None:
        """Carries the stages out, telling each.

        Raises:
            StageFailedError: one did not end as it has to.
        """
        for command, stage, expected in stages:
            with _timed() as seconds:
                outcome = stage()
            self.taken.append(_Took(command, outcome, seconds()))
            self.viewer.progress.say(f"{command}: {outcome.headline} ({duration(seconds())})")
            if outcome.exit_code not in expected:
                self.viewer.show(outcome)
                raise StageFailedError(
                    f"The demonstration ended at {command}: {outcome.headline}",
                    f"Its report is above, its log is {logs.current_file()}.",
                )

    def _last(self, command: str) -> Outcome:
        return next(took.outcome for took in reversed(self.taken) if took.command == command)

    def _settings(self) -> Settings:
        file = self.place.make_project(self.server.url(DATABASE))
        # DB_* and MIGRATOR_* of the caller's shell are about a migration of theirs.
        return load_settings(file, flags=self.viewer.limits, environment={})

    def _inventory(self, workspace: Workspace) -> Inventory:
        with exported_snapshot(workspace.source, purpose="demo") as (connection, snapshot):
            return take_inventory(
                workspace.source,
                connection,
                snapshot,
                jobs=workspace.settings.limits.jobs,
                purpose="demo",
                progress=workspace.progress,
            )

    # -- what came of it ------------------------------------------------------------------------------------------

    def _finished(self, counts: Loaded, split: _Split, changes: Sequence[str], before: Inventory) -> Outcome:
        identical = not changes
        returned = (
            f"After rollback the source is identical to what was loaded: {len(before.tables)} tables, "
            f"{len(before.sequences)} sequences, every object."
            if identical
            else f"After rollback the source is not what was loaded: {'; '.join(changes)}."
        )
        return Outcome(
            "demo",
            "done" if identical else "failed",
            0 if identical else 1,
            headline="Split, proven, taken back." if identical else "Split and proven, but not taken back whole.",
            summary={**self._figures(counts, split), "source identical": identical},
            sections=(
                *self._sections(split),
                Section("Result", text="\n".join((*split.in_words, returned)), tone="good" if identical else "bad"),
            ),
            data={"flaws": counts.flaws, "source_changes": changes},
            next=(f"{_program()} demo --keep",),
        )

    def _kept(self, counts: Loaded, split: _Split) -> Outcome:
        url, file, program = self.server.url(DATABASE), self.place.project / DEFAULT_FILE, _program()
        largest = max(split.databases, key=lambda database: database[4])[0]
        directory = f" --directory {self.place.directory}" if self.place.is_chosen else ""
        return Outcome(
            "demo",
            headline="Split and proven; the server stays up.",
            summary={**self._figures(counts, split), "url": url, "project": str(self.place.project)},
            sections=(*self._sections(split), Section("Result", text="\n".join(split.in_words), tone="good")),
            data={"flaws": counts.flaws, "url": url, "config": str(file)},
            next=(
                f"{program} --config {file} status",
                f"{program} --config {file} verify",
                f"{self.server.bin_dir / 'psql'} '{self.server.url(largest)}'",
                f"{program} --config {file} rollback",
                f"{program} demo --stop{directory}",
            ),
        )

    def _figures(self, counts: Loaded, split: _Split) -> dict[str, Cell]:
        return {
            "loaded rows": counts.total,
            "source rows": split.source_rows,
            "databases": len(split.databases),
            "digests compared": split.digests,
        }

    def _sections(self, split: _Split) -> tuple[Section, ...]:
        stages = Section(
            "Stages",
            ("migrator", "result", "seconds", "what"),
            tuple(
                (took.command, took.outcome.status, round(took.seconds, 2), took.outcome.headline)
                for took in self.taken
            ),
        )
        what = Section("What was split", ("database", "target", "tenant", "tables", "rows"), split.databases)
        return stages, what


@dataclass(frozen=True)
class _Split:
    """What migrate made: (database, target, tenant, tables, rows) of each database, and what was compared."""

    databases: tuple[tuple[str, str, str, int, int], ...]
    tenants: int
    source_rows: int
    split_rows: int
    digests: int

    @classmethod
    def of(cls, workspace: Workspace, migrated: Outcome) -> _Split:
        """Read from the journal: the digests that were taken in the targets."""
        run = str(migrated.run_id)
        rows: Counter[tuple[str, str]] = Counter()
        tables: Counter[tuple[str, str]] = Counter()
        for target in workspace.settings.targets:
            for digest in workspace.journal.digests(run, held_by(target)):
                rows[target, digest.tenant] += digest.rows
                tables[target, digest.tenant] += 1
        order = list(workspace.settings.targets)
        made = sorted(
            (
                (one.name, place[0], place[1], tables[place], rows[place])
                for one in workspace.journal.artefacts(run, "database")
                # Templates are recorded without a tenant, which is not the empty one.
                if one.state == "created"
                and one.tenant is not None
                and (place := (one.target or "", one.tenant)) in tables
            ),
            key=lambda database: (order.index(database[1]), database[0]),
        )
        tenants = len({tenant for _, _, tenant, _, _ in made if tenant})
        figures = migrated.summary
        split = int(str(figures["placed_rows"])) + int(str(figures["global_rows"]))
        return cls(tuple(made), tenants, int(str(figures["source_rows"])), split, tables.total())

    @property
    def in_words(self) -> tuple[str, str]:
        # Only where migrate and verify found no difference does a demonstration come this far.
        return (
            f"{count(self.split_rows)} rows of {self.tenants} companies were split into "
            f"{len(self.databases)} databases.",
            f"All {count(self.digests)} digests of tables in them agree with the source's.",
        )


def _program() -> str:
    """How migrator is called from this shell: the newcomer copies these lines, and .venv/bin is not on the PATH."""
    if shutil.which("migrator"):
        return "migrator"
    return sys.argv[0] if Path(sys.argv[0]).name == "migrator" else f"{sys.executable} -m migrator"


@contextmanager
def _shown(viewer: Viewer, task: str) -> Iterator[None]:
    viewer.progress.start(task)
    yield
    viewer.progress.finish(task)


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    began = time.monotonic()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.monotonic()) - began
    ended.append(time.monotonic())
