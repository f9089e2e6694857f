"""The relay alone, one job: rows read once and routed to every company, against `psql | psql` of the same rows.

Both run the same query on the source and write into tables without keys; the relay writes into as many databases as
there are companies, psql into one. What is compared is rows for each second of processor time, the server's included;
that of the clients alone is a figure of its own.
"""

from __future__ import annotations

import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from benchmarks.case import Case, Measured
from benchmarks.testbed import MONOLITH, SQL, Testbed
from migrator.core.run.step_id import StepId
from migrator.postgres.copy.relay import CopyUnit, Destination, relay
from migrator.postgres.session.connect import Endpoint, query, session
from migrator.postgres.session.connection_pool import Sessions
from migrator.postgres.session.snapshot import Snapshot

_BARE = "relay_bare"
_PIPED = "piped"

# What the relay reads: tenant key, row hash (left out here: the server computes it, not the relay), the row.
_ROUTED = {
    "customers": "SELECT t.tenant_id::text, 0, t.* FROM public.customers t",
    "orders": "SELECT t.tenant_id::text, 0, t.* FROM public.orders t",
    "lines": "SELECT o.tenant_id::text, 0, t.* FROM public.lines t JOIN public.orders o ON o.id = t.order_id",
}
_PLAIN = {
    "customers": "SELECT t.* FROM public.customers t",
    "orders": "SELECT t.* FROM public.orders t",
    "lines": "SELECT t.* FROM public.lines t JOIN public.orders o ON o.id = t.order_id",
}


@dataclass(frozen=True, slots=True)
class _Took:
    wall: float
    client: float  # seconds of processor time
    processor: float  # the server's as well


def measure(bed: Testbed, case: Case) -> Measured:
    """Relays all rows of all tables, then pipes them."""
    rows = case.customers + case.orders + case.lines
    names = [f"relay_{tenant}" for tenant in range(1, case.tenants + 1)]
    with bed.databases(_BARE, _PIPED):
        for name in (_BARE, _PIPED):
            bed.psql(name, f"--file={SQL / 'tables.sql'}")
        with session(Endpoint(bed.server.url(_BARE)), purpose="benchmark") as connection:
            connection.execute(query("copy/receipts_schema"))
        try:
            for name in names:
                bed.psql("postgres", f"--command=CREATE DATABASE {name} TEMPLATE {_BARE}")
            bed.psql(MONOLITH, "--command=CHECKPOINT")
            destinations = tuple(
                Destination(name.removeprefix("relay_"), Endpoint(bed.server.url(name))) for name in names
            )
            # A process of its own, as a worker is: who watches here would hold the interpreter while rows wait.
            with bed.watched() as used, ProcessPoolExecutor(1, get_context("spawn")) as pool:
                wall, client = pool.submit(_relay, bed.server.url(MONOLITH), destinations).result()
            ours = _Took(wall, client, client + used.server)
        finally:
            bed.drop(*names)
        bed.psql(MONOLITH, "--command=CHECKPOINT")
        theirs = _pipe(bed)
    return Measured(
        {"relay": ours.wall, "psql | psql": theirs.wall},
        figures={
            "relay rows/s": rows / ours.wall,
            "psql rows/s": rows / theirs.wall,
            "relay rows/s and core": rows / ours.processor,
            "psql rows/s and core": rows / theirs.processor,
            "relay rows/s and core, client alone": rows / ours.client,
            "psql rows/s and core, client alone": rows / theirs.client,
        },
    )


def _relay(monolith: str, destinations: tuple[Destination, ...]) -> tuple[float, float]:
    """(Seconds, seconds of this process's processor time) to route every table."""
    source = Endpoint(monolith)
    snapshot = Snapshot(source)
    sessions = Sessions(len(destinations) + 1)
    try:
        started, processor = time.monotonic(), time.process_time()
        for table, select in _ROUTED.items():
            unit = CopyUnit(
                run="benchmark", step=StepId("copy", "tenant", table), receipt=f"copy:{table}",
                relation=f"public.{table}",
                target="tenant", epoch="benchmark", snapshot=snapshot.id, source=source,
                select=select, insert=f"COPY public.{table} FROM STDIN",
                columns="", destinations=destinations,
            )  # fmt: skip
            relay(unit, sessions, lambda *_: None)
        return time.monotonic() - started, time.process_time() - processor
    finally:
        sessions.close()
        snapshot.close()


def _pipe(bed: Testbed) -> _Took:
    psql = f"{bed.program('psql')} --no-psqlrc --quiet --set=ON_ERROR_STOP=1"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = 0.0
    with bed.watched() as used:
        for table, select in _PLAIN.items():
            out = f'{psql} "{bed.server.url(MONOLITH)}" -c "COPY ({select}) TO STDOUT"'
            into = f'{psql} "{bed.server.url(_PIPED)}" -c "COPY {table} FROM STDIN"'
            wall += bed.run(["bash", "-o", "pipefail", "-c", f"{out} | {into}"]).seconds
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Took(wall, client, used.processor)
