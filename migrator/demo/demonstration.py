"""Runs every stage on the reference monolith on a server of its own, and reports the result."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import migrator
from migrator import Cell, Inventory, LocalServer, MigratorError, Outcome, Progress, Section, logs
from migrator.demo.playground import PROJECT_FILE, Afterwards, Loaded, Playground, load_reference
from migrator.postgres.programs.embedded import embedded_bin_dir
from migrator.postgres.session.connect import Endpoint
from migrator.postgres.session.connect import session as open_session
from migrator.report.cells import count, duration

if TYPE_CHECKING:
    from migrator import Result

DATABASE = "erp_topsteel"

# The server is thrown away at the end, so it may trust the operating system with its writes.
_SERVER_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
}


_Result = TypeVar("_Result", bound="Result")


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
    viewer: Viewer, *, tenants: int, scale: float, afterwards: Afterwards, version: int, directory: Path | None
) -> Outcome:
    """Runs the whole pipeline on a new monolith; one that is to be kept ends before rollback, and its server stays up.

    Raises:
        ConfigurationError: the embedded PostgreSQL is not installed, or tenants and scale do not go together.
        RefusedError: a demonstration is still up.
        StageFailedError: a stage did not end as it has to.
    """
    began = time.monotonic()
    bin_dir = embedded_bin_dir(version)
    place = Playground.of(directory)
    with place.occupied(afterwards):
        with _shown(viewer, f"starting PostgreSQL {version}"):
            server = LocalServer.start(place.data, bin_dir=bin_dir, settings=_SERVER_SETTINGS)
        outcome = _Demonstration(viewer, place, server, afterwards).run(tenants, scale)
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

    def __init__(self, viewer: Viewer, place: Playground, server: LocalServer, afterwards: Afterwards) -> None:
        self.viewer = viewer
        self.place = place
        self.server = server
        self.afterwards = afterwards
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
        with migrator.Migration(settings, progress=self.viewer.progress) as migration:
            return self._walked(migration, counts)

    def _walked(self, migration: migrator.Migration, counts: Loaded) -> Outcome:
        before = migration.inventory()
        migrated = self._split(migration)
        split = _Split.of(migrated, tuple(migration.settings.targets))
        if self.afterwards == "kept":
            return self._kept(counts, split)
        self._take_back(migration, migrated.run_id)
        return self._finished(counts, split, before.changes(migration.inventory()), before)

    def _split(self, migration: migrator.Migration) -> migrator.Migrated:
        self._walk("backup --verify", lambda: migration.backup(verify=True))
        # The audit has something to find, and says so with exit code 1: that is what the flaws are for.
        self._walk("audit", migration.audit, may_find=True)
        self._walk("clean", migration.clean)
        self._walk("clean --execute", lambda: migration.clean(execute=True))
        self._walk("dry-run", migration.dry_run)
        migrated = self._walk("migrate", migration.migrate)
        self._walk("verify", migration.verify)
        return migrated

    def _take_back(self, migration: migrator.Migration, run: str) -> None:
        self._walk("rollback --validate", migration.validate_rollback)
        self._walk("rollback --restore-quarantine", lambda: migration.rollback(confirm=run, restore="quarantine"))

    def _walk(self, command: str, stage: Callable[[], _Result], *, may_find: bool = False) -> _Result:
        """Carries a stage out and tells how it went; `may_find`: findings do not end the demonstration.

        Raises:
            StageFailedError: it did not end as it has to.
        """
        with _timed() as seconds:
            result = stage()
        outcome = migrator.present(result)
        self.taken.append(_Took(command, outcome, seconds()))
        self.viewer.progress.say(f"{command}: {outcome.headline} ({duration(seconds())})")
        if outcome.exit_code and not (may_find and outcome.exit_code == 1):
            self.viewer.show(outcome)
            raise StageFailedError(
                f"The demonstration ended at {command}: {outcome.headline}",
                f"Its report is above, its log is {logs.current_file()}.",
            )
        return result

    def _settings(self) -> migrator.Settings:
        file = self.place.make_project(self.server.url(DATABASE))
        # DB_* and MIGRATOR_* of the caller's shell are about a migration of theirs.
        return migrator.load_settings(file, flags=self.viewer.limits, environment={})

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
        url, file, program = self.server.url(DATABASE), self.place.project / PROJECT_FILE, _program()
        largest = max(split.databases, key=lambda database: database.rows).name
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
        databases = tuple((one.name, one.target, one.tenant, one.tables, one.rows) for one in split.databases)
        what = Section("What was split", ("database", "target", "tenant", "tables", "rows"), databases)
        return stages, what


@dataclass(frozen=True)
class _Split:
    """What migrate made, and what was compared."""

    databases: tuple[migrator.MadeDatabase, ...]
    source_rows: int
    split_rows: int

    @classmethod
    def of(cls, migrated: migrator.Migrated, targets: tuple[str, ...]) -> _Split:
        """The databases in the order of migrator.toml."""
        assert migrated.proof is not None  # this run made all of it
        made = [one for one in migrated.databases if one.tables]
        made.sort(key=lambda database: (targets.index(database.target), database.name))
        return cls(tuple(made), migrated.proof.source_rows, migrated.proof.arrived_rows)

    @property
    def tenants(self) -> int:
        return len({one.tenant for one in self.databases if one.tenant})

    @property
    def digests(self) -> int:
        """How many digests were taken in the databases: one of each table in each."""
        return sum(one.tables for one in self.databases)

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
