"""Values for a column by its type: what COPY is given where neither a key nor a vocabulary decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from examples.topsteel.copytext import BASE, BYTES, JSON_OBJECTS, KEYWORDS, NULL, TIMES, one
from examples.topsteel.drawing import mix
from migrator.core.schema.catalog import Column

from .monolith import Field
from .words import Words, words

# (row, a random number of the column, a random number of the whole row) -> value
_Value = Callable[[int, int, int], str]

_NULL_EVERY = 7  # every so many-th value of a nullable column
_NODE = 0x5555555555555555
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIRST_YEARS = 900  # a row's own day leaves room for what happens after it
_DAYS = tuple((BASE + timedelta(days=offset)).isoformat() for offset in range(-1096, 400))
# What follows a row's own day, by so many days at most: it was changed, it ends, it falls due.
_LATER = (
    (re.compile(r"updated|modif|last_|derni|read_at|sent_at|lu_le", re.I), 30),
    (
        re.compile(r"end|fin|due|echeance|until|completed|closed|paid|resolved|prochaine|next|approved|signed", re.I),
        180,
    ),
)
_INTEGER = re.compile(r"smallint|integer|bigint")
_TYPE = re.compile(
    r"(?P<name>[^(\[]+?)\s*(?:\((?P<precision>\d+)(?:,(?P<scale>\d+))?\))?(?P<rest>[^\[(]*)(?P<array>\[\])?$"
)


def uuid(row: int, salt: int) -> str:
    """A random UUID of version 4 that is always the same for a row."""
    first, second, node = mix(row, salt), mix(row, ~salt), mix(row, salt ^ _NODE)
    return (
        f"{first >> 15:08x}-{first & 0x7FFF:04x}-4{second >> 35:03x}-{0x8000 | second >> 21 & 0x3FFF:04x}-{node:012x}"
    )


def cuid(row: int, salt: int) -> str:
    """A key as Prisma makes them: c and 24 digits to the base 36, the last eight of which count."""
    return f"c{_base36(mix(row, salt))}{_base36(mix(row, ~salt))}{_base36(row)}"


def key(column: Column, salt: int) -> Field:
    """Values for a column that tells rows apart: 1, 2, 3, a UUID or a CUID, whatever its type holds."""
    name, length, _ = _parsed(column.type)
    if _INTEGER.fullmatch(name):
        return lambda row: str(row + 1)
    if name == "uuid" or length == 36:
        return lambda row: uuid(row, salt)
    return lambda row: cuid(row, salt)


def distinct(column: Column, salt: int) -> Field:
    """Values for any other column that must not repeat."""
    name, length, _ = _parsed(column.type)
    if name not in ("text", "character varying"):
        return key(column, salt)
    found = words(column.name, length, nullable=False)
    if found.distinct:
        return lambda row: found.text(row, mix(row, salt))
    return lambda row: f"{found.text(row, mix(row, salt))} {row + 1}"


def ordinary(column: Column, labels: Sequence[str], row_salt: int, salt: int) -> Field:
    """Values for a column that may repeat; every seventh is NULL where that is allowed.

    `labels` are those of its enum type, if it has one.

    Raises:
        ValueError: nothing is known of its type.
    """
    value = _value(column, labels)
    nullable = not column.not_null

    def field(row: int) -> str:
        draw = mix(row, salt)
        if nullable and draw % _NULL_EVERY == 0:
            return NULL
        return value(row, draw // _NULL_EVERY, mix(row, row_salt))

    return field


def _value(column: Column, labels: Sequence[str]) -> _Value:
    if labels:
        return lambda _row, draw, _whole: one(labels, draw)
    name, length, scale = _parsed(column.type)
    match name:
        case "text" | "character varying":
            found: Words = words(column.name, length, nullable=not column.not_null)
            return lambda row, draw, _whole: found.text(row, draw)
        case "boolean":
            return lambda _row, draw, _whole: "ft"[draw % 2]
        case "smallint" | "integer" | "bigint":
            return _integer(column.name)
        case "numeric" | "double precision" | "real":
            return _number(length or 9, scale)
        case "date":
            return _day(column)
        case "timestamp without time zone" | "timestamp with time zone":
            day = _day(column)
            return lambda row, draw, whole: _at_some_time(day(row, draw, whole), draw)
        case "time without time zone":
            return lambda _row, draw, _whole: f"{7 + draw % 12:02}:{draw % 4 * 15:02}:00"
        case "json" | "jsonb":
            return lambda _row, draw, _whole: one(JSON_OBJECTS, draw)
        case "text[]" | "character varying[]":
            return lambda _row, draw, _whole: one(KEYWORDS, draw)
        case "double precision[]":
            return lambda _row, draw, _whole: f"{{{draw % 997 / 997},{draw % 991 / -991},1e-07,0}}"
        case "bytea":
            contents = tuple(value for value in BYTES if value != NULL)
            return lambda _row, draw, _whole: one(contents, draw)
        case "inet":
            return lambda _row, draw, _whole: f"10.{draw % 256}.{draw // 256 % 256}.7"
        case "uuid":
            return lambda row, draw, _whole: uuid(row, draw)
    raise ValueError(f"nothing is known of the type {column.type} of the column {column.name}")


def _at_some_time(day: str, draw: int) -> str:
    return NULL if day == NULL else f"{day} {one(TIMES, draw)}"


def _integer(name: str) -> _Value:
    if re.search(r"annee|year", name, re.I):
        return lambda _row, draw, _whole: str(2022 + draw % 3)
    if re.search(r"mois|month", name, re.I):
        return lambda _row, draw, _whole: str(1 + draw % 12)
    return lambda _row, draw, _whole: str(draw % 1000)


def _number(precision: int, scale: int) -> _Value:
    limit, fraction = 10 ** min(precision - scale, 6), 10**scale
    if scale == 0:
        return lambda _row, draw, _whole: str(draw % limit)
    # The last digits may be zeros: 0.50 and 0.5 are equal and not the same.
    return lambda _row, draw, _whole: f"{draw % limit}.{draw // 7 % fraction:0{scale}}"


def _day(column: Column) -> _Value:
    name = column.name.lower()
    if "deleted" in name or "supprime" in name:
        return lambda _row, _draw, _whole: NULL  # flaws set it
    if "expir" in name:
        return lambda _row, draw, _whole: f"2099-{1 + draw % 12:02}-15"
    later = next((days for pattern, days in _LATER if pattern.search(name)), 0)
    if later:
        return lambda _row, draw, whole: _DAYS[whole % _FIRST_YEARS + 1 + draw % later]
    return lambda _row, _draw, whole: _DAYS[whole % _FIRST_YEARS]


def _parsed(type_: str) -> tuple[str, int | None, int]:
    """("numeric", 10, 2) of numeric(10,2); ("timestamp without time zone", 3, 0); ("text[]", None, 0)."""
    found = _TYPE.match(type_)
    if found is None:
        raise ValueError(f"nothing is known of the type {type_}")
    precision = found["precision"]
    name = f"{found['name']}{found['rest']}{found['array'] or ''}"
    return name, int(precision) if precision else None, int(found["scale"] or (2 if not precision else 0))


def _base36(number: int) -> str:
    digits = ""
    for _ in range(8):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
