"""Writes names as SQL text: quoted where necessary, and new ones as PostgreSQL would choose them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from migrator.core.schema.catalog import Relation
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES

# pg_get_keywords() where catcode is R or T, PostgreSQL 18: words that are no column or table name without quotes.
_RESERVED = frozenset({
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary", "both",
    "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch",
    "for", "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner",
    "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime",
    "localtimestamp", "natural", "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer",
    "overlaps", "placing", "primary", "references", "returning", "right", "select", "session_user", "similar",
    "some", "symmetric", "system_user", "table", "tablesample", "then", "to", "trailing", "true", "union", "unique",
    "user", "using", "variadic", "verbose", "when", "where", "window", "with",
})  # fmt: skip
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def identifier(name: str) -> str:
    """The name as SQL: quoted where it must be."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


# What may stand unquoted: PostgreSQL takes letters beyond ASCII too, and folds only A to Z.
_UNQUOTED = re.compile(r"(?:[a-z_]|[^\x00-\x7f])(?:[a-z0-9_$]|[^\x00-\x7f])*")


def needs_quotes(name: str) -> bool:
    """Whether the name means something else, or nothing, where it is written without quotes."""
    return not _UNQUOTED.fullmatch(name) or name in _RESERVED


def qualified(*names: str) -> str:
    """A name as SQL, with the schema that it is in: `qualified(*relation)`."""
    return ".".join(map(identifier, names))


def column_list(columns: Iterable[str]) -> str:
    """`a, "order"` as SQL."""
    return ", ".join(identifier(column) for column in columns)


def free_name(relation: Relation, columns: Iterable[str], suffix: str, taken: Collection[Relation]) -> Relation:
    """A free name as PostgreSQL would choose it, within its 63 bytes: orders_customer_id_idx, orders_pkey."""
    stem = "_".join((relation.name, *columns))
    number = 0
    while True:
        tail = f"_{suffix}{number or ''}"
        room = MAX_IDENTIFIER_BYTES - len(tail)
        name = Relation(relation.schema, stem.encode()[:room].decode(errors="ignore") + tail)
        if name not in taken:
            return name
        number += 1
