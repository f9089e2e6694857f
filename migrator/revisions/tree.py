"""Opens an Alembic tree: a directory with env.py and versions/."""

from __future__ import annotations

import hashlib
import io
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from migrator.errors import ConfigurationError, DatabaseError, MigratorError
from migrator.revisions.failures import ScriptError, place_of, place_of_code

# Opens a raw, transactional driver connection.
Connect = Callable[[], Any]

# alembic.context is a module-global proxy: two environments at once in one process would mix their databases up.
ONE_ENVIRONMENT = threading.RLock()


def heads(tree: Path) -> tuple[str, ...]:
    """The tree's latest revisions, sorted; one in a healthy tree, none in an empty one.

    Raises:
        ConfigurationError: the tree is missing or cannot be loaded.
    """
    with readable(tree):
        return tuple(sorted(ScriptDirectory.from_config(config_of(tree)).get_heads()))


def digest(tree: Path) -> str:
    """A digest of the tree's files, of the revisions that its configuration keeps elsewhere, and of its alembic.ini.

    Raises:
        ConfigurationError: the tree is missing or cannot be loaded.
    """
    with readable(tree):
        config = config_of(tree)
        directories = {tree.resolve(), *map(Path, ScriptDirectory.from_config(config)._version_locations)}
    outermost = [one for one in directories if not any(other in one.parents for other in directories)]
    taken = hashlib.sha256()
    for directory in sorted(outermost):
        for file in sorted(directory.rglob("*")):
            name = file.relative_to(directory)
            if (
                file.is_file()
                and file.suffix != ".pyc"
                and not any(part.startswith((".", "__pycache__")) for part in name.parts)
            ):
                _add(taken, name.as_posix(), file)
    if config.config_file_name is not None and (ini := Path(config.config_file_name)).parent.resolve() not in outermost:
        _add(taken, ini.name, ini)
    return taken.hexdigest()


def _add(taken: hashlib._Hash, name: str, file: Path) -> None:
    content = file.read_bytes()
    # With their lengths: the end of one file is not the beginning of the next.
    taken.update(f"{name}\n{len(content)}\n".encode())
    taken.update(content)


def bases(tree: Path) -> tuple[str, ...]:
    """The tree's first revisions: one in a healthy tree."""
    with readable(tree):
        return tuple(sorted(ScriptDirectory.from_config(config_of(tree)).get_bases()))


def has_models(tree: Path) -> bool:
    """Whether the tree's env.py leaves the connection to migrator, so that `differences` may run it."""
    return "run_environment" in (tree / "env.py").read_text(encoding="utf-8")


def config_of(tree: Path) -> Config:
    """Alembic's configuration of the tree, with what an alembic.ini beside it or above it says.

    Raises:
        ConfigurationError: it is no Alembic tree.
    """
    for needed in ("env.py", "versions"):
        if not (tree / needed).exists():
            raise ConfigurationError(
                f"{tree} is not an Alembic tree: {needed} is missing in it.",
                "Set [targets.X] migrations in migrator.toml to the directory that holds env.py and versions/.",
            )
    ini = next((ini for ini in (tree / "alembic.ini", tree.parent / "alembic.ini") if _is_about(ini, tree)), None)
    config = Config(ini, stdout=io.StringIO())
    config.set_main_option("script_location", str(tree.resolve()).replace("%", "%%"))
    if ini is not None and (importable := config.get_main_option("prepend_sys_path")):
        # Relative to where its owners run alembic, not to where migrator runs.
        config.remove_main_option("prepend_sys_path")
        if (directory := str((ini.parent / importable).resolve())) not in sys.path:
            sys.path.insert(0, directory)
    return config


def _is_about(ini: Path, tree: Path) -> bool:
    if not ini.is_file():
        return False
    location = Config(ini).get_main_option("script_location")
    return ini.parent == tree or (location is not None and (ini.parent / location).resolve() == tree.resolve())


def engine_for(connect: Connect) -> sa.Engine:
    """An engine that keeps no connection: each is opened by `connect`, and closed after its use."""
    return sa.create_engine("postgresql+psycopg://", creator=connect, poolclass=sa.pool.NullPool)


@contextmanager
def opened(tree: Path, connect: Connect) -> Iterator[sa.Connection]:
    """A connection to run the tree's env.py on, alone in this process; raises as `readable` does."""
    with ONE_ENVIRONMENT, readable(tree), engine_for(connect).connect() as connection:
        yield connection


@contextmanager
def readable(tree: Path) -> Iterator[None]:
    """Tells what Alembic and the tree's own files raise as what it means.

    Raises:
        ConfigurationError: the tree is inconsistent, cannot be imported, or its own Python raised something.
        DatabaseError: a statement of a revision failed.
    """
    try:
        yield
    except MigratorError:
        raise
    except CommandError as error:
        raise ConfigurationError(
            f"The Alembic tree {tree} cannot be used: {error}", "`alembic history` shows its revisions."
        ) from error
    except (sa.exc.DBAPIError, ScriptError) as error:
        reason = error.error.orig if isinstance(error, ScriptError) else error.orig
        raise _failed(DatabaseError, tree, place_of(tree, error), str(reason)) from error
    except (Exception, SystemExit) as error:  # whatever the code of a revision, of env.py or of models.py raises
        place = place_of_code(tree, _directories(tree), error)
        if isinstance(error, ImportError | SyntaxError):
            raise ConfigurationError(
                f"The Alembic tree {tree} cannot be loaded{place or ''}: {_reason(error)}",
                "Its env.py, models.py and versions/ must import with what is installed here.",
            ) from error
        if place is None:
            raise
        # The driver's own errors, where a revision uses its connection without SQLAlchemy.
        kind = DatabaseError if getattr(error, "sqlstate", None) else ConfigurationError
        raise _failed(kind, tree, place, f"{type(error).__name__}: {error}") from error


_NO_ROLE = re.compile(r'role ("[^"]+") does not exist')


def _failed(kind: type[MigratorError], tree: Path, place: str, reason: str) -> MigratorError:
    hint = "Nothing of it was kept. Correct the revision, then run the same command again."
    if (role := _NO_ROLE.search(reason)) is not None:
        # Roles belong to a server: the revision is right, and the server lacks what it names.
        hint = (
            f"Nothing of it was kept. Roles belong to a server: make it there with CREATE ROLE {role[1]}; and where it "
            f"owns tables, GRANT {role[1]} TO whoever migrates. Then run the same command again."
        )
    return kind(f"A revision of {tree} failed{place}: {reason}", hint)


def _reason(error: ImportError | SyntaxError) -> str:
    # str() of a SyntaxError repeats the file and the line.
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _directories(tree: Path) -> set[Path]:
    """Where the tree's files are: its directory, and those where its configuration keeps revisions."""
    try:
        kept = ScriptDirectory.from_config(config_of(tree))._version_locations
    except (CommandError, ConfigurationError):
        kept = ()
    return {tree.resolve(), *(Path(directory).resolve() for directory in kept)}
