"""Creates databases with a mark inside, and drops only those whose mark says so."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import psycopg
from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.errors import RefusedError
from migrator.postgres.schema.sequence_states import lift_blocks
from migrator.postgres.session.connect import Connection, Endpoint, rows, session, translated

MARK_PREFIX = "migrator "
FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the comment on a database or schema of ours says: which run made it, as what."""

    run: str
    # template, bare, target, scratch, restored, control; "building" while a database has no mark yet; "finished" once
    # its run has ended: nothing of ours drops it any more
    role: str
    target: str = ""
    tenant: str = ""
    epoch: str = ""  # of a fence

    @property
    def text(self) -> str:
        """The comment as it is written."""
        return MARK_PREFIX + json.dumps(
            {name: value for name in ("run", "role", "target", "tenant", "epoch") if (value := getattr(self, name))},
            ensure_ascii=False,
        )

    @classmethod
    def parse(cls, comment: str | None) -> Mark | None:
        """The mark in a database's comment, or None where the comment is somebody else's."""
        if not comment or not comment.startswith(MARK_PREFIX):
            return None
        try:
            return cls(**json.loads(comment.removeprefix(MARK_PREFIX)))
        except (ValueError, TypeError):
            return None


class MarkedDatabase(NamedTuple):
    """A database of ours, by the name of its server in migrator.toml, with the mark that is inside it."""

    server: str
    database: str
    mark: Mark

    @property
    def place(self) -> tuple[str, str]:
        """(target, tenant) that it was made for."""
        return self.mark.target, self.mark.tenant


# CREATE DATABASE cannot share a transaction with its comment. So a database is made under a name that says whose it
# is, marked, and then renamed: after a crash at any point, name or mark tell that it is ours.
_BUILDING = re.compile(r"migrator_(\d{8}-\d{6}-[0-9a-f]{4})_[0-9a-f]{16}")


def _building_name(run: str, name: str) -> str:
    return f"migrator_{run}_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def marks(connection: Connection, names: Sequence[str] | None = None) -> Mapping[str, Mark | None]:
    """The server's databases (of these names) with their marks (None: not ours); names mark those still being made."""
    return {
        name: Mark(building[1], "building") if (building := _BUILDING.fullmatch(name)) else Mark.parse(comment)
        for name, comment in rows(connection, "databases/marks", {"names": None if names is None else list(names)})
    }


def of_run(marked: Mapping[str, Mark | None], run: str) -> dict[str, Mark]:
    """Those of the databases with their marks that the run made."""
    return {name: mark for name, mark in marked.items() if mark is not None and mark.run == run}


def create_database(
    connection: Connection,
    name: str,
    mark: Mark,
    *,
    template: str = "template0",
    like: Endpoint | None = None,
) -> bool:
    """Creates and marks a database; True where it was created, False where this run had made it before.

    `like` names a database whose encoding and locale are taken over (only from template0).

    Raises:
        RefusedError: a database of that name exists and is not of this run.
    """
    building = _building_name(mark.run, name)
    existing = marks(connection, [name, building])
    if name in existing:
        if existing[name] == mark:
            return False
        owner = existing[name]
        whose = f"of run {owner.run}" if owner else "not made by migrator"
        raise RefusedError(
            f"The database {name!r} exists already and is {whose}.",
            "Rename or drop it yourself if it is not needed, choose other names ([source] prefix), "
            "or take back the run that made it: migrator rollback.",
        )
    _require_whole_name(name)
    options = [sql.SQL("TEMPLATE {}").format(sql.Identifier(template))]
    if like is not None:
        options += locale_options(like)
    if building in existing:
        drop_database(connection, building, run=mark.run)  # an attempt that died
    connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(building), sql.SQL(" ").join(options)))
    comment(connection, building, mark)
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name)))
    return True


def _require_whole_name(name: str) -> None:
    """Refuses a name that the server would cut: what it made would be called otherwise, or be somebody else's.

    Raises:
        RefusedError: the name takes more than 63 bytes.
    """
    if len(name.encode()) > MAX_IDENTIFIER_BYTES:
        raise RefusedError(
            f"The database name {name!r} takes {len(name.encode())} bytes, and a name holds {MAX_IDENTIFIER_BYTES}.",
            "Choose a shorter prefix ([source] prefix, --prefix, MIGRATOR_PREFIX) or database pattern.",
        )


def comment(connection: Connection, name: str, mark: Mark) -> None:
    """Writes the mark into the database's comment."""
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(mark.text)))


def release_database(endpoint: Endpoint, mark: Mark, bounds: Mapping[Relation, tuple[int, bool]]) -> None:
    """Makes a target database its applications' own: no block of numbers, no receipts, and a mark that says so.

    `bounds` are its sequences' own limits, each with whether it rises. One transaction: the mark tells all of it.
    """
    with session(endpoint, purpose="finish") as connection, connection.transaction():
        lift_blocks(connection, bounds)
        connection.execute("DROP SCHEMA IF EXISTS migrator_receipts CASCADE")
        comment(connection, endpoint.database, replace(mark, role=FINISHED))


@lru_cache(maxsize=64)  # a database keeps its encoding and locale for life
def locale_options(like: Endpoint) -> tuple[sql.Composed, ...]:
    """CREATE DATABASE options that repeat another database's encoding and locale: text must sort and compare alike."""
    with session(like, purpose="locale") as connection:
        # datlocprovider came with 15, and the column daticulocale became datlocale in 17.
        row = connection.execute(
            "SELECT pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype, to_jsonb(d) ->> 'datlocprovider', "
            "coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') "
            "FROM pg_catalog.pg_database d WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    encoding, collate, ctype, provider, locale = row
    options = [
        sql.SQL("ENCODING {}").format(sql.Literal(encoding)),
        sql.SQL("LC_COLLATE {}").format(sql.Literal(collate)),
        sql.SQL("LC_CTYPE {}").format(sql.Literal(ctype)),
    ]
    if provider == "i":
        options.append(sql.SQL("LOCALE_PROVIDER icu ICU_LOCALE {}").format(sql.Literal(locale)))
    elif provider == "b":
        options.append(sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE {}").format(sql.Literal(locale)))
    elif provider == "c":
        options.append(sql.SQL("LOCALE_PROVIDER libc").format())
    return tuple(options)


def drop_database(connection: Connection, name: str, *, run: str) -> bool:
    """Drops a database of that run; True where it was there.

    Raises:
        RefusedError: it carries no mark of that run.
    """
    existing = marks(connection, [name])
    if name not in existing:
        return False
    mark = existing[name]
    if mark is None or mark.run != run:
        raise RefusedError(
            f"The database {name!r} carries no mark of run {run}; it is left alone.",
            "If it is yours, drop it yourself.",
        )
    if mark.role == FINISHED:
        raise RefusedError(
            f"The database {name!r} is of run {run}, which was finished: it is its applications' now, and left alone.",
            "If nobody needs it, drop it yourself.",
        )
    _force_drop(connection, name)
    return True


def _force_drop(connection: Connection, name: str) -> None:
    """Drops a database after ending the sessions in it, as far as this role may end them."""
    plain = sql.SQL("DROP DATABASE {}").format(sql.Identifier(name))
    if connection.info.server_version >= 130000:
        # FORCE wants the right to end autovacuum workers too, which belong to nobody: an ordinary role is refused for
        # as long as one is at work there. Without it the server sends them away itself.
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute(plain + sql.SQL(" WITH (FORCE)"))
            return
        rows(connection, "databases/end_occupants", {"database": name})
    connection.execute(plain)


def is_empty(endpoint: Endpoint) -> bool:
    """Whether a database holds no relation of anybody's."""
    with session(endpoint, purpose="check") as connection:
        row = connection.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class c "
            "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')"
        ).fetchone()
    return bool(row and row[0])


def exists(server: Endpoint, name: str) -> bool:
    """Whether the server has a database of that name."""
    with session(server, purpose="check") as connection:
        return (
            connection.execute("SELECT FROM pg_catalog.pg_database WHERE datname = %s", [name]).fetchone() is not None
        )


def ensure_control(server: Endpoint, name: str) -> Endpoint:
    """The control database, created and marked where it is missing.

    Raises:
        RefusedError: a database of that name exists that is not a control database of ours.
    """
    _require_whole_name(name)
    mark = Mark(run="-", role="control")
    with session(server, purpose="control") as connection, translated(server):
        existing = marks(connection, [name])
        if name in existing:
            marked = existing[name]
            if marked is None and is_empty(server.at(name)):
                # Made a moment ago, or by an attempt that died before it could mark it; nothing is in it to lose.
                comment(connection, name, mark)
            elif marked is None or marked.role != "control":
                raise RefusedError(
                    f"The database {name!r} exists and is not a control database of migrator.",
                    "Choose another name: [control] database in migrator.toml, or MIGRATOR_CONTROL_DATABASE.",
                )
        else:
            # Another migrator may be faster by a moment; its mark may not be there yet, and equals ours.
            with contextlib.suppress(psycopg.errors.UniqueViolation, psycopg.errors.DuplicateDatabase):
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            comment(connection, name, mark)
    return server.at(name)


def drop_control(connection: Connection, name: str) -> None:
    """Drops a control database, with everything that its journal knows.

    Raises:
        RefusedError: it carries no mark of a control database.
    """
    mark = marks(connection, [name]).get(name)
    if mark is None or mark.role != "control":
        raise RefusedError(f"The database {name!r} is not a control database of migrator.", "It is left alone.")
    _force_drop(connection, name)
