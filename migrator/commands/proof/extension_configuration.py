"""Proves that the configuration of extensions is in every database that has the extension."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal

from migrator.commands.proof.compare_sides import Proof
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import CreateDatabase
from migrator.core.verify.digests import Balance, Difference, Digest
from migrator.postgres.copy.extension_configuration import (
    ConfigurationTable,
    configuration_digests,
    read_configuration,
    target_digests_of,
)


def with_configuration(
    workspace: Workspace, proof: Proof, databases: Iterable[CreateDatabase], *, conserved: bool
) -> Proof:
    """The proof with the rows of extensions' configuration tables, compared in each of the databases.

    They are copies in each database, and counted once: rows that no database has are lost, and left behind where no
    database has the extension. Where only some databases
    are looked at (`conserved` is false) nothing is said of that.
    """
    with workspace.read_source("verify") as connection:
        tables = read_configuration(connection)
        source = {digest.relation: digest for digest in configuration_digests(connection, tables) if digest.rows}
    if not source:
        return proof
    steps = list(databases)
    with ThreadPoolExecutor(workspace.settings.limits.target_jobs_of(1)) as pool:
        held = list(pool.map(lambda step: _held(workspace, step, tables), steps))
    unequal = [
        (step.target, _difference(source[one.relation], one))
        for step, digests in zip(steps, held, strict=True)
        for one in digests
        if one.relation in source and (one.rows, one.hash) != (source[one.relation].rows, source[one.relation].hash)
    ]
    known = {one.relation for digests in held for one in digests}
    filled = {one.relation for digests in held for one in digests if one.rows}
    balances = tuple(
        # Where no tree makes the extension, its rows are left behind with it.
        Balance(
            name, digest.rows, 0,
            shared=digest.rows if name in filled else 0, ignored=digest.rows if name not in known else 0,
        )
        for name, digest in source.items()
    )  # fmt: skip
    return replace(
        proof,
        differences=(*proof.differences, *unequal),
        balances=(*proof.balances, *balances) if conserved else proof.balances,
        source_rows=proof.source_rows + sum(digest.rows for digest in source.values()),
        target_rows=proof.target_rows + sum(one.rows for digests in held for one in digests if one.relation in source),
    )


def _held(
    workspace: Workspace, step: CreateDatabase, tables: Mapping[tuple[str, str], ConfigurationTable]
) -> tuple[Digest, ...]:
    return tuple(target_digests_of(workspace.server(step.server).at(step.database), tables, step.tenant))


def _difference(source: Digest, target: Digest) -> Difference:
    kind: Literal["missing", "different"] = "different" if target.rows else "missing"
    return Difference(source.relation, target.tenant, kind, source.rows, target.rows)
