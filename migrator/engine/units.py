"""Units of work, as a worker carries them out and records them. Each is picklable and holds no connection."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

import structlog

from migrator.core.plan.steps import CreateDatabase
from migrator.core.run.moments import copied, held_by
from migrator.core.run.step_id import StepId
from migrator.core.verify.digests import Digest
from migrator.engine.workers import here
from migrator.errors import MigratorError
from migrator.journal import Artefact
from migrator.postgres.copy.relay import CopyResult, CopyUnit, relay
from migrator.postgres.databases.databases import Mark, create_database
from migrator.postgres.databases.post_data import FinishUnit, finish_database
from migrator.postgres.databases.roles import give_database, grant_connect
from migrator.postgres.session.connect import Endpoint, session
from migrator.postgres.session.durability import flush_log


@dataclass(frozen=True)
class CreateUnit:
    """The making of some databases of one server, each from its bare template."""

    run: str
    steps: tuple[CreateDatabase, ...]
    server: Endpoint


def _log_as(step: StepId, target: str, tenant: str = "") -> None:
    """Names the unit in every line that this worker logs, until the next unit."""
    structlog.contextvars.bind_contextvars(step=str(step), target=target, tenant=tenant)


def run_create(unit: CreateUnit) -> None:
    """Makes databases; what this run made before is left as it is."""
    here().throttle(0)
    journal = here().journal
    made = [
        Artefact(kind, name, "intended", step.target, step.tenant)
        for step in unit.steps
        for kind, name in (("database", step.database), *(("role", role) for role in step.own_roles))
    ]
    journal.record_artefacts(made)
    # CREATE DATABASE waits for the disk itself; marks, names and grants share one wait, before the journal has them.
    with session(unit.server, purpose="create", settings={"synchronous_commit": "off"}) as connection:
        for step in unit.steps:
            _log_as(step.step, step.target, step.tenant)
            mark = Mark(unit.run, "target", step.target, step.tenant)
            create_database(connection, step.database, mark, template=step.bare)
            if step.roles is not None:
                give_database(connection, step, unit.run)
            grant_connect(connection, step.database, step.readers)
        flush_log(connection)
    journal.record_artefacts([replace(one, state="created") for one in made])


def run_copy(unit: CopyUnit) -> CopyResult:
    """Copies one unit and records it with the digests of what the source gave."""
    worker = here()
    _log_as(unit.step, unit.target)
    worker.throttle(0)
    started = time.monotonic()
    worker.journal.start_step(unit.step)
    try:
        result = relay(unit, worker.sessions, partial(worker.journal.progress, unit.step), worker.throttle)
    except MigratorError as error:
        worker.journal.fail_step(unit.step, error.message)
        raise
    if result.failures:
        worker.journal.fail_step(unit.step, "; ".join(result.failures.values()))
        return result
    digests = [
        (copied(unit.step), Digest(unit.relation, tenant, rows, total))
        for tenant, (rows, total) in result.digests.items()
    ]
    worker.journal.finish_step(
        unit.step, seconds=time.monotonic() - started, rows=result.rows, bytes_=result.bytes, taken=digests,
        detail={"quarantined": result.quarantined},
    )  # fmt: skip
    return result


def run_finish(unit: FinishUnit) -> None:
    """Finishes one database and records its digests."""
    worker = here()
    _log_as(unit.step, unit.target, unit.tenant)
    worker.throttle(0)
    started = time.monotonic()
    try:
        digests = finish_database(unit, worker.work.targets[unit.target])
    except MigratorError as error:
        worker.journal.fail_step(unit.step, error.message)
        raise
    worker.journal.finish_step(
        unit.step, seconds=time.monotonic() - started, rows=sum(digest.rows for digest in digests),
        taken=[(held_by(unit.target), digest) for digest in digests],
    )  # fmt: skip
