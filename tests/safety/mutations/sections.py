"""Mutations of the query that decides what "the same schema" is: each of its parts left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from migrator.postgres.session.connect import query
from tests.safety.mutations.change import Change
from tests.safety.mutations.damage import Damage

_QUERIES = ("schema/objects", "schema/comments", "schema/rare_objects")
_KIND = re.compile(r"SELECT '([a-z ]+)', (?:'([a-z]+) ')?")


def sections(damages: Sequence[Damage]) -> Iterator[tuple[Change, list[Damage]]]:
    """Each section of the queries left out, with the damages of which it has to be the one that shows some."""
    for name in _QUERIES:
        for section in re.split(r"\nUNION ALL\n", query(name)[query(name).index("\n)\nSELECT ") + 2 :]):
            match = _KIND.search(section)
            if match is None:
                raise LookupError(f"a section of {name} that names no kind: {section[:80]}")
            kind, of = match[1], match[2] or ""
            shown = [
                one for one in damages if len(one.says) > 1 and one.says[0].endswith(f"  {kind} ") and of in one.says[1]
            ]
            start = section.index("SELECT ")
            empty = f"{section[:start]}SELECT * FROM ({section[start:].rstrip()}\n) left_out WHERE false"
            label = f"{name.removeprefix('schema/')}.sql without: {kind} {of}".rstrip()
            yield Change(label, f"query:{name}", section.strip("\n"), empty.strip("\n")), shown
