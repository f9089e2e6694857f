"""Judges servers: versions, connections, clocks, encryption, encodings, collations, extensions, disk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from migrator.core.doctor.diagnosis import MAKING_DATABASES, WRITING_SOURCE, Diagnosis, Health, version_text
from migrator.core.doctor.facts import ExaminedServer, ExaminedSource, Locale, Unreachable, Wanted
from migrator.core.plan.checks import sessions_needed
from migrator.core.result.wording import listed, size

# Times of the fence, of receipts and of the log are put beside each other by people.
_CLOCK_SECONDS = 2.0
_LOADING = ("migrate", "verify")


def judge_unreachable(server: Unreachable) -> Diagnosis:
    """A server that does not answer is what has to be mended first."""
    # libpq says why on lines of their own.
    return Diagnosis("servers", _named(server.name), "failed", " ".join(server.problem.split()), server.remedy)


def judge_servers(
    source: ExaminedSource | None, targets: Sequence[ExaminedServer], wanted: Wanted
) -> Iterator[Diagnosis]:
    """Each server by itself, then the targets' beside the source's and beside each other."""
    everyone = [*([source.server] if source is not None else []), *targets]
    for server in everyone:
        yield from _version(server, source)
        yield from _sessions(server, wanted)
    yield from _same_servers(targets, wanted)
    for server in everyone:
        yield _clock(server)
        yield _encryption(server)
    for server in everyone:
        yield from _locale(server, source)
    if source is not None:
        for server in targets:
            yield from _extensions(server, source)
            yield _disk(server, source.bytes)


def _named(name: str) -> str:
    return "source" if name == "source" else f"server {name}"


def _version(server: ExaminedServer, source: ExaminedSource | None) -> Iterator[Diagnosis]:
    where, part = _named(server.name), "servers"
    detail = f"PostgreSQL {version_text(server.version)} at {server.address}, as {server.role}"
    if source is not None and server.version // 10000 < source.server.version // 10000:
        of_source = version_text(source.server.version)
        yield Diagnosis(
            part, where, "failed", f"{detail}: older than the source's {of_source}",
            "Use a target server that is not older.", MAKING_DATABASES,
        )  # fmt: skip
    else:
        yield Diagnosis(part, where, "ok", detail)
    if server.is_standby:
        yield Diagnosis(
            part, where, "failed", "it is a standby, which takes no writes", "Connect to the primary server.",
            WRITING_SOURCE if server.name == "source" else MAKING_DATABASES,
        )  # fmt: skip
    if server.connectedness.is_pooled:
        yield Diagnosis(
            part, where, "failed",
            "a pooler in transaction mode is in between: locks, snapshots and settings of a session would not last",
            "Connect to the server itself (its own host and port), or to a pool in session mode.",
        )  # fmt: skip


def _sessions(server: ExaminedServer, wanted: Wanted) -> Iterator[Diagnosis]:
    needed = wanted.jobs + 2 if server.name == "source" else sessions_needed(wanted.jobs)
    least = 3 if server.name == "source" else sessions_needed(1)
    detail = f"{server.free_sessions} sessions to spare; {wanted.jobs} jobs take {needed}"
    remedy = "Lower --jobs, raise max_connections there, or end sessions that are idle."
    health: Health = (
        "ok" if server.free_sessions >= needed else "warning" if server.free_sessions >= least else "failed"
    )
    yield Diagnosis(
        "connections", _named(server.name), health, detail, "" if health == "ok" else remedy, ("migrate", "verify")
    )


def _same_servers(targets: Sequence[ExaminedServer], wanted: Wanted) -> Iterator[Diagnosis]:
    for number, server in enumerate(targets):
        for other in targets[:number]:
            if server.identity and server.identity == other.identity:
                yield Diagnosis(
                    "servers", _named(server.name), "failed", f"it is the same server as {other.name!r}",
                    "Configure it once.", MAKING_DATABASES,
                )  # fmt: skip
    majors = {server.version // 10000 for server in targets if server.name in wanted.tenant_servers}
    if len(majors) > 1:
        yield Diagnosis(
            "servers", "servers of tenants", "failed",
            f"they run PostgreSQL {' and '.join(map(str, sorted(majors)))}, which print definitions differently",
            "Spread tenants over servers of one major version: verify compares their catalogs as text.",
            (*MAKING_DATABASES, "verify"),
        )  # fmt: skip


def _clock(server: ExaminedServer) -> Diagnosis:
    ahead, uncertain = server.connectedness.clock_ahead, server.connectedness.clock_uncertainty
    differs = f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's clock"
    if abs(ahead) - uncertain > _CLOCK_SECONDS:
        return Diagnosis(
            "clocks", _named(server.name), "warning", differs,
            "Let NTP set both clocks: times of the log, the journal and the fence are compared by people.",
        )  # fmt: skip
    return Diagnosis(
        "clocks", _named(server.name), "ok", f"within {max(abs(ahead), uncertain):.1f} s of this machine's"
    )


def _encryption(server: ExaminedServer) -> Diagnosis:
    way = server.connectedness
    if way.is_local:
        return Diagnosis(
            "TLS", _named(server.name), "ok", way.encryption or "not needed: the session stays on one machine"
        )
    if not way.encryption:
        return Diagnosis(
            "TLS", _named(server.name), "warning",
            "sessions are not encrypted: rows and passwords can be read on the way",
            "Add sslmode=verify-full (and sslrootcert) to its URL; the server needs ssl = on.",
        )  # fmt: skip
    if not way.certificate_checked:
        return Diagnosis(
            "TLS", _named(server.name), "warning", f"{way.encryption}; nobody checks whose certificate it is",
            "Add sslmode=verify-full and sslrootcert to its URL.",
        )  # fmt: skip
    return Diagnosis("TLS", _named(server.name), "ok", f"{way.encryption}, certificate checked")


def _locale(server: ExaminedServer, source: ExaminedSource | None) -> Iterator[Diagnosis]:
    where, locale = _named(server.name), server.locale
    if server.name == "source":
        yield _encoding(locale)
    elif source is not None and not server.locale_is_known:
        wanted = source.server.locale
        yield Diagnosis(
            "collations", where, "warning",
            f"it has no database and no collation of the source's locale {wanted.name!r}",
            "Install that locale on the server's machine (Debian: dpkg-reconfigure locales) and start it anew.",
            MAKING_DATABASES,
        )  # fmt: skip
    if locale.recorded_version and locale.actual_version and locale.recorded_version != locale.actual_version:
        yield Diagnosis(
            "collations", where, "warning",
            f"its database was made with version {locale.recorded_version} of {locale.name}, the library is "
            f"{locale.actual_version}: indexes over text may be in another order than its comparisons",
            "REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION.",
        )  # fmt: skip
    elif server.name == "source" or source is None or source.server.locale.provider != locale.provider:
        version = f", version {locale.actual_version}" if locale.actual_version else ""
        yield Diagnosis("collations", where, "ok", f"{locale.provider} {locale.name}{version}")
    else:
        yield _beside_source(where, locale, source.server.locale)
    if server.outdated_collations:
        names = listed((f"{name} ({was}, now {now})" for name, was, now in server.outdated_collations), 5)
        yield Diagnosis(
            "collations", where, "warning", f"columns use collations of another version than the library's: {names}",
            "REINDEX what they order, then ALTER COLLATION … REFRESH VERSION.",
        )  # fmt: skip


def _encoding(locale: Locale) -> Diagnosis:
    if locale.encoding == "SQL_ASCII":
        return Diagnosis(
            "encodings", "source", "warning", "SQL_ASCII: the server does not know what its text means",
            "Rows with bytes that are not UTF-8 are refused: dry-run names them.",
        )  # fmt: skip
    return Diagnosis("encodings", "source", "ok", f"{locale.encoding}; targets are made alike")


def _beside_source(where: str, locale: Locale, of_source: Locale) -> Diagnosis:
    here, there = locale.actual_version, of_source.actual_version
    if here and there and here != there:
        return Diagnosis(
            "collations", where, "warning",
            f"{locale.provider} orders text by version {here}, the source's server by {there}: ORDER BY may differ",
            "Run both on the same release of the operating system where the order of text matters.",
            MAKING_DATABASES,
        )  # fmt: skip
    return Diagnosis("collations", where, "ok", f"{locale.provider} {locale.name}{f', version {here}' if here else ''}")


def _extensions(server: ExaminedServer, source: ExaminedSource) -> Iterator[Diagnosis]:
    flawless = True
    for name, version in sorted(source.extensions.items()):
        offered = server.offered_extensions.get(name)
        if offered is None:
            flawless = False
            used = name in source.extensions_in_use
            yield Diagnosis(
                "extensions", _named(server.name), "failed" if used else "warning",
                f"{name} {version} of the source is not offered" + ("" if used else "; nothing seems to depend on it"),
                "Install its package on the server's machine, not older than the source's (audit rule S13).",
                MAKING_DATABASES,
            )  # fmt: skip
        elif _numbers(offered) < _numbers(version):
            flawless = False
            yield Diagnosis(
                "extensions", _named(server.name), "warning", f"{name} {offered} is older than the source's {version}",
                "Update its package on the server's machine.", MAKING_DATABASES,
            )  # fmt: skip
    if flawless:
        names = listed((f"{name} {version}" for name, version in sorted(source.extensions.items())), 8)
        yield Diagnosis("extensions", _named(server.name), "ok", names or "none is needed", stages=MAKING_DATABASES)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _disk(server: ExaminedServer, source_bytes: int) -> Diagnosis:
    where, needed = _named(server.name), f"the source takes {size(source_bytes)}"
    if server.free_bytes is None:
        return Diagnosis(
            "disk", where, "warning", f"its free disk cannot be seen from here; {needed}",
            f'Look there, and say it: [servers.{server.name}] free_disk = "500GB".', MAKING_DATABASES,
        )  # fmt: skip
    if server.free_bytes < source_bytes:
        return Diagnosis(
            "disk", where, "warning", f"{size(server.free_bytes)} free; {needed}",
            "Free space there; dry-run says how much exactly is needed.", MAKING_DATABASES,
        )  # fmt: skip
    return Diagnosis("disk", where, "ok", f"{size(server.free_bytes)} free; {needed}", stages=MAKING_DATABASES)
