"""Writes the reference monolith into an empty database: always the same rows, however many, in constant memory.

    python -m examples.topsteel.generator --url postgresql:///erp_topsteel --tenants 5 --scale 1

Scale 1 is about 100,000 rows, scale 100 ten million. What is wrong with the data is printed: see flaws.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg import sql

from . import accounts, operations, orders, partners, reference_data
from .flaws import Flaws, flaws
from .sizes import Shape, sizes
from .world import TableRows, World

TABLES: tuple[TableRows, ...] = (
    *accounts.TABLES,
    *reference_data.TABLES,
    *partners.TABLES,
    *orders.TABLES,
    *operations.TABLES,
)

_SCHEMAS: Mapping[Shape, tuple[str, str]] = {
    "many": ("monolith.sql", "monolith_after_load.sql"),
    "single": ("single.sql", "single_after_load.sql"),
}
_LINES_PER_WRITE = 500
# The columns that draw from each sequence: it goes on after the highest value in any of them. Quotes and orders share
# one, which no column owns.
_SEQUENCES = """
SELECT pg_get_serial_sequence(quote_ident(relname), attname), relname, attname
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0
  AND pg_get_serial_sequence(quote_ident(relname), attname) IS NOT NULL
UNION ALL
SELECT 'numero_piece_seq', relname, 'numero'
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname IN ('commandes', 'devis')
ORDER BY 1, 2
"""
_COLUMNS = """
SELECT relname, array_agg(attname::text)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0
GROUP BY relname
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was written: rows per table, and the bad ones among them."""

    rows: Mapping[str, int]
    flaws: Flaws

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    def document(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {"total": self.total, "rows": dict(self.rows), "flaws": asdict(self.flaws)}


def load(url: str, *, tenants: int, scale: float, shape: Shape = "many", seed: int = 1) -> Counts:
    """Makes the monolith's schema in an existing, empty database and fills it, in one transaction.

    The same arguments give the same rows, to the byte. `scale` 1 is about 100,000 rows.

    Raises:
        ValueError: the arguments do not go together.
        psycopg.Error: the database cannot be reached, or it is not empty.
    """
    world = World(sizes(tenants, scale, shape), seed)
    before, after = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _SCHEMAS[shape])
    rows: dict[str, int] = {}
    with psycopg.connect(url, autocommit=True, client_encoding="utf8") as connection:
        with connection.transaction():
            connection.execute("SET LOCAL datestyle = 'ISO, YMD'")
            connection.execute("SET LOCAL maintenance_work_mem = '128MB'")
            _execute_script(connection, before)
            columns: dict[str, list[str]] = dict(connection.execute(_COLUMNS).fetchall())
            for table in TABLES:
                if table.table in columns:
                    rows[table.table] = _copy(connection, table, columns[table.table], table.lines(world))
            _execute_script(connection, after)
            _set_sequences(connection)
        connection.execute("ANALYZE")
    return Counts(rows, flaws(world.sizes))


def _execute_script(connection: psycopg.Connection, script: str) -> None:
    # Bytes, not a literal: the script is a file of this package, never input.
    connection.execute(script.encode())


def _copy(connection: psycopg.Connection, table: TableRows, present: list[str], lines: Iterator[str]) -> int:
    """Streams a table's rows, without the columns that this shape of the monolith lacks; returns their number."""
    kept = [position for position, column in enumerate(table.columns) if column in present]
    if len(kept) < len(table.columns):
        lines = _project(lines, kept, len(table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.table),
        sql.SQL(", ").join(sql.Identifier(table.columns[position]) for position in kept),
    )
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            while batch := "".join(islice(lines, _LINES_PER_WRITE)):
                copy.write(batch)
        return cursor.rowcount


def _project(lines: Iterator[str], kept: list[int], width: int) -> Iterator[str]:
    choose = itemgetter(*kept)
    for line in lines:
        # A tab within a value is escaped: every tab is a separator.
        fields = line.rstrip("\n").split("\t", width - 1)
        yield "\t".join(choose(fields)) + "\n"


def _set_sequences(connection: psycopg.Connection) -> None:
    highest: dict[str, int] = {}
    for sequence, table, column in connection.execute(_SEQUENCES).fetchall():
        query = sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(table))
        row = connection.execute(query).fetchone()
        if row is not None and row[0] is not None:
            highest[sequence] = max(highest.get(sequence, 0), row[0])
    for sequence, value in highest.items():
        connection.execute("SELECT setval(%s::regclass, %s)", (sequence, value))


@click.command()
@click.option("--url", envvar="MIGRATOR_SOURCE_URL", required=True, help="An existing, empty database.")
@click.option(
    "--tenants", type=click.IntRange(min=1), help="Number of companies.  [default: 5, or 1 with --shape single]"
)
@click.option(
    "--scale",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="1 is about 100,000 rows.",
)
@click.option(
    "--shape", type=click.Choice(["many", "single"]), default="many", show_default=True, help="Many companies, or one."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Other seeds give other rows in the same numbers.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(url: str, tenants: int | None, scale: float, shape: Shape, seed: int, output: str) -> None:
    """Write the reference monolith into an empty database."""
    if tenants is None:
        tenants = 5 if shape == "many" else 1
    try:
        counts = load(url, tenants=tenants, scale=scale, shape=shape, seed=seed)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except psycopg.errors.DuplicateObject as error:
        raise click.ClickException(f"The database is not empty: {error.diag.message_primary}.") from error
    except psycopg.Error as error:
        raise click.ClickException(str(error).strip()) from error
    if output == "json":
        click.echo(json.dumps(counts.document(), indent=2))
        return
    for table, number in counts.rows.items():
        click.echo(f"{table:24}{number:>12,}")
    click.echo(f"{'total':24}{counts.total:>12,}\n\nBad rows, and rows that hang on them:")
    for name, value in asdict(counts.flaws).items():
        click.echo(f"  {name:26}{json.dumps(value)}")


if __name__ == "__main__":
    main()
