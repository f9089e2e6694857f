"""The whole way under load, by the commands as they are typed: follow, a canary, a wave, and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.online import monolith
from benchmarks.online.compare import Difference, compare_monolith, compare_places, compare_users
from benchmarks.online.idle import IdleTransaction
from benchmarks.online.ledger import Ledger
from benchmarks.online.load import Load, LoadOptions, Outcome
from benchmarks.online.project import PREFIX, CommandError, MigrationProject, offers
from benchmarks.online.report import Report
from benchmarks.online.routing import FileRouting, Map, Place
from benchmarks.online.samples import percentile, silence, summarise
from benchmarks.testbed import MONOLITH, Testbed

# Each is seven rows that nobody writes to, in each company.
_RESTING_ORDERS = 200
_IDLE_SECONDS = 1.0
_POLL_SECONDS = 2.0
_PATIENCE_SECONDS = 600.0
_MOST_ATTEMPTS = 10
# After the last write, until it is in the monolith too.
_RETURN_SECONDS = 60.0


@dataclass(frozen=True)
class Split:
    """The migration of one load: its commands, its companies, and the map that writers read."""

    bed: Testbed
    project: MigrationProject
    map_file: Path
    companies: range

    def database(self, company: int) -> str:
        """The URL of a company's own database, whether it serves its rows or follows."""
        return self.bed.server.url(f"{PREFIX}_c{company:04}")

    def publish(self) -> None:
        """Writes the map anew."""
        self.project.run("connections", "--format", "json", "--write", str(self.map_file))

    def wait_until(self, reached: Callable[[Mapping[str, object]], bool], what: str) -> float:
        """Waits until every database is as asked for; returns the seconds that took.

        Raises:
            CommandError: that takes too long, or a database says why it stays behind.
        """
        began = time.monotonic()
        while True:
            databases = self.project.run("follow", "status", codes=(0, 1))["databases"]
            if errors := [one["error"] for one in databases if one["error"]]:
                raise CommandError(f"while waiting until all are {what}: {errors[0]}")
            seconds = time.monotonic() - began
            if databases and all(reached(one) for one in databases):
                return seconds
            if seconds > _PATIENCE_SECONDS:
                raise CommandError(f"not all databases are {what} after {seconds:.0f} s: {databases}")
            time.sleep(_POLL_SECONDS)


def measure(bed: Testbed, options: LoadOptions, report: Report, *, seconds: float, say: Callable[[str], None]) -> None:
    """Follows under the load, moves companies in waves, takes the last one back, and compares all with the ledger."""
    url = bed.server.url(MONOLITH)
    bed.drop(MONOLITH)
    bed.drop_prefixed(f"{PREFIX}_")
    bed.create(MONOLITH)
    monolith.create(url, options.companies, _RESTING_ORDERS * options.companies)
    with bed.scratch() as directory:
        project = MigrationProject.make(directory, bed.server, MONOLITH)
        split = Split(bed, project, directory / "map.json", range(1, options.companies + 1))
        try:
            project.run("dry-run")
            with Load(FileRouting(split.map_file, url), options) as load, IdleTransaction(url, _IDLE_SECONDS):
                load.mark("quiet")
                time.sleep(seconds / 2)
                load.mark("copying")
                with project.running("follow", "start", "--without-backup"):
                    _follow(split, load, report, seconds, say)
                    moved = _move(split, load, report, seconds, say) if offers("cutover") else ()
                    load.end()
                    took = split.wait_until(lambda one: one["state"] == "reversing" or one["rows"] == 0, "caught up")
                    say(f"  those that follow have caught up {took:.1f} s after the load's end")
                    differences = _last_differences(split, load.outcome.ledger, url)
            outcome = load.outcome
            report.add_outcome(outcome, differences)
            report.figures |= _freezes(outcome, moved)
        finally:
            bed.drop_prefixed(f"{PREFIX}_")


def _follow(split: Split, load: Load, report: Report, seconds: float, say: Callable[[str], None]) -> None:
    took = split.wait_until(lambda one: one["proved_seconds"] is not None, "followed and proved")
    say(f"  every database is followed and proved after {took:.1f} s")
    report.figures["copied, followed and proved in (s)"] = took
    load.mark("following")
    time.sleep(seconds)
    status = split.project.run("follow", "status", codes=(0, 1))["databases"]
    report.figures["behind while following, by status (s)"] = max(one["seconds"] for one in status)


@dataclass(frozen=True)
class _Wave:
    """A change of place: the phase of the load in which it took place, and whose it was."""

    phase: str
    companies: Sequence[int]


def _move(split: Split, load: Load, report: Report, seconds: float, say: Callable[[str], None]) -> tuple[_Wave, ...]:
    """A canary, a wave of the two largest companies, and that wave back again."""
    waves = (
        _Wave("canary", split.companies[-1:]),
        _Wave("wave", split.companies[:2]),
        _Wave("rollback", split.companies[:2]),
    )
    refused = []
    for wave in waves:
        tenants = [part for company in wave.companies for part in ("--tenant", str(company))]
        with _publishing(load, wave, split):
            summary, attempts = _carry_out(split.project, wave, tenants)
        say(f"  {wave.phase}: {summary}, attempts: {attempts}")
        report.figures[f"{wave.phase}: attempts"] = attempts
        report.figures[f"{wave.phase}: writers held up (s)"] = summary["frozen_seconds"] or 0.0
        report.figures[f"{wave.phase}: nobody could write (s)"] = summary["refused_seconds"] or 0.0
        if wave.phase == "rollback":
            report.figures["write freeze of a rollback (s)"] = summary["refused_seconds"] or 0.0
        else:
            refused.append(summary["refused_seconds"] or 0.0)
        time.sleep(seconds)
    report.figures["write freeze of a wave p50 (s)"] = percentile(sorted(refused), 0.5)
    report.figures["write freeze of a wave p99 (s)"] = percentile(sorted(refused), 0.99)
    return waves


def _carry_out(project: MigrationProject, wave: _Wave, tenants: Sequence[str]) -> tuple[Mapping[str, Any], int]:
    """Runs the command until nobody is left behind, as an operator would; returns its summary, and how often it ran.

    Raises:
        CommandError: somebody is left behind after many attempts.
    """
    command = ["cutover", *tenants]
    if wave.phase == "rollback":
        command = ["rollback", *tenants, "--confirm", str(project.run("status")["run_id"])]
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        document = project.run(*command, codes=(0, 4))
        if document["exit_code"] == 0:
            return document["summary"], attempt
    raise CommandError(f"{wave.phase}: {document['tenants']}")


@contextmanager
def _publishing(load: Load, wave: _Wave, split: Split) -> Iterator[None]:
    """The wave's phase of the load: until the map says where its companies are."""
    with load.phase(wave.phase, after=f"after the {wave.phase}"):
        yield
        split.publish()


def _freezes(outcome: Outcome, waves: Sequence[_Wave]) -> dict[str, float]:
    """How long each wave's writers saw nothing acknowledged, and how long the unluckiest of them waited."""
    figures: dict[str, float] = {}
    for wave in waves:
        stretches, own = outcome.stretches(wave.phase), set(wave.companies)
        met = summarise(outcome.samples, stretches, own)
        others = summarise(outcome.samples, stretches, {0, *outcome.ledger.companies} - own)
        figures |= {
            f"{wave.phase}: longest silence of its companies (s)": silence(outcome.samples, stretches[0], own),
            f"{wave.phase}: longest transaction of its companies (s)": met.most,
            f"{wave.phase}: longest transaction of all others (s)": others.most,
        }
    return figures


def _last_differences(split: Split, ledger: Ledger, monolith_url: str) -> tuple[Difference, ...]:
    """The differences that are left once what was written elsewhere has had time to come back."""
    deadline = time.monotonic() + _RETURN_SECONDS
    while (differences := _differences(split, ledger, monolith_url)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return differences


def _differences(split: Split, ledger: Ledger, monolith_url: str) -> tuple[Difference, ...]:
    """The ledger against every database: those that follow and those that have the say hold the same, and so does the
    monolith, into which what was written elsewhere has come back. Users are followed into AUTH.
    """
    everywhere = Map(monolith_url, 1, {company: Place(split.database(company), "live") for company in split.companies})
    auth = compare_users(ledger, split.bed.server.url(f"{PREFIX}_auth"))
    return (*compare_places(ledger, everywhere), *compare_monolith(ledger, monolith_url), *auth)
