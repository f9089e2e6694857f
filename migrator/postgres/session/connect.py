"""Opens sessions with pinned settings, and translates the driver's errors."""

from __future__ import annotations

import getpass
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import RowFactory, tuple_row
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

from migrator.core.run.failures import FULL_DISK
from migrator.errors import ConfigurationError, DatabaseError
from migrator.postgres.session.awaited import WatchedCursor, awaited
from migrator.postgres.session.pinned import pinned, pinned_for_revisions
from migrator.settings import Server

Connection = psycopg.Connection[tuple[Any, ...]]
R = TypeVar("R")


class _Session(psycopg.Connection[tuple[Any, ...]]):
    """A connection that remembers under which search_path it reads and writes rows; '' is none at all."""

    search_path: str = ""


# A dead peer, or a network that lets nothing through any more, must become an error within about a minute, not a hang.
# Whatever the URL says itself counts instead.
_NETWORK: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

# Retrying is safe only where nothing was started yet: these say that a server is starting up, or has no slot left.
_TRANSIENT_CONNECT = frozenset({"57P03", "53300"})


# libpq's reason -> ours. libpq quotes the faulty string, which may hold the password: none of its text is passed on.
_FAULTS: Mapping[str, str] = {
    "invalid percent-encoded token": "a % is followed by something else than two hexadecimal digits",
    "forbidden value %00": "it holds %00",
    "looking for matching": "a [ of an IPv6 address has no ]",
    "IPv6 host address may not be empty": "its IPv6 address is empty",
    "unexpected character": "a character stands where : or / is expected",
    "extra key/value separator": "a parameter after ? holds a second =",
    "missing key/value separator": "a parameter after ? has no =",
    "invalid URI query parameter": "libpq knows no such parameter as it has after ?",
    "invalid connection option": "libpq knows no such parameter as one that it holds",
    'missing "=" after': "it does not begin with postgresql:// and holds a word without =",
    "unterminated quoted string": "a quote is not closed",
}


def _why_not(message: str) -> str:
    why = next((ours for theirs, ours in _FAULTS.items() if theirs in message), None)
    return f": {why}" if why else ""


@dataclass(frozen=True)
class Endpoint:
    """One database on one server. Its repr and str never hold the password.

    Sessions read and write its rows under `search_path`, as SET takes it; what `rows` reads is read under none.
    """

    conninfo: str = field(repr=False)
    search_path: str = ""

    @classmethod
    def of(cls, server: Server, default: Endpoint | None = None, *, setting: str = "A database URL") -> Endpoint:
        """The endpoint that a configured server means; an empty one means `default`.

        `setting` is how the server's URL is called in an error.

        Raises:
            ConfigurationError: the URL or conninfo string cannot be parsed.
        """
        single = {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password.get_secret_value() if server.password else None,
            "dbname": server.database,
        }
        given = {name: value for name, value in single.items() if value is not None}
        url = server.url.get_secret_value()
        if not url and not given and default is not None:
            return default
        try:
            return cls(_with_service(make_conninfo(url, **given)))
        except psycopg.ProgrammingError as error:
            raise ConfigurationError(
                f"{setting} cannot be understood{_why_not(str(error))}.",
                "Write it as postgresql://user@host:port/database, special characters percent-encoded.",
            ) from None

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(_parsed(self.conninfo))

    @property
    def database(self) -> str:
        """The database's name, as libpq would choose it."""
        parameters = self.parameters
        return (
            parameters.get("dbname")
            or os.environ.get("PGDATABASE")
            or parameters.get("user")
            or os.environ.get("PGUSER")
            or "postgres"
        )

    @property
    def public(self) -> str:
        """The conninfo as it was given where it holds no secret, else without it: fit to be written into a file."""
        parameters = self.parameters
        if not parameters.keys() & {"password", "sslpassword"}:
            return self.conninfo
        return make_conninfo(
            "", **{name: value for name, value in parameters.items() if name not in ("password", "sslpassword")}
        )

    def at(self, database: str) -> Endpoint:
        """The same server and user, another database."""
        return Endpoint(make_conninfo(self.conninfo, dbname=database), self.search_path)

    def in_a_hurry(self) -> Endpoint:
        """The same, whose connections are given up after two seconds."""
        return Endpoint(make_conninfo(self.conninfo, connect_timeout=2), self.search_path)

    def for_program(self) -> tuple[str, dict[str, str]]:
        """What a client program is given: a conninfo string without secrets (argv is public), and an environment."""
        parameters = self.parameters
        secrets = {
            variable: str(value)
            for keyword, variable in (("password", "PGPASSWORD"), ("sslpassword", "PGSSLPASSWORD"))
            if (value := parameters.pop(keyword, None))
        }
        if "PGSSLPASSWORD" in secrets:
            raise ConfigurationError(
                "A database URL holds sslpassword, which pg_dump and others take only on their command line.",
                "Use a client key without a passphrase, readable only by you.",
            )
        return make_conninfo("", **{**_NETWORK, **parameters}), {**os.environ, **secrets}

    @property
    def server(self) -> str:
        """Where the server is, for people: host:port, or that it is a socket of this machine."""
        parameters = self.parameters
        host = str(parameters.get("host") or "")
        port = f":{parameters['port']}" if parameters.get("port") else ""
        return f"local socket{port}" if host.startswith("/") or not host else f"{host}{port}"

    @property
    def role(self) -> str:
        """Who connects, as libpq would choose it."""
        user = self.parameters.get("user") or os.environ.get("PGUSER")
        return str(user) if user else getpass.getuser()

    def __str__(self) -> str:
        user = f"{self.parameters['user']}@" if self.parameters.get("user") else ""
        return f"{user}{self.server}/{self.database}"


_ENVIRONMENT = threading.Lock()


def _with_service(conninfo: str) -> str:
    """The conninfo with what its service stands for written out, so that every part of ours sees the same database.

    libpq looks the service up itself (pg_service.conf, PGSERVICEFILE), and what the conninfo says counts instead. One
    that does not exist is left for libpq to refuse.
    """
    given = conninfo_to_dict(conninfo)
    service = given.pop("service", None) or os.environ.get("PGSERVICE")
    if not service:
        return conninfo
    plain = _libpq_defaults(None)
    named = {name: value for name, value in _libpq_defaults(str(service)).items() if plain.get(name) != value}
    return make_conninfo("", **{**named, **given}) if named else conninfo


def _libpq_defaults(service: str | None) -> dict[str, str]:
    """libpq's parameters where a conninfo says nothing; it takes the service from the environment only."""
    with _ENVIRONMENT:
        before = os.environ.pop("PGSERVICE", None)
        try:
            if service is not None:
                os.environ["PGSERVICE"] = service
            options = psycopg.pq.Conninfo.get_defaults()
        finally:
            os.environ.pop("PGSERVICE", None)
            if before is not None:
                os.environ["PGSERVICE"] = before
    return {
        option.keyword.decode(): option.val.decode()
        for option in options
        if option.val is not None and option.keyword != b"service"
    }


# 30 µs each, and every unit asks for the names of all of its databases.
@lru_cache(maxsize=4096)
def _parsed(conninfo: str) -> Mapping[str, Any]:
    return conninfo_to_dict(conninfo)


@cache
def query(name: str) -> LiteralString:
    """The text of a fixed query, named ROOM/NAME: it stands in postgres/ROOM/queries/NAME.sql."""
    room, _, file = name.partition("/")
    return resources.files("migrator.postgres").joinpath(room, "queries", f"{file}.sql").read_text(encoding="utf-8")


def connect(endpoint: Endpoint, *, purpose: str, settings: Mapping[str, str] | None = None) -> Connection:
    """Opens an autocommit session with everything pinned that could change what it reads or how long it waits.

    `purpose` becomes the application_name ("migrator copy"), so that a DBA sees who is there. `settings` are
    further session settings, e.g. {"default_transaction_read_only": "on"}.

    Raises:
        DatabaseError: the server cannot be reached or refuses the login.
    """
    with translated(endpoint):
        connection = _open(endpoint, f"migrator {purpose}")
        with _closed_on_failure(connection):
            connection.execute(pinned(connection.info.server_version, settings))
            if endpoint.search_path:
                connection.search_path = endpoint.search_path
                restore_search_path(connection)
        return connection


def restore_search_path(connection: Connection) -> None:
    """Gives a session back the search_path that it reads and writes rows under."""
    # As a parameter: SET would take the list for one name.
    connection.execute("SELECT pg_catalog.set_config('search_path', %s, false)", [search_path_of(connection)])


def search_path_of(connection: Connection) -> str:
    """The search_path that a session reads and writes rows under; '' for none."""
    return connection.search_path if isinstance(connection, _Session) else ""


def journal_connect(endpoint: Endpoint) -> psycopg.Connection[Any]:
    """A plain transactional connection for SQLAlchemy, pinned as every session of ours.

    Raises:
        DatabaseError: the server cannot be reached or refuses the login.
    """
    connection = connect(endpoint, purpose="journal")
    connection.autocommit = False
    return connection


def revision_connect(endpoint: Endpoint, purpose: str) -> psycopg.Connection[Any]:
    """A plain transactional connection for a user's Alembic revisions: with the defaults that they would have anyway.

    Raises:
        DatabaseError: the server cannot be reached or refuses the login.
    """
    with translated(endpoint):
        connection = _open(endpoint, f"migrator {purpose}")
        with _closed_on_failure(connection):
            connection.execute(pinned_for_revisions())
            if endpoint.search_path:
                # Alembic's own table is in the first of them that there is: in public, where there is none yet.
                connection.search_path = ", ".join(dict.fromkeys([*endpoint.search_path.split(", "), "public"]))
                restore_search_path(connection)
        connection.autocommit = False
    return connection


@contextmanager
def session(endpoint: Endpoint, *, purpose: str, settings: Mapping[str, str] | None = None) -> Iterator[Connection]:
    """`connect`, closed at the end, with driver errors translated."""
    connection = connect(endpoint, purpose=purpose, settings=settings)
    with connection, translated(endpoint):
        yield connection


@contextmanager
def _closed_on_failure(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


READ_ONLY: Mapping[str, str] = {"default_transaction_read_only": "on"}


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, psycopg.OperationalError) and (
        error.sqlstate in _TRANSIENT_CONNECT or "the database system is starting up" in str(error)
    )


@retry(
    retry=retry_if_exception(_is_transient),
    stop=stop_after_attempt(6),
    wait=wait_random_exponential(multiplier=0.2, max=5),
    reraise=True,
)
def _open(endpoint: Endpoint, application_name: str) -> _Session:
    given = endpoint.parameters
    with awaited("a session", str(endpoint)):
        return _Session.connect(
            endpoint.conninfo,
            autocommit=True,
            application_name=application_name,
            client_encoding="UTF8",
            row_factory=tuple_row,
            cursor_factory=WatchedCursor,
            prepare_threshold=None,
            **{name: value for name, value in _NETWORK.items() if name not in given},
        )


_HINTS: Mapping[str, str] = {
    "28P01": "Check the user and the password: --source, MIGRATOR_SOURCE_URL, DB_PASSWORD, or ~/.pgpass.",
    "28000": "The server refuses this login: check the user, pg_hba.conf and TLS settings.",
    "3D000": "Check the database's name in the URL (psql -l lists them).",
    "42501": "The role lacks a privilege: docs/privileges.md lists what each stage needs.",
    "53100": f"{FULL_DISK} Then run the same command again: it goes on where it stopped.",
    "53300": "The server has no free connection: lower --max-target-connections, or raise max_connections.",
    "55P03": "Another session holds a lock: `SELECT * FROM pg_locks WHERE NOT granted` shows who waits for whom.",
    "57P01": "The session was terminated by an administrator: run the same command again to resume.",
    "25006": "The database is read-only for this session: is it a standby, or fenced by another run?",
}


@contextmanager
def translated(endpoint: Endpoint) -> Iterator[None]:
    """Driver errors become DatabaseError: where, what, and what to do. The only place that does so."""
    try:
        yield
    except psycopg.Error as error:
        raise database_error(error, endpoint) from error


def database_error(error: psycopg.Error, endpoint: Endpoint) -> DatabaseError:
    """What `error` means to an operator."""
    state = error.sqlstate or ""
    text = (error.diag.message_primary if error.diag.message_primary else str(error)).strip()
    for secret in (endpoint.parameters.get("password"),):
        if secret:
            text = text.replace(str(secret), "********")
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    context = f" [{error.diag.context.splitlines()[0]}]" if error.diag.context else ""
    if "password authentication failed" in text or "no password supplied" in text:
        state = state or "28P01"
    elif 'database "' in text and "does not exist" in text:
        state = state or "3D000"
    hint = (
        _HINTS.get(state)
        or error.diag.message_hint
        or (
            "Check that the server runs and that host, port and network are right."
            if isinstance(error, psycopg.OperationalError) and not error.sqlstate
            else "The server's log has the details."
        )
    )
    translated_error = DatabaseError(
        f"{endpoint}: {text}{detail}{context}" + (f" (SQLSTATE {state})" if state else ""), hint
    )
    translated_error.sqlstate = state
    return translated_error


def rows(
    connection: Connection, name: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None
) -> list[tuple[Any, ...]]:
    """All rows of the fixed query NAME, as `answered` gets them; `records` gives their columns names."""
    return answered(connection, name, parameters, tuple_row)


def answered(
    connection: Connection,
    name: str,
    parameters: Mapping[str, Any] | Sequence[Any] | None,
    row_factory: RowFactory[R],
) -> list[R]:
    """All rows of the fixed query NAME, executed under an empty search_path: what it returns is then named in full."""
    with connection.cursor(row_factory=row_factory) as cursor:
        if not search_path_of(connection):
            return cursor.execute(query(name), parameters).fetchall()
        connection.execute("SET search_path = ''")
        answer = cursor.execute(query(name), parameters).fetchall()
        restore_search_path(connection)
        return answer


def system_identifier(connection: Connection) -> str:
    """The server's identity: given by initdb, the same from whichever host or address."""
    row = connection.execute("SELECT system_identifier::text FROM pg_catalog.pg_control_system()").fetchone()
    assert row is not None
    return str(row[0])
