"""The roles that the text of a tree's revisions names: those that own what it makes, or are granted something on it."""

from __future__ import annotations

import re

_ROLE = r'(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$]*)'
# OWNER TO app · GRANT … TO app, "Other" WITH GRANT OPTION · CREATE POLICY … TO app
_NAMED = re.compile(rf"\bTO\s+(?:GROUP\s+)?({_ROLE}(?:\s*,\s*{_ROLE})*)", re.IGNORECASE)


def named_roles(text: str) -> frozenset[str]:
    """Every role that stands where SQL names an owner or a grantee; a word that is none does no harm among them."""
    return frozenset(_plain(role) for match in _NAMED.finditer(text) for role in re.findall(_ROLE, match[1]))


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
