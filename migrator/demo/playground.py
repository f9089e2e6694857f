"""The directory of a demonstration: a server's data, a project to work in, the reference ERP's files."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from migrator import ConfigurationError, InterruptedRunError, LocalServer, RefusedError, logs
from migrator.files import reference_directory

PROJECT_FILE = "migrator.toml"


class Loaded(Protocol):
    """What the generator of the reference ERP says of the rows that it wrote."""

    @property
    def rows(self) -> Mapping[str, int]: ...

    @property
    def total(self) -> int: ...

    @property
    def flaws(self) -> object: ...


# What becomes of a demonstration that has ended well.
Afterwards = Literal["removed", "kept"]


@dataclass(frozen=True)
class Playground:
    """A directory that a demonstration has to itself."""

    directory: Path
    is_chosen: bool

    @classmethod
    def of(cls, directory: Path | None) -> Playground:
        """The given directory, or the account's own."""
        return cls((directory or _default_directory()).absolute(), directory is not None)

    @property
    def data(self) -> Path:
        """The server's data directory."""
        return self.directory / "server"

    @property
    def project(self) -> Path:
        """migrator.toml, .env, backups and logs; ../../migrations lies as it does beside the example."""
        return self.directory / "examples" / "topsteel"

    @contextmanager
    def occupied(self, afterwards: Afterwards) -> Iterator[None]:
        """Makes the directory; ends the server and removes everything at the end, unless it is to be kept.

        After an error the project directory stays: its log says what went wrong, and the next demonstration removes it.

        Raises:
            InterruptedRunError: the operator interrupted it; nothing is left of it.
            RefusedError: a demonstration is up there, or the directory holds something else.
        """
        self._prepare()
        try:
            yield
        except BaseException as error:
            self.stop_server()
            if isinstance(error, KeyboardInterrupt | InterruptedRunError):
                self.remove()
                raise InterruptedRunError(
                    "The demonstration was interrupted; its server and its files are removed.",
                    "`migrator demo` begins a new one.",
                ) from error
            if self.data.exists():
                shutil.rmtree(self.data)
            raise
        if afterwards == "removed":
            self.stop_server()
            self.remove()

    def _prepare(self) -> None:
        if self.data.is_dir() and LocalServer.attach(self.data) is not None:
            raise RefusedError("A demonstration is still up.", "`migrator demo --stop` ends it.")
        if self.directory.is_dir() and any(self.directory.iterdir()) and not self.project.is_dir():
            raise RefusedError(f"{self.directory} holds something else.", "Give --directory an empty directory.")
        self.remove()
        self.project.mkdir(parents=True)
        # Root's server runs under another account, which must be able to pass.
        self.directory.chmod(0o755 if os.geteuid() == 0 else 0o700)

    def make_project(self, source_url: str) -> Path:
        """Writes the example's migrator.toml and trees, and an .env that names the source; returns the first."""
        reference = reference_directory()
        shutil.copytree(
            reference / "migrations", self.directory / "migrations", ignore=shutil.ignore_patterns("__pycache__")
        )
        file = self.project / PROJECT_FILE
        shutil.copy(reference / "examples" / "topsteel" / PROJECT_FILE, file)
        environment = self.project / ".env"
        environment.write_text(f"MIGRATOR_SOURCE_URL='{source_url}'\n", encoding="utf-8")
        environment.chmod(0o600)
        return file

    def stop_server(self) -> None:
        """Stops the server that runs here, if one does."""
        server = LocalServer.attach(self.data) if self.data.is_dir() else None
        if server is not None:
            server.stop()

    def remove(self) -> None:
        """Removes everything of the demonstration."""
        logs.close_file()
        if self.directory.exists():
            shutil.rmtree(self.directory)


def load_reference(url: str, tenants: int, scale: float) -> Loaded:
    """Loads the reference monolith with the generator of examples/topsteel, which is not part of this package.

    Raises:
        ConfigurationError: the example is not there, or tenants and scale do not go together.
    """
    directory = reference_directory() / "examples" / "topsteel"
    name = "migrator_reference_topsteel"
    if name not in sys.modules:
        # By its path: "examples" is a name that any package may have taken.
        spec = importlib.util.spec_from_file_location(
            name, directory / "__init__.py", submodule_search_locations=[str(directory)]
        )
        if spec is None or spec.loader is None or not directory.is_dir():
            raise ConfigurationError(f"The reference ERP is missing: {directory}.", "Install migrator again.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    generator: Any = importlib.import_module(f"{name}.generator")
    try:
        return cast(Loaded, generator.load(url, tenants=tenants, scale=scale))
    except ValueError as error:
        raise ConfigurationError(f"{error}.", "Choose other --tenants and --scale.") from error


def _default_directory() -> Path:
    if os.geteuid() == 0:
        # Root's home is closed to the account that its server runs under.
        return Path("/var/cache/migrator/demo")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "migrator" / "demo"
