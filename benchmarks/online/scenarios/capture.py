"""What following costs the monolith: processor time and WAL of a transaction without capture, with it, and armed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import median
from typing import Literal

import psycopg

from benchmarks.online import monolith
from benchmarks.online.compare import compare_monolith
from benchmarks.online.load import Load, LoadOptions, Outcome
from benchmarks.online.project import write_configuration
from benchmarks.online.report import Report
from benchmarks.online.routing import Still
from benchmarks.online.samples import DONE
from benchmarks.online.server_cost import Cost, Reading, cost, read_server
from benchmarks.testbed import MONOLITH, Testbed
from migrator import Settings, load_settings
from migrator.core.online.captured import captured_tables
from migrator.core.placement.place import place
from migrator.postgres.capture.install import install_capture, uninstall_capture
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.gate.arm import arm
from migrator.postgres.gate.forms import gate_forms
from migrator.postgres.gate.older_transactions import wait_for_older_transactions
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Endpoint, session

# armed: captured, and the largest companies are those of a wave that has not been decided.
Variant = Literal["without", "captured", "armed"]
_VARIANTS: tuple[Variant, ...] = ("without", "captured", "armed")
_RUN = "20200101-000000-0000"
_WAVE = ("1", "2")
# After a change writers' statements are planned anew, and a queue at a lock has to go.
_SETTLE_SECONDS = 1.0
_LOCK_SECONDS = 30.0


def measure(
    bed: Testbed, options: LoadOptions, report: Report, *, rounds: int, seconds: float, say: Callable[[str], None]
) -> None:
    """Lets the load run on a monolith whose tables are captured half of the time, and enters what each half cost."""
    url = bed.server.url(MONOLITH)
    bed.drop(MONOLITH)
    bed.create(MONOLITH)
    monolith.create(url, options.companies)
    with bed.scratch() as directory:
        settings = load_settings(write_configuration(directory, bed.server, MONOLITH), environment={})
    stretches: list[tuple[Variant, Reading, Reading]] = []
    logged: list[tuple[int, int]] = []
    # A wave that stays armed refuses to let an order change from a company in it to another: writers of an application
    # try again until the wave is over, which here is none.
    options = replace(options, mix=replace(options.mix, between=False))
    with Load(Still(url), options) as load:
        load.mark("warming up")
        time.sleep(seconds)
        for variant in _turns(rounds):
            with _captured(url, settings, variant, logged):
                time.sleep(_SETTLE_SECONDS)
                before = read_server(bed.server)
                with load.phase(variant, after="between"):
                    time.sleep(seconds)
                stretches.append((variant, before, read_server(bed.server)))
            say(f"  {len(stretches)} of {len(_VARIANTS) * rounds} stretches: {variant}")
    outcome = load.outcome
    report.add_outcome(outcome, compare_monolith(outcome.ledger, url))
    costs: dict[Variant, list[Cost]] = {variant: [] for variant in _VARIANTS}
    for variant, before, after in stretches:
        costs[variant].append(cost(before, after, _acknowledged(outcome, before, after)))
    report.figures |= figures(costs)
    entries, size = (sum(column) for column in zip(*logged, strict=True))
    report.figures["log bytes an entry"] = size / max(entries, 1)


def figures(costs: Mapping[Variant, Sequence[Cost]]) -> dict[str, float]:
    """What a transaction cost in each variant, and the ratios: medians over the rounds, each compared within itself."""
    found: dict[str, float] = {}
    for variant, stretches in costs.items():
        found[f"{variant}: server processor ms a transaction"] = median(one.milliseconds_each for one in stretches)
        found[f"{variant}: WAL bytes a transaction"] = median(one.wal_each for one in stretches)
    for variant, name in (("captured", "capture"), ("armed", "armed")):
        pairs = list(zip(costs["without"], costs[variant], strict=True))
        processor = (other.milliseconds_each / one.milliseconds_each for one, other in pairs)
        found[f"{name}: server processor time a transaction, ratio"] = median(processor)
        found[f"{name}: WAL a transaction, ratio"] = median(other.wal_each / one.wal_each for one, other in pairs)
    return found


def _turns(rounds: int) -> Iterator[Variant]:
    """All, round by round, each round begun by another: none always profits from what went before."""
    for number in range(rounds):
        first = number % len(_VARIANTS)
        yield from _VARIANTS[first:] + _VARIANTS[:first]


@contextmanager
def _captured(url: str, settings: Settings, variant: Variant, logged: list[tuple[int, int]]) -> Iterator[None]:
    """Captures the tables while the block runs, or does not; notes the entries of the log and its bytes."""
    if variant == "without":
        yield
        return
    endpoint = Endpoint(url)
    wait = LockWait(endpoint, 1, _LOCK_SECONDS, lambda text: None)
    with session(endpoint, purpose="benchmark") as connection:
        catalog = read_catalog(connection)
        placements = place(catalog, settings)
        tables = captured_tables(catalog, placements)
        install_capture(connection, tables, wait, run=_RUN, epoch="1")
        if variant == "armed":
            functions = gate_forms(tables, placements, catalog, _RUN).armed
            committed = arm(connection, 1, _WAVE, functions)
            wait_for_older_transactions(connection, committed, patience=_LOCK_SECONDS, say=lambda text: None)
    try:
        yield
    finally:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT count(*), pg_total_relation_size('migrator_follow.log') FROM migrator_follow.log"
            ).fetchone()
            logged.append(row or (0, 0))
        with session(endpoint, purpose="benchmark") as connection:
            uninstall_capture(connection, wait)


def _acknowledged(outcome: Outcome, before: Reading, after: Reading) -> int:
    samples = outcome.samples
    return sum(
        1
        for due, latency, ended in zip(samples.due, samples.latency, samples.outcome, strict=True)
        if ended == DONE and before.moment <= due + latency < after.moment
    )
