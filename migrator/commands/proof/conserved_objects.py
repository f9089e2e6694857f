"""Accounts for every large object of the source: it travels with a row, stays behind for a reason, or is missed."""

from __future__ import annotations

from dataclasses import replace

from migrator.commands.proof.compare_sides import Proof
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.survey import Survey
from migrator.core.verify.digests import Balance
from migrator.postgres.copy.large_objects import read_large_objects


def with_large_objects(workspace: Workspace, proof: Proof, surveyed: Survey) -> Proof:
    """The proof with the source's large objects, counted now.

    Those that rows name are compared with the rows. What no column names, and nobody said why it stays behind, is
    lost: no fence keeps applications from making objects after dry-run has looked.
    """
    with workspace.read_source("verify") as connection:
        facts = read_large_objects(
            connection, surveyed.catalog, surveyed.placements, workspace.settings.source.ignore_large_objects or ""
        )
    if not facts.total:
        return proof
    placed = facts.total - facts.staying - facts.undecided
    return replace(proof, large_objects=Balance("large objects", facts.total, placed, ignored=facts.staying))
