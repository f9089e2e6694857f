"""The lines that COPY is given for one table after another: keys, references, vocabularies, and what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from examples.topsteel.copytext import NULL, escape, one
from examples.topsteel.drawing import mix, salt
from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Relation, Table

from . import fields
from .monolith import Field, Flaw, Monolith
from .ownership import Ownership

# One in so many references that may be missing is.
_NO_PARENT_EVERY = 5


@dataclass(frozen=True, slots=True)
class _Part:
    """A column of a key that has few values: how many for an owner, and each of them."""

    size: Callable[[int], int]
    value: Callable[[int, int], str]
    owned: bool


class Rows:
    """All rows of a monolith at one scale and with one seed."""

    def __init__(
        self, monolith: Monolith, catalog: Catalog, labels: Mapping[int, tuple[str, ...]], scale: float, seed: int
    ) -> None:
        self._monolith = monolith
        self._catalog = catalog
        self._labels = labels
        self._scale = scale
        self._seed = seed
        self._fields: dict[tuple[Relation, str], Field] = {}
        owner = self._found(monolith.owner)
        for name in (*monolith.rows, *monolith.fixed, *(flaw.table for flaw in monolith.flaws)):
            self._found(name)
        # Every owner has at least one row of whatever is owned.
        owners = self._scaled(monolith.owner, 1)
        self.regular = {table: self._scaled(table.name, owners) for table in catalog.tables}
        self._ownership = Ownership(catalog, owner, self.regular, seed)

    def flawed(self, flaw: Flaw) -> int:
        """How many rows a flaw has at this scale."""
        return flaw.rows * max(1, round(self._scale))

    def columns(self, table: Table) -> tuple[str, ...]:
        """The columns that are written."""
        return tuple(column.name for column in table.columns if not column.generated)

    def lines(self, table: Table) -> Iterator[str]:
        """A table's rows, the regular ones first."""
        names = self.columns(table)
        makers = [self._field(table, name) for name in names]
        regular = self.regular[table.relation]
        for row in range(regular):
            yield "\t".join([make(row) for make in makers]) + "\n"
        start = regular
        for flaw in self._monolith.flaws:
            if flaw.table != table.relation.name:
                continue
            flawed = [flaw.values if name == flaw.column else make for name, make in zip(names, makers, strict=True)]
            for row in range(start, start + self.flawed(flaw)):
                yield "\t".join([make(row) for make in flawed]) + "\n"
            start += self.flawed(flaw)

    def _found(self, name: str) -> Relation:
        relation = self._catalog.find(name)
        if relation is None:
            raise ValueError(f"the monolith {self._monolith.name} has no table {name}")
        return relation

    def _scaled(self, table: str, owners: int) -> int:
        if table in self._monolith.fixed:
            return self._monolith.fixed[table]
        return max(owners, round(self._monolith.rows.get(table, self._monolith.rows_otherwise) * self._scale))

    # -- one column -----------------------------------------------------------------------------------------------

    def _field(self, table: Table, name: str) -> Field:
        at = (table.relation, name)
        if at not in self._fields:
            column = table.column(name)
            assert column is not None
            self._fields[at] = self._made(table, column)
        return self._fields[at]

    def _made(self, table: Table, column: Column) -> Field:
        enumerated = self._enumerated(table, column)
        if enumerated is not None:
            return enumerated
        reference = self._reference(table, column.name)
        own = salt(f"{table.relation.name}.{column.name}", self._seed)
        if reference is not None:
            return self._referring(table, column, reference, own)
        alone = (column.name,) in table.unique_keys
        vocabulary = self._vocabulary(table, column)
        if vocabulary:
            return self._spoken(vocabulary, column, own, alone=alone)
        if (alone and table.primary_key == (column.name,)) or column.name == "id":
            return fields.key(column, own)
        if alone:
            return fields.distinct(column, own)
        labels = self._labels.get(column.type_oid, ())
        return fields.ordinary(column, labels, salt(table.relation.name, self._seed), own)

    @staticmethod
    def _reference(table: Table, name: str) -> ForeignKey | None:
        found = [key for key in table.foreign_keys if name in key.columns]
        if any(len(key.columns) > 1 for key in found):
            raise ValueError(f"{table.relation}: rows for a foreign key of several columns cannot be made")
        return found[0] if found else None

    def _referring(self, table: Table, column: Column, reference: ForeignKey, own: int) -> Field:
        value = self._field(self._catalog.tables[reference.referenced], reference.referenced_columns[0])
        choose = self._ownership.choice(table.relation, reference.referenced)
        # Who owns a row is always known.
        missing = not column.not_null and reference.referenced.name != self._monolith.owner

        def field(row: int) -> str:
            draw = mix(row, own)
            if missing and draw % _NO_PARENT_EVERY == 0:
                return NULL
            parent = choose(row, draw // _NO_PARENT_EVERY)
            return NULL if parent is None else value(parent)

        return field

    @staticmethod
    def _spoken(vocabulary: tuple[str, ...], column: Column, own: int, *, alone: bool) -> Field:
        size = len(vocabulary)
        if alone:
            return lambda row: vocabulary[row] if row < size else f"{vocabulary[row % size]}-{row // size + 1}"
        choices = vocabulary if column.not_null else (*vocabulary, *vocabulary, NULL)
        return lambda row: one(choices, mix(row, own))

    def _vocabulary(self, table: Table, column: Column) -> tuple[str, ...]:
        said = self._monolith.vocabulary
        found = said.get(f"{table.relation.name}.{column.name}") or said.get(column.name) or ()
        return tuple(map(escape, found))

    # -- keys of which every part has few values ----------------------------------------------------------------------

    def _enumerated(self, table: Table, column: Column) -> Field | None:
        """Values of a column in a unique key of references and vocabularies: combinations are counted, not drawn."""
        for key in table.unique_keys:
            if column.name in key:
                parts = [part for name in key if (part := self._part(table, name)) is not None]
                if len(parts) == len(key):
                    return self._digit(table, key, parts, key.index(column.name))
        return None

    def _part(self, table: Table, name: str) -> _Part | None:
        column = table.column(name)
        assert column is not None
        reference = self._reference(table, name)
        if reference is not None:
            child, parent, ownership = table.relation, reference.referenced, self._ownership
            value = self._field(self._catalog.tables[parent], reference.referenced_columns[0])
            return _Part(
                lambda owner: ownership.available(child, parent, owner),
                lambda owner, which: value(ownership.nth(child, parent, owner, which)),
                owned=parent in ownership.owned,
            )
        texts = self._vocabulary(table, column) or self._labels.get(column.type_oid, ())
        if not texts or (name,) in table.unique_keys:
            return None
        return _Part(lambda _owner: len(texts), lambda _owner, which: texts[which], owned=False)

    def _digit(self, table: Table, key: tuple[str, ...], parts: Sequence[_Part], position: int) -> Field:
        """One digit of a number whose base changes from digit to digit: no two rows of an owner have all of them equal.

        Raises:
            ValueError: there are more rows than combinations.
        """
        ownership = self._ownership
        by_owner = any(part.owned for part in parts)
        rows = ownership.counts(table.relation) if by_owner else [self.regular[table.relation]]
        for owner, number in enumerate(rows):
            if number > (combinations := prod(part.size(owner) for part in parts)):
                raise ValueError(
                    f"{table.relation}: {number} rows, but only {combinations} combinations of {', '.join(key)}"
                )

        def field(row: int) -> str:
            owner = ownership.of(row) if by_owner else 0
            number = ownership.rank(row) if by_owner else row
            for part in parts[:position]:
                number //= part.size(owner)
            return parts[position].value(owner, number % parts[position].size(owner))

        return field
