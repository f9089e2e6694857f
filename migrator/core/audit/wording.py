"""Words and names in findings: counts with their noun, identifiers quoted as SQL needs them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from migrator.core.catalog import ForeignKey, Relation
from migrator.core.names import MAX_IDENTIFIER_BYTES

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


def qualified(relation: Relation) -> str:
    """The relation as SQL, always with its schema."""
    return f"{identifier(relation.schema)}.{identifier(relation.name)}"


def column_list(columns: Iterable[str]) -> str:
    """`a, "order"` as SQL."""
    return ", ".join(identifier(column) for column in columns)


def place(relation: Relation, columns: Iterable[str] = ()) -> str:
    """The stable name of a table, or of columns of it, in a finding's key: "public.orders(customer_id)"."""
    inside = ", ".join(columns)
    return f"{relation.schema}.{relation.name}" + (f"({inside})" if inside else "")


def key_place(key: ForeignKey) -> str:
    """The stable name of a foreign key, by its columns: constraints are renamed, and configured keys have no name."""
    return f"{place(key.table, key.columns)}->{place(key.referenced, key.referenced_columns)}"


def plural(count: int, noun: str, form: str = "") -> str:
    """ "1 row", "12 rows", "3 indexes"."""
    return f"{count:,} {noun if count == 1 else form or noun + 's'}"


def listed(words: Iterable[str], limit: int = 12) -> str:
    """ "a, b, c and 4 more"."""
    found = list(words)
    shown = ", ".join(found[:limit])
    return shown if len(found) <= limit else f"{shown} and {len(found) - limit} more"


# As pg_size_pretty counts and names them.
_SIZES = ("bytes", "kB", "MB", "GB", "TB", "PB")


def size(number: float) -> str:
    """A number of bytes in powers of 1024, named as PostgreSQL names them: 12.3 MB."""
    amount, step = float(number), 0
    # 1023.95 would be shown as 1024.0 of the smaller unit.
    while abs(amount) >= 1023.95 and step < len(_SIZES) - 1:
        amount, step = amount / 1024, step + 1
    return f"{number:.0f} bytes" if step == 0 else f"{amount:.1f} {_SIZES[step]}"


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
