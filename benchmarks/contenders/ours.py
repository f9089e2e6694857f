"""migrator itself, as it is typed: dry-run, then migrate (timed), then verify."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import migrator
from benchmarks.case import Case, Measured
from benchmarks.contenders.inside import lift_fence, seconds_of_digests
from benchmarks.testbed import HERE, MONOLITH, BenchmarkError, Ran, Testbed, tables
from migrator import StageRecord, StepRecord

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
            settings = migrator.load_settings(file, environment={})
            stage, steps = _recorded(settings)
            figures = {"verify s": verified.seconds, **seconds_of_digests(settings, case), **_busy(steps)}
            return Measured(phases(migrated, stage, steps), used.peaks, figures, used.processor)
        finally:
            _take_away(bed)


def write_project(bed: Testbed, case: Case, directory: Path) -> Path:
    """Writes migrator.toml for this case; returns where it is."""
    entries = [f'{table} = {{ target = "tenant", key = "tenant_id" }}' for table in tables(case) if table != "lines"]
    if case.shape == "orders":
        path = '["order_id -> orders.id", "orders.tenant_id"]'
        entries.append(f'lines = {{ target = "tenant", key_path = {path} }}')
    file = directory / "migrator.toml"
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
    lift_fence(bed.server.url(MONOLITH))
    bed.drop_prefixed(f"{PREFIX}_")


# -- phases, from the journal -------------------------------------------------------------------------------------


def _recorded(settings: migrator.Settings) -> tuple[StageRecord, Mapping[str, StepRecord]]:
    with migrator.Migration(settings) as migration:
        status = migration.status()
    stages = [one for one in status.stages if one.stage == "migrate"]
    if not stages:
        raise BenchmarkError("the journal knows of no migrate")
    return stages[-1], {one.step: one for one in status.steps}


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
