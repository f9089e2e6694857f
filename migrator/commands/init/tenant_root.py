"""Chooses the tenant root, whether it is a hierarchy, and the columns that name a tenant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migrator.core.init.config_file import TenantColumns
from migrator.core.init.tenant_root_candidates import RootCandidate, RootChoice, key_of
from migrator.core.placement.key_paths import TenantTree
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table
from migrator.errors import ConfigurationError, RefusedError
from migrator.postgres.placement.tenants import count_levels
from migrator.postgres.session.connect import Connection
from migrator.settings import TenantTreeChoice

_SLUGS = (
    "slug",
    "subdomain",
    "string_id",
    "code",
    "handle",
    "short_name",
    "shortname",
    "identifier",
    "url_slug",
    "name",
)
_NAMES = ("name", "nom", "title", "label", "display_name", "company_name", "raison_sociale", "full_name", "libelle")

# Asks whether the tops of a tree (so many, and rows below them) are the tenants; None where nobody can be asked.
AskTree = Callable[[TenantTree, int, int], TenantTreeChoice | None]
# Asks which of several tenant roots is meant; None where nobody can be asked.
Ask = Callable[[Sequence[RootCandidate]], str | None]


def tenant_root(
    catalog: Catalog, choice: RootChoice, keys: Sequence[ForeignKey], named: str | None, ask: Ask | None
) -> tuple[Relation, str]:
    """The table that is the tenant root, and its key: the one that was named, stands out, or is answered.

    Raises:
        RefusedError: none stands out, and there is nobody to ask.
        ConfigurationError: the one that was named does not exist, or has no key.
    """
    name = named
    if name is None and choice.chosen is None:
        name = ask(choice.candidates) if ask is not None and choice.candidates else None
        if name is None:
            listed = "".join(
                f"\n  {one.relation} ({one.score:g} points): {'; '.join(one.reasons)}" for one in choice.candidates
            )
            raise RefusedError(
                f"Which table has one row per tenant? {choice.why[0].upper()}{choice.why[1:]}.{listed}",
                "Name it: migrator init --tenant-root TABLE. For a database of one company without such a table, "
                "write [tenants.default] by hand: docs/configuration.md.",
            )
    if name is None:
        assert choice.chosen is not None
        return choice.chosen.relation, choice.chosen.key
    root = catalog.find(name)
    if root is None:
        raise ConfigurationError(
            f"The source has no table {name!r}.", "--tenant-root takes a table's name, or schema.table."
        )
    table = catalog.tables[root]
    key = key_of(table, keys)
    if key is None:
        raise ConfigurationError(
            f"{root} has no unique column that could be the tenant key.", "Add a primary key of one column to it."
        )
    return root, key


def tenant_tree(
    connection: Connection,
    root: Relation,
    root_key: str,
    keys: Sequence[ForeignKey],
    said: TenantTreeChoice | None,
    ask: AskTree | None,
) -> TenantTreeChoice | None:
    """Which rows of a tenant root that is a tree are the tenants; None where no row has one above it.

    Raises:
        RefusedError: it is a tree, nobody said which rows are meant, and there is nobody to ask.
    """
    above = [one for one in dict.fromkeys(keys) if one.table == one.referenced == root and len(one.columns) == 1]
    trees = [TenantTree(root, root_key, one) for one in above]
    deep = [(tree, *counted) for tree in trees if (counted := count_levels(connection, tree))[1]]
    if not deep:
        return None
    if said is not None:
        return said
    tree, tops, below = deep[0]
    chosen = ask(tree, tops, below) if ask is not None else None
    if chosen is None:
        raise RefusedError(
            f"{root} is a tree: {tree.above.columns[0]} names the row above it. {tops:,} rows are at the top, "
            f"{below:,} below. Is each row a tenant, or only the one at the top, with all below it?",
            "Say it: migrator init --tenant-tree nodes, or --tenant-tree top.",
        )
    return chosen


def naming_columns_of(table: Table, key: str) -> TenantColumns:
    """Which columns of the tenant root hold the key, the slug and the name."""
    texts = {
        column.name.lower(): column.name
        for column in table.columns
        if column.type.startswith(("text", "character", "citext", "name"))
    }
    slug = next((texts[name] for name in _SLUGS if name in texts), None)
    name = next((texts[name] for name in _NAMES if name in texts), None)
    notes = []
    if len(table.primary_key) > 1 and key in table.primary_key:
        notes.append(
            f"{key} is unique in the rows of {table.relation}, although no constraint says so: each run looks again."
        )
    return TenantColumns(table.relation, key, slug, name, tuple(notes))
