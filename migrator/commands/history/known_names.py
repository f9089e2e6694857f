"""Reads the names that a journal knows (runs, tenants, plans), in a hurry: for whoever waits at a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from migrator.commands.shared.workspace import Workspace, journal_exists
from migrator.core.result.progress import Silent
from migrator.journal import Journal
from migrator.postgres.session.connect import Endpoint, journal_connect
from migrator.settings import Settings


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names with what they are: runs newest first, the newest run's tenants by their databases, plans newest first."""

    runs: tuple[tuple[str, str], ...] = ()
    open_runs: tuple[tuple[str, str], ...] = ()
    tenants: tuple[tuple[str, str], ...] = ()
    plans: tuple[tuple[str, str], ...] = ()


def known_names(settings: Settings) -> KnownNames:
    """What the journal of the configured source knows; nothing where there is none. Makes and changes nothing.

    Raises:
        ConfigurationError: no source is named.
        DatabaseError: a server does not answer within two seconds.
    """
    workspace = Workspace.of(settings, Silent())
    workspace = replace(workspace, source=workspace.source.in_a_hurry())
    server = workspace.maintenance().in_a_hurry()
    if not journal_exists(server, workspace.control_name):
        return KnownNames()
    source = workspace.source_id
    with _journal(server.at(workspace.control_name)) as journal:
        runs = journal.all_runs(source)
        made = journal.of(runs[0].id).artefacts("database") if runs else ()
        return KnownNames(
            tuple((run.id, run.outcome or "open") for run in runs),
            tuple((run.id, "open") for run in runs if run.closed_at is None),
            tuple((one.name, f"tenant {one.tenant}") for one in made if one.tenant and one.state == "created"),
            tuple((record.fingerprint[:12], _state(record.passed)) for record in journal.plans_of_source(source)),
        )


@contextmanager
def _journal(control: Endpoint) -> Iterator[Journal]:
    """The journal as it stands: preparing it would bring its tables up to date at a press of a key."""
    journal = Journal(partial(journal_connect, control))
    try:
        yield journal
    finally:
        journal.close()


def _state(passed: bool) -> str:
    return "passed its dry-run" if passed else "its dry-run found what blocks"
