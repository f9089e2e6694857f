"""Every mutation that there is, and which damage shows that the code was changed."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from tests.safety.mutations.backups import backups
from tests.safety.mutations.change import Change
from tests.safety.mutations.code_commands import command_changes
from tests.safety.mutations.code_proof import proof_changes
from tests.safety.mutations.controls import controls
from tests.safety.mutations.damage import Damage
from tests.safety.mutations.objects import objects
from tests.safety.mutations.rows import rows
from tests.safety.mutations.sections import sections
from tests.safety.mutations.source import source
from tests.safety.mutations.state import state


def every_damage() -> list[Damage]:
    """Every mutation of data that there is."""
    return [one for part in (controls, rows, objects, source, state, backups) for one in part()]


def data_mutations(server_url: str) -> list[Damage]:
    """Those that a server is capable of."""
    with psycopg.connect(server_url) as connection:
        version = connection.info.server_version // 10000
        extensions = {name for (name,) in connection.execute("SELECT name FROM pg_available_extensions").fetchall()}
    return [one for one in every_damage() if one.since <= version and (not one.needs or one.needs in extensions)]


def code_mutations(damages: Sequence[Damage]) -> list[tuple[Change, list[Damage]]]:
    """Changes of the program, each with the damage that is not seen any more; none where a good split is told bad.

    Raises:
        LookupError: a change names damage that there is not.
    """
    named: dict[str, Damage] = {}
    for one in damages:
        named.setdefault(one.name, one)
        named[f"{one.name} ({one.command})"] = one
    written = [(one, [named[one.hides]] if one.hides else []) for one in (*proof_changes(), *command_changes())]
    by_section = []
    for change, shown in sections(every_damage()):
        if not shown:
            raise LookupError(f"{change.name}: no damage shows it")
        # The only one that this server is not capable of shows it on another.
        if capable := [one for one in shown if one.name in named]:
            by_section.append((change, capable))
    return [*written, *by_section]
