"""The command init: writes migrator.toml and the Alembic trees for a database that nobody has described."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.completion import tables
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome

if TYPE_CHECKING:
    from migrator.core.init.config_file import Layout
    from migrator.core.init.tenant_root_candidates import RootCandidate
    from migrator.core.placement.key_paths import TenantTree
    from migrator.postgres.schema.dump_contents import Ownership
    from migrator.settings import TenantTreeChoice


@click.command("init", cls=StageCommand, short_help="Write migrator.toml and the Alembic trees for any database.")
@click.option(
    "--tenant-root",
    metavar="TABLE",
    shell_complete=tables,
    help="The table with one row per tenant, where it is not obvious.",
)
@click.option(
    "--tenant-tree",
    type=click.Choice(["top", "nodes"]),
    help="Of a tenant root that is a tree: is the row at the top the tenant, or each row?",
)
@click.option("--schema", "schemas", multiple=True, metavar="NAME", help="Only this schema; may be repeated.")
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), default=Path(), metavar="DIR",
    help="Where migrator.toml and migrations/ are written; default: here.",
)  # fmt: skip
@click.option(
    "--layout",
    type=click.Choice(["tenants", "services", "domains"]),
    default="tenants",
    show_default=True,
    help="A database for each tenant, a database for each service, or a schema for each domain in one database.",
)
@click.option(
    "--groups",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help='The services or domains with patterns of their tables, in TOML: users = ["user*", "session*"].',
)
@click.option("--no-owner", is_flag=True, help="Leave owners out of the trees; grants stay.")
@click.option("--trees", is_flag=True, help="Write only the trees anew, for a migrator.toml that has been edited.")
def init(
    tenant_root: str | None, tenant_tree: TenantTreeChoice | None, schemas: tuple[str, ...], into: Path, layout: Layout,
    groups: Path | None, no_owner: bool, trees: bool,
) -> Work:  # fmt: skip
    """Reads the source's catalogs and rows, and writes migrator.toml and the Alembic trees for it.

    Proposes the tenant root, a place for every table with the reason, the foreign keys that nobody declared with the
    evidence, and what becomes of rows without a tenant. What cannot be decided is written down as such, and blocks
    dry-run. Nothing is written to the source. Exit code 1 while a table is undecided, 3 where the tenant root is
    ambiguous and there is no terminal to ask on.

    \b
    Examples:
      migrator init --source postgresql:///shop
      migrator init --source postgresql:///shop --tenant-root accounts --into split/
      migrator init --source postgresql:///hub --layout domains --groups domains.toml
      migrator init --trees
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.init.command import Wanted, regenerate_trees
        from migrator.commands.init.command import init as stage
        from migrator.commands.init.report import present
        from migrator.settings.load import read_groups

        ownership: Ownership = "dropped" if no_owner else "kept"
        if trees:
            if tenant_root or tenant_tree or schemas or groups or layout != "tenants":
                raise click.UsageError("--trees takes its layout, tenant root and schemas from migrator.toml.")
            root = session.settings.root
            return present(regenerate_trees(session.looking, root, ownership))
        if layout == "tenants" and groups:
            raise click.UsageError("--groups is for --layout services or domains.")
        if layout != "tenants" and tenant_root:
            raise click.UsageError(f"--layout {layout} has no tenant root; add [tenants] to migrator.toml afterwards.")
        wanted = Wanted(layout, tenant_root, read_groups(groups) if groups else {}, ownership, tenant_tree)
        result = stage(
            session.fresh(schemas), into.absolute(), wanted, ask=_asker(session), ask_tree=_tree_asker(session)
        )
        _name_in_hints(session, into)
        return present(result)

    return work


def _name_in_hints(session: Session, directory: Path) -> None:
    """Lets the commands to type next name the file that was written, unless they mean it anyway."""
    from migrator.settings.locate import CONFIG_VARIABLE, DEFAULT_FILE

    meant = directory.resolve() == Path.cwd() and not os.environ.get(CONFIG_VARIABLE)
    session.options.config = None if meant else directory / DEFAULT_FILE


def _tree_asker(session: Session) -> Callable[[TenantTree, int, int], TenantTreeChoice | None] | None:
    """Asks which rows of a tree are tenants, on a terminal; None where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None

    def ask(tree: TenantTree, tops: int, below: int) -> TenantTreeChoice | None:
        session.progress.pause()
        click.echo(f"  {tree.root} is a tree: {tops:,} rows at the top, {below:,} below them.", err=True)
        choice: TenantTreeChoice = click.prompt(
            "Is the row at the top the tenant, or each row?", type=click.Choice(["top", "nodes"]), err=True
        )
        session.progress.resume()
        return choice

    return ask


def _asker(session: Session) -> Callable[[Sequence[RootCandidate]], str | None] | None:
    """Asks for the tenant root on a terminal; None where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None

    def ask(candidates: Sequence[RootCandidate]) -> str | None:
        session.progress.pause()
        for number, one in enumerate(candidates, 1):
            click.echo(f"  {number}  {one.relation} ({one.score:g} points): {'; '.join(one.reasons)}", err=True)
        answer = click.prompt("Which table has one row per tenant? (a number or a name)", err=True)
        session.progress.resume()
        if answer.isdecimal() and 0 < int(answer) <= len(candidates):
            relation = candidates[int(answer) - 1].relation
            return relation.full_name
        return str(answer)

    return ask
