"""Resolves references of migrator.toml ("account_id -> accounts.id") against the catalog."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from migrator.core.placement.key_paths import KeyPath
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table, comparable, loose_types
from migrator.errors import ConfigurationError
from migrator.settings import Polymorphic, TableSettings

_ARROW = " -> "
_FIRST = "first of "
_CONDITION = re.compile(r"(?P<place>.+) where (?P<column>.+?) = '(?P<value>(?:[^']|'')*)'", re.DOTALL)


class Hops:
    """Resolves references by name; every error says where, and what there is instead."""

    def __init__(self, catalog: Catalog, root: tuple[Relation, tuple[str, ...]] | None = None) -> None:
        self.catalog = catalog
        self.root = root  # the tenant root and its key, which is unique whatever the constraints say

    def virtual_keys(self, relation: Relation, entry: TableSettings) -> tuple[ForeignKey, ...]:
        """The keys that a table's entry adds to the declared ones; a polymorphic pair gives one for each table.

        Raises:
            ConfigurationError: a column or table does not exist, or what is referenced is not unique.
        """
        table = self.catalog.tables.get(relation)
        if table is None:
            return ()
        keys = []
        for virtual in entry.virtual:
            key = self.reference(relation, relation, virtual.key, f"[tables.{relation}] virtual", ())
            if key.virtual:  # a declared one needs no second entry
                keys.append(replace(key, evidence=virtual.inferred, blank=self._blank(key, virtual.blank)))
        for pair in entry.polymorphic:
            keys += self._polymorphic(table, pair)
        return tuple(keys)

    def _blank(self, key: ForeignKey, blank: str | None) -> str | None:
        if blank is not None and len(key.columns) > 1:
            raise ConfigurationError(
                f"[tables.{key.table}] virtual: blank is for a key of one column, not for {', '.join(key.columns)}.",
                "Leave it out.",
            )
        return blank

    def _polymorphic(self, table: Table, pair: Polymorphic) -> Iterator[ForeignKey]:
        where = f"[tables.{table.relation}] polymorphic"
        for column in (pair.type, pair.id):
            self.require_column(table, column, where)
        for value, name in pair.tables.items():
            parent = self.catalog.find(name)
            if parent is not None:
                columns = self.catalog.tables[parent].primary_key
                if len(columns) != 1:
                    raise ConfigurationError(
                        f"{where}: {parent} has no primary key of one column.",
                        f'Name the column that {pair.id} holds: {value} = "{name}.<column>".',
                    )
            else:
                parent, columns = self._place(name, where)
                self._require_unique(parent, columns, where)
            key = virtual_key(self.catalog, table.relation, (pair.id,), parent, columns)
            yield replace(key, evidence=pair.inferred, when=(pair.type, value))

    def path(
        self,
        relation: Relation,
        path: Sequence[str],
        keys: Sequence[ForeignKey],
        virtual: Mapping[Relation, Sequence[ForeignKey]],
    ) -> KeyPath:
        """A configured key path: its hops, and at last "table.column".

        Raises:
            ConfigurationError: a hop does not begin where the one before it ended, or names what does not exist.
        """
        where = f"[tables.{relation}] key_path"
        *hops, last = path
        here, followed = relation, []
        for hop in hops:
            known = keys if here == relation else virtual.get(here, ())
            key = self.reference(relation, here, hop, where, known)
            followed.append(key)
            here = key.referenced
        table = self.catalog.tables.get(here)
        if table is None:
            raise ConfigurationError(
                f"{where}: {here} is made by a query.", 'Name the column of its result: key = "<column>".'
            )
        columns = self._columns_of(here, last)
        if columns is None or len(columns) != 1:
            name = last.rpartition(".")
            if name[0] and self.catalog.find(name[0]) == here:
                self.require_column(table, name[2], where)
            raise ConfigurationError(
                f"{where}: it must end with a column of {here}, not with {last!r}.",
                f'End it with "{here}.<key column>".',
            )
        blank = next((key.blank for key in virtual.get(here, ()) if key.columns == columns), None)
        return KeyPath(tuple(followed), here, columns[0], blank=blank)

    def reference(
        self, owner: Relation, here: Relation, text: str, where: str, known: Sequence[ForeignKey]
    ) -> ForeignKey:
        """The foreign key that "column -> table.column" means: a declared one, one of `known`, or a new virtual one.

        Raises:
            ConfigurationError: it names what does not exist, or what it references is not unique.
        """
        left, arrow, right = text.partition(_ARROW)
        if not arrow:
            raise ConfigurationError(
                f"{where}: {text!r} names no table that the source has.", 'Write a hop as "column -> table.column".'
            )
        place, of, first = _chosen(right.strip())
        parent, referenced = self._place(place, where)
        table = self.catalog.tables.get(here)
        if table is None:
            raise ConfigurationError(
                f"{where}: {here} is made by a query.", 'Name the column of its result: key = "<column>".'
            )
        columns = self._columns_of(here, left.strip()) or _split(left.strip(), table)
        for name in columns:
            self.require_column(table, name, where)
        if len(columns) != len(referenced):
            raise ConfigurationError(
                f"{where}: {text!r} has {len(columns)} columns on one side and {len(referenced)} on the other.",
                'Write as many on both: "a, b -> table.a, b".',
            )
        if of is not None:
            self.require_column(self.catalog.tables[parent], of[0], where)
        if first and not self.catalog.tables[parent].primary_key:
            raise ConfigurationError(
                f"{where}: {parent} has no primary key that says which row is the first.", "Add one to it."
            )
        if not first:
            self._require_unique(parent, referenced if of is None else (*referenced, of[0]), where)
        if first or of is not None:
            return replace(virtual_key(self.catalog, here, columns, parent, referenced), of=of, first=first)
        for key in (*table.foreign_keys, *known):
            if key.referenced == parent and set(zip(key.columns, key.referenced_columns, strict=True)) == set(
                zip(columns, referenced, strict=True)
            ):
                return key
        return virtual_key(self.catalog, here, columns, parent, referenced)

    def _place(self, text: str, where: str) -> tuple[Relation, tuple[str, ...]]:
        """ "table.column" or "table.a, b"; names may hold dots themselves, so every table is tried."""
        candidates = {
            relation
            for at, character in enumerate(text)
            if character == "." and (relation := self.catalog.find(text[:at])) is not None
        }
        for relation in sorted(candidates, key=lambda candidate: -len(str(candidate))):
            if (columns := self._columns_of(relation, text)) is not None:
                return relation, columns
        for relation in candidates:
            self.require_column(self.catalog.tables[relation], text.removeprefix(f"{relation}."), where)
        table = text.rpartition(".")[0]
        raise ConfigurationError(
            f"{where}: {text!r} names no table that the source has.",
            self.similar(table, [str(relation) for relation in self.catalog.tables])
            or 'Write a hop as "column -> table.column".',
        )

    def _columns_of(self, relation: Relation, text: str) -> tuple[str, ...] | None:
        """The columns that "relation.columns" means, or None where it means something else."""
        table = self.catalog.tables[relation]
        for name in (str(relation), relation.full_name, relation.name):
            if text.startswith(f"{name}.") and self.catalog.find(name) == relation:
                columns = _split(text.removeprefix(f"{name}."), table)
                if all(table.column(column) for column in columns):
                    return columns
        return None

    def require_column(self, table: Table, column: str, where: str) -> None:
        """Raises:
        ConfigurationError: the table has no such column; the hint names similar ones.
        """
        if table.column(column) is None:
            raise ConfigurationError(
                f"{where}: the table {table.relation} has no column {column!r}.",
                self.similar(column, list(table.column_names)) or f"Its columns: {', '.join(table.column_names)}.",
            )

    def _require_unique(self, parent: Relation, columns: tuple[str, ...], where: str) -> None:
        if (parent, columns) == self.root:
            return
        if not any(set(unique) <= set(columns) for unique in self.catalog.tables[parent].unique_keys):
            raise ConfigurationError(
                f"{where}: {parent}.{', '.join(columns)} is not unique, so a row could belong to several tenants.",
                "Lead the path over a primary key or a unique constraint, or say that the first row by the primary key "
                f'counts: "-> first of {parent}.{", ".join(columns)}".',
            )

    @staticmethod
    def similar(name: str, known: Sequence[str]) -> str:
        """A question that names what is spelt almost like `name`; empty where nothing is."""
        close = difflib.get_close_matches(name, known, n=3)
        return f"Did you mean {' or '.join(close)}?" if close else ""


def _chosen(text: str) -> tuple[str, tuple[str, str] | None, bool]:
    """("links.item_id", ("role", "owner"), True) of "first of links.item_id where role = 'owner'"."""
    of = None
    if (condition := _CONDITION.fullmatch(text)) is not None:
        text, of = condition["place"], (condition["column"], condition["value"].replace("''", "'"))
    return text.removeprefix(_FIRST), of, text.startswith(_FIRST)


def _split(text: str, table: Table) -> tuple[str, ...]:
    if table.column(text) is not None:
        return (text,)  # a name may hold a comma
    return tuple(name.strip() for name in text.split(","))


def virtual_key(
    catalog: Catalog, here: Relation, columns: tuple[str, ...], parent: Relation, referenced: tuple[str, ...]
) -> ForeignKey:
    """A key that the source does not declare, compared as text where the types of its columns differ."""
    ends = (catalog.tables[here], columns), (catalog.tables[parent], referenced)
    pairs = [[column for name in names if (column := table.column(name))] for table, names in ends]
    # Of types that are not PostgreSQL's own nobody said by which operator they compare.
    as_text = not all(
        comparable(left.value_type, right.value_type) and "." not in left.value_type
        for left, right in zip(*pairs, strict=True)
    )
    return ForeignKey(
        "", here, columns, parent, referenced, validated=False, virtual=True, as_text=as_text,
        loose=() if as_text else loose_types(*pairs),
    )  # fmt: skip
