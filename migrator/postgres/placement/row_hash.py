"""The SQL of a row's hash, the same in the source and in a target."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from migrator.core.plan.transfer import LARGE_OBJECT, TEXTUAL, Transfer, TransferColumn
from migrator.postgres.placement.from_items import ROW

# Types whose own hash function folds 64 bits into 32 before it hashes them: bigint's -1 and 4294967295, or two moments
# an hour and 12 minutes apart, hash alike. Their eight bytes are hashed instead, as bytea's are.
_FOLDED = {
    "bigint": sql.SQL("pg_catalog.int8send({})"),
    "timestamp with time zone": sql.SQL("pg_catalog.timestamptz_send({})"),
    "timestamp without time zone": sql.SQL("pg_catalog.timestamp_send({})"),
}

_LARGE_OBJECT_TEXT = sql.SQL(
    "pg_catalog.concat_ws(' ', {}, (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.lo_get(m.oid)), 'hex') "
    "FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = {}))"
)


def row_hash(columns: Sequence[tuple[sql.Composable, str]], *, records: bool) -> sql.Composed:
    """A 64-bit hash of a row, given as (expression, base type) of its columns; equal rows hash alike on every server.

    With `records` (both servers 14 or newer) columns with a type are hashed in their binary form, those without ('')
    as text; COLLATE "C" makes text hash by its bytes, whatever the collation's provider. Otherwise the row's text is.
    Whoever changes what is hashed counts up compare.HASH_FORM, so that digests of both forms are never compared.
    """
    # The number names the object; what it holds is compared with it. A number that names none stands for itself.
    columns = [
        (_LARGE_OBJECT_TEXT.format(expression, expression), "text") if type_ == LARGE_OBJECT else (expression, type_)
        for expression, type_ in columns
    ]
    if not records:
        return sql.SQL("pg_catalog.hashtextextended(ROW({})::text, 0)").format(
            sql.SQL(", ").join(expression for expression, _ in columns)
        )
    parts = []
    for expression, type_ in columns:
        if type_ in TEXTUAL:
            parts.append(sql.SQL('{} COLLATE "C"').format(expression))
        elif type_:
            parts.append(_FOLDED.get(type_, sql.SQL("{}")).format(expression))
        else:
            parts.append(sql.SQL('{}::text COLLATE "C"').format(expression))
    # hash_record_extended is linear in the hashes of the columns (31 * before + next), and digests add rows up: without
    # a last step that is not, rows could exchange a column's values unseen. hashint8extended would leave 32 bits.
    return sql.SQL(
        'pg_catalog.hashtextextended(pg_catalog.hash_record_extended(ROW({}), 0)::text COLLATE "C", 0)'
    ).format(sql.SQL(", ").join(parts))


def source_hash(transfer: Transfer) -> sql.Composed:
    """`row_hash` of a transfer's rows in the source."""
    return row_hash([(read_column(column), column.type) for column in transfer.columns], records=transfer.record_hash)


def target_hash(transfer: Transfer) -> sql.Composed:
    """`row_hash` of a transfer's rows in the target, whose table is `t` there too."""
    columns = [(sql.SQL("t.{}").format(sql.Identifier(column.target)), column.type) for column in transfer.columns]
    return row_hash(columns, records=transfer.record_hash)


def read_column(column: TransferColumn) -> sql.Composed:
    """What the source has in the place of a target's column: a column of `t`, or a constant."""
    if column.source is None:
        return sql.SQL("{}").format(sql.Literal(column.constant))
    return sql.SQL("{}.{}").format(ROW, sql.Identifier(column.source))
