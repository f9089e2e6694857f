"""What `migrator demo` does: a server of its own, the reference monolith, every stage, and what came of it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import migrator
from migrator import config, logs
from migrator.cli.session import Session
from migrator.core.manifest import Inventory
from migrator.core.outcome import Outcome, Section
from migrator.core.settings import Settings
from migrator.errors import ConfigurationError, MigratorError, RefusedError
from migrator.postgres.connect import Endpoint, session
from migrator.postgres.embedded import embedded_bin_dir
from migrator.postgres.inventory import exported_snapshot, take_inventory
from migrator.postgres.server import LocalServer
from migrator.report.cells import count, duration
from migrator.stages.workspace import Workspace

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
class Place:
    """Where a demonstration lives: its server's data, and a project directory that one can work in."""

    directory: Path

    @classmethod
    def of(cls, directory: Path | None) -> Place:
        """The given directory, or the account's own."""
        return cls((directory or _default_directory()).absolute())

    @property
    def data(self) -> Path:
        return self.directory / "server"

    @property
    def project(self) -> Path:
        """migrator.toml, .env, backups and logs; ../../migrations lies as it does beside the example."""
        return self.directory / "examples" / "topsteel"

    def prepare(self) -> None:
        """Makes the directory, with what an earlier demonstration left there removed.

        Raises:
            RefusedError: a demonstration is up there, or the directory holds something else.
        """
        if self.data.is_dir() and LocalServer.attach(self.data) is not None:
            raise RefusedError("A demonstration is still up.", "`migrator demo --stop` ends it.")
        if self.directory.is_dir() and any(self.directory.iterdir()) and not self.project.is_dir():
            raise RefusedError(f"{self.directory} holds something else.", "Give --directory an empty directory.")
        self.remove()
        self.project.mkdir(parents=True)
        # Root's server runs under another account, which must be able to pass.
        self.directory.chmod(0o755 if os.geteuid() == 0 else 0o700)

    @contextmanager
    def left_clean(self, *, keep: bool) -> Iterator[None]:
        """Ends the server and removes everything at the end, unless it is to be kept.

        After an error the project directory stays: its log says what went wrong, and the next demonstration removes it.
        """
        try:
            yield
        except BaseException as error:
            self.stop_server()
            if isinstance(error, KeyboardInterrupt):
                self.remove()
            elif self.data.exists():
                shutil.rmtree(self.data)
            raise
        if not keep:
            self.stop_server()
            self.remove()

    def stop_server(self) -> None:
        """Stops the server that runs here, if one does."""
        server = LocalServer.attach(self.data) if self.data.is_dir() else None
        if server is not None:
            server.stop()

    def remove(self) -> None:
        """Removes everything of the demonstration."""
        logs.close_file()
        if self.directory.exists():
            shutil.rmtree(self.directory)


def demonstrate(
    session_: Session, *, tenants: int, scale: float, keep: bool, version: int, directory: Path | None
) -> Outcome:
    """Runs the whole pipeline on a new monolith; with `keep`, stops before rollback and leaves the server up.

    Raises:
        ConfigurationError: the embedded PostgreSQL is not installed, or tenants and scale do not go together.
        RefusedError: a demonstration is still up.
    """
    began = time.monotonic()
    bin_dir = embedded_bin_dir(version)
    place = Place.of(directory)
    place.prepare()
    with place.left_clean(keep=keep):
        server = LocalServer.start(place.data, bin_dir=bin_dir, settings=_SERVER_SETTINGS)
        outcome = _Demonstration(session_, place, server, keep=keep).run(tenants, scale)
    return replace(outcome, summary={**outcome.summary, "seconds": round(time.monotonic() - began, 1)})


def stop(directory: Path | None) -> Outcome:
    """Ends the server that `demo --keep` left up, and removes its files."""
    place = Place.of(directory)
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

    def __init__(self, session_: Session, place: Place, server: LocalServer, *, keep: bool) -> None:
        self.session = session_
        self.place = place
        self.server = server
        self.keep = keep
        self.taken: list[_Took] = []

    def run(self, tenants: int, scale: float) -> Outcome:
        """Loads the monolith and walks through the stages."""
        say = self.session.progress.say
        with session(Endpoint(self.server.url()), purpose="demo") as connection:
            ((version,),) = connection.execute("SELECT current_setting('server_version')").fetchall()
            connection.execute(f"CREATE DATABASE {DATABASE}")
        say(f"PostgreSQL {version} is up, on a socket of its own")
        with _timed() as seconds:
            counts = _load(self.server.url(DATABASE), tenants, scale)
        say(
            f"{DATABASE} is loaded: {tenants} companies, {len(counts.rows)} tables, {count(counts.total)} rows, "
            f"among them test accounts, orphans and other flaws ({duration(seconds())})"
        )
        settings = self._settings()
        logs.to_file(settings.path(settings.paths.logs))
        workspace = Workspace.of(settings, self.session.progress)
        before = self._inventory(workspace)
        self._split(workspace)
        split = _split_section(workspace, str(self._last("migrate").run_id))
        if self.keep:
            return self._kept(workspace, counts, split)
        self._take_back(workspace)
        return self._finished(counts, split, before.changes(self._inventory(workspace)))

    def _split(self, workspace: Workspace) -> None:
        from migrator.stages.audit import audit
        from migrator.stages.backup import backup
        from migrator.stages.clean import clean
        from migrator.stages.dry_run import dry_run
        from migrator.stages.migrate import migrate
        from migrator.stages.verify import verify

        # The audit has something to find, and says so with exit code 1: that is what the flaws are for.
        self._walk(
            ("backup --verify", lambda: backup(workspace, verify=True), {0}),
            ("audit", lambda: audit(workspace), {0, 1}),
            ("clean", lambda: clean(workspace), {0}),
            ("clean --execute", lambda: clean(workspace, execute=True), {0}),
            ("dry-run", lambda: dry_run(workspace), {0}),
            ("migrate", lambda: migrate(workspace), {0}),
            ("verify", lambda: verify(workspace), {0}),
        )

    def _take_back(self, workspace: Workspace) -> None:
        from migrator.stages.rollback import rollback

        self._walk(
            ("rollback --validate", lambda: rollback(workspace, validate=True), {0}),
            (
                "rollback --restore-quarantine",
                lambda: rollback(workspace, confirm=self._last("migrate").run_id, restore_quarantine=True),
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
            self.session.progress.say(f"{command}: {outcome.headline} ({duration(seconds())})")
            if outcome.exit_code not in expected:
                self.session.show(outcome)
                raise StageFailedError(
                    f"The demonstration ended at {command}: {outcome.headline}",
                    f"Its report is above, its log is {logs.current_file()}.",
                )

    def _last(self, command: str) -> Outcome:
        return next(took.outcome for took in reversed(self.taken) if took.command == command)

    def _settings(self) -> Settings:
        """Makes the project directory: the example's migrator.toml and trees, and an .env that names this server."""
        reference = _reference()
        shutil.copytree(
            reference / "migrations", self.place.directory / "migrations", ignore=shutil.ignore_patterns("__pycache__")
        )
        file = self.place.project / config.DEFAULT_FILE
        shutil.copy(reference / "examples" / "topsteel" / config.DEFAULT_FILE, file)
        environment = self.place.project / ".env"
        environment.write_text(f"MIGRATOR_SOURCE_URL='{self.server.url(DATABASE)}'\n", encoding="utf-8")
        environment.chmod(0o600)
        # DB_* and MIGRATOR_* of the caller's shell are about a migration of theirs.
        return config.load(file, flags=_limits(self.session), environment={})

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

    def _figures(self, counts: Any) -> dict[str, Any]:
        migrated, verified = self._last("migrate").summary, self._last("verify")
        return {
            "loaded rows": counts.total,
            "databases": migrated["databases"],
            "tenants": migrated["tenants"],
            "source rows": migrated["source_rows"],
            "differences": migrated["differences"],
            "verify": verified.headline,
        }

    def _sections(self, split: Section) -> tuple[Section, ...]:
        return (
            split,
            Section(
                "Stages",
                ("migrator", "result", "seconds", "what"),
                tuple(
                    (took.command, took.outcome.status, round(took.seconds, 2), took.outcome.headline)
                    for took in self.taken
                ),
            ),
        )

    def _finished(self, counts: Any, split: Section, changes: Sequence[str]) -> Outcome:
        figures = self._figures(counts)
        identical = not changes
        told = (
            f"{count(figures['source rows'])} rows of {figures['tenants']} companies were split into "
            f"{figures['databases']} databases. {_digests_told(figures['differences'])} "
            + ("After rollback the source is identical to what it was." if identical else "After rollback it is NOT.")
        )
        changed = Section("What rollback left different", ("what",), tuple((one,) for one in changes), tone="bad")
        return Outcome(
            "demo",
            "done" if identical else "failed",
            0 if identical else 1,
            headline=told,
            summary={**figures, "source identical after rollback": identical},
            sections=(*self._sections(split), *(() if identical else (changed,))),
            data={"flaws": counts.flaws, "source_changes": changes},
            next=("migrator demo --keep",),
        )

    def _kept(self, workspace: Workspace, counts: Any, split: Section) -> Outcome:
        figures = self._figures(counts)
        file = self.place.project / config.DEFAULT_FILE
        psql = self.server.bin_dir / "psql"
        return Outcome(
            "demo",
            headline=f"{count(figures['source rows'])} rows of {figures['tenants']} companies are in "
            f"{figures['databases']} databases. {_digests_told(figures['differences'])} The server stays up.",
            summary={**figures, "url": self.server.url(DATABASE), "project": str(self.place.project)},
            sections=self._sections(split),
            data={"flaws": counts.flaws, "url": self.server.url(DATABASE), "config": str(file)},
            next=(
                f"migrator --config {file} status",
                f"migrator --config {file} verify",
                f"{psql} '{self.server.url(workspace.prefix + '_auth')}'",
                f"migrator --config {file} rollback --validate",
                "migrator demo --stop",
            ),
        )


def _digests_told(differences: int) -> str:
    return "All digests agree." if differences == 0 else f"{differences} digests differ."


def _split_section(workspace: Workspace, run: str) -> Section:
    """Each database of the split with what it holds, from the digests that were taken in the targets."""
    rows: Counter[tuple[str, str]] = Counter()
    tables: Counter[tuple[str, str]] = Counter()
    for target in workspace.settings.targets:
        for digest in workspace.journal.digests(run, f"target:{target}"):
            rows[target, digest.tenant] += digest.rows
            tables[target, digest.tenant] += 1
    return Section(
        "What was split",
        ("database", "target", "tenant", "tables", "rows"),
        tuple(
            (made.name, made.target, made.tenant, tables[place], rows[place])
            for made in workspace.journal.artefacts(run, "database")
            if made.state == "created"
            and (place := (made.target or "", made.tenant or "")) in tables
            # Templates are recorded without a tenant, which is not the empty one.
            and made.tenant is not None
        ),
        tone="good",
    )


def _limits(session_: Session) -> dict[tuple[str, ...], Any]:
    return {path: value for path, value in session_.options.flags.items() if path[0] == "limits"}


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    began = time.monotonic()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.monotonic()) - began
    ended.append(time.monotonic())


def _default_directory() -> Path:
    if os.geteuid() == 0:
        # Root's home is closed to the account that its server runs under.
        return Path("/var/cache/migrator/demo")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "migrator" / "demo"


def _reference() -> Path:
    """Where examples/ and migrations/ are: inside an installed package, or beside it in a checkout."""
    package = Path(migrator.__file__).parent
    packaged = package / "_reference"
    return packaged if packaged.is_dir() else package.parent


def _load(url: str, tenants: int, scale: float) -> Any:
    """Loads the reference monolith with the generator of examples/topsteel, which is not part of this package."""
    directory = _reference() / "examples" / "topsteel"
    name = "migrator_reference_topsteel"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            name, directory / "__init__.py", submodule_search_locations=[str(directory)]
        )
        if spec is None or spec.loader is None or not directory.is_dir():
            raise ConfigurationError(f"The reference ERP is missing: {directory}.", "Install migrator again.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    generator = importlib.import_module(f"{name}.generator")
    try:
        return generator.load(url, tenants=tenants, scale=scale)
    except ValueError as error:
        raise ConfigurationError(f"{error}.", "Choose other --tenants and --scale.") from error
