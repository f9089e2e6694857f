"""What is measured and undone inside of migrator, where the library has no word for it.

The digests of both sides alone, which migrate and verify take among other things; and lifting the fence without a
rollback, which would dump every database first: nobody's to wait for here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from psycopg import sql

from benchmarks.case import Case
from migrator.commands.shared.survey import plan_of, survey
from migrator.commands.shared.transfers import resolve
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import CreateDatabase
from migrator.core.plan.transfer import Transfer
from migrator.core.result.progress import Silent
from migrator.postgres.fence import fence
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.placement.select_rows import select_rows
from migrator.postgres.session.connect import READ_ONLY, Endpoint, session
from migrator.postgres.session.connection_pool import READING
from migrator.postgres.verify.digest import target_digests
from migrator.settings import Settings


def lift_fence(url: str) -> None:
    """Lets the database at that URL take writes again."""
    source = Endpoint(url)
    with session(source, purpose="benchmark") as connection:
        fence.lift_fence(connection, LockWait(source, lock_timeout=2, patience=30, say=lambda _: None))


def seconds_of_digests(settings: Settings, case: Case) -> dict[str, float]:
    """Seconds of `jobs` workers for the digests of both sides.

    The source's are a column of the copies' queries: what that column costs is the time with it less the time without.
    """
    workspace = Workspace.of(settings, Silent())
    surveyed = survey(workspace)
    plan = plan_of(workspace, surveyed)
    transfers = {name: target.transfers for name, target in resolve(workspace, plan, surveyed).items()}
    every = [one for items in transfers.values() for one in items]
    selects = [(select_rows(one, surveyed.catalog), len(one.copied)) for one in every]
    hashed = _seconds_to_read(workspace, (select for select, _ in selects))
    linear = _seconds_to_read(workspace, (_without_last_step(select) for select, _ in selects))
    plain = _seconds_to_read(workspace, (_without_hash(select, columns) for select, columns in selects))
    steps: list[CreateDatabase] = list(plan.of(CreateDatabase))
    started = time.monotonic()
    with ThreadPoolExecutor(case.jobs) as pool:
        list(pool.map(lambda step: _digest(workspace, step, transfers[step.target]), steps))
    target = time.monotonic() - started
    source = max(0.0, hashed - plain) / case.jobs
    return {
        "digests source s": source,
        "digests source linear s": max(0.0, linear - plain) / case.jobs,
        "digests targets s": target,
        "digests s": source + target,
    }


def _without_last_step(select: sql.Composed) -> sql.Composed:
    """The same query with the hashes of earlier versions, which did not see values that rows exchange."""
    text = select.as_string(None)
    for whole, linear in (
        ("pg_catalog.hashtextextended(pg_catalog.hash_record_extended(ROW(", "pg_catalog.hash_record_extended(ROW("),
        ('), 0)::text COLLATE "C", 0)', "), 0)"),
    ):
        assert whole in text or "hash_record_extended" not in text
        text = text.replace(whole, linear)
    return sql.SQL("{}").format(sql.SQL(text))


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
