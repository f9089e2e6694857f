"""migrator itself, as it is typed: dry-run, then migrate (timed), then verify."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from psycopg import sql

from benchmarks.case import Case, Measured
from benchmarks.testbed import HERE, MONOLITH, BenchmarkError, Ran, Testbed, tables
from migrator.commands.shared.survey import plan_of, survey
from migrator.commands.shared.transfers import resolve
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import CreateDatabase
from migrator.core.plan.transfer import Transfer
from migrator.core.result.progress import Silent
from migrator.journal import StageRecord, StepRecord
from migrator.postgres.fence.fence import lift_fence
from migrator.postgres.placement.select_rows import select_rows
from migrator.postgres.session.connect import READ_ONLY, Endpoint, session
from migrator.postgres.session.connection_pool import READING
from migrator.postgres.verify.digest import target_digests
from migrator.settings.load import DEFAULT_FILE, load_settings

PREFIX = "split"

_TOML = """\
[source]
url = "{url}"
prefix = "{prefix}"

[tenants]
root = "tenants"
slug = "code"
name = "name"

[targets.directory]
database = "{{prefix}}_directory"
migrations = "{trees}/directory"

[targets.tenant]
database = "{{prefix}}_{{slug}}"
per_tenant = true
migrations = "{trees}/{tree}"

[tables]
tenants = {{ target = "directory" }}
{tables}

[limits]
jobs = {jobs}

[paths]
programs = "{programs}"
"""


def measure(bed: Testbed, case: Case) -> Measured:
    """Splits the monolith and takes everything away again.

    Raises:
        BenchmarkError: a stage failed, or found a difference.
    """
    with bed.scratch() as project:
        file = write_project(bed, case, project)
        try:
            _migrator(bed, file, "dry-run")
            with bed.watched() as used:
                migrated = _migrator(bed, file, "migrate", "--yes", "--without-backup")
            verified = _migrator(bed, file, "verify")
            workspace = Workspace.of(load_settings(file, environment={}), Silent())
            stage, steps = _recorded(workspace)
            try:
                figures = {"verify s": verified.seconds, **_digests(workspace, case), **_busy(steps)}
            finally:
                workspace.journal.close()
            return Measured(phases(migrated, stage, steps), used.peaks, figures, used.processor)
        finally:
            _take_away(bed)


def write_project(bed: Testbed, case: Case, directory: Path) -> Path:
    """Writes migrator.toml for this case; returns where it is."""
    entries = [f'{table} = {{ target = "tenant", key = "tenant_id" }}' for table in tables(case) if table != "lines"]
    if case.shape == "orders":
        path = '["order_id -> orders.id", "orders.tenant_id"]'
        entries.append(f'lines = {{ target = "tenant", key_path = {path} }}')
    file = directory / DEFAULT_FILE
    file.write_text(
        _TOML.format(
            url=bed.server.url(MONOLITH),
            prefix=PREFIX,
            trees=HERE / "trees",
            tree="tenant" if case.shape == "orders" else "ledger",
            tables="\n".join(entries),
            jobs=case.jobs,
            programs=bed.server.bin_dir,
        ),
        encoding="utf-8",
    )
    return file


def _migrator(bed: Testbed, file: Path, *arguments: str) -> Ran:
    # Text tells what blocks; only a stage that ends well (exit code 0) is measured.
    return bed.run([sys.executable, "-m", "migrator", "--config", str(file), *arguments])


def _take_away(bed: Testbed) -> None:
    """Leaves the monolith as it was: a rollback would dump every database first, which is nobody's to wait for here."""
    source = Endpoint(bed.server.url(MONOLITH))
    with session(source, purpose="benchmark") as connection:
        lift_fence(connection, source, lock_timeout=2, patience=30, say=lambda _: None)
    bed.drop_prefixed(f"{PREFIX}_")


# -- phases, from the journal -------------------------------------------------------------------------------------


def _recorded(workspace: Workspace) -> tuple[StageRecord, Mapping[str, StepRecord]]:
    run = workspace.journal.current_run(workspace.source_id)
    stage = workspace.journal.last(run.id, "migrate") if run else None
    if run is None or stage is None:
        raise BenchmarkError("the journal knows of no migrate")
    return stage, workspace.journal.step_records(run.id)


def phases(ran: Ran, stage: StageRecord, steps: Mapping[str, StepRecord]) -> dict[str, float]:
    """The whole wall time cut into phases that follow each other.

    Copying and finishing overlap: "finish" is what is left of it when the last copy is done. `_busy` has the sums of
    what the workers did.
    """
    prepared = _end(steps, "prepare:")
    copying = min((_start(one) for one in _of(steps, "copy:")), default=prepared)
    copied = max(copying, _end(steps, "copy:"))
    finished = max(copied, _end(steps, "finish:"))
    began = stage.started_at.timestamp()
    return {
        "start": began - ran.began,
        "templates": prepared - began,
        "fence, snapshot, databases": copying - prepared,
        "copy (finishing meanwhile)": copied - copying,
        "finish": finished - copied,
        "prove": ran.began + ran.seconds - finished,
    }


def _busy(steps: Mapping[str, StepRecord]) -> dict[str, float]:
    return {
        "copy busy s": sum(one.seconds or 0 for one in _of(steps, "copy:")),
        "finish busy s": sum(one.seconds or 0 for one in _of(steps, "finish:")),
        "rows": sum(one.rows for one in _of(steps, "copy:")),
        "bytes": sum(one.bytes for one in _of(steps, "copy:")),
    }


def _of(steps: Mapping[str, StepRecord], kind: str) -> list[StepRecord]:
    return [record for name, record in steps.items() if name.startswith(kind)]


def _start(record: StepRecord) -> float:
    return record.started_at.timestamp()


def _end(steps: Mapping[str, StepRecord], kind: str) -> float:
    return max((_start(one) + (one.seconds or 0) for one in _of(steps, kind)), default=0.0)


# -- what the digests cost, alone ---------------------------------------------------------------------------------


def _digests(workspace: Workspace, case: Case) -> dict[str, float]:
    """Seconds of `jobs` workers for the digests of both sides.

    The source's are a column of the copies' queries: what that column costs is the time with it less the time without.
    """
    found = survey(workspace)
    plan = plan_of(workspace, found)
    transfers = {name: target.transfers for name, target in resolve(workspace, plan, found).items()}
    every = [one for items in transfers.values() for one in items]
    selects = [(select_rows(one, found.catalog), len(one.copied)) for one in every]
    hashed = _seconds_to_read(workspace, (select for select, _ in selects))
    plain = _seconds_to_read(workspace, (_without_hash(select, columns) for select, columns in selects))
    steps: list[CreateDatabase] = list(plan.of(CreateDatabase))
    started = time.monotonic()
    with ThreadPoolExecutor(case.jobs) as pool:
        list(pool.map(lambda step: _digest(workspace, step, transfers[step.target]), steps))
    target = time.monotonic() - started
    source = max(0.0, hashed - plain) / case.jobs
    return {"digests source s": source, "digests targets s": target, "digests s": source + target}


def _without_hash(select: sql.Composed, columns: int) -> sql.Composed:
    """The same query less its second column; the planner does not compute what nothing asks for."""
    names = [sql.Identifier(f"c{number}") for number in range(columns)]
    wanted = sql.SQL(", ").join([sql.Identifier("key"), *names])
    all_names = sql.SQL(", ").join([sql.Identifier("key"), sql.Identifier("hash"), *names])
    return sql.SQL("SELECT {} FROM ({}) s ({})").format(wanted, select, all_names)


def _seconds_to_read(workspace: Workspace, selects: Iterable[sql.Composed]) -> float:
    with session(workspace.source, purpose="benchmark", settings={**READ_ONLY, **READING}) as connection:
        started = time.monotonic()
        for select in selects:
            connection.execute(sql.SQL("COPY ({}) TO '/dev/null'").format(select))
        return time.monotonic() - started


def _digest(workspace: Workspace, step: Any, transfers: tuple[Transfer, ...]) -> None:
    endpoint = workspace.server(step.server).at(step.database)
    with session(endpoint, purpose="benchmark", settings=READ_ONLY) as connection:
        target_digests(connection, transfers, step.tenant)
