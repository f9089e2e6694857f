"""Mutations of the query that decides what "the same schema" is: each of its parts left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from migrator.postgres.session.connect import query
from tests.safety.mutations.change import Change
from tests.safety.mutations.damage import Damage

_QUERY = "schema/objects"
_KIND = re.compile(r"SELECT '([a-z ]+)', (?:'([a-z]+) ')?")


def sections(damages: Sequence[Damage]) -> Iterator[tuple[Change, list[Damage]]]:
    """Each section of the query left out, with the damages of which it has to be the one that shows some."""
    body = query(_QUERY)[query(_QUERY).index("\nSELECT 'extension'") :]
    for section in re.split(r"\nUNION ALL\n", body):
        match = _KIND.search(section)
        if match is None:
            raise LookupError(f"a section of {_QUERY} that names no kind: {section[:80]}")
        kind, of = match[1], match[2] or ""
        shown = [
            one for one in damages if len(one.says) > 1 and one.says[0].endswith(f"  {kind} ") and of in one.says[1]
        ]
        start = section.index("SELECT ")
        empty = f"{section[:start]}SELECT * FROM ({section[start:].rstrip()}\n) left_out WHERE false"
        yield (
            Change(
                f"objects.sql without: {kind} {of}".rstrip(), f"query:{_QUERY}", section.strip("\n"), empty.strip("\n")
            ),
            shown,
        )
