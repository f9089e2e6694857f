"""Which columns and sequences travel into each target, read from the templates that the run has built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.core.catalog import Catalog
from migrator.core.plan import Plan, PrepareTarget
from migrator.core.transfer import SequenceTransfer, Transfer, sequence_transfers, transfers_into
from migrator.errors import ConfigurationError
from migrator.postgres.catalog import Objects, read_catalog, read_objects
from migrator.postgres.connect import READ_ONLY, session
from migrator.postgres.deferred import seeded_tables
from migrator.stages.survey import Survey
from migrator.stages.workspace import Workspace


@dataclass(frozen=True)
class Resolved:
    """One target as its template has it."""

    catalog: Catalog
    transfers: tuple[Transfer, ...]
    sequences: tuple[SequenceTransfer, ...]
    objects: Objects


def resolve(workspace: Workspace, plan: Plan, found: Survey) -> Mapping[str, Resolved]:
    """Every target, checked against the source's columns.

    Raises:
        ConfigurationError: a column or table has no counterpart, or a tree writes rows where the source's rows go.
    """
    resolved: dict[str, Resolved] = {}
    for step in plan.of(PrepareTarget):
        endpoint = workspace.server(step.server).at(step.template)
        with session(endpoint, purpose="resolve", settings=READ_ONLY) as connection:
            catalog = read_catalog(connection)
            transfers = transfers_into(
                step.target, found.placements, found.catalog, catalog, workspace.settings, dict(found.query_columns)
            )
            if seeded := seeded_tables(connection, transfers):
                raise ConfigurationError(
                    f"The tree of target {step.target!r} puts rows of its own into {', '.join(map(str, seeded))}, "
                    "where the source's rows go.",
                    "Remove them from the revision; rows that the source lacks belong in a later one.",
                )
            objects = read_objects(connection)
        resolved[step.target] = Resolved(
            catalog, transfers, sequence_transfers(found.catalog, catalog, transfers), objects
        )
    return resolved
