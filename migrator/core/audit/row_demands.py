"""What the constraints of a target will ask of the source's rows, and what dry-run says of rows that do not comply."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from migrator.core.plan.checks import Check
from migrator.core.plan.transfer import Transfer
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table
from migrator.core.schema.identifiers import identifier, qualified

Kind = Literal["check", "not null", "generated", "unique", "foreign key", "value"]


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that a target's table will ask of each row that comes into it.

    `columns` are the target's; `expression` is SQL over them: the check, or what a generated column holds; or the type
    whose input function has to take the value. For a foreign key `parent` is the transfer of the referenced table and
    `parent_columns` are its columns.
    """

    kind: Kind
    name: str
    columns: tuple[str, ...] = ()
    expression: str = ""
    parent: Transfer | None = None
    parent_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """How many of the source's rows do not comply, and the keys of a few; or why that cannot be asked there."""

    demand: Demand
    rows: int = 0
    samples: tuple[str, ...] = ()
    error: str = ""
    unknown: bool = False  # the source lacks what the expression uses
    reason: str = ""  # what the target's server says of a value that it does not take


def demands(
    transfer: Transfer,
    transfers: Iterable[Transfer],
    source: Catalog,
    target: Catalog,
    checks: Mapping[Relation, Sequence[tuple[str, str]]],
) -> Iterator[Demand]:
    """What is asked of the rows of one transfer, less what the source's own constraints hold already.

    `checks` are (name, expression) by target table. A check is asked whatever the source declares: what it calls may
    have changed since the rows came, and time has passed.
    """
    table = target.tables.get(transfer.destination)
    if table is None or transfer.placement.own is not None:
        return
    for name, expression in checks.get(transfer.destination, ()):
        yield Demand("check", name, expression=expression)
    own = source.tables.get(transfer.relation) if transfer.placement.query is None else None
    come_from = {column.target: column.source for column in transfer.columns}
    for column in table.columns:
        if column.generated == "s" and come_from.get(column.name) and column.default:
            yield Demand("generated", column.name, (column.name,), column.default)
        elif column.not_null and not column.generated and (origin := come_from.get(column.name)):
            read = own.column(origin) if own is not None else None
            if read is None or not read.not_null:
                yield Demand("not null", column.name, (column.name,))
    for unique in table.unique_keys:
        if not _is_unique(own, [come_from.get(name) for name in unique]) and all(map(come_from.get, unique)):
            yield Demand("unique", ", ".join(unique), unique)
    by_destination = {one.destination: one for one in transfers}
    for key in table.foreign_keys:
        parent = by_destination.get(key.referenced)
        if parent is not None and key.validated and not _is_declared(key, transfer, parent, source):
            yield Demand("foreign key", key.name, key.columns, "", parent, key.referenced_columns)


# From the one type to the other every value goes.
_WIDER = {
    "smallint": {"integer", "bigint", "numeric"},
    "integer": {"bigint", "numeric"},
    "bigint": {"numeric"},
    "real": {"double precision"},
}
_ANYTHING = {"text", "character varying", "citext"}  # what takes every value as text


def value_demands(
    transfer: Transfer, source: Catalog, target: Catalog, listed_columns: Collection[tuple[Relation, str]]
) -> Iterator[Demand]:
    """What the types of the target's columns ask of the values: where the source's type is another one.

    Those of `listed_columns` have to be known to their database, whatever the source's type is: objects of that name,
    labels of an enum.
    """
    table = target.tables.get(transfer.destination)
    if table is None or transfer.placement.own is not None:
        return
    own = source.tables.get(transfer.relation) if transfer.placement.query is None else None
    for column in transfer.copied:
        there = table.column(column.target)
        here = own.column(column.source) if own is not None and column.source is not None else None
        if there is None or column.source is None:
            continue
        changed = here is not None and there.type != here.type and there.type not in _WIDER.get(here.type, ())
        if (changed and there.type not in _ANYTHING) or (transfer.destination, there.name) in listed_columns:
            yield Demand("value", there.name, (there.name,), there.type)


def _is_unique(own: Table | None, columns: Sequence[str | None]) -> bool:
    return own is not None and any(set(unique) <= set(columns) for unique in own.unique_keys)


def _is_declared(key: ForeignKey, child: Transfer, parent: Transfer, source: Catalog) -> bool:
    """Whether the source has the same key, whose rows the audit's rules count."""
    here = {column.target: column.source for column in child.columns}
    there = {column.target: column.source for column in parent.columns}
    wanted = {(here.get(a), there.get(b)) for a, b in zip(key.columns, key.referenced_columns, strict=True)}
    table = source.tables.get(child.relation)
    return table is not None and any(
        one.referenced == parent.relation and set(zip(one.columns, one.referenced_columns, strict=True)) == wanted
        for one in table.foreign_keys
    )


_WHAT: Mapping[Kind, str] = {
    "check": "would not pass the check {name}",
    "not null": "{hold} NULL in {name}, which is NOT NULL there",
    "generated": "{hold} something else in the generated column {name} than its expression gives now",
    "unique": "{hold} the same {name} as another row of their database, where it is unique",
    "value": "{hold} in {name} what it cannot hold there",
    "foreign key": "{refer} a row by the key {name} that their database will not have",
}


_SEVERAL = {"hold": "hold", "refer": "name"}


def check_rows(transfer: Transfer, answers: Iterable[Answer]) -> Iterator[Check]:
    """What dry-run says: rows that the target would refuse stand in the way."""
    for answer in answers:
        demand, relation = answer.demand, transfer.relation
        name = f"{demand.kind} {demand.name} of {relation}"
        if answer.unknown:
            yield Check(
                name, "warn", f"the source cannot be asked whether its rows comply: {answer.error}",
                "migrator dry-run --rehearse carries the plan out and tells.",
            )  # fmt: skip
        elif answer.error:
            yield Check(
                name, "block", f"it cannot be evaluated for every row: {answer.error}", _remedy(transfer, demand)
            )
        elif answer.rows:
            what = _WHAT[demand.kind].format(
                name=demand.name, **({"hold": "holds", "refer": "names"} if answer.rows == 1 else _SEVERAL)
            )
            shown = f": {listed(answer.samples, 5)}" if answer.samples else ""
            yield Check(
                name, "block",
                f"{plural(answer.rows, 'row')} of {relation} {what} in target {transfer.target!r}"
                f"{f' ({answer.reason})' if answer.reason else ''}{shown}",
                _remedy(transfer, demand),
            )  # fmt: skip


def _remedy(transfer: Transfer, demand: Demand) -> str:
    table = qualified(*transfer.relation)
    if demand.kind == "generated":
        names = [column.source for column in transfer.columns if column.source and not column.generated]
        base = next((name for name in names if re.search(rf"\b{re.escape(name)}\b", demand.expression)), None)
        if base is not None:
            column = identifier(base)
            # For people to type; both names are quoted.
            return f"Have it computed anew: UPDATE {table} SET {column} = {column};"  # noqa: S608
        return "Have it computed anew, or change the expression back in the target's tree and in the source."
    if demand.kind == "check" and transfer.placement.query is None:
        where = f"NOT ({demand.expression})"
        return (
            f"Correct the rows; or move them away by a rule [clean.NAME] with where = {json.dumps(where)}; or drop the "
            f"constraint in the source and in the target's tree: ALTER TABLE {table} DROP CONSTRAINT "
            f"{identifier(demand.name)};"
        )
    if demand.kind == "value" and demand.expression.startswith("reg"):
        return (
            "Have the name kept as text: give the column that type in the target's tree; or let the target have what "
            "is named, or correct the rows."
        )
    if demand.kind == "value":
        return "Correct the rows, move them away by a [clean.NAME] rule, or change the type in the target's tree."
    return "Correct the rows, move them away by a [clean.NAME] rule, or drop the constraint in the target's tree."
