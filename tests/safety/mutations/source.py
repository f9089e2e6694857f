"""Damage to the source after it was split, behind its fence or to the fence itself."""

from __future__ import annotations

from collections.abc import Iterator

from tests.safety.mutations.damage import Damage, Inflict, both, statements

_SOURCE = "mono"


def _behind_the_fence(table: str, write: str) -> Inflict:
    """Somebody who may writes to a fenced table, and leaves the fence as it was."""
    return statements(_SOURCE, f"{_switched(table, 'DISABLE')}; {write}; {_switched(table, 'ENABLE ALWAYS')}")


def _switched(table: str, how: str) -> str:
    """Each trigger of the fence on one table: partitions have two."""
    return (
        "DO $$ DECLARE fence name; BEGIN FOR fence IN SELECT tgname FROM pg_trigger "
        f"WHERE tgrelid = '{table}'::regclass AND starts_with(tgname::text, 'migrator_fence') LOOP "
        f"EXECUTE format('ALTER TABLE {table} {how} TRIGGER %I', fence); END LOOP; END $$"
    )


def _through_the_fence(table: str, write: str) -> Inflict:
    """Somebody takes the fence from one table for good, and writes."""
    return statements(_SOURCE, f"DROP TRIGGER migrator_fence ON {table}; {write}")


_ADDED = "INSERT INTO rates (company_id, rate, label) VALUES (2, 77.5, 'late')"


def source() -> Iterator[Damage]:
    """Every damage to the source and its fence."""
    yield from _seen_by_verify()
    yield from _seen_by_rollback()
    yield from _fence()


def _seen_by_verify() -> Iterator[Damage]:
    def verified(name: str, inflict: Inflict, exit_code: int, *says: str) -> Damage:
        return Damage(f"source: {name}", "source", inflict, "verify", exit_code, says)

    yield verified(
        "a row added behind the fence",
        _behind_the_fence("rates", _ADDED),
        1,
        "_bolt ",
        "public.rates ",
        "{2,77.5}",
        "missing",
    )
    yield verified(
        "a row lost behind the fence", _behind_the_fence("orders", "DELETE FROM orders WHERE id = 40"), 1,
        "_bolt ", "public.orders ", "{40}", "extra",
    )  # fmt: skip
    yield verified(
        "a value changed behind the fence", _behind_the_fence("rates", "UPDATE rates SET label = 'x' WHERE rate = 1.5"), 1,
        "_bolt ", "public.rates ", "{2,1.5}", "different",
    )  # fmt: skip
    yield verified(
        "a row given to another tenant", _behind_the_fence("customers", "UPDATE customers SET company_id = 1 WHERE id = 1"), 1,
        "_bolt ", "public.customers ", "{1}", "extra",
    )  # fmt: skip
    yield verified(
        "a row given to nobody", _behind_the_fence("customers", "UPDATE customers SET company_id = NULL WHERE id = 1"), 1,
        "public.customers ", " 21 ", " 1",
    )  # fmt: skip
    yield verified(
        "a row of nobody added", _behind_the_fence("customers", "INSERT INTO customers (company_id, name) VALUES (NULL, 'late')"), 1,
        "public.customers ", " 22 ", " 20 ", "  1",
    )  # fmt: skip
    yield Damage(
        "a reference of both sides that leads nowhere", "source",
        both(
            _behind_the_fence("visits_2025", "UPDATE visits_2025 SET agent_id = 77 WHERE id = 1"),
            statements("bolt", "UPDATE visits SET agent_id = 77 WHERE id = 1"),
        ),
        "verify", 1, ("visits(agent_id) -> agents(id)", "_bolt ", " 77"),
    )  # fmt: skip
    yield verified(
        "an ignored row added", _behind_the_fence("leftovers", "INSERT INTO leftovers VALUES (99, '')"), 0,
        "public.leftovers ", " 8 ",
    )  # fmt: skip
    yield verified(
        "a row added where the fence is taken away",
        _through_the_fence("rates", _ADDED),
        1,
        "_bolt ",
        "public.rates ",
        "{2,77.5}",
        "missing",
    )
    unfenced = statements(_SOURCE, f"DROP SCHEMA migrator_fence CASCADE; {_ADDED}")
    yield verified("a row added, the fence gone", unfenced, 0, "public.rates ", " 2 ", " 10 ", " 11")
    yield verified(
        "a large object's bytes",
        statements(_SOURCE, "SELECT lo_put(100001, 7, 'x')"),
        1,
        "_bolt ",
        "public.files ",
        "{1}",
        "different",
    )
    refused = "not those that were migrated"
    for name, says, damage in (
        ("a table more", "public.more is new", "CREATE TABLE more (id int)"),
        ("a table gone", "the source has no such table", "DROP TABLE empty"),
        ("a column more", refused, "ALTER TABLE rates ADD COLUMN more int"),
        ("a column's type", refused, "ALTER TABLE rates ALTER COLUMN label TYPE text"),
        ("a foreign key gone", refused, "ALTER TABLE visits DROP CONSTRAINT visits_agent_id_fkey"),
        (
            "a partition attached, with rows", "public.visits_2020 has joined public.visits",
            "CREATE TABLE visits_2020 (LIKE visits INCLUDING ALL); INSERT INTO visits_2020 VALUES (99, 2, 1, '2020-01-01', ''); "
            "ALTER TABLE visits ATTACH PARTITION visits_2020 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
        ),
        ("a partition taken out, with its rows", "public.visits_2025 is no partition", "ALTER TABLE visits DETACH PARTITION visits_2025"),
        ("an inheriting table, with rows", "public.odd is new and inherits", "CREATE TABLE odd () INHERITS (rates)"),
    ):  # fmt: skip
        yield verified(name, statements(_SOURCE, damage), 3, says)
    for name, write in (
        ("a tenant more", "INSERT INTO companies VALUES (3, 'cork', 'Cork')"),
        ("a tenant's slug", "UPDATE companies SET code = 'bolts' WHERE id = 2"),
    ):
        yield verified(name, _behind_the_fence("companies", write), 3, refused)


def _seen_by_rollback() -> Iterator[Damage]:
    def compared(name: str, inflict: Inflict, *says: str) -> Damage:
        return Damage(f"source: {name}", "source", inflict, "rollback", 1, says)

    yield compared("a row added behind the fence", _behind_the_fence("rates", _ADDED), "public.rates ", " 20 ", " 21 ")
    yield compared(
        "two values exchanged behind the fence",
        _behind_the_fence(
            "rates",
            "UPDATE rates a SET large = b.large FROM rates b WHERE a.rate IN (3.5, 5.5) AND b.rate IN (3.5, 5.5) AND a.rate <> b.rate",
        ),
        "public.rates ", " 20 ", "different",
    )  # fmt: skip
    yield compared(
        "an ignored row lost",
        _behind_the_fence("leftovers", "DELETE FROM leftovers WHERE id = 1"),
        "public.leftovers ",
        " 7 ",
        " 6 ",
    )
    yield compared(
        "an empty string for NULL", _behind_the_fence("visits", "UPDATE visits SET remark = NULL WHERE id = 1"),
        "public.visits ", "different",
    )  # fmt: skip
    for name, says, damage in (
        ("a function's body", ("routine ", "public.touch()", "different"), "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$"),
        ("a trigger disabled", ("trigger ", "public.orders.touch", "different"), "ALTER TABLE orders DISABLE TRIGGER touch"),
        ("a foreign key that nothing enforces", ("constraint ", "public.order_lines.order_lines_unit_fkey", "different"), "ALTER TABLE units DISABLE TRIGGER ALL; ALTER TABLE units ENABLE ALWAYS TRIGGER migrator_fence"),
        ("an index", ("index ", "public.more", "extra"), "CREATE INDEX more ON rates (label)"),
        ("a privilege", ("privilege ", "relation public.rates", "different"), "GRANT SELECT ON rates TO PUBLIC"),
        ("a comment", ("comment ", "relation public.rates", "extra"), "COMMENT ON TABLE rates IS 'x'"),
        ("a default", ("column ", "public.rates.label", "different"), "ALTER TABLE rates ALTER COLUMN label SET DEFAULT 'x'"),
    ):  # fmt: skip
        yield compared(name, statements(_SOURCE, damage), *says)


def _fence() -> Iterator[Damage]:
    for name, damage in (
        ("gone from one table", "DROP TRIGGER migrator_fence ON rates"),
        ("disabled on one table", "ALTER TABLE rates DISABLE TRIGGER migrator_fence"),
        ("not for replicas on one table", "ALTER TABLE rates ENABLE TRIGGER migrator_fence"),
        (
            "refusing nothing",
            "CREATE OR REPLACE FUNCTION migrator_fence.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        ),
    ):  # fmt: skip
        inflict = statements(_SOURCE, damage)
        open_ = "15" if name == "refusing nothing" else "1 table"
        yield Damage(f"the fence: {name}", "fence", inflict, "status", 0, ("does not hold", open_))
        yield Damage(f"the fence: {name}", "fence", inflict, "verify", 1, ("does not hold", open_))
    gone = statements(_SOURCE, "DROP SCHEMA migrator_fence CASCADE")
    yield Damage("the fence: gone", "fence", gone, "status", 0, ("source writes", "allowed"))
    written = both(
        statements(_SOURCE, f"DROP TRIGGER migrator_fence ON rates; {_ADDED}"),
        statements("bolt", "UPDATE rates SET label = 'here' WHERE rate = 1.5"),
    )
    yield Damage(
        "source and target written, the fence gone from the table",
        "fence",
        written,
        "rollback --validate",
        1,
        ("rates", "written in the source"),
    )
    behind = both(
        _behind_the_fence("rates", _ADDED), statements("bolt", "UPDATE rates SET label = 'here' WHERE rate = 1.5")
    )
    yield Damage(
        "source and target written, behind the fence",
        "source",
        behind,
        "rollback --validate",
        1,
        ("rates", "written in the source"),
    )
    yield Damage(
        "source and target written, behind the fence",
        "source",
        behind,
        "rollback --replay-writes",
        3,
        ("rates", "written in the source"),
    )
    foreign = statements(
        _SOURCE,
        """COMMENT ON SCHEMA migrator_fence IS 'migrator {"run": "20200101-000000-abcd", "role": "fence", "epoch": "x"}'""",
    )
    yield Damage("the fence: of another run", "fence", foreign, "status", 0, ("for run 20200101-000000-abcd",))
    yield Damage(
        "the fence: of another run",
        "fence",
        foreign,
        "rollback --validate",
        0,
        ("the fence is of another run, 20200101-000000-abcd",),
    )
    for name, comment in (("gone", "NULL"), ("that nobody can read", "'what is this?'")):
        unmarked = statements(_SOURCE, f"COMMENT ON SCHEMA migrator_fence IS {comment}")
        yield Damage(
            f"the fence: its mark {name}",
            "fence",
            unmarked,
            "status",
            0,
            ("refuses writes to 15 tables, for run {run}",),
        )
        yield Damage(
            f"the fence: its mark {name}",
            "fence",
            unmarked,
            "rollback",
            3,
            ("migrator_fence.reserved_sequences is new",),
        )
