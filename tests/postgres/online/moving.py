"""A company that moves into a database of its own, by hand: what a wave does, without its care."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import LiteralString

import psycopg
from psycopg import sql

from benchmarks.online import monolith

# What a gate does, by hand: nobody writes to company 1's rows in the monolith any more.
_FENCE = """
CREATE FUNCTION fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owners bigint[];
BEGIN
    IF TG_TABLE_NAME = 'lines' THEN
        SELECT array_agg(company_id) INTO owners FROM orders WHERE id IN (NEW.order_id, OLD.order_id);
    ELSIF TG_TABLE_NAME = 'notes' THEN
        SELECT array_agg(company_id) INTO owners
        FROM orders JOIN lines ON order_id = orders.id WHERE lines.id IN (NEW.line_id, OLD.line_id);
    ELSE
        owners := ARRAY[NEW.company_id, OLD.company_id];
    END IF;
    IF 1 = ANY (owners) THEN
        RAISE 'it has moved' USING ERRCODE = '25006';
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
"""
SLICE: Mapping[str, LiteralString] = {
    "orders": "t.company_id = 1",
    "lines": "t.order_id IN (SELECT id FROM orders WHERE company_id = 1)",
    "notes": "t.line_id IN (SELECT l.id FROM lines l JOIN orders o ON o.id = l.order_id WHERE o.company_id = 1)",
    "customers": "t.company_id = 1",
    "settings": "t.company_id = 1",
    "counters": "t.company_id = 1",
}


def fence(source: str, tables: Collection[str] = SLICE) -> None:
    """Refuses writes to company 1, once all that are under way have ended."""
    trigger = sql.SQL(
        "CREATE TRIGGER fence BEFORE INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION fence()"
    )
    # One table after another, with nothing else held: writers take their locks in every order.
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute(_FENCE)
        for table in tables:
            connection.execute(trigger.format(sql.Identifier(table)))


def copy_rows(source: str, target: str, where: Mapping[str, LiteralString]) -> None:
    """Copies the rows of these tables that fulfil the condition."""
    with psycopg.connect(source) as reading, psycopg.connect(target) as writing:
        for table, condition in where.items():
            name = sql.Identifier(table)
            query = sql.SQL("COPY (SELECT t.* FROM {} t WHERE {}) TO STDOUT").format(name, sql.SQL(condition))
            with (
                reading.cursor().copy(query) as read,
                writing.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as written,
            ):
                for data in read:
                    written.write(data)


def prepare_target(target: str) -> None:
    """Makes the database of a company, whose numbers do not meet those of the monolith."""
    monolith.create_tables(target)
    with psycopg.connect(target) as connection:
        connection.execute("INSERT INTO companies VALUES (1, 'c0001', 'Company 1')")
        for table in ("orders", "lines", "notes", "customers", "settings"):
            statement = sql.SQL("ALTER TABLE {} ALTER id RESTART WITH 1000000000").format(sql.Identifier(table))
            connection.execute(statement)
