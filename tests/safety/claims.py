"""What the journal says is made or done, held against what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import psycopg

from migrator.journal import Journal, Run
from migrator.postgres.copy.receipts import Receipt, read_receipts
from migrator.postgres.databases.databases import Mark, marks, of_run
from migrator.postgres.databases.post_data import FINISH_UNIT
from migrator.postgres.session.connect import Endpoint, session
from tests.safety.trial import Trial

_TABLES = (
    "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_|^information_schema$|^migrator'"
)


def unkept(here: Trial) -> list[str]:
    """What the journal claims of the open run's databases, and is not so. Empty where no run is open.

    A database that is "created" is there and marked; a prepared target's bare clone has its template's tables; a copy
    that is done has left its receipt in every database, with the rows and the hash that the journal has; a finished
    database has its receipt too.
    """
    workspace = here.workspace()
    if not workspace.has_journal():
        return []
    run = workspace.journal.current_run(workspace.source_id)
    found = _of_run(here, workspace.journal, run) if run is not None else []
    here.forget(workspace)
    return found


def _of_run(here: Trial, journal: Journal, run: Run) -> list[str]:
    with session(Endpoint(here.targets_at("postgres")), purpose="test") as connection:
        there = of_run(marks(connection), run.id)
    created = [one for one in journal.of(run.id).artefacts("database") if one.state == "created"]
    wrong = [f"{one.name} is created, and not there" for one in created if not _is_there(there, one.name)]
    targets = {(one.target, one.tenant): one.name for one in created if one.tenant is not None and one.name in there}
    receipts = {name: _receipts(here.targets_at(name)) for name in targets.values()}
    wrong += _of_copies(journal, run, targets, receipts)
    done = [name for name, record in journal.of(run.id).step_records().items() if record.status == "done"]
    for step in done:
        what, _, name = step.partition(":")
        if what == "finish" and name in receipts and FINISH_UNIT not in receipts[name]:
            wrong.append(f"{name} is finished, and has no receipt of it")
        if what == "prepare":
            wrong += _of_template(here.targets_at, there, name.partition("@")[0])
    return wrong


def _is_there(there: Mapping[str, Mark], name: str) -> bool:
    return name in there and there[name].role != "building"


def _of_copies(
    journal: Journal,
    run: Run,
    targets: Mapping[tuple[str | None, str], str],
    receipts: Mapping[str, Mapping[str, Receipt]],
) -> list[str]:
    wrong = []
    for moment, digest in journal.of(run.id).digests_by_moment("copied:"):
        target, _, part = moment.removeprefix("copied:").rpartition(":")
        unit, database = f"copy:{digest.relation}>{target}#{part}", targets.get((target, digest.tenant))
        if database is not None:
            receipt = receipts[database].get(unit)
            if receipt is None or (receipt.rows, receipt.hash) != (digest.rows, digest.hash):
                wrong.append(f"{unit} is copied, and {database} has {receipt} of it instead of {digest}")
    return wrong


def _of_template(url_of: Callable[[str], str], there: Mapping[str, Mark], target: str) -> list[str]:
    made = {mark.role: name for name, mark in there.items() if mark.target == target and mark.role != "target"}
    template, bare = (_tables(url_of(made[role])) if role in made else None for role in ("template", "bare"))
    return [] if template and template == bare else [f"{target} is prepared, and its bare clone has {bare}"]


def _tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(_TABLES)}


def _receipts(url: str) -> Mapping[str, Receipt]:
    with session(Endpoint(url), purpose="test") as connection:
        return read_receipts(connection)
