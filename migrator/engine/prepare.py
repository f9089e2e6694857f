"""Makes the template and the bare template of a target, before any unit."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from migrator.core.plan.steps import PrepareTarget
from migrator.core.run.facts import post_data
from migrator.core.schema.catalog import Relation
from migrator.journal import RunJournal
from migrator.postgres.databases.databases import Mark, create_database, drop_database
from migrator.postgres.databases.owners import owners_may_create
from migrator.postgres.databases.post_data import build_bare
from migrator.postgres.databases.roles import close_database
from migrator.postgres.session.connect import Endpoint, revision_connect, session
from migrator.postgres.session.durability import durable
from migrator.revisions import upgrade_together


@dataclass(frozen=True)
class SchemaSources:
    """What a target's schema is built of, and for what.

    `trees` are given with their schemas; `complete` adds to the template what migrator.toml asks for beyond them;
    `large` are the tables that get many rows, whose indexes are built when these are there; `clones` is how many
    databases are made from the bare template; `owners` are the roles that the source's tables belong to, which the
    trees may give theirs to.
    """

    trees: Sequence[tuple[Path, str]]
    complete: Callable[[Endpoint], None]
    large: Collection[Relation]
    clones: int
    programs: Path | None
    owners: Sequence[str] = ()


def prepare_target(
    step: PrepareTarget, sources: SchemaSources, *, journal: RunJournal, server: Endpoint, like: Endpoint
) -> str:
    """Builds the template and the bare template of one target; returns the deferred part of its schema as a script.

    Both are made anew where an earlier attempt did not finish: an Alembic tree is not resumed half-way.
    """
    started = time.monotonic()
    recorded = journal.step_records().get(step.id)
    if recorded is not None and recorded.status == "done":
        return journal.recorded(post_data(step.target)) or ""
    journal.start_step(step.step)
    # Whatever the tree and pg_restore commit without waiting for the disk: every database is made of it.
    with durable(server, purpose="prepare") as connection:
        for name, role in ((step.template, "template"), (step.bare, "bare")):
            journal.artefact("database", name, "intended", target=step.target)
            drop_database(connection, name, run=journal.run_id)
            create_database(connection, name, Mark(journal.run_id, role, step.target), like=like)
            if step.group:
                close_database(connection, name)
            journal.artefact("database", name, "created", target=step.target)
        script = build_schema(server.at(step.template), server.at(step.bare), sources)
    journal.record(post_data(step.target), script)
    journal.finish_step(step.step, seconds=time.monotonic() - started)
    return script


def build_schema(template: Endpoint, bare: Endpoint, sources: SchemaSources) -> str:
    """Fills two empty databases, the template and the bare one; returns the deferred part of the schema as a script.

    dry-run calls it on scratch databases, migrate on those that targets are made from. Raises as `upgrade_together`
    and `build_bare` do.
    """
    with owners_may_create((template, bare), sources.owners):
        upgrade_together(sources.trees, partial(revision_connect, template, "alembic"))
        sources.complete(template)
        with session(template, purpose="prepare") as connection:
            version = connection.info.server_version
        # That session is over: each target that is prepared beside others takes as few as it can.
        return build_bare(
            template, bare, sources.large, sources.clones, server_version=version, programs=sources.programs
        )
