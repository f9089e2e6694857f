"""Reads which rows applications wrote into the targets since migrate, and saves them to files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from migrator.commands.proof.compare_sides import expected_digests
from migrator.commands.proof.drift import routed_digests
from migrator.commands.shared.epochs import digests_compare, require_digests, require_tables
from migrator.commands.shared.transfers import Resolved, resolve
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.changes.row_changes import DatabaseChanges
from migrator.core.plan.steps import Plan
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import LARGE_OBJECT
from migrator.core.result.progress import each
from migrator.core.run.facts import CARRYING_BACK
from migrator.core.run.moments import HELD, target_of
from migrator.core.schema.catalog import Catalog
from migrator.core.verify.digests import Difference, Digest, differences
from migrator.errors import ConfigurationError, RefusedError
from migrator.files import file_name, private_directory, write_atomically
from migrator.postgres.changes.change_files import OBJECTS, files, object_lines
from migrator.postgres.changes.large_objects import TargetObjects, objects_of, stray_objects
from migrator.postgres.changes.read_changes import read_changes
from migrator.postgres.databases.databases import MarkedDatabase
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import READ_ONLY, session
from migrator.postgres.verify.digest import target_digests


@dataclass(frozen=True)
class Writes:
    """What was written, digest by digest, and, where the fence has kept the source as it was, row by row."""

    survey: Survey
    resolved: Mapping[str, Resolved]
    finished: tuple[MarkedDatabase, ...]
    differences: tuple[tuple[str, Difference], ...]  # (database, difference)
    changes: tuple[DatabaseChanges, ...] | None  # None: without the fence nobody can tell whose change it is
    strays: Mapping[str, Sequence[int]] = field(default_factory=dict)  # by database, large objects that no row names


def find_writes(context: RunContext, plan: Plan, finished: Sequence[MarkedDatabase], *, fenced: bool) -> Writes:
    """Compares finished databases with what they held when migrate had finished them, by the plan that it went by.

    Raises:
        RefusedError: what they held cannot be told, or the source lacks what migrate read.
    """
    if not fenced:
        require_digests(
            context.journal,
            "what the databases held then cannot be compared with what they hold now, and without the fence the source "
            "does not say it either.",
            "Compare them by hand.",
        )
    surveyed = plan.survey
    with context.workspace.read_source("rollback") as connection:
        standing = read_catalog(connection, context.settings.source.schemas)
    if fenced:
        require_tables(context.journal, standing)
    _require_columns(surveyed.catalog, standing)
    resolved = resolve(context.workspace, plan, surveyed)
    recorded: dict[tuple[str, str], list[Digest]] = {}
    # Digests of another form are none: the fenced source is read once more in their place.
    comparable = digests_compare(context.journal)
    for moment, digest in context.journal.digests_by_moment(HELD) if comparable else ():
        recorded.setdefault((target_of(moment), digest.tenant), []).append(digest)
    given = (
        _given(context.workspace, surveyed, resolved)
        if fenced and any(made.place not in recorded for made in finished)
        else {}
    )
    written: list[tuple[str, Difference]] = []
    strays: dict[str, Sequence[int]] = {}
    for made, now, oids in _holdings(context.workspace, resolved, finished):
        if oids:
            strays[made.database] = oids
        # No digest in the journal: migrate died between the database's receipt and its own record of it, or the
        # journal is another one than migrate's.
        before = recorded.get(made.place) or given.get(made.place)
        if before is None and context.journal.last("migrate") is None:
            # Neither a journal nor a fence says what it held: all of it may have been written since.
            before = []
        written += [(made.database, item) for item in differences(before if before is not None else now, now)]
    writes = Writes(surveyed, resolved, tuple(finished), tuple(written), None, strays)
    if fenced:
        _require_source_as_it_was(context, writes, recorded)
    return replace(writes, changes=rows_of(context.workspace, writes)) if fenced else writes


def _holdings(
    workspace: Workspace, resolved: Mapping[str, Resolved], databases: Sequence[MarkedDatabase]
) -> Iterator[tuple[MarkedDatabase, Sequence[Digest], Sequence[int]]]:
    """What each database holds now: its digests, and the large objects that no row names."""

    def read(made: MarkedDatabase) -> tuple[Sequence[Digest], Sequence[int]]:
        transfers = resolved[made.mark.target].transfers
        endpoint = workspace.server(made.server).at(made.database)
        with session(endpoint, purpose="rollback", settings=READ_ONLY) as connection:
            digests = target_digests(connection, transfers, made.mark.tenant)
            return digests, stray_objects(partial(workspace.read_source, "rollback"), connection, transfers)

    with ThreadPoolExecutor(workspace.settings.limits.jobs) as pool:
        shown = each(workspace.progress, "reading what the databases hold", databases, "databases")
        for made, (digests, oids) in zip(shown, pool.map(read, databases), strict=True):
            yield made, digests, oids


def _require_columns(planned: Catalog, standing: Catalog) -> None:
    """Both sides are read by the planned columns.

    Raises:
        RefusedError: the source lacks some of them by now, so that the targets may hold the only rows that are left.
    """
    for relation, table in planned.tables.items():
        now = standing.tables.get(relation)
        lacking = set(table.column_names) - set(now.column_names) if now is not None else set()
        if now is None or lacking:
            what = f"table {relation}" if now is None else f"column {relation}.{min(lacking)}"
            raise RefusedError(
                f"The source has no {what} any more, which migrate read.",
                "Where it was dropped, the backup has it: --restore-backup.",
            )


def _require_source_as_it_was(
    context: RunContext, writes: Writes, recorded: Mapping[tuple[str, str], list[Digest]]
) -> None:
    """Tables that were written to in a target have to be in the source what migrate read there.

    The fence has kept them so, but not their large objects; and somebody may have taken it away, and put it back. A row
    of the source that the target never had would otherwise be one that an application had deleted there.

    Raises:
        RefusedError: one of them was written in the source as well.
    """
    # What an attempt before has carried back is in the source by our own doing.
    ours = set(context.journal.recorded(CARRYING_BACK) or ())
    # Nothing is carried back through a query, which may give other rows each time.
    placements = writes.survey.placements.tables.values()
    queries = {placement.relation.full_name for placement in placements if placement.query is not None}
    concerned = [
        (made.place, made.database, item.relation)
        for made in writes.finished
        for name, item in writes.differences
        if name == made.database and item.relation not in {*ours, *queries}
    ]
    objects = _tables_with_objects(writes)
    if with_objects := [relation for _, _, relation in concerned if relation in objects]:
        require_digests(
            context.journal,
            f"whether large objects of {with_objects[0]} were written in the source since cannot be told.",
            "Carry them over by hand.",
        )
    concerned = [(place, database, relation) for place, database, relation in concerned if place in recorded]
    if not concerned:
        return
    given = _given(context.workspace, writes.survey, writes.resolved)
    for place, database, relation in concerned:
        before, now = (
            [digest for digest in digests if digest.relation == relation] for digests in (recorded[place], given[place])
        )
        if differences(before, now):
            raise RefusedError(
                f"Rows of {relation} were written in the source after migrate had read them, and rows of it in "
                f"{database}: which of the two is the newer cannot be told.",
                "See which in the source: migrator verify. Carry the one or the other over by hand.",
            )


def _tables_with_objects(writes: Writes) -> frozenset[str]:
    """The tables whose rows name large objects, which no fence holds."""
    return frozenset(
        transfer.relation.full_name
        for resolved in writes.resolved.values()
        for transfer in resolved.transfers
        if any(column.type == LARGE_OBJECT for column in transfer.columns)
    )


def _given(
    workspace: Workspace, survey: Survey, resolved: Mapping[str, Resolved]
) -> dict[tuple[str, str], list[Digest]]:
    """What each database was given, read once more from the fenced source."""
    transfers = {name: target.transfers for name, target in resolved.items()}
    with workspace.read_source("rollback") as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        routed = routed_digests(workspace.progress, connection, survey, transfers)
    places: dict[tuple[str, str], list[Digest]] = {}
    for name, target in resolved.items():
        per_tenant = workspace.settings.targets[name].per_tenant
        expected = expected_digests(routed[name], target.transfers)
        for tenant in survey.known_keys if per_tenant else ("",):
            held = {digest.relation: digest for digest in expected if digest.tenant == tenant}
            places[name, tenant] = [
                held.get(key, Digest(key, tenant, 0, 0))
                for key in (item.relation.full_name for item in target.transfers)
            ]
    return places


def rows_of(workspace: Workspace, writes: Writes) -> tuple[DatabaseChanges, ...]:
    """The changed rows of every database that was written to."""
    changes = []
    for server, database, mark in writes.finished:
        changed = {item.relation for name, item in writes.differences if name == database}
        transfers = [
            transfer for transfer in writes.resolved[mark.target].transfers if transfer.relation.full_name in changed
        ]
        if not transfers:
            continue
        with (
            workspace.read_source("rollback") as source,
            session(workspace.server(server).at(database), purpose="rollback", settings=READ_ONLY) as target,
        ):
            changes.append(
                read_changes(
                    source,
                    target,
                    transfers,
                    writes.survey.catalog,
                    name=mark.target,
                    tenant=mark.tenant,
                    database=database,
                )
            )
    return tuple(changes)


def require_rows(writes: Writes) -> tuple[DatabaseChanges, ...]:
    """The changes row by row.

    Raises:
        RefusedError: the source was not fenced, so that it may have changed as well.
    """
    if writes.changes is None:
        raise RefusedError(
            "The source is not fenced by this run, so it may have changed as well as the targets: which rows "
            "applications wrote to the targets cannot be told.",
            "Compare them by hand; `--discard-writes` gives the targets' rows up (they are dumped first).",
        )
    return writes.changes


@contextmanager
def objects_in(workspace: Workspace, writes: Writes, part: DatabaseChanges) -> Iterator[TargetObjects]:
    """The large objects of the database that a part of the changes is of."""
    server = next(server for server, database, _ in writes.finished if database == part.database)
    with session(workspace.server(server).at(part.database), purpose="rollback", settings=READ_ONLY) as target:
        yield objects_of(target, writes.resolved[part.target].transfers)


def save_writes(workspace: Workspace, directory: Path, changes: Sequence[DatabaseChanges], writes: Writes) -> None:
    """Writes each database's changes into a directory of its own below `directory`, for its owner only.

    Raises:
        ConfigurationError: it cannot be written, or holds something already.
    """
    try:
        if directory.exists() and any(directory.iterdir()):
            raise ConfigurationError(f"{directory} is not empty.", "Name a new directory for --save-writes.")
        private_directory(directory)
        for part in changes:
            place = private_directory(directory / file_name(part.database))
            catalog = writes.survey.catalog
            with objects_in(workspace, writes, part) as there, workspace.read_source("rollback") as source:
                objects = {change.oid: change for row in part.rows for change in there.changes(source, row, catalog)}
                if objects:
                    write_atomically(place / OBJECTS, object_lines(objects.values(), there.target))
            for name, text in files(part, catalog, objects=bool(objects)).items():
                write_atomically(place / name, text.encode())
    except OSError as error:
        raise ConfigurationError(
            f"{directory} cannot be written: {error.strerror}.", "Name another directory for --save-writes."
        ) from error
