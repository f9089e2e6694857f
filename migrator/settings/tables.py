"""The sections [tables.NAME] and [clean.NAME]: where rows go, how they are read, which stay behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from migrator.settings.section import Section

Unowned = Literal["block", "quarantine", "shared", "auth", "replicate"]


class VirtualKey(Section):
    """A reference that the source does not declare: "account_id -> accounts.id", several columns comma-separated.

    `blank` is the value that stands for "none" where the application does not write NULL: "", "0".
    `inferred` holds the evidence where migrator proposed it; empty where a person wrote it.
    """

    key: str
    blank: str | None = None
    inferred: str = ""


class Polymorphic(Section):
    """A pair of columns that names table and row together; `tables` maps each value of `type` to its table.

    A table may be written with the column that `id` holds ("posts.uuid"); by itself it means its primary key.
    """

    type: str
    id: str
    tables: Mapping[str, str]
    inferred: str = ""


class ReleasedKey(Section):
    """A declared foreign key that the targets do not have, "account_id -> accounts.id": verify counts instead.

    `reason` says in words why rows may name what their database will not have.
    """

    key: str
    reason: str = Field(min_length=1)


class TableSettings(Section):
    """`[tables.X]`: where a table goes and how its rows are read. Everything left out is derived.

    `key_path` is one path, or a list of paths that are tried in their order until one leads to a tenant. `decide` is
    what init leaves where it could not choose: the table stays undecided until the entry is replaced.
    """

    target: str | None = None
    ignore: str | None = None
    decide: tuple[str, ...] = ()
    reason: str = ""
    inferred: bool = False
    key: str | None = None
    key_path: tuple[str, ...] | tuple[tuple[str, ...], ...] = ()
    virtual: tuple[VirtualKey, ...] = ()
    polymorphic: tuple[Polymorphic, ...] = ()
    release: tuple[ReleasedKey, ...] = ()
    as_: str | None = Field(default=None, alias="as")
    columns: Mapping[str, str] = Field(default_factory=dict)
    query: str | None = None
    unowned: Unowned = "block"
    replicate: tuple[str, ...] = ()
    large_objects: tuple[str, ...] = ()

    @field_validator("virtual", mode="before")
    @classmethod
    def _short_form(cls, virtual: object) -> object:
        if not isinstance(virtual, (list, tuple)):
            return virtual
        return tuple({"key": one} if isinstance(one, str) else one for one in virtual)

    @property
    def key_paths(self) -> tuple[tuple[str, ...], ...]:
        """The configured paths in the order in which they are tried."""
        one = tuple(part for part in self.key_path if isinstance(part, str))
        return (one,) if one else tuple(part for part in self.key_path if not isinstance(part, str))

    @model_validator(mode="after")
    def _consistent(self) -> TableSettings:
        if any(not path for path in self.key_paths):
            raise ValueError("key_path holds an empty path")
        if self.decide and (self.target or self.ignore):
            raise ValueError("decide is for a table without target or ignore: remove it once you have decided")
        if self.ignore is not None and not self.ignore.strip():
            raise ValueError("ignore needs the reason in words")
        if self.ignore and (self.target or self.replicate):
            raise ValueError("either ignore or target, not both")
        if self.key and self.key_path:
            raise ValueError("either key or key_path, not both")
        return self


CleanKind = Literal["rows", "test-accounts", "expired-sessions", "soft-deleted", "orphans", "unowned", "cross-tenant"]


class CleanRule(Section):
    """`[clean.NAME]`: rows that leave for the quarantine before the split."""

    kind: CleanKind = "rows"
    table: str | None = None
    where: str | None = None
    column: str | None = None
    older_than: str | None = None
    dependents: Literal["move", "block"] = "move"
