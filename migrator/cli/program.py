"""The program: all commands, in the order in which a migration uses them."""

from __future__ import annotations

import click

from migrator.cli.commands.after_migrate.cutover import cutover
from migrator.cli.commands.after_migrate.finish import finish
from migrator.cli.commands.after_migrate.follow import follow
from migrator.cli.commands.after_migrate.rollback import rollback
from migrator.cli.commands.after_migrate.sequences import sequences
from migrator.cli.commands.asking.completion import completion
from migrator.cli.commands.asking.config import config
from migrator.cli.commands.asking.connections import connections
from migrator.cli.commands.asking.doctor import doctor
from migrator.cli.commands.asking.explain import explain
from migrator.cli.commands.asking.help import help_command
from migrator.cli.commands.asking.history import history
from migrator.cli.commands.audit import audit
from migrator.cli.commands.backup import backup
from migrator.cli.commands.clean import clean
from migrator.cli.commands.demo import demo
from migrator.cli.commands.dry_run import dry_run
from migrator.cli.commands.init import init
from migrator.cli.commands.lock import lock
from migrator.cli.commands.migrate import migrate
from migrator.cli.commands.placements import placements
from migrator.cli.commands.plan import plan
from migrator.cli.commands.status import status
from migrator.cli.commands.verify import verify
from migrator.cli.options import Program, common_options
from migrator.version import __version__

_HELP = """Splits a monolithic PostgreSQL database into AUTH, SHARED and one database per tenant, proves that every row
arrived exactly once, and can take it all back.

`migrator demo` shows all of it on a PostgreSQL of its own. For a database of yours `init` writes a configuration and
`doctor` says what is missing; then come the stages, in order: backup, audit, clean, dry-run, migrate, verify; rollback
takes the split back, finish ends it for good. Each records itself and says what to type next.

\b
Examples:
  migrator demo
  migrator init --source postgresql:///erp
  migrator --config erp.toml dry-run
  migrator audit --output json > audit.json
"""

program = Program(
    "migrator",
    help=_HELP,
    params=[*common_options(), click.version_option(__version__, prog_name="migrator")(click.Command("")).params[0]],
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 findings or differences, 2 usage or configuration, 3 refused, 4 some targets failed, "
    "5 database failed, 70 bug, 130 interrupted. `migrator explain CODE` says more.",
)

for command in (
    init,
    doctor,
    backup,
    audit,
    clean,
    dry_run,
    plan,
    migrate,
    follow,
    cutover,
    verify,
    rollback,
    finish,
    sequences,
    status,
    lock,
    placements,
    connections,
    history,
    config,
    explain,
    demo,
    help_command,
    completion,
):
    program.add_command(command)
