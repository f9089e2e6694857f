"""The search_path under which a source's rows are read and its targets' are written: that of its own sessions."""

from __future__ import annotations

from migrator.postgres.session.connect import READ_ONLY, Endpoint, rows, session


def read_search_path(source: Endpoint) -> str:
    """The schemas, quoted and joined by commas, or '' where no function that rows call looks anything up by it.

    A function may name others without their schema ("plain(text)"), and so be found only under the path that the
    application's sessions have; everything of ours is named in full. Only schemas that exist are in it.

    Raises:
        DatabaseError: the source cannot be reached.
    """
    with session(source, purpose="search path", settings=READ_ONLY) as connection:
        ((needed, path, owner),) = rows(connection, "session/search_path")
        if not needed:
            return ""
        with connection.transaction(force_rollback=True):
            connection.execute(
                "SELECT pg_catalog.set_config('search_path', %s, true)",
                # The roles that applications connect as are not known; a schema of its own is the owner's.
                [path.replace('"$user"', owner) if owner else path],
            )
            row = connection.execute(
                "SELECT string_agg(pg_catalog.quote_ident(name), ', ' ORDER BY place) "
                "FROM unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS s (name, place)"
            ).fetchone()
    return row[0] or "" if row is not None else ""
