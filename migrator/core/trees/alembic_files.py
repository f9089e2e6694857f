"""Generates the files of an Alembic tree: the source's DDL, then the new names of tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from migrator.core.trees.division import ScriptFile

BASELINE = "0001_baseline"
NAMES = "0002_names"
GENERATED = (BASELINE, NAMES)

_ENV = '''"""Runs the revisions of {target} databases."""

from migrator.revisions import run_environment

# With models, autogenerate compares against them: run_environment(Base.metadata).
run_environment(None{schema})
'''

_INI = """# alembic -c {path}/alembic.ini -x url=postgresql:///DATABASE upgrade head
# The URL may also come from MIGRATOR_ALEMBIC_URL, so that a password stays out of the command line.
[alembic]
script_location = %(here)s
path_separator = os
"""

_REVISION = '''"""The schema of {target}, as in the source: the files of {baseline}/ in the order of their names."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "{fingerprint}"


def upgrade() -> None:
    run_scripts(__file__{path})


def downgrade() -> None:
    raise NotImplementedError("what is older than the baseline is the source itself: migrator rollback")
'''

_NAMING = '''"""The names that migrator.toml gives the tables of {target}: the files of {names}/."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "{fingerprint}"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("the source's own names are the source's: migrator rollback")
'''

_TEMPLATE = '''"""${message}"""

from __future__ import annotations

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''


def tree_files(
    target: str,
    scripts: Sequence[ScriptFile],
    names: Sequence[ScriptFile] = (),
    schema: str = "",
    search_path: str = "",
) -> Mapping[PurePosixPath, str]:
    """Every file of one tree, by its path in it; `names` are the second revision's, of which there may be none.

    `search_path` is what functions of the source find others by, '' where none needs to.
    """
    versions = PurePosixPath("versions")
    path = f", search_path={json.dumps(search_path, ensure_ascii=False)}" if search_path else ""
    revision = _REVISION.format(target=target, baseline=BASELINE, fingerprint=fingerprint(scripts), path=path)
    argument = f", schema={json.dumps(schema, ensure_ascii=False)}" if schema else ""
    second = _NAMING.format(target=target, names=NAMES, fingerprint=fingerprint(names))
    return {
        **({versions / f"{NAMES}.py": second} if names else {}),
        **{versions / NAMES / script.name: script.text for script in names},
        PurePosixPath("env.py"): _ENV.format(target=target, schema=argument),
        PurePosixPath("alembic.ini"): _INI.format(path=f"migrations/{target}"),
        PurePosixPath("script.py.mako"): _TEMPLATE,
        versions / f"{BASELINE}.py": revision,
        **{versions / BASELINE / script.name: script.text for script in scripts},
    }


def fingerprint(scripts: Sequence[ScriptFile]) -> str:
    """What the files hold, by name and text."""
    digest = hashlib.sha256()
    for script in sorted(scripts, key=lambda file: file.name):
        digest.update(f"{script.name}\0{script.text}\0".encode())
    return digest.hexdigest()
