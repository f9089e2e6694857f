"""Makes the template and the bare template of a target, before any unit."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from migrator.core.plan.steps import PrepareTarget
from migrator.core.schema.catalog import Relation
from migrator.journal import Journal
from migrator.postgres.databases.databases import Mark, create_database, drop_database
from migrator.postgres.databases.post_data import build_bare
from migrator.postgres.databases.roles import close_database
from migrator.postgres.session.connect import Endpoint, revision_connect
from migrator.postgres.session.durability import durable
from migrator.revisions import upgrade_together


def prepare_target(
    step: PrepareTarget,
    *,
    run: str,
    journal: Journal,
    server: Endpoint,
    like: Endpoint,
    trees: Sequence[tuple[Path, str]],
    complete: Callable[[Endpoint], None],
    crowded: Collection[Relation],
    clones: int,
    programs: Path | None,
) -> str:
    """Builds the template and the bare template of one target; returns the deferred part of its schema as a script.

    `trees` are given with their schemas; `complete` adds to the template what migrator.toml asks for beyond them;
    `crowded` are the tables that get many rows, whose indexes are built when these are there; `clones` is how many
    databases are made from the bare template.
    Both are made anew where an earlier attempt did not finish: an Alembic tree is not resumed half-way.
    """
    started = time.monotonic()
    recorded = journal.step_records(run).get(step.id)
    if recorded is not None and recorded.status == "done":
        return str(journal.recorded(run, f"post-data:{step.target}"))
    journal.start_step(run, step.id)
    # Whatever the tree and pg_restore commit without waiting for the disk: every database is made of it.
    with durable(server, purpose="prepare") as connection:
        for name, role in ((step.template, "template"), (step.bare, "bare")):
            journal.artefact(run, "database", name, "intended", target=step.target)
            drop_database(connection, name, run=run)
            create_database(connection, name, Mark(run, role, step.target), like=like)
            if step.group:
                close_database(connection, name)
            journal.artefact(run, "database", name, "created", target=step.target)
        template, bare = server.at(step.template), server.at(step.bare)
        upgrade_together(trees, partial(revision_connect, template, "alembic"))
        complete(template)
        version = connection.info.server_version
        post_data = build_bare(template, bare, crowded, clones, server_version=version, programs=programs)
    journal.record(run, f"post-data:{step.target}", post_data)
    journal.finish_step(run, step.id, seconds=time.monotonic() - started)
    return post_data
