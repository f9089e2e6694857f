"""What becomes of the source when a run has ended: kept fenced, made read-only, renamed, or given back to writers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from migrator.commands.shared.workspace import RunContext
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.errors import RefusedError
from migrator.postgres.databases.databases import exists
from migrator.postgres.fence.fence import lift_fence, read_fence
from migrator.postgres.fence.read_only import make_read_only, make_writable, rename_database
from migrator.postgres.session.connect import session

SourceEnd = Literal["keep-fenced", "read-only", "rename", "unfence"]
SOURCE_ENDS: tuple[SourceEnd, ...] = ("keep-fenced", "read-only", "rename", "unfence")


@dataclass(frozen=True)
class RunEnd:
    """How a run ends: what becomes of the source, and whether the targets' templates go."""

    source: SourceEnd = "keep-fenced"
    drop_templates: bool = False


MEANING: dict[SourceEnd, str] = {
    "keep-fenced": "stays as it is: every write to its tables is refused",
    "read-only": "is read-only for whoever does not ask otherwise; its fence, where it has one, stays",
    "rename": "gets another name, by which no application finds it; its fence, where it has one, stays",
    "unfence": "takes writes again; nothing of them reaches the new databases",
}


def new_name(context: RunContext) -> str:
    """What the source is called once it is renamed."""
    tail = f"_retired_{context.id.replace('-', '_')}"
    return context.source.database.encode()[: MAX_IDENTIFIER_BYTES - len(tail)].decode(errors="ignore") + tail


def require_possible(context: RunContext, end: SourceEnd) -> None:
    """Refuses an end that the source cannot have.

    Raises:
        RefusedError: it is to stay fenced and is not, or the new name is taken.
    """
    with context.workspace.read_source("finish") as connection:
        fence = read_fence(connection)
    if end == "keep-fenced" and (fence is None or fence.run != context.id):
        raise RefusedError(
            f"{context.source} is not fenced by run {context.id}, so it cannot stay so.",
            "Say what is to become of it: --retire read-only, --retire rename or --retire unfence.",
        )
    if end == "rename" and exists(context.source.at("postgres"), new_name(context)):
        raise RefusedError(f"There is a database {new_name(context)} already.", "Rename or drop it yourself.")


def retire_source(context: RunContext, end: SourceEnd) -> None:
    """Makes the source what was chosen; twice does no harm.

    Raises:
        RefusedError: a session in it does not end, or cannot be ended by this role.
        DatabaseError: the role may not alter it, or a table could not be locked.
    """
    name = context.source.database
    if end == "unfence":
        with session(context.source, purpose="finish", settings={"default_transaction_read_only": "off"}) as own:
            make_writable(own, name)
            # The sequences stay behind the numbers that the new databases give: a copy of one may come back some day.
            lift_fence(own, context.workspace.lock_wait)
        context.journal.artefact("fence", "source", "dropped")
        context.workspace.fence.lifted()
    if end == "read-only":
        with session(context.source, purpose="finish", settings={"default_transaction_read_only": "off"}) as own:
            make_read_only(own, name)
    if end == "rename":
        with session(context.source.at("postgres"), purpose="finish") as server:
            rename_database(server, name, new_name(context))
