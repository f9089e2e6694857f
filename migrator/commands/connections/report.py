"""Presents the map of connections."""

from __future__ import annotations

from migrator.commands.connections.command import ServingMap
from migrator.core.connections.formats import MapFormat, url, written
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural


def present(result: ServingMap, form: MapFormat | None = None) -> Outcome:
    """The map as a report; with `form` its text in that format, which is written instead of it.

    Raises:
        ConfigurationError: a name cannot be written in that format.
    """
    entries = result.map.entries
    live = sum(entry.state == "live" for entry in entries)
    states = ", ".join(
        f"{count} {state}"
        for state in ("monolith", "frozen", "live")
        if (count := sum(entry.state == state for entry in entries))
    )
    return Outcome(
        "connections",
        run_id=result.map.run,
        headline=f"{plural(live, 'database')} of {len(entries)} {'serves' if live == 1 else 'serve'} rows instead of "
        f"{result.source}.",
        summary={"plan": result.plan_state, "states": states, "generation": result.map.generation},
        sections=(
            Section(
                "Who serves which rows",
                ("name", "target", "tenant", "state", "connection"),
                tuple(
                    (entry.name, entry.target, entry.tenant or None, entry.state, url(entry.address))
                    for entry in entries
                ),
            ),
        ),
        data={"map": result.map.to_document()},
        verbatim=written(result.map, form) if form is not None else "",
    )
