"""Finds the tables of identities: people, their logins, and their membership in tenants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrator.core.init.references import noun, words
from migrator.core.init.sensitive import CREDENTIAL_WORDS, mentions, traces_logins
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table

_PEOPLE = frozenset(
    {"user", "user_profile", "userprofile", "utilisateur", "app_user", "api_user", "auth_user", "login"}
)
_SECRETS = ("password", "passwd", "pwd", "mot_de_passe", "encrypted_password", "password_hash", "hashed_password")
_ADDRESSES = ("email", "e_mail", "email_address", "mail", "login", "username", "user_name", "courriel")
# Words that mean the same where the table hangs on people, and something else where it does not.
_LOGINS = frozenset({"session", "token", "device", "identity", "login", "authentication"})
_MEMBERSHIPS = frozenset({"membership", "member", "invitation", "invite"})
# People whose place is with the one that they buy from or are cared for by, once others log in.
_CLIENTELE = frozenset({
    "customer", "client", "buyer", "shopper", "patient", "guest", "subscriber", "contact", "lead", "donor", "visitor",
    "attendee", "participant", "student", "pupil", "supporter", "fan", "acheteur", "eleve",
})  # fmt: skip
_RIGHTS = frozenset({"role", "permission", "privilege", "grant"})
# What somebody did to a row of whatever it is: created_by, updated_by_id, creator_id, modifie_par.
_DEEDS = frozenset({
    "created", "updated", "modified", "changed", "edited", "deleted", "removed", "inserted", "added", "archived",
    "approved", "reviewed", "verified", "validated", "published", "locked", "cree", "modifie", "supprime", "valide",
})  # fmt: skip
_DOERS = frozenset({"creator", "updater", "modifier", "editor", "deleter", "approver", "reviewer", "validator"})

# Tables in which tools note which of the application's own migrations have run.
_BOOKKEEPING = frozenset({
    "schema_migrations", "ar_internal_metadata", "alembic_version", "django_migrations", "flyway_schema_history",
    "_prisma_migrations", "knex_migrations", "knex_migrations_lock", "sequelizemeta", "typeorm_metadata",
    "databasechangelog", "databasechangeloglock", "goose_db_version", "db_migrations", "db_lock", "migrations",
    "phinxlog", "__efmigrationshistory", "schema_version", "schema_info", "gorp_migrations", "pgmigrations",
    "__drizzle_migrations",
})  # fmt: skip


def is_bookkeeping(relation: Relation) -> bool:
    """Whether a table, by its name, is where a tool notes which of the application's own migrations have run."""
    return relation.name.lower() in _BOOKKEEPING


def is_audit(key: ForeignKey) -> bool:
    """Whether a key only says who did something to the row: that makes nobody its owner."""
    parts = words(key.columns[-1])
    if parts[-1] in ("id", "uuid", "fk") and len(parts) > 1:
        parts = parts[:-1]
    if len(parts) > 1 and parts[-1] in ("by", "par"):
        return parts[-2] in _DEEDS
    return parts[-1] in _DOERS


def identity_tables(
    catalog: Catalog, keys: Mapping[Relation, Sequence[ForeignKey]], root: Relation | None
) -> Mapping[Relation, str]:
    """The tables of identities, each with the reason; the tenant root is not among them."""
    identities = _of_people(catalog, keys, root)
    people = frozenset(identities)
    while True:
        more = {
            relation: reason
            for relation, table in catalog.tables.items()
            if relation != root
            and relation not in identities
            and (reason := _about_people(table, keys.get(relation, ()), people, frozenset(identities), root))
        }
        if not more:
            return identities
        identities.update(more)


def _of_people(
    catalog: Catalog, keys: Mapping[Relation, Sequence[ForeignKey]], root: Relation | None
) -> dict[Relation, str]:
    """Who logs in. Those that one tenant keeps are its own where others log in, or where they are its clientele."""
    found = {
        relation: reason
        for relation, table in catalog.tables.items()
        if relation != root and (reason := _logs_in(table))
    }
    kept = {
        relation
        for relation in found
        if is_tenants_own(catalog.tables[relation], keys.get(relation, ()), root)
        and not _is_named_as_people(catalog.tables[relation])
    }
    if not found.keys() - kept:
        kept = {relation for relation in kept if mentions(noun(relation.name), _CLIENTELE)}
    return {relation: reason for relation, reason in found.items() if relation not in kept}


def is_tenants_own(table: Table, keys: Sequence[ForeignKey], root: Relation | None) -> bool:
    """Whether each row of the table names its tenant itself."""
    return any(
        key.referenced == root and key.when is None and key.blank is None
        and all((column := table.column(name)) is not None and column.not_null for name in key.columns)
        for key in keys
    )  # fmt: skip


def _is_named_as_people(table: Table) -> bool:
    parts = noun(table.relation.name).split("_")
    return any("_".join(parts[at:]) in _PEOPLE for at in range(len(parts)))


def _logs_in(table: Table) -> str:
    columns = {"_".join(words(column.name)) for column in table.columns}
    addressed = next((one for one in _ADDRESSES if one in columns), None)
    secret = next((one for one in _SECRETS if one in columns), None)
    if addressed and secret:
        return f"people who log in: it has {addressed} and {secret}"
    if noun(table.relation.name) in _PEOPLE and (
        addressed or table.relation.name.lower() in ("users", "user", "utilisateurs")
    ):
        return "people who log in, by its name"
    return ""


def _about_people(
    table: Table,
    keys: Sequence[ForeignKey],
    people: frozenset[Relation],
    known: frozenset[Relation],
    root: Relation | None,
) -> str:
    referenced = {key.referenced for key in keys} - {table.relation}
    name = noun(table.relation.name)
    if not referenced <= known | {root}:
        return ""
    theirs = {key.referenced for key in keys if key.referenced in people and not is_audit(key)}
    own = is_tenants_own(table, keys, root)
    if mentions(name, CREDENTIAL_WORDS) and (theirs or not own):
        return "credentials, by its name"
    if theirs and root in referenced and _links(table, keys, people, root):
        return f"memberships: it links {_named(theirs)} and {root}"
    if theirs and (mentions(name, _MEMBERSHIPS) or (mentions(name, _LOGINS) and (not own or traces_logins(table)))):
        return f"how people log in or what they belong to: by its name and its key to {_named(theirs)}"
    if mentions(name, _RIGHTS) and not own:
        return "roles and permissions, by its name"
    return ""


def _links(table: Table, keys: Sequence[ForeignKey], people: frozenset[Relation], root: Relation) -> bool:
    """Whether a unique key of the table consists of a person and a tenant, and of a right where it is called so."""
    one = {column for key in keys if key.referenced in people for column in key.columns}
    other = {column for key in keys if key.referenced == root for column in key.columns}
    rights = mentions(noun(table.relation.name), _RIGHTS | _MEMBERSHIPS)
    return any(
        set(unique) & one and set(unique) & other and (rights or set(unique) <= one | other)
        for unique in table.unique_keys
    )


def _named(relations: frozenset[Relation] | set[Relation]) -> str:
    return ", ".join(str(relation) for relation in sorted(relations))
