"""Writes one of the monoliths into an empty database.

python -m examples.monoliths crm-services --url postgresql:///crm --scale 1
"""

from __future__ import annotations

import json

import click
import psycopg

from .crm_services import CRM_SERVICES
from .filling import load
from .nukleo_domains import NUKLEO_DOMAINS
from .react_crm import REACT_CRM

MONOLITHS = {monolith.name: monolith for monolith in (CRM_SERVICES, NUKLEO_DOMAINS, REACT_CRM)}


@click.command()
@click.argument("name", type=click.Choice(list(MONOLITHS)))
@click.option("--url", envvar="MIGRATOR_SOURCE_URL", required=True, help="An existing, empty database.")
@click.option(
    "--scale",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="1 is about 40,000 rows.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Other seeds give other rows in the same numbers.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(name: str, url: str, scale: float, seed: int, output: str) -> None:
    """Write the monolith NAME into an empty database."""
    try:
        counts = load(url, MONOLITHS[name], scale=scale, seed=seed)
    except (psycopg.errors.DuplicateObject, psycopg.errors.DuplicateTable) as error:
        raise click.ClickException(f"The database is not empty: {error.diag.message_primary}.") from error
    except psycopg.Error as error:
        raise click.ClickException(str(error).strip()) from error
    if output == "json":
        click.echo(json.dumps(counts.document(), indent=2))
        return
    for table, number in counts.rows.items():
        click.echo(f"{table:36}{number:>12,}")
    click.echo(f"{'total':36}{counts.total:>12,}\n\nBad rows:")
    for flaw, number in counts.flaws.items():
        click.echo(f"  {flaw:46}{number:>6}")


if __name__ == "__main__":
    main()
