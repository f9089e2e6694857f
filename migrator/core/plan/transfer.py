"""Decides how one table's columns travel into one target; copy, digest and verify use the same decision."""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrator.core.placement.model import Placement, Placements
from migrator.core.schema.catalog import Catalog, Relation, Sequence, Table
from migrator.errors import ConfigurationError
from migrator.settings import Settings

# hash_record_extended hashes columns in their binary form, at a third of the cost of hashing the row's text.
RECORD_HASH_SINCE = 140000

# Types whose own hash function tells apart everything that their text tells apart, the same in every database.
# Left out on purpose: numeric and interval (1.0 and 1.00, a day and 24 hours hash alike), floats (-0), enums (their
# values hash by OID), json, and whatever a user or an extension made: these are hashed as text.
_OWN_HASH = frozenset(
    {"smallint", "integer", "bigint", "boolean", "text", "character varying", "uuid", "date", "bytea"}
    | {"timestamp with time zone", "timestamp without time zone"}
)
# Marks a column whose values name large objects: what these hold is hashed with the row.
LARGE_OBJECT = "large object"
TEXTUAL = frozenset({"text", "character varying"})


def base_type(type_: str) -> str:
    """A type's name without its length or precision: "character varying(20)" -> "character varying"."""
    return re.sub(r"\(\d+\)", "", type_)


def has_own_hash(type_: str) -> bool:
    """Whether values of that type (as format_type spells it) can be hashed in their binary form."""
    return base_type(type_) in _OWN_HASH


@dataclass(frozen=True, slots=True)
class TransferColumn:
    """`source` is a column of the source table or query; None stands for the literal `constant`."""

    target: str
    source: str | None
    constant: str | None = None
    generated: bool = False  # the target computes it: compared, not copied
    # The base type where both sides have the same one, or LARGE_OBJECT; '' where the row hash goes by text.
    type: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One placed table and the databases of one target, which may share them with others: then it is their host."""

    placement: Placement
    target: str
    per_tenant: bool
    columns: tuple[TransferColumn, ...]
    partitioned: bool = False  # the destination
    record_hash: bool = False  # rows are hashed in binary form on both sides; both servers are new enough
    unowned_only: bool = False  # the rows without a tenant key of a table whose home is per tenant

    @property
    def relation(self) -> Relation:
        return self.placement.relation

    @property
    def destination(self) -> Relation:
        return self.placement.destination_in(self.target)

    @property
    def copied(self) -> tuple[TransferColumn, ...]:
        """The columns that COPY writes."""
        return tuple(column for column in self.columns if not column.generated)

    @property
    def for_everyone(self) -> bool:
        """Whether rows without a tenant key are copied to every tenant: global rows, or a table that has no keys."""
        return self.per_tenant and (self.placement.unowned == "replicate" or self.placement.key_path is None)

    def is_in(self, tenant: str) -> bool:
        """Whether that tenant's database has the table: one that is a single tenant's is nowhere else."""
        return self.placement.own in (None, tenant)

    @property
    def is_replica(self) -> bool:
        return self.target != self.placement.home


def transfer(
    placement: Placement,
    source_columns: tuple[str, ...],
    source_table: Table | None,
    target: str,
    target_table: Table | None,
    settings: Settings,
    *,
    record_hash: bool,
) -> Transfer:
    """The columns that travel, checked from both sides.

    `source_columns` are those of the table, or of the query's result; `source_table` is None for a query.

    Raises:
        ConfigurationError: the target lacks the table or a column, or requires one that nothing fills.
    """
    where = f"[tables.{placement.relation}]"
    destination = placement.destination_in(target)
    member = next(name for name in placement.targets if settings.host(name) == target)
    if target_table is None:
        raise ConfigurationError(
            f"{where}: the schema of target {member!r} has no table {destination}.",
            f"Add it to {settings.targets[member].migrations} (trees as init wrote them: migrator init --trees writes "
            'them anew), or name its target table: as = "…".',
        )
    default = settings.tenants.default
    found: list[TransferColumn] = []
    for name in source_columns:
        renamed = placement.columns.get(name, name)
        if renamed == "":
            continue
        column = target_table.column(renamed)
        if column is None:
            raise ConfigurationError(
                f"{where}: {destination} in target {member!r} has no column {renamed!r}.",
                f'Rename it: columns = {{ {name} = "<its name there>" }}, or drop it: columns = {{ {name} = "" }}.',
            )
        read = source_table.column(name) if source_table is not None else None
        if any(other.target == renamed for other in found):
            raise ConfigurationError(
                f"{where}: two columns of the source would fill {destination}.{renamed}.",
                f'Drop one of them: columns = {{ {name} = "" }}.',
            )
        same = read is not None and base_type(read.type) == base_type(column.type) and has_own_hash(column.type)
        type_ = LARGE_OBJECT if name in placement.large_objects else base_type(column.type) if same else ""
        found.append(TransferColumn(renamed, name, generated=bool(column.generated), type=type_))
    filled = {column.target for column in found}
    for column in target_table.columns:
        if column.name in filled or column.generated:
            continue
        if default is not None and column.name == default.column:
            found.append(TransferColumn(column.name, None, default.key))
        elif column.not_null and column.default is None and not column.identity:
            raise ConfigurationError(
                f"{where}: nothing fills {destination}.{column.name} of target {member!r} (NOT NULL).",
                'Give it a default in the target\'s schema, or fill it: query = "SELECT …".',
            )
    return Transfer(
        placement,
        target,
        settings.targets[target].per_tenant,
        tuple(found),
        partitioned=target_table.kind == "p",
        record_hash=record_hash,
        unowned_only=placement.unowned_target is not None and target == settings.host(placement.unowned_target),
    )


@dataclass(frozen=True, slots=True)
class SequenceTransfer:
    """A target sequence and the source sequences whose highest value it has to pass."""

    sequence: Relation
    sources: tuple[Relation, ...]


def sequence_transfers(
    source: Catalog, target: Catalog, transfers: tuple[Transfer, ...]
) -> tuple[SequenceTransfer, ...]:
    """Which source sequences each target sequence continues.

    Matched through the columns that draw from them, across renames; a sequence that no column draws from is matched
    by its name. One fed from several source sequences (two tables merged) continues the highest.
    """
    by_column: dict[tuple[Relation, str], Relation] = {}
    for sequence in source.sequences.values():
        for user in sequence.used_by:
            by_column[user] = sequence.relation
    continued = []
    for sequence in target.sequences.values():
        sources = {
            by_column[place]
            for relation, name in sequence.used_by
            for item in transfers
            if item.destination == relation
            for column in item.columns
            if column.target == name
            and column.source is not None
            and (place := (item.relation, column.source)) in by_column
        }
        if not sources and sequence.relation in source.sequences:
            sources = {sequence.relation}
        if sources:
            continued.append(SequenceTransfer(sequence.relation, tuple(sorted(sources))))
    return tuple(continued)


def last_value(transfer: SequenceTransfer, source: dict[Relation, Sequence] | Catalog) -> int | None:
    """The value that the target sequence starts behind: the furthest of its sources; None where none was used."""
    sequences = source.sequences if isinstance(source, Catalog) else source
    used = [sequences[name] for name in transfer.sources if sequences[name].last_value is not None]
    if not used:
        return None
    values = [sequence.last_value for sequence in used if sequence.last_value is not None]
    return max(values) if used[0].increment > 0 else min(values)


def transfers_into(
    target: str, placements: Placements, source: Catalog, target_catalog: Catalog, settings: Settings,
    query_columns: dict[Relation, tuple[str, ...]],
) -> tuple[Transfer, ...]:  # fmt: skip
    """Every transfer into the databases of one host, largest table first.

    `query_columns` are those of tables read by a query.
    """
    record_hash = min(source.server_version, target_catalog.server_version) >= RECORD_HASH_SINCE
    found = [
        transfer(
            placement,
            _read_columns(placement, target, source, target_catalog, query_columns.get(placement.relation)),
            source.tables.get(placement.relation) if placement.query is None else None,
            target,
            target_catalog.tables.get(placement.destination_in(target))
            if placement.own is None
            else source.tables[placement.relation],
            settings,
            record_hash=record_hash,
        )
        for placement in placements.of_host(target)
    ]
    return tuple(sorted(found, key=lambda item: (-_size(source, item), item.relation)))


def _read_columns(
    placement: Placement, target: str, source: Catalog, target_catalog: Catalog, of_query: tuple[str, ...] | None
) -> tuple[str, ...]:
    """The columns that travel: all that are read, less a key that a query adds to say whose each row is.

    Such a column is neither the source table's nor the target's: the database that a row is in says the same.
    """
    if of_query is None:
        return source.tables[placement.relation].column_names
    path = placement.key_path
    here, there = source.tables.get(placement.relation), target_catalog.tables.get(placement.destination_in(target))
    if path is None or path.hops or path.column is None or path.column in placement.columns:
        return of_query
    if here is None or here.column(path.column) or there is None or there.column(path.column):
        return of_query
    return tuple(name for name in of_query if name != path.column)


def _size(source: Catalog, item: Transfer) -> int:
    table = source.tables.get(item.relation)
    return table.bytes if table else 0
