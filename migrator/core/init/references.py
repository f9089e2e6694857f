"""Infers undeclared references from names and types, to be checked against rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from migrator.core.placement.references import virtual_key
from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Relation, Table, comparable

# What a column's name ends with when it holds another row's key, most specific first.
_KEY_ENDINGS = ("id", "uuid", "guid", "key", "code", "ref", "fk", "no", "num", "number")
# ... and begins with: id_societe, fk_client.
_KEY_BEGINNINGS = ("id", "fk", "ref", "code")
_SELF = frozenset({"parent", "ancestor", "root", "previous", "next", "original", "replaces", "superior"})
# Roles in which people act; what they name is a user where a table of users exists.
_PEOPLE = frozenset({
    "user", "creator", "author", "owner", "editor", "assignee", "reviewer", "approver", "sender", "recipient",
    "actor", "operator", "member", "inviter", "invitee", "created_by", "updated_by", "deleted_by", "modified_by",
    "changed_by", "assigned_to", "invited_by", "approved_by", "uploaded_by", "posted_by", "closed_by", "locked_by",
    "requested_by", "reported_by", "reporter", "performer",
})  # fmt: skip
_USERS = ("users", "user", "accounts_user", "auth_user", "app_users", "api_users", "people", "members", "utilisateurs")
# Types that hold keys: an inferred reference between dates or booleans would be chance.
_KEY_TYPES = re.compile(r"(smallint|integer|bigint|uuid|text|character varying|character|citext|numeric|bytea)\b")


@dataclass(frozen=True, slots=True)
class Pair:
    """A polymorphic pair of columns: `type` says which table the row's `id` is looked up in."""

    table: Relation
    type: str
    id: str


@lru_cache(maxsize=100_000)
def words(name: str) -> tuple[str, ...]:
    """A name's words in lower case: "customerAddressID" and "customer_address_id" are the same three."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", spaced)
    return tuple(word for word in re.split(r"[^0-9a-zA-Z\u0080-\uffff]+", spaced.lower()) if word)


@lru_cache(maxsize=100_000)
def singular(word: str) -> str:
    """The word without the ending of an English or French plural; the same for both of "company" and "companies"."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("aux", "al")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    if word in ("people", "children", "data", "status", "address", "process", "analysis"):
        return {"people": "person", "children": "child"}.get(word, word)
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and (len(word) > 2 or word[:-1].isdecimal()):
        return word[:-1]
    return word


def noun(name: str) -> str:
    """A table's or a reference's name as one comparable word: "Order_Lines" -> "order_line"."""
    return "_".join(singular(word) for word in words(name))


class TableNames:
    """Tables by the names that a column may refer to them with."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._full: dict[str, list[Relation]] = defaultdict(list)
        self._tail: dict[str, list[Relation]] = defaultdict(list)
        for relation in catalog.tables:
            parts = [singular(word) for word in words(relation.name)]
            self._full["_".join(parts)].append(relation)
            self._full.setdefault("".join(parts), []).append(relation)
            # A prefix that many tables share (an application's, a module's) is no part of the noun: crm_account.
            for at in range(1, len(parts)):
                self._tail["_".join(parts[at:])].append(relation)

    def meant(self, name: str, near: Relation) -> Relation | None:
        """The table that `name` means in a column of `near`: exact, else the only one that ends so in this family."""
        exact = list(dict.fromkeys(self._full.get(name, ())))
        same_schema = [relation for relation in exact if relation.schema == near.schema]
        if len(found := same_schema or exact) == 1:
            return found[0]
        tails = list(dict.fromkeys(self._tail.get(name, ())))
        family = words(near.name)[:1]
        for chosen in (
            [tail for tail in tails if tail.schema == near.schema and words(tail.name)[:1] == family],
            [tail for tail in tails if tail.schema == near.schema],
            tails,
        ):
            # "message" is zerver_message rather than zerver_attachment_message.
            least = min((len(words(one.name)) for one in chosen), default=0)
            nearest = [one for one in chosen if len(words(one.name)) == least]
            if len(nearest) == 1:
                return nearest[0]
        return None

    def users(self) -> Relation | None:
        """The table of the people who use the application."""
        for name in _USERS:
            if (relation := self.meant(noun(name), Relation("public", name))) is not None:
                return relation
        return None


def candidate_keys(catalog: Catalog) -> tuple[ForeignKey, ...]:
    """Virtual keys that names and types suggest, at most one for a column; declared columns are left out.

    `evidence` is empty: the rows have not been looked at.
    """
    names = TableNames(catalog)
    users = names.users()
    keys = []
    for table in catalog.tables.values():
        # A column of a composite key refers to something already: to the tenant in (tenant_id, order_id).
        own = (*table.foreign_keys, *(key for key in catalog.common_keys if key.table == table.relation))
        declared = {column for key in own for column in key.columns}
        typed = {pair.id for pair in polymorphic_pairs(table)}
        for column in table.columns:
            if column.name in declared | typed or not holds_keys(column):
                continue
            key = _reference(catalog, names, users, table, column)
            if key is not None:
                keys.append(key)
    return tuple(keys)


def _reference(
    catalog: Catalog, names: TableNames, users: Relation | None, table: Table, column: Column
) -> ForeignKey | None:
    for name, endings in stems(column.name):
        if name in _SELF:
            referenced: Relation | None = table.relation
        else:
            referenced = names.meant(name, table.relation)
        if referenced is None and name in _PEOPLE:
            referenced = users
        if referenced is None:
            continue
        if table.primary_key == (column.name,) and referenced == table.relation:
            continue
        for there in _referencable(catalog.tables[referenced], column, endings):
            if referenced == table.relation and there == column.name:
                continue
            return virtual_key(catalog, table.relation, (column.name,), referenced, (there,))
        found = _composite(table, catalog.tables[referenced], column)
        if found is not None:
            return virtual_key(catalog, table.relation, found[0], referenced, found[1])
    return None


def _composite(table: Table, parent: Table, column: Column) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The columns that hold a key of several: task_id and task_inserted_at for (id, inserted_at) of tasks.

    A key that both tables call the same, as (tenant_id, id) begins with, is held by that column. Not so a time: each
    row has its own.
    """
    by_words = {words(column.name): column for column in table.columns}
    prefix = words(column.name)[:-1]
    for key in dict.fromkeys((parent.primary_key, *parent.unique_keys)):
        if len(key) < 2 or table is parent:
            continue
        shared = {name: by_words.get(words(name)) if words(name)[-1] in _KEY_ENDINGS else None for name in key}
        parts = [by_words.get((*prefix, *words(name))) or shared[name] for name in key]
        theirs = [parent.column(name) for name in key]
        here = tuple(part.name for part in parts if part is not None)
        if (
            column.name in here
            and len(set(here)) == len(key)
            # All but the column itself by the very same types: a time beside a date would be chance.
            and all(
                one is not None and other is not None
                and (one.type == other.type or (one is column and comparable(one.value_type, other.value_type)))
                for one, other in zip(parts, theirs, strict=True)
            )
        ):  # fmt: skip
            return here, key
    return None


def holds_keys(column: Column) -> bool:
    """Whether the column's type is one of keys, and its values are not computed."""
    return bool(_KEY_TYPES.match(column.value_type)) and not column.generated


def stems(column: str) -> Iterator[tuple[str, str]]:
    """(the noun that a column names, the ending that says what of it), most likely first."""
    parts = words(column)
    if len(parts) > 1:
        if parts[-1] in _KEY_ENDINGS:
            whole = parts[:-1]
            # "billing_account_id" is an account if there is no billing_account.
            for at in range(len(whole)):
                yield "_".join(singular(word) for word in whole[at:]), parts[-1]
        if parts[0] in _KEY_BEGINNINGS:
            yield "_".join(singular(word) for word in parts[1:]), parts[0]
        if "_".join(parts) in _PEOPLE:
            yield "_".join(parts), "id"
    elif parts:
        (word,) = parts
        # userid, teamid: whole names in lower case.
        for ending in ("uuid", "id"):
            if word.endswith(ending) and len(word) > len(ending) + 1:
                yield singular(word.removesuffix(ending)), ending
                break


def _referencable(table: Table, column: Column, ending: str) -> Iterator[str]:
    """Unique columns of the referenced table that such a column may hold: the one that is named so, then its key."""
    single = [key[0] for key in table.unique_keys if len(key) == 1]
    wanted = [name for name in single if words(name)[-1:] == (ending,)] if ending not in ("id", "fk", "ref") else []
    primary = [table.primary_key[0]] if len(table.primary_key) == 1 else []
    for name in dict.fromkeys([*wanted, *primary, *(name for name in single if name in ("id", "uuid"))]):
        other = table.column(name)
        if other is not None and comparable(column.type, other.type):
            yield name


def dangling_columns(table: Table, keys: Iterable[ForeignKey]) -> tuple[str, ...]:
    """Columns that look like another row's key, although nothing is known that they reference.

    Numbers and UUIDs only: a text that ends in "id" is as often another system's name for something.
    """
    known = {column for key in keys for column in key.columns} | {pair.id for pair in polymorphic_pairs(table)}
    return tuple(
        column.name
        for column in table.columns
        if column.name not in known
        and table.primary_key != (column.name,)
        and len(words(column.name)) > 1
        and words(column.name)[-1] in ("id", "uuid")
        and column.type.startswith(("int", "bigint", "smallint", "uuid"))
    )


_TYPE_ENDINGS = ("type", "class", "kind", "model")


def polymorphic_pairs(table: Table) -> Iterator[Pair]:
    """Pairs like (commentable_type, commentable_id): the same words, one ending in "type", one in "id"."""
    by_words = {words(column.name): column for column in table.columns}
    for found, column in by_words.items():
        if len(found) < 2 or found[-1] not in _TYPE_ENDINGS or not _KEY_TYPES.match(column.value_type):
            continue
        if column.type.startswith(("int", "big", "small", "uuid", "num")):
            continue
        identifier = by_words.get((*found[:-1], "id"))
        declared = {name for key in table.foreign_keys for name in key.columns}
        if identifier is not None and identifier.name not in declared:
            yield Pair(table.relation, column.name, identifier.name)


def tables_of_types(catalog: Catalog, pair: Pair, values: Mapping[str, int]) -> Mapping[str, Relation]:
    """The tables that the values of a pair's type column name: "Post", "post", "Blog::Post", "App\\Models\\Post"."""
    names = TableNames(catalog)
    meant = {}
    for value in values:
        parts = re.split(r"::|\\|\.|/", value)
        for text in ("_".join(parts), parts[-1]):
            relation = names.meant(noun(text), pair.table)
            if relation is not None and len(catalog.tables[relation].primary_key) == 1:
                meant[value] = relation
                break
    return meant
