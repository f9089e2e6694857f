"""Finds the tables that a function's text reads or writes, which no catalog lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from migrator.core.schema.catalog import Catalog, Relation

_NAME = r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))?'
# What follows these words in SQL is a relation; a column that bears a table's name is not mistaken for it.
_USE = re.compile(rf"\b(?:from|join|into|update)\s+(?:only\s+)?({_NAME})", re.IGNORECASE)
# FROM a, b x, c AS y: after a relation and its alias, a comma brings the next one.
_NEXT = re.compile(rf"(?:\s+(?:as\s+)?\w+)?\s*,\s*(?:only\s+)?({_NAME})", re.IGNORECASE)
_COMMENT_OR_STRING = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)


def named_tables(body: str, names: Mapping[str, Relation]) -> Iterator[Relation]:
    """The tables that a function's text reads or writes, as far as the text says: SQL built at run time does not."""
    text = _COMMENT_OR_STRING.sub(" ", body)
    for use in _USE.finditer(text):
        match: re.Match[str] | None = use
        while match is not None:
            parts = re.findall(r'"([^"]+)"|(\w+)', match.group(1))
            name = ".".join(quoted or plain.lower() for quoted, plain in parts)
            if name in names:
                yield names[name]
            match = _NEXT.match(text, match.end())


def spellings(catalog: Catalog) -> Mapping[str, Relation]:
    """Tables by every name that a function's text may use; bare names only where they can mean one table."""
    tables = {relation.full_name: relation for relation in catalog.tables}
    for relation in catalog.tables:
        if catalog.find(relation.name) == relation:
            tables[relation.name] = relation
    return tables
