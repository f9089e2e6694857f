"""Opens an Alembic tree: a directory with env.py and versions/."""

from __future__ import annotations

import hashlib
import io
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

from migrator.errors import ConfigurationError, DatabaseError
from migrator.revisions.failures import ScriptError, place_of

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
        ConfigurationError: the tree is inconsistent, or cannot be imported.
        DatabaseError: a revision failed.
    """
    try:
        yield
    except CommandError as error:
        raise ConfigurationError(
            f"The Alembic tree {tree} cannot be used: {error}", "`alembic history` shows its revisions."
        ) from error
    except (ImportError, SyntaxError) as error:
        raise ConfigurationError(
            f"The Alembic tree {tree} cannot be loaded: {error}",
            "Its env.py, models.py and versions/ must import with what is installed here.",
        ) from error
    except (sa.exc.DBAPIError, ScriptError) as error:
        reason = error.error.orig if isinstance(error, ScriptError) else error.orig
        raise DatabaseError(
            f"A revision of {tree} failed{place_of(tree, error)}: {reason}",
            "Nothing of it was kept. Correct the revision, then run the same command again.",
        ) from error
