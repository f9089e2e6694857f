"""Rules on columns, functions and conventions: G13, G17, G19, G20, G21."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.audit.places import place
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import Relation, Table
from migrator.core.schema.identifiers import identifier, needs_quotes, qualified

_BETTER_TYPES = (
    (re.compile(r"timestamp(\(\d\))? without time zone"), "timestamp with time zone",
     "It names no instant: what it means depends on the reader's time zone"),
    (re.compile(r"money"), "numeric", "Its currency and its number of decimals depend on a server setting"),
    (re.compile(r"character\(\d+\)"), "text",
     "It is padded with blanks, which comparisons ignore and text functions see"),
    (re.compile(r"json"), "jsonb", "It has no equality and no index, and is parsed again at every reading"),
)  # fmt: skip


@rule(
    "G13", "I", Category.SCHEMA, "columns", "Type with a better alternative",
    why="timestamp without time zone, money, char(n) and json behave in ways that surprise, and that change between "
    "servers and sessions.",
    remedy="Change the type when the application can: timestamptz, numeric, text, jsonb.",
)  # fmt: skip
def doubtful_type(facts: Facts) -> Iterator[Observation]:
    """Columns, and arrays, of types that are better avoided."""
    for table in facts.catalog.tables.values():
        for column in table.columns:
            type_ = facts.base_type(column.type).removesuffix("[]")
            for pattern, better, reason in _BETTER_TYPES:
                if pattern.fullmatch(type_):
                    yield Observation(
                        f"{table.relation}.{column.name}", place(table.relation, (column.name,)),
                        f"Its type is {column.type}. {reason}; {better} does not have that.", table.relation,
                    )  # fmt: skip


@rule(
    "G17", "W", Category.SECURITY, "database", "SECURITY DEFINER function without a search_path of its own",
    why="It runs with its owner's privileges and finds tables and functions by the caller's search_path: who calls it "
    "can put objects of their own into its way.",
    remedy="Pin the search_path to the schemas that the function uses, pg_temp last.",
)  # fmt: skip
def unpinned_search_path(facts: Facts) -> Iterator[Observation]:
    """Functions that run as their owner with the caller's search_path."""
    for routine in facts.routines:
        if routine.security_definer and not routine.search_path:
            alter = f"ALTER ROUTINE {_as_sql(routine.identity)}"
            yield Observation(
                f"function {routine.identity.removeprefix('public.')}", routine.identity,
                "It is SECURITY DEFINER and has no search_path of its own.",
                sql_fix=f"{alter} SET search_path = pg_catalog, {identifier(routine.identity.split('.')[0])}, pg_temp;",
                sql_undo=f"{alter} RESET search_path;",
            )  # fmt: skip


def _as_sql(identity: str) -> str:
    name, _, arguments = identity.partition("(")
    return f"{'.'.join(identifier(part) for part in name.split('.', 1))}({arguments}"


# What a word in a column's name must be for it to hold a secret, and what says that it does not: the value is hashed,
# or the column is about the secret (when it expires, how many there are) and not the secret itself.
_SECRET = re.compile(
    r"(^|_)(password|passwd|pwd|passphrase|mot_de_passe|mdp|secret|api_?key|apikey|token|private_?key|access_?key|pin|cvv|cvc)"
    r"(s?)($|_(value|plain|clear|text|en_clair))"
)
_PROTECTED = re.compile(
    r"hash|digest|hmac|salt|encrypt|crypt|cipher|chiffre|masked|fingerprint|public|last4|_(id|at|le|on|by|type|count|hint|name)$"
)
_TEXTS = re.compile(r"(text|character varying(\(\d+\))?|character\(\d+\)|citext|bytea|jsonb?)")
# Columns of an access token's own kind that are no secrets: words of a text, positions in a blockchain, …
_WORDS = frozenset({"tokens", "pin", "pins"})


@rule(
    "G19", "W", Category.SECURITY, "columns", "Column that looks like a secret in clear text",
    why="Who reads the table, a backup or a log has the secret, and the split multiplies the copies.",
    remedy="Store a hash (passwords: bcrypt, scrypt or argon2; tokens: SHA-256), or encrypt it with a key that is kept "
    "elsewhere. Judged by the name alone: suppress the finding's key where the value is safe.",
)  # fmt: skip
def clear_secret(facts: Facts) -> Iterator[Observation]:
    """Text columns named like a secret, and not like a hash of one."""
    for table in facts.catalog.tables.values():
        for column in table.columns:
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.name).lower()
            type_ = facts.base_type(column.type).rpartition(".")[2]
            if _SECRET.search(name) and not _PROTECTED.search(name) and name not in _WORDS and _TEXTS.fullmatch(type_):
                yield Observation(
                    f"{table.relation}.{column.name}", place(table.relation, (column.name,)),
                    f"Its name does not say that the value ({column.type}) is hashed or encrypted.", table.relation,
                )  # fmt: skip


_CONVENTIONS = ("created_at", "updated_at", "deleted_at", "created_by", "updated_by")
_SIBLINGS = 4  # fewer tables make no convention


@rule(
    "G20", "I", Category.SCHEMA, "tables", "Convention of the sibling tables not kept",
    why="Where most tables of a target record when and by whom rows were written or deleted, one that does not cannot "
    "be cleaned, followed or restored in the same way.",
    remedy="Add the column, or let it be: link tables and logs often need none.",
)  # fmt: skip
def broken_convention(facts: Facts) -> Iterator[Observation]:
    """Audit and soft-delete columns that most tables of the same target have and some lack, one finding for each."""
    siblings: dict[str, list[Table]] = defaultdict(list)
    for placement in facts.placements.tables.values():
        table = facts.catalog.tables.get(placement.relation)
        if table is not None and placement.target and not _is_link(table):
            siblings[placement.target].append(table)
    for target, tables in sorted(siblings.items()):
        for convention in _CONVENTIONS:
            without = [table.relation for table in tables if table.column(convention) is None]
            if len(tables) >= _SIBLINGS and without and len(without) * 2 < len(tables):
                yield Observation(
                    f"{convention} in {target}", f"{target}.{convention}",
                    f"{len(tables) - len(without)} of {plural(len(tables), 'table')} have {convention}, not: "
                    f"{listed(str(relation) for relation in without)}.",
                    sql_fix=" ".join(_added(relation, convention) for relation in without)
                    if convention.endswith("_at") else "",
                    sql_undo=" ".join(
                        f"ALTER TABLE {qualified(*relation)} DROP COLUMN {convention};" for relation in without
                    ) if convention.endswith("_at") else "",
                )  # fmt: skip


def _is_link(table: Table) -> bool:
    """Whether a table only links others: its primary key is made of foreign keys."""
    referencing = {column for key in table.foreign_keys for column in key.columns}
    return bool(table.primary_key) and referencing.issuperset(table.primary_key)


def _added(relation: Relation, column: str) -> str:
    default = "" if column == "deleted_at" else " NOT NULL DEFAULT now()"
    return f"ALTER TABLE {qualified(*relation)} ADD COLUMN {column} timestamptz{default};"


@rule(
    "G21", "I", Category.SCHEMA, "tables", "Name that needs quotes",
    why="Upper case, blanks and reserved words have to be quoted in every statement; where somebody forgets it, the "
    "name means another object, or none.",
    remedy="Rename it when the application can. migrator quotes every name itself.",
)  # fmt: skip
def quoted_name(facts: Facts) -> Iterator[Observation]:
    """Tables and columns whose names mean something else without quotes, one finding for each table."""
    for table in facts.catalog.tables.values():
        relation = table.relation
        names = [f"the table {relation.name}"] if needs_quotes(relation.name) else []
        names += [column.name for column in table.columns if needs_quotes(column.name)]
        if names:
            yield Observation(
                str(relation), place(relation),
                f"{plural(len(names), 'name')} of it {'needs' if len(names) == 1 else 'need'} quotes: {listed(names)}.",
                relation,
            )  # fmt: skip


RULES = (doubtful_type, unpinned_search_path, clear_secret, broken_convention, quoted_name)
