"""A database's schema as values: tables, columns, keys, indexes, sequences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BeforeValidator, PlainSerializer


class Relation(NamedTuple):
    """A schema-qualified name of a table, sequence or view."""

    schema: str
    name: str

    def __str__(self) -> str:
        """As a person writes it: the public schema is left out, nothing is quoted."""
        return self.name if self.schema == "public" else self.full_name

    @property
    def full_name(self) -> str:
        """With its schema, public too, unquoted: as digests, steps and documents name it."""
        return f"{self.schema}.{self.name}"


def _pairs(mapping: Mapping[Relation, Any]) -> list[tuple[Relation, Any]]:
    return list(mapping.items())


def _by_relation(document: object) -> object:
    return {Relation(*key): value for key, value in document} if isinstance(document, list) else document


_Value = TypeVar("_Value")

# A mapping by relation, which JSON holds as a list of [[schema, name], value]: keys of its objects are text.
ByRelation = Annotated[Mapping[Relation, _Value], BeforeValidator(_by_relation), PlainSerializer(_pairs)]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `type` is PostgreSQL's own spelling (format_type), `type_oid` is only comparable in one database.

    `base` is the type that a domain stands for, '' where `type` is none; `deterministic` says whether its collation
    tells all texts apart.
    """

    name: str
    type: str
    type_oid: int = 0
    not_null: bool = False
    default: str | None = None
    identity: str = ""  # '', 'a' (ALWAYS) or 'd' (BY DEFAULT), as pg_attribute.attidentity
    generated: str = ""  # '', 's' (stored) or 'v' (virtual), as pg_attribute.attgenerated
    sequence: Relation | None = None  # the sequence it owns or draws from by its default
    base: str = ""
    deterministic: bool = True

    @property
    def value_type(self) -> str:
        """The type of its values: what a domain stands for, else `type`."""
        return self.base or self.type

    @property
    def equal_is_identical(self) -> bool:
        """Whether equal values are the same text: 1 and 1.00 are not, nor citext's 'a' and 'A'."""
        return self.deterministic and without_modifier(self.value_type) in _IDENTICAL


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`table.columns` references `referenced.referenced_columns`, position by position.

    `virtual` marks a key that the catalog does not declare: configuration wrote it, or inference proposed it for the
    reason in `evidence`. `when` limits it to rows whose (column) holds (value), as polymorphic references do.
    `as_text` says that its columns have different types and are compared as text: a text need not be a number.
    `blank` is the value by which a column that is never NULL says "none": '', 0.
    `loose` gives, column by column, the referenced column's type where values that it calls equal may be different
    texts ('ACME' and 'Acme' of citext, 1 and 1.00), else ''. `collations` are those that the server compares in where
    the two ends have different ones.
    `partition` is the partition of `table` that alone declares the key, for its own rows.
    `of` limits the referenced rows to those whose (column) holds (value); where several may fit, `first` says that the
    first by its primary key counts. Both are for hops against the direction of a key: from a part to who names it.
    """

    name: str
    table: Relation
    columns: tuple[str, ...]
    referenced: Relation
    referenced_columns: tuple[str, ...]
    validated: bool = True
    deferrable: bool = False
    match: str = "s"  # 's' simple, 'f' full, 'p' partial, as pg_constraint.confmatchtype
    on_delete: str = "a"  # pg_constraint.confdeltype
    virtual: bool = False
    evidence: str = ""
    when: tuple[str, str] | None = None
    as_text: bool = False
    blank: str | None = None
    operators: tuple[tuple[str, str], ...] = ()  # (schema, name) column by column; () where all are pg_catalog's =
    of: tuple[str, str] | None = None
    first: bool = False
    loose: tuple[str, ...] = ()  # () where no column is
    partition: Relation | None = None
    collations: tuple[tuple[str, str] | None, ...] = ()  # (schema, name) column by column; () where none is needed
    referenced_partition: Relation | None = None  # of `referenced`: the key is declared to that one alone

    def chosen(self, columns: str) -> str:
        """The referenced columns, with what is said of the rows: "first of links.item_id where role = 'owner'"."""
        condition = ""
        if self.of is not None:
            value = self.of[1].replace("'", "''")
            condition = f" where {self.of[0]} = '{value}'"
        return f"{'first of ' if self.first else ''}{columns}{condition}"

    @property
    def label(self) -> str:
        """`orders(customer_id) -> customers(id)`."""
        condition = f" where {self.when[0]} is {self.when[1]!r}" if self.when else ""
        here = f"{self.partition or self.table}({', '.join(self.columns)})"
        there = f"{self.referenced_partition or self.referenced}({', '.join(self.referenced_columns)})"
        return f"{here} -> {there}{condition}"


@dataclass(frozen=True, slots=True)
class Index:
    """One index. `columns` has None where the key is an expression; INCLUDEd columns are left out."""

    name: str
    table: Relation
    columns: tuple[str | None, ...]
    definition: str
    unique: bool = False
    primary: bool = False
    valid: bool = True
    partial: bool = False
    constraint: bool = False  # the index behind a constraint


@dataclass(frozen=True, slots=True)
class Table:
    """A table that holds rows. Partitions are not listed as tables of their own: their parent holds their rows.

    `rows` is the planner's estimate (-1 unknown), `bytes` the size with indexes and TOAST, partitions included.
    """

    relation: Relation
    columns: tuple[Column, ...]
    kind: str = "r"  # pg_class.relkind: 'r' or 'p'
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[tuple[str, ...], ...] = ()  # the primary key included
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    rows: int = -1
    bytes: int = 0
    pages: int = 0
    file: int = 0  # the relfilenode: another one means that every row has moved to another place (ctid)
    owner: str = ""
    partitions: tuple[Relation, ...] = ()  # every level
    parents: tuple[Relation, ...] = ()  # plain inheritance
    row_security: bool = False
    force_row_security: bool = False
    persistence: str = "p"  # 'p' permanent, 'u' unlogged
    comment: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Sequence:
    """One sequence and where it stands. `last_value` is None where it was never used."""

    relation: Relation
    type: str = "bigint"
    last_value: int | None = None
    increment: int = 1
    minimum: int = 1
    maximum: int = 2**63 - 1
    cycle: bool = False
    owned_by: tuple[Relation, str] | None = None
    used_by: tuple[tuple[Relation, str], ...] = ()  # columns whose default draws from it, the owner included
    start: int = 1


@dataclass(frozen=True)
class Catalog:
    """Everything that is known about one database, in one value."""

    database: str
    server_version: int  # as server_version_num: 180004
    tables: ByRelation[Table]
    sequences: ByRelation[Sequence] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)
    system_identifier: str = ""
    encoding: str = "UTF8"
    large_objects: int = 0
    partition_keys: tuple[ForeignKey, ...] = ()  # that only partitions declare
    period_keys: tuple[ForeignKey, ...] = ()  # of a PERIOD, which several rows satisfy together: no way to a tenant
    common_keys: tuple[ForeignKey, ...] = ()  # that every partition of a table declares, as virtual ones of the table

    @cached_property
    def foreign_keys(self) -> tuple[ForeignKey, ...]:
        """Every declared foreign key."""
        return tuple(key for table in self.tables.values() for key in table.foreign_keys)

    @cached_property
    def referencing(self) -> Mapping[Relation, tuple[ForeignKey, ...]]:
        """For each table the foreign keys that point at it."""
        by_table: dict[Relation, list[ForeignKey]] = {}
        for key in (*self.foreign_keys, *self.period_keys):
            by_table.setdefault(key.referenced, []).append(key)
        return {relation: tuple(keys) for relation, keys in by_table.items()}

    def find(self, name: str) -> Relation | None:
        """The table that a person means by `name` or `schema.name`, or None.

        A bare name is looked up in `public` first, then wherever it is unique.
        """
        if (public := Relation("public", name)) in self.tables:
            return public
        exact = [relation for relation in self.tables if relation.full_name == name]
        bare = [relation for relation in self.tables if relation.name == name]
        for candidates in (exact, bare):
            if len(candidates) == 1:
                return candidates[0]
        return None


_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_NUMBERS = _INTEGERS | {"numeric"}
# Of these types equal values are the same text, in a collation that tells all texts apart.
_IDENTICAL = _INTEGERS | {
    "text", "character varying", "character", "name", "uuid", "date", "boolean", "oid", "bytea",
    "timestamp without time zone", "timestamp with time zone",
}  # fmt: skip
_TEXTS = frozenset({"text", "character varying", "citext", "name"})


def loose_types(columns: Iterable[Column], referenced: Iterable[Column]) -> tuple[str, ...]:
    """For each pair of columns the referenced one's type where equal values may be different texts, else ''."""
    types = tuple("" if _identical(one, other) else other.type for one, other in zip(columns, referenced, strict=True))
    return types if any(types) else ()


def _identical(left: Column, right: Column) -> bool:
    types = {without_modifier(column.value_type) for column in (left, right)}
    alike = len(types) == 1 or types <= _INTEGERS or types <= _TEXTS
    return alike and left.equal_is_identical and right.equal_is_identical


def comparable(left: str, right: str) -> bool:
    """Whether columns of these types compare by value without a cast: the same type, two numbers, two texts."""
    types = {without_modifier(type_) for type_ in (left, right)}
    return len(types) == 1 or types <= _NUMBERS or types <= _TEXTS


@lru_cache(maxsize=1024)
def without_modifier(type_: str) -> str:
    """A type's name without its length or precision: "numeric(10,2)" -> "numeric"."""
    return re.sub(r"\([^)]*\)", "", type_)


def strongly_connected(edges: Mapping[Relation, Iterable[Relation]]) -> tuple[tuple[Relation, ...], ...]:
    """Tarjan's strongly connected components, referenced tables first: also a topological order where acyclic.

    A component of more than one table, or of one with an edge to itself, is a cycle. Iterative, because schemas of
    thousands of tables chain deeper than Python's recursion limit.
    """
    index: dict[Relation, int] = {}
    low: dict[Relation, int] = {}
    on_stack: set[Relation] = set()
    stack: list[Relation] = []
    components: list[tuple[Relation, ...]] = []
    for root in edges:
        if root in index:
            continue
        work = [(root, iter(sorted(edges[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in edges:
                    continue
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    on_stack.add(successor)
                    work.append((successor, iter(sorted(edges[successor]))))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component: list[Relation] = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    components.append(tuple(sorted(component)))
    return tuple(components)
