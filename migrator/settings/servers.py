"""The sections [source], [servers.NAME] and [control]: how databases are reached."""

from __future__ import annotations

from pydantic import ByteSize, SecretStr, field_validator

from migrator.settings.section import Section


class Server(Section):
    """How a server is reached: a libpq URL or conninfo string, single parameters winning over it."""

    url: SecretStr = SecretStr("")
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: SecretStr | None = None
    database: str | None = None


class TargetServer(Server):
    """`[servers.NAME]`: where targets are made. `free_disk` says what migrator cannot see from another machine."""

    free_disk: ByteSize | None = None


class Source(Server):
    """`[source]`: the monolith.

    `ignore_large_objects` says in words why large objects that no column names stay behind; without it they block.
    """

    schemas: tuple[str, ...] = ()
    prefix: str | None = None
    ignore_large_objects: str | None = None

    @field_validator("ignore_large_objects")
    @classmethod
    def _with_a_reason(cls, reason: str | None) -> str | None:
        if reason is not None and not reason.strip():
            raise ValueError("ignore_large_objects needs the reason in words")
        return reason


class Control(Section):
    """`[control]`: the control database that holds the journal; default `{prefix}_migrator`."""

    database: str = "{prefix}_migrator"
