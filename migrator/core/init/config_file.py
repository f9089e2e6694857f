"""Writes the text of migrator.toml, to be read from top to bottom and edited."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from migrator.core.init.proposal import Proposal
from migrator.core.init.tenant_root_candidates import RootChoice
from migrator.core.placement.key_paths import KeyPath
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.settings import TenantTreeChoice

Layout = Literal["tenants", "services", "domains"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Polymorph:
    """A polymorphic pair with the table of each value of its type, and what speaks for it."""

    table: Relation
    type: str
    id: str
    tables: Mapping[str, Relation]
    evidence: str


@dataclass(frozen=True, slots=True)
class TenantColumns:
    """Which columns of the tenant root say what."""

    root: Relation
    key: str
    slug: str | None
    name: str | None
    notes: tuple[str, ...] = ()
    tree: TenantTreeChoice | None = None
    own: tuple[tuple[str, str], ...] = ()  # patterns of objects that are one tenant's, with the evidence
    settings: tuple[tuple[str, str], ...] = ()  # session settings that hold the tenant key, with the evidence


@dataclass(frozen=True)
class Findings:
    """Everything that goes into the file."""

    catalog: Catalog
    prefix: str
    source: str  # URL or conninfo string without a password; '' where it must not be written
    schemas: tuple[str, ...]
    tenants: TenantColumns | None  # None where the layout has none
    choice: RootChoice
    proposals: tuple[Proposal, ...]
    virtual: tuple[ForeignKey, ...]
    polymorphs: tuple[Polymorph, ...]
    severed: tuple[ForeignKey, ...] = ()
    large_objects: Mapping[Relation, tuple[str, ...]] = field(default_factory=dict)  # the columns that name them
    notes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ("auth", "shared", "tenant")
    layout: Layout = "tenants"

    @cached_property
    def virtual_of(self) -> Mapping[Relation, Sequence[ForeignKey]]:
        """The inferred keys by table."""
        keys: dict[Relation, list[ForeignKey]] = {}
        for key in self.virtual:
            keys.setdefault(key.table, []).append(key)
        return keys


_HEADERS: Mapping[str, str] = {
    "auth": "AUTH: who may log in, and to what",
    "shared": "SHARED: reference data that all tenants use",
    "tenant": "TENANT: rows that belong to one tenant each",
    "decide": 'TO BE DECIDED: replace `decide` by a target, or by ignore = "the reason"; dry-run refuses until then',
    "ignore": "LEFT BEHIND",
}


def render(findings: Findings) -> str:
    """The file's text."""
    return "\n".join(_lines(findings)) + "\n"


def _lines(findings: Findings) -> Iterator[str]:
    yield f"# How the database {findings.catalog.database} is split. Written by `migrator init` from catalogs and rows,"
    yield "# yours to edit. docs/configuration.md lists every setting, docs/your-own-monolith.md explains."
    yield "# What migrator inferred, and did not read in a declared constraint, is marked `inferred` with its evidence."
    yield ""
    yield "[source]"
    yield "# --source, MIGRATOR_SOURCE_URL and DB_HOST, DB_PORT, DB_USERNAME, DB_PASSWORD, DB_DATABASE win over"
    yield "# this. A password belongs into .env or ~/.pgpass, not here."
    if findings.source:
        yield f"url = {_string(findings.source)}"
    if findings.schemas:
        yield f"schemas = {_array(findings.schemas)}"
    yield f"prefix = {_string(findings.prefix)}   # what the names of all databases begin with"
    if findings.tenants is not None:
        yield ""
        yield from _tenants(findings.tenants, findings)
    for name in findings.targets:
        yield ""
        yield from _target(name, findings.layout)
    for note in findings.notes:
        yield ""
        yield from _comment(note)
    yield from _severed(findings)
    groups: dict[str, list[Proposal]] = {name: [] for name in ("decide", *findings.targets, "ignore")}
    for proposal in findings.proposals:
        groups["decide" if proposal.decide else "ignore" if proposal.ignore else proposal.target].append(proposal)
    for name, proposals in groups.items():
        if not proposals:
            continue
        yield ""
        header = (
            _HEADERS.get(name, "") if findings.layout == "tenants" or name in ("decide", "ignore") else name.upper()
        )
        yield f"# {header} {'-' * max(4, 116 - len(header))}"
        if name == "decide" and len(proposals) > 1:
            yield '# One entry can decide several: [tables."history_*"], or [tables."*"] for all that are left.'
        for proposal in sorted(proposals, key=lambda item: item.relation):
            yield ""
            yield from _table(findings, proposal)
    yield from _clean(findings)


def _clean(findings: Findings) -> Iterator[str]:
    """A rule for rows whose parent is gone, where a key that was never validated lets them be."""
    left = {proposal.relation for proposal in findings.proposals if proposal.ignore}
    loose = [key for key in findings.catalog.foreign_keys if not key.validated and key.table not in left]
    if loose:
        header = "CLEAN: what moves to quarantine before the split; `migrator clean` shows it, --execute does it"
        yield ""
        yield f"# {header} {'-' * max(4, 116 - len(header))}"
        yield ""
        yield "# Rows whose parent is gone, which these keys have never been asked about:"
        yield from (f"#   {key.label}" for key in sorted(loose, key=lambda key: key.label))
        yield "[clean.orphans]"
        yield 'kind = "orphans"'


def _target(name: str, layout: Layout) -> Iterator[str]:
    yield f"[targets.{_key(name)}]"
    match layout:
        case "tenants":
            yield f"database = {_string('{prefix}_{slug}' if name == 'tenant' else f'{{prefix}}_{name}')}"
            if name == "tenant":
                yield "per_tenant = true"
        case "services":
            yield f"database = {_string(f'{{prefix}}_{name}')}"
        case "domains":
            yield f"database = {_string('{prefix}_domains')}"
            yield f"schema = {_string(name)}"
    yield f"migrations = {_string(f'migrations/{name}')}"


def _tenants(tenants: TenantColumns, findings: Findings) -> Iterator[str]:
    yield "[tenants]"
    chosen = next((candidate for candidate in findings.choice.candidates if candidate.relation == tenants.root), None)
    if chosen is not None:
        yield from _comment(f"{tenants.root}: {findings.choice.why}. {'; '.join(chosen.reasons)}.")
    others = [candidate for candidate in findings.choice.candidates if candidate.relation != tenants.root][:4]
    if others:
        yield "# The runners-up:"
        for candidate in others:
            yield from _comment(f"  {candidate.relation} ({candidate.score:g} points): {'; '.join(candidate.reasons)}")
    yield f"root = {_string(table_name(findings.catalog, tenants.root))}"
    yield f"key = {_string(tenants.key)}"
    if tenants.slug:
        yield f"slug = {_string(tenants.slug)}   # names the tenant's database"
    if tenants.name:
        yield f"name = {_string(tenants.name)}   # names the tenant in reports"
    for note in tenants.notes:
        yield from _comment(note)
    if tenants.tree is not None:
        meaning = {
            "top": "the row at the top is the tenant of all below it",
            "nodes": "each row is a tenant of its own",
        }
        yield f"tree = {_string(tenants.tree)}   # {meaning[tenants.tree]}"
    if tenants.own:
        yield "# inferred: objects that are one tenant's by their name; each goes to its tenant's database alone"
        for pattern, evidence in tenants.own:
            yield from _comment(f"  {pattern}: {evidence}")
        yield f"per_tenant_objects = {_array(pattern for pattern, _ in tenants.own)}"
    if tenants.settings:
        yield "# inferred: session settings that hold the tenant key; each tenant's database gives them to its sessions"
        for name, evidence in tenants.settings:
            yield from _comment(f"  {name}: {evidence}")
        given = ", ".join(f'{_string(name)} = "{{key}}"' for name, _ in tenants.settings)
        yield f"settings = {{ {given} }}"


def _severed(findings: Findings) -> Iterator[str]:
    if not findings.severed:
        return
    yield ""
    yield "# Checked references: these foreign keys cross databases. The trees leave them out; verify checks that each"
    yield '# row finds its parent in the other database. A small parent can be copied along: replicate = ["tenant"].'
    for key in findings.severed:
        yield from _comment(f"  {key.label}{'' if key.name else ' (inferred)'}")


def _table(findings: Findings, proposal: Proposal) -> Iterator[str]:
    yield f"[tables.{_key(table_name(findings.catalog, proposal.relation))}]"
    if proposal.ignore:
        yield f"ignore = {_string(proposal.ignore)}"
    elif proposal.decide:
        yield f"decide = {_array(proposal.decide)}"
        for way in proposal.ways:
            yield from _comment(f'target = "tenant", key_path = {_array(path_text(findings.catalog, way))}')
    else:
        yield f"target = {_string(proposal.target)}"
    if proposal.key_path is not None:
        yield from _key_path(findings.catalog, proposal.key_path)
    if proposal.unowned:
        yield f"unowned = {_string(proposal.unowned)}"
    if proposal.replicate:
        yield f"replicate = {_array(proposal.replicate)}"
    keys = findings.virtual_of.get(proposal.relation, ())
    if keys:
        yield "virtual = ["
        for key in keys:
            reference = (
                f"{', '.join(key.columns)} -> {column_name(findings.catalog, key.referenced, key.referenced_columns)}"
            )
            blank = "" if key.blank is None else f"blank = {_string(key.blank)}, "
            yield f"    {{ key = {_string(reference)}, {blank}inferred = {_string(key.evidence)} }},"
        yield "]"
    pairs = [pair for pair in findings.polymorphs if pair.table == proposal.relation]
    if pairs:
        yield "polymorphic = ["
        for pair in pairs:
            tables = ", ".join(
                f"{_key(value)} = {_string(table_name(findings.catalog, relation))}"
                for value, relation in pair.tables.items()
            )
            yield (
                f"    {{ type = {_string(pair.type)}, id = {_string(pair.id)}, tables = {{ {tables} }}, "
                f"inferred = {_string(pair.evidence)} }},"
            )
        yield "]"
    if columns := findings.large_objects.get(proposal.relation):
        yield f"large_objects = {_array(columns)}   # inferred: every value is the number of a large object"
    if proposal.reason:
        yield f"reason = {_string(proposal.reason)}"
    if proposal.inferred:
        yield "inferred = true"


def _key_path(catalog: Catalog, path: KeyPath) -> Iterator[str]:
    written = [_array(path_text(catalog, alternative)) for alternative in path.alternatives]
    if len(written) == 1:
        yield f"key_path = {written[0]}"
        return
    yield "key_path = [   # the first that leads to a tenant counts"
    for one in written:
        yield f"    {one},"
    yield "]"


def path_text(catalog: Catalog, path: KeyPath) -> tuple[str, ...]:
    """A key path as the file spells it, without alternatives."""
    hops = [
        f"{', '.join(hop.columns)} -> {hop.chosen(column_name(catalog, hop.referenced, hop.referenced_columns))}"
        for hop in path.hops
    ]
    return (*hops, column_name(catalog, path.relation, (path.column or "",)))


def column_name(catalog: Catalog, relation: Relation, columns: Sequence[str]) -> str:
    """ "accounts.id", "crm.accounts.id", "orders.tenant_id, id"."""
    return f"{table_name(catalog, relation)}.{', '.join(columns)}"


def table_name(catalog: Catalog, relation: Relation) -> str:
    """The shortest name that finds the table again."""
    return str(relation) if catalog.find(str(relation)) == relation else relation.full_name


def _comment(text: str) -> Iterator[str]:
    # Names may hold line breaks; a comment must not become a setting.
    yield from (f"# {line}".rstrip() for line in re.split(r"[\r\n\x00-\x08\x0b-\x1f\x7f\u2028\u2029\x85]+", text))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    # JSON's escapes are TOML's; DEL is the one character that only TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _array(texts: Iterable[str]) -> str:
    return f"[{', '.join(_string(text) for text in texts)}]"
