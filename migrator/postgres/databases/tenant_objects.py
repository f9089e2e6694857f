"""Makes the objects of one tenant in its database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from psycopg import sql

from migrator.core.schema.catalog import Catalog, Relation
from migrator.postgres.copy.receipts import find_receipt, write_receipt
from migrator.postgres.schema.catalog import Objects
from migrator.postgres.schema.sequences import set_sequences
from migrator.postgres.session.connect import Endpoint, restore_search_path, session


def make_objects(
    endpoint: Endpoint, statements: Iterable[str], sequences: Mapping[Relation, int], *, receipt: str, epoch: str
) -> None:
    """Executes the source's DDL and sets sequences, in one transaction with the receipt; nothing where that is there.

    Raises:
        DatabaseError: a statement failed; nothing of it stays.
        RefusedError: they were made from another state of the source.
    """
    with session(endpoint, purpose="own objects") as connection, connection.transaction():
        if find_receipt(connection, receipt, epoch) is not None:
            return
        for statement in statements:
            connection.execute(sql.SQL(statement))
        # What pg_dump sets for its own statements holds for these alone.
        connection.execute("SET row_security = off")
        restore_search_path(connection)
        set_sequences(connection, sequences.items())
        write_receipt(connection, receipt, epoch)


def belonging(
    objects: Objects, relations: Collection[Relation], catalog: Catalog, but: Collection[tuple[Relation, str]]
) -> Objects:
    """Those of a database's objects that are these relations or parts of them, less the constraints in `but`."""
    names = [_quoted(*relation) for relation in relations]
    indexes = {
        _quoted(relation.schema, index.name)
        for relation in relations
        if relation in catalog.tables
        for index in catalog.tables[relation].indexes
    }
    left = {f"{_quoted(*relation)}.{_quoted(name)}" for relation, name in but}
    parts = {}
    for (kind, identity), definition in objects.items():
        # "privilege" of "relation public.x": the kind of the object comes first.
        name = identity.partition(" ")[2] if kind in ("owner", "privilege", "comment") else identity
        if name in left:
            continue
        if name in indexes or any(name == one or name.startswith(f"{one}.") for one in names):
            parts[kind, identity] = definition
    return parts


def _quoted(*parts: str) -> str:
    """A qualified name as quote_ident spells it."""
    return ".".join(part if _is_plain(part) else sql.Identifier(part).as_string(None) for part in parts)


def _is_plain(name: str) -> bool:
    # No keyword ends in a tenant's key; quote_ident quotes whatever holds more than these characters.
    return name[:1].isalpha() and name.isascii() and name.islower() and name.replace("_", "").isalnum()
