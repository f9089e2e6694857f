"""Reads the names that a journal knows (runs, tenants, plans), in a hurry: for whoever waits at a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from migrator.commands.shared.workspace import Workspace, journal_exists
from migrator.core.result.progress import Silent
from migrator.journal import Journal
from migrator.postgres.session.connect import Endpoint, journal_connect
from migrator.settings import Settings


class KnownName(NamedTuple):
    """A name that the journal knows, and what it is of, as a completion shows it."""

    name: str
    what: str


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Runs newest first, the newest run's tenants by their databases, plans newest first."""

    runs: tuple[KnownName, ...] = ()
    open_runs: tuple[KnownName, ...] = ()
    tenants: tuple[KnownName, ...] = ()
    plans: tuple[KnownName, ...] = ()


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
            tuple(KnownName(run.id, run.outcome or "open") for run in runs),
            tuple(KnownName(run.id, "open") for run in runs if run.closed_at is None),
            tuple(KnownName(one.name, f"tenant {one.tenant}") for one in made if one.tenant and one.state == "created"),
            tuple(
                KnownName(
                    record.fingerprint[:12], "passed its dry-run" if record.passed else "its dry-run found what blocks"
                )
                for record in journal.plans_of_source(source)
            ),
        )


@contextmanager
def _journal(control: Endpoint) -> Iterator[Journal]:
    """The journal as it stands: preparing it would bring its tables up to date at a press of a key."""
    journal = Journal(partial(journal_connect, control))
    try:
        yield journal
    finally:
        journal.close()
