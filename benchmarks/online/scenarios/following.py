"""Following under load: how far the databases are behind, what a row costs, how fast a backlog is caught up with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count

from benchmarks.online import monolith
from benchmarks.online.compare import compare_monolith, compare_places
from benchmarks.online.followed import FollowedCompanies, following
from benchmarks.online.lag import LagProbe
from benchmarks.online.load import Load, LoadOptions
from benchmarks.online.project import write_configuration
from benchmarks.online.report import Report
from benchmarks.online.routing import Still
from benchmarks.online.samples import percentile
from benchmarks.testbed import MONOLITH, Testbed
from migrator import load_settings

# Of a wave's own group.
_TICK_SECONDS = 0.15
# Every so many ticks one company's database is compared with the monolith while both go on.
_PROVED_EVERY = 3
# Behind by less than that, it has caught up.
_CAUGHT_UP_SECONDS = 0.5
# A machine that has too much to do never catches up: the figures say so then.
_MOST_TICKS = 20
# The companies of a wave: the largest ones.
_FOLLOWED = 4
# Each is seven rows that nobody writes to.
_RESTING_ORDERS = 100
_HOUR_AT_1000 = 3600 * 1000


def measure(bed: Testbed, options: LoadOptions, report: Report, *, seconds: float, say: Callable[[str], None]) -> None:
    """Lets databases follow under the load, then not for a while, then catch up; enters what was seen."""
    url = bed.server.url(MONOLITH)
    bed.drop(MONOLITH)
    bed.create(MONOLITH)
    monolith.create(url, options.companies, _RESTING_ORDERS * options.companies)
    with bed.scratch() as directory:
        settings = load_settings(write_configuration(directory, bed.server, MONOLITH), environment={})
    names = {company: f"{MONOLITH}_{company}" for company in range(1, min(_FOLLOWED, options.companies) + 1)}
    targets = {company: bed.server.url(name) for company, name in names.items()}
    with bed.databases(*names.values()), Load(Still(url), options) as load:
        load.mark("quiet")
        time.sleep(seconds / 2)
        load.mark("copying")
        with following(url, targets, settings) as followed:
            with LagProbe(followed.map, 1, options.companies) as probe, load.phase("following", after="backlog"):
                report.figures |= _follow(followed, list(names), seconds)
            lags = sorted(probe.samples)
            say(f"  followed: {followed.progress.entries} entries, {followed.progress.rows} rows")
            time.sleep(seconds)
            load.mark("catching up")
            report.figures |= _catch_up(followed, options.rate, seconds)
            load.end()
            followed.tick(proved=names)
        ledger = load.outcome.ledger
        report.add_outcome(load.outcome, (*compare_monolith(ledger, url), *compare_places(ledger, followed.map)))
        report.figures |= {
            "lag of the wave's group p50 (s)": percentile(lags, 0.5),
            "lag of the wave's group p99 (s)": percentile(lags, 0.99),
            "databases compared at one snapshot while written to": followed.progress.proofs,
            "databases whose rows made room for each other": followed.progress.replaced,
        }


def _follow(followed: FollowedCompanies, companies: Sequence[int], seconds: float) -> dict[str, float]:
    """Ticks for so long; returns what a row cost."""
    followed.progress.durations.clear()
    rows, processor, ended = followed.progress.rows, followed.processor(), time.monotonic() + seconds
    for number in count():
        began = time.monotonic()
        if began > ended:
            break
        turn, due = divmod(number, _PROVED_EVERY)
        followed.tick([companies[turn % len(companies)]] if due == 0 else ())
        time.sleep(max(0.0, began + _TICK_SECONDS - time.monotonic()))
    durations = sorted(followed.progress.durations)
    return {
        "ticks": len(durations),
        "tick p50 (s)": percentile(durations, 0.5),
        "tick p99 (s)": percentile(durations, 0.99),
        "small ticks: rows a second and core": (followed.progress.rows - rows) / (followed.processor() - processor),
    }


def _catch_up(followed: FollowedCompanies, rate: float, behind: float) -> dict[str, float]:
    """Ticks until the load has been caught up with after so many seconds without; returns how long that took."""
    rows, entries, processor = followed.progress.rows, followed.progress.entries, followed.processor()
    began = time.monotonic()
    for _ in range(_MOST_TICKS):
        before = time.monotonic()
        followed.tick()
        if time.monotonic() - before < _CAUGHT_UP_SECONDS:
            break
    seconds = time.monotonic() - began
    caught_up = followed.progress.rows - rows
    return {
        "backlog (rows)": caught_up,
        "backlog (entries of the log)": followed.progress.entries - entries,
        "caught up with it in (s)": seconds,
        "caught up: rows a second": caught_up / seconds,
        "followed rows a second and core": caught_up / (followed.processor() - processor),
        # While the load goes on: what comes in meanwhile is in it.
        "an hour at 1,000 tps would take (s)": seconds / (rate * behind) * _HOUR_AT_1000,
    }
