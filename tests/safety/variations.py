"""Random monoliths: tables that hang on the small case's, with columns of all types and values that hurt."""

from __future__ import annotations

import json
import random
import string
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import sql

from tests.safety.case import Variation

_HURTING = (
    *("", "\\N", "\\", "a\tb", "line\nbreak", "'", '"', "%s", "--", ";"),
    *("NULL", "{}", "é€𝄞", "\r", "\b\f\v", " ", "\\."),
)
_TYPES = (
    *("int", "bigint", "text", "varchar(40)", "char(5)", "numeric", "numeric(9,3)", "float8", "boolean", "date"),
    *("timestamptz", "interval", "uuid", "bytea", "jsonb", "json", "text[]", "int[]", "mood", "inet", "int4range"),
)


def _text(rng: random.Random) -> str:
    if rng.random() < 0.6:
        return rng.choice(_HURTING)
    return "".join(rng.choice(string.printable[:94] + " äß\t\\") for _ in range(rng.randrange(30)))


def _value(rng: random.Random, type_: str) -> Any:
    if rng.random() < 0.15:
        return None
    match type_:
        case "int":
            return rng.choice((0, -1, 2**31 - 1, rng.randrange(1000)))
        case "bigint":
            return str(rng.choice((-(2**63), 2**63 - 1, rng.randrange(10**12))))
        case "text":
            return _text(rng)
        case "varchar(40)":
            return _text(rng)[:40]
        case "char(5)":
            return _text(rng)[:5]
        case "numeric":
            return rng.choice(("NaN", "1.0", "1.00", "-0.000", "1e40", str(rng.random())))
        case "numeric(9,3)":
            return str(round(rng.uniform(-99999, 99999), 3))
        case "float8":
            return rng.choice(("NaN", "-0", "Infinity", "1e-300", repr(rng.random())))
        case "boolean":
            return rng.random() < 0.5
        case "date":
            return rng.choice(("infinity", "4713-01-01 BC", "2024-02-29"))
        case "timestamptz":
            return (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(10**15))).isoformat()
        case "interval":
            return rng.choice(("1 day", "24 hours", "-3 mons 2 days", "0.000001 sec"))
        case "uuid":
            return f"{rng.getrandbits(128):032x}"
        case "bytea":
            return "\\x" + rng.randbytes(rng.randrange(12)).hex()
        case "jsonb" | "json":
            return json.dumps({_text(rng): [_text(rng), rng.random(), None]}).replace("\\u0000", "")
        case "text[]":
            return [None if rng.random() < 0.2 else _text(rng) for _ in range(rng.randrange(4))]
        case "int[]":
            return [rng.randrange(100) for _ in range(rng.randrange(4))]
        case "mood":
            return rng.choice(("sad", "ok", "happy"))
        case "inet":
            return rng.choice(("10.0.0.1/8", "::1", "192.168.1.1"))
        case "int4range":
            return rng.choice(("empty", "[1,5)", "(,3)"))
    raise AssertionError(type_)


def variation(seed: int) -> Variation:
    """One to four tables more; each hangs on one that is there already, some of its rows on nothing."""
    rng = random.Random(seed)
    parents = [("customers", 20), ("orders", 60)]
    monolith, tenant, tables = [], [], {}
    for number in range(rng.randint(1, 4)):
        name = f"Extra {number}" if rng.random() < 0.3 else f"extra_{number}"
        parent, rows = rng.choice(parents)
        keyed = rng.random() < 0.7
        columns = [
            (f"c{n} {rng.choice(('x', '%', '', 'é'))}".strip(), rng.choice(_TYPES)) for n in range(rng.randint(0, 6))
        ]
        optional = rng.random() < 0.4
        lines = [sql.SQL("id bigint PRIMARY KEY").format()] if keyed else []
        lines.append(
            sql.SQL("parent bigint {} REFERENCES {}").format(
                sql.SQL("" if optional else "NOT NULL"), sql.Identifier("public", parent)
            )
        )
        lines += [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(type_)) for column, type_ in columns]
        create = sql.SQL("CREATE TABLE {} ({});\n").format(sql.Identifier("public", name), sql.SQL(", ").join(lines))
        tenant.append(create.as_string(None))
        monolith.append(create.as_string(None))
        count = rng.choice((0, 1, 30, 200))
        inserted = []
        for row in range(1, count + 1):
            values: list[Any] = [row] if keyed else []
            values.append(None if optional and rng.random() < 0.1 else rng.randint(1, rows))
            values += [_value(rng, type_) for _, type_ in columns]
            inserted.append(
                sql.SQL("({})").format(
                    sql.SQL(", ").join(
                        sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(type_))
                        for value, type_ in zip(values, _types(keyed, columns), strict=True)
                    )
                )
            )
        if inserted:
            monolith.append(
                sql.SQL("INSERT INTO {} VALUES {};\n")
                .format(sql.Identifier("public", name), sql.SQL(", ").join(inserted))
                .as_string(None)
            )
        tables[name] = {"unowned": "quarantine"}
        if keyed and count:
            parents.append((name, count))
    return Variation("".join(monolith), "".join(tenant), tables)


def _types(keyed: bool, columns: list[tuple[str, str]]) -> list[str]:
    return [*(["bigint"] if keyed else []), "bigint", *(type_ for _, type_ in columns)]
