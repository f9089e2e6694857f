"""Examines one server, or the source, by way of sessions that only read."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import datetime
from typing import Literal, cast

import psycopg

from migrator.core.doctor.facts import Connectedness, Control, ExaminedServer, ExaminedSource, Locale
from migrator.postgres.copy.units import session_budget
from migrator.postgres.databases.databases import is_empty, marks
from migrator.postgres.plan.pooler import is_pooled
from migrator.postgres.plan.server_facts import free_bytes, missing_grants
from migrator.postgres.session.connect import READ_ONLY, Connection, Endpoint, rows, session, system_identifier

SOURCE = "source"
_PROVIDERS: dict[str, Literal["libc", "icu", "builtin"]] = {"c": "libc", "i": "icu", "b": "builtin"}
_CHECKED = ("verify-ca", "verify-full")


def examine_source(endpoint: Endpoint, configured_sessions: int | None) -> ExaminedSource:
    """The source and its server.

    Raises:
        DatabaseError: it cannot be reached.
    """
    pooled = is_pooled(endpoint)
    with session(endpoint, purpose="doctor", settings=READ_ONLY) as connection:
        return ExaminedSource(
            _examined(SOURCE, endpoint, connection, configured_sessions, pooled=pooled),
            rows(connection, "doctor/server")[0][2],
            missing_grants(connection),
            {name: version for _, name, version in rows(connection, "schema/extensions")},
            frozenset(name for (name,) in rows(connection, "audit/extensions")),
        )


def examine_server(
    name: str, endpoint: Endpoint, configured_sessions: int | None, configured_bytes: int | None
) -> ExaminedServer:
    """One target server; `configured_bytes` is the free disk that migrator.toml says.

    Raises:
        DatabaseError: it cannot be reached.
    """
    pooled = is_pooled(endpoint)
    with session(endpoint, purpose="doctor", settings=READ_ONLY) as connection:
        examined = _examined(name, endpoint, connection, configured_sessions, pooled=pooled)
        return replace(examined, free_bytes=configured_bytes) if configured_bytes is not None else examined


def knows_locale(endpoint: Endpoint, locale: Locale) -> bool:
    """Whether databases of that locale can be made on the server, as far as its catalogs show.

    Raises:
        DatabaseError: it cannot be reached.
    """
    if locale.provider != "libc" or locale.name in ("C", "POSIX"):
        return True  # ICU takes any name; C is everywhere
    with session(endpoint, purpose="doctor", settings=READ_ONLY) as connection:
        ((known,),) = rows(connection, "doctor/known_locale", {"locale": locale.name})
        return bool(known)


def examine_control(endpoint: Endpoint, name: str) -> Control:
    """The control database of that name, without making it.

    Raises:
        DatabaseError: its server cannot be reached.
    """
    with session(endpoint, purpose="doctor", settings=READ_ONLY) as connection:
        marked = marks(connection, [name])
        if name not in marked:
            return Control(name, exists=False, is_ours=False, is_open=False)
        ((is_open,),) = rows(connection, "doctor/control_access", {"name": name})
    mark = marked[name]
    # One that somebody made for us beforehand has no mark yet, and nothing in it.
    is_ours = mark.role == "control" if mark is not None else not is_open or is_empty(endpoint.at(name))
    return Control(name, exists=True, is_ours=is_ours, is_open=bool(is_open))


def _examined(
    name: str, endpoint: Endpoint, connection: Connection, configured_sessions: int | None, *, pooled: bool
) -> ExaminedServer:
    ((role, may_create, may_make_roles, passes, _),) = rows(connection, "databases/server_role")
    ((standby, local, _),) = rows(connection, "doctor/server")
    ahead, uncertainty = _clock(connection)
    return ExaminedServer(
        name,
        str(endpoint),
        connection.info.server_version,
        _identity(connection),
        standby,
        role,
        may_create,
        may_make_roles,
        passes,
        frozenset(known for (known,) in connection.execute("SELECT rolname FROM pg_catalog.pg_roles")),
        session_budget(connection, configured_sessions),
        free_bytes(connection),
        Connectedness(
            local, _encryption(connection), _checks_certificate(endpoint), pooled, ahead, uncertainty
        ),
        _locale(connection),
        tuple(rows(connection, "doctor/outdated_collations")),
        {extension: version for extension, version in rows(connection, "plan/available_extensions")},
    )  # fmt: skip


def _identity(connection: Connection) -> str:
    try:
        return system_identifier(connection)
    except psycopg.errors.InsufficientPrivilege:
        return ""  # what the role lacks is among the missing grants


def _clock(connection: Connection) -> tuple[float, float]:
    """By how many seconds the server's clock is ahead of ours, and by how many that may be wrong."""
    before = time.time()
    row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
    after = time.time()
    assert row is not None
    moment: datetime = row[0]
    return moment.timestamp() - (before + after) / 2, (after - before) / 2


def _encryption(connection: Connection) -> str:
    told = rows(connection, "doctor/encryption")
    return str(told[0][0] or "") if told else ""


def _checks_certificate(endpoint: Endpoint) -> bool:
    return (endpoint.parameters.get("sslmode") or os.environ.get("PGSSLMODE")) in _CHECKED


def _locale(connection: Connection) -> Locale:
    ((encoding, provider, name, recorded),) = rows(connection, "doctor/locale")
    actual = None
    if connection.info.server_version >= 150000:
        ((actual,),) = rows(connection, "doctor/locale_version")
    return Locale(encoding, _PROVIDERS[provider], name, recorded, cast("str | None", actual))
