"""placements: where every table goes and why. Reads the catalog only."""

from __future__ import annotations

from migrator.core.outcome import Outcome, Section
from migrator.core.placement import Placement, Undecided, place
from migrator.postgres.catalog import read_catalog
from migrator.stages.workspace import Workspace


def placements(workspace: Workspace) -> Outcome:
    """Every table's target, key path and reason, and what has still to be decided (exit code 1).

    Raises:
        ConfigurationError: migrator.toml names what the source does not have.
        DatabaseError: the source cannot be reached.
    """
    with workspace.read_source("placements") as connection:
        catalog = read_catalog(connection, workspace.settings.source.schemas)
    found = place(catalog, workspace.settings)
    placed = sorted(found.tables.values(), key=lambda one: (one.target, str(one.relation)))
    undecided = len(found.undecided)
    return Outcome(
        "placements",
        "findings" if undecided else "done",
        1 if undecided else 0,
        headline=_headline(len(placed), undecided),
        summary={
            "source": str(workspace.source),
            "tenant root": str(found.tenant_root) if found.tenant_root else None,
            **{target: sum(one.target == target for one in placed) for target in workspace.settings.targets},
            "ignored": sum(not one.target for one in placed),
            "undecided": undecided,
        },
        sections=(
            *((_undecided_section(found.undecided),) if undecided else ()),
            Section(
                "Placements",
                ("table", "target", "becomes", "tenant key", "why"),
                tuple(_row(one) for one in placed),
            ),
            *(
                (
                    Section(
                        "Foreign keys that will cross databases",
                        ("foreign key", "table", "references"),
                        tuple((key.name, str(key.table), str(key.referenced)) for key in found.severed),
                        text="They cannot be declared any more; verify checks them across databases instead.",
                    ),
                )
                if found.severed
                else ()
            ),
        ),
        data={
            "placements": [_entry(one) for one in placed],
            "undecided": [
                {"table": str(one.relation), "candidates": one.candidates, "reason": one.reason}
                for one in found.undecided
            ],
            "severed": [
                {"name": key.name, "table": str(key.table), "references": str(key.referenced)} for key in found.severed
            ],
        },
        next=("migrator placements",) if undecided else ("migrator dry-run",),
    )


def _headline(placed: int, undecided: int) -> str:
    if undecided:
        return f"{undecided} of {placed + undecided} tables have no place yet."
    return f"All {placed} tables have their place." if placed else "The source has no tables."


def _undecided_section(undecided: tuple[Undecided, ...]) -> Section:
    return Section(
        "Undecided",
        ("table", "why", "could be written"),
        tuple((str(one.relation), one.reason, "\n".join(one.candidates)) for one in undecided),
        tone="bad",
    )


def _row(placement: Placement) -> tuple[str, ...]:
    destination = str(placement.destination)
    return (
        str(placement.relation),
        " + ".join(placement.targets) or "ignored",
        "" if destination == str(placement.relation) or not placement.target else destination,
        "\n".join(placement.key_path.label) if placement.key_path else "",
        placement.ignored or placement.reason,
    )


def _entry(placement: Placement) -> dict[str, object]:
    return {
        "table": str(placement.relation),
        "target": placement.target or None,
        "destination": str(placement.destination) if placement.target else None,
        "per_tenant": placement.per_tenant,
        "replicate": placement.replicate,
        "key_path": placement.key_path.label if placement.key_path else None,
        "columns": placement.columns,
        "unowned": placement.unowned,
        "ignored": placement.ignored or None,
        "inferred": placement.inferred,
        "derived": placement.derived,
        "reason": placement.reason,
    }
