"""The base class of every section of migrator.toml."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    """Values that cannot be changed, without keys that nobody knows."""

    # Built where it is used first: every process imports this module, and only some read a configuration.
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


def _arguments(command: object) -> object:
    return tuple(shlex.split(command)) if isinstance(command, str) else command


# A command as a list of arguments, or as one line that is split like a shell's; () for none.
Command = Annotated[tuple[str, ...], BeforeValidator(_arguments)]
