"""Finds the tables of identities: people, their logins, and their membership in tenants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrator.core.init.references import noun, words
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table

_PEOPLE = frozenset(
    {"user", "user_profile", "userprofile", "utilisateur", "app_user", "api_user", "auth_user", "login"}
)
_SECRETS = ("password", "passwd", "pwd", "mot_de_passe", "encrypted_password", "password_hash", "hashed_password")
_ADDRESSES = ("email", "e_mail", "email_address", "mail", "login", "username", "user_name", "courriel")
# Words by which a table is about logging in, whoever's it is.
_CREDENTIALS = frozenset({
    "credential", "password", "oauth", "sso", "saml", "oidc", "mfa", "otp", "totp", "webauthn", "passkey",
    "authenticator", "api_key", "api_token", "access_token", "refresh_token", "personal_access_token",
    "verification_token", "recovery_code", "two_factor", "backup_code", "identity_provider",
})  # fmt: skip
# Words that mean the same where the table hangs on people, and something else where it does not.
_OF_PEOPLE = frozenset({
    "session", "token", "device", "identity", "login", "authentication", "membership", "member", "invitation",
    "invite",
})  # fmt: skip
_RIGHTS = frozenset({
    "role", "permission", "privilege", "grant",
})  # fmt: skip

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


def identity_tables(
    catalog: Catalog, keys: Mapping[Relation, Sequence[ForeignKey]], root: Relation | None
) -> Mapping[Relation, str]:
    """The tables of identities, each with the reason; the tenant root is not among them."""
    found = {
        relation: reason
        for relation, table in catalog.tables.items()
        if relation != root and (reason := _of_people(table))
    }
    people = frozenset(found)
    while True:
        more = {
            relation: reason
            for relation, table in catalog.tables.items()
            if relation != root
            and relation not in found
            and (reason := _about_people(table, keys.get(relation, ()), people, frozenset(found), root))
        }
        if not more:
            return found
        found.update(more)


def _of_people(table: Table) -> str:
    name = noun(table.relation.name)
    columns = {"_".join(words(column.name)) for column in table.columns}
    addressed = next((one for one in _ADDRESSES if one in columns), None)
    secret = next((one for one in _SECRETS if one in columns), None)
    if addressed and secret:
        return f"people who log in: it has {addressed} and {secret}"
    if name in _PEOPLE and (addressed or table.relation.name.lower() in ("users", "user", "utilisateurs")):
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
    parts = noun(table.relation.name)
    if not referenced <= known | {root}:
        return ""
    of_people = bool(referenced & people)
    if _mentions(parts, _CREDENTIALS):
        return "credentials, by its name"
    if of_people and _mentions(parts, _OF_PEOPLE):
        return f"how people log in or what they belong to: by its name and its key to {_named(referenced & people)}"
    if of_people and root in referenced and _links(table, keys, people, root):
        return f"memberships: it links {_named(referenced & people)} and {root}"
    if _mentions(parts, _RIGHTS) and (of_people or not referenced or referenced <= known | {root}):
        return "roles and permissions, by its name"
    return ""


def _links(table: Table, keys: Sequence[ForeignKey], people: frozenset[Relation], root: Relation) -> bool:
    """Whether a unique key of the table consists of a person and a tenant."""
    one = {column for key in keys if key.referenced in people for column in key.columns}
    other = {column for key in keys if key.referenced == root for column in key.columns}
    return any(set(unique) & one and set(unique) & other and set(unique) <= one | other for unique in table.unique_keys)


def _mentions(name: str, wanted: frozenset[str]) -> bool:
    return any(f"_{one}_" in f"_{name}_" for one in wanted)


def _named(relations: frozenset[Relation] | set[Relation]) -> str:
    return ", ".join(str(relation) for relation in sorted(relations))
