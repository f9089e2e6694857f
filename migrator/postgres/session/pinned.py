"""The settings that every session pins, whatever server, database or role have as default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from psycopg import sql

# Text formats of values that both sides of a comparison must agree on, limits that a role may have (pgcopydb#344,
# #900), and what changes the meaning of a statement. Row security would silently hide rows; off, it raises.
PINNED: Mapping[str, str] = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
    "standard_conforming_strings": "on",
    # Off, '{NULL}' is read as the string: a value would change on its way.
    "array_nulls": "on",
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",
    "gin_fuzzy_search_limit": "0",
    "search_path": "",
    "row_security": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "60s",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "exit_on_error": "off",
    "client_min_messages": "notice",
    "jit": "off",
    # What the journal calls done must outlive a crash, whatever the role or the server has as its default.
    "synchronous_commit": "on",
    # A role or a database may have it on; sessions that only read say so themselves (READ_ONLY).
    "default_transaction_read_only": "off",
}
# These exist only from some version on; named with the version that brought them.
_PINNED_SINCE: Mapping[str, tuple[int, str]] = {
    "idle_session_timeout": (140000, "0"),
    "createrole_self_grant": (160000, ""),
    "transaction_timeout": (170000, "0"),
    "restrict_nonsystem_relation_kind": (170000, ""),
}
# Only a superuser may set these, for a role that then cannot set them back: touched where they deviate, and only there.
_PINNED_WHERE_DEVIATING: Mapping[str, str] = {
    "session_replication_role": "origin",
    "track_counts": "on",
}
# What a revision runs under: as `alembic upgrade` would, less the limits and the format that the driver cannot read.
_OF_REVISIONS = (
    "DateStyle",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "lock_timeout",
    "synchronous_commit",
    "default_transaction_read_only",
)
# What pg_dump, pg_restore and psql depend on and do not set themselves.
_OF_PROGRAMS = ("array_nulls", "transform_null_equals", "quote_all_identifiers", "default_transaction_read_only")


def pinned(server_version: int, settings: Mapping[str, str] | None = None) -> sql.Composed:
    """The statements that pin a session of ours; `settings` are further ones, which win.

    `server_version` is server_version_num: 180004.
    """
    chosen = {
        **PINNED,
        **{name: value for name, (since, value) in _PINNED_SINCE.items() if server_version >= since},
        **(settings or {}),
    }
    return sql.SQL("; ").join([*_assignments(chosen), *_corrections()])


def pinned_for_revisions() -> sql.Composed:
    """The statements that pin a session in which a user's Alembic revisions run."""
    return sql.SQL("; ").join(_assignments({name: PINNED[name] for name in _OF_REVISIONS}))


def pinned_for_programs() -> dict[str, str]:
    """The settings that client programs need and do not set themselves."""
    return {name: PINNED[name] for name in _OF_PROGRAMS}


def _assignments(settings: Mapping[str, str]) -> Iterator[sql.Composed]:
    for name, value in settings.items():
        yield sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value))


def _corrections() -> Iterator[sql.Composed]:
    for name, value in _PINNED_WHERE_DEVIATING.items():
        yield sql.SQL(
            "SELECT pg_catalog.set_config({name}, {value}, false) WHERE pg_catalog.current_setting({name}) <> {value}"
        ).format(name=sql.Literal(name), value=sql.Literal(value))
