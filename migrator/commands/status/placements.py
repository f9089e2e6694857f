"""The command placements: shows where every table goes and why, with the rows of small tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.commands.shared.workspace import Workspace
from migrator.core.placement.model import Placement, Placements, Undecided
from migrator.core.placement.place import place
from migrator.core.result.graph import Edge, Graph, Line, Node
from migrator.core.result.outcome import Cell, Outcome, Section
from migrator.core.schema.catalog import Catalog, Relation
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.schema.row_estimates import row_counts

Rows = Mapping[Relation, int | None]


@dataclass(frozen=True)
class PlacedTables:
    """Where every table of the source goes, with how many rows each has where that is known."""

    source: str
    catalog: Catalog
    placements: Placements
    rows: Rows
    targets: tuple[str, ...]

    @property
    def undecided(self) -> tuple[Undecided, ...]:
        """The tables that have no place yet."""
        return tuple(self.placements.undecided)


def placements(workspace: Workspace) -> PlacedTables:
    """Every table's target, key path and reason, and what has still to be decided.

    Raises:
        ConfigurationError: migrator.toml names what the source does not have.
        DatabaseError: the source cannot be reached.
    """
    return PlacedTables(str(workspace.source), *read_placements(workspace), tuple(workspace.settings.targets))


def present(result: PlacedTables) -> Outcome:
    """Where every table goes and why; exit code 1 where something has still to be decided."""
    catalog, all_placements, rows = result.catalog, result.placements, result.rows
    placed = in_order(all_placements)
    undecided = len(all_placements.undecided)
    return Outcome(
        "placements",
        "findings" if undecided else "done",
        1 if undecided else 0,
        headline=_headline(len(placed), undecided),
        summary={
            "source": result.source,
            "tenant root": str(all_placements.tenant_root) if all_placements.tenant_root else None,
            **{target: sum(one.target == target for one in placed) for target in result.targets},
            "ignored": sum(not one.target for one in placed),
            "undecided": undecided,
            "inferred": sum(one.inferred for one in placed),
        },
        sections=(
            *((_undecided_section(all_placements.undecided),) if undecided else ()),
            placement_section(all_placements, catalog, rows),
            *((_severed_section(all_placements),) if all_placements.severed else ()),
        ),
        data={
            "placements": [_entry(one, catalog, rows) for one in placed],
            "tenant_root": str(all_placements.tenant_root) if all_placements.tenant_root else None,
            "tenant_key": all_placements.root_key,
            "undecided": [
                {
                    "schema": one.relation.schema,
                    "table": one.relation.name,
                    "candidates": one.candidates,
                    "reason": one.reason,
                }
                for one in all_placements.undecided
            ],
            "severed": [
                {
                    "name": key.name or None,
                    "key": key.label,
                    "table": str(key.table),
                    "references": str(key.referenced),
                    "inferred": bool(key.evidence),
                }
                for key in all_placements.severed
            ],
        },
        graph=placement_graph(catalog.database, all_placements, result.targets),
        next=("migrator placements",) if undecided else ("migrator dry-run",),
    )


def read_placements(workspace: Workspace) -> tuple[Catalog, Placements, Rows]:
    """The source's catalog, where its tables go, and how many rows they hold."""
    with workspace.read_source("placements") as connection:
        catalog = read_catalog(connection, workspace.settings.source.schemas)
        placements = place(catalog, workspace.settings)
        return catalog, placements, row_counts(connection, catalog)


def placement_graph(title: str, placements: Placements, targets: tuple[str, ...]) -> Graph:
    """Tables coloured by target; keys that cross databases are dashed, others that nobody declared dotted."""
    nodes = [
        Node(str(one.relation), str(one.relation), " + ".join(one.targets) or "ignored")
        for one in placements.tables.values()
    ] + [Node(str(one.relation), str(one.relation), "undecided") for one in placements.undecided]
    known = {node.id for node in nodes}
    severed = set(placements.severed)
    edges = []
    for key in dict.fromkeys((*placements.foreign_keys, *placements.virtual_keys)):
        line: Line = "dashed" if key in severed else "dotted" if key.virtual else "solid"
        if {str(key.table), str(key.referenced)} <= known:
            edges.append(Edge(str(key.table), str(key.referenced), ", ".join(key.columns), line))
    used = dict.fromkeys(node.group for node in nodes)
    first = [name for name in targets if name in used]
    groups = (*first, *sorted(name for name in used if name not in first))
    return Graph(title, groups, tuple(nodes), tuple(edges))


def in_order(placements: Placements) -> list[Placement]:
    """The placements as they are listed: by target, then by name; what is left behind last."""
    return sorted(
        placements.tables.values(), key=lambda placement: (not placement.target, placement.target, placement.relation)
    )


def placement_section(placements: Placements, catalog: Catalog, rows: Rows) -> Section:
    """Where every table goes, as a report shows it. `rows` are those of each table in the source, where known."""
    return Section(
        "Placements",
        ("table", "target", "tenant key", "hops", "rows", "bytes", "why"),
        tuple(_row(one, catalog, rows) for one in in_order(placements)),
    )


def _headline(placed: int, undecided: int) -> str:
    if undecided:
        return f"{undecided} of {placed + undecided} tables {'has' if undecided == 1 else 'have'} no place yet."
    return f"All {placed} tables have their place." if placed else "The source has no tables."


def _undecided_section(undecided: tuple[Undecided, ...]) -> Section:
    return Section(
        "Undecided",
        ("table", "why", "could be written"),
        tuple((str(one.relation), one.reason, "\n".join(one.candidates)) for one in undecided),
        text="dry-run refuses until each of these has a target, or `ignore` with the reason, in migrator.toml.",
        tone="bad",
    )


def _severed_section(placements: Placements) -> Section:
    return Section(
        "Foreign keys that will cross databases",
        ("foreign key", "constraint"),
        tuple((key.label, key.name or "(not declared)") for key in placements.severed),
        text="They cannot be declared any more; verify checks them across databases instead.",
    )


def _row(placement: Placement, catalog: Catalog, rows: Rows) -> tuple[Cell, ...]:
    table = catalog.tables.get(placement.relation)
    name, destination = str(placement.relation), str(placement.destination)
    path = placement.tenant_path
    return (
        name if destination == name or not placement.target else f"{name}\nas {destination}",
        " + ".join(placement.targets) or "ignored",
        "\nelse ".join("\n".join(one.label) for one in path.alternatives) if path else "",
        len(path.hops) if path else None,
        rows.get(placement.relation),
        table.bytes if table else None,
        (placement.ignored or placement.reason) + (" (inferred)" if placement.inferred else ""),
    )


def _entry(placement: Placement, catalog: Catalog, rows: Rows) -> dict[str, object]:
    table = catalog.tables.get(placement.relation)
    path = placement.tenant_path
    return {
        "schema": placement.relation.schema,
        "table": placement.relation.name,
        "target": placement.target or None,
        "key_path": path.label if path else None,
        "otherwise": [one.label for one in path.otherwise] if path else [],
        "hops": len(path.hops) if path else None,
        "rows": rows.get(placement.relation),
        "bytes": table.bytes if table else None,
        "reason": placement.ignored or placement.reason,
        "inferred": placement.inferred,
        "destination": {"schema": placement.destination.schema, "table": placement.destination.name}
        if placement.target
        else None,
        "per_tenant": placement.per_tenant,
        "replicate": placement.replicate,
        "columns": placement.columns,
        "unowned": placement.unowned,
        "ignored": placement.ignored or None,
        "derived": placement.derived,
    }
