"""Damage to the rows of targets: what a digest, a balance, a leak check or a check of references has to see."""

from __future__ import annotations

from collections.abc import Iterator

from tests.safety.mutations.damage import Damage, both, statements

_DIFFERENT, _MISSING, _EXTRA = "different", "missing", "extra"


def _named(name: str, database: str, table: str, key: str, kind: str, damage: str, **more: object) -> Damage:
    """Damage whose row verify has to name by its key."""
    says = (f"_{database} ", f"public.{table} ", key, kind)
    return Damage(name, "target", statements(database, damage), "verify", 1, says, **more)  # type: ignore[arg-type]


def _differs(name: str, table: str, tenant: str, kind: str, damage: str) -> Damage:
    """Damage to a table without a key: verify has to name table and tenant."""
    return Damage(
        name, "target", statements("bolt", damage), "verify", 1, ("tenant ", f"public.{table} ", tenant, kind)
    )


# A column of every type of the table, each in a row of its own.
_VALUES = {
    "rate": "1234.5", "label": "'other'", "valid": "'2020-02-02'", "hours": "'25 hours'", "factor": "-1",
    "active": "NOT active", "at": "at + interval '1 microsecond'", "ident": "md5('x')::uuid", "raw": "'\\x00'",
    "doc": """'{"n":1}'""", "mark": "'z'", "feeling": "'sad'", "small": "-1", "large": "large + 1",
    "words": "ARRAY['x']",
}  # fmt: skip


def rows() -> Iterator[Damage]:
    """Every damage to rows."""
    for number, (column, value) in enumerate(_VALUES.items()):
        row = 1 + number % 10 * 2  # of bolt
        kind = _MISSING if column == "rate" else _DIFFERENT
        yield _named(
            f"a value changed ({column})", "bolt", "rates", f"{{2,{row}.5}}", kind,
            f"UPDATE rates SET {column} = {value} WHERE rate = {row}.5",
        )  # fmt: skip
    yield from _exchanges()
    yield from _spellings()
    yield from _lost_and_found()
    yield from _elsewhere()


def _exchanges() -> Iterator[Damage]:
    exchange = (
        "UPDATE {0} a SET {1} = b.{1} FROM {0} b WHERE a.{2} IN ({3}, {4}) AND b.{2} IN ({3}, {4}) AND a.{2} <> b.{2}"
    )
    for table, column, key, one, other in (
        ("orders", "total", "id", "2", "4"),
        ("rates", "label", "rate", "3.5", "5.5"),
        ("rates", "raw", "rate", "3.5", "5.5"),
        ("rates", "words", "rate", "3.5", "5.5"),
        ("rates", "large", "rate", "3.5", "5.5"),
        ("files", "scan", "id", "1", "3"),
    ):
        shown = f"{{{one}}}" if key == "id" else f"{{2,{one}}}"
        yield _named(
            f"two values exchanged between rows ({table}.{column})", "bolt", table, shown, _DIFFERENT,
            exchange.format(table, column, key, one, other),
        )  # fmt: skip
    yield _named(
        "two values of one row exchanged", "acme", "customers", "{2}", _DIFFERENT,
        "UPDATE customers SET name = tags[3], tags[3] = name WHERE id = 2",
    )  # fmt: skip
    yield _named(
        "all values of a column moved on by one row", "bolt", "visits", "{1,2025-12-21}", _DIFFERENT,
        "UPDATE visits v SET agent_id = n.next FROM (SELECT id, lead(agent_id, 1, 4) OVER (ORDER BY id) AS next "
        "FROM visits) n WHERE n.id = v.id",
    )  # fmt: skip


def _spellings() -> Iterator[Damage]:
    yield _named(
        "NULL in the place of an empty string", "bolt", "visits", "{3,2025-12-23}", _DIFFERENT,
        "UPDATE visits SET remark = NULL WHERE id = 3",
    )  # fmt: skip
    yield _named(
        "NULL in the place of a value", "bolt", "rates", "{2,1.5}", _DIFFERENT,
        "UPDATE rates SET large = NULL WHERE rate = 1.5",
    )  # fmt: skip
    yield _named(
        "a space at the end", "bolt", "rates", "{2,1.5}", _DIFFERENT,
        "UPDATE rates SET label = label || ' ' WHERE rate = 1.5",
    )  # fmt: skip
    yield _named(
        "a value in capitals", "bolt", "rates", "{2,1.5}", _DIFFERENT,
        "UPDATE rates SET label = upper(label) WHERE rate = 1.5",
    )  # fmt: skip
    yield _named(
        "an equal number of other digits (1.50)", "bolt", "rates", "{2,1.50}", _EXTRA,
        "UPDATE rates SET rate = 1.50 WHERE rate = 1.5",
    )  # fmt: skip
    yield _named(
        "an equal interval (24 hours)", "bolt", "rates", "{2,1.5}", _DIFFERENT,
        "UPDATE rates SET hours = '24 hours' WHERE rate = 1.5",
    )  # fmt: skip
    yield _named(
        "an equal document of other spelling", "bolt", "rates", "{2,1.5}", _DIFFERENT,
        """UPDATE rates SET doc = '{"n":   1}' WHERE rate = 1.5""",
    )  # fmt: skip
    yield _named(
        "zero with a sign", "bolt", "rates", "{2,1.5}", _DIFFERENT,
        "UPDATE rates SET factor = '-0' WHERE rate = 1.5",
    )  # fmt: skip
    yield _named(
        "an equal key in capitals", "bolt", "contacts", "PERSON.1@EXAMPLE.ORG", _EXTRA,
        "UPDATE contacts SET email = upper(email::text) WHERE email::text = 'Person.1@example.org'",
    )  # fmt: skip


def _lost_and_found() -> Iterator[Damage]:
    yield _named("a row lost", "bolt", "orders", "{40}", _MISSING, "DELETE FROM orders WHERE id = 40")
    yield _named(
        "a row added",
        "bolt",
        "orders",
        "{999}",
        _EXTRA,
        "INSERT INTO orders (id, customer_id, total) VALUES (999, 1, 5)",
    )
    yield _named(
        "a row replaced by another", "bolt", "orders", "{998}", _EXTRA, "UPDATE orders SET id = 998 WHERE id = 40"
    )
    yield _named(
        "a row doubled under another key", "bolt", "orders", "{997}", _EXTRA,
        "INSERT INTO orders (id, customer_id, parent_id, total) SELECT 997, customer_id, parent_id, total "
        "FROM orders WHERE id = 40",
    )  # fmt: skip
    yield _named(
        "a row doubled under its own key, whose index is gone", "bolt", "customers", "{1}", _EXTRA,
        "ALTER TABLE customers DROP CONSTRAINT customers_pkey CASCADE; "
        "ALTER TABLE customers DROP CONSTRAINT customers_company_id_name_key; "
        "INSERT INTO customers SELECT * FROM customers WHERE id = 1",
    )  # fmt: skip
    yield _named(
        "a row of a partition lost", "bolt", "visits", "{21,2026-01-10}", _MISSING, "DELETE FROM visits WHERE id = 21"
    )
    yield _named(
        "a row between partitions", "bolt", "visits", "{21,2025-06-01}", _EXTRA,
        "UPDATE visits SET day = '2025-06-01' WHERE id = 21",
    )  # fmt: skip
    yield _named(
        "a row in a table that has none", "bolt", "empty", "{1}", _EXTRA, "INSERT INTO empty VALUES (1, 2, 'not empty')"
    )
    yield _differs("a table emptied", "order_lines", "2", _MISSING, "TRUNCATE order_lines")
    yield Damage(
        "a table with rows missing",
        "target",
        statements("bolt", "DROP TABLE rates CASCADE"),
        "verify",
        1,
        ("tenant ", "public.rates ", "2", _MISSING),
    )
    yield Damage(
        "a column with values missing",
        "target",
        statements("bolt", "ALTER TABLE rates DROP COLUMN label"),
        "verify",
        1,
        ("_bolt  column ", "public.rates.label", _MISSING),
    )
    yield Damage(
        "a table that others refer to missing",
        "target",
        statements("shared", "DROP TABLE agents"),
        "verify",
        1,
        ("visits(agent_id) -> agents(id)", "_bolt ", " 4"),
    )
    yield _differs(
        "a row lost from a table without a key",
        "notes",
        "2",
        _MISSING,
        "DELETE FROM notes WHERE ctid = (SELECT min(ctid) FROM notes)",
    )
    yield _differs(
        "a row doubled in a table without a key", "notes", "2", _EXTRA, "INSERT INTO notes SELECT * FROM notes LIMIT 1"
    )
    yield _differs(
        "one row for another in a table without a key", "notes", "2", _DIFFERENT,
        "UPDATE notes SET body = 'three' WHERE ctid = (SELECT min(ctid) FROM notes)",
    )  # fmt: skip
    yield _named(
        "a row lost and another doubled", "bolt", "orders", "{40}", _MISSING,
        "DELETE FROM orders WHERE id = 40; INSERT INTO orders (id, customer_id, parent_id, total) "
        "SELECT 997, customer_id, parent_id, total FROM orders WHERE id = 38",
    )  # fmt: skip
    yield _named("the bytes of a large object", "bolt", "files", "{1}", _DIFFERENT, "SELECT lo_put(100001, 7, 'x')")
    yield _named(
        "a large object cut short",
        "bolt",
        "files",
        "{1}",
        _DIFFERENT,
        "SELECT lo_truncate(lo_open(100001, 131072), 100)",
    )
    yield _named("a large object gone", "bolt", "files", "{1}", _DIFFERENT, "SELECT lo_unlink(100001)")
    yield _named(
        "a replica changed", "bolt", "units", "{kg}", _DIFFERENT, "UPDATE units SET label = 'pound' WHERE code = 'kg'"
    )
    yield _named(
        "a row of the shared database changed", "shared", "agents", "{2}", _DIFFERENT,
        "UPDATE agents SET name = 'nobody' WHERE id = 2",
    )  # fmt: skip


def _elsewhere() -> Iterator[Damage]:
    moved = "INSERT INTO {0} (id, company_id, body) VALUES (7, 1, 'of acme')"
    yield Damage(
        "a row of another tenant", "target", statements("bolt", moved.format("empty")), "verify", 1,
        ("_bolt  empty ", " 1"),
    )  # fmt: skip
    to_the_other = both(
        statements("acme", "DELETE FROM rates WHERE rate = 2.5"),
        statements("bolt", "INSERT INTO rates SELECT 1, 2.5, label FROM rates WHERE rate = 1.5"),
    )
    yield Damage("a row moved to another tenant (leak)", "target", to_the_other, "verify", 1, ("_bolt  rates ", " 1"))
    yield Damage(
        "a row moved to another tenant (missing)", "target", to_the_other, "verify", 1,
        ("_acme ", "public.rates ", "{1,2.5}", _MISSING),
    )  # fmt: skip
    yield Damage(
        "a row given to another tenant over its key path", "target",
        statements("bolt", "UPDATE customers SET company_id = 1 WHERE id = 1"), "verify", 1,
        ("_bolt  order_lines ", " 6"),
    )  # fmt: skip
    exchanged = both(
        statements("acme", "UPDATE rates SET label = 'label 1' WHERE rate = 2.5"),
        statements("bolt", "UPDATE rates SET label = 'label 2' WHERE rate = 1.5"),
    )
    yield Damage(
        "two values exchanged between tenants", "target", exchanged, "verify", 1,
        ("_acme ", "public.rates ", "{1,2.5}", _DIFFERENT),
    )  # fmt: skip
    yield Damage(
        "a reference into another database that leads nowhere", "target",
        statements("bolt", "UPDATE visits SET agent_id = 77 WHERE id = 1"), "verify", 1,
        ("visits(agent_id) -> agents(id)", "_bolt ", " 77"),
    )  # fmt: skip
    yield Damage(
        "a row gone that other databases refer to", "target",
        statements("shared", "DELETE FROM agents WHERE id = 3"), "verify", 1,
        ("visits(agent_id) -> agents(id)", "_acme ", " 3"),
    )  # fmt: skip
