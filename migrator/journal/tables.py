"""The tables of the control database."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(schema="migrator")

# One row: which shape the other tables have.
version = sa.Table("version", metadata, sa.Column("shape", sa.Integer, nullable=False))

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False, comment="system identifier and database name"),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("closed_at", sa.DateTime(timezone=True)),
    sa.Column("outcome", sa.Text),
    sa.Column("fingerprint", sa.Text, comment="of the plan that migrate carries out"),
    sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="runs_closed_with_outcome"),
    # A source has one open run at a time: a second one would not know of the first one's fence and artefacts.
    sa.Index("runs_one_open", "source", unique=True, postgresql_where=sa.text("closed_at IS NULL")),
)

stages = sa.Table(
    "stages",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("account", sa.Text, nullable=False, server_default="", comment="of the operating system; '': not known"),
    sa.Column("role", sa.Text, nullable=False, server_default="", comment="of the journal's session; '': not known"),
    sa.Column("summary", JSONB, nullable=False, server_default=sa.text("'{}'")),
    sa.Column("error", sa.Text),
    sa.CheckConstraint("status IN ('running', 'done', 'findings', 'failed', 'interrupted')", name="stages_status"),
    sa.Index("stages_run", "run_id", "stage", "id"),
)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    # What the name of the step is made of; '' and NULL where its kind has none.
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False, server_default=""),
    sa.Column("relation", sa.Text, nullable=False, server_default=""),
    sa.Column("database", sa.Text, nullable=False, server_default=""),
    sa.Column("part", sa.Integer),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("rows", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("seconds", sa.Float),
    sa.Column("detail", JSONB, nullable=False, server_default=sa.text("'{}'")),
    sa.Column("error", sa.Text),
    sa.CheckConstraint("status IN ('running', 'done', 'failed')", name="steps_status"),
)

artefacts = sa.Table(
    "artefacts",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("target", sa.Text),
    sa.Column("tenant", sa.Text),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("state IN ('intended', 'created', 'dropped')", name="artefacts_state"),
)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), primary_key=True),
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("passed", sa.Boolean, nullable=False),
    # Not JSONB, which forgets the order of keys.
    sa.Column("document", sa.JSON, nullable=False),
)

digests = sa.Table(
    "digests",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), primary_key=True),
    sa.Column("moment", sa.Text, primary_key=True, comment="source, target, backup, …: which side was digested when"),
    sa.Column("relation", sa.Text, primary_key=True, comment="schema.table in the source"),
    sa.Column("tenant", sa.Text, primary_key=True, comment="tenant key; '' where the table has none"),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Numeric(20, 0), nullable=False),
)

records = sa.Table(
    "records",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("document", JSONB, nullable=False),
    comment="facts of a run that later stages read: the backup's manifest, the source's objects before the fence, …",
)

followed = sa.Table(
    "followed",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), primary_key=True),
    sa.Column("database", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("tenant", sa.Text, nullable=False, comment="tenant key; '' where the target is not per tenant"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("snapshot", sa.Text, nullable=False, comment="the position that it was last heard to be at"),
    sa.Column("followed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("proved", sa.Text, comment="the position at which both sides were last compared and equal"),
    sa.Column("proved_at", sa.DateTime(timezone=True)),
    sa.Column("wave", sa.Integer),
    sa.Column("served_by", sa.Text, nullable=False, server_default="source", comment="source or target, by the map"),
    sa.Column("generation", sa.BigInteger, nullable=False, server_default="0", comment="of that entry of the map"),
    sa.Column("error", sa.Text, comment="why it stays where it is"),
    comment="databases that follow the source while it is written to",
)

# Rows that migrate met and that belong to no tenant: the COPY line, whole, and the columns that it holds.
quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("relation", sa.Text, nullable=False),
    sa.Column("tenant_key", sa.Text),
    sa.Column("columns", sa.Text, nullable=False),
    sa.Column("row", sa.Text, nullable=False),
    sa.Index("quarantine_unit", "run_id", "unit"),
)
