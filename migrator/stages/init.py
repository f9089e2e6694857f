"""init: reads a database that nobody has described, and writes migrator.toml and the Alembic trees for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from migrator import config
from migrator.core.catalog import Catalog, ForeignKey, Relation
from migrator.core.grouping import group_tables
from migrator.core.hops import virtual_key
from migrator.core.inference import candidate_keys, polymorphic_pairs, tables_of_types
from migrator.core.inheritance import inherited_keys
from migrator.core.outcome import Outcome, Section
from migrator.core.own_objects import owner, propose_patterns
from migrator.core.paths import KeyPath, TenantTree, in_order, via
from migrator.core.placement import Placement, Placements, place
from migrator.core.proposal import Agreement, Draft, Proposal, WithoutTenant, complete, draft, grouped, propose, settle
from migrator.core.session_settings import tenant_setting
from migrator.core.settings import Settings, Tenants, TenantTreeChoice
from migrator.core.tenant_root import RootCandidate, RootChoice, choose, hidden_keys, key_of, rank
from migrator.core.tomltext import Findings, Layout, Polymorph, TenantColumns, render
from migrator.errors import ConfigurationError, RefusedError
from migrator.files import write_atomically
from migrator.postgres.archive import Ownership
from migrator.postgres.catalog import read_catalog
from migrator.postgres.connect import Connection
from migrator.postgres.connect import rows as rows_of
from migrator.postgres.estimates import row_counts
from migrator.postgres.inference import (
    agreement,
    disagreeing,
    is_unique,
    naming_unset,
    type_values,
    weighed,
    without_tenant,
)
from migrator.postgres.large_objects import naming_columns
from migrator.postgres.session_settings import read_readers
from migrator.postgres.tenants import count_levels, read_tenants
from migrator.stages.trees import LEFT_OUT_FILE, Trees, divide_source, write_trees
from migrator.stages.workspace import Workspace

_MIGRATIONS = "migrations"
_SLUGS = (
    "slug",
    "subdomain",
    "string_id",
    "code",
    "handle",
    "short_name",
    "shortname",
    "identifier",
    "url_slug",
    "name",
)
_NAMES = ("name", "nom", "title", "label", "display_name", "company_name", "raison_sociale", "full_name", "libelle")

# So large a part of a table's rows has to be named by rows of a tenant, one for one, before it counts as theirs.
_OWNED = 0.8

# Asks whether the tops of a tree (so many, and rows below them) are the tenants; None where nobody can be asked.
AskTree = Callable[[TenantTree, int, int], TenantTreeChoice | None]
# Asks which of several tenant roots is meant; None where nobody can be asked.
Ask = Callable[[Sequence[RootCandidate]], str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What init is asked for: the layout, and what is known already of tenants or groups of tables."""

    layout: Layout = "tenants"
    tenant_root: str | None = None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ownership: Ownership = "kept"
    tree: TenantTreeChoice | None = None


_DEFAULT = Wanted()


def init(
    workspace: Workspace,
    directory: Path,
    wanted: Wanted = _DEFAULT,
    *,
    ask: Ask | None = None,
    ask_tree: AskTree | None = None,
) -> Outcome:
    """Writes `migrator.toml` and `migrations/` into `directory`.

    Raises:
        RefusedError: migrator.toml exists, a tree of somebody's is in the way, or the tenant root is ambiguous and
            there is nobody to ask.
        ConfigurationError: the tenant root that was named does not exist.
        DatabaseError: the source cannot be read.
    """
    file = directory / config.DEFAULT_FILE
    if file.exists():
        raise RefusedError(
            f"{file} exists already.",
            "Edit it, or move it away; `migrator init --trees` writes only the Alembic trees anew, for what it says.",
        )
    with workspace.read_source("init") as connection:
        reading = _Reading(workspace, connection, wanted, ask, ask_tree)
        found = reading.findings() if wanted.layout == "tenants" else reading.grouped(wanted.layout, wanted.groups)
    text = render(found)
    directory.mkdir(parents=True, exist_ok=True)
    settings = _settings(workspace, directory, text)
    placements = place(found.catalog, settings)
    text = render(replace(found, severed=placements.severed))
    trees = divide_source(replace(workspace, settings=settings), found.catalog, placements, wanted.ownership)
    made = write_trees(directory / _MIGRATIONS, trees)
    write_atomically(file, text.encode(), mode=0o644)
    return _outcome(workspace, found, placements, trees, file, made)


def regenerate_trees(workspace: Workspace, directory: Path, ownership: Ownership = "kept") -> Outcome:
    """Writes the trees anew for an edited migrator.toml.

    Raises:
        RefusedError: a tree has been edited or continued.
    """
    with workspace.read_source("init") as connection:
        catalog = read_catalog(connection, workspace.settings.source.schemas)
    placements = place(catalog, workspace.settings)
    trees = divide_source(workspace, catalog, placements, ownership)
    made = write_trees(directory / _MIGRATIONS, trees)
    return Outcome(
        "init",
        headline=f"Wrote {len(made)} Alembic trees.",
        summary={f"objects of {target}": len(entries) for target, entries in trees.objects.items()},
        sections=_tree_sections(trees),
        data=_tree_data(trees, made),
        next=("migrator placements", "migrator dry-run"),
    )


class _Reading:
    """What one look at the source finds out."""

    def __init__(
        self, workspace: Workspace, connection: Connection, wanted: Wanted, ask: Ask | None, ask_tree: AskTree | None
    ) -> None:
        self.workspace = workspace
        self.connection = connection
        self.root_name = wanted.tenant_root
        self.ask = ask
        self.ask_tree = ask_tree
        self.wanted = wanted
        self.catalog = self._with_hidden_keys(read_catalog(connection, workspace.settings.source.schemas))
        self.counted: dict[tuple[Relation, KeyPath | None], WithoutTenant] = {}
        self.say = workspace.progress.say

    def findings(self) -> Findings:
        self._require_tables()
        handed_down = [key for found in inherited_keys(self.catalog).values() for key in found]
        known = {(key.table, column) for key in handed_down for column in key.columns}
        candidates = [key for key in candidate_keys(self.catalog) if (key.table, key.columns[0]) not in known]
        virtual, contradicted = weighed(self.connection, self.catalog, candidates)
        polymorphs, pairs = self._polymorphs()
        keys = (*self.catalog.foreign_keys, *handed_down, *virtual, *pairs)
        choice = choose(rank(self.catalog, keys), keys)
        root, root_key = self._root(choice, keys)
        tree = self._tree(root, root_key, keys)
        rows = self.rows = row_counts(self.connection, self.catalog)
        drafted, agreements = self._draft(keys, root, root_key, {})
        drafted, agreements = self._owned(drafted, agreements, keys, root_key)
        without = self._without_tenant(drafted, root_key)
        drafted, agreements, without = self._completed(drafted, agreements, without, keys, root_key)
        keys_of_tenants = {key for key, _, _ in read_tenants(self.connection, Tenants(), root, root_key)}
        roles = [name for (name,) in rows_of(self.connection, "granted_roles")]
        own = propose_patterns(self.catalog, keys_of_tenants, roles)
        proposals = propose(drafted, rows=rows, agreements=agreements, without=without, contradicted=contradicted)
        patterns = tuple(pattern for pattern, _ in own)
        proposals = tuple(one for one in proposals if owner(patterns, one.relation) is None)
        used = {"auth", "tenant", *(one.target for one in proposals), *(one.unowned for one in proposals)}
        if any(one.decide for one in proposals):
            used.add("shared")
        return Findings(
            self.catalog,
            self.workspace.prefix,
            self.workspace.source.public,
            tuple(self.workspace.settings.source.schemas),
            replace(
                self._columns(root, root_key),
                tree=tree,
                # What holds the key of a row below the top is not the tenant's.
                settings=() if tree == "top" else tenant_setting(read_readers(self.connection), drafted.found.paths),
                own=own,
            ),
            choice,
            proposals,
            virtual,
            polymorphs,
            targets=tuple(name for name in ("auth", "shared", "tenant") if name in used),
            large_objects=self._large_objects(),
        )

    def _large_objects(self) -> dict[Relation, tuple[str, ...]]:
        found: dict[Relation, tuple[str, ...]] = {}
        for one in naming_columns(self.connection, self.catalog):
            found[one.relation] = (*found.get(one.relation, ()), one.column)
        return found

    def grouped(self, layout: Layout, groups: Mapping[str, Sequence[str]]) -> Findings:
        """A target for each group of tables that belong together, and no tenants."""
        self._require_tables()
        virtual, _ = weighed(self.connection, self.catalog, candidate_keys(self.catalog))
        polymorphs, _ = self._polymorphs()
        members = group_tables(self.catalog, (*self.catalog.foreign_keys, *virtual), groups)
        proposals = grouped(members)
        return Findings(
            self.catalog,
            self.workspace.prefix,
            self.workspace.source.public,
            tuple(self.workspace.settings.source.schemas),
            None,
            RootChoice((), None, ""),
            proposals,
            virtual,
            polymorphs,
            large_objects=self._large_objects(),
            targets=tuple(sorted({one.target for one in proposals if one.target})),
            layout=layout,
        )

    def _require_tables(self) -> None:
        if not self.catalog.tables:
            raise ConfigurationError(
                f"The database {self.catalog.database} has no tables.", "Check --source, and --schema if it was given."
            )
        self.say(f"reading {len(self.catalog.tables)} tables of {self.catalog.database}")

    # -- references ---------------------------------------------------------------------------------------------------

    def _polymorphs(self) -> tuple[tuple[Polymorph, ...], tuple[ForeignKey, ...]]:
        """Polymorphic pairs whose types name tables, and the conditional keys that they amount to."""
        found: list[Polymorph] = []
        keys: list[ForeignKey] = []
        for table in self.catalog.tables.values():
            for pair in polymorphic_pairs(table):
                values = type_values(self.connection, self.catalog, pair)
                named = tables_of_types(self.catalog, pair, values)
                tried = [
                    replace(
                        virtual_key(
                            self.catalog, table.relation, (pair.id,), one, self.catalog.tables[one].primary_key
                        ),
                        when=(pair.type, value),
                    )
                    for value, one in named.items()
                ]
                held = [key for key in weighed(self.connection, self.catalog, tried)[0] if key.when is not None]
                if not held:
                    continue
                evidence = f"{len(held)} of {len(values)} types name tables that hold the rows"
                tables = {key.when[1]: key.referenced for key in held if key.when is not None}
                found.append(Polymorph(table.relation, pair.type, pair.id, tables, evidence))
                keys += [replace(key, evidence=evidence) for key in held]
        return tuple(found), tuple(keys)

    def _with_hidden_keys(self, catalog: Catalog) -> Catalog:
        """Takes a part of a primary key for a key of its own where the rows of what may be tenants say so."""
        tables = dict(catalog.tables)
        for relation, column in hidden_keys(catalog):
            if is_unique(self.connection, catalog, relation, column):
                tables[relation] = replace(tables[relation], unique_keys=(*tables[relation].unique_keys, (column,)))
        return replace(catalog, tables=tables)

    # -- the tenant root ----------------------------------------------------------------------------------------------

    def _root(self, choice: RootChoice, keys: Sequence[ForeignKey]) -> tuple[Relation, str]:
        name = self.root_name
        if name is None and choice.chosen is None:
            name = self.ask(choice.candidates) if self.ask is not None and choice.candidates else None
            if name is None:
                listed = "".join(
                    f"\n  {one.relation} ({one.score:g} points): {'; '.join(one.reasons)}" for one in choice.candidates
                )
                raise RefusedError(
                    f"Which table has one row per tenant? {choice.why[0].upper()}{choice.why[1:]}.{listed}",
                    "Name it: migrator init --tenant-root TABLE. For a database of one company without such a table, "
                    "write [tenants.default] by hand: docs/configuration.md.",
                )
        if name is None:
            assert choice.chosen is not None
            return choice.chosen.relation, choice.chosen.key
        root = self.catalog.find(name)
        if root is None:
            raise ConfigurationError(
                f"The source has no table {name!r}.", "--tenant-root takes a table's name, or schema.table."
            )
        table = self.catalog.tables[root]
        key = key_of(table, keys)
        if key is None:
            raise ConfigurationError(
                f"{root} has no unique column that could be the tenant key.", "Add a primary key of one column to it."
            )
        return root, key

    def _tree(self, root: Relation, root_key: str, keys: Sequence[ForeignKey]) -> TenantTreeChoice | None:
        """Which rows of a tenant root that is a tree are the tenants; None where no row has one above it."""
        above = [one for one in dict.fromkeys(keys) if one.table == one.referenced == root and len(one.columns) == 1]
        trees = [TenantTree(root, root_key, one) for one in above]
        deep = [(tree, *counted) for tree in trees if (counted := count_levels(self.connection, tree))[1]]
        if not deep:
            return None
        if self.wanted.tree is not None:
            return self.wanted.tree
        tree, tops, below = deep[0]
        chosen = self.ask_tree(tree, tops, below) if self.ask_tree is not None else None
        if chosen is None:
            raise RefusedError(
                f"{root} is a tree: {tree.above.columns[0]} names the row above it. {tops:,} rows are at the top, "
                f"{below:,} below. Is each row a tenant, or only the one at the top, with all below it?",
                "Say it: migrator init --tenant-tree nodes, or --tenant-tree top.",
            )
        return chosen

    def _columns(self, root: Relation, key: str) -> TenantColumns:
        table = self.catalog.tables[root]
        texts = {
            column.name.lower(): column.name
            for column in table.columns
            if column.type.startswith(("text", "character", "citext", "name"))
        }
        slug = next((texts[name] for name in _SLUGS if name in texts), None)
        name = next((texts[name] for name in _NAMES if name in texts), None)
        notes = []
        if len(table.primary_key) > 1 and key in table.primary_key:
            notes.append(
                f"{key} is unique in the rows of {root}, although no constraint says so: each run looks again."
            )
        return TenantColumns(root, key, slug, name, tuple(notes))

    # -- what only the rows can tell ----------------------------------------------------------------------------------

    def _draft(
        self, keys: Sequence[ForeignKey], root: Relation, root_key: str, chosen: dict[Relation, KeyPath]
    ) -> tuple[Draft, dict[Relation, Agreement]]:
        """Drafts again and again until no ambiguous table is left that its rows can decide on."""
        agreements: dict[Relation, Agreement] = {}
        while True:
            drafted = draft(self.catalog, keys, root, root_key, chosen)
            settled = False
            for relation, paths in drafted.found.ambiguous.items():
                if relation in agreements:
                    continue
                agreements[relation] = found = self._agreement(relation, paths)
                path = settle(paths, found)
                if path is not None:
                    chosen[relation] = path
                    settled = True
            if not settled:
                return drafted, agreements

    def _owned(
        self, drafted: Draft, agreements: dict[Relation, Agreement], keys: Sequence[ForeignKey], root_key: str
    ) -> tuple[Draft, dict[Relation, Agreement]]:
        """Gives tables without a path the paths of the rows that name theirs one for one, where these own most rows."""
        tried: set[Relation] = set()
        while pathless := [relation for relation in drafted.pathless if relation not in tried]:
            tried.update(pathless)
            chosen = {relation: path for relation, path in drafted.written.items() if relation not in drafted.through}
            for relation in pathless:
                ways = drafted.owners(relation)
                found = self._agreement(relation, ways)
                total = self.rows.get(relation)
                if found.disagreeing or total is None or found.rows < max(1, _OWNED * total):
                    continue
                chosen[relation] = complete(ways, found)
            if len(chosen) > len(drafted.written) - len(drafted.through & drafted.written.keys()):
                drafted, more = self._draft(keys, drafted.root, root_key, chosen)
                agreements = agreements | more
        return drafted, agreements

    def _agreement(self, relation: Relation, paths: Sequence[KeyPath]) -> Agreement:
        rows, unequal, by_path = agreement(self.connection, self.catalog, relation, paths)
        samples = disagreeing(self.connection, self.catalog, relation, paths) if unequal else ()
        return Agreement(rows, unequal, by_path, samples)

    def _without_tenant(self, drafted: Draft, root_key: str) -> dict[Relation, WithoutTenant]:
        placements = {
            relation: Placement(relation, "", True, relation, "", key_path=drafted.found.paths[relation])
            for relation in drafted.nullable
            if self.rows.get(relation) != 0
        }
        # Counting again is only for tables whose path is another one by now.
        found = {
            relation: self.counted[path]
            for relation, placement in placements.items()
            if (path := (relation, placement.key_path)) in self.counted
        }
        for relation, counted in without_tenant(
            self.connection,
            self.catalog,
            [placement for relation, placement in placements.items() if relation not in found],
            drafted.root,
            root_key,
        ):
            rows, unset, homeless, unknown, sampled = counted
            naming: Mapping[str, int] = {}
            if unset:
                keys = [key for key in drafted.referencing.get(relation, ()) if drafted.is_tenants(key.table)]
                naming = naming_unset(self.connection, self.catalog, placements[relation], keys)
            found[relation] = WithoutTenant(rows, unset, homeless, naming, sampled, unknown)
            self.counted[relation, placements[relation].key_path] = found[relation]
        return found

    def _completed(
        self,
        drafted: Draft,
        agreements: dict[Relation, Agreement],
        without: dict[Relation, WithoutTenant],
        keys: Sequence[ForeignKey],
        root_key: str,
    ) -> tuple[Draft, dict[Relation, Agreement], dict[Relation, WithoutTenant]]:
        """Gives rows that have no tenant by their table's path its other paths, where these lead further.

        Parents come first: what they are given, their children's paths lead over too.
        """
        tried: set[Relation] = set()
        while True:
            chosen = _led_anew(drafted)
            waiting = {
                relation: others
                for relation, counted in without.items()
                if counted.homeless and relation not in tried and (others := drafted.other_paths(relation))
            }
            if not waiting:
                return drafted, agreements, without
            first = {
                relation: others
                for relation, others in waiting.items()
                if not any(hop.referenced in waiting for path in others for hop in path.hops)
            }
            tried.update(first or waiting)
            more = False
            for relation, others in (first or waiting).items():
                ways = [*drafted.found.paths[relation].alternatives, *others]
                found = self._agreement(relation, ways)
                if found.rows > without[relation].rows - without[relation].homeless:
                    chosen[relation] = self._fewest(relation, complete(ways, found), found.rows)
                    agreements[relation] = found
                    more = True
            if more:
                drafted = draft(self.catalog, keys, drafted.root, root_key, chosen)
                without = self._without_tenant(drafted, root_key)

    def _fewest(self, relation: Relation, path: KeyPath, rows: int) -> KeyPath:
        """The path less the alternatives that find no row a tenant which those before them do not find."""
        kept, known = [path.alternatives[0]], 0
        for one in path.alternatives:
            found = self._agreement(relation, list(dict.fromkeys([*kept, one]))).rows
            if found > known:
                kept, known = list(dict.fromkeys([*kept, one])), found
            if known == rows:
                break
        return in_order(kept)


def _led_anew(drafted: Draft) -> dict[Relation, KeyPath]:
    """The paths that have been decided on, over the paths that the next tables on their way have now."""
    anew = {}
    for relation, path in drafted.written.items():
        if relation in drafted.through:
            continue
        ways = [
            further
            for one in path.alternatives
            for further in (
                via(one.hops[0], drafted.found.paths[one.hops[0].referenced]) if one.hops else one
            ).alternatives
            if all(hop.referenced != relation for hop in further.hops)
        ]
        anew[relation] = in_order(ways)
    return anew


def _settings(workspace: Workspace, directory: Path, text: str) -> Settings:
    """The settings that the file will give, with the source that this command was given."""
    read = config.parsed(text, directory)
    source = read.source.model_copy(
        update={
            name: getattr(workspace.settings.source, name)
            for name in ("url", "host", "port", "user", "password", "database")
        }
    )
    return read.model_copy(
        update={"source": source, "servers": workspace.settings.servers, "paths": workspace.settings.paths}
    )


def _outcome(
    workspace: Workspace, found: Findings, placements: Placements, trees: Trees, file: Path, made: Sequence[Path]
) -> Outcome:
    undecided = placements.undecided
    placed = placements.tables.values()
    return Outcome(
        "init",
        "findings" if undecided else "done",
        1 if undecided else 0,
        headline=f"Wrote {file} and {len(made)} Alembic trees."
        + (
            f" {len(undecided)} {'tables have' if len(undecided) > 1 else 'table has'} to be decided on."
            if undecided
            else ""
        ),
        summary={
            "source": str(workspace.source),
            "tenant root": str(placements.tenant_root) if placements.tenant_root else None,
            "tables": len(found.catalog.tables),
            **{target: sum(one.target == target for one in placed) for target in found.targets},
            "ignored": sum(bool(one.ignored) for one in placed),
            "undecided": len(undecided),
            "inferred keys": len(found.virtual) + sum(len(one.tables) for one in found.polymorphs),
            "severed keys": len(placements.severed),
        },
        sections=(
            _root_section(found, placements) if found.tenants is not None else _group_section(found),
            *(
                (
                    Section(
                        "To be decided",
                        ("table", "why", "candidates"),
                        tuple((str(one.relation), one.reason, "\n".join(one.candidates)) for one in undecided),
                        tone="bad",
                    ),
                )
                if undecided
                else ()
            ),
            Section(
                "Inferred",
                ("table", "what", "evidence"),
                (
                    *(
                        (str(key.table), f"{', '.join(key.columns)} -> {key.referenced}", key.evidence)
                        for key in found.virtual
                    ),
                    *(
                        (str(one.relation), _said(one), one.reason or one.ignore)
                        for one in found.proposals
                        if one.inferred
                    ),
                ),
            ),
            *_tree_sections(trees),
        ),
        data={
            "file": str(file),
            "tenant_root": str(placements.tenant_root) if placements.tenant_root else None,
            "candidates": [
                {"table": str(one.relation), "score": one.score, "reasons": one.reasons}
                for one in found.choice.candidates
            ],
            "undecided": [
                {"table": str(one.relation), "candidates": one.candidates, "reason": one.reason} for one in undecided
            ],
            "virtual": [{"key": key.label, "evidence": key.evidence} for key in found.virtual],
            **_tree_data(trees, made),
        },
        next=("migrator placements", "migrator init --trees")
        if undecided
        else ("migrator placements", "migrator audit"),
    )


def _root_section(found: Findings, placements: Placements) -> Section:
    chosen = found.choice.chosen is not None and found.choice.chosen.relation == placements.tenant_root
    return Section(
        "Tenant root",
        ("table", "points", "why"),
        tuple((str(one.relation), one.score, "; ".join(one.reasons)) for one in found.choice.candidates),
        text=f"{placements.tenant_root}: {found.choice.why if chosen else 'as you said'}.",
    )


def _group_section(found: Findings) -> Section:
    tables = {
        name: ", ".join(str(one.relation) for one in found.proposals if one.target == name) for name in found.targets
    }
    text = "Which tables belong together is for you to say: edit the targets of [tables.X], then `init --trees`."
    return Section("Targets", ("target", "tables"), tuple(tables.items()), text=text)


def _said(one: Proposal) -> str:
    return "ignore" if one.ignore else one.target + (f", unowned {one.unowned}" if one.unowned else "")


def _tree_sections(trees: Trees) -> tuple[Section, ...]:
    spanning = [one for one in trees.division.left if one.spans and one.entry.kind != "FK CONSTRAINT"]
    other = [one for one in trees.division.left if not one.spans]
    sections = []
    if spanning:
        sections.append(
            Section(
                "Objects that no single target can have (S08)",
                ("object", "why"),
                tuple((one.entry.title, one.reason) for one in spanning),
                text=f"Their SQL is in {_MIGRATIONS}/{LEFT_OUT_FILE}.",
                tone="warning",
            )
        )
    if other:
        sections.append(
            Section(
                "Left out", ("object", "why"), tuple((one.entry.title, one.reason) for one in other), tone="warning"
            )
        )
    sections += _own_section(trees)
    if trees.division.warnings:
        sections.append(Section("Worth knowing", text="\n".join(trees.division.warnings), tone="warning"))
    return tuple(sections)


def _own_section(trees: Trees) -> tuple[Section, ...]:
    rows = tuple(
        (tenant, ", ".join(str(one) for one in trees.own.relations(tenant))) for tenant in sorted(trees.own.by_tenant)
    )
    if not rows:
        return ()
    return (Section("Objects of one tenant: made in its database alone", ("tenant", "objects"), rows),)


def _tree_data(trees: Trees, made: Sequence[Path]) -> Mapping[str, object]:
    return {
        "trees": [str(path) for path in made],
        "objects": {target: len(entries) for target, entries in trees.objects.items()},
        "left_out": [
            {"object": one.entry.title, "reason": one.reason, "spans": one.spans} for one in trees.division.left
        ],
        "own": {key: [str(one) for one in trees.own.relations(key)] for key in trees.own.by_tenant},
        "warnings": list(trees.division.warnings),
    }
